"""Files that did not change are not opened by a plan; those that did are seen."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from dsac.assets.bitmaps import encode
from dsac.assets.cache import FileCache

MANIFEST = """\
dataset: jane/flowers
task_type: segmentation-bitmap
categories: [{id: 1, name: rose}]
samples:
  - glob: ../images/*.png
  - {name: one, image: ../more/one.png}
labels:
  ground-truth:
    - {bitmaps: "../masks/{name}.png", annotations: "../masks/{name}.json"}
"""

LOOKED_AT = frozenset({"images", "more", "masks"})
opened: list[str] = []
"""The files that were opened in these folders, as far as somebody asks."""


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    path = arguments[0] if event == "open" else None
    if isinstance(path, str | Path):
        file = Path(path)
        if file.suffix == ".png" and file.parent.name in LOOKED_AT:
            opened.append(file.name)


@pytest.fixture(scope="module", autouse=True)
def _hook() -> None:
    """Hear of every file that is opened; a hook can't be taken away again."""
    sys.addaudithook(_audit)


@pytest.fixture
def flowers(project, monkeypatch: pytest.MonkeyPatch):
    """Make a project with files that count as having come to rest."""
    for name in ("a.png", "b.png", "../more/one.png"):
        project.image(name)
    masks = project.root / "masks"
    masks.mkdir()
    (masks / "a.png.png").write_bytes(encode(np.ones((6, 8), np.uint32)))
    (masks / "a.png.json").write_text('[{"id": 1, "category": "rose"}]')
    project.write(MANIFEST)
    monkeypatch.setattr(FileCache, "now", lambda _: 2**62)
    project.apply()
    return project


def read_by(project, *command: str) -> list[str]:
    """Run a command, and name the images and masks that it opened."""
    opened.clear()
    ran = project.dsac(*command)
    assert ran.code == 0, ran.err
    return sorted(set(opened))


def cache_of(project) -> Path:
    found: Path = project.root / ".dsac" / "cache" / "files"
    return found


@pytest.mark.parametrize("command", ["plan", "validate", "drift"])
def test_no_unchanged_file_is_opened_and_nothing_is_written(flowers, command):
    before = cache_of(flowers).stat()
    assert read_by(flowers, command) == []
    after = cache_of(flowers).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    cache_of(flowers).unlink()
    everything = ["a.png", "a.png.png", "b.png", "c.png", "one.png"]
    assert read_by(flowers, command) == everything


def test_only_the_file_that_changed_is_opened(flowers):
    flowers.image("b.png", "blue")
    assert read_by(flowers, "plan") == ["b.png"]
    assert flowers.actions() == {"jane/flowers:b.png": ["update"]}
    flowers.apply()
    flowers.assert_settled()


def test_a_change_that_keeps_size_and_mtime_is_seen(flowers):
    path = flowers.root / "images" / "a.png"
    before, data = path.stat(), path.read_bytes()
    with path.open("r+b") as file:
        file.seek(len(data) - 1)
        file.write(bytes([data[-1] ^ 1]))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    kept = (before.st_size, before.st_mtime_ns, before.st_ino)
    assert (after.st_size, after.st_mtime_ns, after.st_ino) == kept
    assert read_by(flowers, "plan") == ["a.png"]
    assert flowers.actions() == {"jane/flowers:a.png": ["update"]}


def test_a_change_in_the_tick_of_the_first_one_is_seen(project, monkeypatch):
    """The clock of the file system stands still while one file is written twice."""
    project.image("a.png")
    project.write("dataset: jane/flowers\nsamples: [{glob: '../images/*.png'}]\n")
    path = project.root / "images" / "a.png"
    fixed = path.stat()
    monkeypatch.setattr(FileCache, "now", lambda _: fixed.st_mtime_ns)
    project.apply()
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    lstat, name = os.lstat, str(path.resolve())

    def frozen(path: str) -> os.stat_result:
        return fixed if str(path) == name else lstat(path)

    monkeypatch.setattr(os, "lstat", frozen)
    assert project.actions() == {"jane/flowers:a.png": ["update"]}


def test_a_file_put_in_place_of_another_is_seen(flowers):
    path = flowers.root / "images" / "a.png"
    before = path.stat()
    flowers.image("new.png", "blue")
    os.utime(path.with_name("new.png"), ns=(before.st_atime_ns, before.st_mtime_ns))
    path.with_name("new.png").replace(path)
    assert flowers.actions() == {"jane/flowers:a.png": ["update"]}


def test_a_broken_cache_is_only_slow(flowers):
    data = cache_of(flowers).read_bytes()
    cache_of(flowers).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert "a.png" in read_by(flowers, "plan")
    flowers.assert_settled()
    assert read_by(flowers, "plan") == []
