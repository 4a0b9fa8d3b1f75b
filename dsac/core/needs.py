"""Which changes of a dataset need which others, and what lies in what."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from dsac.core.change import Change
from dsac.core.globs import names_of
from dsac.core.losses import Evidence, Labels, moves_content
from dsac.core.resources import (
    GROUND_TRUTH,
    Address,
    Kind,
    RemoteDataset,
    RemoteSample,
    Unknown,
)


class Needs:
    """The changes of one dataset, by what they need of each other."""

    def __init__(self, changes: Iterable[Change]) -> None:
        self.changes = {change.address: change for change in changes}
        self._giving_up = {
            change.previous: change
            for change in self.changes.values()
            if change.previous
        }

    def of(self, change: Change) -> Iterator[Change]:
        """Yield the changes without which another must not be done."""
        address = change.address
        parents = [Address.of_dataset(address.dataset)]
        if change.kind is Kind.LABEL:
            parents.append(Address(Kind.LABELSET, address.dataset, "", address.name))
        for parent in parents:
            found = self.changes.get(parent)
            if found is not None and found.is_create and found is not change:
                yield found
        if change.kind is Kind.LABEL:
            sample = self.changes.get(sample_of(address))
            if sample is not None and _label_waits(change, sample):
                yield sample
        elif change.previous and address.sample in self._giving_up:
            yield self._giving_up[address.sample]

    def names(self, change: Change) -> Iterator[Address]:
        """Yield the addresses of a change and of all that its resource lies in."""
        address = change.address
        yield Address.of_dataset(address.dataset)
        yield from names_of(change)
        if change.kind is Kind.LABEL:
            yield Address(Kind.LABELSET, address.dataset, "", address.name)
            sample = self.changes.get(sample_of(address))
            yield from (sample_of(address),) if sample is None else names_of(sample)

    def closed(self, wanted: AbstractSet[Address]) -> set[Address]:
        """Give those of the wanted changes that need no unwanted one, over any way."""
        waiting: dict[Address, list[Address]] = {}
        lost: deque[Address] = deque()
        for address in wanted:
            for need in self.of(self.changes[address]):
                waiting.setdefault(need.address, []).append(address)
                if need.address not in wanted:
                    lost.append(address)
        kept = set(wanted)
        while lost:
            address = lost.popleft()
            if address in kept:
                kept.remove(address)
                lost.extend(waiting.get(address, ()))
        return kept


def sample_of(address: Address) -> Address:
    """Address the sample of a label."""
    return Address.of_sample(address.dataset, address.sample)


def _label_waits(label: Change, sample: Change) -> bool:
    """Tell whether a label makes no sense without a change of its sample.

    One that goes because its sample is about to be ours waits for that.
    """
    if label.is_delete:
        return sample.adopt
    return sample.is_create or sample.is_replacement or moves_content(sample)


def inside(change: Change, evidence: Evidence) -> Iterator[Address]:
    """Yield what goes along with what a change takes away.

    A label that nobody read counts as there.
    """
    remote, address = evidence.remote, change.address
    if change.kind is Kind.DATASET:
        yield from contents(remote, evidence.labels)
    elif change.kind in {Kind.SAMPLE, Kind.LABELSET}:
        one = remote.samples.get(address.sample)
        for have in remote if one is None else (one,):
            for label in _labels(remote, have, evidence.labels):
                if address.name in {"", label.name}:
                    yield label


def contents(
    remote: RemoteDataset, labels: Mapping[str, Labels] | None = None
) -> Iterator[Address]:
    """Yield all that a dataset on the platform has in it.

    Args:
        remote: The dataset.
        labels: Its labels by sample uuid, where more was read than a listing tells.
    """
    dataset = remote.dataset.name
    for labelset in remote.labelsets:
        yield Address(Kind.LABELSET, dataset, "", labelset.name)
    for who in remote.collaborators:
        yield Address(Kind.COLLABORATOR, dataset, "", who.user)
    for release in remote.releases:
        yield Address(Kind.RELEASE, dataset, "", release.name)
    for have in remote:
        yield Address.of_sample(dataset, have.sample.name)
        yield from _labels(remote, have, labels or {})


def _labels(
    remote: RemoteDataset, have: RemoteSample, labels: Mapping[str, Labels]
) -> Iterator[Address]:
    found = labels.get(have.uuid, have.labels)
    for name in sorted({GROUND_TRUTH, *(item.name for item in remote.labelsets)}):
        if found.get(name, Unknown()) is not None:
            yield Address.label(remote.dataset.name, have.sample.name, name)
