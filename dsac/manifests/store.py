"""Keeps the samples of large indexes on disk, and finds them there by name.

In memory stay a name and a number for each. The rest lies in a file without a name,
which is gone with the process; it is read in blocks where samples are asked for in
the order in which they came, as listings tend to, and one by one elsewhere.
"""

import os
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import accumulate, islice, repeat
from operator import itemgetter
from typing import IO, Self

import msgspec
from msgspec import UnsetType

from dsac.core.many import Stored, fingerprints
from dsac.core.resources import DesiredSample, Label, Sample
from dsac.core.values import Json, Tree, Upload
from dsac.errors import Position
from dsac.manifests.spool import spool_of, writable
from dsac.manifests.stored_rows import (
    FILE,
    PLAIN,
    Kept,
    Object,
    Row,
    Scalars,
    are_plain,
    plain_rows,
)

BLOCK = 1 << 18
"""So many bytes are written, and read in advance, at a time."""

FEW = 4 << 20
"""Up to so many bytes of samples of indexes are kept in memory after all."""

_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Kept)


class SampleStore(Stored):
    """Samples on disk, in the order in which they were added."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._order: list[str] = []
        self._next = 0
        self._lines = array("I")
        self._files: list[tuple[int, str]] = []
        self._segments: list[tuple[int, bool]] = []
        self._offsets = array("Q", [0])
        self._prints = array("q")
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._labelsets: set[str] = set()
        self._label_count = 0
        self._spool: IO[bytes] | None = None
        self._block: Sequence[Row] = ()
        self._start = 0
        self._digests: Mapping[Upload, str] = {}

    @property
    def labelsets(self) -> frozenset[str]:
        """The label sets in which any of them has a label."""
        return frozenset(self._labelsets)

    @property
    def label_count(self) -> int:
        """How many labels they have."""
        return self._label_count

    @property
    def names(self) -> AbstractSet[str]:
        """The names of all samples, in the order of their numbers."""
        return self._numbers.keys()

    def __len__(self) -> int:
        return len(self._numbers)

    def add(self, row: Kept, where: Position) -> Position | None:
        """Take a sample; give where the first of its name stands, if there is one."""
        number = len(self._order)
        if not self._number((row.name,)):
            return self.position(self._numbers[row.name])
        self._note(where.file, number)
        self._lines.append(where.line)
        self._prints.append(0)
        line = _ENCODER.encode(row) + b"\n"
        self._waiting.append(line)
        self._waiting_bytes += len(line)
        if row.labels:
            self._labelsets.update(row.labels)
            self._label_count += len(row.labels)
        if self._waiting_bytes >= BLOCK:
            self._write()
        return None

    def add_plain(self, lines: Sequence[bytes], file: str, line: int) -> bool:
        """Take lines of an index, if all of them are plain and new, or none.

        Args:
            lines: The lines, as they stand in the file.
            file: The file.
            line: The number of the first of them.
        """
        data = b"".join(lines)
        rows, simple = plain_rows(data)
        names = [row.name for row in rows]
        images = [row.image for row in rows]
        if len(lines) != len(rows) or not are_plain(data, rows, names, images):
            return False
        self._write()
        number = len(self._order)
        if not self._number(names):
            return False
        self._note(file, number)
        self._lines.extend(range(line, line + len(names)))
        *others, last = lines
        ended = last if last.endswith(b"\n") else last + b"\n"
        self._append([*others, ended], number, plain=True)
        metadata = [row.metadata or {} for row in rows]
        prints = fingerprints(images, metadata) if simple else repeat(0, len(rows))
        self._prints.extend(prints)
        return True

    def _number(self, names: Sequence[str]) -> bool:
        """Give names the next numbers, if all of them are new, or none."""
        first = len(self._order)
        wanted = range(first, first + len(names))
        found = map(self._numbers.setdefault, names, wanted)
        if [*found] == [*wanted]:
            self._order.extend(names)
            return True
        for name in names:
            if self._numbers.get(name, -1) >= first:
                del self._numbers[name]
        return False

    def _note(self, file: str, number: int) -> None:
        if not self._files or self._files[-1][1] != file:
            self._files.append((number, file))

    def position(self, number: int) -> Position:
        """Give where a sample was written, by its number."""
        file = next(name for first, name in reversed(self._files) if first <= number)
        return Position(file, self._lines[number], 1)

    def _write(self) -> None:
        """Write down what waits for it."""
        if self._waiting:
            number = len(self._numbers) - len(self._waiting)
            self._append(self._waiting, number, plain=False)
            self._waiting.clear()
            self._waiting_bytes = 0

    def _append(self, lines: Sequence[bytes], number: int, *, plain: bool) -> None:
        with writable():
            if self._spool is None:
                self._spool = spool_of(self)
            self._spool.write(b"".join(lines))
        if not self._segments or self._segments[-1][1] != plain:
            self._segments.append((number, plain))
        ends = accumulate(map(len, lines), initial=self._offsets[-1])
        self._offsets.extend(islice(ends, 1, None))

    def finish(self) -> tuple[DesiredSample, ...] | Self:
        """End the writing; few samples are given as they are."""
        self._write()
        if self._spool is None:
            return ()
        with writable():
            self._spool.flush()
        self._prints.append(0)  # that of what is not there: the last one
        return tuple(self) if self._offsets[-1] <= FEW else self

    def digest(self, digests: Mapping[Upload, str]) -> None:
        """Take the digests of the local files, which are known last."""
        self._digests = digests

    def numbers(self, names: Iterable[str]) -> Sequence[int]:
        """Give a number for each name, in the order of the indexes; -1 for none."""
        asked = [*names]
        first, end = self._next, self._next + len(asked)
        # Listings tend to have the order of the index: what comes next is guessed.
        if self._order[first:end] == asked:
            self._next = end
            return range(first, end)
        get = self._numbers.get
        found = [get(name, -1) for name in asked]
        self._next = found[-1] + 1
        return found

    def fingerprints(self, numbers: Sequence[int]) -> list[int]:
        """Give 64 bits that stand for each sample; 0 where one states odd things."""
        prints = self._prints
        if isinstance(numbers, range):
            return prints[numbers.start : numbers.stop].tolist()
        return [prints[number] for number in numbers]

    def stated(self, name: str) -> Row | None:
        """Give what was said of a sample as it lies on disk; None if there is none."""
        number = self._numbers.get(name)
        if number is None:
            return None
        place = number - self._start
        if 0 <= place < len(self._block):
            return self._block[place]
        if place != len(self._block):
            # What follows is likely to be asked for next, unless the order is another.
            self._start, self._block = number + 1, ()
            return self._one(number)
        self._start, self._block = number, self._read(number)
        return self._block[0]

    def _one(self, number: int) -> Row:
        decoder = PLAIN if self._segment(number)[1] else _DECODER
        return decoder.decode(self._bytes(number, number + 1))

    def _read(self, number: int) -> Sequence[Row]:
        last, plain = self._segment(number)
        full = bisect_left(self._offsets, self._offsets[number] + BLOCK)
        data = self._bytes(number, min(max(full, number + 1), last))
        return PLAIN.decode_lines(data) if plain else _DECODER.decode_lines(data)

    def _segment(self, number: int) -> tuple[int, bool]:
        """Tell how far the samples are in the form of this one, and whether plain."""
        at = bisect_right(self._segments, number, key=itemgetter(0))
        ends = self._segments[at][0] if at < len(self._segments) else len(self)
        return ends, self._segments[at - 1][1]

    def _bytes(self, first: int, last: int) -> bytes:
        assert self._spool is not None  # noqa: S101 - made before the first is written
        start, end = self._offsets[first], self._offsets[last]
        return os.pread(self._spool.fileno(), end - start, start)

    def find(self, name: str) -> DesiredSample | None:
        """Give the sample of a name, None where there is none."""
        row = self.stated(name)
        return None if row is None else self._desired(row)

    def __iter__(self) -> Iterator[DesiredSample]:
        return self.unmarked(bytes(len(self)))

    def unmarked(self, marks: Sequence[int]) -> Iterator[DesiredSample]:
        """Yield those whose number has no mark, in the order of their names."""
        found = self._numbers.items()
        for _, number in sorted(item for item in found if not marks[item[1]]):
            yield self._desired(self._one(number))

    def _desired(self, row: Row) -> DesiredSample:
        return DesiredSample(
            sample=Sample(
                name=row.name,
                attributes=self._filled(row, row.attributes),
                metadata=_json(row.metadata),
                priority=row.priority,
                assigned_labeler=row.assigned_labeler,
                assigned_reviewer=row.assigned_reviewer,
                readme=row.readme,
            ),
            labels={
                labelset: Label(
                    status=label.status,
                    attributes=self._filled(row, label.attributes),
                    score=label.score,
                )
                for labelset, label in row.labels.items()
            },
        )

    def _filled(self, row: Row, found: Object | UnsetType) -> Object | UnsetType:
        """Put the files back where they stood, with their digests."""
        if isinstance(found, UnsetType) or not row.files:
            return found
        return {key: self._with_files(item) for key, item in found.items()}

    def _with_files(self, value: Json) -> Tree:
        if isinstance(value, dict):
            if FILE in value:
                return self._file(value[FILE])
            return {key: self._with_files(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._with_files(item) for item in value]
        return value

    def _file(self, parts: Tree) -> Upload:
        upload = msgspec.convert(parts, Upload)
        return msgspec.structs.replace(
            upload, sha256=self._digests.get(upload, upload.sha256)
        )


def _json(metadata: Scalars | Object | UnsetType | None) -> Object | UnsetType | None:
    return metadata
