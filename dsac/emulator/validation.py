"""What a request's body may say: types, enums, names, limits."""

import re
from collections.abc import Callable, Mapping

from dsac.emulator.body import Object
from dsac.emulator.choices import (
    CATEGORIES,
    DEFAULTS,
    NULLABLE,
    SWITCHES,
    TASK_TYPES,
)
from dsac.emulator.errors import invalid
from dsac.emulator.task_attributes import require_task_attributes

SLUG = re.compile(r"[A-Za-z0-9._-]{1,255}")
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
LONGEST_NAME = 500
LARGEST_INTEGER = 2**31 - 1
LARGEST_NUMBER = 2**53
MOST_UUIDS = 1000


def slug(body: Object, field: str = "name") -> str:
    """Take the name of a dataset, label set or release."""
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


def optional_text(body: Object, field: str) -> str | None:
    """Take a string or null."""
    return None if body.get(field) is None else text(body, field, "")


def text_or_empty(body: Object, field: str) -> str:
    """Take a string; null and nothing are the empty one."""
    return optional_text(body, field) or ""


def sample_name(body: Object) -> str:
    """Take the name of a sample: text without control characters, not too long."""
    name = text(body, "name")
    if len(name) > LONGEST_NAME:
        problem = f"Ensure this field has no more than {LONGEST_NAME} characters."
        raise invalid("name", problem)
    if CONTROLS.search(name):
        raise invalid("name", "Control characters are not allowed.")
    return name


def one_of(body: Object, field: str, choices: frozenset[str]) -> str:
    """Take one of a few words."""
    value = text(body, field)
    if value not in choices:
        raise invalid(field, f'"{value}" is not a valid choice.')
    return value


def json_object(body: Object, field: str) -> Object:
    """Take a JSON object."""
    if field not in body:
        raise invalid(field, "This field is required.")
    value = body[field]
    if not isinstance(value, dict):
        raise invalid(field, "Value must be a JSON object.")
    return value


def json_object_or_empty(body: Object, field: str) -> Object:
    """Take a JSON object; null and nothing are the empty one."""
    return {} if body.get(field) is None else json_object(body, field)


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


def number_or_zero(body: Object, field: str) -> float:
    """Take a number; null and nothing are zero."""
    return number(body, field) or 0.0


def _switch(body: Object, field: str) -> bool:
    value = body[field]
    if not isinstance(value, bool):
        raise invalid(field, "Must be a valid boolean.")
    return value


def switch_or_null(body: Object, field: str) -> bool | None:
    """Take true, false or null; nothing is null."""
    return None if body.get(field) is None else _switch(body, field)


def _seconds(body: Object, field: str) -> int | None:
    value = body[field]
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise invalid(field, "A valid integer is required.")
    if not 0 <= value <= LARGEST_INTEGER:
        raise invalid(field, f"Between 0 and {LARGEST_INTEGER} is required.")
    return value


def _region(body: Object, field: str) -> Object | None:
    return None if body[field] is None else json_object(body, field)


def _category(body: Object, field: str) -> str:
    return one_of(body, field, CATEGORIES)


def _task_type(body: Object, field: str) -> str:
    return one_of(body, field, TASK_TYPES)


def _task_attributes(body: Object, field: str) -> Object:
    return require_task_attributes(json_object(body, field))


def _description(body: Object, field: str) -> str:
    return text(body, field, "")


Reader = Callable[[Object, str], object]

DATASET_FIELDS: Mapping[str, Reader] = {
    **dict.fromkeys(SWITCHES, _switch),
    **dict.fromkeys(NULLABLE, switch_or_null),
    "description": _description,
    "category": _category,
    "task_type": _task_type,
    "task_attributes": _task_attributes,
    "readme": text_or_empty,
    "labeling_inactivity_timeout_seconds": _seconds,
    "region_of_interest": _region,
}


def dataset_fields(body: Object) -> Object:
    """Take the fields of a dataset that a request states; others are passed over."""
    return {
        field: DATASET_FIELDS[field](body, field) for field in DEFAULTS if field in body
    }


def uuids(body: Object) -> list[str]:
    """Take the uuids of a bulk deletion."""
    found = body.get("uuids")
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise invalid("uuids", "A list of uuids is required.")
    if not 1 <= len(found) <= MOST_UUIDS:
        raise invalid("uuids", f"Between 1 and {MOST_UUIDS} uuids are required.")
    return found
