"""What was read from YAML: plain values, and where each of them was written."""

import re
from bisect import bisect_right
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from dsac.core.values import Json
from dsac.errors import Position

BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
"""What ends a line, as libyaml counts lines."""


HEAD = 10_000
"""Marks below are found without a look at the whole file: most that are asked for in
a manifest without mistakes lie before its samples."""


class Text:
    """A file as it was read; turns the number of a character into line and column.

    A mark is that number, from 0. Lines are found when the first of them is asked for.
    """

    def __init__(self, file: str, data: bytes = b"") -> None:
        self.file = file
        self.data = data

    @cached_property
    def _lines(self) -> list[int]:
        return _line_starts(self.data.decode())

    @cached_property
    def _first_lines(self) -> list[int]:
        # No character takes more than four bytes; the last one may be cut in two.
        return _line_starts(self.data[: 4 * HEAD + 8].decode(errors="ignore"))

    def position(self, mark: int) -> Position:
        """Give the place of a character."""
        starts = self._first_lines if mark < HEAD else self._lines
        line = bisect_right(starts, mark)
        return Position(self.file, line, mark - starts[line - 1] + 1)


def _line_starts(text: str) -> list[int]:
    text = text.removeprefix("\ufeff")
    return [0, *(match.end() for match in BREAK.finditer(text))]


class Map(dict[str, Json]):
    """A mapping; `marks` holds where each key and its value stand, in turn."""

    __slots__ = ("_places", "marks")

    # Set by whoever fills the mapping: a constructor in Python would cost a tenth of
    # the time of loading.
    marks: list[int]
    _places: dict[str, int]

    def place(self, key: str) -> int:
        """Give the number of a key, which is also half the number of its mark."""
        try:
            return self._places[key]
        except AttributeError:
            self._places = {name: number for number, name in enumerate(self)}
            return self._places[key]


class Items(list[Json]):
    """A sequence; `marks` holds where each item stands."""

    __slots__ = ("marks",)

    marks: list[int]


class Document:
    """One document of a file, its values and the text that they were read from."""

    def __init__(self, text: Text, root: Json, start: int = 0) -> None:
        self.text = text
        self.root = root
        self.start = start

    def position(self, *path: str | int, key: bool = False) -> Position:
        """Give where a value stands; steps that lead nowhere are passed over.

        Args:
            path: Keys and indexes from the root.
            key: The place of the last key, rather than that of its value.
        """
        node, mark = self.root, self.start
        for number, step in enumerate(path, 1):
            if isinstance(node, Map) and isinstance(step, str) and step in node:
                value = not (key and number == len(path))
                mark = node.marks[2 * node.place(step) + value]
                node = node[step]
            elif isinstance(node, Items) and isinstance(step, int):
                mark = node.marks[step]
                node = node[step]
        return self.text.position(mark)


Steps = tuple[str | int, ...]


class Place:
    """Where in a document something stands, and in which folder that is.

    Made for every row of a manifest: what it costs is put off until somebody asks.
    """

    __slots__ = ("document", "folder", "path")

    def __init__(self, document: Document, folder: Path, path: Steps) -> None:
        self.document = document
        self.folder = folder
        self.path = path

    def at(self, *more: str | int) -> Position:
        """Give the position of something inside."""
        return self.document.position(*self.path, *more)

    def inside(self, *more: str | int) -> "Place":
        """Give the place of something inside."""
        return Place(self.document, self.folder, self.path + more)

    def __str__(self) -> str:
        return str(self.at())


Where: TypeAlias = Position | Place
"""Where something was written, known already or to be looked up."""
