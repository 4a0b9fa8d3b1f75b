"""What two bitmaps have in common."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dsac.assets.bitmaps import MAX_ID, encode
from dsac.assets.overlaps import overlaps, overlaps_of
from dsac.errors import AssetError

SIDES = st.integers(1, 6)
VALUES = st.sampled_from([0, 1, 2, MAX_ID])


@st.composite
def bitmaps(draw: st.DrawFn) -> NDArray[np.uint32]:
    height, width = draw(SIDES), draw(SIDES)
    size = height * width
    values = draw(st.lists(VALUES, min_size=size, max_size=size))
    return np.array(values, np.uint32).reshape(height, width)


def at(ids: NDArray[np.uint32] | None, y: int, x: int) -> int:
    if ids is None or y >= ids.shape[0] or x >= ids.shape[1]:
        return 0
    return int(ids[y, x])


@given(st.none() | bitmaps(), st.none() | bitmaps())
def test_each_pixel_is_counted_once(
    before: NDArray[np.uint32] | None, after: NDArray[np.uint32] | None
) -> None:
    height = max(
        item.shape[0] for item in (before, after, np.zeros((0, 0))) if item is not None
    )
    width = max(
        item.shape[1] for item in (before, after, np.zeros((0, 0))) if item is not None
    )
    expected = Counter(
        (at(before, y, x), at(after, y, x)) for y in range(height) for x in range(width)
    )
    assert overlaps(before, after) == expected


def test_files_and_bytes_are_read(tmp_path: Path) -> None:
    ids = np.array([[1, 1, 2]], np.uint32)
    path = tmp_path / "a.npy"
    np.save(path, ids)
    assert overlaps_of(path, encode(ids)) == {(1, 1): 2, (2, 2): 1}
    assert overlaps_of(None, path) == {(0, 1): 2, (0, 2): 1}
    assert overlaps_of(None, None) == {}


def test_what_is_no_bitmap_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AssetError):
        overlaps_of(b"nothing", None)
    with pytest.raises(AssetError):
        overlaps_of(None, tmp_path / "missing.png")
