"""The stat cache: when what is known holds, how it is kept, how little it trusts."""

import os
import zlib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsac.assets import cache as module
from dsac.assets.cache import COARSE, FINE, MAGIC, SECOND, FileCache
from dsac.assets.facts import (
    NEVER,
    BitmapFacts,
    Facts,
    digest_of,
    pack,
    signature,
    unpack,
)

SHA = "ab" * 32
FACTS = Facts(SHA)
WORDS = st.integers(0, 2**32 - 1)


def stat(**changes: int) -> os.stat_result:
    """Give the stat of a file that came to rest long ago."""
    fields = {"inode": 7, "size": 3, "mtime": 10 * SECOND + 1, "ctime": 11 * SECOND + 1}
    found = fields | changes
    # Ten numbers, then times as floats, then, as nobody names them, those in ns.
    ten = (0o100644, found["inode"], 1, 1, 0, 0, found["size"], 0, 0, 0)
    times = {
        "st_mtime_ns": found["mtime"],
        "st_ctime_ns": found["ctime"],
    }
    return os.stat_result(ten, times)


LATE = 20 * SECOND


def known(cache: FileCache, now: os.stat_result) -> bool:
    """Tell whether a cache knows the file `a` as it is."""
    return bool(cache.digest("a", now, image=False, bitmap=False))


@given(
    st.text("0123456789abcdef", min_size=64, max_size=64),
    st.none() | st.tuples(st.integers(1, 2**32 - 1), WORDS),
    st.none() | st.builds(BitmapFacts, WORDS, WORDS, st.lists(WORDS).map(tuple)),
)
def test_facts_survive_being_packed(sha256, image, bitmap):
    facts = Facts(sha256, image, bitmap)
    entry = pack(facts, signature(stat()))
    assert unpack(entry) == facts
    assert entry.startswith(signature(stat()))
    for as_image in (False, True):
        for as_bitmap in (False, True):
            lacks = (as_image and image is None) or (as_bitmap and bitmap is None)
            assert digest_of(entry, image=as_image, bitmap=as_bitmap) == (
                "" if lacks else sha256
            )


@pytest.mark.parametrize(
    "change", [{"inode": 8}, {"size": 4}, {"mtime": 9 * SECOND}, {"ctime": SECOND}]
)
def test_each_change_of_a_file_shows(change):
    cache = FileCache()
    cache.keep("a", stat(), FACTS, read_at=LATE)
    assert known(cache, stat())
    assert not known(cache, stat(**change))
    assert not cache.digest("b", stat(), image=False, bitmap=False)
    assert cache.recall("a") == FACTS
    assert cache.recall("b") is None


@pytest.mark.parametrize("which", ["mtime", "ctime"])
@pytest.mark.parametrize(("moment", "step"), [(SECOND, COARSE), (SECOND + 1, FINE)])
def test_a_file_that_may_change_in_the_same_tick_is_not_trusted(which, moment, step):
    times = {"mtime": 1, "ctime": 1} | {which: moment}
    for read_at, trusted in ((moment + step, False), (moment + step + 1, True)):
        cache = FileCache()
        cache.keep("a", stat(**times), FACTS, read_at=read_at)
        assert known(cache, stat(**times)) == trusted
        assert cache.recall("a") == FACTS


def test_a_time_that_no_cache_can_hold_is_never_trusted():
    cache = FileCache()
    cache.keep("a", stat(mtime=-(2**63) - 1), FACTS, read_at=LATE)
    assert not known(cache, stat(mtime=-(2**63) - 1))
    assert not known(cache, stat())
    assert cache.recall("a") == FACTS


def saved(path: Path) -> bytes:
    """Save a cache that knows the file `a`."""
    cache = FileCache(path)
    cache.keep("a", stat(), FACTS, read_at=LATE)
    cache.save()
    return path.read_bytes()


def test_what_is_saved_is_known_again_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "cache" / "files"
    saved(path)
    assert known(FileCache(path), stat())
    assert list(path.parent.iterdir()) == [path]


def test_a_cache_that_is_damaged_starts_empty(tmp_path):
    path = tmp_path / "files"
    good = saved(path)
    for place in range(len(good)):
        path.write_bytes(good[:place] + bytes([good[place] ^ 16]) + good[place + 1 :])
        assert FileCache(path).recall("a") is None
        path.write_bytes(good[:place])
        assert FileCache(path).recall("a") is None
    path.write_bytes(good)
    assert FileCache(path).recall("a") == FACTS


@pytest.mark.parametrize(
    "body", [b"", b"\x92\x63\x80", msgspec.msgpack.encode({"a": 1})]
)
def test_a_cache_of_another_form_starts_empty(tmp_path, body):
    path = tmp_path / "files"
    path.write_bytes(MAGIC + zlib.crc32(body).to_bytes(4, "little") + body)
    assert not known(FileCache(path), stat())
    path.unlink()
    path.mkdir()
    assert not known(FileCache(path), stat())


def test_what_did_not_change_is_not_written(tmp_path):
    path = tmp_path / "files"
    FileCache(path).save()
    assert not path.exists()
    saved(path)
    path.chmod(0o400)
    before = path.stat()
    cache = FileCache(path)
    cache.keep("a", stat(), FACTS, read_at=LATE)
    cache.save()
    assert path.stat() == before
    cache.keep("a", stat(size=9), FACTS, read_at=LATE)
    cache.save()
    cache.save()
    assert path.stat().st_ino != before.st_ino


@pytest.mark.parametrize("name", ["a", "\ud800"])
def test_a_cache_that_cannot_be_written_is_not_written(tmp_path, name):
    (tmp_path / "file").write_text("in the way")
    path = tmp_path / ("file" if name == "a" else "folder") / "files"
    cache = FileCache(path)
    cache.now()
    cache.keep(name, stat(), FACTS, read_at=LATE)
    cache.save()
    assert (tmp_path / "file").read_text() == "in the way"
    assert not path.exists()


def test_a_cache_without_a_path_is_kept_nowhere():
    cache = FileCache()
    cache.keep("a", stat(), FACTS, read_at=cache.now())
    cache.save()
    assert known(cache, stat())


def test_half_a_cache_is_never_seen(tmp_path, monkeypatch):
    path = tmp_path / "files"
    good = saved(path)

    def fail(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    cache = FileCache(path)
    cache.keep("b", stat(), FACTS, read_at=LATE)
    cache.save()
    assert path.read_bytes() == good
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_system_whose_clock_is_behind_tells_the_time(tmp_path, monkeypatch):
    monkeypatch.setattr("time.time_ns", lambda: 2**62)
    cache = FileCache(tmp_path / "files")
    now = cache.now()
    (tmp_path / "later").write_text("")
    assert now <= (tmp_path / "later").stat().st_mtime_ns
    monkeypatch.setattr("time.time_ns", lambda: 5)
    assert FileCache(tmp_path / "files").now() == 5


def test_files_that_are_gone_are_forgotten_once_they_are_many(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SPARE", 1)
    (tmp_path / "a").write_text("")
    path = tmp_path / "files"
    cache = FileCache(path, tmp_path)
    for name in "abc":
        cache.digest(name, stat(), image=False, bitmap=False)
        cache.keep(name, stat(), FACTS, read_at=LATE)
    cache.save()
    cache = FileCache(path, tmp_path)
    cache.keep("a", stat(size=1), FACTS, read_at=LATE)
    cache.save()
    cache = FileCache(path)
    assert [bool(cache.recall(name)) for name in "abc"] == [True, False, False]
    cache.keep("a", stat(size=2), FACTS, read_at=LATE)
    cache.save()
    assert FileCache(path).recall("a") == FACTS


def test_no_file_has_the_signature_of_none():
    assert signature(stat()) != NEVER
