"""Finds out, by looking it up, what became of a request whose reply was lost."""

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from dsac.core.marker import KEY, read
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
    Operation,
    PutCollaborator,
    PutLabel,
    RemoveCollaborator,
    UpdateDataset,
    UpdateSample,
    UploadFile,
    addresses,
)
from dsac.core.report import Ending, Outcome
from dsac.core.resources import Address
from dsac.core.values import Json, covers, normal
from dsac.errors import ConflictError, NotFoundError, RemoteError
from dsac.remote import bulk, wire
from dsac.remote.bodies import FullSampleBody
from dsac.remote.client import Client
from dsac.remote.resources import metadata, sample_resource

ROUNDS = 3
"""So often a creation is sent whose reply was lost and that then was not there."""

Found = TypeVar("Found")


class Bodies(Protocol):
    """Knows what a writer sends."""

    def dataset_patch(
        self, operation: UpdateDataset, found: wire.Dataset
    ) -> dict[str, Json]:
        """Give what a dataset must be sent."""

    def sample_patch(
        self, operation: UpdateSample, found: wire.Sample | None
    ) -> dict[str, Json]:
        """Give what a sample must be sent."""

    def label_body(self, operation: PutLabel) -> dict[str, Json]:
        """Give what a label must be sent."""

    def uuid_of(self, operation: PutLabel | DeleteLabel) -> str:
        """Give the uuid of a label's sample."""


def created(
    create: Callable[[], Found], find: Callable[[], Found], *, rounds: int = ROUNDS
) -> Found | None:
    """Create something once, also where the reply to that is lost.

    A creation can't be repeated blindly: what was created is looked up by its name
    before anything else.

    Returns:
        What is there instead of what would have been created; None where that was
        created, and somebody said so.

    Raises:
        RemoteError: it was not created, or nobody knows.
    """
    for left in range(rounds - 1, -1, -1):
        try:
            create()
        except RemoteError as error:
            exists = isinstance(error, ConflictError)
            if not (exists or error.uncertain):
                raise
            try:
                return find()
            except NotFoundError:
                if exists or not left:
                    # It was looked up, and is not there.
                    error.uncertain = False
                    raise error from None
            except RemoteError:
                raise error from None
        else:
            return None
    raise AssertionError("the last round returns or raises")


def settled(
    bodies: Bodies, client: Client, operation: Operation, error: RemoteError
) -> dict[Address, Ending]:
    """Look up what became of an operation; give its resources that are not done.

    Args:
        bodies: Knows what was sent.
        client: Looks it up.
        operation: What was asked for.
        error: Why nobody knows whether it was done; is told where it was not.
    """
    try:
        if isinstance(operation, DeleteSamples):
            there = _still_there(client, operation)
        elif _is_done(bodies, client, operation):
            return {}
        else:
            there = addresses(operation)
    except NotFoundError:
        there = addresses(operation)
    except RemoteError as second:
        why = f"{error}; what became of it can't be looked up: {second}"
        return dict.fromkeys(addresses(operation), Ending(Outcome.UNKNOWN, why))
    if isinstance(operation, UploadFile):
        raise error
    return dict.fromkeys(there, Ending(Outcome.FAILED, str(error)))


def _is_done(bodies: Bodies, client: Client, operation: Operation) -> bool:  # noqa: C901, PLR0911, PLR0912 - one case each
    """Tell whether the platform is as an operation leaves it.

    Raises:
        NotFoundError: what it writes is not there.
    """
    match operation:
        case UploadFile() | CreateSamples() | DeleteSamples():
            return False
        case CreateDataset(dataset=wanted):
            return is_as_created(client.get_dataset(wanted.name), operation)
        case UpdateDataset(fields=fields):
            dataset = client.get_dataset(fields.name)
            return _has(dataset, bodies.dataset_patch(operation, dataset))
        case DeleteDataset(dataset=name):
            return _is_gone(lambda: client.get_dataset(name))
        case CreateLabelset(dataset=name, labelset=labelset):
            return bool(client.get_labelset(name, labelset.name))
        case DeleteLabelset(dataset=name, name=part):
            return _is_gone(lambda: client.get_labelset(name, part))
        case PutCollaborator(dataset=name, collaborator=who):
            return client.get_collaborator(name, who.user).role == who.role
        case RemoveCollaborator(dataset=name, user=part):
            return _is_gone(lambda: client.get_collaborator(name, part))
        case CreateRelease(dataset=name, release=release):
            return bool(client.get_release(name, release.name))
        case DeleteRelease(dataset=name, name=part):
            return _is_gone(lambda: client.get_release(name, part))
        case UpdateSample(uuid=uuid):
            sample = client.get_sample(uuid)
            return _has(sample, bodies.sample_patch(operation, sample))
        case PutLabel(labelset=labelset_name):
            uuid = bodies.uuid_of(operation)
            label = client.get_label(uuid, labelset_name)
            return _has(label, bodies.label_body(operation))
        case DeleteLabel(labelset=labelset_name):
            uuid = bodies.uuid_of(operation)
            return _is_gone(lambda: client.get_label(uuid, labelset_name))


def _is_gone(find: Callable[[], object]) -> bool:
    try:
        find()
    except NotFoundError:
        return True
    return False


def _still_there(client: Client, operation: DeleteSamples) -> tuple[Address, ...]:
    names = dict(operation.samples)
    if len(names) <= bulk.FEW:
        left = [uuid for uuid in names if not _is_gone(lambda: client.get_sample(uuid))]  # noqa: B023 - called at once
    else:
        pages = client.list_samples(operation.dataset)
        left = [row.uuid for page in pages for row in page if row.uuid in names]
    return tuple(Address.of_sample(operation.dataset, names[uuid]) for uuid in left)


def _has(found: object, body: Mapping[str, Json]) -> bool:
    """Tell whether an object has what would be sent; metadata is what differs."""
    return "metadata" not in body and all(
        covers(normal(getattr(found, key, None)), normal(value))
        for key, value in body.items()
    )


def is_as_created(found: wire.Dataset, operation: CreateDataset) -> bool:
    """Tell whether a dataset is as an operation creates it, or would have."""
    wanted = operation.dataset
    marker = read(found.metadata.get(KEY))
    stated = wanted.metadata if isinstance(wanted.metadata, dict) else {}
    fields: dict[str, Json] = dict(wanted.settings)
    for field in ("task_type", "task_attributes"):
        value = getattr(wanted, field)
        if isinstance(value, str | dict):
            fields[field] = value
    return (
        (marker.project if marker else "") == operation.project
        and _has(found, fields)
        and covers(metadata(found.metadata), normal(dict(stated)))
    )


def verified(
    client: Client, dataset: str, part: bulk.Part, *, gone: Mapping[str, str]
) -> dict[str, str | Ending]:
    """Hold the answer to a bulk creation against what was sent.

    Existing samples are returned unchanged and without an error, so that an answer
    says nothing by itself. Where the reply was lost the samples are looked up.

    Args:
        client: Looks them up.
        dataset: The dataset's full name.
        part: What was sent, and the answer.
        gone: By name the uuids of samples that were deleted first, so that others
            of their names could be made.

    Returns:
        By the name of each sample its uuid, or how it ended otherwise.
    """
    if part.answer and not gone and _is_echo(part):
        return {row.name: row.uuid for row in part.answer}
    return _compared(client, dataset, part, gone=gone)


def _is_echo(part: bulk.Part) -> bool:
    """Tell whether an answer has what was sent, byte by byte: the usual case."""
    sent, told = part.rows, part.answer
    return (
        [row.name for row in told] == [body.name for body in sent]
        and [row.attributes for row in told] == [body.attributes for body in sent]
        and [row.metadata for row in told] == [body.metadata for body in sent]
        and not any(isinstance(body, FullSampleBody) for body in sent)
    )


def _compared(
    client: Client, dataset: str, part: bulk.Part, *, gone: Mapping[str, str]
) -> dict[str, str | Ending]:
    names = [body.name for body in part.rows]
    found = {row.name: row.whole() for row in part.answer}
    why = str(part.error or "the platform's answer does not speak of it")
    missing = Ending(Outcome.FAILED, why)
    untold = frozenset(names) - found.keys()
    if untold and (part.error is None or part.error.uncertain):
        try:
            rows = bulk.look_up(client, dataset, untold)
        except RemoteError as second:
            missing = Ending(Outcome.UNKNOWN, f"{why}; it can't be looked up: {second}")
        else:
            found |= {row.name: row for row in rows}
    return {
        body.name: _verdict(
            found.get(body.name), body.fields(), missing, gone=gone.get(body.name, "")
        )
        for body in part.rows
    }


def _verdict(
    row: wire.Sample | None, body: Mapping[str, Json], missing: Ending, *, gone: str
) -> str | Ending:
    if row is None:
        return missing
    if row.uuid == gone:
        why = "the platform said that it was deleted, and still has it; run again"
        return Ending(Outcome.FAILED, why)
    if _is_as_sent(row, body):
        return row.uuid
    return Ending(
        Outcome.FAILED,
        "a sample of this name appeared since the plan, with other content; plan again",
    )


def _is_as_sent(row: wire.Sample, body: Mapping[str, Json]) -> bool:
    """Tell whether a sample is the one that was sent.

    Fields that were not sent are the platform's own.
    """
    found = sample_resource(row)
    sent = {**body, "metadata": metadata(_object(body.get("metadata")))}
    marker = _object(body.get("metadata")).get(KEY)
    return (row.metadata or {}).get(KEY) == marker and all(
        covers(getattr(found, key), normal(value)) for key, value in sent.items()
    )


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}
