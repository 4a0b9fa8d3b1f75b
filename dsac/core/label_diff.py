"""The differences between the labels of a sample on both sides."""

from collections.abc import Iterator

from msgspec import UNSET, UnsetType

from dsac.core.change import Change
from dsac.core.comparison import Comparison
from dsac.core.marker import Pair, label_key
from dsac.core.merge import Attributes, overlaid
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
from dsac.core.values import covers


def diff_labels(
    comparison: Comparison, row: DesiredSample, have: RemoteSample
) -> Iterator[Change]:
    """Yield the labels of a sample to be written or deleted; count the others."""
    for labelset in sorted({*have.labels, *row.labels}):
        address = comparison.label(row.sample.name, labelset)
        want, there = row.labels.get(labelset), have.labels.get(labelset)
        if want is None:
            yield from _leftover(comparison, address, have)
        elif there is None:
            yield create_label(
                address, want, uuid=have.uuid, owned=comparison.ours(have.marker)
            )
        elif _belongs_to_people(comparison, labelset, want, there):
            comparison.tally.counts["kept"] += 1
        else:
            yield from _converge(comparison, address, want, have)


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


def _belongs_to_people(
    comparison: Comparison, labelset: str, want: Label, there: RemoteLabel | Unknown
) -> bool:
    """Tell whether a label is kept without a word; in a set of the manifest's, held."""
    if isinstance(there, Unknown):
        return True
    owner = comparison.desired.owner_of(labelset)
    if owner == "manifest":
        return False
    return not comparison.scope.machines.made(there, owner=owner, stated=want.status)


def _leftover(
    comparison: Comparison, address: Address, have: RemoteSample
) -> Iterator[Change]:
    """Delete a label of the manifest's label set that left the manifest."""
    there = have.labels.get(address.name)
    desired = comparison.desired
    if (
        isinstance(there, RemoteLabel)
        and desired.owner_of(address.name) == "manifest"
        and desired.lifecycle.prune != "none"
        and comparison.ours(have.marker)
    ):
        yield Change(
            address=address,
            before=there.label,
            uuid=have.uuid,
            reason="not in the manifest",
        )


def _converge(
    comparison: Comparison, address: Address, want: Label, have: RemoteSample
) -> Iterator[Change]:
    there = have.labels[address.name]
    if not isinstance(there, RemoteLabel):
        raise TypeError("only a label that was read can converge")
    placed = settled(
        comparison,
        address,
        want,
        remote=there.label,
        pair=pair_for(have.marker, comparison.dataset, label=label_key(address.name)),
    )
    attributes = overlaid(there.label.attributes, placed)
    score = _scores(there.label.score, want.score)
    change = Change(
        address=address,
        before=Label(
            status=there.label.status, attributes=attributes[0], score=score[0]
        ),
        after=Label(status=want.status, attributes=attributes[1], score=score[1]),
        stated=attributes_of(want),
        uuid=have.uuid,
        owned=comparison.ours(have.marker),
    )
    if change.actions:
        yield change
    else:
        comparison.tally.unchanged[Kind.LABEL] += 1


Score = float | UnsetType | None


def _scores(have: Score, stated: Score) -> tuple[Score, Score]:
    if stated is UNSET:
        return UNSET, UNSET
    before = None if isinstance(have, UnsetType) else have
    after = None if isinstance(stated, UnsetType) else stated
    return before, before if covers(before, after) else after


def settled(
    comparison: Comparison,
    address: Address,
    want: Sample | Label,
    *,
    remote: Sample | Label,
    pair: Pair | None,
) -> Attributes:
    """Give the stated attributes with URLs where their files are already there."""
    if isinstance(want.attributes, UnsetType):
        return UNSET
    placed, known = comparison.scope.settle(
        address, want.attributes, remote=attributes_of(remote), pair=pair
    )
    comparison.tally.counts["unknown"] += not known
    return placed
