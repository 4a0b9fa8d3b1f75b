"""The samples of a manifest, however many there are: in memory, or elsewhere."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from msgspec import UnsetType

    from dsac.core.resources import DesiredSample


class StatedLabel(Protocol):
    """What a manifest says of a label, in any form that can be read."""

    @property
    def status(self) -> str:
        """The field of that name."""

    @property
    def attributes(self) -> dict[str, Any] | UnsetType:
        """The field of that name."""

    @property
    def score(self) -> float | UnsetType | None:
        """The field of that name."""


class Stated(Protocol):
    """What a manifest says of a sample, in any form that can be read.

    `plain` says that its attributes hold nothing but texts.
    """

    @property
    def plain(self) -> bool:
        """Whether == tells all of the attributes."""

    @property
    def attributes(self) -> dict[str, Any] | UnsetType:
        """The field of that name."""

    @property
    def metadata(self) -> Mapping[str, Any] | UnsetType | None:
        """The field of that name."""

    @property
    def priority(self) -> float | UnsetType:
        """The field of that name."""

    @property
    def assigned_labeler(self) -> str | UnsetType | None:
        """The field of that name."""

    @property
    def assigned_reviewer(self) -> str | UnsetType | None:
        """The field of that name."""

    @property
    def readme(self) -> str | UnsetType:
        """The field of that name."""

    @property
    def labels(self) -> Mapping[str, StatedLabel]:
        """The field of that name."""


# What `values.canonical` does, made once: millions of rows come by here.
_encode = msgspec.json.Encoder(order="sorted").encode


def fingerprints(urls: Iterable[str], metadata: Iterable[object]) -> list[int]:
    """Give 64 bits that stand for the URL and the metadata of each sample.

    In this process alone: they are keyed anew for each, so that nobody can make two
    that collide.
    """
    return list(map(hash, zip(urls, map(_encode, metadata), strict=True)))


class Many(abc.ABC):
    """Samples of a manifest in the order of their names, in memory or not."""

    @property
    @abc.abstractmethod
    def labelsets(self) -> frozenset[str]:
        """The label sets in which any sample of the manifest has a label."""

    @property
    @abc.abstractmethod
    def label_count(self) -> int:
        """How many labels the samples have that are here."""

    @abc.abstractmethod
    def __len__(self) -> int: ...

    @abc.abstractmethod
    def __iter__(self) -> Iterator[DesiredSample]: ...


class Stored(Many):
    """Samples of a manifest that are too many to be in memory."""

    @property
    @abc.abstractmethod
    def names(self) -> AbstractSet[str]:
        """The names of all samples, in the order of their numbers."""

    @abc.abstractmethod
    def find(self, name: str) -> DesiredSample | None:
        """Give the sample of a name, None where there is none."""

    @abc.abstractmethod
    def numbers(self, names: Iterable[str]) -> Sequence[int]:
        """Give a number below the count of samples for each name, -1 for no sample."""

    @abc.abstractmethod
    def fingerprints(self, numbers: Sequence[int]) -> list[int]:
        """Give the fingerprints of what samples state: the image's URL and metadata.

        0 where one states something else, and for -1.
        """

    @abc.abstractmethod
    def stated(self, name: str) -> Stated | None:
        """Give what `find` does, in whatever form it has."""

    @abc.abstractmethod
    def unmarked(self, marks: Sequence[int]) -> Iterator[DesiredSample]:
        """Yield those whose number has no mark, in the order of their names."""


class Rest(Many):
    """What is left of a manifest's samples when those that agree are taken out."""

    def __init__(
        self, rows: tuple[DesiredSample, ...], labelsets: frozenset[str]
    ) -> None:
        self._rows = rows
        self._labelsets = labelsets

    @property
    def labelsets(self) -> frozenset[str]:
        """The label sets in which any sample of the manifest has a label."""
        return self._labelsets

    @property
    def label_count(self) -> int:
        """How many labels those have that are left."""
        return sum(len(row.labels) for row in self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[DesiredSample]:
        return iter(self._rows)
