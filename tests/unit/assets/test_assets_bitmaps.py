"""Bitmaps: exact round trips, every flavour that people have, and what is none."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from dsac.assets import bitmaps
from dsac.assets.bitmaps import MAX_ID, bitmap2file, decode, encode, read, unique_ids
from dsac.errors import AssetError

DATA = Path(__file__).parents[4] / "shared" / "data" / "coco-panoptic"
SHAPES = st.tuples(st.integers(1, 90), st.integers(1, 40))


@given(arrays(np.uint32, SHAPES, elements=st.integers(0, MAX_ID)))
def test_what_is_encoded_is_decoded_exactly(ids):
    assert np.array_equal(decode(encode(ids)), ids)


@given(
    arrays(np.uint32, SHAPES, elements=st.integers(0, 3)),
    st.sampled_from([bitmaps.NONE, bitmaps.SUB, bitmaps.UP]),
)
def test_every_filter_is_undone_by_other_readers(ids, kind):
    rows = bitmaps._rgba(ids.astype("<u4"))
    assert len(bitmaps._filtered(rows, kind)) == rows.size + len(rows)
    image = Image.open(bitmap2file(ids))
    assert image.mode == "RGBA"
    assert np.asarray(image)[..., 3].min() == 255


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
