"""What all forms of an index have in common: raw rows, and what becomes of them."""

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO, Generic, Protocol, TypeVar

import msgspec

from dsac.core.values import Json
from dsac.errors import Position
from dsac.manifests.document import Document, Map, Place, Where
from dsac.manifests.files import Files
from dsac.manifests.index_columns import Columns
from dsac.manifests.index_targets import Field
from dsac.manifests.models import convert
from dsac.manifests.problems import Problems

Row = TypeVar("Row", bound=msgspec.Struct)
Raw = TypeVar("Raw")
Wanted_co = TypeVar("Wanted_co", covariant=True)

BLOCK = 1 << 20


class RawRow(msgspec.Struct, Generic[Raw], frozen=True, gc=False):
    """A row as its file has it, and its number: that of its line, or of the row."""

    number: int
    data: Raw


class IndexFile(Protocol[Raw, Wanted_co]):
    """One file of an index.

    `entry` is a function of the raw row alone: rows can be kept raw, and read later,
    in any order and more than once.
    """

    name: str

    def rows(self) -> Iterator[RawRow[Raw]]:
        """Yield every row of the file; its digest is noted when the last one is."""
        ...

    def entry(self, raw: RawRow[Raw]) -> Wanted_co | None:
        """Read a row; None if it is not wanted, or wrong, which problems say then."""
        ...


class Source(msgspec.Struct, Generic[Row], frozen=True, kw_only=True):
    """What a manifest says of an index, and what its rows are.

    `place` is where it says so; `kind` is what a row becomes, with `fields` as targets
    of columns.
    """

    files: Files
    place: Place
    pattern: str
    allow_empty: bool
    kind: type[Row]
    fields: Mapping[str, Field]
    columns: Columns

    def report(self, name: str, number: int, message: str, hint: str) -> None:
        """Note what is wrong with a row of a file."""
        self.files.problems.add(Position(name, number, 1), message, hint)

    def convert(self, row: dict[str, Json], name: str, number: int) -> Row | None:
        """Read a row that is in its final form; None, and problems, if it is wrong."""
        try:
            return msgspec.convert(row, self.kind)
        except msgspec.ValidationError:
            return self.explained(row, name, number)

    def explained(self, found: Json, name: str, number: int) -> Row | None:
        """Find all that is wrong with a row, to which the fast way has said no."""
        document, problems = RowDocument(name, number), self.files.problems
        try:
            return convert(
                self.kind,
                as_map(found),
                document=document,
                path=(),
                problems=problems,
            )
        except RecursionError:
            report_depth(problems, document.position())
        return None


def report_depth(problems: Problems, where: Where) -> None:
    """Note a row whose values are nested deeper than they can be walked."""
    problems.add(where, "values are nested too deeply", "write them flatter")


class RowDocument(Document):
    """One row of an index; whatever stands in it, stands where it begins.

    Made for every row, so that it is given nothing that it does not need.
    """

    __slots__ = ("file", "number")

    def __init__(self, file: str, number: int) -> None:
        self.file = file
        self.number = number

    def position(self, *path: str | int, key: bool = False) -> Position:  # noqa: ARG002
        """Give the place of the row, whatever of it is asked for."""
        return Position(self.file, self.number, 1)


def as_map(value: Json) -> Json:
    """Give a value in which each object knows where it stands: on its line."""
    if isinstance(value, dict):
        found = Map((key, as_map(item)) for key, item in value.items())
        found.marks = [0] * (2 * len(found))
        return found
    if isinstance(value, list):
        return [as_map(item) for item in value]
    return value


class _Digested(io.RawIOBase):
    """A file that is digested while it is read."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override] # what io passes
        size = self.stream.readinto(buffer)  # type: ignore[attr-defined] # raw files have it
        self.digest.update(buffer[:size])
        return int(size)


@contextmanager
def lines_of(path: Path, name: str, files: Files) -> Iterator[Iterator[bytes]]:
    """Give the lines of a file, which end with line feeds alone; no mark of UTF-8.

    Never the whole file at once. When all of them were read, the digest is noted.
    """
    with path.open("rb", buffering=0) as stream:
        raw = _Digested(stream)
        with io.BufferedReader(raw, BLOCK) as lines:
            yield without_mark(lines)
        files.read[name] = raw.digest.hexdigest()


def without_mark(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Give lines, the first of them without the mark that some write before UTF-8."""
    rest = iter(lines)
    first = (line.removeprefix(b"\xef\xbb\xbf") for line in islice(rest, 1))
    return chain(first, rest)
