"""Lets go of the samples that are as they should be, while a listing is read.

What is let go of is counted and forgotten, so that a plan's memory grows with what
differs and not with what there is. Two ways lead there: a quick one over the bare
answer, and an exact one, which is the comparison of `dsac.core.samples` itself. Both
let go only of what is certain; everything else is kept, and compared later.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from itertools import chain
from typing import Any, Protocol, TypeVar

import msgspec
from msgspec import UNSET, UnsetType, structs

from dsac.core.comparison import Comparison
from dsac.core.differences import Tally
from dsac.core.held import numbered
from dsac.core.many import Rest, Stated, StatedLabel, Stored, fingerprints
from dsac.core.marker import KEY, Marker, write
from dsac.core.ownership import Scope
from dsac.core.resources import (
    PRELABELED,
    Desired,
    Kind,
    RemoteSample,
    Settled,
    Unknown,
)
from dsac.core.samples import diff_sample, unsettled_in
from dsac.core.values import canonical

SETTLED, KEPT, NOT_WANTED = 1, 2, 3
"""Marks of samples by their numbers; what has none may be let go of."""

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

    uuid: str
    name: str
    priority: float | None
    assigned_labeler: str | None
    assigned_reviewer: str | None
    readme: str | None

    @property
    def attributes(self) -> Values | None:
        """The field of that name."""

    @property
    def metadata(self) -> MutableMapping[str, Any] | None:
        """The field of that name."""

    @property
    def image_url(self) -> str | None:
        """The URL of the image, where that is all that the attributes hold."""


Row = TypeVar("Row", bound=Listed)
Labels = Mapping[str, ListedLabel | Unknown | None]


class Sifter(Protocol):
    """Lets go of samples while they are read; each is offered once.

    To `sift`, or `passes` where labels come along, and if it was not let go of, to
    `settles`.
    """

    def __contains__(self, name: str) -> bool: ...

    def sift(self, rows: Sequence[Row]) -> Iterable[Row]:
        """Give what is left of rows without labels."""

    def passes(self, row: Listed, labels: Labels) -> bool:
        """Tell whether a bare answer is let go of."""

    def settles(self, have: RemoteSample) -> bool:
        """Tell whether a sample is let go of."""

    def start_over(self) -> bytes:
        """Take back all samples, for another reading; give what `recall` wants."""

    def recall(self, earlier: bytes, seen: Iterable[str]) -> None:
        """Let go of what an earlier reading let go of, and this one has not seen."""

    @property
    def settled(self) -> Settled:
        """What was let go of so far."""


class Sieve:
    """Compares samples one by one, and counts those that agree.

    Each sample is offered once, by `passes` and then, if it did not, by `settles`.

    Args:
        desired: What the manifest says of the dataset.
        scope: Who asks.
        kept: Samples of the manifest that are not let go of, though they may agree.
    """

    def __init__(
        self, desired: Desired, scope: Scope, *, kept: Iterable[str] = ()
    ) -> None:
        self._desired = desired
        self._comparison = Comparison(desired, scope, Tally(desired.dataset.name))
        self._rows = numbered(desired.samples)
        # One more, for what is no sample of the manifest: its number is -1.
        self._marks = bytearray(len(self._rows) + 1)
        moved = (name for pair in desired.moved for name in pair)
        for number in self._rows.numbers(chain(moved, kept)):
            self._marks[number] = KEPT
        self._marks[-1] = NOT_WANTED
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
        self._machines = scope.machines

    def __contains__(self, name: str) -> bool:
        return self._marks[self._number(name)] == SETTLED

    def _number(self, name: str) -> int:
        return self._rows.numbers((name,))[0]

    def sift(self, rows: Sequence[Row]) -> Iterable[Row]:
        """Let go of samples whose bare answers say just what the manifest does.

        For listings without labels. Gives those that are left, which may need nothing
        all the same.
        """
        if not self._quick:
            return rows
        # Millions of rows come by here: a page of them is looked at as a whole.
        numbers = self._rows.numbers([row.name for row in rows])
        wanted = self._rows.fingerprints(numbers)
        metadata: list[MutableMapping[str, Any]] = [row.metadata or {} for row in rows]
        owners = [item.pop(KEY, None) for item in metadata]
        found = _prints_of(rows, metadata)
        if (
            found == wanted
            and 0 not in wanted
            and owners.count(self._marker) == len(rows)
            and len({*numbers}) == len(rows)
            and not any(map(self._marks.__getitem__, numbers))
        ):
            for number in numbers:
                self._marks[number] = SETTLED
            self._counts["owned"] += len(rows)
            return ()
        for item, owner in zip(metadata, owners, strict=True):
            if owner is not None:
                item[KEY] = owner
        same = [
            want and want == print_ for want, print_ in zip(wanted, found, strict=True)
        ]
        return self._sifted(zip(rows, numbers, owners, same, strict=True))

    def _sifted(
        self, rows: Iterable[tuple[Row, int, object, int | bool]]
    ) -> Iterator[Row]:
        """Yield what is left of rows, each with its number, owner and verdict."""
        marks = self._marks
        for row, number, owner, same in rows:
            if (
                not marks[number]
                and (owner == self._marker or (owner is None and self._leaves_unowned))
                and (same or self._agrees(row))
            ):
                marks[number] = SETTLED
                self._counts["owned"] += owner is not None
            else:
                yield row

    def _agrees(self, row: Listed) -> bool:
        want = self._rows.stated(row.name)
        return want is not None and not want.labels and _says(row, want)

    def passes(self, row: Listed, labels: Labels) -> bool:
        """Let go of a sample whose bare answer says just what the manifest does."""
        owner = (row.metadata or {}).get(KEY)
        number = self._number(row.name)
        if (
            not self._quick
            or self._marks[number]
            or not (owner == self._marker or (owner is None and self._leaves_unowned))
        ):
            return False
        want = self._rows.stated(row.name)
        if want is None or not _says(row, want):
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
        self._count(number, owned=owner is not None, labels=same, kept=kept)
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
        machines = there.label_status == PRELABELED and self._machines.wrote(there)
        if self._owner_of.get(labelset) != "manifest" and not machines:
            return "kept"
        return "same" if _label_says(there, want) else None

    def settles(self, have: RemoteSample) -> bool:
        """Let go of a sample for which the comparison finds nothing to do."""
        number = self._number(have.sample.name)
        want = None if self._marks[number] else self._rows.find(have.sample.name)
        if want is None or any(
            isinstance(item, Unknown) for item in have.labels.values()
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
            number,
            owned=self._comparison.ours(have.marker),
            labels=tally.unchanged[Kind.LABEL],
            kept=tally.counts["kept"],
        )
        return True

    def _count(self, number: int, *, owned: bool, labels: int, kept: int) -> None:
        self._marks[number] = SETTLED
        self._counts["owned"] += owned
        self._counts[Kind.LABEL] += labels
        self._counts["kept"] += kept

    def start_over(self) -> bytes:
        """Take back all samples, for another reading; give the marks of this one."""
        earlier = bytes(self._marks)
        self._marks = bytearray(earlier.replace(bytes((SETTLED,)), b"\0"))
        self._counts.clear()
        return earlier

    def recall(self, earlier: bytes, seen: Iterable[str]) -> None:
        """Let go of what an earlier reading let go of, and this one has not seen.

        Args:
            earlier: The marks of that reading.
            seen: The samples of this reading, or of both, that were not let go of.
        """
        kept = {*self._rows.numbers(seen)}
        for number, mark in enumerate(earlier):
            if mark == SETTLED and number not in kept:
                self._marks[number] = SETTLED

    @property
    def settled(self) -> Settled:
        """What was let go of so far."""
        return Settled(
            samples=self._marks.count(SETTLED),
            owned=self._counts["owned"],
            labels=self._counts[Kind.LABEL],
            kept=self._counts["kept"],
        )

    def rest(self) -> Desired:
        """Give the dataset with those of its samples that were not let go of."""
        if self._desired.samples is None:
            return self._desired
        settled = [mark == SETTLED for mark in self._marks]
        return _without(self._desired, self._rows, settled)

    def rest_of(self, other: Desired) -> Desired:
        """Give what was said of the dataset elsewhere, without what was let go of."""
        if other.samples is None:
            return other
        rows = numbered(other.samples)
        return _without(other, rows, [name in self for name in rows.names])


def _without(desired: Desired, rows: Stored, marks: Sequence[int]) -> Desired:
    left = tuple(rows.unmarked(marks))
    rest = Rest(left, desired.labelsets_used())
    return structs.replace(desired, samples=rest)


def _prints_of(rows: Sequence[Listed], metadata: Sequence[object]) -> list[int]:
    """Give the fingerprints of bare answers; of odd ones none that is wanted."""
    # No manifest states an empty URL, so that it stands for no image alone.
    return fingerprints([row.image_url or "" for row in rows], metadata)


def _says(row: Listed, want: Stated) -> bool:
    """Tell whether a bare answer says in so many words what is wanted."""
    stated = want.metadata
    if isinstance(stated, dict):
        metadata = row.metadata or {}
        for key, value in stated.items():
            there = metadata.get(key)
            # Python's == takes True for 1.
            if there != value or type(there) is not type(value):
                return False
            if type(value) in _NESTED and canonical(there) != canonical(value):
                return False
    elif stated is None:
        return False
    attributes = want.attributes
    if attributes is not UNSET:
        there = row.attributes
        if there != attributes:
            return False
        if not want.plain and canonical(there) != canonical(attributes):
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
    return there == want and canonical(there) == canonical(want)


def _label_says(there: ListedLabel, want: StatedLabel) -> bool:
    if there.label_status != want.status:
        return False
    if want.score is not UNSET and want.score != there.score:
        return False
    if isinstance(want.attributes, UnsetType):
        return True
    return _same(msgspec.json.decode(there.attributes), want.attributes)
