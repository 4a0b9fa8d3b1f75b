"""Where the paths of manifests lead: never out of the project, not through links."""

import os
import stat as modes
from pathlib import Path

ENDS = frozenset({"", ".", ".."})
"""A path that ends so names a folder by another of its names."""

LINK = modes.S_IFLNK

DEEP = 100
"""A path of more folders than any project has is followed in another, slower way."""


Found = tuple[str, os.stat_result | None]
"""Where a path leads: the name in the project, and what is there, if anything."""


def is_relative(text: str) -> bool:
    """Tell whether a text is a path beside a manifest, written with slashes."""
    if not text or "\\" in text or "\0" in text:
        return False
    return not (text[0] == "/" or (text[1:2] == ":" and Path(text).is_absolute()))


LEADS_OUT = "is a link that leaves the project"
COPY = "put the file itself there"


class Paths:
    """Follows paths, looking at each folder once and at each file once.

    What is a link is followed to its end, which must lie in the project too.
    """

    def __init__(self, root: Path, also: Path | None = None) -> None:
        self._root = os.path.join(root, "")  # noqa: PTH118 - with a slash at its end
        self._roots = [self._root]
        if also is not None:
            self._roots.append(os.path.join(also.resolve(), ""))  # noqa: PTH118
        self._real: dict[tuple[Path, str], str] = {}
        self._prefixes: dict[Path, dict[str, str | None]] = {}
        self._folder = root
        self._heads = self._prefixes[root] = {}

    def find(self, text: str, folder: Path) -> Found | None:
        """Follow a path from a folder; None if it is not relative, or leads outside.

        This is done for each file of a project, so it calls little.
        """
        if folder is not self._folder:
            self._folder = folder
            self._heads = self._prefixes.setdefault(folder, {})
        head, _, tail = text.rpartition("/")
        try:
            prefix = self._heads[head]
        except KeyError:
            if not is_relative(text):
                return None
            prefix = self._heads[head] = self._prefix(folder, head)
        if tail in ENDS or "\\" in tail or "\0" in tail:
            whole = os.path.join(folder, text)  # noqa: PTH118
            return self._end(whole) if is_relative(text) else None
        if prefix is None:
            return None
        name = prefix + tail
        path = self._root + name
        try:
            stat = os.lstat(path)
        except (OSError, ValueError):
            return name, None
        return self._end(path) if modes.S_IFMT(stat.st_mode) == LINK else (name, stat)

    def leads_out(self, path: Path) -> bool:
        """Tell whether a file of the project is a link to one that is not in it.

        What it says would be told to whoever sees the errors of a run.
        """
        return path.is_symlink() and self._name(os.path.realpath(path)) is None

    def _end(self, path: str) -> Found | None:
        """Follow a path to its end, whatever it goes through."""
        real = os.path.realpath(path)
        name = self._name(real)
        if name is None:
            return None
        try:
            return name, os.stat(real)  # noqa: PTH116
        except (OSError, ValueError):
            return name, None

    def _name(self, real: str) -> str | None:
        for root in self._roots:
            if (real + os.sep).startswith(root):
                return real[len(root) :].replace(os.sep, "/")
        return None

    def _prefix(self, folder: Path, head: str) -> str | None:
        name = self._name(self._real_folder(folder, head))
        return f"{name}/" if name else name

    def _real_folder(self, folder: Path, head: str) -> str:
        """Follow the folders of a path, of which the upper ones may be known."""
        key = folder, head
        found = self._real.get(key)
        if found is None:
            found = self._real[key] = self._followed(folder, head)
        return found

    def _followed(self, folder: Path, head: str) -> str:
        if not head or head.count("/") > DEEP:
            return os.path.realpath(os.path.join(folder, head))  # noqa: PTH118
        above, _, last = head.rpartition("/")
        upper = self._real_folder(folder, above)
        if last in {"", "."}:
            return upper
        if last == "..":
            return os.path.dirname(upper)  # noqa: PTH120 - it is real, so this is right
        path = os.path.join(upper, last)  # noqa: PTH118
        try:
            is_link = modes.S_ISLNK(os.lstat(path).st_mode)
        except (OSError, ValueError):
            is_link = False
        return os.path.realpath(path) if is_link else path
