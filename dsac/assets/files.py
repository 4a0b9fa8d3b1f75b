"""Facts of local files: what they hold, read once and remembered."""

import difflib
import os
import stat as modes
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from io import BufferedReader
from itertools import islice
from pathlib import Path

import msgspec

from dsac.assets.cache import FileCache
from dsac.assets.digests import digest_stream
from dsac.assets.facts import BitmapFacts, Facts
from dsac.assets.pointers import dvc_remedy, lfs_remedy
from dsac.errors import AssetError, MissingFileError

BATCH = 16
"""So many files are one task of a thread: small files cost less than a task does."""

AHEAD = 4
"""So many tasks for each thread are given out before the first is waited for."""

SUGGESTIONS = 20
"""For so many missing files a name is looked for that is close to theirs."""

CHECK = "check the path"

Outcome = Facts | AssetError


class Look(msgspec.Struct, frozen=True):
    """A file to look at, and as what: an image, a bitmap, or just bytes."""

    path: Path
    image: bool = False
    bitmap: bool = False


class Inspector:
    """Looks at files through the stat cache; `opened` counts those it had to read.

    `cache` knows of a file that did not change what `inspect` would tell.
    """

    def __init__(self, root: Path, cache: FileCache | None = None) -> None:
        self._root = root
        self._inside = os.path.join(root, "")  # noqa: PTH118 - with a slash at its end
        self.cache = FileCache() if cache is None else cache
        self._lock = threading.Lock()
        self._suggestions = SUGGESTIONS
        self.opened = 0

    def inspect(self, look: Look) -> Facts:
        """Give the facts of a file.

        Raises:
            AssetError: it is missing, a folder, a pointer, or not what it should be.
        """
        stat = _stat(look.path)
        name = self._name(look.path)
        settled = self.cache.digest(name, stat, image=look.image, bitmap=look.bitmap)
        known = self.cache.recall(name)
        if settled and known is not None:
            return known
        with self._lock:
            self.opened += 1
        read_at = self.cache.now()
        facts = _read(look, known)
        self.cache.keep(name, stat, facts, read_at=read_at)
        return facts

    def _name(self, path: Path) -> str:
        text = str(path)
        if text.startswith(self._inside):
            return text[len(self._inside) :].replace(os.sep, "/")
        return os.path.relpath(path, self._root)

    def inspect_all(self, looks: Iterable[Look], *, jobs: int) -> Iterator[Outcome]:
        """Give facts, or what is wrong, for each look, in order, read in threads.

        Looks are taken as they are needed, so that of a million few are held.
        """
        batches = _batches(looks)
        with ThreadPoolExecutor(jobs) as pool:
            ahead: deque[Future[list[Outcome]]] = deque()
            for batch in batches:
                ahead.append(pool.submit(self._outcomes, batch))
                if len(ahead) > AHEAD * jobs:
                    yield from self._suggested(ahead.popleft().result())
            while ahead:
                yield from self._suggested(ahead.popleft().result())

    def _outcomes(self, looks: Sequence[Look]) -> list[Outcome]:
        return [self._outcome(look) for look in looks]

    def _outcome(self, look: Look) -> Outcome:
        try:
            return self.inspect(look)
        except AssetError as error:
            return error

    def _suggested(self, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        """Say of files that are missing, but for too many, what may be meant."""
        for outcome in outcomes:
            if isinstance(outcome, MissingFileError) and not outcome.hint:
                outcome.hint = self._suggestion(Path(outcome.path))
            yield outcome

    def _suggestion(self, path: Path) -> str:
        if not self._suggestions:
            return CHECK
        self._suggestions -= 1
        try:
            siblings = os.listdir(path.parent)  # noqa: PTH208 - names are all
        except OSError:
            siblings = []
        close = difflib.get_close_matches(path.name, siblings, n=1)
        return f"did you mean {close[0]!r}?" if close else CHECK


def _batches(looks: Iterable[Look]) -> Iterator[Sequence[Look]]:
    rest = iter(looks)
    while batch := tuple(islice(rest, BATCH)):
        yield batch


def _stat(path: Path) -> os.stat_result:
    try:
        found = path.stat()
    except (OSError, ValueError) as error:
        raise _missing(path) from error
    if not modes.S_ISREG(found.st_mode):
        raise AssetError(path, f"{path.name} is not a file", hint="name a file")
    return found


def _missing(path: Path) -> AssetError:
    pull = dvc_remedy(path)
    if pull:
        message = f"{path.name} is kept by DVC and not here"
        return MissingFileError(path, message, hint=pull)
    return MissingFileError(path, f"there is no file {path.name}")


def _read(look: Look, before: Facts | None) -> Facts:
    """Read a file, once; what was known of the same bytes before need not be found."""
    path = look.path
    try:
        with path.open("rb") as stream:
            pull = lfs_remedy(stream, path.name)
            if pull:
                raise AssetError(
                    path,
                    f"{path.name} is a git-lfs pointer, not the file itself",
                    hint=pull,
                )
            sha256 = digest_stream(stream).sha256
            same = before if before and before.sha256 == sha256 else Facts(sha256)
            return _seen(look, stream, same)
    except OSError as error:
        raise AssetError(
            path, f"{path.name} can't be read: {error.strerror}"
        ) from error


def _seen(look: Look, stream: BufferedReader, facts: Facts) -> Facts:
    """Add what is asked of a content and not known yet."""
    image, bitmap = facts.image, facts.bitmap
    if look.image and image is None:
        from dsac.assets.images import size_of

        stream.seek(0)
        image = size_of(stream, look.path)
    if look.bitmap and bitmap is None:
        from dsac.assets import bitmaps

        stream.seek(0)
        ids = bitmaps.read_stream(stream, look.path)
        height, width = ids.shape
        bitmap = BitmapFacts(width, height, bitmaps.unique_ids(ids))
    return Facts(facts.sha256, image, bitmap)
