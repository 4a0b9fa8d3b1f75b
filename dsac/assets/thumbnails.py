"""Small copies of pictures, made in bounded memory whatever the picture is."""

import io
import threading
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, UnidentifiedImageError

from dsac.assets.images import open_image
from dsac.core.pictures import Thumbnail
from dsac.errors import AssetError

JPEGS = frozenset({"JPEG", "MPO"})
FORMATS = JPEGS | {
    *("PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF", "JPEG2000", "PPM", "ICO", "TGA"),
}
"""What is decoded: formats of pixels, by Pillow itself. Others hold programs (EPS),
or are handed to whatever the machine has for them."""

MOST_PIXELS = 50_000_000
"""Pictures of more pixels are not decoded."""

MOST_JPEG = 150_000_000
"""JPEGs are decoded at an eighth of their size, so they may have more."""

MANY = 12_000_000
"""Pictures of more pixels are decoded one at a time."""

QUALITY = 82
GROUND = (255, 255, 255)
"""What shows through the transparent parts of a picture."""

_LARGE = threading.Lock()


def thumbnail(source: Path | bytes, *, most: int) -> Thumbnail:
    """Make a JPEG of a picture whose longer side has so many pixels at most.

    Its pixels lie as they are stored; an EXIF orientation turns neither them nor the
    labels that are drawn on them.

    Raises:
        AssetError: it is no picture, is damaged, or is too large to be looked at.
    """
    name = source.name if isinstance(source, Path) else "the picture"
    try:
        if isinstance(source, Path):
            with source.open("rb") as stream:
                return _made(stream, name, most)
        return _made(io.BytesIO(source), name, most)
    except Image.DecompressionBombError as error:
        raise AssetError(name, f"{name} has more pixels than is sane") from error
    except (
        UnidentifiedImageError,
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
    ) as error:
        raise AssetError(name, f"{name} is not an image that can be read") from error


def _made(stream: BinaryIO, name: str, most: int) -> Thumbnail:
    with open_image(stream) as image:
        if image.format not in FORMATS:
            raise AssetError(
                name, f"{name} has the format {image.format}, which is not shown"
            )
        width, height = image.size
        pixels = width * height
        if pixels > (MOST_JPEG if image.format in JPEGS else MOST_PIXELS):
            size = f"{width} x {height} pixels"
            raise AssetError(name, f"{name} is too large to be shown: {size}")
        if pixels > MANY:
            with _LARGE:
                data = _encoded(image, most)
        else:
            data = _encoded(image, most)
    return Thumbnail(data=data, media_type="image/jpeg", width=width, height=height)


def _encoded(image: Image.Image, most: int) -> bytes:
    if image.mode.startswith(("I", "F")):
        image = _stretched(image)
    if image.mode == "P":
        image = image.convert("RGBA")
    image.thumbnail((most, most), reducing_gap=2.0)
    if image.mode in {"RGBA", "LA", "PA", "RGBa", "La"}:
        solid = image.convert("RGBA")
        ground = Image.new("RGB", image.size, GROUND)
        ground.paste(solid, mask=solid.getchannel("A"))
        image = ground
    written = io.BytesIO()
    image.convert("RGB").save(written, "JPEG", quality=QUALITY)
    return written.getvalue()


def _stretched(image: Image.Image) -> Image.Image:
    """Show a picture of 16 or 32 bits from its darkest to its brightest pixel."""
    values = np.nan_to_num(np.asarray(image, np.float64), posinf=0, neginf=0)
    low, high = float(values.min()), float(values.max())
    scaled = (values - low) * (255 / (high - low if high > low else 1))
    return Image.fromarray(scaled.astype(np.uint8))
