"""Bitmaps of instance ids: read from what people have, written as the platform wants.

The platform's form (fact sheet, section 7) is a PNG of 8-bit RGBA with alpha 255 in
which id = R + 256 G + 65536 B; 0 is unlabelled.
"""

import io
import struct
import warnings
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from zlib_ng import zlib_ng

from dsac.errors import AssetError

MAX_ID = 2**24 - 1
"""The largest id that three channels hold."""

OPAQUE = 0xFF000000
SIGNATURE = b"\x89PNG\r\n\x1a\n"
RGBA_8 = struct.pack(">BBBBB", 8, 6, 0, 0, 0)

NONE, SUB, UP = 0, 1, 2
"""The PNG filters that are tried (PNG specification, section 9.2)."""

BAND = 24
"""So many rows are looked at together to choose a filter."""

LEVEL = 4
FAST = 2
PIXEL = 4

Ids = NDArray[np.uint32]
Bytes = NDArray[np.uint8]


def encode(ids: NDArray[np.integer]) -> bytes:
    """Encode instance ids as the platform's PNG.

    Args:
        ids: Height x width, integers from 0 to 16777215.

    Raises:
        ValueError: the array is not two-dimensional, is empty, or holds no integers.
        AssetError: an id is negative or needs more than 24 bits.
    """
    rows = _rgba(_checked_ids(ids, "the bitmap"))
    height, width = rows.shape[0], rows.shape[1] // PIXEL
    header = struct.pack(">II", width, height) + RGBA_8
    packed = zlib_ng.compress(_filtered(rows, _best_filter(rows)), LEVEL)
    return b"".join(
        [
            SIGNATURE,
            _chunk(b"IHDR", header),
            _chunk(b"IDAT", bytes(packed)),
            _chunk(b"IEND", b""),
        ]
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)


def _checked_ids(ids: NDArray[np.integer], what: str) -> Ids:
    if ids.ndim != 2 or not ids.size or not np.issubdtype(ids.dtype, np.integer):  # noqa: PLR2004 - height and width
        raise ValueError(
            f"a bitmap is a height x width array of integers, not {ids.dtype} of "
            f"shape {ids.shape}"
        )
    low, high = int(ids.min()), int(ids.max())
    if low < 0 or high > MAX_ID:
        worst = low if low < 0 else high
        raise AssetError(
            "",
            f"{what} holds the id {worst}; ids go from 0 to {MAX_ID} (24 bits)",
            hint="renumber the objects, per image if need be",
        )
    return np.ascontiguousarray(ids, dtype="<u4")


def _rgba(ids: Ids) -> Bytes:
    """Give each row of ids as the bytes of its pixels, alpha set."""
    return (ids | np.uint32(OPAQUE)).view(np.uint8)


def _filtered(rows: Bytes, kind: int) -> bytes:
    result = np.empty((rows.shape[0], rows.shape[1] + 1), np.uint8)
    result[:, 0] = kind
    body = result[:, 1:]
    if kind == UP:
        body[0] = rows[0]
        np.subtract(rows[1:], rows[:-1], out=body[1:])
    elif kind == SUB:
        body[:, :PIXEL] = rows[:, :PIXEL]
        np.subtract(rows[:, PIXEL:], rows[:, :-PIXEL], out=body[:, PIXEL:])
    else:
        body[:] = rows
    return result.tobytes()


def _best_filter(rows: Bytes) -> int:
    """Choose the filter that packs a few bands of the mask best.

    Up wins on masks with smooth outlines, Sub on vertical structure and on masks of
    few rows, none on noise.
    """
    sizes = dict.fromkeys((UP, SUB, NONE), 0)
    for band in _bands(rows):
        for kind in sizes:
            sizes[kind] += len(zlib_ng.compress(_filtered(band, kind), FAST))
    return min(sizes, key=lambda kind: sizes[kind])


def _bands(rows: Bytes) -> Iterator[Bytes]:
    height = rows.shape[0]
    if height <= 3 * BAND:
        yield rows
        return
    for start in (height // 6, height // 2, height * 5 // 6 - BAND):
        yield rows[start : start + BAND]


def bitmap2file(
    bitmap: NDArray[np.integer],
    is_segmentation_bitmap: bool = True,  # noqa: FBT001, FBT002 - the signature of 2021
) -> BinaryIO:
    """Give a bitmap of instance ids as a PNG file object, as the SDK of 2021 did.

    Args:
        bitmap: Height x width, uint32 (other integers that fit are taken too).
        is_segmentation_bitmap: There is no other kind.

    Returns:
        A binary file, open at its beginning.

    Raises:
        ValueError: the array is no bitmap.
        AssetError: an id needs more than 24 bits.
    """
    if not is_segmentation_bitmap:
        raise ValueError("bitmap2file makes segmentation bitmaps only")
    return io.BytesIO(encode(bitmap))


def decode(data: bytes) -> Ids:
    """Decode the platform's PNG, or any other that `read` takes, into ids.

    Returns:
        Height x width, uint32; the alpha channel is dropped.

    Raises:
        AssetError: the bytes are no such image.
    """
    return _from_image(io.BytesIO(data), "the bitmap")


def read(path: Path) -> Ids:
    """Read a bitmap from a file.

    RGBA and RGB PNGs hold ids in their channels (COCO panoptic does), grey PNGs of 8,
    16 and 32 bits and `.npy` arrays hold them as they are, palette PNGs by index.

    Returns:
        Height x width, uint32.

    Raises:
        AssetError: the file is none of these, is damaged, or has ids over 24 bits.
    """
    try:
        if path.suffix.lower() == ".npy":
            return _from_numpy(path)
        return _from_image(path, path.name)
    except AssetError as error:
        raise AssetError(path, str(error), hint=error.hint) from error


def _from_numpy(path: Path) -> Ids:
    try:
        ids = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise AssetError(path, f"{path.name} is not a numpy array: {error}") from error
    try:
        return _checked_ids(ids, path.name)
    except ValueError as error:
        raise AssetError(
            path, f"{path.name}: {error}", hint="save ids, not probabilities"
        ) from error


LOSSLESS = frozenset({"PNG", "TIFF", "BMP", "GIF"})


def _from_image(source: BinaryIO | Path, name: str) -> Ids:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(source) as image:
                _require_lossless(image, name)
                image.load()
                return _checked_ids(_ids_of(image, name), name)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise AssetError(name, f"{name} is not an image that can be read") from error
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise AssetError(name, f"{name} has more pixels than is sane") from error


def _require_lossless(image: Image.Image, name: str) -> None:
    if image.format not in LOSSLESS:
        raise AssetError(
            name,
            f"{name} is a {image.format}: a bitmap must be lossless",
            hint="save masks as PNG",
        )


def _ids_of(image: Image.Image, name: str) -> NDArray[np.integer]:
    if image.mode in {"RGB", "RGBA"}:
        channels = np.asarray(image, dtype=np.uint32)
        weights = np.array([1, 256, 65536], dtype=np.uint32)
        ids: NDArray[np.integer] = (channels[..., :3] * weights).sum(
            axis=2, dtype=np.uint32
        )
        return ids
    if image.mode == "LA":
        return np.asarray(image)[..., 0]
    if image.mode in {"L", "P", "1", "I", "I;16", "I;16B"}:
        array = np.asarray(image)
        return array.astype(np.uint8) if image.mode == "1" else array
    raise AssetError(
        name,
        f"{name} has the pixel format {image.mode}, which holds no ids",
        hint="save masks as grey, palette, RGB or RGBA PNG",
    )


def unique_ids(ids: Ids) -> tuple[int, ...]:
    """List the ids of a bitmap, sorted, 0 left out."""
    found: Iterable[int] = np.unique(ids).tolist()
    return tuple(item for item in found if item)
