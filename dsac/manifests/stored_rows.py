"""The forms in which samples of large indexes lie on disk."""

from collections.abc import Mapping, Sequence
from operator import methodcaller
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import UNSET, UnsetType

from dsac.core.marker import KEY
from dsac.core.resources import DesiredSample, Label
from dsac.core.values import Tree, replace_uploads

LONGEST_NAME = 500
"""So many characters the platform takes for the name of a sample."""

SCHEMES = ("https://", "http://", "s3://", "gs://")
"""What URLs begin with, nearly all of them."""

_is_url = methodcaller("startswith", SCHEMES)

FILE = "\0"
"""The key that stands for a local file; no name of anything has that character."""

Object = dict[str, Any]  # attributes and metadata are any JSON


Scalars = dict[str, str | int | bool | None]


class KeptLabel(msgspec.Struct, omit_defaults=True):
    """A label as it lies on disk."""

    status: str
    attributes: Object | UnsetType = UNSET
    score: int | float | UnsetType | None = UNSET


class Kept(msgspec.Struct, omit_defaults=True, kw_only=True):
    """A sample as it lies on disk; `files` says that local files stand in it."""

    name: str
    attributes: Object | UnsetType = UNSET
    metadata: Object | UnsetType | None = UNSET
    priority: int | float | UnsetType = UNSET
    assigned_labeler: str | UnsetType | None = UNSET
    assigned_reviewer: str | UnsetType | None = UNSET
    readme: str | UnsetType = UNSET
    labels: dict[str, KeptLabel] = {}
    files: bool = False
    plain: ClassVar[bool] = False


class PlainRow(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A row of an index that is what it says: a URL and scalars, no files, no labels.

    Such a row lies on disk as it was written. The fields are those of a sample.
    """

    name: Annotated[str, msgspec.Meta(max_length=LONGEST_NAME)]
    image: str
    metadata: Scalars | UnsetType = UNSET
    priority: int | UnsetType = UNSET
    assigned_labeler: str | UnsetType | None = UNSET
    assigned_reviewer: str | UnsetType | None = UNSET
    readme: str | UnsetType = UNSET
    labels: ClassVar[dict[str, KeptLabel]] = {}
    files: ClassVar[bool] = False
    plain: ClassVar[bool] = True

    @property
    def attributes(self) -> Object:
        """What the sample shows."""
        return {"image": {"url": self.image}}


Row = Kept | PlainRow


class SimpleRow(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A plain row that states no other field: nearly all do not."""

    name: Annotated[str, msgspec.Meta(max_length=LONGEST_NAME)]
    image: str
    metadata: Scalars | UnsetType = UNSET


_ODD_KEYS = frozenset({KEY, "url", "signed_url"})
"""What metadata must not have, or what is read in a way of its own."""

PlainRows = Sequence[SimpleRow] | Sequence[PlainRow]

_SIMPLE = msgspec.json.Decoder(SimpleRow)
PLAIN = msgspec.json.Decoder(PlainRow)


def plain_rows(data: bytes) -> tuple[PlainRows, bool]:
    """Read lines as plain rows, and tell whether they are simple; none if it fails."""
    for decoder in (_SIMPLE, PLAIN):
        try:
            return decoder.decode_lines(data), decoder is _SIMPLE
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
    return (), False


def are_plain(
    data: bytes, rows: PlainRows, names: Sequence[str], images: Sequence[str]
) -> bool:
    """Tell whether rows are what they seem; in doubt they are not."""
    # Where nothing is escaped, and nothing but ASCII, no name is odd.
    clean = data.isascii() and b"\\" not in data and b"\x7f" not in data
    return (
        (clean or "".join(names).isprintable())
        and all(map(str.strip, names))
        and "?" not in "".join(images)
        and all(map(_is_url, images))
        and all(map(_ODD_KEYS.isdisjoint, [row.metadata or () for row in rows]))
    )


def kept(row: DesiredSample, *, files: bool) -> Kept:
    """Write a sample down as it lies on disk; `files` says that it has local ones."""
    sample = row.sample
    return Kept(
        name=sample.name,
        attributes=_without_files(sample.attributes) if files else sample.attributes,
        metadata=sample.metadata,
        priority=sample.priority,
        assigned_labeler=sample.assigned_labeler,
        assigned_reviewer=sample.assigned_reviewer,
        readme=sample.readme,
        labels=kept_labels(row.labels, files=files),
        files=files,
    )


def kept_labels(labels: Mapping[str, Label], *, files: bool) -> dict[str, KeptLabel]:
    """Write labels down as they lie on disk; `files` says that they have local ones."""
    return {
        labelset: KeptLabel(
            status=label.status,
            attributes=_without_files(label.attributes) if files else label.attributes,
            score=label.score,
        )
        for labelset, label in labels.items()
    }


def _without_files(attributes: dict[str, Tree] | UnsetType) -> Object | UnsetType:
    if isinstance(attributes, UnsetType):
        return UNSET
    return {
        key: replace_uploads(
            item, lambda _, upload: {FILE: msgspec.to_builtins(upload)}, (key,)
        )
        for key, item in attributes.items()
    }
