"""Keeps the labels of indexes on disk until the samples come that they are of.

In memory stay a name and a number for each. The labels lie in a file without a name, as
samples of large indexes do.
"""

import os
import pickle
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import IO

import msgspec
from msgspec import UNSET, UnsetType

from dsac.core.resources import Label
from dsac.core.values import Tree
from dsac.errors import Position
from dsac.manifests.document import Place, Where
from dsac.manifests.index import read_label_index
from dsac.manifests.index_rows import RowDocument, report_depth
from dsac.manifests.labels import LabelBuilder
from dsac.manifests.problems import Problems, few
from dsac.manifests.schema import LabelIndex
from dsac.manifests.schema_rows import LabelEntry, LabelRow
from dsac.manifests.spool import spool_of, writable
from dsac.manifests.stored_rows import Kept, kept_labels


class Waiting(msgspec.Struct, frozen=True):
    """A label that waits for its sample: the file and the number of its row."""

    file: str
    number: int
    entry: LabelEntry

    @property
    def position(self) -> Position:
        """Where its row stands."""
        return Position(self.file, self.number, 1)


class Source(msgspec.Struct, frozen=True):
    """A label index, where a manifest has it, and which labels are of it."""

    index: LabelIndex
    place: Place
    first: int
    end: int


class WaitingLabels:
    """The labels of all indexes of one document.

    Args:
        builder: Builds labels, and takes what is wrong.
        sources: The indexes by label set.
        place: Where they are written.
    """

    def __init__(
        self,
        builder: LabelBuilder,
        sources: Mapping[str, Sequence[tuple[int, LabelIndex]]],
        place: Place,
    ) -> None:
        self._builder = builder
        self._problems = builder.problems
        self._offsets = array("Q", [0])
        self._spool: IO[bytes] | None = None
        self._numbers: dict[str, dict[str, int]] = {}
        self._twins: list[tuple[str, str, int]] = []
        self._folder = place.folder
        self._sources: list[Source] = []
        for labelset, items in sources.items():
            for number, index in items:
                self._read(labelset, index, place.inside(labelset, number))
        self._flush()
        self._used = bytearray(len(self))

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def _read(self, labelset: str, index: LabelIndex, place: Place) -> None:
        numbers = self._numbers.setdefault(labelset, {})
        first = len(self)
        for row, where in read_label_index(self._builder.files, index, place):
            number, position = len(self), where.at()
            try:
                self._append(Waiting(position.file, position.line, _entry(row, index)))
            except RecursionError:
                report_depth(self._problems, position)
                continue
            if numbers.setdefault(row.name, number) != number:
                self._twins.append((labelset, row.name, number))
        self._sources.append(Source(index, place, first, len(self)))

    def _append(self, waiting: Waiting) -> None:
        # Structs take a hundred times as long as what is built in.
        fields = msgspec.structs.asdict(waiting.entry).items()
        stated = {key: item for key, item in fields if item is not UNSET}
        data = pickle.dumps((waiting.file, waiting.number, stated))
        with writable():
            if self._spool is None:
                self._spool = spool_of(self)
            self._spool.write(data)
        self._offsets.append(self._offsets[-1] + len(data))

    def _flush(self) -> None:
        if self._spool is not None:
            with writable():
                self._spool.flush()

    def _at(self, number: int) -> Waiting:
        assert self._spool is not None  # noqa: S101 - there is a number
        start, end = self._offsets[number], self._offsets[number + 1]
        data = os.pread(self._spool.fileno(), end - start, start)
        file, row, stated = pickle.loads(data)  # noqa: S301 - ourselves wrote it
        return Waiting(file, row, LabelEntry(**stated))

    def of(self, name: str, image: Tree) -> Iterator[tuple[str, Label, Position]]:
        """Yield the labels of a sample, their label sets, and where they are written.

        Args:
            name: The sample.
            image: What it shows; bitmaps must have the size of a local one.
        """
        for labelset, numbers in self._numbers.items():
            number = numbers.get(name)
            if number is None:
                continue
            self._used[number] = True
            waiting = self._at(number)
            label = self._built(waiting, image)
            if label is not None:
                yield labelset, label, waiting.position

    def join(self, row: Kept, where: Position, image: Tree) -> Kept:
        """Give a sample with its labels, as it lies on disk.

        Args:
            row: The sample, with labels of its own or without.
            where: Where it is written.
            image: What it shows.
        """
        files = self._builder.files
        named = files.named
        found: dict[str, Label] = {}
        for labelset, label, position in self.of(row.name, image):
            if labelset in row.labels:
                report_second(self._problems, position, row.name, labelset, where)
            found[labelset] = label
        if not found:
            return row
        has_files = files.named > named
        return msgspec.structs.replace(
            row,
            labels={**row.labels, **kept_labels(found, files=has_files)},
            files=row.files or has_files,
        )

    def _built(self, waiting: Waiting, image: Tree) -> Label | None:
        document = RowDocument(waiting.file, waiting.number)
        place = Place(document, self._folder, ())
        try:
            return self._builder.build(waiting.entry, place, image)
        except RecursionError:
            report_depth(self._problems, place)
        return None

    def finish(self) -> None:
        """Report the labels whose samples did not come, and second ones of a sample."""
        unmatched = [
            (number, name)
            for numbers in self._numbers.values()
            for name, number in numbers.items()
            if not self._used[number]
        ]
        for labelset, name, number in self._twins:
            first = self._numbers[labelset][name]
            if self._used[first]:
                self._problems.add(
                    self._at(number).position,
                    f"a second label of {name!r} in {labelset}, the first one at "
                    f"{self._at(first).position}",
                    "keep one of the two",
                )
            else:
                unmatched.append((number, name))
        unmatched.sort()
        for source in self._sources:
            mine = [item for item in unmatched if source.first <= item[0] < source.end]
            if mine and not source.index.allow_unmatched:
                self._report_unmatched(source, mine)

    def _report_unmatched(
        self, source: Source, unmatched: Sequence[tuple[int, str]]
    ) -> None:
        shown = (f"{name} ({self._at(number).position})" for number, name in unmatched)
        # The samples of files that git does not keep are not known of the past.
        self._problems.add_unmatched(
            source.place.at("index"),
            f"{len(unmatched)} labels are of no sample: {few(shown, len(unmatched))}",
            "add the samples, or write allow_unmatched: true",
        )


def _entry(row: LabelRow, index: LabelIndex) -> LabelEntry:
    """Give the label of a row, with what the index says for all of them."""
    score = UNSET if index.score is None else index.score
    return LabelEntry(
        status=index.status if isinstance(row.status, UnsetType) else row.status,
        score=score if row.score is UNSET else row.score,
        bitmap=row.bitmap,
        annotations=row.annotations,
        attributes=row.attributes,
        verbatim=row.verbatim,
    )


def report_second(
    problems: Problems, where: Where, name: str, labelset: str, own: Where
) -> None:
    """Note a label of a sample that has one already; `own` is where the sample is."""
    problems.add(
        where,
        f"{name!r} has a label in {labelset} already, from another source or its own "
        f"entry at {own}",
        "keep one of the two",
    )
