"""Bitmaps of ids made small enough to be drawn in a page, none of their ids lost."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dsac.assets.bitmaps import Ids
from dsac.assets.overlaps import ids_of, laid
from dsac.core.pictures import Drawing, IdMap
from dsac.errors import AssetError

MOST_RUNS = 30_000
"""A map of more runs is made smaller still."""

LEAST = 48
"""No map is made smaller than this, on its longer side, for the sake of its runs."""

FEW = 500
"""So many ids that would be lost on the way are given a pixel each."""

MORE = 0x80


def drawing_of(
    before: Path | bytes | None, after: Path | bytes | None, *, most: int
) -> Drawing:
    """Draw the bitmaps of both sides of a label, and where they differ.

    A side that is missing, or is no bitmap, is said to be so and not drawn.

    Args:
        before: A file or the bytes of an image; None where there is no bitmap.
        after: The same of the other side.
        most: So many pixels has the longer side of each map at most.
    """
    (here, problem), (there, other) = _read(before), _read(after)
    both = here is not None and there is not None
    return Drawing(
        before=None if here is None else id_map(here, most=most),
        after=None if there is None else id_map(there, most=most),
        changed=_changed(here, there, most=most) if both else None,
        problem="; ".join(dict.fromkeys(filter(None, (problem, other)))),
    )


def _read(source: Path | bytes | None) -> tuple[Ids | None, str]:
    try:
        return ids_of(source), ""
    except AssetError as error:
        return None, str(error)


def _changed(before: Ids | None, after: Ids | None, *, most: int) -> IdMap:
    here, there = laid(before, after)
    return _fitted((here != there).astype(np.uint32), most, _pooled)


def id_map(ids: Ids, *, most: int) -> IdMap:
    """Make a bitmap small: each pixel of the map shows one of those that it covers.

    An id that none shows gets the pixel of the first place where it is, so that an
    instance of one pixel is seen.
    """
    return _fitted(ids, most, _sampled)


Shrink = Callable[[Ids, int], Ids]


def _fitted(ids: Ids, most: int, shrink: Shrink) -> IdMap:
    """Make a map of not too many runs."""
    small = shrink(ids, most)
    edges = _edges(small)
    while edges.size > MOST_RUNS and most > LEAST:
        most = max(LEAST, most // 2)
        small = shrink(ids, most)
        edges = _edges(small)
    flat = small.ravel()
    palette, indexes = np.unique(flat[edges], return_inverse=True)
    lengths = np.diff(np.append(edges, flat.size))
    pairs = np.column_stack([indexes.ravel(), lengths]).ravel().tolist()
    return IdMap(
        width=small.shape[1],
        height=small.shape[0],
        full=(ids.shape[1], ids.shape[0]),
        ids=tuple(palette.tolist()),
        runs=packed(pairs),
    )


def _sampled(ids: Ids, most: int) -> Ids:
    """Keep the middle pixel of each block, and what only others of it show."""
    rows, columns = _lines(ids, 0, most), _lines(ids, 1, most)
    small = ids[np.ix_(_middles(rows, ids.shape[0]), _middles(columns, ids.shape[1]))]
    if small.shape == ids.shape:
        return small
    edges = _edges(ids)
    found, first = np.unique(ids.ravel()[edges], return_index=True)
    lost = ~np.isin(found, small)
    for place in edges[first[lost][:FEW]].tolist():
        row, column = divmod(place, ids.shape[1])
        small[_block(rows, row), _block(columns, column)] = ids[row, column]
    return small


def _pooled(mask: Ids, most: int) -> Ids:
    """Keep the largest number of each block."""
    rows, columns = _lines(mask, 0, most), _lines(mask, 1, most)
    bands = np.maximum.reduceat(mask, rows, axis=0)
    found: Ids = np.maximum.reduceat(bands, columns, axis=1)
    return found


Lines = NDArray[np.intp]


def _lines(ids: Ids, axis: int, most: int) -> Lines:
    """Give where each row, or column, of a map begins in the bitmap."""
    size, longest = ids.shape[axis], max(ids.shape)
    count = size if longest <= most else max(1, round(size * most / longest))
    lines: Lines = np.arange(count, dtype=np.intp) * size // count
    return lines


def _block(starts: Lines, line: int) -> int:
    """Tell in which row, or column, of a map a line of the bitmap lies."""
    return int(np.searchsorted(starts, line, side="right")) - 1


def _middles(starts: Lines, size: int) -> Lines:
    ends = np.append(starts[1:], size)
    middles: Lines = (starts + ends - 1) // 2
    return middles


def _edges(ids: Ids) -> Lines:
    """Give where runs of equal ids begin, row after row without a break."""
    flat = ids.ravel()
    return np.append(0, np.flatnonzero(flat[1:] != flat[:-1]) + 1)


def packed(numbers: list[int]) -> bytes:
    """Write numbers in groups of 7 bits, the lowest first (LEB128)."""
    data = bytearray()
    for number in numbers:
        rest = number
        while rest >= MORE:
            data.append(rest & (MORE - 1) | MORE)
            rest >>= 7
        data.append(rest)
    return bytes(data)
