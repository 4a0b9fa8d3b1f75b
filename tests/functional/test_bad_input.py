"""Bad input: exit 1, no traceback, nothing sent, and a message that says what to do."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dsac.assets.bitmaps import encode

HEAD = """\
dataset: jane/flowers
task_type: segmentation-bitmap
categories: [{id: 1, name: rose}, {id: 2, name: violet}]
"""
SAMPLE = HEAD + "samples:\n  - name: a\n    image: ../images/a.png\n"
LABEL = SAMPLE + "    labels:\n      ground-truth:\n        bitmap: ../masks/a.png\n"
TWO_IDS = "[{id: 1, category: rose}, {id: 2, category: violet}]"
GOOD = LABEL + f"        annotations: {TWO_IDS}\n"
LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    for folder in ("manifests", "images", "masks"):
        (root / folder).mkdir(parents=True)
    (root / "dsac.yaml").write_text("project: flowers\n")
    Image.new("RGB", (8, 6)).save(root / "images" / "a.png")
    ids = np.zeros((6, 8), np.uint32)
    ids[0, 0], ids[1, 1] = 1, 2
    (root / "masks" / "a.png").write_bytes(encode(ids))
    monkeypatch.chdir(root)
    return root


def write_mask(root: Path, ids: object) -> None:
    (root / "masks" / "a.png").write_bytes(encode(np.array(ids, np.uint32)))


def write_large_ids(root: Path) -> None:
    np.save(root / "masks" / "a.npy", np.full((6, 8), 2**24, np.uint32))


def make_outside(root: Path) -> None:
    Image.new("RGB", (8, 6)).save(root.parent / "outside.png")


def make_lfs(root: Path) -> None:
    (root / "images" / "a.png").write_text(LFS)


def make_dvc(root: Path) -> None:
    (root / "images" / "a.png").rename(root / "gone.png")
    (root / "images" / "a.png.dvc").write_text("outs: [{md5: x, path: a.png}]\n")


def nothing(root: Path) -> None:
    del root


Prepare = Callable[[Path], object]
BOMB = (
    "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    + "".join(
        f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n"
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + HEAD
)

CASES: dict[str, tuple[str, Prepare, str, str, str]] = {
    "broken YAML": (
        HEAD + "samples: [\n",
        nothing,
        "manifests/a.yaml:5:1",
        "broken YAML",
        "check indentation",
    ),
    "duplicate key": (
        HEAD + "category: garden\ncategory: fruit\n",
        nothing,
        "manifests/a.yaml:5:1",
        "'category' stands here a second time, first on line 4",
        "keep one of the two",
    ),
    "unknown key": (
        HEAD + "categry: garden\n",
        nothing,
        "manifests/a.yaml:4:1",
        "unknown key 'categry'",
        "did you mean 'category'?",
    ),
    "unknown key of a sample": (
        HEAD + "samples:\n  - {name: a, imgae: x.png}\n",
        nothing,
        "manifests/a.yaml:5:15",
        "unknown key 'imgae'",
        "did you mean 'image'?",
    ),
    "wrong type": (
        HEAD + "description: [1]\n",
        nothing,
        "manifests/a.yaml:4:14",
        "description is [1]",
        "write a string",
    ),
    "wrong type in a sample": (
        SAMPLE + "    priority: high\n",
        nothing,
        "manifests/a.yaml:7:15",
        'priority is "high"',
        "write a number",
    ),
    "unknown category": (
        LABEL + "        annotations: [{id: 1, category: rosa}]\n",
        nothing,
        "manifests/a.yaml:10:23",
        "there is no category 'rosa'",
        "did you mean 'rose'?",
    ),
    "category id twice": (
        HEAD.replace("id: 2", "id: 1"),
        nothing,
        "manifests/a.yaml:3:35",
        "the category id 1 stands here a second time",
        "give each category its own id",
    ),
    "two samples of one name": (
        SAMPLE + "  - name: a\n    image: https://x/a.png\n",
        nothing,
        "manifests/a.yaml:7:11",
        "a second sample is named 'a', the first one at manifests/a.yaml:5:11",
        "give each sample a name of its own",
    ),
    "missing file": (
        SAMPLE.replace("a.png", "b.png"),
        nothing,
        "manifests/a.yaml:6:12",
        "there is no file b.png",
        "did you mean 'a.png'?",
    ),
    "a file that is no image": (
        SAMPLE.replace("images/a.png", "dsac.yaml"),
        nothing,
        "manifests/a.yaml:6:12",
        "dsac.yaml is not an image",
        "name a JPEG, PNG",
    ),
    "ids of bitmap and annotations disagree": (
        LABEL
        + "        annotations: [{id: 1, category: rose}, {id: 3, category: rose}]",
        nothing,
        "manifests/a.yaml:9:17",
        "disagree: 2 only in the bitmap; 3 only in the annotations",
        "give each id of the bitmap one annotation",
    ),
    "the bitmap is not of the size of its image": (
        GOOD,
        lambda root: write_mask(root, [[1, 2]]),
        "manifests/a.yaml:9:17",
        "masks/a.png is 2 x 1 pixels, its image 8 x 6",
        "make the bitmap of the size of the image",
    ),
    "ids over 24 bits": (
        GOOD.replace("masks/a.png", "masks/a.npy"),
        write_large_ids,
        "manifests/a.yaml:9:17",
        "the id 16777216; ids go from 0 to 16777215",
        "renumber the objects",
    ),
    "a path that leaves the project": (
        SAMPLE.replace("../images/a.png", "../../outside.png"),
        make_outside,
        "manifests/a.yaml:6:12",
        "'../../outside.png' leaves the project",
        "move the file below",
    ),
    "an alias bomb": (
        BOMB,
        nothing,
        "manifests/a.yaml:",
        "stand for over 1000000 values",
        "an alias bomb",
    ),
    "a YAML tag": (
        HEAD + "description: !!python/name:os.system x\n",
        nothing,
        "manifests/a.yaml:4:14",
        "the tag tag:yaml.org,2002:python/name:os.system is not allowed",
        "write the plain value",
    ),
    "an undefined variable": (
        HEAD + "description: ${nam}\n",
        nothing,
        "manifests/a.yaml:4:14",
        "${nam} is not defined",
        "--var NAME=VALUE",
    ),
    "a dataset without owner": (
        HEAD.replace("jane/flowers", "flowers"),
        nothing,
        "manifests/a.yaml:1:10",
        "the dataset 'flowers' has no owner",
        "write dataset: OWNER/flowers",
    ),
    "a git-lfs pointer": (
        SAMPLE,
        make_lfs,
        "manifests/a.yaml:6:12",
        "a.png is a git-lfs pointer",
        'git lfs pull --include "a.png"',
    ),
    "a DVC pointer": (
        SAMPLE,
        make_dvc,
        "manifests/a.yaml:6:12",
        "a.png is kept by DVC",
        "dvc pull a.png.dvc",
    ),
    "two documents for one dataset": (
        HEAD + "---\n" + HEAD,
        nothing,
        "manifests/a.yaml:5:10",
        "a second document for jane/flowers, the first one at manifests/a.yaml:1:10",
        "write one document for each dataset",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_bad_manifests_are_refused_with_position_and_remedy(
    name, project, dsac
) -> None:
    text, prepare, where, found, remedy = CASES[name]
    prepare(project)
    (project / "manifests" / "a.yaml").write_text(text)
    for command in (["validate"], ["plan"], ["apply", "--auto-approve"]):
        ran = dsac(*command)
        assert ran.code == 1
        assert ran.out == ""
        for part in (where, found, remedy):
            assert part in ran.err
    assert not (project / ".dsac" / "local").exists(), "the remote was not even opened"


def test_the_good_manifest_beside_the_bad_ones_is_good(project, dsac) -> None:
    (project / "manifests" / "a.yaml").write_text(GOOD)
    assert dsac("validate").out == "Valid: 1 dataset, 1 sample, 1 label.\n"


def test_all_problems_of_a_run_are_reported_together(project, dsac) -> None:
    (project / "manifests" / "a.yaml").write_text("a: [\n")
    (project / "manifests" / "b.yaml").write_text(HEAD.replace("jane/", ""))
    (project / "manifests" / "c.yaml").write_text(
        SAMPLE.replace("flowers", "trees").replace("a.png", "b.png")
    )
    ran = dsac("validate")
    assert ran.code == 1
    for name in ("a.yaml:2:1", "b.yaml:1:10", "c.yaml:6:12"):
        assert f"manifests/{name}" in ran.err
    assert ran.err.endswith("Error: 3 problems.\n")


def test_an_empty_manifest_folder_is_refused(project, dsac) -> None:
    (project / "dsac.yaml").write_text("project: p\nmanifests: [manifests]\n")
    ran = dsac("plan")
    assert ran.code == 1
    assert "dsac.yaml:2:12: manifests[0]: 'manifests' has no manifest in it" in ran.err
    assert "put a .yaml file there" in ran.err


def test_a_shared_remote_without_a_project_name_is_refused(project, dsac) -> None:
    (project / "dsac.yaml").write_text("vars: {}\nremote: http://127.0.0.1:9\n")
    (project / "manifests" / "a.yaml").write_text(HEAD)
    ran = dsac("plan")
    assert ran.code == 1
    assert "dsac.yaml:2:9" in ran.err
    assert "write project: NAME" in ran.err


@pytest.fixture
def on_server(project: Path, server) -> Path:
    (project / "dsac.yaml").write_text(f"project: p\nremote: {server.url}\n")
    (project / "manifests" / "a.yaml").write_text(HEAD)
    return project


def test_a_missing_key_is_refused(on_server, dsac) -> None:
    ran = dsac("apply", "--auto-approve")
    assert ran.code == 1
    assert "there is no API key" in ran.err
    assert "set by dsac.yaml:2:9" in ran.err
    assert "set SEGMENTS_API_KEY" in ran.err


def test_a_wrong_key_is_refused(on_server, dsac, monkeypatch) -> None:
    monkeypatch.setenv("SEGMENTS_API_KEY", "wrong-key")
    ran = dsac("apply", "--auto-approve", "-v")
    assert ran.code == 1
    assert "401 Invalid API key." in ran.err
    assert "set by dsac.yaml:2:9" in ran.err
    assert "set SEGMENTS_API_KEY" in ran.err
    assert "(0 writes)" in ran.err
    assert "wrong-key" not in ran.err


def test_an_unreachable_remote_is_refused(on_server, dsac, monkeypatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setattr("dsac.remote.transport.Clock.sleep", lambda *_: None)
        monkeypatch.setenv("SEGMENTS_API_KEY", "jane-key")
        ran = dsac("plan", "--remote", address)
    assert ran.code == 1
    assert f"cannot reach {address}" in ran.err
    assert "is the server running" in ran.err
    assert f"the remote is {address}, set by --remote" in ran.err


class Odd(BaseHTTPRequestHandler):
    """Answers every request with what its server was told to."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", self.server.kind)  # type: ignore[attr-defined]
        self.end_headers()
        self.wfile.write(self.server.body)  # type: ignore[attr-defined]

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def odd_server() -> Iterator[ThreadingHTTPServer]:
    found = ThreadingHTTPServer(("127.0.0.1", 0), Odd)
    thread = threading.Thread(target=found.serve_forever)
    thread.start()
    yield found
    found.shutdown()
    found.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/html", b"<html><title>Sign in</title></html>"),
        ("application/json", json.dumps({"username": "jane"}).encode()[:-4]),
        ("application/json", b"[1, 2]"),
    ],
    ids=["HTML", "half a JSON", "JSON of another shape"],
)
def test_a_remote_that_is_no_segments_api_is_refused(
    kind, body, project, odd_server, dsac, monkeypatch
) -> None:
    odd_server.kind, odd_server.body = kind, body
    (project / "manifests" / "a.yaml").write_text(HEAD)
    monkeypatch.setenv("SEGMENTS_API_KEY", "jane-key")
    ran = dsac("plan", "--remote", f"http://127.0.0.1:{odd_server.server_port}")
    assert ran.code == 1
    assert "is not what a Segments API says" in ran.err
    assert "check the address of the remote" in ran.err
    assert "jane-key" not in ran.err


def test_a_folder_that_cannot_be_made_is_named(dsac, project):
    file = project / "dsac.yaml"
    ran = dsac("init", file / "in" / "it")
    assert (ran.code, ran.out) == (1, "")
    assert f"Error: {file / 'in'}" in ran.err
    assert "Not a directory\n  check the path, its permissions" in ran.err
