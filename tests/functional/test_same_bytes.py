"""The same manifests and the same platform give the same bytes, in every process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.functional import everything

SETTINGS = """\
settings: {enable_ratings: true, readme: Hi., archived: true, public: true,
           enable_save_button: true, enable_extrapolation: true,
           labeling_inactivity_timeout_seconds: 9, enable_interpolation: false}
"""
NEW = f"""\
---
dataset: local/new
{SETTINGS}metadata: {{b: 1, a: {{d: 1, c: 2}}}}
labelsets: {{b: , a: }}
samples: [{{name: a, image: "https://x.test/a.png"}}]
"""


def ran(root: Path, seed: int, *arguments: str) -> bytes:
    """Run a command in a process of its own, which orders its sets in its own way."""
    done = subprocess.run(
        [sys.executable, "-m", "dsac", "-C", root, *arguments],
        env={**os.environ, "PYTHONHASHSEED": str(seed)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode in {0, 2}
    return done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", "--format", "json"),
        ("plan", "--verbose"),
        ("drift", "--format", "json"),
    ],
)
def test_no_byte_depends_on_the_process(dsac, tmp_path, arguments):
    people = "collaborators: {bob: labeler, eve: labeler}\n"
    text = everything.FIRST.replace("jane/", "local/").replace(people, "")
    everything.write(tmp_path, text)
    (tmp_path / "dsac.yaml").write_text("project: flowers\nremote: local\n")
    assert dsac("-C", tmp_path, "apply", "--auto-approve").code == 0
    (tmp_path / "manifests" / "all.yaml").write_text(
        text.replace("name: one", "name: other").replace("Rome", "Oslo")
        + f"{SETTINGS}{NEW}"
    )
    first = ran(tmp_path, 1, *arguments)
    assert b"local/new" in first
    assert b"Oslo" in first
    assert ran(tmp_path, 2, *arguments) == first
