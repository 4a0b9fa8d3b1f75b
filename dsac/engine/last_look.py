"""The last look: the labels that an operation could cost, read again just before it."""

from collections.abc import Mapping, Sequence

import msgspec

from dsac.core.change import Change
from dsac.core.guard import category_changes, changes_task_type
from dsac.core.losses import Sight, costs_sample, touched
from dsac.core.resources import Kind, RemoteLabel, Unknown
from dsac.engine.evidence import any_label, read_labels
from dsac.remote.reader import Reader

MOVED = "a label was made or changed since the plan"
UNREADABLE = "a label could not be read again"
LABELLED = "a label was made since the plan"


class Seen(msgspec.Struct, frozen=True):
    """What a look saw: labels, and the names of samples by uuid."""

    sight: Sight
    names: Mapping[str, str]


class Touched(Exception):  # noqa: N818 - nothing went wrong
    """Somebody worked on labels that an operation could cost; it must not be done.

    `samples` are the uuids of the samples in question, empty where all of the
    operation is; `why` is for people, `seen` what there was to see.
    """

    def __init__(
        self,
        why: str,
        samples: frozenset[str] = frozenset(),
        *,
        seen: Sight | None = None,
    ) -> None:
        super().__init__(why)
        self.why = why
        self.samples = samples
        self.seen = seen or {}


def endangers(change: Change) -> bool:
    """Tell whether performing a change could cost a label, or let one lose its sense.

    Labels of samples that this run makes count too: people may be quick.
    """
    if change.kind is Kind.LABEL:
        return True
    if change.before is None:
        return False
    if change.kind is Kind.SAMPLE:
        return costs_sample(change)
    if change.kind is Kind.DATASET:
        recategorised = bool(category_changes(change)) or changes_task_type(change)
        return change.is_delete or recategorised
    return change.kind is Kind.LABELSET and change.is_delete


class LastLook:
    """Looks at labels immediately before the requests that could cost them."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def look(self, changes: Sequence[Change]) -> Seen:
        """Read again what the changes of one operation could cost.

        Args:
            changes: All of one kind and one dataset; labels with their sample's uuid.

        Raises:
            Touched: something is there that the plan did not see.
        """
        seen = self._see(changes)
        _check_readable(seen)
        moved: set[str] = set()
        for change in changes:
            mine = _of(change, seen.sight)
            moved.update(uuid for uuid, _ in touched(mine, change))
        if moved:
            raise Touched(MOVED, frozenset(moved), seen=seen.sight)
        return seen

    def look_for_any(self, change: Change) -> None:
        """Insist that a dataset still has no label, as the plan saw it.

        Raises:
            Touched: it has one.
        """
        dataset = change.address.dataset
        if any_label(self._reader, dataset, self._reader.labelset_names(dataset)):
            raise Touched(LABELLED)

    def _see(self, changes: Sequence[Change]) -> Seen:
        first = changes[0]
        dataset, name = first.address.dataset, first.address.name
        if first.kind is Kind.LABEL:
            found = self._reader.label(first.uuid, name)
            return Seen({(first.uuid, name): found}, {first.uuid: first.address.sample})
        if first.kind is Kind.LABELSET:
            return self._listed(dataset, (name,))
        labelsets = self._reader.labelset_names(dataset)
        if first.kind is Kind.DATASET:
            return self._listed(dataset, labelsets)
        uuids = [change.uuid for change in changes]
        sight = {
            (uuid, labelset): found[uuid]
            if uuid in found
            # A listing does not tell of samples that are gone: those have no label.
            else self._reader.label(uuid, labelset)
            for labelset in labelsets
            for found in (read_labels(self._reader, dataset, labelset, uuids),)
            for uuid in uuids
        }
        return Seen(sight, {item.uuid: item.address.sample for item in changes})

    def _listed(self, dataset: str, labelsets: Sequence[str]) -> Seen:
        sight: dict[tuple[str, str], RemoteLabel | Unknown | None] = {}
        names: dict[str, str] = {}
        for labelset in labelsets:
            rows = self._reader.label_rows(dataset, labelset)
            if not rows.complete:
                raise Touched(UNREADABLE)
            names |= rows.names
            sight |= {(uuid, labelset): item for uuid, item in rows.labels.items()}
        return Seen(sight, names)


def _of(change: Change, sight: Sight) -> Sight:
    if change.kind is Kind.SAMPLE:
        return {
            where: label for where, label in sight.items() if where[0] == change.uuid
        }
    return sight


def _check_readable(seen: Seen) -> None:
    unread = {
        uuid for (uuid, _), label in seen.sight.items() if isinstance(label, Unknown)
    }
    if unread:
        raise Touched(UNREADABLE, frozenset(unread))
