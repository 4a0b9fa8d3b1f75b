"""What a request's body may say: types, enums, names, limits."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from dsac.emulator.errors import invalid

# The JSON of a request; which types are in it is what this module finds out.
Object = dict[str, Any]

CATEGORIES = frozenset(
    {
        "street_scenery",
        "garden",
        "agriculture",
        "satellite",
        "people",
        "medical",
        "fruit",
        "other",
    }
)

REQUIRED_ATTRIBUTE = {
    "segmentation-bitmap": "image",
    "segmentation-bitmap-highres": "image",
    "vector": "image",
    "bboxes": "image",
    "keypoints": "image",
    "image-vector-sequence": "frames",
    "image-segmentation-sequence": "frames",
    "pointcloud-segmentation": "pcd",
    "pointcloud-cuboid": "pcd",
    "pointcloud-vector": "pcd",
    "pointcloud-segmentation-sequence": "frames",
    "pointcloud-cuboid-sequence": "frames",
    "pointcloud-vector-sequence": "frames",
    "multisensor-sequence": "sensors",
}
"""Task types, and the key that the attributes of their samples must have."""

STATUSES = frozenset(
    {
        "UNLABELED",
        "PRELABELED",
        "LABELING_IN_PROGRESS",
        "LABELED",
        "REVIEWING_IN_PROGRESS",
        "REVIEWED",
        "REJECTED",
        "SKIPPED",
        "VERIFIED",
    }
)

ROLES = frozenset({"labeler", "reviewer", "manager", "admin"})

SLUG = re.compile(r"[A-Za-z0-9._-]{1,255}")
LONGEST_NAME = 500
LARGEST_NUMBER = 2**53

DEFAULT_TASK_ATTRIBUTES = {
    "format_version": "0.1",
    "categories": [{"id": 1, "name": "object"}],
}

BOOLEANS: Mapping[str, bool | None] = {
    "public": False,
    "archived": False,
    "enable_skip_labeling": True,
    "enable_skip_reviewing": False,
    "enable_ratings": False,
    "enable_interpolation": True,
    "enable_same_dimensions_track_constraint": False,
    "enable_save_button": False,
    "enable_label_status_verified": False,
    "enable_3d_region_of_interest": False,
    "enable_3d_cuboid_rotation": False,
    "enable_confirm_on_submit": False,
    "use_timestamps_for_interpolation": True,
    "enable_object_linking": False,
    "enable_object_link_category_restrictions": False,
    "enable_extrapolation": False,
}
"""The switches of a dataset and what a new one has (fact sheet, section 5)."""

DEFAULTS: Object = {
    "description": "",
    "category": "other",
    "task_type": "segmentation-bitmap",
    "task_attributes": DEFAULT_TASK_ATTRIBUTES,
    "readme": "",
    "labeling_inactivity_timeout_seconds": 300,
    "region_of_interest": None,
    **BOOLEANS,
}


def slug(body: Object, field: str = "name") -> str:
    """Take the name of a dataset or label set."""
    name = text(body, field)
    if not SLUG.fullmatch(name) or set(name) == {"."}:
        raise invalid(field, "Enter a valid name: letters, digits, '.', '_' and '-'.")
    return name


def text(body: Object, field: str, default: str | None = None) -> str:
    """Take a string that must be there, unless there is a default."""
    value = body.get(field, default)
    if value is None and field not in body:
        raise invalid(field, "This field is required.")
    if not isinstance(value, str):
        raise invalid(field, "Not a valid string.")
    if default is None and not value.strip():
        raise invalid(field, "This field may not be blank.")
    if "\x00" in value:
        raise invalid(field, "Null characters are not allowed.")
    return value


def sample_name(body: Object) -> str:
    """Take the name of a sample: printable text, not too long."""
    name = text(body, "name")
    if len(name) > LONGEST_NAME:
        raise invalid("name", f"No more than {LONGEST_NAME} characters.")
    if not name.isprintable():
        raise invalid("name", "Only printable characters are allowed.")
    return name


def one_of(body: Object, field: str, choices: frozenset[str]) -> str:
    """Take one of a few words."""
    value = text(body, field)
    if value not in choices:
        raise invalid(field, f'"{value}" is not a valid choice.')
    return value


def objects(body: Object, field: str) -> Object:
    """Take a JSON object."""
    value = body.get(field)
    if not isinstance(value, dict):
        raise invalid(field, "Value must be a JSON object.")
    return value


def number(body: Object, field: str) -> float | None:
    """Take a number or null."""
    value = body.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise invalid(field, "A valid number is required.")
    if abs(value) > LARGEST_NUMBER:
        raise invalid(field, "The number is too large.")
    return float(value)


def optional_text(body: Object, field: str) -> str | None:
    """Take a string or null."""
    return None if body.get(field) is None else text(body, field, "")


def dataset_fields(body: Object) -> Object:
    """Take the fields of a dataset that a request states."""
    fields: Object = {}
    for field in body.keys() & DEFAULTS.keys():
        fields[field] = _dataset_field(body, field)
    return fields


def _dataset_field(body: Object, field: str) -> object:
    value = body[field]
    if field in BOOLEANS:
        if not isinstance(value, bool):
            raise invalid(field, "Must be a valid boolean.")
        return value
    if field == "category":
        return one_of(body, field, CATEGORIES)
    if field == "task_type":
        return one_of(body, field, frozenset(REQUIRED_ATTRIBUTE))
    if field == "task_attributes":
        return task_attributes(objects(body, field))
    if field in NULLABLE:
        return value if value is None else NULLABLE[field](body, field)
    return text(body, field, "")


def _whole_number(body: Object, field: str) -> int:
    return int(number(body, field) or 0)


NULLABLE: Mapping[str, Callable[[Object, str], object]] = {
    "region_of_interest": objects,
    "labeling_inactivity_timeout_seconds": _whole_number,
}


def task_attributes(value: Object) -> Object:
    """Check categories: at least one, each with a name and an id of its own."""
    items = value.get("categories")
    if not isinstance(items, list) or not items:
        raise invalid("task_attributes", "There must be at least one category.")
    seen = set()
    for item in items:
        if not isinstance(item, dict) or not isinstance(item.get("name"), str):
            raise invalid("task_attributes", "A category has a name.")
        key = item.get("id")
        if isinstance(key, bool) or not isinstance(key, int) or key in seen:
            raise invalid("task_attributes", "A category has an integer id, once.")
        seen.add(key)
    return value


def sample_attributes(body: Object, task_type: str) -> Object:
    """Check that a sample refers to what its dataset's task needs."""
    value = objects(body, "attributes")
    key = REQUIRED_ATTRIBUTE[task_type]
    if key not in value:
        raise invalid("attributes", f"Samples of {task_type} datasets need '{key}'.")
    expected = list if key in {"frames", "sensors"} else dict
    if not isinstance(value[key], expected):
        raise invalid("attributes", f"'{key}' has the wrong type.")
    return value


def uuids(body: object) -> list[str]:
    """Take the uuids of a bulk deletion."""
    most = 1000
    found = body.get("uuids") if isinstance(body, dict) else None
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise invalid("uuids", "A list of uuids is required.")
    if not 1 <= len(found) <= most:
        raise invalid("uuids", f"Between 1 and {most} uuids are required.")
    return found
