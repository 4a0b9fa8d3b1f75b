"""What the emulator's routes take: an example for each, and the types of its fields."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Types = Mapping[str, tuple[type, ...]]


@dataclass(frozen=True)
class Shape:
    """The body of a route: one that is right, and what is never right."""

    body: Any
    types: Types = field(default_factory=dict)
    """The types of fields; a value of another one is refused."""

    required: frozenset[str] = frozenset()
    """Fields without which the body is refused."""


NOTHING = type(None)
TEXT, OPTIONAL_TEXT = (str,), (str, NOTHING)
OBJECT, OPTIONAL_OBJECT = (dict,), (dict, NOTHING)
NUMBER = (int, float, NOTHING)
SWITCH = (bool,)

IMAGE = {"image": {"url": "https://bucket.example.com/a.jpg"}}

SAMPLE = Shape(
    {
        "name": "new.jpg",
        "attributes": IMAGE,
        "metadata": {"city": "Ghent", "n": 1},
        "priority": 1.5,
        "assigned_labeler": "bob",
        "assigned_reviewer": None,
        "readme": "words",
    },
    {
        "name": TEXT,
        "attributes": OBJECT,
        "metadata": OPTIONAL_OBJECT,
        "priority": NUMBER,
        "assigned_labeler": OPTIONAL_TEXT,
        "assigned_reviewer": OPTIONAL_TEXT,
        "readme": OPTIONAL_TEXT,
    },
    frozenset({"name", "attributes"}),
)
DATASET = Shape(
    {
        "name": "new",
        "description": "words",
        "category": "garden",
        "task_type": "vector",
        "task_attributes": {
            "format_version": "0.1",
            "categories": [
                {
                    "id": 1,
                    "name": "violet",
                    "color": [1, 2, 3],
                    "attributes": [{"name": "open", "input_type": "checkbox"}],
                }
            ],
        },
        "metadata": {"a": {"b": [1, None]}},
        "readme": "words",
        "public": False,
        "archived": False,
        "enable_ratings": True,
        "labeling_inactivity_timeout_seconds": 300,
        "region_of_interest": {"radius": 5},
    },
    {
        "name": TEXT,
        "description": TEXT,
        "category": TEXT,
        "task_type": TEXT,
        "task_attributes": OBJECT,
        "readme": OPTIONAL_TEXT,
        "public": SWITCH,
        "archived": SWITCH,
        "enable_ratings": SWITCH,
        "labeling_inactivity_timeout_seconds": (int, NOTHING),
        "region_of_interest": OPTIONAL_OBJECT,
    },
    frozenset({"name"}),
)
LABEL = Shape(
    {
        "label_status": "REVIEWED",
        "attributes": {
            "format_version": "0.1",
            "annotations": [
                {
                    "id": 1,
                    "category_id": 1,
                    "type": "bbox",
                    "points": [[1, 2.5], [3, 4]],
                    "attributes": {"open": True},
                }
            ],
        },
        "score": 0.5,
        "rating": 4,
    },
    {"label_status": TEXT, "attributes": OBJECT, "score": NUMBER, "rating": NUMBER},
)
ISSUE = Shape(
    {
        "description": "words",
        "status": "OPEN",
        "anchor": {"type": "location", "location": {"type": "2d", "x": 1, "y": 2}},
    },
    {"description": TEXT, "status": TEXT, "anchor": OPTIONAL_OBJECT},
)
NAMED = Shape(
    {"name": "new", "description": "words", "attributes": "{}"},
    {"name": TEXT, "description": OPTIONAL_TEXT},
    frozenset({"name"}),
)


def _of(shape: Shape, *required: str) -> Shape:
    """Give a shape of which other fields are required."""
    return Shape(shape.body, shape.types, frozenset(required))


# A PATCH passes over fields that it does not know: the name of a dataset, too.
DATASET_PATCH = Shape(
    DATASET.body, {k: v for k, v in DATASET.types.items() if k != "name"}
)
D = "/datasets/<owner>/<name>"

SHAPES: Mapping[tuple[str, str], Shape] = {
    ("POST", "/user/datasets"): DATASET,
    ("POST", "/organizations/<owner>/datasets"): DATASET,
    ("PATCH", D): DATASET_PATCH,
    ("POST", f"{D}/clone"): Shape(
        {"name": "copy", "clone_labels": True, "owner": "acme", "public": False},
        {"name": TEXT, "owner": OPTIONAL_TEXT, "public": SWITCH},
    ),
    ("POST", f"{D}/collaborators"): Shape(
        {"user": "eve", "role": "labeler"},
        {"user": TEXT, "role": TEXT},
        frozenset({"user", "role"}),
    ),
    ("PATCH", f"{D}/collaborators/<who>"): Shape(
        {"role": "admin"}, {"role": TEXT}, frozenset({"role"})
    ),
    ("POST", f"{D}/samples"): SAMPLE,
    ("PATCH", "/samples/<key>"): _of(SAMPLE),
    ("POST", f"{D}/samples_bulk"): Shape([SAMPLE.body, {**SAMPLE.body, "name": "b"}]),
    ("DELETE", f"{D}/samples_bulk"): Shape(
        {"uuids": ["none", "00000000-0000-0000-0000-000000000000"]},
        {"uuids": (list,)},
        frozenset({"uuids"}),
    ),
    ("PUT", "/labels/<key>/<labelset>"): _of(LABEL, "attributes"),
    ("PATCH", "/labels/<key>/<labelset>"): LABEL,
    ("POST", f"{D}/labelsets"): NAMED,
    ("POST", "/samples/<key>/issues"): _of(ISSUE, "description"),
    ("PATCH", "/issues/<key>"): ISSUE,
    ("POST", f"{D}/releases"): NAMED,
    ("POST", "/assets"): Shape(
        {"filename": "a.png"}, {"filename": TEXT}, frozenset({"filename"})
    ),
}
"""By method and route. A route that is not here is sent an empty object."""
