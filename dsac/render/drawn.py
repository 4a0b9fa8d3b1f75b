"""What a page needs to draw pictures and labels: text, numbers and packed pixels."""

import base64
from collections.abc import Iterator, Mapping
from math import floor

import msgspec

from dsac.core.change import Change
from dsac.core.instances import Id, Instance, Layer, layers
from dsac.core.label_changes import How, InstanceChange, LabelDifference
from dsac.core.pictures import Drawing, IdMap, Pictures, Sides, Thumbnail
from dsac.core.resources import Address, Label
from dsac.render.instances import changed_instance, difference_lines, name_of
from dsac.render.lines import cut, safe

MOST_LAYERS = 4
MOST_INSTANCES = 500
MOST_SHAPES = 2_000
MOST_POINTS = 400
"""So much is drawn and listed of one label at the most."""

SAID = 3
"""So many lines of a difference stand in the heading of its row."""


class Image(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A picture as the address of an image, or why there is none."""

    src: str = ""
    width: int = 0
    height: int = 0
    problem: str = ""


class Pair(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The pictures of a place, as indexes into the images of the page."""

    place: str = ""
    before: int | None = None
    after: int | None = None


class Map(msgspec.Struct, frozen=True, kw_only=True):
    """A bitmap as in `core.pictures.IdMap`, its runs in base64."""

    width: int
    height: int
    full: tuple[int, int]
    ids: tuple[str, ...]
    runs: str


Shape = tuple[str, str, tuple[float, ...]]
"""Id, form, and the coordinates of its points one after another."""


class Side(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One side of a layer: `classes` has the names of its instances by their ids."""

    count: int
    shapes: tuple[Shape, ...]
    classes: dict[str, str]
    image: int | None = None
    map: Map | None = None


class DrawnLayer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A layer of a label, sides that it has."""

    place: str
    before: Side | None = None
    after: Side | None = None
    changed: Map | None = None
    problem: str = ""


class DrawnInstance(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An instance that differs; `reshaped` says that its shape does."""

    id: str
    place: str
    change: How
    says: str
    previous: str | None = None
    class_before: str | None = None
    class_after: str | None = None
    size_before: float | None = None
    size_after: float | None = None
    unit: str | None = None
    iou: str | None = None
    reshaped: bool = False


class DrawnLabel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What differs in a label, and how it is drawn.

    `problem` says why its pixels were not compared.
    """

    sentences: tuple[str, ...]
    instances: tuple[DrawnInstance, ...]
    layers: tuple[DrawnLayer, ...]
    more: int = 0
    unchanged: int = 0
    problem: str = ""


class Album:
    """Draws what is known of changes; each picture is kept once, by its index."""

    def __init__(self, pictures: Pictures) -> None:
        self._pictures = pictures
        self._indexes: dict[Thumbnail, int] = {}
        self.images: list[Image] = []

    def pairs(self, address: Address) -> tuple[Pair, ...]:
        """Give the pictures of a sample."""
        places = self._pictures.thumbnails.get(address, {})
        return tuple(
            Pair(
                place=safe(place),
                before=self._index(sides.before),
                after=self._index(sides.after),
            )
            for place, sides in places.items()
        )

    def label(self, change: Change) -> DrawnLabel | None:
        """Give what differs in a label, None where nobody looked."""
        difference = self._pictures.differences.get(change.address)
        if difference is None:
            return None
        instances = sorted(difference.instances, key=_rank)
        told = LabelDifference(instances=tuple(instances))
        lines = [line.text.strip() for line in difference_lines(told)]
        lines = [line.removeprefix("~ ") for line in lines]
        more = len(lines) - SAID
        said = (*lines[:SAID], f"and {more} more") if more > 0 else tuple(lines)
        return DrawnLabel(
            sentences=said,
            instances=tuple(map(_instance, instances[:MOST_INSTANCES])),
            layers=tuple(self._layers(change, difference)),
            more=max(0, len(instances) - MOST_INSTANCES),
            unchanged=difference.unchanged,
            problem=safe(difference.problem),
        )

    def _index(self, thumbnail: Thumbnail | None) -> int | None:
        if thumbnail is None:
            return None
        index = self._indexes.setdefault(thumbnail, len(self.images))
        if index == len(self.images):
            self.images.append(_image(thumbnail))
        return index

    def _layers(
        self, change: Change, difference: LabelDifference
    ) -> Iterator[DrawnLayer]:
        """Yield what can be drawn, layers in which something differs first."""
        before = layers(change.before if isinstance(change.before, Label) else None)
        after = layers(change.after if isinstance(change.after, Label) else None)
        address = change.address
        drawings = self._pictures.drawings.get(address, {})
        sample = Address.of_sample(address.dataset, address.sample)
        sides = self._pictures.thumbnails.get(sample, {})
        names = self._pictures.names.get(address.dataset, {})
        differing = [item.place for item in difference.instances]
        places = dict.fromkeys([*differing, *before, *after])
        for place in list(places)[:MOST_LAYERS]:
            drawing = drawings.get(place, Drawing())
            here, there = _images(sides.get(place, Sides()))
            found = DrawnLayer(
                place=safe(place),
                before=_side(
                    before.get(place), drawing.before, self._index(here), names
                ),
                after=_side(after.get(place), drawing.after, self._index(there), names),
                changed=_map(drawing.changed),
                problem=safe(drawing.problem),
            )
            if _is_anything(found):
                yield found


def _images(sides: Sides) -> tuple[Thumbnail | None, Thumbnail | None]:
    """Give the pictures under both sides: one that is alone lies under both."""
    return sides.before or sides.after, sides.after or sides.before


def _image(thumbnail: Thumbnail) -> Image:
    data = base64.b64encode(thumbnail.data).decode()
    return Image(
        src=f"data:{thumbnail.media_type};base64,{data}" if data else "",
        width=thumbnail.width,
        height=thumbnail.height,
        problem=safe(thumbnail.problem),
    )


def _is_anything(layer: DrawnLayer) -> bool:
    """Tell whether a layer has anything to look at."""
    sides = [side for side in (layer.before, layer.after) if side is not None]
    return bool(layer.problem) or any(
        side.shapes or side.map or side.image is not None for side in sides
    )


def _side(
    layer: Layer | None,
    drawn: IdMap | None,
    image: int | None,
    names: Mapping[Id, str],
) -> Side | None:
    if layer is None:
        return None
    found = list(layer.instances.values())
    return Side(
        count=len(found),
        shapes=tuple([_shape(item) for item in found if item.points][:MOST_SHAPES]),
        classes={
            _key(item.id): cut(
                safe(names.get(item.category, f"category {item.category}"))
            )
            for item in found[:MOST_SHAPES]
            if item.category is not None
        },
        image=image,
        map=_map(drawn),
    )


def _key(key: Id) -> str:
    return cut(safe(str(key)))


def _shape(item: Instance) -> Shape:
    step = -(-len(item.points) // MOST_POINTS)
    points = item.points[::step]
    return _key(item.id), item.form, tuple(round(at, 2) for xy in points for at in xy)


def _map(drawn: IdMap | None) -> Map | None:
    if drawn is None:
        return None
    return Map(
        width=drawn.width,
        height=drawn.height,
        full=drawn.full,
        ids=tuple(map(str, drawn.ids)),
        runs=base64.b64encode(drawn.runs).decode(),
    )


def _instance(item: InstanceChange) -> DrawnInstance:
    changed = item.change is How.CHANGED
    says = changed_instance(item).removeprefix(name_of(item)) if changed else ""
    return DrawnInstance(
        id=_key(item.id),
        place=safe(item.place),
        change=item.change,
        says=says.lstrip(": ") or str(item.change),
        previous=None if item.previous_id is None else _key(item.previous_id),
        class_before=_named(item.category_before),
        class_after=_named(item.category_after),
        size_before=item.size_before,
        size_after=item.size_after,
        unit=item.unit,
        # Rounded down: 1.00 would say that nothing differs.
        iou=None if item.iou is None else f"{floor(item.iou * 100) / 100:.2f}",
        reshaped=changed and _is_reshaped(item),
    )


def _rank(item: InstanceChange) -> tuple[bool, bool, float]:
    """Rank what is listed first: another class, then the shapes that differ most."""
    changed = item.change is How.CHANGED
    reclassed = changed and item.category_before != item.category_after
    overlap = item.iou if changed and item.iou is not None else 1.0
    return not changed, not reclassed, overlap


def _named(category: str | None) -> str | None:
    return None if category is None else cut(safe(category))


def _is_reshaped(item: InstanceChange) -> bool:
    overlapping = item.iou if item.iou is not None else 1.0
    return overlapping < 1 or bool(item.distance) or item.size_before != item.size_after
