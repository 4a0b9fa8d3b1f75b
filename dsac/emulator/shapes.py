"""The JSON of samples and labels; what is stored as JSON is passed on as it stands."""

from collections.abc import Mapping
from sqlite3 import Row
from typing import Any, Protocol

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from dsac.emulator.body import Object


class Label(Struct):
    """A label whole."""

    sample_uuid: str
    label_type: str
    label_status: str
    labelset: str
    attributes: Raw
    score: float | None
    rating: float | None
    created_at: str
    created_by: str
    updated_at: str
    updated_by: str | None
    reviewed_at: str | None
    reviewed_by: str | None


class LabelSummary(Struct):
    """A label in a listing that was not asked for the whole of it."""

    label_status: str
    score: float | None
    updated_at: str
    created_by: str
    reviewed_by: str | None


class Sample(Struct):
    """A sample; `label` only where a label set was named."""

    uuid: str
    name: str
    attributes: Raw
    metadata: Raw
    priority: float
    assigned_labeler: str | None
    assigned_reviewer: str | None
    readme: str
    created_at: str
    created_by: str
    label: Label | LabelSummary | UnsetType | None = UNSET
    dataset_full_name: str | UnsetType = UNSET
    issues: list[Object] | UnsetType = UNSET


def json_text(value: object) -> str:
    """Encode JSON for a column."""
    return msgspec.json.encode(value).decode()


class Columns(Protocol):
    """A row of the database, or what will be one."""

    # Columns are text, numbers or null, each in its own place.
    def __getitem__(self, column: str, /) -> Any: ...  # noqa: ANN401 - see above


def sample_shape(
    row: Columns,
    *,
    label: Label | LabelSummary | UnsetType | None = UNSET,
    dataset_full_name: str | UnsetType = UNSET,
) -> Sample:
    """Make a sample of its row."""
    return Sample(
        uuid=row["uuid"],
        name=row["name"],
        attributes=Raw(row["attributes"]),
        metadata=Raw(row["metadata"]),
        priority=row["priority"],
        assigned_labeler=row["assigned_labeler"],
        assigned_reviewer=row["assigned_reviewer"],
        readme=row["readme"],
        created_at=row["created_at"],
        created_by=row["created_by"],
        label=label,
        dataset_full_name=dataset_full_name,
    )


def label_shape(row: Row, *, sample_uuid: str, task_type: str) -> Label:
    """Make a label of its row."""
    return Label(
        sample_uuid=sample_uuid,
        label_type=task_type,
        label_status=row["status"],
        labelset=row["labelset"],
        attributes=Raw(row["attributes"]),
        score=row["score"],
        rating=row["rating"],
        created_at=row["created_at"],
        created_by=row["created_by"],
        updated_at=row["updated_at"],
        updated_by=row["updated_by"],
        reviewed_at=row["reviewed_at"],
        reviewed_by=row["reviewed_by"],
    )


def label_summary(row: Row) -> LabelSummary:
    """Make the summary of a label of its row."""
    return LabelSummary(
        label_status=row["status"],
        score=row["score"],
        updated_at=row["updated_at"],
        created_by=row["created_by"],
        reviewed_by=row["reviewed_by"],
    )


def with_signed_urls(attributes: str, *, ours: str) -> Raw:
    """Put a `signed_url` beside each `url` that begins as the URLs of our assets do."""
    return Raw(msgspec.json.encode(_signed(msgspec.json.decode(attributes), ours)))


def _signed(value: object, ours: str) -> object:
    if isinstance(value, Mapping):
        result = {key: _signed(item, ours) for key, item in value.items()}
        url = value.get("url")
        if isinstance(url, str) and url.startswith(ours):
            result["signed_url"] = f"{url}?X-Amz-Signature=local"
        return result
    if isinstance(value, list):
        return [_signed(item, ours) for item in value]
    return value
