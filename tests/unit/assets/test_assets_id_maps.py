"""Bitmaps made small: what is in them is in their maps."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dsac.assets import id_maps
from dsac.assets.bitmaps import encode
from dsac.assets.id_maps import drawing_of, id_map, packed
from dsac.core.pictures import IdMap


def numbers(data: bytes) -> Iterator[int]:
    value = shift = 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            yield value
            value = shift = 0


def unpacked(found: IdMap) -> NDArray[np.uint32]:
    pairs = list(numbers(found.runs))
    flat = [
        found.ids[index]
        for index, count in zip(pairs[::2], pairs[1::2], strict=True)
        for _ in range(count)
    ]
    return np.array(flat, np.uint32).reshape(found.height, found.width)


@st.composite
def bitmaps(draw: st.DrawFn) -> NDArray[np.uint32]:
    height, width = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    size = height * width
    values = st.sampled_from([0, 1, 7, 2**24 - 1])
    flat = draw(st.lists(values, min_size=size, max_size=size))
    return np.array(flat, np.uint32).reshape(height, width)


@given(st.lists(st.integers(0, 2**40)))
def test_numbers_are_packed_so_that_they_can_be_read(values: list[int]) -> None:
    assert list(numbers(packed(values))) == values


@given(bitmaps())
def test_a_small_bitmap_is_its_own_map(ids: NDArray[np.uint32]) -> None:
    found = id_map(ids, most=9)
    assert np.array_equal(unpacked(found), ids)
    assert found.full == (ids.shape[1], ids.shape[0])


def test_a_large_one_is_made_small_and_keeps_every_id() -> None:
    ids = np.zeros((400, 1000), np.uint32)
    ids[:200] = 5
    ids[399, 999] = 9
    ids[0, 0] = 8
    found = id_map(ids, most=100)
    assert (found.width, found.height, found.full) == (100, 40, (1000, 400))
    small = unpacked(found)
    assert (small[0, 0], small[39, 99], small[10, 50], small[30, 50]) == (8, 9, 5, 0)


def test_a_thin_bitmap_has_at_least_one_line() -> None:
    found = id_map(np.ones((1, 1000), np.uint32), most=10)
    assert (found.width, found.height) == (10, 1)


def test_a_map_of_too_many_runs_is_made_smaller_still(monkeypatch) -> None:
    monkeypatch.setattr(id_maps, "MOST_RUNS", 3000)
    noise = np.random.default_rng(0).integers(0, 9, (200, 200)).astype(np.uint32)
    assert id_map(noise, most=200).width == 50
    monkeypatch.setattr(id_maps, "MOST_RUNS", 10)
    assert id_map(noise, most=200).width == id_maps.LEAST


def test_any_pixel_that_differs_is_seen() -> None:
    before = np.ones((300, 300), np.uint32)
    after = before.copy()
    after[101, 203] = 2
    found = drawing_of(encode(before), encode(after), most=30)
    assert found.changed is not None
    assert np.argwhere(unpacked(found.changed)).tolist() == [[10, 20]]
    assert found.problem == ""


def test_bitmaps_of_two_sizes_differ_where_one_has_no_pixel() -> None:
    one, other = np.ones((1, 1), np.uint32), np.ones((1, 2), np.uint32)
    found = drawing_of(encode(one), encode(other), most=9)
    assert found.changed is not None
    assert unpacked(found.changed).tolist() == [[0, 1]]
    assert found.before != found.after


@pytest.mark.parametrize("side", [0, 1])
def test_a_side_that_can_not_be_read_leaves_the_other(
    side: int, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.png"
    bad.write_text("not an image")
    files: list[Path | bytes] = [bad, bad]
    files[1 - side] = encode(np.ones((1, 1), np.uint32))
    found = drawing_of(files[0], files[1], most=9)
    assert [found.before is None, found.after is None] == [side == 0, side == 1]
    assert found.changed is None
    assert found.problem == "bad.png is not an image that can be read"


def test_nothing_is_drawn_of_nothing() -> None:
    assert drawing_of(None, None, most=9).problem == ""
