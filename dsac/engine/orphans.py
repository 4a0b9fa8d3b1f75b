"""Finds the datasets that this project manages and no manifest speaks of any more."""

from collections.abc import Iterator

from dsac.core.ownership import Owner, Scope
from dsac.core.phases import READ
from dsac.core.resources import Address
from dsac.engine.session import View
from dsac.errors import DsacError
from dsac.manifests.load import Manifests

MOST = 20
"""So many of them are named; the others are counted."""


def orphans(view: View, scope: Scope, manifests: Manifests) -> tuple[str, ...]:
    """Say which datasets are in no manifest; nothing else ever happens to them.

    Looked at are the datasets of the key's user and of the owners in the manifests,
    one request for each of them as a rule. A listing that fails is told of, and fails
    no plan.
    """
    known = {*(item.dataset.name for item in manifests.datasets), *manifests.removed}
    owners = {name.partition("/")[0] for name in known}
    found: set[str] = set()
    failed: list[str] = []
    for owner in sorted(owners | {view.user}):
        listed = "" if owner == view.user else owner
        try:
            with view.phase(READ):
                there = tuple(view.reader.datasets(listed))
            for item in there:
                if scope.owner(item.marker, item.name) is Owner.OURS:
                    found.add(item.name)
        except DsacError as error:
            failed.append(
                f"the datasets of {owner} could not be listed, so that those in no "
                f"manifest are not known: {error}"
            )
    return (*_named(sorted(found - known), scope), *failed)


def _named(names: list[str], scope: Scope) -> Iterator[str]:
    for name in names[:MOST]:
        address = Address.of_dataset(name)
        yield (
            f"{address} is managed by project {scope.project!r} and in no manifest: it "
            f"stays as it is; write removed: [{address}] in a document of its own, or "
            f"run dsac destroy {address}"
        )
    if names[MOST:]:
        yield f"{len(names) - MOST} more datasets are so, in no manifest"
