"""Parts of what goes over the wire, made from resources and what was read before."""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import UNSET, Raw, UnsetType, structs

from dsac.core.marker import Marker, write
from dsac.core.operations import MetadataChange
from dsac.core.resources import Dataset, Sample
from dsac.core.values import Json, Tree


class NewSampleBody(msgspec.Struct, frozen=True, kw_only=True):
    """A sample of a bulk creation as it goes over the wire.

    What was encoded once is not encoded again when a call goes in halves, and can be
    held against the answer byte by byte.
    """

    name: str
    attributes: Raw | UnsetType = UNSET
    metadata: Raw | UnsetType = UNSET

    def fields(self) -> dict[str, Json]:
        """Give what is sent, by its names in the API."""
        found: dict[str, Json] = msgspec.json.decode(msgspec.json.encode(self))
        return found


class FullSampleBody(NewSampleBody, frozen=True, kw_only=True):
    """A sample of a bulk creation that has more than most."""

    priority: float | UnsetType = UNSET
    assigned_labeler: str | UnsetType | None = UNSET
    assigned_reviewer: str | UnsetType | None = UNSET
    readme: str | UnsetType = UNSET


def sample_body(sample: Sample, attributes: Raw, metadata: Raw) -> NewSampleBody:
    """Give a new sample as it goes over the wire, its parts encoded."""
    own = UNSET if sample.attributes is UNSET else attributes
    told = UNSET if metadata == _EMPTY else metadata
    more = (
        sample.priority,
        sample.assigned_labeler,
        sample.assigned_reviewer,
        sample.readme,
    )
    if more == _UNSAID:
        return NewSampleBody(name=sample.name, attributes=own, metadata=told)
    return FullSampleBody(
        name=sample.name,
        attributes=own,
        metadata=told,
        priority=sample.priority,
        assigned_labeler=sample.assigned_labeler,
        assigned_reviewer=sample.assigned_reviewer,
        readme=sample.readme,
    )


_EMPTY = Raw(b"{}")
_UNSAID = (UNSET, UNSET, UNSET, UNSET)


def raws(values: Sequence[Tree]) -> list[Raw]:
    """Encode each of some values, all of them in one go."""
    return msgspec.json.decode(msgspec.json.encode(values), type=list[Raw])


def dataset_body(dataset: Dataset) -> dict[str, Json]:
    """Give the fields of a dataset that are set, by their names in the API."""
    body: dict[str, Json] = dict(dataset.settings)
    if not isinstance(dataset.task_type, UnsetType):
        body["task_type"] = dataset.task_type
    if not isinstance(dataset.task_attributes, UnsetType):
        body["task_attributes"] = dataset.task_attributes
    return body


def dataset_marker(
    dataset: Dataset, project: str, *, kept: Marker | None = None
) -> str:
    """Write the marker of a dataset; what else its own marker says stays."""
    if kept is None or kept.dataset != dataset.name:
        kept = Marker(project=project, dataset=dataset.name)
    keep = dataset.prevent_destroy is True
    return write(structs.replace(kept, project=project, prevent_destroy=keep))


def sent_metadata(body: Mapping[str, Json]) -> dict[str, Json]:
    """Give the metadata that a body sends; none where it sends none."""
    found = body.get("metadata")
    return found if isinstance(found, dict) else {}


def merge(found: Mapping[str, Json] | None, change: MetadataChange) -> dict[str, Json]:
    """Lay a change over metadata that was read just now."""
    merged = {**(found or {}), **change.put}
    for key in change.drop:
        merged.pop(key, None)
    return merged


def text_of(description: str | UnsetType) -> str:
    """Give a description; empty where none is stated."""
    return "" if isinstance(description, UnsetType) else description


def stated(
    metadata: dict[str, Json] | UnsetType | None,
) -> dict[str, Json]:
    """Give the metadata of something new, in which a null is no key."""
    if not isinstance(metadata, dict):
        return {}
    if None not in metadata.values():
        return dict(metadata)
    return {key: value for key, value in metadata.items() if value is not None}
