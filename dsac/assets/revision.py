"""A folder of a git repository as it was at a revision, laid out beside it."""

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

import msgspec

from dsac.assets.git import MODULE, Entry, Git
from dsac.assets.pointers import LONGEST, pointer_digest

LINK = "120000"
"""The mode of a symbolic link in a tree of git."""

WRITTEN = frozenset({".yaml", ".yml"})
"""What people write by hand: it is new work, even in a folder that git never saw."""


class Past(msgspec.Struct, frozen=True):
    """A folder as it was: `root` holds it, `here` is the folder as it is.

    `changed` names the files that git keeps, or kept, and that differ. Nothing in
    `root` may be written to: most of it is linked to the files of today.
    """

    here: Path
    root: Path
    commit: str
    changed: frozenset[str]


@contextmanager
def past_of(folder: Path, revision: str, *, scratch: Path) -> Iterator[Past]:
    """Lay out a folder as it was at a revision; it is gone afterwards.

    Files that are the same today are linked, not copied, so that this costs little and
    what is remembered of them by their inode holds. The others are read from git as it
    keeps them, which for git-lfs means pointers unless it has fetched the file. What
    git does not keep counts as unchanged.

    Args:
        folder: The folder, anywhere in a repository.
        revision: Anything that git takes for a commit.
        scratch: Where to lay it out, best on the same file system.

    Raises:
        RevisionError: there is no git, no repository, or no such revision.
    """
    git = Git(folder)
    commit = git.commit(revision)
    changed = git.changed(commit)
    with _temporary(scratch) as root:
        past = Past(folder, root, commit, changed)
        _lay_out(past, git)
        yield past


@contextmanager
def _temporary(scratch: Path) -> Iterator[Path]:
    try:
        scratch.mkdir(parents=True, exist_ok=True)
        place = tempfile.TemporaryDirectory(prefix="base-", dir=scratch)
    except OSError:
        # A project that can't be written to can still be planned.
        place = tempfile.TemporaryDirectory(prefix="dsac-base-")
    with place as name:
        yield Path(name).resolve()


def _lay_out(past: Past, git: Git) -> None:
    """Fill the folder of the past: what git kept first, then what it never did."""
    entries = [
        entry
        for entry in git.tree(past.commit)
        if ".." not in PurePosixPath(entry.name).parts
    ]
    files = [entry for entry in entries if entry.mode != MODULE]
    absent = [
        entry
        for entry in files
        if entry.name in past.changed or not _link(past, entry.name)
    ]
    for entry, data in git.contents(absent):
        _write(past, entry, data)
    for entry in files:
        if entry.mode != LINK:
            _fetch(past.root / entry.name, git)
    modules = [entry.name for entry in entries if entry.mode == MODULE]
    places = _Places(past.root)
    for name in (*git.ignored(), *_unknown(past, git.unknown_folders(), modules)):
        path = PurePosixPath(name)
        if places.has(path.parent):
            # What was there then has the place, be it a file where a folder is today.
            with suppress(OSError):
                _link(past, name)


class _Places:
    """Tells which folders may take what git does not keep; each is looked at once.

    Not hidden ones, which may hold very much and are listed by no manifest; nor those
    that were a link to elsewhere then.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[PurePosixPath, bool] = {}

    def has(self, folder: PurePosixPath) -> bool:
        """Tell whether a folder is one."""
        if folder not in self._known:
            hidden = any(part.startswith(".") for part in folder.parts)
            place = (self._root / folder).resolve()
            self._known[folder] = not hidden and place.is_relative_to(self._root)
        return self._known[folder]


def _unknown(
    past: Past, folders: Iterable[str], modules: Iterable[str]
) -> Iterator[str]:
    """Name the files in folders of which git keeps nothing itself.

    A tool put them there, or a submodule. A file beside files that git keeps is new
    work, and so is a manifest.
    """
    for folder in (*folders, *modules):
        for path in sorted((past.here / folder).rglob("*")):
            if folder in modules or path.suffix not in WRITTEN:
                yield path.relative_to(past.here).as_posix()


def _link(past: Past, name: str) -> bool:
    """Put a file of today in its place of the past; false if there is none today."""
    source, target = past.here / name, past.root / name
    if source.is_symlink():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(source.readlink())
        return True
    if not source.is_file():
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    # Not a hard link, which would give the file of today another ctime, and with that
    # make all that is remembered of it worth nothing.
    try:
        target.symlink_to(source.absolute())
    except FileExistsError:
        return True
    except OSError:
        shutil.copy2(source, target)
    return True


def _write(past: Past, entry: Entry, data: bytes) -> None:
    target = past.root / entry.name
    target.parent.mkdir(parents=True, exist_ok=True)
    if entry.mode == LINK:
        target.symlink_to(os.fsdecode(data))
    else:
        target.write_bytes(data)


def _fetch(target: Path, git: Git) -> None:
    """Put a file in place of its git-lfs pointer, if git-lfs has it here."""
    if target.stat().st_size > LONGEST:
        return
    digest = pointer_digest(target)
    if digest and git.lfs_object(digest).is_file():
        # It may be linked to a file of today, which must not be written to.
        target.unlink()
        shutil.copy2(git.lfs_object(digest), target)
