"""What differs between two versions of a label, instance by instance, for people."""

import enum
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from dsac.core.change import Change
from dsac.core.geometry import apart, farthest, iou
from dsac.core.instances import Id, Instance, Layer, Pixels, clouds, layers
from dsac.core.nearby import ALIKE, AREAS, LINES, NEAR, nearby
from dsac.core.resources import Label
from dsac.core.values import Tree, same

Places = Mapping[str, Pixels]
"""What the pixels of both sides have in common, by the place of their layer."""

Names = Mapping[Id, str]
"""The names of categories by id."""


class How(enum.StrEnum):
    """What became of an instance."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class InstanceChange(msgspec.Struct, frozen=True, kw_only=True):
    """One instance that is not as it was, an item of `label_difference` in JSON.

    `id` is that of afterwards, where there is one; `previous_id` is set where the same
    shape had another. `size_before` and `size_after` are what `unit` says (pixels,
    points of a cloud, area, length, volume), None where unknown. `iou` is the overlap
    of both shapes, `distance` how far lines and points moved at most.
    `fields` names what else of the instance differs, `place` its frame or sensor.
    """

    id: Id
    change: How
    place: str = ""
    previous_id: Id | None = None
    category_before: str | None = None
    category_after: str | None = None
    size_before: float | None = None
    size_after: float | None = None
    unit: str | None = None
    iou: float | None = None
    distance: float | None = None
    fields: tuple[str, ...] = ()


class LabelDifference(msgspec.Struct, frozen=True, kw_only=True):
    """What differs in a label; `problem` says why its pixels were not compared."""

    instances: tuple[InstanceChange, ...] = ()
    unchanged: int = 0
    problem: str = ""


def label_difference(
    change: Change, names: Names, *, pixels: Places | None = None, problem: str = ""
) -> LabelDifference:
    """Tell which instances of a label are added, removed and changed.

    1. Layers (frames, sensors) are matched by place.
    2. In a layer instances are matched by id, those that are left by their overlap.
    3. Of a pair, class, size, shape and other fields are compared.

    Args:
        change: The change of a label.
        names: The names of the dataset's categories.
        pixels: For each layer drawn by a bitmap that was read, how many pixels have
            which id before and after.
        problem: Why some bitmap was not read.
    """
    before = change.before if isinstance(change.before, Label) else None
    after = change.after if isinstance(change.after, Label) else None
    here, there = layers(before), layers(after)
    found: list[InstanceChange] = []
    unchanged = 0
    for place in dict.fromkeys([*here, *there]):
        shared = (pixels or {}).get(place)
        pair = _Pair(here.get(place), there.get(place), shared, names, place)
        changes = list(pair.changes())
        found += changes
        unchanged += pair.unchanged
    return LabelDifference(instances=tuple(found), unchanged=unchanged, problem=problem)


_NONE = Layer(instances={})


class _Pair:
    """The same layer on both sides."""

    def __init__(
        self,
        before: Layer | None,
        after: Layer | None,
        pixels: Pixels | None,
        names: Names,
        place: str,
    ) -> None:
        self.before, self.after = before or _NONE, after or _NONE
        cloud = clouds(before, after)
        self.unit = "pixels" if cloud is None else "points"
        self.pixels = pixels if cloud is None else cloud
        self.names = names
        self.place = place
        self.unchanged = 0
        self.sizes: tuple[Counter[Id], Counter[Id]] = (Counter(), Counter())
        for (here, there), count in (self.pixels or {}).items():
            self.sizes[0][here] += count
            self.sizes[1][there] += count

    def changes(self) -> Iterator[InstanceChange]:
        """Yield what differs: changed ones in their order before, added, removed."""
        here, there = self.before.instances, self.after.instances
        pairs = {key: key for key in here if key in there}
        left = [item for key, item in here.items() if key not in pairs]
        right = [item for key, item in there.items() if key not in pairs]
        pairs.update(self._matched(left, right))
        for key, other in pairs.items():
            change = self._change(here[key], there[other])
            if change is not None:
                yield change
            elif here[key].form or self._iou(here[key], there[other]) is not None:
                self.unchanged += 1  # what nobody could look at is not called so
        taken = set(pairs.values())
        yield from (self._alone(item, 1) for item in right if item.id not in taken)
        yield from (self._alone(item, 0) for item in left if item.id not in pairs)

    def _matched(
        self, left: list[Instance], right: list[Instance]
    ) -> Iterator[tuple[Id, Id]]:
        """Pair instances of other ids, the most alike first, each at most once."""
        alike = sorted(
            self._alike(left, right),
            key=lambda item: (-item[0], str(item[1]), str(item[2])),
        )
        taken: tuple[set[Id], set[Id]] = (set(), set())
        for _, here, there in alike:
            if here not in taken[0] and there not in taken[1]:
                taken[0].add(here)
                taken[1].add(there)
                yield here, there

    def _alike(
        self, left: list[Instance], right: list[Instance]
    ) -> Iterator[tuple[float, Id, Id]]:
        for one, other in nearby(left, right, self.pixels):
            likeness = self._likeness(one, other)
            if likeness >= ALIKE:
                yield likeness, one.id, other.id

    def _likeness(self, one: Instance, other: Instance) -> float:
        """Tell from 0 to 1 how much two instances are in one place."""
        far = self._distance(one, other)
        if far is not None:
            return 1 - far / NEAR * (1 - ALIKE)
        return self._iou(one, other) or 0.0

    def _iou(self, one: Instance, other: Instance) -> float | None:
        """Give the overlap of two shapes; None where it can't be told."""
        if one.form in AREAS and other.form in AREAS:
            return 1.0 if _is_still(one, other) else _shapes_iou(one, other)
        if one.form or other.form:
            return None
        if self.pixels is not None:
            return self._pixels_iou(one.id, other.id)
        drawn = self.before.bitmap
        unmoved = drawn is not None and same(drawn, self.after.bitmap)
        return float(one.id == other.id) if unmoved else None

    def _pixels_iou(self, here: Id, there: Id) -> float | None:
        mine, theirs = self.sizes[0][here], self.sizes[1][there]
        if not (mine or theirs) or isinstance(here, str) or isinstance(there, str):
            return None
        both = (self.pixels or {}).get((here, there), 0)
        return both / (mine + theirs - both)

    @staticmethod
    def _distance(one: Instance, other: Instance) -> float | None:
        lines = one.form == other.form and one.form in LINES
        return farthest(one.points, other.points) if lines else None

    def _size(self, item: Instance, side: int) -> float | None:
        if item.form:
            return item.size
        counted = self.pixels is not None and isinstance(item.id, int)
        return self.sizes[side][item.id] if counted else None

    def _unit(self, *items: Instance) -> str | None:
        forms = {item.form for item in items}
        if forms == {""}:
            return None if self.pixels is None else self.unit
        return _UNITS.get(forms.pop()) if len(forms) == 1 else None

    def _name(self, item: Instance) -> str | None:
        if item.category is None:
            return None
        return self.names.get(item.category, f"category {item.category}")

    def _alone(self, item: Instance, side: int) -> InstanceChange:
        name, size = self._name(item), self._size(item, side)
        added = bool(side)
        return InstanceChange(
            id=item.id,
            change=How.ADDED if added else How.REMOVED,
            place=self.place,
            category_before=None if added else name,
            category_after=name if added else None,
            size_before=None if added else size,
            size_after=size if added else None,
            unit=self._unit(item),
        )

    def _change(self, one: Instance, other: Instance) -> InstanceChange | None:
        sizes = self._size(one, 0), self._size(other, 1)
        overlap, far = self._iou(one, other), self._distance(one, other)
        fields = tuple(_fields(one, other))
        # Two shapes of one place may differ by what floats lose: the points decide.
        drawn_same = _is_still(one, other) if one.form else overlap in {None, 1.0}
        if (
            one.id == other.id
            and one.category == other.category
            and drawn_same
            and not fields
        ):
            return None
        return InstanceChange(
            id=other.id,
            change=How.CHANGED,
            place=self.place,
            previous_id=None if one.id == other.id else one.id,
            category_before=self._name(one),
            category_after=self._name(other),
            size_before=sizes[0],
            size_after=sizes[1],
            unit=self._unit(one, other),
            iou=overlap,
            distance=far,
            fields=fields,
        )


_UNITS = {
    "bbox": "area",
    "polygon": "area",
    "polyline": "length",
    "cuboid": "volume",
}


def _is_still(one: Instance, other: Instance) -> bool:
    return one.points == other.points and one.heights == other.heights


def _shapes_iou(one: Instance, other: Instance) -> float:
    if apart(one.points, other.points):
        return 0.0
    flat = iou(one.points, other.points)
    if one.heights is None or other.heights is None:
        return flat
    low = max(one.heights[0], other.heights[0])
    high = min(one.heights[1], other.heights[1])
    # In space: what both outlines share, times the height that both share.
    mine, theirs = one.size or 0.0, other.size or 0.0
    grounds = _ground(one) + _ground(other)
    both = flat / (1 + flat) * grounds * max(0.0, high - low)
    whole = mine + theirs - both
    return both / whole if whole > 0 else 0.0


def _ground(item: Instance) -> float:
    low, high = item.heights or (0.0, 0.0)
    return (item.size or 0.0) / (high - low) if high > low else 0.0


def _fields(one: Instance, other: Instance) -> Iterable[str]:
    """Name what else of two instances differs."""
    for key in sorted((one.rest.keys() | other.rest.keys()) - {"type"}):
        if not same(one.rest.get(key), other.rest.get(key)):
            yield key
    if not same(_type(one), _type(other)):
        yield "type"


def _type(item: Instance) -> Tree:
    return item.rest.get("type", item.form)
