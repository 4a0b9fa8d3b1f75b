"""The differences between what manifests want and what the platform has.

Pure: the same two sides give the same changes, in address order. What may not
happen without a person's word is settled afterwards, in `dsac.core.guard`.
"""

from msgspec import UNSET, UnsetType, structs

from dsac.core.change import Change
from dsac.core.comparison import Comparison
from dsac.core.differences import Differences, Tally
from dsac.core.merge import ignores, merged, overlaid
from dsac.core.ownership import Scope, ownership_error
from dsac.core.resources import (
    GROUND_TRUTH,
    Address,
    Dataset,
    Desired,
    Kind,
    Labelset,
    RemoteDataset,
    Resource,
)
from dsac.core.samples import diff_samples
from dsac.core.values import Json, covers

INCOMPLETE = "the listing of samples was not complete"


def diff(
    desired: Desired, remote: RemoteDataset | None, *, scope: Scope
) -> Differences:
    """Compare one dataset of a manifest with what the platform has of it.

    1. The dataset itself: create, adopt or update.
    2. Label sets, collaborators, releases: what is declared and missing, roles.
    3. What `removed` names and is still there.
    4. Samples and their labels, in `dsac.core.samples`.

    Args:
        desired: The manifest's side.
        remote: The platform's side; None where the dataset can't be seen.
        scope: Who we are, and what is known of uploaded content.
    """
    tally = Tally(desired.dataset.name)
    there = remote or RemoteDataset(dataset=Dataset(name=desired.dataset.name))
    comparison = Comparison(desired, scope, tally, there.complete)
    _diff_dataset(comparison, remote)
    if tally.errors:
        return tally.result()
    if not there.complete:
        tally.warnings.append(f"{tally.dataset}: {INCOMPLETE}, so nothing is deleted")
    _diff_labelsets(tally, desired, there)
    _diff_collaborators(tally, desired, there)
    _diff_releases(tally, desired, there)
    _diff_removed(tally, desired, there)
    diff_samples(comparison, there)
    return tally.result()


def _diff_dataset(comparison: Comparison, remote: RemoteDataset | None) -> None:
    desired, tally = comparison.desired, comparison.tally
    want = desired.dataset
    address = Address.of_dataset(want.name)
    if remote is None:
        marked = desired.lifecycle.marker
        keep = desired.lifecycle.prevent_destroy if marked else UNSET
        after = structs.replace(want, prevent_destroy=keep)
        why = f"does not exist or is not visible to {comparison.scope.user}"
        tally.add(Change(address=address, after=after, owned=marked, reason=why))
        return
    error = ownership_error(
        address, remote.marker, comparison.scope, adopt=desired.lifecycle.adopt
    )
    if error:
        tally.errors.append(error)
        return
    ours = desired.lifecycle.marker and comparison.ours(remote.marker)
    stuck = comparison.stuck(remote.marker)
    before, after = _dataset_versions(desired, remote, ours=ours, stuck=stuck)
    change = Change(address=address, before=before, after=after, owned=ours)
    if comparison.adopts(remote.marker, changed=bool(change.actions)):
        keep = desired.lifecycle.prevent_destroy
        change = structs.replace(
            change,
            before=structs.replace(before, prevent_destroy=keep),
            after=structs.replace(after, prevent_destroy=keep),
            adopt=True,
        )
    tally.add(change)


def _dataset_versions(
    desired: Desired, remote: RemoteDataset, *, ours: bool, stuck: frozenset[str]
) -> tuple[Dataset, Dataset]:
    want, have = desired.dataset, remote.dataset
    ignored = desired.lifecycle.ignore_changes
    before: dict[str, Json] = {}
    after: dict[str, Json] = {}
    for key, value in want.settings.items():
        there = have.settings.get(key)
        before[key] = there
        after[key] = there if ignores(ignored, key) or covers(there, value) else value
    keep: bool | UnsetType = UNSET
    kept: bool | UnsetType = UNSET
    if ours:
        kept = have.prevent_destroy
        keep = desired.lifecycle.prevent_destroy
    task_attributes = overlaid(
        have.task_attributes,
        want.task_attributes,
        ignored=ignores(ignored, "task_attributes") or ignores(ignored, "categories"),
    )
    metadata = merged(have.metadata, want.metadata, ignored=ignored, stuck=stuck)
    states_type = want.task_type is not UNSET and not ignores(ignored, "task_type")
    return (
        Dataset(
            name=want.name,
            task_type=have.task_type if states_type else UNSET,
            task_attributes=task_attributes[0],
            settings=before,
            metadata=metadata[0],
            prevent_destroy=kept,
        ),
        Dataset(
            name=want.name,
            task_type=want.task_type if states_type else UNSET,
            task_attributes=task_attributes[1],
            settings=after,
            metadata=metadata[1],
            prevent_destroy=keep,
        ),
    )


def _diff_labelsets(tally: Tally, desired: Desired, remote: RemoteDataset) -> None:
    there = {item.name: item for item in remote.labelsets}
    for want in _labelsets(desired):
        have = there.get(want.name)
        if have is None and want.name != GROUND_TRUTH:
            tally.add(
                Change(address=_named(Kind.LABELSET, tally, want.name), after=want)
            )
            continue
        tally.unchanged[Kind.LABELSET] += have is not None
        if have is not None and _description_differs(want, have):
            tally.warnings.append(_unchangeable(tally, Kind.LABELSET, want.name))


def _labelsets(desired: Desired) -> list[Labelset]:
    """List the label sets declared, and those that labels need, which must be there."""
    declared = [item.labelset for item in desired.labelsets]
    names = {item.name for item in declared}
    needed = desired.labelsets_used() - names
    return [*declared, *(Labelset(name=name) for name in sorted(needed))]


def _diff_releases(tally: Tally, desired: Desired, remote: RemoteDataset) -> None:
    there = {item.name: item for item in remote.releases}
    for want in desired.releases:
        have = there.get(want.name)
        if have is None:
            address = _named(Kind.RELEASE, tally, want.name)
            tally.add(Change(address=address, after=want))
            continue
        tally.unchanged[Kind.RELEASE] += 1
        if _description_differs(want, have):
            tally.warnings.append(_unchangeable(tally, Kind.RELEASE, want.name))


def _description_differs(want: Resource, have: Resource) -> bool:
    stated = getattr(want, "description", UNSET)
    return stated is not UNSET and stated != getattr(have, "description", UNSET)


def _unchangeable(tally: Tally, kind: Kind, name: str) -> str:
    return (
        f"{_named(kind, tally, name)}: the platform can't change a {kind}'s "
        "description; what the manifest says is not what is there"
    )


def _diff_collaborators(tally: Tally, desired: Desired, remote: RemoteDataset) -> None:
    there = {item.user: item for item in remote.collaborators}
    for want in desired.collaborators:
        tally.add(
            Change(
                address=_named(Kind.COLLABORATOR, tally, want.user),
                before=there.get(want.user),
                after=want,
            )
        )


def _diff_removed(tally: Tally, desired: Desired, remote: RemoteDataset) -> None:
    there: dict[Kind, dict[str, Resource]] = {
        Kind.LABELSET: {item.name: item for item in remote.labelsets},
        Kind.COLLABORATOR: {item.user: item for item in remote.collaborators},
        Kind.RELEASE: {item.name: item for item in remote.releases},
    }
    for address in desired.removed:
        have = there[address.kind].get(address.name)
        if have is None or not remote.complete:
            continue
        if address.kind is Kind.LABELSET and not remote.samples_read:
            tally.warnings.append(f"{address} is kept: its labels were not read")
        else:
            tally.add(Change(address=address, before=have, reason="listed in removed"))


def _named(kind: Kind, tally: Tally, name: str) -> Address:
    return Address(kind, tally.dataset, "", name)
