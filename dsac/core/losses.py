"""Which labels of people's a change would cost."""

from collections.abc import Iterator, Mapping

import msgspec
from msgspec import UnsetType

from dsac.core.change import Change, Loss
from dsac.core.differences import Differences
from dsac.core.labels import Machines
from dsac.core.resources import (
    Address,
    Desired,
    Kind,
    RemoteDataset,
    RemoteLabel,
    Sample,
    Unknown,
)
from dsac.core.values import same

Labels = Mapping[str, RemoteLabel | Unknown | None]
"""The labels of one sample, by label set."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What was read of a dataset to judge its changes.

    `labels` holds, by sample uuid, the labels of every label set of those samples
    that `dsac.core.guard.risk` asked for; `labelled` whether any label exists.
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


def with_losses(
    part: Differences, evidence: Evidence, machines: Machines
) -> tuple[Change, ...]:
    """Give a dataset's changes, each with the labels of people's that it would cost."""
    judge = _Judge(part.dataset, evidence, machines)
    return tuple(
        msgspec.structs.replace(change, losses=tuple(judge.losses(change)))
        for change in part.changes
    )


class _Judge:
    """Knows a dataset's labels and what its manifest says of them."""

    def __init__(self, dataset: str, evidence: Evidence, machines: Machines) -> None:
        self.dataset = dataset
        self.evidence = evidence
        self.machines = machines
        rows = (evidence.desired.samples if evidence.desired else None) or ()
        self.wanted = {row.sample.name: row.labels for row in rows}

    def losses(self, change: Change) -> Iterator[Loss]:
        """Yield the labels that a change would cost, those of machines left out."""
        if change.kind is Kind.LABEL and not change.is_create:
            yield from self._label(
                change.uuid, change.address.sample, change.address.name
            )
        elif change.kind is Kind.SAMPLE:
            if change.is_delete or moves_content(change):
                yield from self._labels(change.uuid, change.address.sample)
        elif change.is_delete and change.kind in {Kind.LABELSET, Kind.DATASET}:
            only = change.address.name
            for item in self.evidence.remote:
                yield from self._labels(item.uuid, item.sample.name, only=only)

    def _labels(self, uuid: str, sample: str, *, only: str = "") -> Iterator[Loss]:
        for labelset in sorted(self.evidence.labels.get(uuid, {})):
            if only in {"", labelset}:
                yield from self._label(uuid, sample, labelset)

    def _label(self, uuid: str, sample: str, labelset: str) -> Iterator[Loss]:
        label = self.evidence.labels.get(uuid, {}).get(labelset)
        if label is None or self._machine_made(label, sample, labelset):
            return
        address = Address.label(self.dataset, sample, labelset)
        if isinstance(label, Unknown):
            yield Loss(address, "unknown")
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
