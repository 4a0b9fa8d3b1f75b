"""The deletion of whole datasets, which only somebody's word brings about."""

import enum

from msgspec import structs

from dsac.core.change import Change
from dsac.core.diff import INCOMPLETE
from dsac.core.differences import Differences, Tally
from dsac.core.ownership import Owner, Scope, ownership_error
from dsac.core.resources import Address, Desired, RemoteDataset


class Asked(enum.StrEnum):
    """Who asks for the deletion of a dataset, as its reason reads."""

    BY_NAME = "asked for by name"
    IN_REMOVED = "listed in removed"
    WITH_ALL = "--destroy asks for all datasets"


def diff_removal(
    name: str,
    remote: RemoteDataset | None,
    *,
    scope: Scope,
    asked: Asked,
    desired: Desired | None = None,
) -> Differences:
    """Plan the deletion of a dataset.

    Only one that is ours may go, and only if all of its samples could be listed:
    otherwise nobody could tell which labels go with it. One that is gone already is an
    error where somebody named it, and the wish fulfilled elsewhere.

    Args:
        name: The dataset's full name.
        remote: What the platform has; None where it is gone already.
        scope: Who we are.
        asked: Who asks for it.
        desired: What its manifest says of it, where that is known.
    """
    tally = Tally(name)
    address = Address.of_dataset(name)
    if remote is None:
        if asked is Asked.BY_NAME:
            tally.errors.append(
                f"{address} does not exist, or is not visible to {scope.user}"
            )
        return tally.result()
    if scope.owner(remote.marker, name) is Owner.NOBODY and asked is Asked.WITH_ALL:
        tally.warnings.append(f"{address} is not managed by dsac, and stays")
        tally.counts["unmanaged"] = len(remote.samples)
        return tally.result()
    error = _removal_error(address, remote, scope)
    if error:
        tally.errors.append(error)
        return tally.result()
    before = remote.dataset
    if desired is not None and desired.lifecycle.prevent_destroy:
        # The manifest's word counts before an apply has brought it to the marker.
        before = structs.replace(before, prevent_destroy=True)
    tally.counts["owned"] = len(remote.samples)
    tally.add(
        Change(
            address=address,
            before=before,
            owned=True,
            reason=str(asked),
            covers=len(remote.samples),
        )
    )
    return tally.result()


def _removal_error(address: Address, remote: RemoteDataset, scope: Scope) -> str:
    if scope.owner(remote.marker, address.dataset) is Owner.NOBODY:
        return f"{address} is not managed by dsac: delete it on the platform itself"
    error = ownership_error(address, remote.marker, scope, adopt="none")
    if error:
        return error
    if not (remote.complete and remote.samples_read):
        return f"{address} can't be deleted: {INCOMPLETE}; run again"
    return _sample_error(remote, scope)


def _sample_error(remote: RemoteDataset, scope: Scope) -> str:
    """Refuse to delete what another project keeps in a dataset of ours."""
    dataset = remote.dataset.name
    errors = [
        error
        for item in remote
        if (
            error := ownership_error(
                Address.of_sample(dataset, item.sample.name),
                item.marker,
                scope,
                adopt="changed",
            )
        )
    ]
    if not errors:
        return ""
    more = f"; so it is with {len(errors) - 1} more samples" if errors[1:] else ""
    return f"{Address.of_dataset(dataset)} can't be deleted: {errors[0]}{more}"
