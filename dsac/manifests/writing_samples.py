"""Samples of the platform as rows of a manifest, in the shortest form that is whole."""

from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

from msgspec import UNSET, UnsetType

from dsac.core.resources import (
    PRELABELED,
    Label,
    RemoteLabel,
    RemoteSample,
    attributes_of,
)
from dsac.core.values import Json, Path, Tree
from dsac.manifests.categories import Categories
from dsac.manifests.dataset import NAME
from dsac.manifests.files import URL
from dsac.manifests.samples import PLAIN
from dsac.manifests.schema_rows import Status

STATUSES = frozenset(get_args(Status))

Where = tuple[str, str]
"""A sample's name and a label set, which is empty for the sample itself."""

Files = Mapping[Where, Mapping[Path, str]]
"""Local files in place of URLs: whose they are, where in its attributes, the path."""

FIRST = ("id", "name", "category", "category_id", "track_id", "type")
"""Keys that stand before the others, which are sorted."""

DEFAULTS: Mapping[str, Json] = {"priority": 0, "readme": ""}
"""What a new sample has; it need not be written."""

Row = dict[str, Json]


class RowWriter:
    """Writes rows of one dataset; knows its categories by id."""

    def __init__(self, task_attributes: Mapping[str, Tree], files: Files) -> None:
        stated = bool(task_attributes)
        items = task_attributes.get("categories")
        self._categories = Categories(items, stated=stated)
        self._names = {key: name for name, key in self._categories.by_name.items()}
        self._files = files

    def row(self, found: RemoteSample) -> Row:
        """Write a sample with its labels; what has its default is left out."""
        sample = found.sample
        row: Row = {"name": sample.name, **self._content(sample.name, found)}
        if sample.metadata:
            row["metadata"] = ordered(sample.metadata)
        for field in PLAIN:
            value = getattr(sample, field)
            if (
                value is not UNSET
                and value is not None
                and value != DEFAULTS.get(field)
            ):
                row[field] = value
        labels: Row = {
            labelset: self._label(sample.name, labelset, there.label)
            for labelset, there in sorted(found.labels.items())
            if isinstance(there, RemoteLabel)
            and there.label.status in STATUSES
            and NAME.fullmatch(labelset)
        }
        if labels:
            row["labels"] = labels
        return row

    def _content(self, name: str, found: RemoteSample) -> Row:
        attributes = attributes_of(found.sample)
        if must_be_verbatim(attributes):
            return {"verbatim": ordered(attributes)}
        placed = self._placed((name, ""), attributes)
        image = placed.get("image")
        if len(placed) == 1 and isinstance(image, dict) and list(image) == ["url"]:
            return {"image": image["url"]}
        return {"attributes": ordered(placed)}

    def _label(self, name: str, labelset: str, label: Label) -> Row:
        entry: Row = {}
        if label.status != PRELABELED:
            entry["status"] = label.status
        if not isinstance(label.score, UnsetType) and label.score is not None:
            entry["score"] = label.score
        attributes = attributes_of(label)
        if must_be_verbatim(attributes, self._categories):
            return {**entry, "verbatim": ordered(attributes)}
        placed = self._placed((name, labelset), attributes)
        rows = placed.get("annotations")
        if isinstance(rows, list):
            placed["annotations"] = [self._named(row) for row in rows]
        return {**entry, **(_short(placed) or {"attributes": ordered(placed)})}

    def _placed(self, where: Where, attributes: Mapping[str, Tree]) -> Row:
        """Put local files where their URLs stand."""
        return _with_files(dict(attributes), self._files.get(where, {}))

    def _named(self, row: Tree) -> Tree:
        """Call a category by its name, where that means this one and no other."""
        key = row.get("category_id") if isinstance(row, dict) else None
        if not isinstance(row, dict) or not isinstance(key, int):
            return row
        if key not in self._names:
            return row
        rest = {name: item for name, item in row.items() if name != "category_id"}
        return {"category": self._names[key], **rest}


def _short(attributes: Row) -> Row | None:
    """Give a label as bitmap and annotations; None where that is not all there is."""
    rows, bitmap = attributes.get("annotations"), attributes.get("segmentation_bitmap")
    known = attributes.keys() <= {"annotations", "segmentation_bitmap"}
    if not (known and isinstance(rows, list) and _have_ids(rows)):
        return None
    short = {"annotations": ordered(rows)}
    if "segmentation_bitmap" not in attributes:
        return short
    if not isinstance(bitmap, dict) or list(bitmap) != ["url"]:
        return None
    return {"bitmap": bitmap["url"], **short}


def _have_ids(rows: Sequence[Tree]) -> bool:
    """Tell whether each annotation has a whole number of its own as its id."""
    ids = [row.get("id") for row in rows if isinstance(row, dict)]
    whole = {key for key in ids if type(key) is int}
    return len(whole) == len(rows)


def must_be_verbatim(
    attributes: Mapping[str, Tree], categories: Categories | None = None
) -> bool:
    """Tell whether a manifest would read something else into attributes.

    That is so for a `url` that is no URL, and, in labels, for annotations that have a
    `category`, or no category that the dataset has.

    Args:
        attributes: Those of a sample, or of a label.
        categories: Those that the manifest states; None for a sample.
    """
    if categories is None:
        return not _are_urls(dict(attributes))
    rows = attributes.get("annotations")
    return not all(_are_urls(item) for item in attributes.values()) or any(
        not _has_category(row, categories)
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict)
    )


def _are_urls(value: Tree) -> bool:
    if isinstance(value, dict):
        return all(
            isinstance(item, str) and URL.match(item) is not None
            if key == "url"
            else _are_urls(item)
            for key, item in value.items()
        )
    return not isinstance(value, list) or all(map(_are_urls, value))


def _has_category(row: Mapping[str, Tree], categories: Categories) -> bool:
    key = row.get("category_id")
    known = not categories.stated or key in categories.ids
    return type(key) is int and known and "category" not in row


def url_places(
    value: Tree, path: Path = (), parent: str = ""
) -> Iterator[tuple[Path, str, str]]:
    """Yield place, URL and the key above it for each file that attributes name."""
    if isinstance(value, dict):
        for key, item in sorted(value.items()):
            if key == "url" and isinstance(item, str):
                yield (*path, key), item, parent
            else:
                yield from url_places(item, (*path, key), key)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from url_places(item, (*path, number), parent)


def _with_files(value: Row, files: Mapping[Path, str]) -> Row:
    if not files:
        return value

    def placed(item: Tree, path: Path) -> Tree:
        if path in files:
            return files[path]
        if isinstance(item, dict):
            return {key: placed(inner, (*path, key)) for key, inner in item.items()}
        if isinstance(item, list):
            return [placed(inner, (*path, at)) for at, inner in enumerate(item)]
        return item

    return {key: placed(item, (key,)) for key, item in value.items()}


def ordered(value: Tree) -> Tree:
    """Give a value with its keys in the order in which people look for them."""
    if isinstance(value, dict):
        first = [key for key in FIRST if key in value]
        rest = sorted(value.keys() - set(first))
        return {key: ordered(value[key]) for key in (*first, *rest)}
    return [ordered(item) for item in value] if isinstance(value, list) else value
