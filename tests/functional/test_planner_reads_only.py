"""The planner can't write: not by what it is given, and not against any server."""

import inspect
import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from dsac.cli.plan import command as plan_command
from dsac.emulator import Account, create_app
from dsac.engine.planning import make_plan
from dsac.engine.session import View
from dsac.remote.client import Client
from dsac.remote.reader import Reader
from dsac.remote.transport import Transport

HEAD = """\
dataset: jane/flowers
description: ${{what}}
task_type: segmentation-bitmap
categories: [{{id: 1, name: {category}}}]
labelsets: {{predictions: {{owner: manifest}}}}
lifecycle: {{prevent_destroy: false}}
"""
LABEL = "{bitmap: ../masks/1.png, annotations: [{id: 1, category_id: 1}]}"
LABELLED = f"labels: {{ground-truth: {LABEL}, predictions: {LABEL}}}"
FIRST = f"""\
{HEAD.format(category="rose")}
collaborators: {{bob: labeler}}
releases: [{{name: v1}}]
samples:
  - {{name: a, image: ../images/a.png, {LABELLED}}}
  - {{name: b, image: ../images/b.png, {LABELLED}}}
  - {{name: c, image: ../images/c.png}}
---
dataset: jane/old
lifecycle: {{prevent_destroy: false}}
samples: [{{name: z, image: ../images/c.png}}]
"""
SECOND = f"""\
{HEAD.format(category="violet")}
collaborators: {{bob: reviewer, eve: labeler}}
releases: [{{name: v1}}, {{name: v2}}]
removed: ["@gone"]
moved: [{{from: b, to: d}}]
samples:
  - {{name: a, image: ../images/a.png, {LABELLED}}}
  - {{name: c, image: ../images/c.png}}
  - {{name: d, image: ../images/c.png, priority: 2}}
  - {{name: new, image: ../images/c.png, {LABELLED}}}
---
removed: [jane/old]
"""
READS = {"GET", "HEAD"}


class Gate:
    """The emulator, which answers 500 to everything but GET once it is shut."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.shut = False
        self.methods: list[str] = []

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        """Answer a request."""
        method = environ["REQUEST_METHOD"]
        if self.shut:
            self.methods.append(method)
        if self.shut and method not in READS:
            start_response("500 Internal Server Error", [("Content-Length", "2")])
            return [b"no"]
        answer: Iterable[bytes] = self.app.wsgi_app(environ, start_response)
        return answer


@pytest.fixture
def gate(project, tmp_path, listening, monkeypatch) -> Gate:
    """Fill a platform on a port with all that plans read, and shut it for writing.

    Two samples are not marked any more, so that the content of files must be looked at;
    a person worked on labels that the second manifest puts at risk.
    """
    accounts = [Account("jane", "jane-key"), Account("bob", "bob-key")]
    gate = Gate(
        create_app(tmp_path / "server", accounts=[*accounts, Account("eve", "e")])
    )
    url = listening(gate)
    (project.root / "dsac.yaml").write_text(
        f"project: flowers\nremote: {url}\nenvironments: {{prod: {{}}}}\n"
    )
    monkeypatch.setenv("SEGMENTS_API_KEY", "jane-key")
    project.image("c.png", "blue")
    (project.root / "masks").mkdir()
    Image.new("L", (8, 6), 1).save(project.root / "masks" / "1.png")
    project.write(FIRST)
    commit_all(project.root, monkeypatch)
    project.apply("--var", "what=first")
    with Transport(url, key="jane-key") as jane, Transport(url, key="bob-key") as bob:
        work(Client(jane), Client(bob))
    gate.shut = True
    return gate


def commit_all(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Commit what is in a folder, for a plan that compares with it."""
    for key in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        patch.setenv(key, os.devnull)
    program = shutil.which("git") or "git"
    who = ("-c", "user.name=jane", "-c", "user.email=jane@flowers.test")
    for words in (("init", "-q"), ("add", "-A"), (*who, "commit", "-qm", "First")):
        subprocess.run([program, *words], cwd=folder, check=True)


def work(jane: Client, bob: Client) -> None:
    """Label two samples in a label set of their own, and take their markers away."""
    jane.add_labelset("jane/flowers", "gone")
    for page in jane.list_samples("jane/flowers"):
        for row in page:
            if row.name in {"a", "b"}:
                jane.update_sample(row.uuid, {"metadata": {}})
                fields: dict[str, Any] = {
                    "label_status": "LABELED",
                    "attributes": {},
                }
                bob.put_label(row.uuid, "gone", fields)


WAYS: tuple[tuple[str, ...], ...] = (
    (),
    ("manifests",),
    ("--out", "plan.json"),
    ("--format", "json"),
    ("--detailed-exitcode", "--fail-on-held"),
    ("--jobs", "1", "--verbose", "-v", "--profile"),
    ("--destroy",),
    ("--take-over", "trees"),
    ("--allow-delete", "1"),
    ("--allow-label-loss", "3"),
    ("--allow-category-change", "1"),
    ("--environment", "prod", "--no-color", "-C", "."),
    ("--target", "jane/flowers*"),
    ("--exclude", "jane/flowers:new"),
    ("--replace", "jane/flowers:c"),
    ("--base", "HEAD", "--allow-recreate"),
    ("--pictures", "3", "--format", "markdown", "--max-bytes", "9000"),
    ("--format", "html", "--thumbnails", "9", "--html", "page.html"),
    ("--annotate", "github", "--errors-into", "errors.json"),
)
"""Arguments of plan, each option among them in one way at least."""


@pytest.mark.parametrize("way", WAYS, ids=" ".join)
def test_a_plan_works_where_nothing_can_be_written(way, project, gate) -> None:
    project.write(SECOND)
    ran = project.dsac("plan", "--var", "what=second", *way)
    assert ran.code in {0, 1, 2}
    text = json.dumps(json.loads(ran.out)) if "json" in way else ran.out
    assert "jane/flowers" in text, ran.err
    assert "500" not in ran.err
    assert set(gate.methods) <= READS
    if "--destroy" not in way:
        assert "HEAD" in gate.methods, "the content of files was looked at"


def test_a_plan_of_all_phases_finds_what_each_is_there_for(project, gate) -> None:
    project.write(SECOND)
    ran = project.dsac("plan", "--var", "what=second", "--format", "json")
    plan = json.loads(ran.out)
    found = {
        item["address"]: ["held"] if item["held"] else item["actions"]
        for item in plan["changes"]
    }
    assert found["jane/flowers@gone"] == ["held"], "labels of a set were read"
    assert found["jane/flowers:d"] == ["held"], "labels of a sample were read"
    assert found["jane/flowers:new"] == ["create"]
    assert found["jane/flowers+bob"] == ["update"]
    assert found["jane/flowers#v2"] == ["create"]
    assert found["jane/old"] == ["delete"]
    assert "jane/flowers:a" not in found, "bytes and pixels are the same"
    blocks = " ".join(block["message"] for block in plan["blocks"])
    assert "categories would change" in blocks
    assert "sample would be deleted" in blocks


def test_every_option_of_plan_was_tried() -> None:
    tried = {part for way in WAYS for part in way if part.startswith("-")}
    for option in plan_command.params:
        names = set(option.opts) & {name for name in option.opts if name[0] == "-"}
        known = {"--var", "--remote", "-h", "--help"}  # in all of the ways
        assert not names or names & (tried | known), option.name


def test_drift_works_where_nothing_can_be_written(project, gate) -> None:
    project.write(SECOND)
    ran = project.dsac("drift", "--var", "what=second")
    assert ran.code == 2, ran.err
    assert set(gate.methods) <= READS


def test_the_planner_is_given_a_reader_without_a_method_that_writes():
    assert inspect.get_annotations(make_plan)["view"] is View
    public = {name for name in vars(Reader) if not name.startswith("_")}
    assert public == {
        "collaborators",
        "content",
        "dataset",
        "datasets",
        "download",
        "etag",
        "label",
        "label_rows",
        "labels",
        "labelset_names",
        "picture",
        "sample",
        "user",
    }
    writing = {
        name
        for name in dir(Client)
        if name.startswith(("add_", "put_", "update_", "delete_", "upload_"))
    }
    assert writing
    source = inspect.getsource(Reader)
    assert not [name for name in writing if f".{name}(" in source]
