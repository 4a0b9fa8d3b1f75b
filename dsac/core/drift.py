"""What the platform has that the manifests do not say: a plan, read backwards.

Pure. A plan says what would make the platform as the manifests are; drift says how
the platform came to differ from them, as far as the API tells.
"""

import enum
from collections import Counter
from collections.abc import Iterator

import msgspec

from dsac.core.change import Action, Change
from dsac.core.differences import Differences
from dsac.core.labels import Machines
from dsac.core.resources import (
    Address,
    Desired,
    Kind,
    Label,
    RemoteDataset,
    RemoteLabel,
    RemoteSample,
    Resource,
)


class Drifting(enum.StrEnum):
    """How an object differs from its manifest; the words of every output."""

    APPEARED = "appeared"
    CHANGED = "changed"
    MISSING = "missing"
    RENAMED = "renamed"


class Drifted(msgspec.Struct, frozen=True, kw_only=True):
    """One object that differs: `before` as the manifest has it, `after` as it is.

    `before` is None where the manifest has no such object, `after` where the platform
    has none; both hold only fields that the manifest states. `created_by` and so on
    are None where the API does not tell: it tells who made a sample and who wrote a
    label last, and nothing of other kinds.
    """

    address: Address
    before: Resource | None = None
    after: Resource | None = None
    how: tuple[Drifting, ...]
    reason: str = ""
    created_by: str | None = None
    created_at: str | None = None
    updated_by: str | None = None
    updated_at: str | None = None

    @property
    def kind(self) -> Kind:
        """The kind of resource that differs."""
        return self.address.kind


class DriftCounts(msgspec.Struct, frozen=True, kw_only=True):
    """The counts of a drift, computed once for every output."""

    changed: int = 0
    missing: int = 0
    appeared: int = 0
    renamed: int = 0
    unchanged: int = 0
    kept: int = 0
    unmanaged: int = 0
    unknown: int = 0


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """All that differs, in address order, and what was counted on the way.

    `kept` counts people's labels, which are never drift, and `unmanaged` samples that
    are neither in a manifest nor ours. `remote` is the platform's address and `user`
    the key's user there.
    """

    project: str
    remote: str
    user: str
    objects: tuple[Drifted, ...] = ()
    unchanged: int = 0
    kept: int = 0
    unmanaged: int = 0
    unknown: int = 0
    warnings: tuple[str, ...] = ()

    @property
    def counts(self) -> DriftCounts:
        """Count the objects by how they differ; one may differ in two ways."""
        found = Counter(str(how) for item in self.objects for how in item.how)
        return DriftCounts(
            **found,
            unchanged=self.unchanged,
            kept=self.kept,
            unmanaged=self.unmanaged,
            unknown=self.unknown,
        )


class DriftPart(msgspec.Struct, frozen=True):
    """What one dataset adds to a drift; `kept` and `same` count what is none."""

    objects: tuple[Drifted, ...]
    kept: int
    same: int


def drift_of(
    part: Differences,
    desired: Desired | None,
    remote: RemoteDataset | None,
    *,
    machines: Machines,
) -> DriftPart:
    """Read the differences of one dataset as drift.

    People's labels are none, whoever owns their label set; nor is an object that
    differs in nothing but our marker.

    Args:
        part: What the dataset's diff found.
        desired: The manifest's side; None for a dataset that shall go.
        remote: The platform's side, samples with their authors.
        machines: The users whose labels are no people's.
    """
    rows = {item.uuid: item for item in remote or ()}
    found: list[Drifted] = []
    kept = same = 0
    for change in part.changes:
        row = rows.get(change.uuid)
        how = tuple(_how(change))
        if not how:
            same += 1
        elif _is_peoples(change, row, desired, machines):
            kept += 1
        else:
            found.append(_drifted(change, how, row))
    return DriftPart(tuple(found), kept=part.kept + kept, same=same)


def _how(change: Change) -> Iterator[Drifting]:
    if change.before is None:
        yield Drifting.MISSING
    elif change.after is None:
        yield Drifting.APPEARED
    else:
        if change.previous:
            yield Drifting.RENAMED
        if Action.UPDATE in change.actions:
            yield Drifting.CHANGED


def _is_peoples(
    change: Change,
    row: RemoteSample | None,
    desired: Desired | None,
    machines: Machines,
) -> bool:
    if desired is None or row is None or change.kind is not Kind.LABEL:
        return False
    there = row.labels.get(change.address.name)
    return isinstance(there, RemoteLabel) and not machines.made(
        there,
        owner=desired.owner_of(change.address.name),
        stated=change.after.status if isinstance(change.after, Label) else None,
    )


def _drifted(
    change: Change, how: tuple[Drifting, ...], row: RemoteSample | None
) -> Drifted:
    item = Drifted(
        address=change.address,
        before=change.after,
        after=change.before,
        how=how,
        reason=change.reason,
    )
    if row is None or change.before is None:
        return item
    there = row.labels.get(change.address.name)
    if not isinstance(there, RemoteLabel):
        return msgspec.structs.replace(
            item, created_by=row.created_by, created_at=row.created_at
        )
    return msgspec.structs.replace(
        item,
        created_by=there.created_by,
        updated_by=there.updated_by or there.created_by,
        updated_at=there.updated_at,
    )
