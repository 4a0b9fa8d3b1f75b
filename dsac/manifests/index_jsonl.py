"""Indexes in JSON Lines: one object a line."""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import islice
from pathlib import Path as FilePath
from typing import Any, Generic

import msgspec
from msgspec import UNSET

from dsac.core.values import Json
from dsac.errors import Position
from dsac.manifests.index_binding import Dialect, put
from dsac.manifests.index_cells import Cell, Reader, Test, value_test
from dsac.manifests.index_rows import RawRow, Row, Source, lines_of
from dsac.manifests.index_targets import Form, Path, is_digest, path_of

Object = dict[str, Any]  # the values of a row are any JSON

OBJECT = msgspec.json.Decoder(Object)

BROKEN = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def _as_it_is(_: int, __: Form) -> Reader | None:
    return None


def _test(_: int, wanted: Sequence[Json]) -> Test:
    test = value_test(wanted)
    return lambda value: test(None if value is UNSET else value)


DIALECT = Dialect(_as_it_is, _test, UNSET)


@cache
def _decoder(kind: type[msgspec.Struct]) -> msgspec.json.Decoder[Any]:
    """Make it once: to make one takes longer than to read a row."""
    return msgspec.json.Decoder(kind)


BLOCK = 1 << 18
"""So many bytes of lines are looked at together."""

FIRST = 4
"""So many lines are, as long as nobody knows how long they are."""

Take = Callable[[Sequence[bytes], str, int], bool]
"""Takes lines of a file, from a number on, if it can make something of all of them."""

Move = tuple[str, Path, str, bool]
"""A dotted key, where it leads: parents and key, and whether it is a digest."""


class JsonLines(Generic[Row]):
    """One file of JSON Lines; what a row is called is told by each row."""

    def __init__(self, source: Source[Row], path: FilePath) -> None:
        self.source = source
        self.path = path
        self.name = source.files.name_of(path)
        self.columns = columns = source.columns
        self._decode = _decoder(source.kind).decode
        self._plain = not columns.explicit and not columns.where
        # Rows need not have every key, so that all that are asked for count as there.
        asked = (*columns.implied(), *columns.targets.values(), *columns.where)
        self._names = tuple(dict.fromkeys(asked))
        self._inner = [
            (number, path_of(name))
            for number, name in enumerate(self._names)
            if "." in name
        ]
        self._binding = columns.bind(self._names, DIALECT, Position(self.name))
        # Remembered of the last row with dotted keys, for the next has the same.
        self._keys: tuple[str, ...] = ()
        self._moves: list[Move] = []
        self.take: Take | None = None
        self.taken = 0

    def rows(self) -> Iterator[RawRow[bytes]]:
        """Yield every line that is not blank, and that `take` did not take."""
        take = self.take if self._plain else None
        number = 1
        with lines_of(self.path, self.name, self.source.files) as lines:
            count = FIRST
            while block := list(islice(lines, count)):
                # As many as the next ones are likely to be.
                count = 1 + BLOCK * len(block) // (1 + sum(map(len, block)))
                if take is not None and take(block, self.name, number):
                    self.taken += len(block)
                else:
                    for place, line in enumerate(block, number):
                        if not line.isspace():
                            yield RawRow(place, line)
                number += len(block)

    def entry(self, raw: RawRow[bytes]) -> Row | None:
        """Read a line, right away where nothing is to be chosen or renamed."""
        if self._plain and not self._moves:
            try:
                found: Row = self._decode(raw.data)
            except BROKEN:
                pass
            else:
                return found
        try:
            row = OBJECT.decode(raw.data)
        except BROKEN as error:
            self._explain(raw, error)
            return None
        return self._chosen(row, raw.number)

    def _chosen(self, found: Object, number: int) -> Row | None:
        row: Object | None = found
        if not self._plain:
            cells = self._cells(found)
            if self._binding is None or not self._binding.selects(cells):
                return None
            if self.columns.explicit:
                row = self._binding.row(cells, _never)
        if not self.columns.explicit:
            row = self._nested(found, number)
        return None if row is None else self.source.convert(row, self.name, number)

    def _cells(self, found: Object) -> list[Cell]:
        """Give what is asked for by its key, else by the keys on the way to it."""
        get = found.get
        cells = [get(name, UNSET) for name in self._names]
        for number, steps in self._inner:
            if cells[number] is UNSET:
                cells[number] = _inside(found, steps)
        if self.columns.unseen:
            self.columns.note_seen(self._names, cells, found)
        return cells

    def _nested(self, found: Object, number: int) -> Object | None:
        """Give a row whose keys are targets; what only selects is no part of it."""
        where = self.columns.where
        fields = self.columns.fields
        row = {
            key: item
            for key, item in found.items()
            if key not in where or path_of(key)[0] in fields
        }
        keys = tuple(row)
        if keys != self._keys:
            place = Position(self.name, number, 1)
            if not self.columns.check_overlap(row, lambda _: place):
                return None
            self._keys, self._moves = keys, _moves(keys)
        for key, parents, last, digest in self._moves:
            put(row, parents, last, row.pop(key), digest=digest)
        return row

    def _explain(self, raw: RawRow[bytes], error: Exception) -> None:
        """Find what is wrong with a line; the fast way stops at the first mistake."""
        problems = self.source.files.problems
        before = len(problems.found)
        try:
            found: Json = json.loads(raw.data.rstrip(b"\r\n"))
            if self._plain or not isinstance(found, dict):
                self.source.explained(found, self.name, raw.number)
        except json.JSONDecodeError as fault:
            where = Position(self.name, raw.number, fault.pos + 1)
            problems.add(where, f"broken JSON: {fault.msg}", "mend the line")
        except (ValueError, RecursionError):
            # A key with half a character can't even be looked at.
            pass
        if len(problems.found) == before:
            # Python's own parser takes more than JSON: NaN, halves of characters.
            self.source.report(
                self.name, raw.number, f"broken JSON: {error}", "mend the line"
            )


def _inside(row: Object, steps: Path) -> Cell:
    found: Cell = row
    for step in steps:
        if not isinstance(found, dict) or step not in found:
            return UNSET
        found = found[step]
    return found


def _moves(keys: Sequence[str]) -> list[Move]:
    """Tell where dotted keys lead; digests last, for they go into what is there."""
    paths = {key: path_of(key) for key in keys if "." in key}
    moves: list[Move] = []
    for key in sorted(paths, key=lambda key: is_digest(paths[key])):
        digest = is_digest(paths[key])
        *parents, last = paths[key][:-1] if digest else paths[key]
        moves.append((key, tuple(parents), last, digest))
    return moves


def _never(message: str, hint: str) -> None:
    """Take no report: no cell of this form needs to be read."""
