"""Operations: one call of the API each, as data; what they are for, no more.

A file that is still to be uploaded stands in a body as an `Upload`; who performs the
operation puts the URL there, and writes the marker from what `Mark` remembers.
"""

from collections.abc import Iterator

import msgspec
from msgspec import UnsetType

from dsac.core.resources import (
    Address,
    Collaborator,
    Dataset,
    Kind,
    Label,
    Labelset,
    Release,
    Sample,
    attributes_of,
)
from dsac.core.values import Json, Tree, Upload, has_uploads, same, uploads


class Mark(msgspec.Struct, frozen=True):
    """Attributes as a manifest states them, and as they are sent.

    Where `stated` has a file, `placed` has its URL, or the file if it is to go up.
    """

    stated: Tree
    placed: Tree


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """What the marker of a sample shall say; labels by label set."""

    project: str
    dataset: str
    sample: Mark | None = None
    labels: dict[str, Mark] = {}


class MetadataChange(msgspec.Struct, frozen=True):
    """Keys to set and keys to drop in metadata that is read just before."""

    put: dict[str, Json] = {}
    drop: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.put or self.drop)


class UploadFile(msgspec.Struct, frozen=True):
    """Upload one file as an asset."""

    upload: Upload


class CreateDataset(msgspec.Struct, frozen=True):
    """Create a dataset; marked for the project unless that is empty."""

    dataset: Dataset
    project: str


class UpdateDataset(msgspec.Struct, frozen=True, kw_only=True):
    """Change the fields of a dataset that are set in `fields`."""

    fields: Dataset
    metadata: MetadataChange
    project: str


class DeleteDataset(msgspec.Struct, frozen=True):
    """Delete a dataset with all that is in it."""

    dataset: str


class CreateLabelset(msgspec.Struct, frozen=True):
    """Create a label set."""

    dataset: str
    labelset: Labelset


class DeleteLabelset(msgspec.Struct, frozen=True):
    """Delete a label set with its labels."""

    dataset: str
    name: str


class PutCollaborator(msgspec.Struct, frozen=True):
    """Add a collaborator, or change the role of one who is there."""

    dataset: str
    collaborator: Collaborator
    exists: bool


class RemoveCollaborator(msgspec.Struct, frozen=True):
    """Remove a collaborator."""

    dataset: str
    user: str


class CreateRelease(msgspec.Struct, frozen=True):
    """Create a release."""

    dataset: str
    release: Release


class DeleteRelease(msgspec.Struct, frozen=True):
    """Delete a release."""

    dataset: str
    name: str


class NewSample(msgspec.Struct, frozen=True):
    """One sample of a bulk creation; without marks where markers are off.

    `replaces` is the uuid of the sample of that name that must be gone by then.
    """

    sample: Sample
    marks: Marks | None
    replaces: str = ""


class CreateSamples(msgspec.Struct, frozen=True):
    """Create samples in one call; those whose names exist are not touched."""

    dataset: str
    samples: tuple[NewSample, ...]


class UpdateSample(msgspec.Struct, frozen=True, kw_only=True):
    """Change the fields of a sample that are set in `fields`.

    `fields.name` is the name that it has afterwards; `renamed` says that it is new, and
    `behind` names the sample that had it before and must have been renamed first.
    """

    dataset: str
    uuid: str
    renamed: bool
    behind: str = ""
    fields: Sample
    metadata: MetadataChange
    marks: Marks | None


class PutLabel(msgspec.Struct, frozen=True, kw_only=True):
    """Write the label of a sample; `uuid` is empty where the sample is new."""

    dataset: str
    sample: str
    uuid: str
    labelset: str
    label: Label


class DeleteLabel(msgspec.Struct, frozen=True, kw_only=True):
    """Delete the label of a sample."""

    dataset: str
    sample: str
    uuid: str
    labelset: str


class DeleteSamples(msgspec.Struct, frozen=True):
    """Delete samples in one call; (uuid, name) pairs, at most 1000.

    Those that are made anew afterwards are in `anew`, by uuid, with the files that
    this takes: without them they must not go.
    """

    dataset: str
    samples: tuple[tuple[str, str], ...]
    anew: dict[str, tuple[Upload, ...]] = {}


Operation = (
    UploadFile
    | CreateDataset
    | UpdateDataset
    | DeleteDataset
    | CreateLabelset
    | DeleteLabelset
    | PutCollaborator
    | RemoveCollaborator
    | CreateRelease
    | DeleteRelease
    | CreateSamples
    | UpdateSample
    | PutLabel
    | DeleteLabel
    | DeleteSamples
)


def addresses(operation: Operation) -> tuple[Address, ...]:
    """Name the resources that an operation writes; none for an upload."""
    found: tuple[Address, ...]
    match operation:
        case UploadFile():
            found = ()
        case CreateDataset(dataset=dataset) | UpdateDataset(fields=dataset):
            found = (Address.of_dataset(dataset.name),)
        case DeleteDataset(dataset=name):
            found = (Address.of_dataset(name),)
        case CreateSamples(dataset=name, samples=samples):
            kind = Kind.SAMPLE
            found = tuple([Address(kind, name, new.sample.name) for new in samples])
        case DeleteSamples(dataset=name, samples=pairs):
            found = tuple(Address.of_sample(name, sample) for _, sample in pairs)
        case UpdateSample(dataset=name, fields=fields):
            found = (Address.of_sample(name, fields.name),)
        case (
            PutLabel(dataset=name, sample=sample, labelset=labelset)
            | DeleteLabel(dataset=name, sample=sample, labelset=labelset)
        ):
            found = (Address.label(name, sample, labelset),)
        case _:
            found = (_part(operation),)
    return found


Part = (
    CreateLabelset
    | DeleteLabelset
    | PutCollaborator
    | RemoveCollaborator
    | CreateRelease
    | DeleteRelease
)


def _part(operation: Part) -> Address:
    match operation:
        case CreateLabelset(labelset=labelset):
            kind, name = Kind.LABELSET, labelset.name
        case DeleteLabelset(name=name):
            kind = Kind.LABELSET
        case PutCollaborator(collaborator=collaborator):
            kind, name = Kind.COLLABORATOR, collaborator.user
        case RemoveCollaborator(user=name):
            kind = Kind.COLLABORATOR
        case CreateRelease(release=release):
            kind, name = Kind.RELEASE, release.name
        case _:
            kind, name = Kind.RELEASE, operation.name
    return Address(kind, operation.dataset, "", name)


def needs(operation: Operation) -> tuple[Address, ...]:
    """Name the resources that must be there before an operation can succeed."""
    if isinstance(operation, UploadFile | CreateDataset):
        return ()
    if isinstance(operation, UpdateDataset):
        return ()
    dataset = Address.of_dataset(operation.dataset)
    if isinstance(operation, PutLabel | DeleteLabel):
        return (
            dataset,
            Address(Kind.LABELSET, operation.dataset, "", operation.labelset),
            Address.of_sample(operation.dataset, operation.sample),
        )
    if isinstance(operation, UpdateSample) and operation.behind:
        return (dataset, Address.of_sample(operation.dataset, operation.behind))
    return (dataset,)


def files(operation: Operation) -> Iterator[Upload]:
    """List the files whose URLs an operation can't do without."""
    match operation:
        case CreateSamples(samples=samples):
            for new in samples:
                yield from files_of(new.sample)
        case UpdateSample(fields=fields):
            yield from files_of(fields)
        case PutLabel(label=label):
            yield from files_of(label)
        case _:
            return


def files_of(resource: Sample | Label) -> Iterator[Upload]:
    """List the files in the attributes of a sample or label."""
    attributes = attributes_of(resource)
    if not has_uploads(attributes):
        return iter(())
    return (upload for _, upload in uploads(attributes))


def metadata_change(
    before: dict[str, Json] | UnsetType | None,
    after: dict[str, Json] | UnsetType | None,
) -> MetadataChange:
    """Tell which keys of metadata to set and which to drop."""
    if isinstance(after, UnsetType):
        return MetadataChange()
    old = before if isinstance(before, dict) else {}
    new = after if isinstance(after, dict) else {}
    return MetadataChange(
        put={k: v for k, v in new.items() if k not in old or not same(old[k], v)},
        drop=tuple(sorted(old.keys() - new.keys())),
    )
