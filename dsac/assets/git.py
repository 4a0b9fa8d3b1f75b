"""The git of a folder, asked in ways that change nothing of its repository."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import IO, cast

import msgspec

from dsac.errors import RevisionError

MODULE = "160000"
"""The mode of a submodule in a tree of git."""


class Entry(msgspec.Struct, frozen=True):
    """One file of a tree of git; its name is relative to the folder asked about."""

    mode: str
    id: str
    name: str


class Git:
    """Knows what git keeps of a folder, now and at any commit."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        found = shutil.which("git")
        if found is None:
            raise RevisionError(
                "git is not installed, so no other revision can be read",
                hint="install git, or leave out --base",
            )
        # Even git diff would else write to the index, to remember what it found.
        self._command = (found, "--no-optional-locks")

    def _run(self, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(  # noqa: S603 - a fixed program, and no shell
            (*self._command, *arguments),
            cwd=self.folder,
            capture_output=True,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )

    def _read(self, *arguments: str) -> str:
        ran = self._run(*arguments)
        if ran.returncode:
            raise RevisionError(
                f"git {arguments[0]} failed: {_first_line(ran.stderr)}",
                hint="mend that, or leave out --base",
            )
        return os.fsdecode(ran.stdout)

    def _names(self, *arguments: str) -> list[str]:
        return [name for name in self._read(*arguments).split("\0") if name]

    def commit(self, revision: str) -> str:
        """Give the full id of the commit that a revision names.

        Raises:
            RevisionError: it names none, or the folder is in no repository.
        """
        ran = self._run("rev-parse", "--is-inside-work-tree")
        if ran.stdout.strip() != b"true":
            why = _first_line(ran.stderr) or "this is the inside of one"
            raise RevisionError(
                f"the project {self.folder.name}/ is not in a git repository ({why}), "
                "so it has no other revisions",
                hint="leave out --base, or put the project into git",
            )
        name = f"{revision}^{{commit}}"
        # What looks like an option names no revision; git would take it for one.
        ran = self._run("rev-parse", "--verify", "--quiet", name)
        if ran.returncode or revision.startswith("-"):
            raise RevisionError(
                f"git knows no revision {revision!r} in this clone",
                hint=self._remedy(),
            )
        return os.fsdecode(ran.stdout).strip()

    def _remedy(self) -> str:
        if self._read("rev-parse", "--is-shallow-repository").strip() == "true":
            return (
                "this clone is shallow, it has the last revisions only: "
                "git fetch --unshallow (in CI, check out with the whole history)"
            )
        return "check its name, or get it with git fetch"

    def tree(self, commit: str) -> list[Entry]:
        """List the files of the folder at a commit."""
        entries = []
        for row in self._names("ls-tree", "-r", "-z", commit, "--", "."):
            facts, _, name = row.partition("\t")
            mode, _, key = facts.split(" ")
            entries.append(Entry(mode, key, name))
        return entries

    def changed(self, commit: str) -> frozenset[str]:
        """Name the files of the folder that differ from a commit, by content.

        Those that were added or are gone are among them, those that git does not keep
        are not.
        """
        flags = ("--no-ext-diff", "--no-textconv", "--no-renames", "--relative")
        return frozenset(
            self._names("diff", "--name-only", "-z", *flags, commit, "--", ".")
        )

    def ignored(self) -> list[str]:
        """Name the files of the folder that git is told to ignore."""
        return self._others("--ignored")

    def unknown_folders(self) -> list[str]:
        """Name the folders in this one of which git keeps nothing, nor ignores them."""
        return [name for name in self._others("--directory") if name.endswith("/")]

    def _others(self, flag: str) -> list[str]:
        more = ("-z", "--exclude-standard", flag, "--", ".")
        return self._names("ls-files", "--others", *more)

    def contents(self, entries: Sequence[Entry]) -> Iterator[tuple[Entry, bytes]]:
        """Read files as git keeps them, one after the other.

        Raises:
            RevisionError: this clone does not have one of them.
        """
        if not entries:
            return
        with tempfile.TemporaryFile() as asked:
            # A file: git may answer long before it has read all questions.
            asked.writelines(f"{entry.id}\n".encode() for entry in entries)
            asked.seek(0)
            with subprocess.Popen(  # noqa: S603 - a fixed program, and no shell
                (*self._command, "cat-file", "--batch"),
                cwd=self.folder,
                stdin=asked,
                stdout=subprocess.PIPE,
            ) as reader:
                # There is a pipe because it was asked for.
                answers = cast("IO[bytes]", reader.stdout)
                for entry in entries:
                    yield entry, _content(answers, entry)

    @cached_property
    def _lfs(self) -> Path:
        common = self._read("rev-parse", "--git-common-dir").strip()
        return self.folder / common / "lfs" / "objects"

    def lfs_object(self, digest: str) -> Path:
        """Say where git-lfs would keep a file that it has fetched."""
        return self._lfs / digest[:2] / digest[2:4] / digest


def _content(answers: IO[bytes], entry: Entry) -> bytes:
    head = answers.readline().split()
    if len(head) != 3:  # noqa: PLR2004 - id, type and size
        raise RevisionError(
            f"this clone does not have {entry.name} as it was then",
            hint="get it with git fetch",
        )
    data = answers.read(int(head[2]))
    answers.read(1)
    return data


def _first_line(text: bytes) -> str:
    return next(iter(os.fsdecode(text).strip().splitlines()), "")
