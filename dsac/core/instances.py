"""The instances of a label as shapes, layer by layer, whatever its task type."""

from collections import Counter
from collections.abc import Iterator, Mapping
from math import cos, sin

import msgspec

from dsac.core.geometry import Points, area, box, length
from dsac.core.resources import Label, attributes_of
from dsac.core.values import Tree, is_object

FARTHEST = 1e9
"""Coordinates beyond this are no place in an image; they have no shape here."""

FLAT = 2
"""So many coordinates has a place in an image; a third is height, in space."""

Id = int | str


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    """One instance of one side: what the platform calls an annotation.

    `form` is bbox, polygon, polyline, point or cuboid; empty where pixels or points of
    a cloud draw it, or where its shape is none of these. `size` is its area, length or
    volume, None where it has none that is known.
    """

    id: Id
    category: Id | None
    form: str = ""
    points: Points = ()
    heights: tuple[float, float] | None = None
    size: float | None = None
    rest: dict[str, Tree] = {}


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """What of a label belongs to one image or cloud: its instances and its drawing.

    `bitmap` is what stands where the URL of the pixels does; `cloud` has an id for each
    point of a point cloud.
    """

    instances: dict[Id, Instance]
    bitmap: Tree = None
    cloud: list[int] | None = None


def layers(label: Label | None) -> dict[str, Layer]:
    """Give the layers of a label by their places, "" where there is only one image.

    Frames and sensors have one each: "frames[3]", "sensors[front].frames[0]".
    """
    if label is None:
        return {}
    return dict(_layers(attributes_of(label)))


def _layers(value: Mapping[str, Tree]) -> Iterator[tuple[str, Layer]]:
    for where, part in parts(value):
        if isinstance(part.get("annotations"), list):
            yield where, _layer(part)


def parts(
    value: Mapping[str, Tree], place: str = ""
) -> Iterator[tuple[str, Mapping[str, Tree]]]:
    """Yield attributes, and those of each frame and sensor in them, by their places."""
    yield place, value
    for key in ("frames", "sensors"):
        items = value.get(key)
        for index, item in enumerate(items if isinstance(items, list) else ()):
            if not is_object(item):
                continue
            name = item.get("name") if key == "sensors" else None
            inner = item.get("attributes") if key == "sensors" else item
            step = name if isinstance(name, str) and name else index
            if is_object(inner):
                path = f"{place}.{key}" if place else key
                yield from parts(inner, f"{path}[{step}]")


def _layer(value: Mapping[str, Tree]) -> Layer:
    annotations = value.get("annotations")
    every = map(_instance, annotations if isinstance(annotations, list) else ())
    bitmap, cloud = value.get("segmentation_bitmap"), value.get("point_annotations")
    ids = (
        [item for item in cloud or () if isinstance(item, int)]
        if (isinstance(cloud, list))
        else None
    )
    return Layer(
        instances=_by_id(item for item in every if item is not None),
        bitmap=bitmap.get("url") if is_object(bitmap) else None,
        cloud=ids,
    )


def _by_id(found: Iterator[Instance]) -> dict[Id, Instance]:
    """Find instances by their ids; of one id the second is called "7 (2)", and so on.

    Nothing keeps a label of shapes from having one id twice.
    """
    times: Counter[Id] = Counter()
    result: dict[Id, Instance] = {}
    for item in found:
        times[item.id] += 1
        count = times[item.id]
        key = item.id if count == 1 else f"{item.id} ({count})"
        result[key] = item if count == 1 else msgspec.structs.replace(item, id=key)
    return result


def _instance(value: Tree) -> Instance | None:
    """Read an annotation; None where it has no id that tells it from others."""
    if not is_object(value) or not isinstance(value.get("id"), int | str):
        return None
    key, category = value["id"], value.get("category_id")
    form = value.get("type")
    shape = _shape(form if isinstance(form, str) else "", value)
    return Instance(
        id=key if isinstance(key, int | str) else "",
        category=category if isinstance(category, int | str) else None,
        form=shape[0],
        points=shape[1],
        heights=shape[2],
        size=shape[3],
        rest=dict(_rest(value, shape[0])),
    )


IDENTITY = frozenset({"id", "category_id"})
"""What of an annotation says which it is, and of which class."""

DRAWN = frozenset({"type", "points", "position", "dimensions", "yaw"})
"""What of an annotation its shape tells."""


def _rest(value: Mapping[str, Tree], form: str) -> Iterator[tuple[str, Tree]]:
    """Yield what neither its class nor its shape tells of an annotation.

    Without a shape, as corners in space have none here, that is all that draws it.
    """
    for name, item in value.items():
        told = form and name in DRAWN and (name != "type" or item == form)
        if name not in IDENTITY and not told:
            yield name, item


Shape = tuple[str, Points, tuple[float, float] | None, float | None]
NO_SHAPE: Shape = ("", (), None, None)


def _shape(form: str, value: Mapping[str, Tree]) -> Shape:
    """Give form, points, heights and size of what is drawn with corners."""
    if form.startswith("cuboid"):
        return _cuboid(value)
    points = _points(value.get("points"))
    if not points or form not in {"bbox", "polygon", "polyline", "point"}:
        return NO_SHAPE
    if form == "point":
        return form, points[:1], None, None
    if form == "polyline":
        return form, points, None, length(points)
    ring = box(points) if form == "bbox" else points
    return form, ring, None, area(ring)


def _points(value: Tree) -> Points:
    """Read corners in an image; nothing where one is no place in it."""
    found = [_numbers(item) for item in value] if isinstance(value, list) else []
    if not all(len(item) == FLAT for item in found):
        return ()
    return tuple((item[0], item[1]) for item in found)


def _numbers(value: Tree) -> tuple[float, ...]:
    items = value if isinstance(value, list) else []
    if not all(_is_place(item) for item in items):
        return ()
    return tuple(float(item) for item in items if isinstance(item, int | float))


def _is_place(value: Tree) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= FARTHEST


def _cuboid(value: Mapping[str, Tree]) -> Shape:
    """Give a cuboid as its outline from above, turned by its yaw, and its heights."""
    middle, sides = _axes(value.get("position")), _axes(value.get("dimensions"))
    turn = _numbers([value.get("yaw") or 0])
    if not (middle and sides and turn):
        return NO_SHAPE
    (x, y, z), (long, wide, high) = middle, sides
    cosine, sine = cos(turn[0]), sin(turn[0])
    corners = ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5))
    ring = tuple(
        (
            x + cosine * a * long - sine * b * wide,
            y + sine * a * long + cosine * b * wide,
        )
        for a, b in corners
    )
    heights = (z - high / 2, z + high / 2)
    return "cuboid", ring, heights, abs(long * wide * high)


def _axes(value: Tree) -> tuple[float, ...]:
    if not is_object(value):
        return ()
    return _numbers([value.get(axis) for axis in "xyz"])


Pixels = Mapping[tuple[int, int], int]
"""How many pixels, or points, have one id before and one after; 0 is none."""


def clouds(before: Layer | None, after: Layer | None) -> Pixels | None:
    """Count the points of a cloud by their ids on both sides, None without such."""
    here = before.cloud if before else None
    there = after.cloud if after else None
    if here is None and there is None:
        return None
    here, there = here or [], there or []
    size = max(len(here), len(there))
    return Counter(
        zip(
            [*here, *[0] * (size - len(here))],
            [*there, *[0] * (size - len(there))],
            strict=True,
        )
    )
