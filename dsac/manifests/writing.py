"""A dataset of the platform as a manifest: from it, the next plan has nothing to do."""

from collections.abc import Mapping
from typing import get_args

import msgspec
from msgspec import UnsetType

from dsac.core.resources import GROUND_TRUTH, Labelset, Release, RemoteDataset
from dsac.core.values import Json, Tree, same
from dsac.errors import PlanError
from dsac.manifests.dataset import NAME
from dsac.manifests.samples import is_name
from dsac.manifests.schema import DatasetCategory, Role, TaskType
from dsac.manifests.unsaid import notes_on
from dsac.manifests.writing_samples import Files, Row, RowWriter, ordered
from dsac.manifests.yaml_writer import write_yaml

HEADER = """\
# Imported: a plan finds nothing to do here. Change it as you like.
# A manifest can't say who wrote or reviewed labels, when, and how they were rated;
# issues and work units; and collaborators, of whom the API has no list.
"""

FORMAT = "0.1"
"""The version of task attributes that a list of categories stands for."""

DEFAULTS: Mapping[str, Json] = {
    "description": "",
    "category": "other",
    "public": False,
    "readme": "",
    "archived": False,
    "labeling_inactivity_timeout_seconds": 300,
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
"""What a new dataset has (fact sheet, section 5); it need not be written."""

TOP = ("description", "category")
"""Settings that a manifest states as keys of their own."""

TIMEOUT = "labeling_inactivity_timeout_seconds"
"""The one field that may be null though its default is not."""

FEW = 20
"""Up to so many samples stand in the manifest, if they are short; more in an index."""

SHORT = 32 * 1024
"""So many bytes of samples are short."""

DEEP = 60
"""What is nested so deeply goes to an index: YAML is read down to a hundred levels."""

CATEGORY_KEYS = frozenset({"id", "name", "color"})
BYTE = 255
COLOR = (3, 4)


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A manifest as text, its index (empty where it has none), and what they lack."""

    manifest: str
    index: str = ""
    notes: tuple[str, ...] = ()


def write_manifest(remote: RemoteDataset, *, index: str, files: Files) -> Written:
    """Write the manifest of a dataset as it is.

    Every label set is declared as the annotators': whatever somebody changes in it
    later is kept, and nothing is ever deleted from it because a manifest lacks it.

    Args:
        remote: All of it: samples, the labels of all label sets, releases.
        index: The name of the file beside the manifest for a long list of samples.
        files: Local files in place of URLs.

    Raises:
        PlanError: a sample can't be named in a manifest.
    """
    dataset = remote.dataset
    task_attributes = dataset.task_attributes
    stated = {} if isinstance(task_attributes, UnsetType) else task_attributes
    _check_names(remote)
    writer = RowWriter(stated, files)
    rows = [writer.row(remote.samples[name]) for name in sorted(remote.samples)]
    lines = [msgspec.json.encode(row).decode() for row in rows]
    inline = len(rows) <= FEW and sum(map(len, lines)) <= SHORT
    inline = inline and all(_depth(row) < DEEP for row in rows)
    document: Row = {
        "dataset": dataset.name,
        **_settings(remote),
        **_categories(stated),
        **_own(remote),
        "samples": [*rows] if inline else [{"index": index}],
    }
    return Written(
        manifest=HEADER + write_yaml(document),
        index="" if inline else "".join(f"{line}\n" for line in lines),
        notes=tuple(notes_on(remote)),
    )


def _check_names(remote: RemoteDataset) -> None:
    odd = sorted(name for name in remote.samples if not is_name(name))
    if odd:
        raise PlanError(
            f"{remote.dataset.name} has a sample named {odd[0]!r}, which no manifest "
            "can name",
            hint="rename it on the platform",
        )


def _settings(remote: RemoteDataset) -> Row:
    dataset = remote.dataset
    there = {TIMEOUT: None, **dataset.settings}
    stated: Row = {
        key: ordered(item)
        for key, item in sorted(there.items())
        if not same(item, DEFAULTS.get(key))
    }
    if stated.get("category") not in {None, *get_args(DatasetCategory)}:
        del stated["category"]
    top: Row = {}
    top.update((key, stated.pop(key)) for key in TOP if key in stated)
    if dataset.task_type in get_args(TaskType):
        top["task_type"] = str(dataset.task_type)
    return {**top, **({"settings": stated} if stated else {})}


def _categories(task_attributes: Mapping[str, Tree]) -> Row:
    """Give categories as a list, or task attributes in full where that says more."""
    if not task_attributes:
        return {}
    items = task_attributes.get("categories")
    plain = task_attributes.keys() == {"format_version", "categories"}
    if plain and task_attributes["format_version"] == FORMAT and _are_plain(items):
        return {"categories": ordered(items)}
    return {"task_attributes": ordered(dict(task_attributes))}


def _are_plain(items: Tree) -> bool:
    """Tell whether a list of categories is one that the short form takes as it is."""
    if not isinstance(items, list) or not items:
        return False
    rows = [item for item in items if isinstance(item, dict) and _is_plain(item)]
    ids = {row["id"] for row in rows}
    names = {row["name"] for row in rows}
    return len(ids) == len(names) == len(items)


def _is_plain(item: Mapping[str, Tree]) -> bool:
    color = item.get("color", [0, 0, 0])
    return (
        type(item.get("id")) is int
        and isinstance(item.get("name"), str)
        and isinstance(color, list)
        and len(color) in COLOR
        and all(type(part) is int and 0 <= part <= BYTE for part in color)
        and not any(_has_null(value) for value in item.values())
    )


def _has_null(value: Tree) -> bool:
    if isinstance(value, dict):
        return any(map(_has_null, value.values()))
    if isinstance(value, list):
        return any(map(_has_null, value))
    return value is None


def _own(remote: RemoteDataset) -> Row:
    """Give what belongs to a dataset as a whole beside its settings."""
    result: Row = {}
    if remote.dataset.metadata:
        result["metadata"] = ordered(remote.dataset.metadata)
    labelsets: Row = {
        item.name: {"owner": "annotators", **_described(item)}
        for item in sorted(remote.labelsets, key=lambda item: item.name)
        if item.name != GROUND_TRUTH and NAME.fullmatch(item.name)
    }
    people: Row = {
        item.user: item.role
        for item in sorted(remote.collaborators, key=lambda item: item.user)
        if item.role in get_args(Role)
    }
    releases: list[Json] = [
        {"name": item.name, **_described(item)}
        for item in sorted(remote.releases, key=lambda item: item.name)
        if NAME.fullmatch(item.name)
    ]
    protected = remote.dataset.prevent_destroy
    stated: Row = {
        "labelsets": labelsets,
        "collaborators": people,
        "releases": releases,
        "lifecycle": {} if protected is not False else {"prevent_destroy": False},
    }
    result.update((key, item) for key, item in stated.items() if item)
    return result


def _described(item: Labelset | Release) -> Row:
    text = "" if isinstance(item.description, UnsetType) else item.description
    return {"description": text} if text else {}


def _depth(value: Tree) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0
