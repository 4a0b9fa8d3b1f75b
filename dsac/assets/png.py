"""Writes ids as the platform's PNG, with the cheapest filter and level that pack well.

What is compared with is an ordinary encoder: the better of two PNG filters at zlib's
default effort. Masks go through in blocks that stay in the processor's cache, which
is worth more than any other trick here.
"""

import struct
import zlib
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from zlib_ng import zlib_ng

OPAQUE = 0xFF000000
SIGNATURE = b"\x89PNG\r\n\x1a\n"
RGBA_8 = struct.pack(">BBBBB", 8, 6, 0, 0, 0)
PIXEL = 4

NONE, SUB, UP = 0, 1, 2
"""The PNG filters that are tried (PNG specification, section 9.2)."""

FAST, MIDDLE, THOROUGH, UTMOST = 2, 4, 7, 9
"""Levels of zlib-ng; THOROUGH finds what zlib's default level 6 finds."""

BLOCK = 2**18
"""So many bytes are filtered and packed at a time."""

BANDS = 6
BAND = 8
BAND_BYTES = 2**14
"""So many times so many rows, of so many bytes at least, are looked at to choose: they
lie all over the mask."""

MARGIN = 1.06
"""So much larger than an ordinary encoder's may the quick result be, as far as the
bands tell."""

NEARLY, EMPTY, ALIKE = 1.25, 1.04, 1.05
"""Bands that pack to NEARLY the size of nothing hold little of what a mask has: where
two filters are ALIKE, all its pixels tell. EMPTY ones need no better level."""

PLAIN = 200
"""A mask that packs to this fraction takes no longer at the middle level."""

SMALL = 2**14
"""Of a mask of fewer bytes, everything is tried."""

MEMORY = 9
WINDOW = 15

Ids = NDArray[np.uint32]
Bytes = NDArray[np.uint8]


def encode_rgba(ids: Ids) -> bytes:
    """Encode ids as 8-bit RGBA with alpha 255.

    Args:
        ids: Height x width, at least one pixel, each below 2**24.
    """
    height, width = ids.shape
    if ids.size * PIXEL < SMALL:
        packed = min((_packed(ids, kind, UTMOST) for kind in (UP, SUB, NONE)), key=len)
    else:
        packed = _packed(ids, *choose(ids))
    header = struct.pack(">II", width, height) + RGBA_8
    return b"".join(
        [
            SIGNATURE,
            *_chunk(b"IHDR", header),
            *_chunk(b"IDAT", packed),
            *_chunk(b"IEND", b""),
        ]
    )


def _packed(ids: Ids, kind: int, level: int) -> bytes:
    packer = _packer(level)
    blocks = _filtered(ids, kind, 0, ids.shape[0])
    return b"".join([*map(packer.compress, blocks), packer.flush()])


def _packer(level: int) -> "zlib_ng._Compress":
    return zlib_ng.compressobj(level, zlib_ng.DEFLATED, WINDOW, MEMORY)


def _chunk(kind: bytes, data: bytes) -> Iterator[bytes]:
    yield struct.pack(">I", len(data)) + kind
    yield data
    yield struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))


def choose(ids: Ids) -> tuple[int, int]:
    """Choose filter and level by packing a few bands of rows.

    Up wins on smooth outlines, Sub on masks of few rows, none on noise. The cheapest
    level serves unless it packs worse than an ordinary encoder would: on slanted
    lines it is nearly twice as large.
    """
    fast = {kind: _packed_size(ids, kind, FAST) for kind in (UP, SUB, NONE)}
    kind = min(fast, key=lambda kind: fast[kind])
    least, smallest = _least_size(ids.shape), fast[kind]
    if smallest <= NEARLY * least:
        rival = _fewer_changes(ids)
        kind = rival if fast[rival] <= ALIKE * smallest else kind
    if smallest <= EMPTY * least:
        return kind, MIDDLE
    usual = {kind: _packed_size(ids, kind, THOROUGH) for kind in (UP, SUB)}
    limit = min(usual.values()) * MARGIN
    plain = fast[kind] * PLAIN < _looked_at(ids.shape)
    if fast[kind] <= limit and not plain:
        return kind, FAST
    if _packed_size(ids, kind, MIDDLE) <= limit:
        return kind, MIDDLE
    return min(usual, key=lambda kind: usual[kind]), THOROUGH


def _fewer_changes(ids: Ids) -> int:
    """Choose the filter that leaves the fewest pixels, by all of the mask."""
    down = np.count_nonzero(ids[1:] != ids[:-1])
    across = np.count_nonzero(ids[:, 1:] != ids[:, :-1])
    return SUB if across < down else UP


def _packed_size(ids: Ids, kind: int, level: int) -> int:
    packer = _packer(level)
    return sum(
        len(packer.compress(block))
        for start, stop in _bands(*ids.shape)
        for block in _filtered(ids, kind, start, stop)
    ) + len(packer.flush())


@lru_cache(maxsize=64)
def _least_size(shape: tuple[int, int]) -> int:
    """Give what the bands of an empty mask pack to."""
    packer = _packer(FAST)
    return len(packer.compress(bytes(_looked_at(shape)))) + len(packer.flush())


def _looked_at(shape: tuple[int, int]) -> int:
    """Give how many bytes the bands have."""
    height, width = shape
    return sum(stop - start for start, stop in _bands(height, width)) * (
        width * PIXEL + 1
    )


def _bands(height: int, width: int) -> Iterator[tuple[int, int]]:
    rows = max(BAND, BAND_BYTES // (width * PIXEL + 1))
    if height <= BANDS * rows:
        yield 0, height
        return
    for number in range(BANDS):
        start = number * (height - rows) // (BANDS - 1)
        yield start, start + rows


def _filtered(ids: Ids, kind: int, start: int, stop: int) -> Iterator[memoryview]:
    """Yield the filtered bytes of some rows; each block is gone with the next one."""
    width = ids.shape[1]
    count = min(stop - start, max(1, BLOCK // (width * PIXEL)))
    pixels = np.zeros((count + 1, width), np.uint32)
    lines = np.empty((count, width * PIXEL + 1), np.uint8)
    if start:
        np.bitwise_or(ids[start - 1], OPAQUE, out=pixels[count])
    for first in range(start, stop, count):
        rows = min(count, stop - first)
        pixels[0] = pixels[count]
        np.bitwise_or(ids[first : first + rows], OPAQUE, out=pixels[1 : rows + 1])
        lines[:, 0] = kind
        _filter(pixels.view(np.uint8)[: rows + 1], kind, lines[:rows, 1:])
        if kind == UP and first == 0:  # above the first row there is nothing
            lines[0, 0] = SUB
            _filter(pixels.view(np.uint8)[:2], SUB, lines[:1, 1:])
        yield lines[:rows].data


def _filter(rows: Bytes, kind: int, into: Bytes) -> None:
    """Filter rows, of which the first is the one before; the result fills `into`."""
    if kind == UP:
        np.subtract(rows[1:], rows[:-1], out=into)
    elif kind == SUB:
        into[:, :PIXEL] = rows[1:, :PIXEL]
        np.subtract(rows[1:, PIXEL:], rows[1:, :-PIXEL], out=into[:, PIXEL:])
    else:
        into[:] = rows[1:]
