"""New samples that need nothing but a bulk call: no file goes up, no label is put.

There can be millions of them, and any other way costs several times more.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import TypeVar

from dsac.core.change import Change
from dsac.core.operations import CreateSamples, Marks, NewSample
from dsac.core.resources import Address, Kind, Sample
from dsac.core.values import has_uploads

BULK = 1000
"""So many samples go into one bulk call, the limit of the platform's bulk delete."""

Item = TypeVar("Item")


def chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Cut an iterable into lists of `size`, the last one shorter."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


@lru_cache
def plain_marks(project: str, dataset: str) -> Marks:
    """Give the one value that all new samples without files share."""
    return Marks(project=project, dataset=dataset)


def plain_creates(
    project: str, changes: Sequence[Change]
) -> tuple[list[CreateSamples], list[Change]]:
    """Split off as many plain ones of the changes as fill whole bulk calls.

    Those that are left over share the calls of the others, so that a small plan takes
    no more of them than it must.
    """
    plain = _plain(changes)
    counts = Counter(change.address.dataset for change in plain)
    room = {dataset: count - count % BULK for dataset, count in counts.items()}
    if not any(room.values()):
        return [], list(changes)
    new: dict[str, list[NewSample]] = {dataset: [] for dataset in room}
    taken: set[Address] = set()
    for change in plain:
        dataset, after = change.address.dataset, change.after
        if len(new[dataset]) < room[dataset] and isinstance(after, Sample):
            marked = change.owned or change.adopt
            marks = plain_marks(project, dataset) if marked else None
            new[dataset].append(NewSample(after, marks))
            taken.add(change.address)
    creates = [
        CreateSamples(dataset, tuple(chunk))
        for dataset, samples in new.items()
        for chunk in chunks(samples, BULK)
    ]
    return creates, [change for change in changes if change.address not in taken]


def _plain(changes: Sequence[Change]) -> list[Change]:
    labelled = {
        (change.address.dataset, change.address.sample)
        for change in changes
        if change.address.kind is Kind.LABEL
    }
    return [
        change
        for change in changes
        if change.before is None
        and type(change.after) is Sample
        and not (labelled and _sample_of(change) in labelled)
        and not has_uploads(change.stated)
    ]


def _sample_of(change: Change) -> tuple[str, str]:
    return change.address.dataset, change.address.sample
