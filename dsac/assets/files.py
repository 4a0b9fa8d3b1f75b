"""Facts of local files: what they hold, read once and remembered."""

import difflib
import os
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from dsac.assets.cache import BitmapFacts, Facts, FileCache, Stat
from dsac.assets.digests import digest_file
from dsac.assets.pointers import dvc_remedy, lfs_remedy
from dsac.errors import AssetError


class Look(msgspec.Struct, frozen=True):
    """A file to look at, and as what: an image, a bitmap, or just bytes."""

    path: Path
    image: bool = False
    bitmap: bool = False


class Inspector:
    """Looks at files through the stat cache; `opened` counts those it had to read."""

    def __init__(self, root: Path, cache: FileCache | None = None) -> None:
        self._root = root
        self._cache = cache
        self._lock = threading.Lock()
        self.opened = 0

    def inspect(self, look: Look) -> Facts:
        """Give the facts of a file.

        Raises:
            AssetError: it is missing, a folder, a pointer, or not what it should be.
        """
        stat = _stat(look.path)
        name = os.path.relpath(look.path, self._root)
        known = self._cache.find(name, stat) if self._cache else None
        if known is not None and _suffices(known, look):
            return known
        with self._lock:
            self.opened += 1
        facts = _read(look, known)
        if self._cache:
            self._cache.keep(name, stat, facts)
        return facts

    def inspect_all(
        self, looks: Iterable[Look], *, jobs: int
    ) -> Iterator[Facts | AssetError]:
        """Give facts, or what is wrong, for each look, in order, read in threads."""
        with ThreadPoolExecutor(jobs) as pool:
            yield from pool.map(self._outcome, looks)

    def _outcome(self, look: Look) -> Facts | AssetError:
        try:
            return self.inspect(look)
        except AssetError as error:
            return error


def _suffices(facts: Facts, look: Look) -> bool:
    has_image = facts.image is not None or not look.image
    return has_image and (facts.bitmap is not None or not look.bitmap)


def _stat(path: Path) -> Stat:
    try:
        found = path.stat()
    except OSError as error:
        raise _missing(path) from error
    if not path.is_file():
        raise AssetError(path, f"{path.name} is not a file", hint="name a file")
    return Stat(found.st_size, found.st_mtime_ns, found.st_ino)


def _missing(path: Path) -> AssetError:
    pull = dvc_remedy(path)
    if pull:
        return AssetError(path, f"{path.name} is kept by DVC and not here", hint=pull)
    folder = path.parent
    siblings = [item.name for item in folder.iterdir()] if folder.is_dir() else []
    close = difflib.get_close_matches(path.name, siblings, n=1)
    hint = f"did you mean {close[0]!r}?" if close else "check the path"
    return AssetError(path, f"there is no file {path.name}", hint=hint)


def _read(look: Look, known: Facts | None) -> Facts:
    path = look.path
    try:
        pull = lfs_remedy(path)
        digest = digest_file(path)
    except OSError as error:
        raise AssetError(
            path, f"{path.name} can't be read: {error.strerror}"
        ) from error
    if pull:
        raise AssetError(
            path, f"{path.name} is a git-lfs pointer, not the file itself", hint=pull
        )
    same = known is not None and known.sha256 == digest.sha256
    image = known.image if same and known else None
    bitmap = known.bitmap if same and known else None
    if look.image and image is None:
        from dsac.assets.images import size_of

        image = size_of(path)
    if look.bitmap and bitmap is None:
        bitmap = _bitmap_facts(path)
    return Facts(digest.sha256, digest.md5, digest.size, image, bitmap)


def _bitmap_facts(path: Path) -> BitmapFacts:
    from dsac.assets import bitmaps

    ids = bitmaps.read(path)
    height, width = ids.shape
    return BitmapFacts(width, height, bitmaps.unique_ids(ids))
