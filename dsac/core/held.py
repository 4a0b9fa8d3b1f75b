"""Samples of a manifest that are in memory, numbered like those that are not."""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet

from dsac.core.many import Stored
from dsac.core.resources import (
    DesiredSample,
    Samples,
    label_count,
    labelsets_in,
)


class Held(Stored):
    """Samples that are in memory, numbered in the order of their names."""

    def __init__(self, rows: tuple[DesiredSample, ...]) -> None:
        self._rows = rows
        self._numbers = {row.sample.name: at for at, row in enumerate(rows)}

    @property
    def labelsets(self) -> frozenset[str]:
        """The label sets in which any of them has a label."""
        return labelsets_in(self._rows)

    @property
    def label_count(self) -> int:
        """How many labels they have."""
        return label_count(self._rows)

    @property
    def names(self) -> AbstractSet[str]:
        """The names of all samples, in the order of their numbers."""
        return self._numbers.keys()

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[DesiredSample]:
        return iter(self._rows)

    def numbers(self, names: Iterable[str]) -> list[int]:
        """Give a number for each name, -1 for no sample."""
        return [self._numbers.get(name, -1) for name in names]

    def fingerprints(self, numbers: Sequence[int]) -> list[int]:
        """Give none: what is in memory is compared as it is."""
        return [0 for _ in numbers]

    def find(self, name: str) -> DesiredSample | None:
        """Give the sample of a name, None where there is none."""
        number = self._numbers.get(name)
        return None if number is None else self._rows[number]

    def stated(self, name: str) -> DesiredSample | None:
        """Give the sample of a name, None where there is none."""
        return self.find(name)

    def unmarked(self, marks: Sequence[int]) -> Iterator[DesiredSample]:
        """Yield those whose number has no mark."""
        return (row for row, mark in zip(self._rows, marks, strict=False) if not mark)


def numbered(rows: Samples | None) -> Stored:
    """Give samples by numbers, whether they are in memory or not."""
    return rows if isinstance(rows, Stored) else Held(tuple(rows or ()))
