"""Index sources: samples from a JSON Lines file, one object a line."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import msgspec

from dsac.core.values import Json
from dsac.errors import Position
from dsac.manifests.document import Document, Map, Place, Text, Where
from dsac.manifests.files import Files
from dsac.manifests.models import convert
from dsac.manifests.problems import Problems
from dsac.manifests.schema import IndexEntry, SampleEntry

SUFFIX = ".jsonl"

ROW = msgspec.json.Decoder(SampleEntry)
"""Made once: to make one takes longer than to read a row."""


class Line(Text):
    """One line of an index; whatever stands in it, stands on that line."""

    def __init__(self, file: str, number: int) -> None:
        super().__init__(file)
        self.number = number

    def position(self, mark: int) -> Position:
        """Give the line's place; a mark is where in the line something is."""
        return Position(self.file, self.number, mark + 1)


def read_index(
    files: Files, entry: IndexEntry, place: Place
) -> Iterator[tuple[SampleEntry, Place]]:
    """Yield the samples of an index, and where each of them stands.

    A row is what an inline sample would be: paths in it are relative to the manifest.
    Nothing else happens to it; `${...}` and `{...}` are text like any other.

    Args:
        files: Finds the file, notes its digest and takes what is wrong.
        entry: What the manifest says.
        place: Where it says so.
    """
    where = place.at("index")
    path = files.locate(entry.index, place.folder, where)
    data = None if path is None else _bytes(path, files.problems, where)
    if path is None or data is None:
        return
    name = files.name_of(path)
    files.read[name] = hashlib.sha256(data).hexdigest()
    number = found = 0
    # Bytes are split at line feeds alone: text has other breaks, which rows may hold.
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not line.strip():
            continue
        found += 1
        row, document = _row(line, Line(name, number), files.problems)
        if row is not None:
            yield row, Place(document, place.folder, ())
    if not found and not entry.allow_empty:
        files.problems.add(
            where,
            f"{entry.index!r} has no row",
            "write one sample a line, or write allow_empty: true",
        )


def _bytes(path: Path, problems: Problems, where: Where) -> bytes | None:
    if path.suffix != SUFFIX:
        problems.add(
            where,
            f"{path.name!r} is no index that dsac can read",
            "write a .jsonl file, one JSON object a line",
        )
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        problems.add(
            where, f"{path.name} can't be read: {error.strerror}", "check the path"
        )
        return None


def _row(
    line: bytes, text: Line, problems: Problems
) -> tuple[SampleEntry | None, Document]:
    """Read a row; None, and every problem of it, where it is wrong."""
    document = Document(text, None)
    try:
        return ROW.decode(line), document
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        before = len(problems.found)
        _explain(line, text, problems)
        if len(problems.found) == before:
            # Python's own parser takes more than JSON: NaN, halves of characters.
            problems.add(text.position(0), f"broken JSON: {error}", "mend the line")
    return None, document


def _explain(line: bytes, text: Line, problems: Problems) -> None:
    """Find what is wrong with a row; the fast way stops at the first mistake."""
    try:
        found: Json = json.loads(line, object_pairs_hook=_map)
    except json.JSONDecodeError as error:
        where = text.position(error.pos)
        problems.add(where, f"broken JSON: {error.msg}", "mend the line")
    except (ValueError, RecursionError):
        return
    else:
        document = Document(text, found)
        convert(SampleEntry, found, document=document, path=(), problems=problems)


def _map(pairs: list[tuple[str, Json]]) -> Map:
    found = Map(pairs)
    found.marks = [0] * (2 * len(found))
    return found
