"""Prepares the pictures of an HTML page: thumbnails of samples, drawings of labels.

Nothing here can write, and nothing fails for it: what can't be read is said to be so.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from pathlib import Path
from typing import TypeVar

import msgspec

from dsac.core.change import Change
from dsac.core.instances import layers
from dsac.core.pictures import Drawing, Pictures, Sides, Thumbnail, images_of
from dsac.core.plan import Plan
from dsac.core.resources import Address, Kind, Label, Resource, Sample, attributes_of
from dsac.core.values import Tree, same
from dsac.engine.progress import Progress
from dsac.engine.sources import Sources, Unreadable
from dsac.errors import AssetError, ManifestError
from dsac.manifests.project import find_root

SIDE = 256
"""The longer side of a sample's thumbnail, in pixels."""

WIDE = 640
"""The longer side of a picture on which a label is drawn, and of the drawing."""

PLACES = 4
"""Of so many frames or sensors of one sample, or layers of one label, there are
pictures."""

OFFLINE_JOBS = 4
"""So many local files are looked at at the same time."""

Find = Callable[[str], Sample | None]
"""Finds a sample on the platform by its uuid; None where it can't be told."""

UNTOLD = "where the picture is can't be told without the platform"
"""Why there is no picture of the sample under a label that is shown offline."""

NO_IMAGE = "its sample has no image"
"""Why there is none of one that is known, such as a cloud of points."""


def depict(  # noqa: PLR0913 - how much, and who is told, by keyword
    plan: Plan,
    pictures: Pictures,
    sources: Sources,
    *,
    find: Find,
    most: int,
    jobs: int,
    progress: Progress,
) -> Pictures:
    """Add thumbnails and drawings to what is known of a plan.

    1. The labels that were looked at are drawn, and their samples come first.
    2. Of other samples that change, those with another image come first, then those
       that go, those that are new, and the rest.

    Args:
        plan: The plan.
        pictures: Tells which labels were looked at.
        sources: Reads pictures and bitmaps.
        find: Finds the samples that the plan does not describe.
        most: Of so many samples there are pictures.
        jobs: So many are read at the same time.
        progress: Is told of each.
    """
    labels = [item for item in plan.changes if item.address in pictures.differences]
    changes = [item for item in plan.changes if item.kind is Kind.SAMPLE]
    painter = _Painter(sources, find, changes, labels)
    ranked = (item.address for item in sorted(changes, key=_rank))
    every = dict.fromkeys(chain(painter.under, ranked))
    chosen = list(islice(every, most))
    progress.phase("make thumbnails", len(labels) + len(chosen))
    with ThreadPoolExecutor(jobs) as pool:
        drawn = pool.map(painter.drawings, labels)
        taken = pool.map(painter.thumbnails, chosen)
        drawings = _gathered([item.address for item in labels], drawn, progress)
        thumbnails = _gathered(chosen, taken, progress)
    return msgspec.structs.replace(
        pictures,
        drawings=drawings,
        thumbnails=thumbnails,
        undepicted=len({item.address for item in changes} - set(chosen)),
    )


def depict_offline(
    plan: Plan, pictures: Pictures, directory: Path, *, most: int, progress: Progress
) -> Pictures:
    """Add what can be seen of a saved plan without the platform: local files.

    Args:
        plan: The plan.
        pictures: What it tells of its labels.
        directory: A folder of the project; the files are looked for in that alone
            where it is in no project.
        most: Of so many samples there are pictures.
        progress: Is told of each.
    """
    try:
        root = find_root(directory)
    except ManifestError:
        root = directory
    return depict(
        plan,
        pictures,
        Sources(root),
        find=lambda _: None,
        most=most,
        jobs=OFFLINE_JOBS,
        progress=progress,
    )


Found = TypeVar("Found", bound=Mapping[str, object])


def _gathered(
    addresses: Sequence[Address], found: Iterable[Found], progress: Progress
) -> dict[Address, Found]:
    """Take results as they come; those that hold nothing are left out."""
    result = {}
    for address, item in zip(addresses, found, strict=True):
        progress.advance()
        if item:
            result[address] = item
    return result


def _rank(change: Change) -> int:
    """Rank whose pictures are made first: another image, gone, new, the rest."""
    if change.after is None:
        return 1
    if change.before is None:
        return 2
    before, after = _images(change.before), _images(change.after)
    return 0 if any(not same(before.get(key), after[key]) for key in after) else 3


def _attributes(resource: Resource | None) -> dict[str, Tree]:
    return attributes_of(resource) if isinstance(resource, Sample) else {}


def _images(resource: Resource | None) -> dict[str, Tree]:
    return dict(images_of(_attributes(resource)))


class _Painter:
    """Makes the pictures of one change at a time; safe to use from several threads.

    `under` has the samples under the labels that are drawn, in the order of those.
    """

    def __init__(
        self,
        sources: Sources,
        find: Find,
        changes: Iterable[Change],
        labels: Iterable[Change],
    ) -> None:
        self._sources = sources
        self._find = find
        self._changes = {item.address: item for item in changes}
        self.under: dict[Address, Change] = {}
        for item in labels:
            sample = Address.of_sample(item.address.dataset, item.address.sample)
            self.under.setdefault(sample, item)

    def drawings(self, change: Change) -> dict[str, Drawing]:
        """Draw the bitmaps of a label's layers, first those that differ."""
        places = bitmaps_of(change)
        found = islice(places.items(), PLACES)
        return {place: self._drawing(*sides) for place, sides in found}

    def _drawing(self, before: Tree, after: Tree) -> Drawing:
        from dsac.assets.id_maps import drawing_of

        problems: dict[str, None] = {}
        files = [self._file(item, problems) for item in (before, after)]
        drawing = drawing_of(*files, most=WIDE)
        problems.update(dict.fromkeys(filter(None, [drawing.problem])))
        return msgspec.structs.replace(drawing, problem="; ".join(problems))

    def _file(self, drawn: Tree, problems: dict[str, None]) -> Path | bytes | None:
        try:
            return None if drawn is None else self._sources.find(drawn)
        except Unreadable as problem:
            problems[str(problem)] = None
            return None

    def thumbnails(self, address: Address) -> dict[str, Sides]:
        """Make the pictures of a sample, first those that differ."""
        label, change = self.under.get(address), self._changes.get(address)
        before = _images(change.before if change else None)
        after = _images(change.after if change else None)
        known = (
            any(map(_attributes, (change.before, change.after))) if change else False
        )
        if not (before or after):
            remote = self._remote(change or label)
            known, after = known or remote is not None, _images(remote)
        if label is not None and not (before or after):
            why = NO_IMAGE if known else UNTOLD
            return {"": Sides(after=Thumbnail(problem=why))}
        side = SIDE if label is None else WIDE
        pairs = _pairs(before, after, first=_places(label))
        return {
            place: self._sides(*pair, most=side)
            for place, pair in islice(pairs.items(), PLACES)
        }

    def _remote(self, change: Change | None) -> Sample | None:
        """Find a sample whose images the plan leaves as they are."""
        return self._find(change.uuid) if change and change.uuid else None

    def _sides(self, before: Tree, after: Tree, *, most: int) -> Sides:
        if same(before, after):
            return Sides(after=self._thumbnail(after, most))
        return Sides(
            before=self._thumbnail(before, most), after=self._thumbnail(after, most)
        )

    def _thumbnail(self, drawn: Tree, most: int) -> Thumbnail | None:
        from dsac.assets.thumbnails import thumbnail

        if drawn is None:
            return None
        try:
            return thumbnail(self._sources.find(drawn), most=most)
        except (Unreadable, AssetError) as problem:
            return Thumbnail(problem=str(problem))


Pair = tuple[Tree, Tree]


def bitmaps_of(change: Change) -> dict[str, Pair]:
    """Give the bitmaps of a label's layers, both sides, first those that differ."""
    before = layers(change.before if isinstance(change.before, Label) else None)
    after = layers(change.after if isinstance(change.after, Label) else None)
    here = {place: layer.bitmap for place, layer in before.items() if layer.bitmap}
    there = {place: layer.bitmap for place, layer in after.items() if layer.bitmap}
    return _pairs(here, there, first=())


def _pairs(
    before: Mapping[str, Tree], after: Mapping[str, Tree], *, first: Iterable[str]
) -> dict[str, Pair]:
    """Join what both sides have by place: some places first, then what differs."""
    wanted = dict.fromkeys(first)
    places = dict.fromkeys([*wanted, *before, *after])
    pairs = {place: (before.get(place), after.get(place)) for place in places}
    return {
        place: pair
        for place, pair in sorted(
            pairs.items(), key=lambda item: (item[0] not in wanted, same(*item[1]))
        )
        if pair != (None, None)
    }


def _places(label: Change | None) -> Iterator[str]:
    """Yield the places of a label's layers that have anything to show."""
    if label is not None:
        yield from bitmaps_of(label)
        for side in (label.before, label.after):
            yield from layers(side if isinstance(side, Label) else None)
