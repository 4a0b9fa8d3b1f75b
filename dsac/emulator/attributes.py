"""What the attributes of samples and labels may look like, by task type.

A sample must have what its task type needs. Of a label nothing is required, but what is
documented must have the documented shape where it is there, and be of the right task
type. Keys that nobody knows are let through (fact sheet, section 7).
"""

from collections.abc import Mapping

from dsac.emulator.body import Object
from dsac.emulator.checks import (
    Check,
    WrongError,
    is_integer,
    is_number,
    object_at,
    objects_at,
    optional_objects,
    require,
)
from dsac.emulator.errors import invalid

SEQUENCE = "-sequence"
CORNERS = {"bbox": 2, "point": 1}
"""Shapes with a fixed number of points."""

SHAPES = frozenset({"bbox", "polygon", "polyline", "point"})
CUBOIDS = frozenset({"cuboid", "cuboid-sync"})
CLOUDS = frozenset({"pcd", "binary-xyzi", "kitti", "binary-xyzir", "nuscenes", "ply"})
CLOUD_TYPES = CLOUDS | {"las", "splat"}
FLAT, DEEP = 2, 3
"""So many numbers has a point, in an image and in space."""


def _file(value: object, where: str) -> Object:
    found = object_at(value, where)
    require(isinstance(found.get("url"), str), f"{where}.url", "a URL")
    return found


def _point(value: object, where: str, *, size: int) -> None:
    fits = isinstance(value, list) and len(value) == size
    require(
        fits and all(map(is_number, value)),  # type: ignore[call-overload]
        where,
        f"a list of {size} numbers",
    )


def _vector(item: Object, where: str, *, size: int) -> None:
    """Check a box, polygon, polyline or point."""
    kind = item.get("type")
    require(kind in SHAPES, f"{where}.type", "bbox, polygon, polyline or point")
    points = item.get("points")
    if not isinstance(points, list):
        raise WrongError(f"{where}.points: a list of points is expected.")
    expected = CORNERS.get(str(kind))
    if expected is not None:
        require(len(points) == expected, f"{where}.points", f"{expected} point(s)")
    for at, point in enumerate(points):
        _point(point, f"{where}.points[{at}]", size=size)


def _cuboid(item: Object, where: str) -> None:
    for key in ("position", "dimensions"):
        found = object_at(item.get(key), f"{where}.{key}")
        for axis in ("x", "y", "z"):
            require(is_number(found.get(axis)), f"{where}.{key}.{axis}", "a number")
    if item.get("yaw") is not None:
        require(is_number(item["yaw"]), f"{where}.yaw", "a number")


def _instance(item: Object, where: str) -> None:
    """Check what all annotations have."""
    for key in ("id", "category_id"):
        require(is_integer(item.get(key)), f"{where}.{key}", "an integer")
    if item.get("attributes") is not None:
        object_at(item["attributes"], f"{where}.attributes")
    if item.get("track_id") is not None:
        require(is_integer(item["track_id"]), f"{where}.track_id", "an integer")


def _annotations(value: Object, where: str, shape: Check | None) -> None:
    for item, place in optional_objects(value, "annotations", where):
        _instance(item, place)
        if shape is not None:
            shape(item, place)


def _flat_vector(item: Object, where: str) -> None:
    _vector(item, where, size=FLAT)


def _deep_shape(item: Object, where: str) -> None:
    if item.get("type") in CUBOIDS:
        _cuboid(item, where)
    else:
        _vector(item, where, size=DEEP)


SHAPE_OF: Mapping[str, Check | None] = {
    "segmentation-bitmap": None,
    "segmentation-bitmap-highres": None,
    "image-segmentation": None,
    "vector": _flat_vector,
    "bboxes": _flat_vector,
    "keypoints": _flat_vector,
    "image-vector": _flat_vector,
    "pointcloud-segmentation": None,
    "pointcloud-cuboid": _cuboid,
    "pointcloud-vector": _deep_shape,
}
"""What is checked of an annotation, by the task type without "-sequence"."""

FLAT_KEYS = frozenset({"annotations", "segmentation_bitmap", "point_annotations"})


def _label(value: Object, task_type: str, where: str) -> None:
    """Check the attributes of a label."""
    sensors, sequence = (
        task_type == "multisensor-sequence",
        task_type.endswith(SEQUENCE),
    )
    allowed = {"sensors"} if sensors else {"frames"} if sequence else FLAT_KEYS
    for key in sorted({"sensors", "frames", *FLAT_KEYS} - allowed):
        require(key not in value, f"{where}{key}", f"no such key in {task_type}")
    for item, place in optional_objects(value, "sensors", where):
        _sensor(item, place)
    for item, place in optional_objects(value, "frames", where):
        _frame(item, task_type.removesuffix(SEQUENCE), f"{place}.")
    optional_objects(value, "links", where)
    _frame(value, task_type, where)


def _frame(value: Object, task_type: str, where: str) -> None:
    _annotations(value, where, SHAPE_OF.get(task_type))
    if value.get("segmentation_bitmap") is not None:
        _file(value["segmentation_bitmap"], f"{where}segmentation_bitmap")
    if value.get("image_attributes") is not None:
        object_at(value["image_attributes"], f"{where}image_attributes")
    points = value.get("point_annotations")
    if points is not None:
        fits = isinstance(points, list) and all(map(is_integer, points))
        require(fits, f"{where}point_annotations", "a list of integers")


def _sensor(item: Object, where: str) -> None:
    for key in ("name", "task_type"):
        require(isinstance(item.get(key), str), f"{where}.{key}", "text")
    attributes = item.get("attributes")
    if attributes not in (None, []):
        found = object_at(attributes, f"{where}.attributes")
        _label(found, item["task_type"], f"{where}.attributes.")


def require_label(value: Object, task_type: str) -> Object:
    """Check the attributes of a label.

    Raises:
        ApiError: a part has not the shape that the task type asks for.
    """
    try:
        _label(value, task_type, "")
    except WrongError as error:
        raise invalid("attributes", str(error)) from error
    return value


def _cloud(value: object, where: str) -> None:
    found = _file(value, where)
    kind = found.get("type")
    require(kind is None or kind in CLOUD_TYPES, f"{where}.type", "a known type")


def _sample(value: Object, task_type: str, where: str) -> None:
    if task_type == "multisensor-sequence":
        for item, place in objects_at(value.get("sensors"), f"{where}sensors"):
            for key in ("name", "task_type"):
                require(isinstance(item.get(key), str), f"{place}.{key}", "text")
            found = object_at(item.get("attributes"), f"{place}.attributes")
            _sample(found, item["task_type"], f"{place}.attributes.")
    elif task_type.endswith(SEQUENCE):
        for item, place in objects_at(value.get("frames"), f"{where}frames"):
            _sample(item, task_type.removesuffix(SEQUENCE), f"{place}.")
    elif task_type.startswith("pointcloud"):
        _cloud(value.get("pcd"), f"{where}pcd")
    else:
        _file(value.get("image"), f"{where}image")


def require_sample(value: Object, task_type: str) -> Object:
    """Check the attributes of a sample: what its task type needs must be there.

    Raises:
        ApiError: a part is missing, or is of a wrong shape.
    """
    try:
        _sample(value, task_type, "")
    except WrongError as error:
        problem = f"Samples of {task_type} datasets need {error}"
        raise invalid("attributes", problem) from error
    return value
