"""From changes to operations: which calls, in which order.

    dataset                                     create, update
      label sets, collaborators                 create, roles
        per batch of 1000 samples:
          uploads                               each file once
          renames                               chains last first
          bulk creates, sample updates          in parallel
          labels                                put, then delete
        removals                                collaborators
      sample deletes                            when all batches are through
      label set deletes
      releases                                  create, delete, of all or not at all
    dataset deletes

Operations of one level are independent of each other; a level starts when the one
before it has ended. Pure: rehearsing and explaining a plan costs nothing.
"""

import enum
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

import msgspec
from msgspec import UNSET, structs

from dsac.core.change import Change
from dsac.core.moves import waves
from dsac.core.operations import (
    CreateDataset,
    CreateLabelset,
    CreateRelease,
    CreateSamples,
    DeleteDataset,
    DeleteLabel,
    DeleteLabelset,
    DeleteRelease,
    DeleteSamples,
    Mark,
    Marks,
    NewSample,
    Operation,
    PutCollaborator,
    PutLabel,
    RemoveCollaborator,
    UpdateDataset,
    UpdateSample,
    UploadFile,
    files,
    metadata_change,
)
from dsac.core.plan import Plan
from dsac.core.resources import (
    Collaborator,
    Dataset,
    Kind,
    Label,
    Labelset,
    Release,
    Sample,
    attributes_of,
)
from dsac.core.values import Upload, same, uploads

BATCH = 1000
"""So many samples are created, labelled and verified before the next are begun."""

BULK = 1000
"""So many samples go into one bulk call, the limit of the platform's bulk delete."""


class Step(enum.StrEnum):
    """The levels, by the name that progress shows."""

    DATASETS = "datasets"
    PARTS = "label sets and collaborators"
    UPLOADS = "uploads"
    RENAMES = "renames"
    SAMPLES = "samples"
    LABELS = "labels"
    LABEL_DELETES = "label deletes"
    SAMPLE_DELETES = "sample deletes"
    LABELSET_DELETES = "label set deletes"
    RELEASES = "releases"
    DATASET_DELETES = "dataset deletes"


DELETES = frozenset(
    {
        Step.SAMPLE_DELETES,
        Step.LABELSET_DELETES,
        Step.RELEASES,
        Step.DATASET_DELETES,
    }
)
"""The levels that are skipped as soon as anything before them failed.

What is deleted is lost, and what is released is never changed again.
"""


class Level(msgspec.Struct, frozen=True):
    """Operations that may run at the same time."""

    step: Step
    operations: tuple[Operation, ...]


def lower(plan: Plan) -> Iterator[Level]:
    """Yield the levels of a plan, empty ones left out; held changes have none."""
    changes = plan.to_do
    for level in _levels(plan.project, changes):
        if level.operations:
            yield level


def _levels(project: str, changes: Sequence[Change]) -> Iterator[Level]:
    yield Level(Step.DATASETS, tuple(_datasets(project, changes)))
    yield Level(Step.PARTS, tuple(_parts(changes)))
    seen: set[Upload] = set()
    for batch in _batches(changes):
        yield from _batch(project, batch, seen)
    yield Level(Step.SAMPLE_DELETES, tuple(_sample_deletes(changes)))
    yield Level(
        Step.LABELSET_DELETES,
        tuple(
            DeleteLabelset(change.address.dataset, change.address.name)
            for change in _of(changes, Kind.LABELSET)
            if change.is_delete
        ),
    )
    yield Level(Step.RELEASES, tuple(_releases(changes)))
    yield Level(
        Step.DATASET_DELETES,
        tuple(
            DeleteDataset(change.address.dataset)
            for change in _of(changes, Kind.DATASET)
            if change.is_delete
        ),
    )


def _of(changes: Iterable[Change], kind: Kind) -> Iterator[Change]:
    return (change for change in changes if change.kind is kind)


def _datasets(project: str, changes: Iterable[Change]) -> Iterator[Operation]:
    for change in _of(changes, Kind.DATASET):
        before, after = change.before, change.after
        if not isinstance(after, Dataset):
            continue
        marked = project if change.owned or change.adopt else ""
        if not isinstance(before, Dataset):
            yield CreateDataset(after, marked)
        else:
            yield UpdateDataset(
                fields=_dataset_patch(before, after),
                metadata=metadata_change(before.metadata, after.metadata),
                project=marked,
            )


def _dataset_patch(before: Dataset, after: Dataset) -> Dataset:
    fields: dict[str, object] = {
        field: getattr(after, field)
        for field in ("task_type", "task_attributes")
        if not same(getattr(before, field), getattr(after, field))
    }
    fields["settings"] = {
        key: value
        for key, value in after.settings.items()
        if not same(before.settings.get(key), value)
    }
    fields["prevent_destroy"] = after.prevent_destroy
    return structs.replace(Dataset(name=after.name), **fields)


def _parts(changes: Iterable[Change]) -> Iterator[Operation]:
    for change in changes:
        dataset, after = change.address.dataset, change.after
        if isinstance(after, Labelset):
            yield CreateLabelset(dataset, after)
        elif isinstance(after, Collaborator):
            yield PutCollaborator(dataset, after, exists=change.before is not None)
        elif change.kind is Kind.COLLABORATOR:
            yield RemoveCollaborator(dataset, change.address.name)


def _releases(changes: Iterable[Change]) -> Iterator[Operation]:
    for change in _of(changes, Kind.RELEASE):
        if isinstance(change.after, Release):
            yield CreateRelease(change.address.dataset, change.after)
        else:
            yield DeleteRelease(change.address.dataset, change.address.name)


class _Row:
    """What changes about one sample: itself, its labels, or both."""

    def __init__(self, dataset: str, name: str) -> None:
        self.dataset = dataset
        self.name = name
        self.sample: Change | None = None
        self.labels: list[Change] = []

    @property
    def previous(self) -> str:
        return self.sample.previous if self.sample else ""

    def marks(self, project: str) -> Marks | None:
        """Tell what the sample's marker must say; None where it need not change."""
        every = [*self.labels, *([self.sample] if self.sample else [])]
        if not any(change.owned or change.adopt for change in every):
            return None
        labels = {
            change.address.name: Mark(change.stated, attributes_of(change.after))
            for change in self.labels
            if isinstance(change.after, Label) and any(uploads(change.stated))
        }
        sample = None
        if self.sample and isinstance(self.sample.after, Sample):
            sample = Mark(self.sample.stated, attributes_of(self.sample.after))
        is_new = self.sample is not None and self.sample.is_create
        adopted = any(change.adopt for change in every)
        has_files = sample is not None and any(uploads(sample.stated))
        if not (is_new or adopted or has_files or labels):
            return None
        return Marks(
            project=project, dataset=self.dataset, sample=sample, labels=labels
        )


def _batches(changes: Iterable[Change]) -> Iterator[list[_Row]]:
    """Group what changes about samples, renames first, a dataset at a time."""
    rows: dict[tuple[str, str], _Row] = {}
    for change in changes:
        if change.kind not in {Kind.SAMPLE, Kind.LABEL}:
            continue
        if change.kind is Kind.SAMPLE and change.is_delete:
            continue
        key = (change.address.dataset, change.address.sample)
        row = rows.setdefault(key, _Row(*key))
        if change.kind is Kind.SAMPLE:
            row.sample = change
        else:
            row.labels.append(change)
    renamed = [row for row in rows.values() if row.previous]
    if renamed:
        yield renamed
    others = (row for row in rows.values() if not row.previous)
    yield from chunks(others, BATCH)


Item = TypeVar("Item")


def chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Cut an iterable into lists of `size`, the last one shorter."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _batch(project: str, rows: Sequence[_Row], seen: set[Upload]) -> Iterator[Level]:
    creates = tuple(_bulk_creates(project, rows))
    after_of = {(row.dataset, row.previous): row.name for row in rows if row.previous}
    updates = {
        (row.dataset, row.name): _update(
            project, row, behind=after_of.get((row.dataset, row.name), "")
        )
        for row in rows
    }
    labels = tuple(_label_puts(rows))
    writes: list[Operation] = [
        *creates,
        *(item for item in updates.values() if item),
        *labels,
    ]
    fresh = dict.fromkeys(
        upload for item in writes for upload in files(item) if upload not in seen
    )
    seen.update(fresh)
    yield Level(Step.UPLOADS, tuple(UploadFile(upload) for upload in fresh))
    for wave in _rename_waves(rows):
        renames = [updates.pop(key) for key in wave]
        yield Level(Step.RENAMES, tuple(item for item in renames if item))
    rest = tuple(item for item in updates.values() if item)
    yield Level(Step.SAMPLES, (*creates, *rest))
    yield Level(Step.LABELS, labels)
    yield Level(Step.LABEL_DELETES, tuple(_label_deletes(rows)))


def _rename_waves(rows: Sequence[_Row]) -> Iterator[list[tuple[str, str]]]:
    for dataset in sorted({row.dataset for row in rows if row.previous}):
        pairs = [
            (row.previous, row.name)
            for row in rows
            if row.previous and row.dataset == dataset
        ]
        for wave in waves(pairs):
            yield [(dataset, after) for _, after in wave]


def _bulk_creates(project: str, rows: Sequence[_Row]) -> Iterator[CreateSamples]:
    for dataset in dict.fromkeys(row.dataset for row in rows):
        new = [
            NewSample(row.sample.after, row.marks(project))
            for row in rows
            if row.dataset == dataset
            and row.sample
            and row.sample.is_create
            and isinstance(row.sample.after, Sample)
        ]
        for chunk in chunks(new, BULK):
            yield CreateSamples(dataset, tuple(chunk))


def _update(project: str, row: _Row, *, behind: str) -> UpdateSample | None:
    change, marks = row.sample, row.marks(project)
    if change is None:
        if marks is None:
            return None
        return UpdateSample(
            dataset=row.dataset,
            uuid=row.labels[0].uuid,
            renamed=False,
            fields=Sample(name=row.name),
            metadata=metadata_change(UNSET, UNSET),
            marks=marks,
        )
    before, after = change.before, change.after
    if not isinstance(before, Sample) or not isinstance(after, Sample):
        return None
    return UpdateSample(
        dataset=row.dataset,
        uuid=change.uuid,
        renamed=bool(change.previous),
        behind=behind if change.previous else "",
        fields=_sample_patch(before, after),
        metadata=metadata_change(before.metadata, after.metadata),
        marks=marks,
    )


def _sample_patch(before: Sample, after: Sample) -> Sample:
    fields: dict[str, object] = {
        field: getattr(after, field)
        for field in after.__struct_fields__
        if field not in {"name", "metadata"}
        and not same(getattr(before, field), getattr(after, field))
    }
    return structs.replace(Sample(name=after.name), **fields)


def _label_puts(rows: Sequence[_Row]) -> Iterator[PutLabel]:
    for row in rows:
        for change in row.labels:
            if isinstance(change.after, Label):
                yield PutLabel(
                    dataset=row.dataset,
                    sample=row.name,
                    uuid=change.uuid,
                    labelset=change.address.name,
                    label=change.after,
                )


def _label_deletes(rows: Sequence[_Row]) -> Iterator[DeleteLabel]:
    for row in rows:
        for change in row.labels:
            if change.is_delete:
                yield DeleteLabel(
                    dataset=row.dataset,
                    sample=row.name,
                    uuid=change.uuid,
                    labelset=change.address.name,
                )


def _sample_deletes(changes: Sequence[Change]) -> Iterator[DeleteSamples]:
    going = [item for item in _of(changes, Kind.SAMPLE) if item.is_delete]
    for dataset in dict.fromkeys(item.address.dataset for item in going):
        pairs = [
            (item.uuid, item.address.sample)
            for item in going
            if item.address.dataset == dataset
        ]
        for chunk in chunks(pairs, BULK):
            yield DeleteSamples(dataset, tuple(chunk))
