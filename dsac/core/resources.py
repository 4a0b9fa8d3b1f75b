"""What dsac manages, as values: both sides of a plan are made of these."""

import enum
import re
from collections.abc import Iterator, Sequence
from typing import ClassVar
from urllib.parse import unquote

import msgspec
from msgspec import UNSET, UnsetType

from dsac.core.many import Many
from dsac.core.marker import Marker
from dsac.core.values import Json, Tree

GROUND_TRUTH = "ground-truth"
"""The label set that every dataset has."""

PRELABELED = "PRELABELED"
"""The status of a label that no person has worked on."""

LABELED = "LABELED"
"""The status of a label that a person made."""


class Kind(enum.StrEnum):
    """The kinds of resources, in the order in which addresses sort."""

    DATASET = "dataset"
    LABELSET = "labelset"
    COLLABORATOR = "collaborator"
    SAMPLE = "sample"
    LABEL = "label"
    RELEASE = "release"


_RANK = {
    Kind.DATASET: 0,
    Kind.LABELSET: 1,
    Kind.COLLABORATOR: 2,
    Kind.SAMPLE: 3,
    Kind.LABEL: 3,  # a label stands behind its sample
    Kind.RELEASE: 4,
}
_SIGN = {Kind.LABELSET: "@", Kind.COLLABORATOR: "+", Kind.RELEASE: "#"}
_OF_SAMPLES = {Kind.SAMPLE, Kind.LABEL}
_NAMED = {Kind.LABEL, *_SIGN}
_RESERVED = "%@:#+*?["
_MEANS_SOMETHING = re.compile(f"[{re.escape(_RESERVED)}]").search


class Address(msgspec.Struct, frozen=True):
    """The name of one resource, for people and for globs.

    >>> str(Address.label("jane/flowers", "violet.jpg", "ground-truth"))
    'jane/flowers:violet.jpg@ground-truth'
    """

    kind: Kind
    dataset: str
    sample: str = ""
    name: str = ""

    @classmethod
    def of_dataset(cls, dataset: str) -> "Address":
        """Address a dataset by its full name, owner/name."""
        return cls(Kind.DATASET, dataset)

    @classmethod
    def of_sample(cls, dataset: str, sample: str) -> "Address":
        """Address a sample by its name within a dataset."""
        return cls(Kind.SAMPLE, dataset, sample)

    @classmethod
    def label(cls, dataset: str, sample: str, labelset: str) -> "Address":
        """Address the label of a sample in a label set."""
        return cls(Kind.LABEL, dataset, sample, labelset)

    @property
    def order(self) -> tuple[str, int, str, str]:
        """The key by which changes are listed: dataset, kind, names."""
        return (self.dataset, _RANK[self.kind], self.sample, self.name)

    def __str__(self) -> str:
        dataset, sample, name = self.dataset, self.sample, self.name
        if _MEANS_SOMETHING(dataset + sample + name):
            dataset, sample, name = quote(dataset), quote(sample), quote(name)
        if sample:
            return f"{dataset}:{sample}@{name}" if name else f"{dataset}:{sample}"
        return f"{dataset}{_SIGN.get(self.kind, '@')}{name}" if name else dataset

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read an address as `str` writes it.

        Raises:
            ValueError: the text names no dataset as owner/name, or nothing in it.
        """
        address = cls._parse(text)
        if (address.kind in _OF_SAMPLES and not address.sample) or (
            address.kind in _NAMED and not address.name
        ):
            raise ValueError(f"{text!r} does not name a {address.kind}")
        return address

    @classmethod
    def _parse(cls, text: str) -> "Address":
        head, colon, sample = text.partition(":")
        if colon:
            name, at, labelset = sample.partition("@")
            kind = Kind.LABEL if at else Kind.SAMPLE
            return cls(kind, _dataset(head), unquote(name), unquote(labelset))
        for kind, sign in _SIGN.items():
            dataset, found, name = text.partition(sign)
            if found:
                return cls(kind, _dataset(dataset), "", unquote(name))
        return cls(Kind.DATASET, _dataset(text))


def _dataset(text: str) -> str:
    owner, slash, name = unquote(text).partition("/")
    if not (owner and slash and name):
        raise ValueError(f"{text!r} does not name a dataset as owner/name")
    return f"{owner}/{name}"


def quote(name: str) -> str:
    """Percent-encode the characters that mean something in addresses and globs."""
    if not _MEANS_SOMETHING(name):
        return name
    return "".join(
        f"%{ord(character):02X}" if character in _RESERVED else character
        for character in name
    )


def sample_addresses(dataset: str, names: Sequence[str]) -> list[str]:
    """Write the addresses of many samples of one dataset.

    >>> sample_addresses("jane/flowers", ["a", "b#1"])
    ['jane/flowers:a', 'jane/flowers:b%231']
    """
    if _MEANS_SOMETHING("".join(names)):
        names = [quote(name) for name in names]
    start = f"{quote(dataset)}:"
    return [start + name for name in names]


class Dataset(msgspec.Struct, frozen=True, kw_only=True):
    """A dataset; fields that the manifest does not state are unset.

    `settings` holds the API's plain fields by their names there (description,
    category, public, readme, enable_* and so on). `metadata` is without the marker;
    None clears it. `prevent_destroy` is kept in the marker, so it is set only where
    a marker is.
    """

    name: str
    task_type: str | UnsetType = UNSET
    task_attributes: dict[str, Tree] | UnsetType = UNSET
    settings: dict[str, Json] = {}
    metadata: dict[str, Json] | UnsetType | None = UNSET
    prevent_destroy: bool | UnsetType = UNSET


class Labelset(msgspec.Struct, frozen=True, kw_only=True):
    """A label set; the API writes its description once, at creation."""

    name: str
    description: str | UnsetType = UNSET


class Collaborator(msgspec.Struct, frozen=True, kw_only=True):
    """A user's role in a dataset."""

    user: str
    role: str


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot of a dataset; made once, never changed."""

    name: str
    description: str | UnsetType = UNSET


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A sample; its name is its identity within the dataset."""

    name: str
    attributes: dict[str, Tree] | UnsetType = UNSET
    metadata: dict[str, Json] | UnsetType | None = UNSET
    priority: float | UnsetType = UNSET
    assigned_labeler: str | UnsetType | None = UNSET
    assigned_reviewer: str | UnsetType | None = UNSET
    readme: str | UnsetType = UNSET


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """The label of a sample in a label set."""

    status: str = PRELABELED
    attributes: dict[str, Tree] | UnsetType = UNSET
    score: float | UnsetType | None = UNSET


def attributes_of(resource: Sample | Label) -> dict[str, Tree]:
    """Give the attributes of a sample or label, empty where none are stated."""
    return {} if isinstance(resource.attributes, UnsetType) else resource.attributes


Resource = Dataset | Labelset | Collaborator | Sample | Label | Release


class DesiredSample(msgspec.Struct, frozen=True, kw_only=True):
    """A sample as the manifest wants it, with its labels by label set."""

    sample: Sample
    labels: dict[str, Label] = {}
    plain: ClassVar[bool] = False

    @property
    def attributes(self) -> dict[str, Tree] | UnsetType:
        """Those of the sample."""
        return self.sample.attributes

    @property
    def metadata(self) -> dict[str, Json] | UnsetType | None:
        """That of the sample."""
        return self.sample.metadata

    @property
    def priority(self) -> float | UnsetType:
        """That of the sample."""
        return self.sample.priority

    @property
    def assigned_labeler(self) -> str | UnsetType | None:
        """That of the sample."""
        return self.sample.assigned_labeler

    @property
    def assigned_reviewer(self) -> str | UnsetType | None:
        """That of the sample."""
        return self.sample.assigned_reviewer

    @property
    def readme(self) -> str | UnsetType:
        """That of the sample."""
        return self.sample.readme


Samples = tuple[DesiredSample, ...] | Many


class DesiredLabelset(msgspec.Struct, frozen=True, kw_only=True):
    """A label set in the manifest, and to whom its labels belong.

    `annotators`: dsac fills gaps and keeps the rest. `manifest`: labels converge.
    """

    labelset: Labelset
    owner: str


class Lifecycle(msgspec.Struct, frozen=True, kw_only=True):
    """What may happen to a dataset's resources; section `lifecycle` of a manifest."""

    prune: str = "owned"
    adopt: str = "changed"
    ignore_changes: tuple[str, ...] = ()
    max_delete_percent: float | None = None
    max_delete_count: int | None = None
    prevent_destroy: bool = True
    marker: bool = True


class Desired(msgspec.Struct, frozen=True, kw_only=True):
    """One dataset as its manifest wants it.

    `samples` is None where the manifest does not manage samples at all. `removed`
    names label sets, collaborators and releases that shall go; `moved` pairs the
    names of a sample before and after.
    """

    dataset: Dataset
    labelsets: tuple[DesiredLabelset, ...] = ()
    collaborators: tuple[Collaborator, ...] = ()
    releases: tuple[Release, ...] = ()
    samples: Samples | None = None
    removed: tuple[Address, ...] = ()
    moved: tuple[tuple[str, str], ...] = ()
    lifecycle: Lifecycle = Lifecycle()

    def owner_of(self, labelset: str) -> str:
        """Tell to whom the labels of a label set belong."""
        for item in self.labelsets:
            if item.labelset.name == labelset:
                return item.owner
        return "annotators" if labelset == GROUND_TRUTH else "manifest"

    def labelsets_read(self) -> tuple[str, ...]:
        """Name the label sets whose labels a plan must read, sorted."""
        wanted = {
            item.labelset.name for item in self.labelsets if item.owner == "manifest"
        }
        return tuple(sorted(wanted | self.labelsets_used()))

    def labelsets_used(self) -> frozenset[str]:
        """Name the label sets in which any sample has a label."""
        return labelsets_in(self.samples)


def label_count(samples: Samples | None) -> int:
    """Count the labels of some samples."""
    if isinstance(samples, Many):
        return samples.label_count
    return sum(len(row.labels) for row in samples or ())


def labelsets_in(samples: Samples | None) -> frozenset[str]:
    """Name the label sets in which any of some samples has a label."""
    if isinstance(samples, Many):
        return samples.labelsets
    return frozenset(name for row in samples or () for name in row.labels)


class RemoteLabel(msgspec.Struct, frozen=True, kw_only=True):
    """A label on the platform, with what tells whose it is."""

    label: Label
    created_by: str | None = None
    updated_by: str | None = None
    reviewed_by: str | None = None
    rating: float | None = None
    updated_at: str | None = None


class Unknown(msgspec.Struct, frozen=True):
    """Stands for a label that a listing should have told of and did not."""


class RemoteSample(msgspec.Struct, frozen=True, kw_only=True):
    """A sample on the platform; `labels` has an entry for each label set read.

    An entry is None where the sample has no label there. Who made the sample, and
    when, is kept only where it was asked for.
    """

    uuid: str
    sample: Sample
    marker: Marker | None = None
    labels: dict[str, RemoteLabel | Unknown | None] = {}
    created_by: str | None = None
    created_at: str | None = None


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """How many samples were seen to be as they should, and are not kept in memory.

    `owned` counts those that are ours, `labels` the labels that agree, `kept` those
    that are people's.
    """

    samples: int = 0
    owned: int = 0
    labels: int = 0
    kept: int = 0


class RemoteDataset(msgspec.Struct, frozen=True, kw_only=True):
    """A dataset on the platform, its samples by name.

    `complete` is false where the listing of samples could not be trusted. `settled`
    counts the samples that are there beside `samples` and need nothing.
    """

    dataset: Dataset
    marker: Marker | None = None
    labelsets: tuple[Labelset, ...] = ()
    collaborators: tuple[Collaborator, ...] = ()
    releases: tuple[Release, ...] = ()
    samples: dict[str, RemoteSample] = {}
    complete: bool = True
    samples_read: bool = True
    settled: Settled = Settled()

    def __iter__(self) -> Iterator[RemoteSample]:
        return iter(self.samples.values())
