"""Keeps the samples that a plan speaks of, and counts the others as they are read."""

from collections.abc import Iterable, Sequence

from dsac.core.change import Change
from dsac.core.marker import KEY, Marker, read, write
from dsac.core.ownership import Owner, Scope
from dsac.core.resources import Kind, RemoteSample, Settled
from dsac.core.sieve import Labels, Listed, Row

_WHOLE = frozenset({Kind.DATASET, Kind.LABELSET})


class Named:
    """Lets go of all samples that no change of a plan is about."""

    def __init__(self, dataset: str, changes: Iterable[Change], scope: Scope) -> None:
        mine = [item for item in changes if item.address.dataset == dataset]
        self._names = {item.address.sample for item in mine}
        self._names.update(item.previous for item in mine)
        self._uuids = {item.uuid for item in mine}
        self._dataset = dataset
        self._scope = scope
        self._marker = write(Marker(project=scope.project, dataset=dataset))
        self._settled = self._owned = 0

    def __contains__(self, name: str) -> bool:
        return False

    def sift(self, rows: Sequence[Row]) -> Iterable[Row]:
        """Let go of what no change is about; give the others."""
        return [row for row in rows if not self.passes(row, {})]

    def passes(self, row: Listed, labels: Labels) -> bool:
        """Let go of a sample that no change is about, by its name or its uuid."""
        del labels
        if row.name in self._names or row.uuid in self._uuids:
            return False
        self._settled += 1
        self._owned += self._is_ours((row.metadata or {}).get(KEY))
        return True

    def _is_ours(self, text: object) -> bool:
        if text == self._marker:
            return True
        return self._scope.owner(read(text), self._dataset) is Owner.OURS

    def settles(self, have: RemoteSample) -> bool:
        """Keep what a change is about, whatever it is like."""
        del have
        return False

    def start_over(self) -> bytes:
        """Count anew, for another reading."""
        self._settled = self._owned = 0
        return b""

    def recall(self, earlier: bytes, seen: Iterable[str]) -> None:
        """Let what an earlier reading counted be: nothing is told of it."""

    @property
    def settled(self) -> Settled:
        """How many samples no change is about."""
        return Settled(samples=self._settled, owned=self._owned)


def named(dataset: str, changes: Iterable[Change], scope: Scope) -> Named | None:
    """Give what keeps the samples that changes are about; None if all of them are."""
    found = tuple(changes)
    for item in found:
        if item.address.dataset == dataset and item.is_delete and item.kind in _WHOLE:
            return None
    return Named(dataset, found, scope)
