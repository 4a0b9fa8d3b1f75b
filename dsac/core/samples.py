"""The differences between the samples of both sides of a dataset."""

from collections.abc import Iterator

import msgspec
from msgspec import UNSET, structs

from dsac.core.change import Change
from dsac.core.comparison import Comparison
from dsac.core.differences import Tally
from dsac.core.label_diff import (
    create_label,
    diff_labels,
    is_kept,
    leftover_labels,
    settled,
)
from dsac.core.marker import label_key
from dsac.core.merge import (
    ignores,
    ignores_content,
    ignores_label,
    merged,
    overlaid,
)
from dsac.core.moves import Moves, settle_moves
from dsac.core.moves_by_content import find_twins
from dsac.core.ownership import Owner, Scope, ownership_error, pair_for
from dsac.core.replacing import replace_sample
from dsac.core.resources import (
    Address,
    Desired,
    DesiredSample,
    Kind,
    RemoteDataset,
    RemoteLabel,
    RemoteSample,
    Sample,
    attributes_of,
)
from dsac.core.values import Tree, covers

PLAIN_FIELDS = ("priority", "assigned_labeler", "assigned_reviewer", "readme")
"""Fields of a sample that hold one value each."""


def diff_samples(comparison: Comparison, remote: RemoteDataset) -> None:
    """Compare the samples of a dataset by name, renames settled first.

    Samples in the manifest are created, renamed, adopted or updated; those that are
    only on the platform are deleted where they are ours and the listing was complete.
    """
    desired, tally = comparison.desired, comparison.tally
    settled = remote.settled
    tally.counts["owned"] = settled.owned + sum(
        comparison.ours(item.marker) for item in remote
    )
    if desired.samples is None:
        tally.counts["unmanaged"] = len(remote.samples)
        return
    tally.unchanged[Kind.SAMPLE] += settled.samples
    tally.unchanged[Kind.LABEL] += settled.labels
    tally.counts["kept"] += settled.kept
    moves = _moves(comparison, remote)
    tally.errors.extend(f"{desired.dataset.name}: {error}" for error in moves.errors)
    tally.warnings.extend(moves.notes)
    for row in desired.samples:
        have = remote.samples.get(moves.source_of(row.sample.name))
        if have is None:
            _create_sample(comparison, row)
        elif comparison.replaces(row.sample.name, have):
            replace_sample(comparison, row, have)
        else:
            diff_sample(comparison, row, have, why=moves.reason(row.sample.name))
    _diff_leftover(comparison, remote, moves)
    if tally.counts["waiting"]:
        tally.warnings.append(
            f"{tally.dataset}: {tally.counts['waiting']} labels of samples that were "
            "not listed wait for a plan that sees their samples"
        )


def _moves(comparison: Comparison, remote: RemoteDataset) -> Moves:
    """Settle renames: those that the manifest states, then those that content tells.

    Content tells none where what left the manifest stays, or might only be unseen.
    """
    desired = comparison.desired
    rows = desired.samples or ()
    wanted = {row.sample.name for row in rows}
    moves = settle_moves(desired.moved, wanted=wanted, there=remote.samples)
    whole = comparison.complete and not comparison.scope.partial
    if moves.errors or not whole or desired.lifecycle.prune == "none":
        return moves
    taken = remote.samples.keys() | moves.pending.keys()
    new = [row.sample for row in rows if row.sample.name not in taken]
    named = wanted | moves.sources
    left = [
        item
        for item in (remote if new else ())
        if item.sample.name not in named and comparison.ours(item.marker)
    ]
    twins = find_twins(left, new, dataset=comparison.dataset)
    return Moves(
        {**moves.pending, **twins.renames},
        by_content=frozenset(twins.renames),
        notes=twins.notes,
    )


def _create_sample(comparison: Comparison, row: DesiredSample) -> None:
    marked = comparison.desired.lifecycle.marker
    comparison.tally.add(
        Change(
            address=comparison.sample(row.sample.name),
            after=row.sample,
            stated=attributes_of(row.sample),
            owned=marked,
        )
    )
    if not comparison.complete:
        # It may be there, unseen, with a person's label that nobody would look at.
        comparison.tally.counts["waiting"] += len(row.labels)
        return
    for labelset, label in sorted(row.labels.items()):
        address = comparison.label(row.sample.name, labelset)
        comparison.tally.add(create_label(address, label, owned=marked))


def diff_sample(
    comparison: Comparison, row: DesiredSample, have: RemoteSample, *, why: str = ""
) -> None:
    """Compare a sample that is on both sides, with its labels; `why` it is renamed."""
    lifecycle, tally = comparison.desired.lifecycle, comparison.tally
    address = comparison.sample(row.sample.name)
    error = ownership_error(
        address, have.marker, comparison.scope, adopt=lifecycle.adopt
    )
    if error:
        tally.refuse(error)
        return
    labels = list(diff_labels(comparison, row, have))
    change = _sample_change(comparison, row, have)
    if why:
        change = structs.replace(change, reason=why)
    changed = bool(labels or change.actions)
    adopt = comparison.adopts(have.marker, changed=changed)
    if adopt or comparison.ours(have.marker):
        labels.extend(leftover_labels(comparison, row, have))
    tally.add(structs.replace(change, adopt=True) if adopt else change)
    for label in labels:
        tally.add(label)


def _sample_change(
    comparison: Comparison, row: DesiredSample, have: RemoteSample
) -> Change:
    want = row.sample
    ignored = comparison.desired.lifecycle.ignore_changes
    if ignores_content(ignored):
        want = structs.replace(want, attributes=UNSET)
    address = comparison.sample(want.name)
    placed, stated = settled(
        comparison,
        address,
        want,
        remote=have.sample,
        pair=pair_for(have.marker, comparison.dataset),
    )
    attributes = overlaid(have.sample.attributes, placed)
    metadata = merged(
        have.sample.metadata,
        want.metadata,
        ignored=ignored,
        stuck=comparison.stuck(have.marker),
    )
    before: dict[str, object] = {"attributes": attributes[0], "metadata": metadata[0]}
    after: dict[str, object] = {"attributes": attributes[1], "metadata": metadata[1]}
    for field in PLAIN_FIELDS:
        value = getattr(want, field)
        if value is not UNSET and not ignores(ignored, field):
            there = getattr(have.sample, field)
            before[field] = there = None if there is UNSET else there
            after[field] = there if covers(there, value) else value
    return Change(
        address=address,
        before=structs.replace(Sample(name=have.sample.name), **before),
        after=structs.replace(Sample(name=want.name), **after),
        stated=stated,
        uuid=have.uuid,
        previous="" if have.sample.name == want.name else have.sample.name,
        owned=comparison.ours(have.marker),
    )


def _diff_leftover(comparison: Comparison, remote: RemoteDataset, moves: Moves) -> None:
    tally = comparison.tally
    wanted = {row.sample.name for row in comparison.desired.samples or ()}
    for have in remote:
        name = have.sample.name
        if name in wanted or name in moves.sources:
            continue
        if not (comparison.complete and _prunes(comparison, have)):
            tally.counts["unmanaged"] += 1
        else:
            tally.add(
                Change(
                    address=comparison.sample(name),
                    before=have.sample,
                    uuid=have.uuid,
                    owned=comparison.ours(have.marker),
                    reason="not in the manifest",
                )
            )


def _prunes(comparison: Comparison, have: RemoteSample) -> bool:
    prune = comparison.desired.lifecycle.prune
    owner = comparison.scope.owner(have.marker, comparison.dataset)
    if owner is Owner.OURS:
        return prune != "none"
    return owner is Owner.NOBODY and prune == "all"


class Unsettled(msgspec.Struct, frozen=True):
    """Local files, and the URLs whose content no marker tells: is it the same?"""

    address: Address
    stated: Tree
    remote: Tree


def unsettled(
    desired: Desired, remote: RemoteDataset, *, scope: Scope
) -> Iterator[Unsettled]:
    """List the samples and labels whose content only a look at the bytes can tell.

    Labels that are kept whatever they hold are not worth one.
    """
    tally = Tally(desired.dataset.name)
    comparison = Comparison(desired, scope, tally, remote.complete)
    moves = _moves(comparison, remote)
    for row in desired.samples or ():
        have = remote.samples.get(moves.source_of(row.sample.name))
        if have is None or comparison.replaces(row.sample.name, have):
            continue
        yield from unsettled_in(comparison, row, have)


def unsettled_in(
    comparison: Comparison, row: DesiredSample, have: RemoteSample
) -> Iterator[Unsettled]:
    """List what of a sample and its labels only a look at the bytes can tell."""
    for item in _sides(comparison, row, have):
        key = label_key(item.address.name) if item.address.name else ""
        pair = pair_for(have.marker, comparison.dataset, label=key)
        if comparison.scope.needs_a_look(item.stated, remote=item.remote, pair=pair):
            yield item


def _sides(
    comparison: Comparison, row: DesiredSample, have: RemoteSample
) -> Iterator[Unsettled]:
    name = row.sample.name
    ignored = comparison.desired.lifecycle.ignore_changes
    if not ignores_content(ignored):
        yield Unsettled(
            comparison.sample(name),
            attributes_of(row.sample),
            attributes_of(have.sample),
        )
    for labelset, label in sorted(row.labels.items()):
        there = have.labels.get(labelset)
        if (
            isinstance(there, RemoteLabel)
            and not ignores_label(ignored, labelset, "attributes")
            and not is_kept(comparison, labelset, label, there=there)
        ):
            yield Unsettled(
                comparison.label(name, labelset),
                attributes_of(label),
                attributes_of(there.label),
            )
