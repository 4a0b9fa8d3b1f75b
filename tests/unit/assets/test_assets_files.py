"""Facts of files: what is missing or wrong, and what is not read twice."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dsac.assets import cache as module
from dsac.assets.bitmaps import encode
from dsac.assets.cache import Facts, FileCache, Stat
from dsac.assets.digests import digest_file
from dsac.assets.files import Inspector, Look
from dsac.assets.images import size_of
from dsac.errors import AssetError

SHA = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.fixture
def image(tmp_path: Path) -> Path:
    Image.new("RGB", (8, 6)).save(tmp_path / "a.png")
    return tmp_path / "a.png"


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every time stamp for old enough."""
    monkeypatch.setattr(module, "RACY", -(10**18))


def test_a_file_is_digested_in_one_read(tmp_path):
    (tmp_path / "x").write_bytes(b"abc")
    found = digest_file(tmp_path / "x")
    assert (found.sha256, found.size) == (SHA, 3)
    assert found.md5 == "900150983cd24fb0d6963f7d28e17f72"


def test_an_image_and_a_bitmap_have_facts_of_their_own(tmp_path, image):
    inspector = Inspector(tmp_path)
    assert inspector.inspect(Look(image)).image is None
    assert inspector.inspect(Look(image, image=True)).image == (8, 6)
    image.write_bytes(encode(np.array([[5, 0, 2]], np.uint32)))
    bitmap = inspector.inspect(Look(image, bitmap=True)).bitmap
    assert bitmap is not None
    assert (bitmap.width, bitmap.height, bitmap.ids) == (3, 1, (2, 5))


def test_what_is_wrong_with_a_file_says_what_to_do(tmp_path, image):
    (tmp_path / "folder").mkdir()
    (tmp_path / "lfs.png").write_text("version https://git-lfs.github.com/spec/v1\n")
    (tmp_path / "kept.png.dvc").write_text("outs: []\n")
    (tmp_path / "text.png").write_text("text")
    inspector = Inspector(tmp_path)
    for name, message, hint in (
        ("b.png", "there is no file b.png", "did you mean 'a.png'?"),
        ("zzzzzz", "there is no file zzzzzz", "check the path"),
        ("no/where", "there is no file where", "check the path"),
        ("folder", "is not a file", "name a file"),
        ("lfs.png", "is a git-lfs pointer", 'git lfs pull --include "lfs.png"'),
        ("kept.png", "is kept by DVC", "dvc pull kept.png.dvc"),
        ("text.png", "is not an image", "name a JPEG"),
    ):
        (found,) = inspector.inspect_all([Look(tmp_path / name, image=True)], jobs=1)
        assert isinstance(found, AssetError)
        assert message in str(found)
        assert hint in found.hint


def test_a_file_that_vanishes_while_it_is_read_is_an_error(
    tmp_path, image, monkeypatch
):
    def fail(path: Path) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("dsac.assets.files.lfs_remedy", fail)
    with pytest.raises(AssetError, match=r"a\.png can't be read: Permission denied"):
        Inspector(tmp_path).inspect(Look(image))


def test_an_image_of_too_many_pixels_is_refused(image, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1)
    with pytest.raises(AssetError, match="more pixels than is sane"):
        size_of(image)


def test_unchanged_files_are_not_opened_again(tmp_path, image, trusting):
    path = tmp_path / "cache" / "files"
    cache = FileCache(path)
    first = Inspector(tmp_path, cache)
    first.inspect(Look(image, image=True))
    assert first.opened == 1
    cache.save()
    second = Inspector(tmp_path, FileCache(path))
    assert second.inspect(Look(image, image=True)).image == (8, 6)
    assert second.inspect(Look(image)).image == (8, 6)
    assert second.opened == 0
    assert second.inspect(Look(image, bitmap=True)).bitmap is not None
    assert second.opened == 1


def test_what_was_just_written_is_read_again(tmp_path, image):
    cache = FileCache(tmp_path / "files")
    inspector = Inspector(tmp_path, cache)
    for _ in range(2):
        inspector.inspect(Look(image))
    assert inspector.opened == 2


def test_a_changed_file_is_read_again(tmp_path, image, trusting):
    inspector = Inspector(tmp_path, FileCache(tmp_path / "files"))
    before = inspector.inspect(Look(image, image=True))
    Image.new("RGB", (9, 9), "red").save(image)
    after = inspector.inspect(Look(image, image=True))
    assert before.sha256 != after.sha256
    assert after.image == (9, 9)
    assert inspector.opened == 2


@pytest.mark.parametrize("content", [b"", b"\xc1damaged", b"\x92\x63\x80"])
def test_a_cache_that_is_damaged_or_foreign_starts_empty(tmp_path, content):
    (tmp_path / "files").write_bytes(content)
    cache = FileCache(tmp_path / "files")
    assert cache.find("a", Stat(1, 2, 3)) is None


def test_a_cache_that_cannot_be_written_is_not_written(tmp_path):
    (tmp_path / "file").write_text("in the way")
    cache = FileCache(tmp_path / "file" / "cache")
    cache.keep("a", Stat(1, 2, 3), Facts("s", "m", 1))
    cache.save()
    assert (tmp_path / "file").read_text() == "in the way"


def test_nothing_new_is_not_written(tmp_path):
    FileCache(tmp_path / "files").save()
    assert not (tmp_path / "files").exists()
