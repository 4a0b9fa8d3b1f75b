"""Which changes of a plan come from the manifests' own change, and which from drift.

Pure: the manifests of another revision are compared with the same reading of the
platform, and what they would change as well is drift.
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from dsac.core.change import Change, Origin
from dsac.core.diff import diff
from dsac.core.fields import fields
from dsac.core.ownership import Scope
from dsac.core.plan import Allowances, Block, Revision
from dsac.core.removal import Asked, diff_removal
from dsac.core.resources import Address, Desired, Kind, RemoteDataset
from dsac.core.values import Tree, same


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """What the manifests wanted at another revision, datasets by name."""

    revision: Revision
    datasets: Mapping[str, Desired] = {}
    removed: frozenset[str] = frozenset()


def with_origins(
    changes: Iterable[Change],
    base: Base,
    *,
    dataset: str,
    remote: RemoteDataset | None,
    scope: Scope,
) -> tuple[Change, ...]:
    """Tell of each change of a dataset where it comes from.

    Args:
        changes: What the manifests of now would change.
        base: What they wanted before.
        dataset: The full name.
        remote: The reading of the platform that the changes were found in.
        scope: What they were found with. What is known there of a file's content need
            not hold for the file that was named before, but then the changes differ
            in that file anyway.
    """
    found = tuple(changes)
    if not found:
        return ()
    before = _changes_of(base, dataset, remote, scope)
    return tuple(_with_origin(change, before.get(change.address)) for change in found)


def _changes_of(
    base: Base, dataset: str, remote: RemoteDataset | None, scope: Scope
) -> dict[Address, Change]:
    if dataset in base.datasets:
        part = diff(base.datasets[dataset], remote, scope=scope)
    elif dataset in base.removed:
        part = diff_removal(dataset, remote, scope=scope, asked=Asked.IN_REMOVED)
    else:
        return {}
    return {change.address: change for change in part.changes}


def _with_origin(change: Change, before: Change | None) -> Change:
    # What is made anew because a person asked for it is nobody's drift.
    if before is None or change.replaces:
        return msgspec.structs.replace(change, origin=Origin.CHANGE)
    mine, others = _effects(change), _effects(before)
    if (
        change.actions == before.actions
        and change.previous == before.previous
        and same(mine, others)
    ):
        return msgspec.structs.replace(change, origin=Origin.DRIFT)
    also = [key for key, item in mine.items() if _in(key, item, others)]
    also = [] if change.is_create or before.is_create else sorted(also)
    return msgspec.structs.replace(change, origin=Origin.CHANGE, also=tuple(also))


def _effects(change: Change) -> dict[str, Tree]:
    """Give the fields that a change would write, with what it would write there.

    Not those that it states and finds as they are: the other revision may not have
    stated them.
    """
    before, after = fields(change.before), fields(change.after)
    return {
        key: item
        for key, item in after.items()
        if key not in before or not same(before[key], item)
    }


def _in(key: str, item: Tree, others: dict[str, Tree]) -> bool:
    return key in others and same(item, others[key])


def recreated(
    changes: Iterable[Change], base: Base, allow: Allowances
) -> Iterator[Block]:
    """Block the creation of datasets that were declared before and are not there now.

    Somebody deleted or renamed such a dataset, took the key's user out of it, or the
    key or remote is another: a new, empty one of its name is seldom what is meant.
    """
    for change in changes:
        address = change.address
        if (
            change.kind is Kind.DATASET
            and change.is_create
            and address.dataset in base.datasets
            and not allow.recreate
        ):
            yield Block(
                str(address),
                f"was declared at {base.revision.name} already, but it "
                f"{change.reason}: applying would make a new one in its place, without "
                "the labels that people made",
                "check the remote and the key; --allow-recreate if a new one is meant",
            )
