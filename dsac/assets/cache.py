"""The stat cache: what is known of files that did not change since they were read."""

import os
import tempfile
import threading
import time
import zlib
from contextlib import suppress
from pathlib import Path

import msgspec

from dsac.assets.facts import NEVER, Facts, digest_of, pack, signature, unpack

MAGIC = b"dsac files 2\n"
"""What a cache of this form begins with; then a checksum, then the entries."""

CHECKSUM = 4

SECOND = 1_000_000_000
COARSE = 2 * SECOND
"""The coarsest step, in ns, in which file systems in use keep times (FAT)."""

FINE = SECOND // 10
"""More than a step, in ns, where a time has a fraction of a second: 10 ms on exFAT, and
as much from one tick of a kernel's clock to the next."""

SPARE = 10_000
"""The cache may hold so many files that were not asked for before it is looked through
for those that are gone."""


class FileCache:
    """Facts of files by path; may be lost at any time without harm.

    A cache that is damaged or of another version starts empty, one that can't be
    written is not written, one without a path is never. Safe to use from several
    threads, and from several processes: the last one that saves has it, whole.

    A file that changed so shortly before it was read that it may change again without a
    new time gets an entry that matches no file, as it does in git's index: it is read
    again, until it has come to rest.
    """

    def __init__(self, path: Path | None = None, root: Path | None = None) -> None:
        self._path = path
        self._root = root
        self._lock = threading.Lock()
        self._changed = False
        self._asked = 0
        self._behind: int | None = None
        self._entries = self._load()

    def _load(self) -> dict[str, bytes]:
        if self._path is None:
            return {}
        try:
            data = self._path.read_bytes()
            body = memoryview(data)[len(MAGIC) + CHECKSUM :]
            if data.startswith(MAGIC + _checksum(body)):
                return msgspec.msgpack.decode(body, type=dict[str, bytes])
        except (OSError, msgspec.DecodeError):
            pass
        return {}

    def digest(
        self, name: str, stat: os.stat_result, *, image: bool, bitmap: bool
    ) -> str:
        """Give the digest of a file as it is; empty where it changed or is not known.

        This is done for each file of a project, so it calls and makes little.

        Args:
            name: The file's path in the project.
            stat: The file as it is now.
            image: Whether the size of the image must be known, too.
            bitmap: Whether what the bitmap holds must be known, too.
        """
        self._asked += 1
        entry = self._entries.get(name)
        if entry is None or not entry.startswith(signature(stat)):
            return ""
        return digest_of(entry, image=image, bitmap=bitmap)

    def recall(self, name: str) -> Facts | None:
        """Give what was known of a file last, whether it still holds or not."""
        entry = self._entries.get(name)
        return None if entry is None else unpack(entry)

    def now(self) -> int:
        """Give a time, in ns, before which whoever changes a file can't date that.

        A file server's clock may be behind: then it is the server's time.
        """
        with self._lock:
            if self._behind is None:
                self._behind = self._lag()
        return time.time_ns() - self._behind

    def _lag(self) -> int:
        """Measure by how much the clock of the file system is behind, in ns."""
        if self._path is None:
            return 0
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            before = time.time_ns()
            with tempfile.NamedTemporaryFile(dir=self._path.parent) as probe:
                return max(0, before - os.fstat(probe.fileno()).st_mtime_ns)
        except OSError:
            return 0

    def keep(
        self, name: str, stat: os.stat_result, facts: Facts, *, read_at: int
    ) -> None:
        """Remember what was read of a file.

        Args:
            name: The file's path in the project.
            stat: From before it was read.
            facts: What was read.
            read_at: What `now` gave when reading began.
        """
        entry = pack(facts, NEVER if _is_racy(stat, read_at) else signature(stat))
        with self._lock:
            if self._entries.get(name) != entry:
                self._entries[name] = entry
                self._changed = True

    def save(self) -> None:
        """Write the cache, whole or not at all, if there is something new in it."""
        if not self._changed or self._path is None:
            return
        if len(self._entries) > 2 * self._asked + SPARE:
            self._forget_what_is_gone()
        with suppress(OSError, UnicodeEncodeError):
            body = msgspec.msgpack.encode(self._entries)
            self._path.parent.mkdir(parents=True, exist_ok=True)
            _replace(self._path, MAGIC + _checksum(body) + body)
            self._changed = False

    def _forget_what_is_gone(self) -> None:
        root = self._root
        if root is not None:
            self._entries = {
                name: entry
                for name, entry in self._entries.items()
                if os.path.lexists(root / name)
            }


def _checksum(body: bytes | memoryview) -> bytes:
    return zlib.crc32(body).to_bytes(CHECKSUM, "little")


def _is_racy(stat: os.stat_result, read_at: int) -> bool:
    """Tell whether a file might have changed after `read_at` and not show it."""
    return any(
        moment + (FINE if moment % SECOND else COARSE) >= read_at
        for moment in (stat.st_mtime_ns, stat.st_ctime_ns)
    )


def _replace(path: Path, data: bytes) -> None:
    """Put a whole file in place of another, at once for whoever reads it."""
    handle, draft = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
