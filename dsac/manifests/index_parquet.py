"""Indexes in Parquet, read by pyarrow, which the extra `parquet` brings."""

import hashlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic

import msgspec

from dsac.core.values import Json
from dsac.errors import Position
from dsac.manifests.index_arrow import UnreadableTypeError, reader_of, values_of
from dsac.manifests.index_binding import Binding, Dialect
from dsac.manifests.index_cells import Cell, Reader, Test, document, value_test
from dsac.manifests.index_rows import RawRow, Row, Source
from dsac.manifests.index_targets import Form, path_of
from dsac.manifests.index_targets import Path as Steps

if TYPE_CHECKING:
    import pyarrow as pa

BATCH = 4096
"""So many rows are decoded at a time."""

Values = tuple[Any, ...]  # what Arrow makes of its values for Python


class Column(msgspec.Struct, frozen=True):
    """A column of a file, or what stands inside the structs of one."""

    name: str
    top: str
    steps: Steps
    kind: Any  # a type of Arrow, which has none for mypy


class Parquet(Generic[Row]):
    """One file of Parquet; its rows count from 1."""

    def __init__(self, source: Source[Row], path: Path) -> None:
        import pyarrow as pa
        from pyarrow.parquet import ParquetFile

        self.source = source
        self.path = path
        self.name = source.files.name_of(path)
        self._columns: list[Column] = []
        self._binding: Binding | None = None
        self._broken = (pa.ArrowException, OSError, ValueError)
        try:
            with ParquetFile(path) as file:
                self._bind(file.schema_arrow)
        except self._broken as error:
            self._report_broken(Position(self.name), error)

    def _bind(self, schema: "pa.Schema") -> None:
        asked = self.source.columns
        found = [Column(field.name, field.name, (), field.type) for field in schema]
        for name in dict.fromkeys((*asked.targets.values(), *asked.where)):
            column = None if name in schema.names else _inside(schema, name)
            if column is not None:
                found.append(column)
        names = [column.name for column in found]
        problems = self.source.files.problems
        before = len(problems.found)
        dialect = Dialect(
            lambda number, form: self._reader(found[number], form),
            lambda number, wanted: self._test(found[number], wanted),
            None,
        )
        binding = asked.bind(names, dialect, Position(self.name))
        asked.unseen.clear()
        if binding is not None and len(problems.found) == before:
            used, self._binding = binding.compact()
            self._columns = [found[number] for number in used]

    def _reader(self, column: Column, form: Form) -> Reader | None:
        try:
            read = reader_of(column.kind, inner=bool(column.steps))
        except UnreadableTypeError as error:
            self.source.files.problems.add(
                Position(self.name),
                f"column {column.name!r} is {column.kind}, which JSON can't carry",
                str(error),
            )
            return None
        return partial(_document, read) if form is Form.DOCUMENT else read

    def _test(self, column: Column, wanted: Sequence[Json]) -> Test:
        read, test = self._reader(column, Form.VALUE), value_test(wanted)
        return test if read is None else lambda cell: test(_read(read, cell))

    def rows(self) -> Iterator[RawRow[Values]]:
        """Yield every row, with the values of those columns that are asked for."""
        from pyarrow.parquet import ParquetFile

        number = 0
        try:
            with self.path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
                self.source.files.read[self.name] = digest
                if self._binding is None:
                    return
                stream.seek(0)
                file = ParquetFile(stream)
                names = sorted({column.top for column in self._columns})
                for batch in file.iter_batches(BATCH, columns=names):
                    columns = [_cells(batch, column) for column in self._columns]
                    for values in zip(*columns, strict=True):
                        number += 1
                        yield RawRow(number, values)
        except self._broken as error:
            self._report_broken(Position(self.name, number + 1, 1), error)

    def entry(self, raw: RawRow[Values]) -> Row | None:
        """Read a row; nulls are absent."""
        binding = self._binding
        if binding is None or not binding.selects(raw.data):
            return None
        row = binding.row(
            raw.data,
            lambda message, hint: self.source.report(
                self.name, raw.number, message, hint
            ),
        )
        if row is None:
            return None
        return self.source.convert(row, self.name, raw.number)

    def _report_broken(self, where: Position, error: Exception) -> None:
        self.source.files.problems.add(
            where,
            f"can't be read as Parquet: {error}",
            "write the file once more, with plainer types if need be",
        )


def _inside(schema: "pa.Schema", name: str) -> Column | None:
    """Find a column that stands in structs, by the names on the way to it."""
    import pyarrow as pa

    top, *steps = path_of(name)
    if top not in schema.names:
        return None
    kind = schema.field(top).type
    for step in steps:
        is_struct = pa.types.is_struct(kind)
        number = kind.get_field_index(step) if is_struct else -1
        if number < 0:
            return None
        kind = kind.field(number).type
    return Column(name, top, tuple(steps), kind)


def _cells(batch: "pa.RecordBatch", column: Column) -> list[Cell]:
    found = values_of(batch.column(column.top))
    for step in column.steps:
        found = [None if item is None else item[step] for item in found]
    return found


def _document(read: Reader | None, cell: Cell) -> Json:
    return document(cell if read is None else read(cell))


def _read(read: Reader, cell: Cell) -> Json:
    """Read a cell for a test; what can't be read is not what is asked for."""
    try:
        return None if cell is None else read(cell)
    except ValueError:
        return [cell]
