"""Prepares what people look at beside a plan: what differs in labels, from pixels.

Nothing here can write, and nothing fails for it: what can't be read is said to be so.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import msgspec

from dsac.core.change import Change
from dsac.core.instances import Id, Pixels, layers
from dsac.core.label_changes import LabelDifference, Names, label_difference
from dsac.core.pictures import NO_PICTURES, Pictures
from dsac.core.plan import Plan
from dsac.core.resources import Address, Desired, Kind, Label
from dsac.core.values import Tree, Upload, same
from dsac.engine.progress import Progress
from dsac.engine.session import View
from dsac.engine.sources import Unreadable
from dsac.errors import AssetError, RemoteError
from dsac.remote.reader import Scan


def illustrate(  # noqa: PLR0913 - how much, and who is told, by keyword
    view: View,
    plan: Plan,
    declared: Iterable[Desired],
    *,
    most: int,
    jobs: int,
    progress: Progress,
) -> Pictures:
    """Look at the labels that a plan changes, those that it updates first.

    Args:
        view: Reads bitmaps and the names of categories.
        plan: The plan.
        declared: What manifests say of the datasets, where there are any.
        most: So many labels are looked at.
        jobs: So many at the same time.
        progress: Is told of each.
    """
    changes = list(labels_of(plan.changes))
    chosen = sorted(changes, key=_rank)[:most]
    if not chosen:
        return msgspec.structs.replace(NO_PICTURES, left_out=len(changes))
    progress.phase("compare labels", len(chosen))
    names = {
        dataset: names_of(view, dataset, declared)
        for dataset in sorted({change.address.dataset for change in chosen})
    }
    gallery = Gallery(view)
    differences: dict[Address, LabelDifference] = {}
    with ThreadPoolExecutor(jobs) as pool:
        found = pool.map(
            lambda change: gallery.difference(change, names[change.address.dataset]),
            chosen,
        )
        for change, difference in zip(chosen, found, strict=True):
            progress.advance()
            differences[change.address] = difference
    return Pictures(
        differences=differences, left_out=len(changes) - len(chosen), names=names
    )


def labels_of(changes: Iterable[Change]) -> Iterator[Change]:
    """Yield the changes of labels."""
    return (change for change in changes if change.kind is Kind.LABEL)


def _rank(change: Change) -> int:
    """Rank what is looked at first: labels that change, that go, that are new."""
    if change.before is not None and change.after is not None:
        return 0
    return 1 if change.after is None else 2


def names_of(view: View, dataset: str, declared: Iterable[Desired]) -> Names:
    """Name the categories of a dataset, as its manifest or else the platform does."""
    for item in declared:
        stated = item.dataset.task_attributes
        if item.dataset.name == dataset and isinstance(stated, dict):
            return dict(_names(stated))
    try:
        remote = view.reader.dataset(dataset, Scan(samples=False))
    except RemoteError:
        return {}
    return dict(_names(remote.dataset.task_attributes)) if remote else {}


def _names(stated: object) -> Iterator[tuple[Id, str]]:
    rows = stated.get("categories") if isinstance(stated, dict) else None
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and isinstance(row.get("id"), int | str):
            yield row["id"], str(row.get("name"))


class Gallery:
    """Reads the bitmaps behind labels, from files and from the platform."""

    def __init__(self, view: View) -> None:
        self._view = view

    def difference(self, change: Change, names: Names) -> LabelDifference:
        """Tell what differs in a label; pixels that can't be read are said so of."""
        pixels: dict[str, Pixels] = {}
        problems: dict[str, None] = {}
        for place, before, after in bitmaps_of(change):
            try:
                pixels[place] = self._overlaps(before, after)
            except Unreadable as problem:
                problems[str(problem)] = None
        return label_difference(
            change, names, pixels=pixels, problem="; ".join(islice(problems, 2))
        )

    def _overlaps(self, before: Tree, after: Tree) -> Pixels:
        from dsac.assets.overlaps import overlaps_of

        try:
            return overlaps_of(self._source(before), self._source(after))
        except AssetError as error:
            raise Unreadable(str(error)) from error

    def _source(self, drawn: Tree) -> Path | bytes | None:
        """Give a bitmap as a local file, or as the bytes behind a URL."""
        if drawn is None:
            return None
        if isinstance(drawn, Upload):
            return self._view.root / drawn.path
        try:
            data = self._view.reader.download(str(drawn))
        except RemoteError as error:
            raise Unreadable("the platform's bitmap can't be read now") from error
        if data is None:
            raise Unreadable("the platform's bitmap can't be read")
        return data


def bitmaps_of(change: Change) -> Iterator[tuple[str, Tree, Tree]]:
    """Yield the bitmaps of a label's layers, both sides, where they may differ.

    The same URL before and after is the same bitmap, and costs no request.
    """
    before = layers(change.before if isinstance(change.before, Label) else None)
    after = layers(change.after if isinstance(change.after, Label) else None)
    for place in dict.fromkeys([*before, *after]):
        here = before[place].bitmap if place in before else None
        there = after[place].bitmap if place in after else None
        if not same(here, there):
            yield place, here, there
