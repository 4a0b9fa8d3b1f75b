"""The differences between the labels of a sample on both sides."""

from collections.abc import Iterator

from msgspec import UNSET, UnsetType, structs

from dsac.core.change import Change
from dsac.core.comparison import Comparison
from dsac.core.marker import Pair, label_key
from dsac.core.merge import Attributes, ignores_label, overlaid
from dsac.core.ownership import pair_for
from dsac.core.resources import (
    Address,
    DesiredSample,
    Kind,
    Label,
    RemoteLabel,
    RemoteSample,
    Sample,
    Unknown,
    attributes_of,
)
from dsac.core.values import Tree, covers


def diff_labels(
    comparison: Comparison, row: DesiredSample, have: RemoteSample
) -> Iterator[Change]:
    """Yield the labels of a sample to be written; count the others."""
    for labelset, want in sorted(row.labels.items()):
        address = comparison.label(row.sample.name, labelset)
        there = have.labels.get(labelset, Unknown())
        if there is None:
            yield create_label(
                address, want, uuid=have.uuid, owned=comparison.ours(have.marker)
            )
        elif isinstance(there, Unknown) or is_kept(
            comparison, labelset, want, there=there
        ):
            comparison.tally.counts["kept"] += 1
        else:
            yield from _converge(comparison, address, want, have, there=there)


def leftover_labels(
    comparison: Comparison, row: DesiredSample, have: RemoteSample
) -> Iterator[Change]:
    """Yield the deletes of labels that left the manifest, in its own label sets.

    They are due on samples that are ours, or are about to be: otherwise the plan
    after an adoption would not be empty.
    """
    desired = comparison.desired
    if desired.lifecycle.prune == "none" or not comparison.complete:
        return
    for labelset, there in sorted(have.labels.items()):
        if (
            isinstance(there, RemoteLabel)
            and labelset not in row.labels
            and desired.owner_of(labelset) == "manifest"
        ):
            yield Change(
                address=comparison.label(row.sample.name, labelset),
                before=there.label,
                uuid=have.uuid,
                owned=True,
                reason="not in the manifest",
            )


def create_label(
    address: Address, label: Label, *, owned: bool, uuid: str = ""
) -> Change:
    """Give the change that writes a label where there is none."""
    return Change(
        address=address,
        after=label,
        stated=attributes_of(label),
        uuid=uuid,
        owned=owned,
    )


def is_kept(
    comparison: Comparison, labelset: str, want: Label, *, there: RemoteLabel
) -> bool:
    """Tell whether a label is kept without a word; in a set of the manifest's, held."""
    owner = comparison.desired.owner_of(labelset)
    if owner == "manifest":
        return False
    return not comparison.scope.machines.made(there, owner=owner, stated=want.status)


def _converge(
    comparison: Comparison,
    address: Address,
    want: Label,
    have: RemoteSample,
    *,
    there: RemoteLabel,
) -> Iterator[Change]:
    want = _without_ignored(comparison, address.name, want, there=there.label)
    placed, stated = settled(
        comparison,
        address,
        want,
        remote=there.label,
        pair=pair_for(have.marker, comparison.dataset, label=label_key(address.name)),
    )
    before, after = _versions(there.label, want, placed)
    change = Change(
        address=address,
        before=before,
        after=after,
        stated=stated,
        uuid=have.uuid,
        owned=comparison.ours(have.marker),
    )
    if change.actions:
        yield change
    else:
        comparison.tally.unchanged[Kind.LABEL] += 1


def _without_ignored(
    comparison: Comparison, labelset: str, want: Label, *, there: Label
) -> Label:
    """Leave out of a label what the manifest says of it at its creation only."""
    ignored = comparison.desired.lifecycle.ignore_changes
    if not ignored:
        return want
    as_it_is: dict[str, object] = {
        "status": there.status,
        "attributes": UNSET,
        "score": UNSET,
    }
    return structs.replace(
        want,
        **{
            field: value
            for field, value in as_it_is.items()
            if ignores_label(ignored, labelset, field)
        },
    )


def _versions(have: Label, want: Label, placed: Attributes) -> tuple[Label, Label]:
    """Give a label before and after, both whole: the platform replaces labels.

    What the manifest does not state is taken from what is there; a score that is
    neither there nor stated stays out, so that no null is sent for it.
    """
    before = have
    if have.score is None and want.score is UNSET:
        before = structs.replace(have, score=UNSET)
    after = structs.replace(before, status=want.status)
    if not isinstance(placed, UnsetType):
        laid = overlaid(have.attributes, placed)[1]
        after = structs.replace(after, attributes=laid)
    if not isinstance(want.score, UnsetType):
        there = None if isinstance(have.score, UnsetType) else have.score
        score = there if covers(there, want.score) else want.score
        before = structs.replace(before, score=there)
        after = structs.replace(after, score=score)
    return before, after


def settled(
    comparison: Comparison,
    address: Address,
    want: Sample | Label,
    *,
    remote: Sample | Label,
    pair: Pair | None,
) -> tuple[Attributes, Tree]:
    """Give the stated attributes with URLs where their files are already there.

    Beside them stands what the marker may say of those files: nothing where nobody
    could tell what is behind the URLs.
    """
    if isinstance(want.attributes, UnsetType):
        return UNSET, {}
    placed, known = comparison.scope.settle(
        address, want.attributes, remote=attributes_of(remote), pair=pair
    )
    comparison.tally.counts["unknown"] += not known
    return placed, want.attributes if known else {}
