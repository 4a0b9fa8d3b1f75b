"""Reads the labels that a plan's changes could cost, and no others."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from dsac.core.guard import Risk
from dsac.core.losses import Evidence
from dsac.core.resources import (
    GROUND_TRUTH,
    Desired,
    RemoteDataset,
    RemoteLabel,
    Unknown,
)
from dsac.remote.reader import Reader

FEW = 50
"""Up to so many labels are read one by one; more by listing the label set."""

Found = dict[str, RemoteLabel | Unknown | None]


def gather(
    reader: Reader, remote: RemoteDataset, risk: Risk, *, desired: Desired | None
) -> Evidence:
    """Read what `risk` asks for, beside what is known from the listing.

    Every label set on the platform counts, declared or not; a label that a listing
    does not tell of is unknown, which counts as a person's.
    """
    everyone = frozenset(item.uuid for item in remote)
    labels: dict[str, Found] = {
        item.uuid: dict(item.labels) for item in remote if item.labels
    }
    for labelset in labelsets_of(remote):
        whole = risk.everything or labelset in risk.labelsets
        uuids = everyone if whole else risk.samples & everyone
        missing = [uuid for uuid in uuids if labelset not in labels.get(uuid, {})]
        if missing:
            found = read_labels(reader, remote.dataset.name, labelset, missing)
            for uuid in missing:
                labels.setdefault(uuid, {})[labelset] = found.get(uuid, Unknown())
    return Evidence(
        desired=desired,
        remote=remote,
        labels=labels,
        labelled=risk.any_label and _labelled(reader, remote),
    )


def labelsets_of(remote: RemoteDataset) -> tuple[str, ...]:
    """Name all label sets of a dataset, sorted."""
    return tuple(sorted({GROUND_TRUTH, *(item.name for item in remote.labelsets)}))


def read_labels(
    reader: Reader, dataset: str, labelset: str, uuids: Sequence[str]
) -> Found:
    """Read the labels of some samples: one by one, or many by listing the label set."""
    few = len(uuids) <= FEW
    return reader.labels(dataset, labelset, uuids if few else None)


def any_label(
    reader: Reader,
    dataset: str,
    labelsets: Iterable[str],
    *,
    samples: AbstractSet[str] = frozenset(),
) -> bool:
    """Tell whether any of the label sets has a label, read rather than counted.

    A listing that can't be trusted, or leaves out one of `samples`, may hide one.
    """
    for labelset in labelsets:
        rows = reader.label_rows(dataset, labelset)
        if not rows.complete or not samples <= rows.labels.keys():
            return True
        if any(label is not None for label in rows.labels.values()):
            return True
    return False


def _labelled(reader: Reader, remote: RemoteDataset) -> bool:
    """Tell whether any label set of a dataset has a label, or may have one unseen."""
    if not remote.complete:
        return True
    if any(label is not None for item in remote for label in item.labels.values()):
        return True
    return any_label(
        reader,
        remote.dataset.name,
        labelsets_of(remote),
        samples=frozenset(item.uuid for item in remote),
    )
