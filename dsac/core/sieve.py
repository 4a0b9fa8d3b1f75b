"""Lets go of the samples that are as they should be, while a listing is read.

What is let go of is counted and forgotten, so that a plan's memory grows with what
differs and not with what there is. Two ways lead there: a quick one over the bare
answer, and an exact one, which is the comparison of `dsac.core.samples` itself. Both
let go only of what is certain; everything else is kept, and compared later.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

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
    RemoteSample,
    Rest,
    Settled,
    Stated,
    StatedLabel,
    Stored,
    Unknown,
    fingerprints,
)
from dsac.core.samples import diff_sample, unsettled_in

_encode = msgspec.json.Encoder(order="sorted").encode

_NESTED = frozenset({dict, list})

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


Row = TypeVar("Row", bound=Listed)
Labels = Mapping[str, ListedLabel | Unknown | None]


class Sieve:
    """Compares samples one by one, and counts those that agree.

    Each sample is offered once, by `passes` and then, if it did not, by `settles`.
    """

    def __init__(self, desired: Desired, scope: Scope) -> None:
        self._desired = desired
        self._comparison = Comparison(desired, scope, Tally(desired.dataset.name))
        rows = desired.samples
        self._find: Callable[[str], DesiredSample | None]
        self._stated: Callable[[str], Stated | None]
        self._prints_of: Callable[[Sequence[str]], list[int]]
        if isinstance(rows, Stored):
            self._find, self._stated = rows.find, rows.stated
            self._prints_of = rows.fingerprints
        else:
            by_name = {row.sample.name: row for row in rows or ()}
            self._find, self._stated = by_name.get, by_name.get
            self._prints_of = _no_prints
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

    def sift(self, rows: Sequence[Row]) -> Iterable[Row]:
        """Let go of samples whose bare answers say just what the manifest does.

        For listings without labels. Gives those that are left, which may need nothing
        all the same.
        """
        if not self._quick:
            return rows
        # Millions of rows come by here: a page of them is looked at as a whole.
        names = [row.name for row in rows]
        rests = [dict(row.metadata or {}) for row in rows]
        marks = [rest.pop(KEY, None) for rest in rests]
        prints = fingerprints(zip([row.attributes for row in rows], rests, strict=True))
        wanted = self._prints_of(names)
        new = {*names}
        if (
            prints == wanted
            and marks.count(self._marker) == len(marks)
            and len(new) == len(names)
            and self._settled.isdisjoint(new)
            and self._moving.isdisjoint(new)
        ):
            self._settled |= new
            self._counts["owned"] += len(names)
            return ()
        marker, leaves_unowned = self._marker, self._leaves_unowned
        left = []
        for row, rest, mark, found, want in zip(
            rows, rests, marks, prints, wanted, strict=True
        ):
            if (
                (mark == marker or (mark is None and leaves_unowned))
                and row.name not in self._settled
                and row.name not in self._moving
                and (found == want or self._agrees(row, rest))
            ):
                self._settled.add(row.name)
                self._counts["owned"] += mark is not None
            else:
                left.append(row)
        return left

    def _agrees(self, row: Listed, metadata: Values) -> bool:
        want = self._stated(row.name)
        return want is not None and not want.labels and _says(row, metadata, want)

    def passes(self, row: Listed, labels: Labels) -> bool:
        """Let go of a sample whose bare answer says just what the manifest does."""
        name = row.name
        metadata = row.metadata or {}
        mark = metadata.get(KEY)
        if (
            not self._quick
            or not (mark == self._marker or (mark is None and self._leaves_unowned))
            or name in self._settled
            or name in self._moving
        ):
            return False
        want = self._stated(name)
        if want is None or not _says(row, metadata, want):
            return False
        stated = want.labels
        same = kept = 0
        for labelset, there in labels.items():
            verdict = self._label(labelset, stated.get(labelset), there)
            if verdict is None:
                return False
            same += verdict == "same"
            kept += verdict == "kept"
        if stated.keys() - labels.keys():
            return False
        self._count(name, owned=mark is not None, labels=same, kept=kept)
        return True

    def _label(
        self,
        labelset: str,
        want: StatedLabel | None,
        there: ListedLabel | Unknown | None,
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


def _no_prints(names: Sequence[str]) -> list[int]:
    return [0] * len(names)


def _says(row: Listed, metadata: Values, want: Stated) -> bool:
    """Tell whether a bare answer says in so many words what is wanted."""
    stated = want.metadata
    if isinstance(stated, dict):
        for key, value in stated.items():
            there = metadata.get(key)
            # Python's == takes True for 1.
            if there != value or type(there) is not type(value):
                return False
            if type(value) in _NESTED and _encode(there) != _encode(value):
                return False
    elif stated is None:
        return False
    attributes = want.attributes
    if attributes is not UNSET:
        there = row.attributes
        if there != attributes:
            return False
        if not want.plain and _encode(there) != _encode(attributes):
            return False
    return (
        (want.priority is UNSET or want.priority == (row.priority or 0))
        and (
            want.assigned_labeler is UNSET
            or want.assigned_labeler == row.assigned_labeler
        )
        and (
            want.assigned_reviewer is UNSET
            or want.assigned_reviewer == row.assigned_reviewer
        )
        and (want.readme is UNSET or want.readme == (row.readme or ""))
    )


def _same(there: Values | None, want: Values) -> bool:
    """Tell whether two values are the same; numbers as they are written."""
    # The encoding takes longer; and it must not be asked of files, which have none.
    return there == want and _encode(there) == _encode(want)


def _label_says(there: ListedLabel, want: StatedLabel) -> bool:
    if there.label_status != want.status:
        return False
    if want.score is not UNSET and want.score != there.score:
        return False
    if isinstance(want.attributes, UnsetType):
        return True
    return _same(msgspec.json.decode(there.attributes), want.attributes)
