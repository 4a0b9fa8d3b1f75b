"""Images, as far as a plan must know them: that they are images, and their size."""

import threading
import warnings
from pathlib import Path
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from dsac.errors import AssetError

_FILTERS = threading.Lock()
"""What is done with warnings is known once for all threads."""


def open_image(stream: BinaryIO) -> Image.Image:
    """Open an image, whatever the number of its pixels, up to where Pillow refuses."""
    with _FILTERS, warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        return Image.open(stream)


def size_of(stream: BinaryIO, path: Path) -> tuple[int, int]:
    """Give width and height of an image in pixels, from its header.

    The size is that of the stored pixels; an EXIF orientation does not turn it.

    Args:
        stream: The image, at its beginning.
        path: Where it is, for errors.

    Raises:
        AssetError: the file is no image.
    """
    try:
        with open_image(stream) as image:
            return image.size
    except Image.DecompressionBombError as error:
        raise AssetError(path, f"{path.name} has more pixels than is sane") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise AssetError(
            path,
            f"{path.name} is not an image",
            hint="name a JPEG, PNG, WebP or another image that a browser shows",
        ) from error
