"""Whether a saved change still fits what is on the platform now."""

import enum
from typing import assert_never

from msgspec import UNSET, structs

from dsac.core.change import Change
from dsac.core.fields import fields
from dsac.core.resources import (
    Collaborator,
    Dataset,
    Kind,
    Label,
    Labelset,
    Release,
    RemoteDataset,
    RemoteLabel,
    RemoteSample,
    Resource,
)
from dsac.core.values import Tree, Upload, covers


class Standing(enum.Enum):
    """How an object stands to a change that was planned for it."""

    PENDING = "as it was before"
    DONE = "as it should be after"
    MOVED = "neither"


def standing(change: Change, remote: RemoteDataset | None) -> Standing:
    """Compare an object with what a change says of it, before and after.

    Uploaded URLs are not known to a plan: where `after` has a file, any URL fits.
    A label or sample counts as the planned one only under the same uuid; a sample to
    be made anew is as it was under the uuid that it had, and done under another.
    """
    now = current(change, remote)
    may_wait = may_be_done = True
    if change.is_replacement and remote is not None:
        row = _row(change, remote)
        may_wait = row is not None and row.uuid == change.uuid
        may_be_done = not may_wait
    if may_wait and _fits(change.before, now):
        return Standing.PENDING
    if may_be_done and _fits(change.after, now):
        return Standing.DONE
    return Standing.MOVED


def resumed(change: Change, remote: RemoteDataset | None) -> Change:
    """Give what is left of a change that an apply before was stopped in.

    A replacement whose sample is gone already is a creation; the labels of a sample
    that was created by then are written to that one.
    """
    if remote is None or not (change.replaces or change.is_create):
        return change
    row = remote.samples.get(change.address.sample)
    if change.is_replacement and row is None and _row(change, remote) is None:
        return structs.replace(change, before=None, uuid="", replaces="", evidence=())
    is_label = change.kind is Kind.LABEL and not change.uuid
    if is_label and row is not None and row.uuid != change.replaces:
        return structs.replace(change, uuid=row.uuid, replaces="")
    return change


def current(change: Change, remote: RemoteDataset | None) -> Resource | None:
    """Find the object of a change, with the fields that the change speaks of."""
    if remote is None:
        return None
    address = change.address
    found: Resource | None
    match address.kind:
        case Kind.DATASET:
            found = remote.dataset
        case Kind.LABELSET:
            found = _named(remote.labelsets, address.name)
        case Kind.COLLABORATOR:
            found = _named(remote.collaborators, address.name)
        case Kind.RELEASE:
            found = _named(remote.releases, address.name)
        case Kind.SAMPLE:
            row = _row(change, remote)
            found = None if row is None else row.sample
        case Kind.LABEL:
            row = _row(change, remote)
            found = None if row is None else _label(change, row)
        case _:
            assert_never(address.kind)
    return found


def _named(
    items: tuple[Labelset, ...] | tuple[Collaborator, ...] | tuple[Release, ...],
    name: str,
) -> Resource | None:
    for item in items:
        if name == (item.user if isinstance(item, Collaborator) else item.name):
            return item
    return None


def _row(change: Change, remote: RemoteDataset) -> RemoteSample | None:
    if not change.uuid:
        row = remote.samples.get(change.address.sample)
        # A label of a sample that is still to be made anew is not there, whatever the
        # sample that goes first has.
        return None if row is None or row.uuid == change.replaces else row
    for name in (change.previous, change.address.sample):
        row = remote.samples.get(name)
        if row is not None and row.uuid == change.uuid:
            return row
    found = next((row for row in remote if row.uuid == change.uuid), None)
    if found is None and change.is_replacement:
        return remote.samples.get(change.address.sample)
    return found


def _label(change: Change, row: RemoteSample) -> Label | None:
    found = row.labels.get(change.address.name)
    return found.label if isinstance(found, RemoteLabel) else None


def _fits(planned: Resource | None, now: Resource | None) -> bool:
    if planned is None or now is None:
        return planned is None and now is None
    if isinstance(planned, Dataset):
        planned = structs.replace(planned, prevent_destroy=UNSET)
    there = fields(now)
    return all(_same(item, there.get(key)) for key, item in fields(planned).items())


def _same(planned: Tree, now: Tree) -> bool:
    if isinstance(planned, Upload):
        return isinstance(now, str)
    if isinstance(planned, dict) and isinstance(now, dict):
        keys = planned.keys() | now.keys()
        return all(_same(planned.get(key), now.get(key)) for key in keys)
    if isinstance(planned, list) and isinstance(now, list):
        return len(planned) == len(now) and all(
            _same(a, b) for a, b in zip(planned, now, strict=True)
        )
    return covers(now, planned)
