"""What two bitmaps of instance ids have in common, pixel by pixel, in one pass."""

from pathlib import Path

import numpy as np

from dsac.assets.bitmaps import Ids, decode, read

Pairs = dict[tuple[int, int], int]

BITS = 24
"""An id of the platform has so many."""


def overlaps_of(before: Path | bytes | None, after: Path | bytes | None) -> Pairs:
    """Count as `overlaps` does, of files or of the bytes of images.

    Raises:
        AssetError: one is missing, or is no bitmap.
    """
    return overlaps(ids_of(before), ids_of(after))


def ids_of(source: Path | bytes | None) -> Ids | None:
    """Read a bitmap from a file or from the bytes of an image; None stays None."""
    if source is None:
        return None
    return read(source) if isinstance(source, Path) else decode(source)


def overlaps(before: Ids | None, after: Ids | None) -> Pairs:
    """Count the pixels of each pair of ids, (before, after); 0 is no instance.

    Bitmaps of two sizes lie on each other at the top left corner; where one has no
    pixel it counts as 0, as does a whole side that is None.
    """
    here, there = laid(before, after)
    keys = here.astype(np.uint64)
    keys <<= np.uint64(BITS)
    keys |= there
    return _counted(keys.ravel())


def laid(before: Ids | None, after: Ids | None) -> tuple[Ids, Ids]:
    """Give both bitmaps on a ground that holds both, at its top left corner."""
    given = [item for item in (before, after) if item is not None]
    height = max((item.shape[0] for item in given), default=0)
    width = max((item.shape[1] for item in given), default=0)
    return _on(before, (height, width)), _on(after, (height, width))


def _on(ids: Ids | None, shape: tuple[int, int]) -> Ids:
    if ids is not None and ids.shape == shape:
        return ids
    ground: Ids = np.zeros(shape, np.uint32)
    if ids is not None:
        ground[: ids.shape[0], : ids.shape[1]] = ids
    return ground


def _counted(keys: "np.ndarray[tuple[int], np.dtype[np.uint64]]") -> Pairs:
    """Count equal keys by their runs: masks have few, and np.unique sorts."""
    if not keys.size:
        return {}
    starts = np.append(0, np.flatnonzero(keys[1:] != keys[:-1]) + 1)
    lengths = np.diff(np.append(starts, keys.size))
    found, where = np.unique(keys[starts], return_inverse=True)
    counts = np.bincount(where.ravel(), weights=lengths)
    mask = 2**BITS - 1
    return {
        (key >> BITS, key & mask): int(count)
        for key, count in zip(found.tolist(), counts.tolist(), strict=True)
    }
