"""What categories and their attributes may look like (fact sheet, section 6).

What is documented must have the documented shape where it is there, so that the
platform's own SDK can read what was taken. Keys that nobody knows are let through.
"""

from collections.abc import Callable, Mapping

from dsac.emulator.body import Object
from dsac.emulator.checks import (
    WrongError,
    is_integer,
    is_list_of,
    is_number,
    is_switch,
    is_text,
    object_at,
    optional_objects,
    optional_part,
    require,
)
from dsac.emulator.errors import invalid

FIELD = "task_attributes"
SELECTS = frozenset({"select", "multiselect"})
LINK_TYPES = SELECTS | {"text", "number", "checkbox"}
INPUT_TYPES = LINK_TYPES | {"vector3", "quaternion", "points"}
RULES = frozenset({"intersecting-cuboids", "cuboid-dimension-limits"})

is_color = is_list_of(is_integer, 3, 4)
are_ids = is_list_of(is_integer)
are_texts = is_list_of(is_text)


def _is_version(value: object) -> bool:
    return is_text(value) or is_number(value)


def _is_numeric(value: object) -> bool:
    """Tell whether a value is a number, or text that says one."""
    if not isinstance(value, str):
        return is_number(value)
    try:
        float(value)
    except ValueError:
        return False
    return True


def _is_bound(value: object) -> bool:
    """Tell whether a value may stand for a bound: blank text is one that is not set."""
    return _is_numeric(value) or (isinstance(value, str) and not value.strip())


DEFAULTS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "select": (is_text, "text"),
    "text": (is_text, "text"),
    "number": (_is_numeric, "a number"),
    "checkbox": (is_switch, "true or false"),
}
"""What the default of an attribute must be, by input type; others may be anything."""


def require_task_attributes(value: Object) -> Object:
    """Check the task attributes of a dataset: at least one category, and all shapes.

    Raises:
        ApiError: a part is missing, twice there, or of a wrong shape.
    """
    items = value.get("categories")
    if not isinstance(items, list) or not items:
        raise invalid(FIELD, "There must be at least one category.")
    try:
        _task_attributes(value)
    except WrongError as error:
        raise invalid(FIELD, str(error)) from error
    return value


def _task_attributes(value: Object) -> None:
    seen: set[object] = set()
    for at, item in enumerate(value["categories"]):
        _category(item, f"categories[{at}]")
        if item["id"] in seen:
            raise WrongError(f"Two categories have the id {item['id']}.")
        seen.add(item["id"])
    optional_part(value, FIELD, _is_version, "text or a number", "format_version")
    optional_part(value, FIELD, is_number, "a number", "circle_radius")
    for item, where in optional_objects(value, "image_attributes", ""):
        _attribute(item, where, INPUT_TYPES)
    for item, where in optional_objects(value, "warning_rules", ""):
        _rule(item, where)


def _category(item: Object, where: str) -> None:
    name = item.get("name") if isinstance(item, dict) else None
    if not isinstance(name, str) or not name.strip():
        raise WrongError("A category must have a name.")
    if not is_integer(item.get("id")):
        raise WrongError(f'Category "{name}" must have an integer id.')
    optional_part(item, where, is_color, "a list of 3 or 4 integers", "color")
    optional_part(item, where, is_switch, "true or false", "has_instances")
    optional_part(item, where, are_ids, "a list of ids", "link_category_restrictions")
    _sizes(item, where, "dimensions")
    for found, place in optional_objects(item, "attributes", f"{where}."):
        _attribute(found, place, INPUT_TYPES)
    for found, place in optional_objects(item, "link_attributes", f"{where}."):
        _attribute(found, place, LINK_TYPES)


def _attribute(item: Object, where: str, types: frozenset[str]) -> None:
    require(is_text(item.get("name")), f"{where}.name", "text")
    kind = item.get("input_type")
    known = isinstance(kind, str) and kind in types
    require(known, f"{where}.input_type", f"one of {', '.join(sorted(types))}")
    if kind in SELECTS:
        require(are_texts(item.get("values")), f"{where}.values", "a list of text")
    if kind == "number":
        optional_part(item, where, _is_bound, "a number", "min", "max", "step")
    fits, expected = DEFAULTS.get(str(kind), (lambda _: True, ""))
    optional_part(item, where, fits, expected, "default_value")
    optional_part(item, where, is_switch, "true or false", *SWITCHES)
    optional_part(item, where, is_text, "text", "sensor_filter")


SWITCHES = ("is_mandatory", "is_track_level", "synced_across_sensors")
"""What an attribute may say of itself."""


def _rule(item: Object, where: str) -> None:
    name = item.get("name")
    known = isinstance(name, str) and name in RULES
    require(known, f"{where}.name", f"one of {', '.join(sorted(RULES))}")
    for key in ("excluded_categories", "excluded_set_of_categories", "categories"):
        optional_part(item, where, are_ids, "a list of ids", key)
    _sizes(item, where, "min")
    _sizes(item, where, "max")


def _sizes(item: Object, where: str, key: str) -> None:
    """Check lengths along the axes, each of which may be missing."""
    if item.get(key) is not None:
        found = object_at(item[key], f"{where}.{key}")
        optional_part(found, f"{where}.{key}", is_number, "a number", "x", "y", "z")
