"""Builds resources from the platform's answers: the one place of normalisation.

Nulls are dropped, whole floats become integers, signatures leave URLs, the marker
leaves the metadata.
"""

from collections.abc import Mapping

import msgspec
from msgspec import UNSET

from dsac.core.marker import KEY, read
from dsac.core.resources import (
    Dataset,
    Label,
    RemoteLabel,
    RemoteSample,
    Sample,
    Unknown,
)
from dsac.core.values import Json, Tree, normal, without_nulls
from dsac.remote import wire

SETTINGS = (
    "description",
    "category",
    "public",
    "readme",
    "archived",
    "labeling_inactivity_timeout_seconds",
    "enable_skip_labeling",
    "enable_skip_reviewing",
    "enable_ratings",
    "enable_interpolation",
    "enable_same_dimensions_track_constraint",
    "enable_save_button",
    "enable_label_status_verified",
    "enable_3d_region_of_interest",
    "enable_3d_cuboid_rotation",
    "enable_confirm_on_submit",
    "use_timestamps_for_interpolation",
    "enable_object_linking",
    "enable_object_link_category_restrictions",
    "enable_extrapolation",
    "region_of_interest",
)
"""The plain fields of a dataset, by their names in the API (fact sheet, section 5)."""


def dataset_resource(name: str, found: wire.Dataset) -> Dataset:
    """Build the resource from what the API answered."""
    marker = read(found.metadata.get(KEY))
    values = {field: getattr(found, field, None) for field in SETTINGS}
    return Dataset(
        name=name,
        task_type=found.task_type,
        task_attributes=_object(found.task_attributes),
        settings={key: normal(item) for key, item in values.items() if _told(item)},
        metadata=metadata(found.metadata),
        prevent_destroy=UNSET if marker is None else marker.prevent_destroy,
    )


def _told(value: object) -> bool:
    return value is not None and value is not UNSET


def metadata(found: Mapping[str, Json] | None) -> dict[str, Json]:
    """Give metadata without the marker and without nulls, in normal form."""
    kept = _object(without_nulls(found or {}))
    kept.pop(KEY, None)
    return kept


def _object(value: Mapping[str, Tree] | None) -> dict[str, Tree]:
    found = normal(dict(value or {}))
    return found if isinstance(found, dict) else {}


_ATTRIBUTES = msgspec.json.Decoder(wire.Object | None)


def remote_sample(
    row: wire.SampleRow,
    labels: dict[str, RemoteLabel | Unknown | None],
) -> RemoteSample:
    """Build a row of a listing, with the labels that were read, by label set.

    Who made the sample, and when, is kept if it was asked for.
    """
    authored = row if isinstance(row, wire.AuthoredRow) else None
    marker = read((row.metadata or {}).get(KEY))
    return RemoteSample(
        uuid=row.uuid,
        sample=sample_resource(row),
        marker=marker,
        labels=labels,
        created_by=authored.created_by if authored else None,
        created_at=authored.created_at if authored else None,
    )


def sample_resource(row: wire.Sample | wire.SampleRow) -> Sample:
    """Build the resource from what the API answered."""
    return Sample(
        name=row.name,
        attributes=_object(row.attributes),
        metadata=metadata(row.metadata),
        priority=_number(row.priority or 0),
        assigned_labeler=row.assigned_labeler,
        assigned_reviewer=row.assigned_reviewer,
        readme=row.readme or "",
    )


def _number(value: float) -> float:
    found = normal(value)
    return found if isinstance(found, int | float) else value


def label_of_row(
    found: wire.LabelRow | Unknown | None,
) -> RemoteLabel | Unknown | None:
    """Build a label of a listing, whose attributes are bytes still.

    One whose attributes are no object is none that dsac knows: it is unknown.
    """
    if found is None or isinstance(found, Unknown):
        return found
    try:
        attributes = _ATTRIBUTES.decode(found.attributes)
    except msgspec.ValidationError:
        return Unknown()
    return label(found, attributes)


def label(
    found: wire.Label | wire.LabelRow, attributes: wire.Object | None
) -> RemoteLabel:
    """Build a label; of one that was only summarised nobody knows who made it."""
    return RemoteLabel(
        label=Label(
            status=found.label_status,
            attributes=_object(attributes),
            score=None if found.score is None else _number(found.score),
        ),
        created_by=found.created_by,
        updated_by=found.updated_by,
        reviewed_by=found.reviewed_by,
        rating=found.rating,
        updated_at=found.updated_at,
    )
