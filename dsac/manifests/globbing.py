"""Files of a folder that a pattern of a manifest matches, each folder listed once."""

import fnmatch
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

WILD = frozenset("*?[")

ANY = "**"
"""Stands for any number of folders; at the end of a pattern, for all files too."""


class Listing(NamedTuple):
    """What lies in a folder and is not hidden: names, apart by what they are."""

    files: list[str]
    folders: list[str]
    linked: list[str]
    """Links to folders: a pattern may name them, `**` does not go through them."""


def matching(folder: Path, pattern: str, *, exclude: Iterable[str] = ()) -> list[str]:
    """List the files below a folder that match, by their paths in it, sorted.

    What begins with a dot is never matched, nor what lies in such a folder.

    Args:
        folder: Where to look; that it is not there is no error.
        pattern: `*`, `?` and `[...]` within names, `**` for any number of folders.
        exclude: Patterns of files to leave out, matched from the right.

    Raises:
        OSError: a folder can't be listed.
    """
    steps = [step for step in pattern.split("/") if step not in {"", "."}]
    if not steps or not folder.is_dir():
        return []
    tree = _Tree(folder)
    found: Iterable[str] = tree.walk("", steps)
    if steps.count(ANY) > 1:  # then several ways may lead to one file
        found = set(found)
    unwanted = [_Exclusion(item) for item in exclude]
    if unwanted:
        found = [
            name for name in found if not any(item.fits(name) for item in unwanted)
        ]
    return sorted(found, key=lambda name: name.replace("/", "\0"))


def _fitting(step: str, names: list[str]) -> list[str]:
    """Give the names that fit a part of a pattern; most ask for their end alone."""
    end = step[1:]
    if step[:1] == "*" and not WILD & {*end}:
        return [name for name in names if name.endswith(end)]
    fits = re.compile(fnmatch.translate(step)).match
    return [name for name in names if fits(name)]


class _Tree:
    """The folders below one, as far as they were listed."""

    def __init__(self, root: Path) -> None:
        self._root = os.path.join(root, "")  # noqa: PTH118 - with a slash at its end
        self._listings: dict[str, Listing] = {}

    def walk(self, prefix: str, steps: Sequence[str]) -> list[str]:
        """List the files that match, below a folder of which the path is `prefix`."""
        step, rest = steps[0], steps[1:]
        if step == ANY:
            return self._anywhere(prefix, rest or ("*",))
        listing = self._list(prefix)
        if not rest:
            return [prefix + name for name in _fitting(step, listing.files)]
        found: list[str] = []
        for name in _fitting(step, [*listing.folders, *listing.linked]):
            found += self.walk(f"{prefix}{name}/", rest)
        return found

    def _anywhere(self, prefix: str, rest: Sequence[str]) -> list[str]:
        found, waiting = list[str](), [prefix]
        while waiting:
            folder = waiting.pop()
            found += self.walk(folder, rest)
            waiting.extend(f"{folder}{name}/" for name in self._list(folder).folders)
        return found

    def _list(self, prefix: str) -> Listing:
        found = self._listings.get(prefix)
        if found is None:
            found = self._listings[prefix] = _listed(self._root + prefix)
        return found


def _listed(path: str) -> Listing:
    listing = Listing([], [], [])
    with os.scandir(path) as entries:
        for entry in entries:
            name = entry.name
            if name[0] == ".":
                continue
            if entry.is_file(follow_symlinks=False):
                listing.files.append(name)
            else:
                _sort_in(entry, listing)
    return listing


def _sort_in(entry: os.DirEntry[str], listing: Listing) -> None:
    if entry.is_dir(follow_symlinks=False):
        listing.folders.append(entry.name)
    # A link may lead nowhere, or to itself: then it is no file and no folder.
    elif os.path.isfile(entry.path):  # noqa: PTH113
        listing.files.append(entry.name)
    elif os.path.isdir(entry.path):  # noqa: PTH112
        listing.linked.append(entry.name)


class _Exclusion:
    """A pattern of files to leave out: its parts are those at the end of a path."""

    def __init__(self, pattern: str) -> None:
        path = PurePosixPath(pattern)
        self._parts = [
            re.compile(fnmatch.translate(part)).match for part in reversed(path.parts)
        ]

    def fits(self, name: str) -> bool:
        """Tell whether a file is meant."""
        parts = name.split("/")
        if not self._parts or len(self._parts) > len(parts):
            return False
        return all(
            fits(part) for fits, part in zip(self._parts, reversed(parts), strict=False)
        )
