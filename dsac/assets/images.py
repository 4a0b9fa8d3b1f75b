"""Images, as far as a plan must know them: that they are images, and their size."""

import warnings
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from dsac.errors import AssetError


def size_of(path: Path) -> tuple[int, int]:
    """Give width and height of an image in pixels, from its header.

    The size is that of the stored pixels; an EXIF orientation does not turn it.

    Raises:
        AssetError: the file is no image.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                return image.size
    except Image.DecompressionBombError as error:
        raise AssetError(path, f"{path.name} has more pixels than is sane") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise AssetError(
            path,
            f"{path.name} is not an image",
            hint="name a JPEG, PNG, WebP or another image that a browser shows",
        ) from error
