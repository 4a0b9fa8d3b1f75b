"""Parts of what goes over the wire, made from resources and what was read before."""

from collections.abc import Mapping

from msgspec import UnsetType, structs

from dsac.core.marker import Marker, write
from dsac.core.operations import MetadataChange
from dsac.core.resources import Dataset
from dsac.core.values import Json


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
    stated = metadata if isinstance(metadata, dict) else {}
    return {key: value for key, value in stated.items() if value is not None}
