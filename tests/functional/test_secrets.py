"""A key and signatures that must never be seen, in a run in which all goes wrong."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from dsac.emulator import Account, create_app

CANARY = "canary5f1c0ffee"
KEY = f"{CANARY}key"
SIGNATURE = f"{CANARY}signature"
SIGNED = f"?X-Amz-Signature={SIGNATURE}&X-Amz-Credential={SIGNATURE}"

MANIFEST = """\
dataset: jane/flowers
task_type: segmentation-bitmap
categories: [{id: 1, name: rose}]
samples:
  - {name: a, image: ../images/a.png, labels: {ground-truth: {annotations: []}}}
  - {name: b, image: ../images/b.png}
"""


class Leaky:
    """Echoes the key and signatures in every error, and signs every URL."""

    def __init__(self, folder: Path) -> None:
        self.app = create_app(folder, accounts=[Account("jane", KEY)])
        self.failing: list[str] = []
        self.status = "400 Bad Request"

    def __call__(self, environ: Any, start: Any) -> Iterable[bytes]:
        line = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
        if any(part in line for part in self.failing):
            said = (
                f"{environ.get('HTTP_AUTHORIZATION', '')} {KEY} "
                f"https://s3.test/x{SIGNED} <AWSAccessKeyId>{SIGNATURE}"
                f"</AWSAccessKeyId> X-Amz-Signature={SIGNATURE}"
            )
            body = json.dumps({"detail": said}).encode()
            if self.status == "200 OK":
                body = body[1:]
            start(self.status, [("Content-Length", str(len(body)))])
            return [body]
        heads: list[Any] = []

        def started(*head: Any) -> Any:
            heads.append(head)

        found = self.app.wsgi_app(environ, started)
        try:
            body = b"".join(found)
        finally:
            getattr(found, "close", lambda: None)()
        if "/assets" not in line and "/upload" not in line:
            body = body.replace(b'.png"', f'.png{SIGNED}"'.encode())
        status, headers = heads[0][:2]
        kept = [item for item in headers if item[0].lower() != "content-length"]
        start(status, [*kept, ("Content-Length", str(len(body)))])
        return [body]


def left_behind(root: Path) -> str:
    found = [
        f"{path} {path.read_bytes().decode('latin-1')}"
        for path in root.rglob("*")
        if path.is_file() and path.suffix != ".png"
    ]
    return "\n".join(found)


@pytest.mark.parametrize("status", ["400 Bad Request", "403 Forbidden", "200 OK"])
@pytest.mark.parametrize(
    "failing",
    [
        ["/user"],
        ["POST /assets"],
        ["POST /upload"],
        ["samples_bulk"],
        ["PUT /labels"],
        ["GET /datasets/jane/flowers/labelsets"],
        [],
    ],
)
def test_a_failing_run_shows_and_leaves_no_secret(
    project, listening, tmp_path, monkeypatch, failing, status
) -> None:
    monkeypatch.setenv("SEGMENTS_API_KEY", KEY)
    monkeypatch.setattr("dsac.remote.clock.Clock.sleep", lambda *_: None)
    leaky = Leaky(tmp_path / "server")
    url = listening(leaky)
    flags = ("--remote", url, "-v")
    project.write(MANIFEST)
    said = []
    for commands in (
        ("plan", "--out", "p.plan"),
        ("apply", "--auto-approve", "--events-into", "e.jsonl"),
        ("runs", "show"),
        ("apply", "--auto-approve", "--format", "json"),
        ("apply", "--dry-run"),
        ("plan", "--format", "json"),
        ("plan", "--format", "events"),
    ):
        leaky.failing = failing if commands[0] == "apply" else []
        leaky.status = status
        ran = project.dsac(*commands, *flags)
        said += [ran.out, ran.err]
    # Another image under a label that is given up: it is backed up first.
    project.image("a.png", "blue")
    leaky.failing = []
    ran = project.dsac("apply", "--auto-approve", "--allow-label-loss", "1", *flags)
    said += [ran.out, ran.err]
    everything = "\n".join(said) + left_behind(project.root)
    at = everything.find(CANARY)
    assert at < 0, everything[max(0, at - 300) : at + 80]


def test_a_bug_of_ours_does_not_show_the_key(project, monkeypatch) -> None:
    project.write(MANIFEST)
    script = (
        "import sys; from dsac.cli import main\n"
        "from dsac.remote.client import Client\n"
        "Client.get_user = lambda self, name='': 1 / 0\n"
        "sys.argv = ['dsac', 'plan', '--remote', 'http://127.0.0.1:9']; main()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=project.root,
        env={**os.environ, "SEGMENTS_API_KEY": KEY},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "ZeroDivisionError" in ran.stderr
    assert CANARY not in ran.stderr + ran.stdout
