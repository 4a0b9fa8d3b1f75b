"""Lets go of the samples that are as they should be, while a listing is read.

What is let go of is counted and forgotten, so that a plan's memory grows with what
differs and not with what there is. Two ways lead there: a quick one over the bare
answer, and an exact one, which is the comparison of `dsac.core.samples` itself. Both
let go only of what is certain; everything else is kept, and compared later.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec
from msgspec import UNSET, UnsetType, structs

from dsac.core.comparison import Comparison
from dsac.core.differences import Tally
from dsac.core.marker import KEY, Marker, write
from dsac.core.ownership import Scope
from dsac.core.resources import (
    PRELABELED,
    Desired,
    DesiredSample,
    Kind,
    Label,
    RemoteSample,
    Rest,
    Sample,
    Settled,
    Stored,
    Unknown,
)
from dsac.core.samples import diff_sample, unsettled_in

_encode = msgspec.json.Encoder(order="sorted").encode

Values = dict[str, Any]


class ListedLabel(Protocol):
    """A label as a listing tells of it; its attributes as bytes of JSON."""

    label_status: str
    attributes: msgspec.Raw
    score: float | None
    rating: float | None
    created_by: str | None
    updated_by: str | None
    reviewed_by: str | None


class Listed(Protocol):
    """A sample as a listing tells of it."""

    name: str
    attributes: Values | None
    metadata: Values | None
    priority: float | None
    assigned_labeler: str | None
    assigned_reviewer: str | None
    readme: str | None


Labels = Mapping[str, ListedLabel | Unknown | None]


class Sieve:
    """Compares samples one by one, and counts those that agree.

    Each sample is offered once, by `passes` and then, if it did not, by `settles`.
    """

    def __init__(self, desired: Desired, scope: Scope) -> None:
        self._desired = desired
        self._comparison = Comparison(desired, scope, Tally(desired.dataset.name))
        self._find = finder(desired)
        self._moving = frozenset(name for pair in desired.moved for name in pair)
        self._settled: set[str] = set()
        self._counts: Counter[Kind | str] = Counter()
        lifecycle = desired.lifecycle
        self._marker = write(
            Marker(project=scope.project, dataset=desired.dataset.name)
        )
        self._quick = not lifecycle.ignore_changes
        self._leaves_unowned = lifecycle.adopt == "changed"
        self._owner_of = {
            name: desired.owner_of(name) for name in desired.labelsets_read()
        }
        self._machines = scope.machines.names

    def __contains__(self, name: str) -> bool:
        return name in self._settled

    def passes(self, row: Listed, labels: Labels) -> bool:
        """Let go of a sample whose bare answer says just what the manifest does."""
        name = row.name
        metadata = row.metadata
        marker = metadata.get(KEY) if metadata else None
        ours = marker == self._marker
        if (
            not self._quick
            or not (ours or (marker is None and self._leaves_unowned))
            or name in self._settled
            or name in self._moving
        ):
            return False
        want = self._find(name)
        if want is None or not _says(row, metadata or {}, want.sample):
            return False
        same = kept = 0
        for labelset, there in labels.items():
            verdict = self._label(labelset, want.labels.get(labelset), there)
            if verdict is None:
                return False
            same += verdict == "same"
            kept += verdict == "kept"
        if want.labels.keys() - labels.keys():
            return False
        self._count(name, owned=ours, labels=same, kept=kept)
        return True

    def _label(
        self, labelset: str, want: Label | None, there: ListedLabel | Unknown | None
    ) -> str | None:
        """Tell how a label stands; None where only the exact way can."""
        if want is None:
            theirs = self._owner_of.get(labelset) != "manifest"
            return "nothing" if there is None or theirs else None
        if there is None or isinstance(there, Unknown):
            return None
        if self._owner_of.get(labelset) != "manifest" and not self._is_machines(there):
            return "kept"
        return "same" if _label_says(there, want) else None

    def _is_machines(self, there: ListedLabel) -> bool:
        return (
            there.label_status == PRELABELED
            and not there.reviewed_by
            and there.rating is None
            and (there.updated_by or there.created_by) in self._machines
        )

    def settles(self, have: RemoteSample) -> bool:
        """Let go of a sample for which the comparison finds nothing to do."""
        name = have.sample.name
        want = None if name in self._moving else self._find(name)
        if (
            want is None
            or name in self._settled
            or any(isinstance(item, Unknown) for item in have.labels.values())
        ):
            return False
        tally = Tally(self._desired.dataset.name)
        comparison = structs.replace(self._comparison, tally=tally)
        if next(unsettled_in(comparison, want, have), None) is not None:
            return False
        diff_sample(comparison, want, have)
        if tally.changes or tally.errors or tally.warnings or tally.counts["unknown"]:
            return False
        self._count(
            name,
            owned=self._comparison.ours(have.marker),
            labels=tally.unchanged[Kind.LABEL],
            kept=tally.counts["kept"],
        )
        return True

    def _count(self, name: str, *, owned: bool, labels: int, kept: int) -> None:
        self._settled.add(name)
        self._counts["owned"] += owned
        self._counts[Kind.LABEL] += labels
        self._counts["kept"] += kept

    def forget(self, seen: Callable[[str], bool]) -> None:
        """Take back the samples that another reading has seen, whatever it says."""
        self._settled = {name for name in self._settled if not seen(name)}
        self._counts.clear()

    @property
    def settled(self) -> Settled:
        """What was let go of so far."""
        return Settled(
            samples=len(self._settled),
            owned=self._counts["owned"],
            labels=self._counts[Kind.LABEL],
            kept=self._counts["kept"],
        )

    def rest(self) -> Desired:
        """Give the dataset with those of its samples that were not let go of."""
        rows = self._desired.samples
        if rows is None:
            return self._desired
        left = (
            rows.without(self._settled)
            if isinstance(rows, Stored)
            else (row for row in rows if row.sample.name not in self._settled)
        )
        rest = Rest(tuple(left), self._desired.labelsets_used())
        return structs.replace(self._desired, samples=rest)


def finder(desired: Desired) -> Callable[[str], DesiredSample | None]:
    """Give the way to find a sample of a manifest by its name."""
    if isinstance(desired.samples, Stored):
        return desired.samples.find
    return {row.sample.name: row for row in desired.samples or ()}.get


def _says(row: Listed, metadata: Values, want: Sample) -> bool:
    """Tell whether a bare answer says in so many words what is wanted."""
    stated = want.metadata
    if isinstance(stated, dict):
        there = {key: metadata.get(key) for key in stated}
        if there != stated or _encode(there) != _encode(stated):
            return False
    elif stated is None:
        return False
    attributes = want.attributes
    if not isinstance(attributes, UnsetType) and not _same(row.attributes, attributes):
        return False
    return (
        _plain(want.priority, row.priority or 0)
        and _plain(want.assigned_labeler, row.assigned_labeler)
        and _plain(want.assigned_reviewer, row.assigned_reviewer)
        and _plain(want.readme, row.readme or "")
    )


def _plain(want: object, there: object) -> bool:
    return want is UNSET or want == there


def _same(there: Values | None, want: Values) -> bool:
    """Tell whether two values are the same; numbers as they are written."""
    # Python's == takes True for 1, the encoding does not; it is asked second since it
    # takes longer, and it must not be asked of files, which have no JSON of their own.
    return there == want and _encode(there) == _encode(want)


def _label_says(there: ListedLabel, want: Label) -> bool:
    if there.label_status != want.status:
        return False
    if want.score is not UNSET and want.score != there.score:
        return False
    if isinstance(want.attributes, UnsetType):
        return True
    return _same(msgspec.json.decode(there.attributes), want.attributes)
