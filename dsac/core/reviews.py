"""Whether the labels of a dataset are reviewed as a release demands it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from dsac.core.change import Change
from dsac.core.plan import Finding
from dsac.core.resources import Address, Kind, RemoteLabel, Unknown
from dsac.core.rules import Reviewed, Rule


class Reviews(msgspec.Struct, frozen=True, kw_only=True):
    """The labels of one label set by sample uuid, with the names of the samples.

    `complete` is false for a listing that can't be trusted.
    """

    labels: Mapping[str, RemoteLabel | Unknown | None] = {}
    names: Mapping[str, str] = {}
    complete: bool = True


NONE = Reviews()
"""Of a dataset that does not exist there is nothing to read."""


def reviews_wanted(
    rules: Iterable[Rule], changes: Sequence[Change]
) -> tuple[tuple[str, str], ...]:
    """Name the label sets, each behind its dataset, that must be read for rules."""
    released = _released(change for change in changes if not change.held)
    wanted = {
        (dataset, rule.demand.labelset)
        for rule in rules
        if isinstance(rule.demand, Reviewed)
        for dataset in released
        if rule.is_about(dataset)
    }
    return tuple(sorted(wanted))


def _released(changes: Iterable[Change]) -> set[str]:
    """Name the datasets of which a release is made."""
    return {
        change.address.dataset
        for change in changes
        if change.kind is Kind.RELEASE and change.is_create
    }


def check_reviews(
    rule: Rule,
    demand: Reviewed,
    changes: Sequence[Change],
    reviews: Mapping[tuple[str, str], Reviews],
) -> Iterator[Finding]:
    """Find the samples whose labels a release would freeze unreviewed.

    A release is made last: samples that go before it do not count, those that come
    have nobody's review yet, nor has a label that the plan writes.
    """
    for dataset in sorted(_released(changes)):
        listed = reviews.get((dataset, demand.labelset), NONE)
        mine = [item for item in changes if item.address.dataset == dataset]
        names = _names_after(listed, mine)
        written = {
            item.address.sample: "would be written by this plan"
            for item in mine
            if item.kind is Kind.LABEL and item.address.name == demand.labelset
        }
        if not listed.complete:
            found = f"the labels in {demand.labelset} could not be listed in full"
            yield rule.finding(Address.of_dataset(dataset), found, "plan again")
        for name, uuid in sorted(names.items()):
            found = written.get(name) or _lacks(demand, listed.labels.get(uuid))
            if found:
                address = Address.label(dataset, name, demand.labelset)
                yield rule.finding(address, found, _remedy(demand))


def _names_after(listed: Reviews, changes: Iterable[Change]) -> dict[str, str]:
    """Give the samples that a release has: uuids by names, empty for new ones."""
    names = dict(listed.names)
    new = []
    for change in changes:
        if change.kind is not Kind.SAMPLE:
            continue
        if change.takes_away or change.previous:
            names.pop(change.uuid, None)
        if not change.is_delete:
            uuid = "" if change.is_create or change.is_replacement else change.uuid
            new.append((change.address.sample, uuid))
    return {**{name: uuid for uuid, name in names.items()}, **dict(new)}


def _lacks(demand: Reviewed, label: RemoteLabel | Unknown | None) -> str:
    """Say what a label lacks; nothing if it is reviewed by whom it should be."""
    if label is None:
        return "has no label"
    if isinstance(label, Unknown):
        return "has a label that can't be read"
    if label.label.status not in demand.statuses:
        return f"is {label.label.status}"
    if demand.by and label.reviewed_by not in demand.by:
        return f"is reviewed by {label.reviewed_by or 'nobody'}"
    return ""


def _remedy(demand: Reviewed) -> str:
    who = f" by {', '.join(demand.by)}" if demand.by else ""
    return f"have it {' or '.join(demand.statuses)}{who} before the release"
