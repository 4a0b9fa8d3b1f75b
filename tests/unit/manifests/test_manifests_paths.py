"""Where paths lead: what is followed, what is refused, and how often that is looked."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsac.manifests.paths import Paths, is_relative

STEPS = ("", ".", "..", "a", "b", "in", "out", "loop", "none", "x.png", "y.png")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a project with links that stay in it and links that do not."""
    outer = tmp_path_factory.mktemp("paths").resolve()
    root = outer / "p"
    (root / "a" / "b").mkdir(parents=True)
    (outer / "p2").mkdir()
    for name in ("p/a/x.png", "p/a/b/x.png", "p2/x.png"):
        (outer / name).write_text(name)
    (root / "a" / "in").symlink_to("b")
    (root / "a" / "out").symlink_to(outer / "p2")
    (root / "a" / "loop").symlink_to("loop")
    (root / "a" / "y.png").symlink_to("b/x.png")
    (root / "a" / "b" / "y.png").symlink_to(outer / "p2" / "x.png")
    return root


@given(st.lists(st.sampled_from(STEPS), min_size=1, max_size=6).map("/".join))
def test_a_path_leads_where_the_system_says(root, text):
    paths = Paths(root)
    for folder in (root / "a", root, root / "a"):
        for _ in range(2):
            found = paths.find(text, folder)
            real = Path(os.path.realpath(folder / text))
            if not is_relative(text) or not real.is_relative_to(root):
                assert found is None
                continue
            assert found is not None
            assert root / found[0] == real
            assert (found[1] is not None) == os.path.exists(real)  # noqa: PTH110
            assert found[1] is None or found[1].st_ino == real.stat().st_ino


def test_a_path_of_very_many_folders_is_followed(root):
    found = Paths(root).find("b/../" * 300 + "x.png", root / "a")
    assert found is not None
    assert found[0] == "a/x.png"


def test_each_folder_is_looked_at_once(root, monkeypatch):
    looks: list[str] = []
    lstat = os.lstat

    def count(path: str) -> os.stat_result:
        looks.append(str(path))
        return lstat(path)

    monkeypatch.setattr(os, "lstat", count)
    paths = Paths(root)
    paths.find("b/x.png", root / "a")
    before = len(looks)
    for number in range(5):
        paths.find(f"b/{number}.png", root / "a")
    assert len(looks) - before == 5


def test_links_may_lead_to_another_folder_of_the_same_files(root, tmp_path):
    (tmp_path / "x.png").symlink_to(root / "a" / "b" / "x.png")
    assert Paths(tmp_path).find("x.png", tmp_path) is None
    found = Paths(tmp_path, root).find("x.png", tmp_path)
    assert found is not None
    assert found[0] == "a/b/x.png"


@pytest.mark.parametrize("text", ["", "/a", "a\\b", "a\0b", "c/\\", "\0"])
def test_what_is_no_relative_path_is_none(root, text):
    paths = Paths(root)
    assert not is_relative(text)
    for known in ("a/x.png", "c/x.png"):
        paths.find(known, root)
        assert paths.find(text, root) is None
    assert is_relative("c:/x.png") == (os.name == "posix")


def test_a_name_that_no_file_can_have_is_not_there(root):
    for name in ("x" * 300, "a/" + "x" * 300 + "/y.png", "\ud800", "\ud800/y"):
        assert Paths(root).find(name, root) == (name, None)
