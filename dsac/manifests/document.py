"""What was read from YAML: plain values, and where each of them was written."""

from pathlib import Path
from typing import TypeAlias

from dsac.core.values import Json
from dsac.errors import Position

COLUMNS = 32
"""A place in a text is one number: its line, then so many bits of column, from 0."""


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
    """One document of a file."""

    def __init__(self, file: str, root: Json, start: int = 0) -> None:
        self.file = file
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
        line, column = mark >> COLUMNS, mark & (1 << COLUMNS) - 1
        return Position(self.file, line + 1, column + 1)


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
