"""Writes ids as the platform's PNG, with the cheapest filter and level that pack well.

What is compared with is an ordinary encoder: the better of two PNG filters at zlib's
default effort. Masks go through in blocks that stay in the processor's cache, which
is worth more than any other trick here.
"""

import struct
import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from zlib_ng import zlib_ng

OPAQUE = 0xFF000000
SIGNATURE = b"\x89PNG\r\n\x1a\n"
RGBA_8 = struct.pack(">BBBBB", 8, 6, 0, 0, 0)
PIXEL = 4

NONE, SUB, UP = 0, 1, 2
"""The PNG filters that are tried (PNG specification, section 9.2)."""

FAST, MIDDLE, THOROUGH = 2, 4, 7
"""Levels of zlib-ng; the last finds what zlib's default level 6 finds."""

BLOCK = 2**18
"""So many bytes are filtered and packed at a time."""

BAND = 16
"""So many rows are looked at together to choose a filter."""

MARGIN = 1.05
"""So much larger than an ordinary encoder's may the quick result be."""

SMALL = 2**16
"""A mask of fewer bytes is packed before a careful choice would be made."""

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
    kind, level = choose(ids)
    packer = _packer(level)
    parts = [packer.compress(block) for block in _filtered(ids, kind, 0, height)]
    header = struct.pack(">II", width, height) + RGBA_8
    return b"".join(
        [
            SIGNATURE,
            *_chunk(b"IHDR", header),
            *_chunk(b"IDAT", b"".join([*parts, packer.flush()])),
            *_chunk(b"IEND", b""),
        ]
    )


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
    if ids.size * PIXEL < SMALL:
        return kind, MIDDLE
    rivals = [
        kind for kind in (UP, SUB) if fast[kind] <= 1.5 * min(fast[UP], fast[SUB])
    ]
    usual = {kind: _packed_size(ids, kind, THOROUGH) for kind in rivals}
    limit = min(usual.values()) * MARGIN
    if fast[kind] <= limit:
        return kind, FAST
    if _packed_size(ids, kind, MIDDLE) <= limit:
        return kind, MIDDLE
    return min(usual, key=lambda kind: usual[kind]), THOROUGH


def _packed_size(ids: Ids, kind: int, level: int) -> int:
    packer = _packer(level)
    return sum(
        len(packer.compress(block))
        for start, stop in _bands(ids.shape[0])
        for block in _filtered(ids, kind, start, stop)
    ) + len(packer.flush())


def _bands(height: int) -> Iterator[tuple[int, int]]:
    if height <= 3 * BAND:
        yield 0, height
        return
    for start in (height // 6, height // 2, height * 5 // 6 - BAND):
        yield start, start + BAND


def _filtered(ids: Ids, kind: int, start: int, stop: int) -> Iterator[memoryview]:
    """Yield the filtered bytes of some rows; each block is gone with the next one."""
    width = ids.shape[1]
    count = min(stop - start, max(1, BLOCK // (width * PIXEL)))
    pixels = np.zeros((count + 1, width), np.uint32)
    lines = np.empty((count, width * PIXEL + 1), np.uint8)
    lines[:, 0] = kind
    if start:
        np.bitwise_or(ids[start - 1], OPAQUE, out=pixels[count])
    for first in range(start, stop, count):
        rows = min(count, stop - first)
        pixels[0] = pixels[count]
        np.bitwise_or(ids[first : first + rows], OPAQUE, out=pixels[1 : rows + 1])
        _filter(pixels.view(np.uint8)[: rows + 1], kind, lines[:rows, 1:])
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
