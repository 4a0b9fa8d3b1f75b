"""Whether a saved change still fits what is on the platform now."""

import enum
from typing import assert_never

from msgspec import UNSET, structs

from dsac.core.change import Change
from dsac.core.fields import fields
from dsac.core.marker import Marker, label_key, settles
from dsac.core.ownership import Owner, Scope, pair_for
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
    Sample,
    attributes_of,
)
from dsac.core.values import Tree, Upload, covers, has_uploads


class Standing(enum.Enum):
    """How an object stands to a change that was planned for it."""

    PENDING = "as it was before"
    DONE = "as it should be after"
    MOVED = "neither"


def standing(change: Change, remote: RemoteDataset | None, *, scope: Scope) -> Standing:
    """Compare an object with what a change says of it, before and after.

    Uploaded URLs are not known to a plan: where `after` has a file, the marker must
    say that it is the file behind the URL that is there. A label or sample counts as
    the planned one only under the same uuid, an object of ours only with our marker;
    a sample to be made anew is as it was under the uuid that it had, and done under
    another.
    """
    now = current(change, remote)
    owner = _owner(change, remote, scope)
    if owner in {Owner.FOREIGN, Owner.UNREADABLE}:
        return Standing.MOVED
    may_wait = may_be_done = True
    if change.is_replacement and remote is not None:
        row = _row(change, remote)
        may_wait = row is not None and row.uuid == change.uuid
        may_be_done = not may_wait
    if may_wait and _fits(change.before, now) and _is_whose_it_was(change, owner):
        return Standing.MOVED if _is_guarded(change, remote) else Standing.PENDING
    if may_be_done and _fits(change.after, now) and _is_done(change, remote, owner):
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


def _owner(change: Change, remote: RemoteDataset | None, scope: Scope) -> Owner | None:
    """Tell whose an object is by its marker; None where there is no such object."""
    marker: Marker | None
    if remote is None:
        return None
    if change.kind is Kind.DATASET:
        marker = remote.marker
    else:
        row = _row(change, remote) if change.kind is Kind.SAMPLE else None
        if row is None:
            return None
        marker = row.marker
    return scope.owner(marker, change.address.dataset)


def _is_whose_it_was(change: Change, owner: Owner | None) -> bool:
    """Tell whether the marker is as a change found it: ours, or not yet ours."""
    if owner is None or not (change.owned or change.adopt):
        return True
    if change.adopt:
        return owner is not Owner.OURS
    # A dataset that goes may be one that is taken over for it.
    return owner in {Owner.OURS, Owner.TAKEN}


def was_taken(change: Change, remote: RemoteDataset | None, *, scope: Scope) -> bool:
    """Tell whether an object is another project's now, or lost the marker it had."""
    owner = _owner(change, remote, scope)
    marked = change.owned and not (change.is_create or change.adopt)
    taken = {Owner.FOREIGN, Owner.UNREADABLE}
    return owner in taken or (marked and owner is Owner.NOBODY)


def _is_guarded(change: Change, remote: RemoteDataset | None) -> bool:
    """Tell whether a dataset got more samples, or a guard, since it was to go."""
    if change.kind is not Kind.DATASET or not change.is_delete or remote is None:
        return False
    before = change.before
    was_kept = isinstance(before, Dataset) and before.prevent_destroy is True
    is_kept = remote.dataset.prevent_destroy is True
    return len(remote.samples) != change.covers or (is_kept and not was_kept)


def _is_done(change: Change, remote: RemoteDataset | None, owner: Owner | None) -> bool:
    """Tell whether what fits is adopted where it was to be, with the files to go up."""
    if change.adopt and owner is not Owner.OURS:
        return False
    after, row = change.after, None if remote is None else _row(change, remote)
    if not isinstance(after, Sample | Label) or row is None:
        return True
    if not has_uploads(attributes_of(after)):
        return True
    if isinstance(after, Sample):
        pair = pair_for(row.marker, change.address.dataset)
        return settles(pair, change.stated, attributes_of(row.sample)) is True
    return _is_our_label(change, row)


def _is_our_label(change: Change, row: RemoteSample) -> bool:
    """Tell whether a label has the files of a change; a full marker does not say."""
    key = label_key(change.address.name)
    pair = pair_for(row.marker, change.address.dataset, label=key)
    label = _label(change, row)
    there = {} if label is None else attributes_of(label)
    return settles(pair, change.stated, there) is True


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
        # The marker has it, and `_is_guarded` looks where it matters.
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
