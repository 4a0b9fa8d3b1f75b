"""Bitmaps of instance ids: read from what people have, written as the platform wants.

The platform's form (fact sheet, section 7) is a PNG of 8-bit RGBA with alpha 255 in
which id = R + 256 G + 65536 B; 0 is unlabelled.
"""

import io
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, UnidentifiedImageError

from dsac.assets import png
from dsac.assets.images import open_image
from dsac.errors import AssetError

MAX_ID = 2**24 - 1
"""The largest id that three channels hold."""

Ids = NDArray[np.uint32]


def encode(ids: NDArray[np.integer]) -> bytes:
    """Encode instance ids as the platform's PNG.

    Args:
        ids: Height x width, integers from 0 to 16777215.

    Raises:
        ValueError: the array is not two-dimensional, is empty, or holds no integers.
        AssetError: an id is negative or needs more than 24 bits.
    """
    return png.encode_rgba(_checked_ids(ids, "the bitmap"))


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

    RGBA and RGB PNGs hold ids in their channels (COCO panoptic does), grey PNGs of up
    to 16 bits, grey TIFFs of 32 and `.npy` arrays hold them as they are, palette PNGs
    by index.

    Returns:
        Height x width, uint32.

    Raises:
        AssetError: the file is none of these, is damaged, or has ids over 24 bits.
    """
    try:
        with path.open("rb") as stream:
            return read_stream(stream, path)
    except OSError as error:
        raise AssetError(
            path, f"{path.name} is not an image that can be read"
        ) from error


def read_stream(stream: BinaryIO, path: Path) -> Ids:
    """Read a bitmap from a file that is open, at its beginning; see `read`."""
    try:
        if path.suffix.lower() == ".npy":
            return _from_numpy(stream, path)
        return _from_image(stream, path.name)
    except AssetError as error:
        raise AssetError(path, str(error), hint=error.hint) from error


def _from_numpy(stream: BinaryIO, path: Path) -> Ids:
    try:
        ids = np.load(stream, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise AssetError(path, f"{path.name} is not a numpy array: {error}") from error
    try:
        return _checked_ids(ids, path.name)
    except ValueError as error:
        raise AssetError(
            path, f"{path.name}: {error}", hint="save ids, not probabilities"
        ) from error


LOSSLESS = frozenset({"PNG", "TIFF", "BMP", "GIF"})


def _from_image(source: BinaryIO, name: str) -> Ids:
    try:
        with open_image(source) as image:
            _require_sane(image, name)
            _require_lossless(image, name)
            step = _step(image, name)
            image.load()
            ids = _ids_of(image, name)
            return _checked_ids(ids // step if step > 1 else ids, name)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise AssetError(name, f"{name} is not an image that can be read") from error
    except Image.DecompressionBombError as error:
        raise AssetError(name, f"{name} has more pixels than is sane") from error


def _require_sane(image: Image.Image, name: str) -> None:
    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and image.width * image.height > limit:
        raise AssetError(name, f"{name} has more pixels than is sane")


def _require_lossless(image: Image.Image, name: str) -> None:
    if image.format not in LOSSLESS:
        raise AssetError(
            name,
            f"{name} is a {image.format}: a bitmap must be lossless",
            hint="save masks as PNG",
        )


def _step(image: Image.Image, name: str) -> int:
    """Give by how much Pillow spreads ids of 2 or 4 bits, so as to fill 8.

    Raises:
        AssetError: it would keep but half of the bits.
    """
    tiles = image.tile if isinstance(image, ImageFile.ImageFile) else []
    layout = tiles[0].args if tiles else None
    raw = str(layout[0] if isinstance(layout, tuple) and layout else layout)
    if image.mode in {"RGB", "RGBA", "LA"} and ";16" in raw:
        raise AssetError(
            name,
            f"{name} has channels of 16 bits, which hold no ids",
            hint="save masks as 16-bit grey, or as RGB or RGBA with 8 bits a channel",
        )
    return next((step for kind, step in _SPREAD.items() if raw.startswith(kind)), 1)


_SPREAD = {"L;2": 85, "L;4": 17}


def _ids_of(image: Image.Image, name: str) -> NDArray[np.integer]:
    if image.mode in {"RGB", "RGBA"}:
        rgba = image if image.mode == "RGBA" else image.convert("RGBA")
        ids: Ids = np.asarray(rgba).view("<u4")[..., 0]
        return ids & np.uint32(MAX_ID)
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
    flat = ids.ravel()
    # Only where an object begins in its row: a mask has few such places, and np.unique
    # sorts what it is given.
    starts = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    found: list[int] = np.unique(np.append(flat[:1], flat[starts])).tolist()
    return tuple(item for item in found if item)
