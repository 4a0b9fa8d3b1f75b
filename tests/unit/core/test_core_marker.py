"""The marker: what it says, that it stays short, and when it says nothing."""

import pytest

from dsac.core.marker import (
    LIMIT,
    Marker,
    Pair,
    content_digest,
    label_key,
    pair_of,
    read,
    settles,
    stuck_key,
    write,
)
from dsac.core.values import Tree, Upload

STATED: Tree = {"image": {"url": Upload("a.jpg", "0" * 64)}}
REMOTE: Tree = {"image": {"url": "https://x/1.jpg"}}


def test_a_marker_reads_as_it_was_written() -> None:
    marker = Marker(
        project="my flowers 100%20",
        dataset="jane/flowers",
        sample=Pair("content", "urls"),
        labels={"abcdef": Pair("c", "u")},
        prevent_destroy=True,
        lease="ci-7 until=noon",
    )
    text = write(marker)
    assert text.startswith("v1 my%20flowers%20100%2520 jane/flowers keep lease=")
    assert read(text) == marker


def test_an_object_without_the_key_has_no_marker() -> None:
    assert read(None) is None


@pytest.mark.parametrize("text", ["", "v2 p d", "v1", "v1 p", 7, True, {}, ["v1"]])
def test_what_can_not_be_read_is_a_marker_that_is_not_known(text: object) -> None:
    marker = read(text)
    assert marker is not None
    assert not marker.known


def test_a_word_of_a_later_minor_hand_is_passed_over() -> None:
    marker = read("v1 p d new=1")
    assert marker == Marker(project="p", dataset="d")


def test_a_marker_stays_short_whatever_the_number_of_labels() -> None:
    labels = {
        label_key(f"set {number}"): Pair("c" * 12, "u" * 8) for number in range(500)
    }
    text = write(Marker(project="p", dataset="jane/flowers", labels=labels))
    assert len(text.encode()) < LIMIT
    marker = read(text)
    assert marker is not None
    assert len(marker.labels) > 20
    assert marker.labels.items() <= labels.items()


def test_a_pair_settles_its_files_as_long_as_the_urls_are_those() -> None:
    pair = pair_of(STATED, REMOTE)
    assert settles(pair, STATED, REMOTE) is True
    other: Tree = {"image": {"url": Upload("a.jpg", "1" * 64)}}
    assert settles(pair, other, REMOTE) is False
    moved: Tree = {"image": {"url": "https://x/2.jpg"}}
    assert settles(pair, STATED, moved) is None
    assert settles(None, STATED, REMOTE) is None


def test_there_is_no_pair_without_files() -> None:
    assert pair_of({"image": {"url": "https://x/1.jpg"}}, REMOTE) is None


def test_how_a_file_is_read_is_part_of_its_content_and_its_path_is_not() -> None:
    plain: Tree = {"url": Upload("a.png", "0" * 64)}
    bitmap: Tree = {"url": Upload("a.png", "0" * 64, "bitmap")}
    elsewhere: Tree = {"url": Upload("b/c.png", "0" * 64)}
    assert content_digest(plain) != content_digest(bitmap)
    assert content_digest(plain) == content_digest(elsewhere)


def test_what_could_not_be_removed_is_remembered_by_key_and_value() -> None:
    stuck = frozenset({stuck_key("a", 1), stuck_key("b", {"x": 1.0})})
    marker = Marker(project="p", dataset="jane/flowers", stuck=stuck)
    assert read(write(marker)) == marker
    assert stuck_key("b", {"x": 1}) in stuck
    others = {stuck_key(*item) for item in (("a", "1"), ("a", 2), ("c", 1))}
    assert not others & stuck


def test_more_than_fits_is_left_off() -> None:
    stuck = frozenset(stuck_key(str(number), 1) for number in range(500))
    text = write(Marker(project="p", dataset="jane/flowers", stuck=stuck))
    found = read(text)
    assert len(text) < LIMIT
    assert found is not None
    assert found.stuck < stuck
