"""From changes to operations: which calls, in which order.

    dataset                                     create, update
      label sets, collaborators                 create, roles
        per batch of 1000 samples:
          uploads                               each file once
          renames                               chains last first
          replacements                          deletes, each behind its uploads
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

from collections.abc import Iterable, Iterator, Sequence

from msgspec import structs

from dsac.core.batches import batch, batches
from dsac.core.change import Change
from dsac.core.levels import Level, Step
from dsac.core.operations import (
    CreateDataset,
    CreateLabelset,
    CreateRelease,
    DeleteDataset,
    DeleteLabelset,
    DeleteRelease,
    DeleteSamples,
    Operation,
    PutCollaborator,
    RemoveCollaborator,
    UpdateDataset,
    metadata_change,
)
from dsac.core.plain import BULK, chunks, plain_creates
from dsac.core.plan import Plan
from dsac.core.resources import (
    Collaborator,
    Dataset,
    Kind,
    Labelset,
    Release,
)
from dsac.core.values import Upload, same


def lower(plan: Plan) -> Iterator[Level]:
    """Yield the levels of a plan, empty ones left out; held changes have none."""
    for level in _levels(plan.project, plan.to_do):
        if level.operations:
            yield level


def _levels(project: str, changes: Sequence[Change]) -> Iterator[Level]:
    of_samples = [item for item in changes if item.address.sample]
    others = [item for item in changes if not item.address.sample]
    yield Level(Step.DATASETS, tuple(_datasets(project, others)))
    yield Level(Step.PARTS, tuple(_parts(others)))
    plain, of_samples = plain_creates(project, of_samples)
    seen: set[Upload] = set()
    for rows in batches(of_samples):
        yield from batch(project, rows, seen)
    yield Level(Step.SAMPLES, tuple(plain))
    yield Level(Step.SAMPLE_DELETES, tuple(_sample_deletes(of_samples)))
    yield Level(
        Step.LABELSET_DELETES,
        tuple(
            DeleteLabelset(change.address.dataset, change.address.name)
            for change in _of(others, Kind.LABELSET)
            if change.is_delete
        ),
    )
    yield Level(Step.RELEASES, tuple(_releases(others)))
    yield Level(
        Step.DATASET_DELETES,
        tuple(
            DeleteDataset(change.address.dataset)
            for change in _of(others, Kind.DATASET)
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


def _sample_deletes(changes: Sequence[Change]) -> Iterator[DeleteSamples]:
    gone = [item for item in changes if item.after is None]
    going = [item for item in gone if item.kind is Kind.SAMPLE]
    for dataset in dict.fromkeys(item.address.dataset for item in going):
        pairs = [
            (item.uuid, item.address.sample)
            for item in going
            if item.address.dataset == dataset
        ]
        for chunk in chunks(pairs, BULK):
            yield DeleteSamples(dataset, tuple(chunk))
