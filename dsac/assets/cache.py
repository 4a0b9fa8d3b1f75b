"""The stat cache: what is known of files that did not change since they were read."""

import threading
import time
from pathlib import Path

import msgspec

VERSION = 1
RACY = 2_000_000_000
"""In nanoseconds, the coarsest step in which file systems in use keep times (FAT).

A file that changed as late as this before it was read may change again without a new
time, so what was read of it is not trusted, as git does with its index.
"""


class Stat(msgspec.Struct, frozen=True, array_like=True):
    """What changes when a file does: size, time in ns, inode."""

    size: int
    mtime: int
    inode: int


class BitmapFacts(msgspec.Struct, frozen=True, array_like=True):
    """What a bitmap holds: its size in pixels, and its ids, sorted, without 0."""

    width: int
    height: int
    ids: tuple[int, ...]


class Facts(msgspec.Struct, frozen=True, array_like=True):
    """What is known of one content; None is what nobody asked for."""

    sha256: str
    md5: str
    size: int
    image: tuple[int, int] | None = None
    bitmap: BitmapFacts | None = None


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One file as it was when it was read, and when that was, in ns."""

    stat: Stat
    read_at: int
    facts: Facts


class Content(msgspec.Struct, array_like=True):
    """The cache as a file."""

    version: int
    entries: dict[str, Entry]


class FileCache:
    """Facts of files by path; may be lost at any time without harm.

    A cache that is damaged or of another version starts empty, one that can't be
    written is not written. Safe to use from several threads.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._changed = False
        self._entries = self._load()

    def _load(self) -> dict[str, Entry]:
        try:
            found = msgspec.msgpack.decode(self._path.read_bytes(), type=Content)
        except (OSError, msgspec.DecodeError):
            return {}
        return found.entries if found.version == VERSION else {}

    def find(self, name: str, stat: Stat) -> Facts | None:
        """Give what is known of a file, None where it changed or is not known."""
        entry = self._entries.get(name)
        if entry is None or entry.stat != stat:
            return None
        return entry.facts if entry.read_at - stat.mtime > RACY else None

    def keep(self, name: str, stat: Stat, facts: Facts) -> None:
        """Remember what was just read of a file."""
        with self._lock:
            self._entries[name] = Entry(stat, time.time_ns(), facts)
            self._changed = True

    def save(self) -> None:
        """Write the cache, whole or not at all, if there is something new in it."""
        if not self._changed:
            return
        data = msgspec.msgpack.encode(Content(VERSION, self._entries))
        draft = self._path.with_suffix(f".{threading.get_native_id()}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(data)
            draft.replace(self._path)
        except OSError:
            return
        self._changed = False
