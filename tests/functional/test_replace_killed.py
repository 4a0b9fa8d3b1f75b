"""A replacement that is killed at any of its requests: the next apply finishes it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functional.everything import differences, write
from tests.functional.stage import Stage, VirtualTime
from tests.functional.truth import state

pytestmark = pytest.mark.search

DATASETS = ("jane/flowers",)
MANIFEST = """\
dataset: jane/flowers
task_type: segmentation-bitmap
categories: [{id: 1, name: rose}]
labelsets: {predictions: {owner: manifest}}
samples:
  - name: a
    image: ../images/one.png
    labels:
      ground-truth: {bitmap: ../masks/a.png, annotations: [{id: 1, category: rose}]}
      predictions: {bitmap: ../masks/b.png, annotations: [{id: 1, category: rose}]}
  - {name: b, image: ../images/two.png, priority: 2}
  - {name: c, image: "https://x.test/c.png"}
"""
REPLACE = ("--replace", "*:[ab]", "--allow-delete", "2")


class Moments:
    """What was on the server's disk before and after each request of one run."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.stage = Stage(folder / "project", folder / "server", patch=patch)
        self.folder = folder
        self.places: dict[str, Path] = {}
        write(self.stage.root, MANIFEST)
        assert self.stage.apply().code == 0
        self.before = self.stage.uuids("jane/flowers")
        self.start = state(self.stage.app, DATASETS)
        seam = self.stage.open(self.stage.server)
        seam.before = lambda line: self._note(f"before {line}")
        seam.after = lambda line: self._note(f"after {line}")
        ran = self.stage.apply(*REPLACE)
        assert ran.code == 0, ran.out + ran.err
        self.log = seam.log
        self.end = state(self.stage.app, DATASETS)
        self.after = self.stage.uuids("jane/flowers")

    def _note(self, name: str) -> None:
        place = self.folder / "moments" / str(len(self.places))
        shutil.copytree(self.stage.server, place)
        self.places[f"{len(self.places)}: {name}"] = place

    def resumed(self, place: Path) -> Iterator[str]:
        """Apply from a moment on as any next run would; yield what is wrong."""
        self.stage.open(place)
        ran = self.stage.apply()
        if ran.code:
            yield f"it ended with {ran.code}: {ran.out}{ran.err}"
        yield from differences(self.end, state(self.stage.app, DATASETS))


def test_whenever_a_replacement_dies_the_next_apply_ends_as_it_would_have(
    tmp_path, monkeypatch
) -> None:
    VirtualTime().install(monkeypatch)
    moments = Moments(tmp_path, monkeypatch)
    assert moments.start == moments.end
    assert {name for name in "abc" if moments.before[name] != moments.after[name]} == {
        "a",
        "b",
    }
    writes = [line for line in moments.log if not line.startswith(("GET", "HEAD"))]
    assert [line.split("/")[-2] for line in writes].count("samples_bulk") == 2
    wrong = {name: list(moments.resumed(at)) for name, at in moments.places.items()}
    assert {name: found for name, found in wrong.items() if found} == {}
