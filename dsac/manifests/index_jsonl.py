"""Indexes in JSON Lines: one object a line."""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Generic

import msgspec
from msgspec import UNSET

from dsac.core.values import Json
from dsac.errors import Position
from dsac.manifests.index_binding import Dialect, put
from dsac.manifests.index_cells import Cell, Reader, Test, value_test
from dsac.manifests.index_rows import Line, RawRow, Row, Source, as_map, lines_of
from dsac.manifests.index_targets import Form, is_digest, path_of

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


class JsonLines(Generic[Row]):
    """One file of JSON Lines; what a row is called is told by each row."""

    def __init__(self, source: Source[Row], path: Path) -> None:
        self.source = source
        self.path = path
        self.name = source.files.name_of(path)
        self.columns = columns = source.columns
        self._decode = _decoder(source.kind).decode
        self._direct = not columns.explicit and not columns.where
        # Rows need not have every key, so that all that are asked for count as there.
        asked = (*columns.implied(), *columns.targets.values(), *columns.where)
        self._names = tuple(dict.fromkeys(asked))
        self._binding = columns.bind(self._names, DIALECT, Position(self.name))

    def rows(self) -> Iterator[RawRow[bytes]]:
        """Yield every line that is not blank."""
        with lines_of(self.path, self.name, self.source.files) as lines:
            for number, line in enumerate(lines, 1):
                if not line.isspace():
                    yield RawRow(number, line)

    def entry(self, raw: RawRow[bytes]) -> Row | None:
        """Read a line, right away where nothing is to be chosen or renamed."""
        if self._direct:
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
        cells = [_look_up(found, name) for name in self._names]
        self.columns.note_seen(self._names, cells, found)
        if self._binding is None or not self._binding.selects(cells):
            return None
        if self.columns.explicit:
            row = self._binding.row(cells, _never)
        else:
            row = self._nested(found, number)
        return None if row is None else self.source.convert(row, self.name, number)

    def _nested(self, found: Object, number: int) -> Object | None:
        """Give a row whose keys are targets; what only selects is no part of it."""
        columns = self.columns
        row = {
            key: item
            for key, item in found.items()
            if key not in columns.where or path_of(key)[0] in columns.fields
        }
        dotted = [key for key in row if "." in key]
        if not dotted:
            return row
        where = Position(self.name, number, 1)
        if not columns.check_overlap(row, lambda _: where):
            return None
        for key in sorted(dotted, key=lambda key: is_digest(path_of(key))):
            value, path = row.pop(key), path_of(key)
            digest = is_digest(path)
            *parents, last = path[:-1] if digest else path
            put(row, parents, last, value, digest=digest)
        return row

    def _explain(self, raw: RawRow[bytes], error: Exception) -> None:
        """Find what is wrong with a line; the fast way stops at the first mistake."""
        line = Line(self.name, raw.number)
        problems = self.source.files.problems
        before = len(problems.found)
        try:
            found: Json = json.loads(raw.data.rstrip(b"\r\n"))
        except json.JSONDecodeError as fault:
            where = line.position(fault.pos)
            problems.add(where, f"broken JSON: {fault.msg}", "mend the line")
        except (ValueError, RecursionError):
            pass
        else:
            if self._direct or not isinstance(found, dict):
                self.source.explained(as_map(found), line)
        if len(problems.found) == before:
            # Python's own parser takes more than JSON: NaN, halves of characters.
            problems.add(line.position(0), f"broken JSON: {error}", "mend the line")


def _look_up(row: Object, name: str) -> Cell:
    """Find a value by its key, else by the keys on the way to it, between dots."""
    if name in row:
        return row[name]
    found: Cell = row
    for step in path_of(name) if "." in name else ():
        if not isinstance(found, dict) or step not in found:
            return UNSET
        found = found[step]
    return UNSET if found is row else found


def _never(message: str, hint: str) -> None:
    """Take no report: no cell of this form needs to be read."""
