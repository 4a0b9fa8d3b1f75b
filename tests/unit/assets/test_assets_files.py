"""Facts of files: what is missing or wrong, and what is not read twice."""

import os
import threading
from io import BufferedReader
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dsac.assets.bitmaps import encode
from dsac.assets.cache import FileCache
from dsac.assets.digests import digest_file
from dsac.assets.files import AHEAD, BATCH, SUGGESTIONS, Inspector, Look
from dsac.assets.images import size_of
from dsac.errors import AssetError

SHA = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
FUTURE = 2**62
"""A moment, in ns, that is long after any file was written."""


@pytest.fixture
def image(tmp_path: Path) -> Path:
    Image.new("RGB", (8, 6)).save(tmp_path / "a.png")
    return tmp_path / "a.png"


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every file for one that came to rest long ago."""
    monkeypatch.setattr(FileCache, "now", lambda _: FUTURE)


def test_a_file_is_digested_in_one_read(tmp_path):
    (tmp_path / "x").write_bytes(b"abc")
    assert digest_file(tmp_path / "x").sha256 == SHA


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
        ("x" * 300, "there is no file xxx", "check the path"),
        ("folder", "is not a file", "name a file"),
        ("lfs.png", "is a git-lfs pointer", 'git lfs pull --include "lfs.png"'),
        ("kept.png", "is kept by DVC", "dvc pull kept.png.dvc"),
        ("text.png", "is not an image", "name a JPEG"),
    ):
        (found,) = inspector.inspect_all([Look(tmp_path / name, image=True)], jobs=1)
        assert isinstance(found, AssetError)
        assert message in str(found)
        assert hint in found.hint


def test_names_are_suggested_for_a_few_of_many_missing_files(tmp_path, image):
    looks = [Look(tmp_path / "b.png")] * (SUGGESTIONS + 2)
    found = [*Inspector(tmp_path).inspect_all(looks, jobs=2)]
    hints = [item.hint for item in found if isinstance(item, AssetError)]
    assert hints == ["did you mean 'a.png'?"] * SUGGESTIONS + ["check the path"] * 2


def test_a_file_that_fails_while_it_is_read_is_an_error(tmp_path, image, monkeypatch):
    def fail(stream: BufferedReader, name: str) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("dsac.assets.files.lfs_remedy", fail)
    with pytest.raises(AssetError, match=r"a\.png can't be read: Permission denied"):
        Inspector(tmp_path).inspect(Look(image))


def test_an_image_of_too_many_pixels_is_refused(image, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 30)
    with image.open("rb") as stream:  # up to twice as many are only a warning
        assert size_of(stream, image) == (8, 6)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1)
    with (
        image.open("rb") as stream,
        pytest.raises(AssetError, match="more pixels than is sane"),
    ):
        size_of(stream, image)


def test_of_many_files_few_are_held(tmp_path, image):
    taken = count()

    def looks():
        for _ in range(1000):
            next(taken)
            yield Look(image)

    found = Inspector(tmp_path).inspect_all(looks(), jobs=2)
    next(found)
    assert next(taken) <= BATCH * (2 * AHEAD + 1)
    assert len([*found]) == 999


def test_files_are_read_at_the_same_time(tmp_path, monkeypatch):
    looks = [Look(tmp_path / f"{number}") for number in range(BATCH + 1)]
    for look in looks:
        look.path.write_bytes(b"")
    both = threading.Barrier(2, timeout=60)
    last = {looks[0].path.name, looks[-1].path.name}

    def meet(stream: BufferedReader, name: str) -> str:
        if name in last:
            both.wait()
        return ""

    monkeypatch.setattr("dsac.assets.files.lfs_remedy", meet)
    found = [*Inspector(tmp_path).inspect_all(looks, jobs=2)]
    assert len(found) == BATCH + 1


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
    inspector = Inspector(tmp_path, FileCache(tmp_path / "files"))
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


def test_what_was_known_of_the_same_bytes_is_not_found_out_again(
    tmp_path, trusting, monkeypatch
):
    path = tmp_path / "mask.png"
    path.write_bytes(encode(np.array([[5, 0]], np.uint32)))
    inspector = Inspector(tmp_path, FileCache(tmp_path / "files"))
    before = inspector.inspect(Look(path, bitmap=True))
    os.utime(path, (1, 1))
    monkeypatch.setattr("dsac.assets.bitmaps.read_stream", None)
    assert inspector.inspect(Look(path, bitmap=True)) == before
    assert inspector.opened == 2


def test_a_file_outside_of_the_root_has_a_name_too(tmp_path, image, trusting):
    (tmp_path / "root").mkdir()
    inspector = Inspector(tmp_path / "root", FileCache(tmp_path / "files"))
    for _ in range(2):
        inspector.inspect(Look(image))
    assert inspector.opened == 1
