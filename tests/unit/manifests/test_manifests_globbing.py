"""Patterns: what they match, in which order, and what is never matched."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsac.manifests.globbing import matching

FILES = (
    "a.jpg",
    "a.png",
    "b/a.jpg",
    "b/c/a.jpg",
    "b/c/d.tar.gz",
    "b-c/a.jpg",
    "b.jpg/a.jpg",
    "[x]*.jpg",
    ".hidden.jpg",
    ".hidden/a.jpg",
    "b/.git/a.jpg",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with files, and with links to a folder, to nothing, to itself."""
    root = tmp_path_factory.mktemp("globbing").resolve()
    for name in FILES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")
    (root / "link").symlink_to("b")
    (root / "link.jpg").symlink_to("a.jpg")
    (root / "none.jpg").symlink_to("nowhere")
    (root / "loop.jpg").symlink_to("loop.jpg")
    return root


def by_pathlib(folder: Path, pattern: str, exclude: list[str]) -> list[str]:
    found = {
        path.relative_to(folder)
        for path in folder.glob(pattern)
        if path.name != "loop.jpg" and path.is_file()
    }
    return [
        str(path)
        for path in sorted(found)
        if not any(part.startswith(".") for part in path.parts)
        and not any(path.match(item) for item in exclude)
    ]


STEP = st.sampled_from(
    ["*", "**", "*.jpg", "a.*", "?.jpg", "b", "b*", "[ab].jpg", "[[]x]*", "link"]
)
EXCLUDED = st.lists(
    st.lists(STEP.filter(lambda step: step != "**"), min_size=1, max_size=3).map(
        "/".join
    ),
    max_size=2,
)


@given(st.lists(STEP, max_size=3), STEP.filter(lambda step: step != "**"), EXCLUDED)
def test_a_pattern_matches_what_pathlib_says(folder, steps, last, exclude):
    pattern = "/".join([*steps, last])
    expected = by_pathlib(folder, pattern, exclude)
    assert matching(folder, pattern, exclude=exclude) == expected


def test_files_come_folder_by_folder(folder):
    assert matching(folder, "**/*.jpg") == [
        "[x]*.jpg",
        "a.jpg",
        "b/a.jpg",
        "b/c/a.jpg",
        "b-c/a.jpg",
        "b.jpg/a.jpg",
        "link.jpg",
    ]


def test_two_stars_at_the_end_are_all_files(folder):
    assert matching(folder, "b/**") == ["b/a.jpg", "b/c/a.jpg", "b/c/d.tar.gz"]


def test_two_stars_within_a_name_are_one(folder):
    assert matching(folder, "b**/a.jpg") == ["b/a.jpg", "b-c/a.jpg", "b.jpg/a.jpg"]


@pytest.mark.parametrize("exclude", ["", "/a.jpg", "x/y/z/a.jpg"])
def test_what_can_fit_nothing_excludes_nothing(folder, exclude):
    assert matching(folder, "*.png", exclude=[exclude]) == ["a.png"]
    assert "a.jpg" in matching(folder, "*.jpg", exclude=[exclude])


def test_a_pattern_that_names_the_folder_itself_matches_nothing(folder):
    assert matching(folder, ".") == []
    assert matching(folder, "./b/./a.*") == ["b/a.jpg"]


def test_a_folder_that_is_not_there_has_no_files(folder):
    assert matching(folder / "none", "*") == []
    assert matching(folder / "a.jpg", "*") == []


def test_a_folder_that_cannot_be_listed_is_an_error(folder, monkeypatch):
    def fail(path: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("dsac.manifests.globbing.os.scandir", fail)
    with pytest.raises(PermissionError):
        matching(folder, "*")
