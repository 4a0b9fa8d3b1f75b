"""Keeps the samples of large indexes on disk, and finds them there by name.

In memory stay a name and a number for each. The rest lies in a file without a name,
which is gone with the process; it is read in blocks where samples are asked for in
the order in which they came, as listings tend to, and one by one elsewhere.
"""

import os
import tempfile
import weakref
from array import array
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import IO, Any, Self

import msgspec
from msgspec import UNSET, UnsetType

from dsac.core.resources import DesiredSample, Label, Sample, Stored
from dsac.core.values import Json, Tree, Upload, replace_uploads, uploads
from dsac.errors import Position
from dsac.manifests.document import Place

BLOCK = 1000
"""So many samples are written, and read in advance, at a time."""

FEW = 10_000
"""Up to so many samples of indexes are kept in memory after all."""

FILE = "\0"
"""The key that stands for a local file; no name of anything has that character."""

Object = dict[str, Any]  # attributes and metadata are any JSON


class KeptLabel(msgspec.Struct, omit_defaults=True):
    """A label as it lies on disk."""

    status: str
    attributes: Object | UnsetType = UNSET
    score: int | float | UnsetType | None = UNSET


class Kept(msgspec.Struct, omit_defaults=True, kw_only=True):
    """A sample as it lies on disk; `files` says that local files stand in it."""

    name: str
    attributes: Object | UnsetType = UNSET
    metadata: Object | UnsetType | None = UNSET
    priority: int | float | UnsetType = UNSET
    assigned_labeler: str | UnsetType | None = UNSET
    assigned_reviewer: str | UnsetType | None = UNSET
    readme: str | UnsetType = UNSET
    labels: dict[str, KeptLabel] = {}
    files: bool = False


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Kept)


class SampleStore(Stored):
    """Samples on disk, in the order in which they were added."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._lines = array("I")
        self._files: list[tuple[int, str]] = []
        self._offsets = array("Q", [0])
        self._waiting: list[Kept] = []
        self._labelsets: set[str] = set()
        self._spool: IO[bytes] | None = None
        self._block: list[Kept] = []
        self._start = 0
        self._digests: Mapping[Upload, str] = {}

    @property
    def labelsets(self) -> frozenset[str]:
        """The label sets in which any of them has a label."""
        return frozenset(self._labelsets)

    @property
    def names(self) -> AbstractSet[str]:
        """The names of all samples."""
        return self._numbers.keys()

    def __len__(self) -> int:
        return len(self._numbers)

    def add(self, row: Kept, place: Place) -> Position | None:
        """Take a sample; give where the first of its name stands, if there is one."""
        number = len(self._numbers)
        twin = self._numbers.setdefault(row.name, number)
        if twin != number:
            return self.position(twin)
        where = place.at()
        if not self._files or self._files[-1][1] != where.file:
            self._files.append((number, where.file))
        self._lines.append(where.line)
        self._waiting.append(row)
        if row.labels:
            self._labelsets.update(row.labels)
        if len(self._waiting) >= (FEW if self._spool is None else BLOCK):
            self._write()
        return None

    def position(self, number: int) -> Position:
        """Give where a sample was written, by its number."""
        file = next(name for first, name in reversed(self._files) if first <= number)
        return Position(file, self._lines[number], 1)

    def _write(self) -> None:
        if self._spool is None:
            self._spool = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as this
            weakref.finalize(self, self._spool.close)
        data = _ENCODER.encode_lines(self._waiting)
        self._spool.write(data)
        offset = self._offsets[-1]
        for line in data.splitlines(keepends=True):
            offset += len(line)
            self._offsets.append(offset)
        self._waiting.clear()

    def finish(self) -> tuple[DesiredSample, ...] | Self:
        """End the writing; few samples are given as they are."""
        if self._spool is None:
            rows = map(self._desired, self._waiting)
            return tuple(sorted(rows, key=lambda row: row.sample.name))
        self._write()
        self._spool.flush()
        return self

    def digest(self, digests: Mapping[Upload, str]) -> None:
        """Take the digests of the local files, which are known last."""
        self._digests = digests

    def stated(self, name: str) -> Kept | None:
        """Give what was said of a sample as it lies on disk; None if there is none."""
        number = self._numbers.get(name)
        if number is None:
            return None
        if not 0 <= number - self._start < len(self._block):
            if number != self._start + len(self._block):
                return self._one(number)
            self._read(number)
        return self._block[number - self._start]

    def _one(self, number: int) -> Kept:
        start, end = self._offsets[number], self._offsets[number + 1]
        # What follows is likely to be asked for next, unless the order is another.
        self._start, self._block = number + 1, []
        return _DECODER.decode(self._bytes(start, end))

    def _read(self, number: int) -> None:
        last = min(number + BLOCK, len(self._numbers))
        data = self._bytes(self._offsets[number], self._offsets[last])
        self._start, self._block = number, _DECODER.decode_lines(data)

    def _bytes(self, start: int, end: int) -> bytes:
        assert self._spool is not None  # noqa: S101 - made before the first sample is out
        return os.pread(self._spool.fileno(), end - start, start)

    def find(self, name: str) -> DesiredSample | None:
        """Give the sample of a name, None where there is none."""
        row = self.stated(name)
        return None if row is None else self._desired(row)

    def __iter__(self) -> Iterator[DesiredSample]:
        return self.without(frozenset())

    def without(self, names: AbstractSet[str]) -> Iterator[DesiredSample]:
        """Yield those that are none of these, in the order of their names."""
        for name in sorted(name for name in self._numbers if name not in names):
            yield self._desired(self._one(self._numbers[name]))

    def _desired(self, row: Kept) -> DesiredSample:
        return DesiredSample(
            sample=Sample(
                name=row.name,
                attributes=self._filled(row, row.attributes),
                metadata=row.metadata,
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

    def _filled(self, row: Kept, found: Object | UnsetType) -> Object | UnsetType:
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


def kept(row: DesiredSample) -> Kept:
    """Write a sample down as it lies on disk."""
    sample = row.sample
    trees = [sample.attributes, *(label.attributes for label in row.labels.values())]
    files = any(next(uploads(tree), None) for tree in trees if tree is not UNSET)
    return Kept(
        name=sample.name,
        attributes=_without_files(sample.attributes),
        metadata=sample.metadata,
        priority=sample.priority,
        assigned_labeler=sample.assigned_labeler,
        assigned_reviewer=sample.assigned_reviewer,
        readme=sample.readme,
        labels={
            labelset: KeptLabel(
                status=label.status,
                attributes=_without_files(label.attributes),
                score=label.score,
            )
            for labelset, label in row.labels.items()
        },
        files=files,
    )


def _without_files(attributes: dict[str, Tree] | UnsetType) -> Object | UnsetType:
    if isinstance(attributes, UnsetType):
        return UNSET
    return {
        key: replace_uploads(
            item, lambda _, upload: {FILE: msgspec.to_builtins(upload)}, (key,)
        )
        for key, item in attributes.items()
    }
