"""What samples and labels of a manifest may say: structs, for there are many rows."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

Status = Literal[
    "UNLABELED",
    "PRELABELED",
    "LABELING_IN_PROGRESS",
    "LABELED",
    "REVIEWING_IN_PROGRESS",
    "REVIEWED",
    "REJECTED",
    "SKIPPED",
    "VERIFIED",
]

# The values of metadata and attributes are any JSON; the loader checks what it needs.
Object = dict[str, Any]

SCALAR = {"type": ["string", "number", "boolean", "null"]}
WANTED: dict[str, Any] = {
    "type": "object",
    "additionalProperties": {
        "anyOf": [SCALAR, {"type": "array", "items": SCALAR, "minItems": 1}]
    },
}
"""The JSON Schema of `where`, which each index checks itself."""


class ImageFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file whose content is known without it."""

    path: str
    sha256: str


class LabelEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The label of one sample: a bitmap with annotations, annotations, or raw.

    `verbatim` is what the API has, word for word: no path in it is looked up, no
    category checked.
    """

    status: Status = "PRELABELED"
    score: float | UnsetType | None = UNSET
    bitmap: str | ImageFile | UnsetType = UNSET
    annotations: list[Object] | UnsetType = UNSET
    attributes: Object | UnsetType = UNSET
    verbatim: Object | UnsetType = UNSET


class Defaults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What samples have that do not say otherwise."""

    metadata: Object | UnsetType | None = UNSET
    priority: float | UnsetType = UNSET
    assigned_labeler: str | UnsetType | None = UNSET
    assigned_reviewer: str | UnsetType | None = UNSET
    readme: str | UnsetType | None = UNSET


class Entry(Defaults, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What inline samples and globs share."""

    labels: dict[str, LabelEntry] = {}


class SampleEntry(Entry, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One sample, written out."""

    name: str
    image: str | ImageFile | UnsetType = UNSET
    attributes: Object | UnsetType = UNSET
    verbatim: Object | UnsetType = UNSET


class GlobEntry(Entry, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One sample for each image that a pattern matches."""

    glob: str
    name: str = "{relpath}"
    exclude: list[str] = []
    allow_empty: bool = False


class IndexEntry(Defaults, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Samples from files, one row for each, like an inline sample.

    `columns` names the column for each target, `where` the rows that are wanted; the
    other fields are what rows have that do not say otherwise.
    """

    index: str
    columns: dict[str, str] = {}
    where: Annotated[Object, msgspec.Meta(extra_json_schema=WANTED)] = {}
    allow_empty: bool = False


class LabelRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The label of one sample in an index of labels."""

    name: str
    status: Status | UnsetType = UNSET
    score: float | UnsetType | None = UNSET
    bitmap: str | ImageFile | UnsetType = UNSET
    annotations: list[Object] | UnsetType = UNSET
    attributes: Object | UnsetType = UNSET
    verbatim: Object | UnsetType = UNSET
