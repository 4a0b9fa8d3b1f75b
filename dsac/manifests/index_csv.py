"""Indexes in CSV: a header, then one row for each sample or label."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Generic

from dsac.core.values import Json
from dsac.errors import Position
from dsac.manifests.index_binding import Binding, Dialect
from dsac.manifests.index_cells import Reader, Test, text_reader, text_test
from dsac.manifests.index_rows import RawRow, Row, Source, lines_of, without_mark
from dsac.manifests.index_targets import Form

LONGEST = 1 << 28
"""So many characters a cell may have; more is a quote that was never closed."""

Cells = list[str]

WORDS = {
    "unexpected end of data": (
        "a cell that begins with a quote here never ends",
        "close the quote, and write a quote inside a cell twice",
    ),
    "',' expected after": (
        "something follows the quote that ends a cell",
        "write a quote inside a cell twice",
    ),
    "field larger than": (
        "a cell is longer than any label is",
        "close the quote that it begins with",
    ),
    "new-line character": (
        "lines end with carriage returns alone",
        "end lines with line feeds",
    ),
}
"""What the csv module says, by how it begins, and how a person would."""


def _reader(_: int, form: Form) -> Reader | None:
    return text_reader(form)


def _test(_: int, wanted: Sequence[Json]) -> Test:
    return text_test(wanted)


DIALECT = Dialect(_reader, _test, "")


class Csv(Generic[Row]):
    """One file of CSV, whose header names its columns."""

    def __init__(self, source: Source[Row], path: Path) -> None:
        # A setting of the whole process, to which an index of long cells adds alone.
        csv.field_size_limit(max(csv.field_size_limit(), LONGEST))
        self.source = source
        self.path = path
        self.name = source.files.name_of(path)
        with path.open("rb") as stream:
            found = next(self._records(without_mark(stream)), None)
        self.header = [] if found is None else found.data
        self._binding = None if found is None else self._bind(found)

    def _bind(self, header: RawRow[Cells]) -> Binding | None:
        where = Position(self.name, header.number)
        names = header.data
        if "" in names and not self.source.columns.explicit:
            self.source.report(
                self.name,
                header.number,
                f"column {names.index('') + 1} has no name",
                "give it one, or leave it out (in pandas: to_csv(..., index=False))",
            )
            return None
        if len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
            self.source.report(
                self.name,
                header.number,
                "cells are not separated by commas",
                "write the file with commas between cells",
            )
            return None
        binding = self.source.columns.bind(names, DIALECT, where)
        self.source.columns.unseen.clear()
        return binding

    def rows(self) -> Iterator[RawRow[Cells]]:
        """Yield every row but the header, each with the number of its first line."""
        with lines_of(self.path, self.name, self.source.files) as lines:
            records = self._records(lines)
            next(records, None)
            yield from records

    def entry(self, raw: RawRow[Cells]) -> Row | None:
        """Read a row; cells that hold nothing are absent."""
        cells, binding = raw.data, self._binding
        if binding is None:
            return None
        if len(cells) != len(self.header):
            self.source.report(
                self.name,
                raw.number,
                f"{len(cells)} cells, where the header names {len(self.header)}",
                "write as many, and put cells that hold a comma in quotes",
            )
            return None
        if not binding.selects(cells):
            return None
        row = binding.row(
            cells,
            lambda message, hint: self.source.report(
                self.name, raw.number, message, hint
            ),
        )
        if row is None:
            return None
        return self.source.convert(row, self.name, raw.number)

    def _records(self, lines: Iterable[bytes]) -> Iterator[RawRow[Cells]]:
        """Yield records as they come; reading ends where the file is broken."""
        records = csv.reader(map(bytes.decode, lines), strict=True)
        number = 1
        try:
            for cells in records:
                if cells:
                    yield RawRow(number, cells)
                number = records.line_num + 1
        except UnicodeDecodeError as error:
            self.source.report(
                self.name,
                records.line_num + 1,
                f"no UTF-8: {error.reason}",
                "write the file in UTF-8",
            )
        except csv.Error as error:
            message, hint = _in_words(str(error))
            self.source.report(self.name, number, message, hint)


def _in_words(text: str) -> tuple[str, str]:
    found = (words for start, words in WORDS.items() if text.startswith(start))
    return next(found, (f"broken CSV: {text}", "mend the line"))
