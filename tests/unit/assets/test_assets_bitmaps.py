"""Bitmaps: exact round trips, every flavour that people have, and what is none."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from dsac.assets import png
from dsac.assets.bitmaps import MAX_ID, bitmap2file, decode, encode, read, unique_ids
from dsac.errors import AssetError

DATA = Path(__file__).parents[4] / "shared" / "data" / "coco-panoptic"
SHAPES = st.tuples(st.integers(1, 90), st.integers(1, 40))


@given(arrays(np.uint32, SHAPES, elements=st.integers(0, MAX_ID)))
def test_what_is_encoded_is_decoded_exactly(ids):
    assert np.array_equal(decode(encode(ids)), ids)


@given(
    arrays(np.uint32, SHAPES, elements=st.integers(0, MAX_ID)),
    st.sampled_from([png.NONE, png.SUB, png.UP]),
    st.sampled_from([png.FAST, png.MIDDLE, png.THOROUGH]),
    st.sampled_from([1, 256, png.BLOCK]),
)
def test_every_filter_level_and_block_is_undone_by_other_readers(
    ids, kind, level, block
):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(png, "choose", lambda _: (kind, level))
        patch.setattr(png, "BLOCK", block)
        image = Image.open(bitmap2file(ids))
    pixels = np.asarray(image)
    assert image.mode == "RGBA"
    assert pixels[..., 3].min() == 255
    assert np.array_equal(pixels[..., :3] @ [1, 256, 65536], ids)


def by_pillow(ids: np.ndarray) -> int:
    buffer = io.BytesIO()
    pixels = (ids.astype("<u4") | np.uint32(0xFF000000)).view(np.uint8)
    Image.fromarray(pixels.reshape(*ids.shape, 4)).save(buffer, "PNG")
    return len(buffer.getvalue())


def patterns() -> dict[str, np.ndarray]:
    y, x = np.mgrid[:640, :640]
    noise = np.random.default_rng(3).integers(0, MAX_ID, (640, 640))
    round_things = np.hypot(x - 300, y - 200) // 90 + np.hypot(x - 90, y - 500) // 70
    return {
        "blobs": round_things.astype(np.int64),
        "stripes down": x // 16 % 7,
        "stripes across": y // 16 % 7,
        "falling": (x + y) // 24 % 9,
        "rising": (x - y) // 24 % 9,
        "steep": (2 * x + y) // 24 % 9,
        "flat": (3 * x + 7 * y) // 100 % 9,
        # No band of rows that is looked at has the edge of a stripe in it.
        "wide stripes across": (np.arange(808) + 4)[:, None] // 16 % 7
        + np.zeros(4096, int),
        "constant": x * 0 + 9,
        "noise": noise,
        "noise of few": noise % 5,
        "one blob": (np.hypot(x - 300, y - 200) < 30) * 9,
        "thin curve": (np.abs(y - 320 - np.sin(x / 50) * 200) < 2) * 300,
        "checkers": (x // 8 + y // 8) % 2,
        "checkers, each its id": x // 17 + y // 17 * 200,
        "fine checkers": (x + y) % 2,
        "gradient across": x,
        "gradient down": y,
        "every pixel its id": x + 640 * y,
        "few pixels": noise * (noise % 9973 == 0),
        "small": np.hypot(x, y)[:50, :50].astype(np.int64) // 9,
        "two rows of stripes": x[:2] // 7 % 5,
        "one row rising": x[:1],
        "one column rising": y[:, :1],
        "one long column": np.arange(50_000)[:, None] // 9 % 50,
        "one row": noise[:1] % 5,
        "one row of stripes": x[:1] // 16 % 7,
        "one column": noise[:, :1] % 5,
    }


@pytest.mark.parametrize("name", patterns())
def test_no_pattern_is_packed_much_larger_than_by_an_ordinary_encoder(name):
    ids = patterns()[name]
    packed = encode(ids)
    assert np.array_equal(decode(packed), ids)
    a_few_bytes = 16  # of the Huffman tables, which count on a single row only
    assert len(packed) <= 1.05 * by_pillow(ids) + a_few_bytes


def test_ids_are_listed_where_they_begin_and_where_rows_do():
    y, x = np.mgrid[:30, :40]
    for ids in (y, x, (x + y) // 9 + 1, x * 0 + 5, x * y % 7):
        whole = ids.astype(np.uint32)
        assert unique_ids(whole) == tuple(sorted(set(whole.ravel().tolist()) - {0}))


@pytest.mark.parametrize("shape", [(1, 500), (500, 1), (200, 300)])
def test_masks_of_any_shape_and_pattern_survive(shape):
    y, x = np.mgrid[: shape[0], : shape[1]]
    for ids in (x // 7, y // 7, (x + y) // 9, x * 0, x * y * 40):
        assert np.array_equal(decode(encode(ids.astype(np.int64))), ids)


def save(path: Path, pixels: np.ndarray, mode: str | None = None) -> Path:
    image = Image.fromarray(pixels)
    (image.convert(mode) if mode else image).save(path)
    return path


def test_every_flavour_of_mask_is_read(tmp_path):
    grey = np.array([[0, 1], [2, 250]], np.uint8)
    assert np.array_equal(read(save(tmp_path / "l.png", grey)), grey)
    wide = np.array([[0, 1], [2, 60000]], np.uint16)
    assert np.array_equal(read(save(tmp_path / "i16.png", wide)), wide)
    deep = np.array([[0, 1], [2, 16_000_000]], np.int32)
    assert np.array_equal(read(save(tmp_path / "i.tiff", deep)), deep)
    rgb = np.zeros((1, 2, 3), np.uint8)
    rgb[0, 1] = (1, 2, 3)
    expected = [[0, 1 + 256 * 2 + 65536 * 3]]
    assert read(save(tmp_path / "rgb.png", rgb)).tolist() == expected
    transparent = np.dstack([rgb, np.zeros((1, 2), np.uint8)])
    assert read(save(tmp_path / "rgba.png", transparent)).tolist() == expected
    Image.merge("LA", [Image.fromarray(grey)] * 2).save(tmp_path / "la.png")
    assert np.array_equal(read(tmp_path / "la.png"), grey)
    indexed = Image.new("P", (2, 2))
    indexed.putpalette([9, 9, 9, 1, 1, 1, 5, 5, 5])
    indexed.putdata([0, 1, 2, 1])
    indexed.save(tmp_path / "p.png")
    assert read(tmp_path / "p.png").tolist() == [[0, 1], [2, 1]]
    Image.fromarray(grey > 1).save(tmp_path / "one.png")
    assert read(tmp_path / "one.png").tolist() == [[0, 0], [1, 1]]
    np.save(tmp_path / "n.npy", grey)
    assert np.array_equal(read(tmp_path / "n.npy"), grey)


def test_what_is_no_mask_is_refused_with_a_remedy(tmp_path):
    Image.new("RGB", (2, 2)).save(tmp_path / "a.jpg")
    Image.new("CMYK", (2, 2)).save(tmp_path / "c.tiff")
    (tmp_path / "x.png").write_bytes(b"no image")
    (tmp_path / "x.npy").write_bytes(b"no array")
    np.save(tmp_path / "float.npy", np.zeros((2, 2)))
    np.save(tmp_path / "low.npy", np.full((2, 2), -1))
    np.save(tmp_path / "high.npy", np.full((2, 2), 2**24))
    whole = encode(np.ones((50, 50), np.uint32) * 70000)
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    for name, message in (
        ("a.jpg", "a bitmap must be lossless"),
        ("c.tiff", "pixel format CMYK"),
        ("x.png", "not an image that can be read"),
        ("cut.png", "not an image that can be read"),
        ("x.npy", "is not a numpy array"),
        ("float.npy", "array of integers, not float64"),
        ("low.npy", "the id -1"),
        ("high.npy", "the id 16777216"),
        ("none.png", "not an image that can be read"),
    ):
        with pytest.raises(AssetError) as caught:
            read(tmp_path / name)
        assert message in str(caught.value)
        assert caught.value.path.endswith(name)


def raw_png(bits: int, colour: int, width: int, row: bytes) -> bytes:
    """Write a PNG of one row, of kinds that Pillow itself writes none of."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = struct.pack(">IIBBBBB", width, 1, bits, colour, 0, 0, 0)
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(b"\0" + row))]
    return b"".join([b"\x89PNG\r\n\x1a\n", *parts, chunk(b"IEND", b"")])


@pytest.mark.parametrize(
    ("bits", "row", "ids"),
    [
        (1, b"\x50", [0, 1, 0, 1]),
        (2, b"\x1b", [0, 1, 2, 3]),
        (4, b"\x01\x2f", [0, 1, 2, 15]),
        (8, b"\x00\x01\x07\xff", [0, 1, 7, 255]),
    ],
)
def test_grey_of_few_bits_holds_ids_as_they_are(bits, row, ids):
    """Optimisers make 4-bit PNGs of masks with few ids."""
    assert decode(raw_png(bits, 0, len(ids), row)).tolist() == [ids]


@pytest.mark.parametrize(("colour", "channels"), [(2, 3), (4, 2), (6, 4)])
def test_channels_of_16_bits_are_refused_rather_than_halved(colour, channels):
    with pytest.raises(AssetError, match="channels of 16 bits") as caught:
        decode(raw_png(16, colour, 1, b"\x01\x2c" * channels))
    assert "16-bit grey" in caught.value.hint


def test_a_bitmap_of_too_many_pixels_is_refused(tmp_path, monkeypatch):
    (tmp_path / "a.png").write_bytes(encode(np.ones((50, 50), np.uint32)))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1600)
    with pytest.raises(AssetError, match="more pixels than is sane"):
        read(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 16)
    with pytest.raises(AssetError, match="more pixels than is sane"):
        read(tmp_path / "a.png")


@pytest.mark.parametrize(
    "ids", [np.zeros((2, 2)), np.zeros(4, np.uint32), np.zeros((0, 4), np.uint32)]
)
def test_what_is_no_array_of_ids_is_a_mistake_of_the_program(ids):
    with pytest.raises(ValueError, match="a height x width array"):
        encode(ids)


def test_only_segmentation_bitmaps_are_made():
    with pytest.raises(ValueError, match="segmentation bitmaps only"):
        bitmap2file(np.zeros((1, 1), np.uint8), is_segmentation_bitmap=False)


def test_the_ids_of_a_bitmap_are_listed_without_zero():
    assert unique_ids(np.array([[3, 0], [1, 3]], np.uint32)) == (1, 3)


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here")
def test_real_panoptic_masks_survive():
    for path in (DATA / "panoptic_examples").glob("*.png"):
        ids = read(path)
        assert np.array_equal(decode(encode(ids)), ids)
        assert ids.max() > 2**16
