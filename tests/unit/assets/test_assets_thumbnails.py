"""Small copies of pictures, of whatever kind, or why there is none."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dsac.assets import thumbnails
from dsac.assets.thumbnails import thumbnail
from dsac.core.pictures import Thumbnail
from dsac.errors import AssetError


def encoded(image: Image.Image, form: str = "PNG", **more: Any) -> bytes:
    written = io.BytesIO()
    image.save(written, form, **more)
    return written.getvalue()


def opened(found: Thumbnail) -> Image.Image:
    return Image.open(io.BytesIO(found.data))


@pytest.mark.parametrize("mode", ["RGB", "L", "1", "P", "RGBA", "LA", "CMYK", "I;16"])
def test_every_kind_of_picture_becomes_a_small_jpeg(mode: str) -> None:
    form = "TIFF" if mode == "CMYK" else "PNG"
    found = thumbnail(encoded(Image.new(mode, (300, 100)), form), most=30)
    small = opened(found)
    assert (small.format, small.mode, small.size) == ("JPEG", "RGB", (30, 10))
    assert (found.width, found.height) == (300, 100)
    assert found.media_type == "image/jpeg"


def test_a_small_picture_keeps_its_size(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.new("RGB", (8, 6), "red").save(path)
    small = opened(thumbnail(path, most=256))
    assert small.size == (8, 6)
    red, green, _ = small.convert("RGB").getpixel((4, 3))
    assert red > 200
    assert green < 100


def test_what_is_transparent_is_white() -> None:
    clear = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    assert opened(thumbnail(encoded(clear), most=9)).getpixel((1, 1)) == (255,) * 3
    palette = Image.new("P", (4, 4))
    data = encoded(palette, transparency=0)
    assert opened(thumbnail(data, most=9)).getpixel((1, 1)) == (255,) * 3


def test_dark_pictures_of_16_bits_are_stretched() -> None:
    values = np.array([[0, 100]] * 2, np.uint16).repeat(8, axis=0).repeat(8, axis=1)
    small = opened(thumbnail(encoded(Image.fromarray(values)), most=32)).convert("L")
    dark, bright = small.getpixel((0, 0)), small.getpixel((15, 0))
    assert isinstance(dark, int)
    assert isinstance(bright, int)
    assert dark < 5
    assert bright > 250


def test_what_is_no_number_is_no_trouble() -> None:
    values = np.array([[np.nan, np.inf, -3e38, 3e38]] * 2, np.float32)
    image = Image.fromarray(values)
    assert opened(thumbnail(encoded(image, "TIFF"), most=9)).size == (4, 2)


def test_pixels_lie_as_they_are_stored() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(Image.new("RGB", (40, 10)), "JPEG", exif=exif)
    found = thumbnail(data, most=20)
    assert opened(found).size == (20, 5)
    assert not opened(found).getexif()


def test_what_is_no_picture_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_text("not an image")
    with pytest.raises(AssetError, match=r"a\.jpg is not an image that can be read"):
        thumbnail(path, most=9)
    half = encoded(Image.effect_noise((99, 99), 50))[:2000]
    with pytest.raises(AssetError, match="the picture is not an image that can be"):
        thumbnail(half, most=9)
    with pytest.raises(AssetError, match="can be read"):
        thumbnail(tmp_path / "missing.jpg", most=9)


def test_what_is_no_format_of_pixels_is_not_opened() -> None:
    data = encoded(Image.new("RGB", (9, 9)), "EPS")
    with pytest.raises(
        AssetError, match="the picture has the format EPS, which is not shown"
    ):
        thumbnail(data, most=9)


def test_too_many_pixels_are_not_decoded(monkeypatch) -> None:
    data = encoded(Image.new("L", (30, 30)))
    monkeypatch.setattr(thumbnails, "MOST_PIXELS", 899)
    with pytest.raises(AssetError, match="is too large to be shown: 30 x 30 pixels"):
        thumbnail(data, most=9)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    with pytest.raises(AssetError, match="more pixels than is sane"):
        thumbnail(data, most=9)


def test_large_ones_are_decoded_one_at_a_time(monkeypatch) -> None:
    held = []
    encode = thumbnails._encoded

    def spied(image: Image.Image, most: int) -> bytes:
        held.append(thumbnails._LARGE.locked())
        return encode(image, most)

    monkeypatch.setattr(thumbnails, "_encoded", spied)
    data = encoded(Image.new("L", (30, 30)))
    thumbnail(data, most=9)
    monkeypatch.setattr(thumbnails, "MANY", 899)
    thumbnail(data, most=9)
    assert held == [False, True]
