"""Which labels of people's a change would cost."""

from collections.abc import Iterator, Mapping

import msgspec
from msgspec import UnsetType

from dsac.core.change import Change, Loss
from dsac.core.differences import Differences
from dsac.core.labels import Machines
from dsac.core.resources import (
    GROUND_TRUTH,
    Address,
    Desired,
    Kind,
    RemoteDataset,
    RemoteLabel,
    Sample,
    Unknown,
)
from dsac.core.values import digest, same

UNKNOWN = "unknown"
"""The status of a label that can't be read."""

Found = RemoteLabel | Unknown | None

Labels = Mapping[str, Found]
"""The labels of one sample, by label set."""

Sight = Mapping[tuple[str, str], Found]
"""Labels as they were seen at one moment, by sample uuid and label set."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What was read of a dataset to judge its changes.

    `labels` holds, by sample uuid, the labels of every label set of those samples
    that `dsac.core.guard.risk` asked for, None where there is none: a label without
    an entry counts as unknown. `labelled` tells whether any label exists.
    """

    desired: Desired | None
    remote: RemoteDataset
    labels: Mapping[str, Labels] = {}
    labelled: bool = False


def moves_content(change: Change) -> bool:
    """Tell whether a sample would refer to another image, cloud or frames."""
    before, after = change.before, change.after
    return (
        isinstance(before, Sample)
        and isinstance(after, Sample)
        and not isinstance(after.attributes, UnsetType)
        and not isinstance(before.attributes, UnsetType)
        and not same(before.attributes, after.attributes)
    )


def costs_sample(change: Change) -> bool:
    """Tell whether the labels of a sample go, or lose what they were drawn on."""
    return change.takes_away or moves_content(change)


def with_losses(
    part: Differences, evidence: Evidence, machines: Machines
) -> tuple[Change, ...]:
    """Give a dataset's changes, each with the labels of people's that it would cost."""
    judge = _Judge(part.dataset, evidence, machines)
    return tuple(
        msgspec.structs.replace(
            change,
            losses=tuple(judge.losses(change)),
            evidence=evidence_of(sight(change, evidence)),
        )
        for change in part.changes
    )


def sight(change: Change, evidence: Evidence) -> Sight:
    """Give the labels that a change could cost, as they were read."""
    return {
        (uuid, labelset): _read(evidence, uuid, labelset)
        for uuid, labelset in _endangered(change, evidence)
    }


def evidence_of(seen: Sight) -> tuple[str, ...]:
    """Digest each label that is there, sorted; what nobody could read counts as one."""
    return tuple(
        sorted(
            digest((*where, label))
            for where, label in seen.items()
            if label is not None
        )
    )


def touched(seen: Sight, change: Change) -> tuple[tuple[str, str], ...]:
    """List the labels that were made or changed since a change was planned.

    One that has gone is none: nothing of it can be lost any more.
    """
    known = frozenset(change.evidence)
    return tuple(
        where
        for where, label in seen.items()
        if label is not None and digest((*where, label)) not in known
    )


def _endangered(change: Change, evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Yield sample uuid and label set of each label that a change could cost."""
    if change.kind is Kind.LABEL and change.uuid:
        yield change.uuid, change.address.name
    elif change.kind is Kind.SAMPLE and costs_sample(change):
        for labelset in _labelsets(evidence, change.uuid):
            yield change.uuid, labelset
    elif change.is_delete and change.kind in {Kind.LABELSET, Kind.DATASET}:
        for item in sorted(evidence.remote, key=lambda item: item.uuid):
            for labelset in _labelsets(evidence, item.uuid):
                if change.address.name in {"", labelset}:
                    yield item.uuid, labelset


def _labelsets(evidence: Evidence, uuid: str) -> list[str]:
    """Name the label sets in which a sample may have a label, declared or not."""
    there = (item.name for item in evidence.remote.labelsets)
    return sorted({GROUND_TRUTH, *there, *evidence.labels.get(uuid, {})})


def _read(evidence: Evidence, uuid: str, labelset: str) -> Found:
    """Give a label as it was read; what nobody read is unknown."""
    return evidence.labels.get(uuid, {}).get(labelset, Unknown())


class _Judge:
    """Knows a dataset's labels and what its manifest says of them."""

    def __init__(self, dataset: str, evidence: Evidence, machines: Machines) -> None:
        self.dataset = dataset
        self.evidence = evidence
        self.machines = machines
        rows = (evidence.desired.samples if evidence.desired else None) or ()
        self.wanted = {row.sample.name: row.labels for row in rows}
        self.names = {item.uuid: item.sample.name for item in evidence.remote}

    def losses(self, change: Change) -> Iterator[Loss]:
        """Yield the labels that a change would cost, those of machines left out."""
        if change.kind is Kind.LABEL and change.is_create:
            return
        for uuid, labelset in _endangered(change, self.evidence):
            name = change.address.sample or self.names[uuid]
            yield from self._label(uuid, name, labelset)

    def _label(self, uuid: str, sample: str, labelset: str) -> Iterator[Loss]:
        label = _read(self.evidence, uuid, labelset)
        if label is None or self._machine_made(label, sample, labelset):
            return
        address = Address.label(self.dataset, sample, labelset)
        if isinstance(label, Unknown):
            yield Loss(address, UNKNOWN)
        else:
            author = label.reviewed_by or label.updated_by or label.created_by or ""
            yield Loss(address, label.label.status, author)

    def _machine_made(
        self, label: RemoteLabel | Unknown, sample: str, labelset: str
    ) -> bool:
        desired = self.evidence.desired
        stated = self.wanted.get(sample, {}).get(labelset)
        return self.machines.made(
            label,
            owner=desired.owner_of(labelset) if desired else "annotators",
            stated=None if stated is None else stated.status,
        )
