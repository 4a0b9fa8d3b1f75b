"""What is on the platform, address by address, without what no two runs share."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dsac.core.marker import KEY, label_key, read
from dsac.core.resources import GROUND_TRUTH, Address, Kind
from dsac.core.values import Tree, digest
from dsac.errors import NotFoundError
from dsac.remote.client import Client
from dsac.remote.transport import Transport

State = dict[str, Any]
"""What stands at each address."""

COUNTED = {
    "uuid",
    "created_at",
    "owner",
    "label_stats",
    "samples_count",
    "collaborators_count",
    "labelsets",
}
"""What a dataset says of what is in it, and what no two have in common."""

PEOPLE = ("bob", "eve")
"""Who may be a collaborator."""


def state(app: Any, datasets: Iterable[str], *, key: str = "local") -> State:
    """Read datasets as they are: contents in place of URLs, no uuids, no times.

    Two samples of one name, and a marker that speaks of other URLs than those that
    are there, show as what they are: something that no undisturbed run leaves.
    """
    found: State = {}
    with Transport("http://dsac.invalid", key=key) as transport:
        transport.mount_wsgi(app.wsgi_app)
        reading = _Reading(Client(transport), app.config["store"].folder)
        for dataset in datasets:
            for address, value in reading.dataset(dataset):
                key = str(address)
                assert key not in found, f"{key} is there twice"
                found[key] = value
    return found


class _Reading:
    def __init__(self, client: Client, folder: Path) -> None:
        self.client = client
        self.folder = folder

    def json(self, path: str, **params: str) -> Any:
        return self.client.transport.request("GET", path, params=params).json()

    def dataset(self, name: str) -> Iterator[tuple[Address, Any]]:
        """Yield all that is in a dataset; nothing where there is none."""
        try:
            row = self.json(f"/datasets/{name}/")
        except NotFoundError:
            return
        yield Address.of_dataset(name), _dataset(name, row)
        labelsets = self.json(f"/datasets/{name}/labelsets/")
        for item in labelsets:
            if item["name"] != GROUND_TRUTH:
                address = Address(Kind.LABELSET, name, "", item["name"])
                yield address, item["description"]
        yield from self._people(name)
        for item in self.json(f"/datasets/{name}/releases/"):
            frozen = json.loads(self._file(item["attributes"]["url"]).read_bytes())
            yield (
                Address(Kind.RELEASE, name, "", item["name"]),
                [item["description"], self._plain(frozen["dataset"]["samples"])],
            )
        sets = sorted({GROUND_TRUTH, *(item["name"] for item in labelsets)})
        yield from self._samples(name, sets)

    def _people(self, name: str) -> Iterator[tuple[Address, Any]]:
        for user in PEOPLE:
            try:
                found = self.client.get_collaborator(name, user)
            except NotFoundError:
                continue
            yield Address(Kind.COLLABORATOR, name, "", user), found.role

    def _samples(self, name: str, sets: list[str]) -> Iterator[tuple[Address, Any]]:
        for labelset in sets:
            for row in self._rows(name, labelset):
                label = row.pop("label")
                marker = row["metadata"].pop(KEY, None)
                if labelset == GROUND_TRUTH:
                    told = self._marker(marker, row["attributes"])
                    yield Address.of_sample(name, row["name"]), [self._plain(row), told]
                if label is not None:
                    # Written twice is as good as once.
                    label["updated_by"] = label["updated_by"] or label["created_by"]
                    address = Address.label(name, row["name"], labelset)
                    told = self._pair(marker, labelset, label["attributes"])
                    yield address, [self._plain(label), told]

    def _rows(self, name: str, labelset: str) -> Iterator[Any]:
        path, number = f"/datasets/{name}/samples/", 1
        asked = {"labelset": labelset, "include_full_label": "1", "per_page": "1000"}
        total = int(self.json(f"/datasets/{name}/")["samples_count"])
        while total > 0:
            rows = self.json(path, page=str(number), **asked)
            yield from rows
            total, number = total - len(rows), number + 1

    def _marker(self, text: str | None, attributes: Tree) -> Any:
        marker = read(text)
        if marker is None:
            return None
        pair = marker.sample
        fits = pair and pair.urls == _urls(attributes)
        content = pair and fits and pair.content
        return [marker.project, marker.dataset, content]

    def _pair(self, text: str | None, labelset: str, attributes: Tree) -> Any:
        marker = read(text)
        pair = marker.labels.get(label_key(labelset)) if marker else None
        return pair.content if pair and pair.urls == _urls(attributes) else None

    def _plain(self, value: Any) -> Any:
        """Put contents in place of URLs; leave out uuids, times, and the marker."""
        if isinstance(value, dict):
            return {
                key: self._content(item) if key == "url" else self._plain(item)
                for key, item in sorted(value.items())
                if not (key.endswith(("uuid", "_at")) or key in {KEY, "signed_url"})
            }
        if isinstance(value, list):
            return [self._plain(item) for item in value]
        return value

    def _content(self, url: str) -> str:
        if "dsac.invalid" not in url and "127.0.0.1" not in url:
            return url
        return hashlib.sha256(self._file(url).read_bytes()).hexdigest()

    def _file(self, url: str) -> Path:
        key = urlsplit(url).path.rpartition("/")[2].partition(".")[0]
        (file,) = (self.folder / "assets" / key[:2]).glob(f"{key}.*")
        return file


def _dataset(name: str, row: Any) -> Any:
    marker = read(row["metadata"].pop(KEY, None))
    told = marker and [marker.project, marker.dataset == name, marker.prevent_destroy]
    kept = {key: value for key, value in row.items() if key not in COUNTED}
    return [kept, told]


def _urls(attributes: Tree) -> str:
    """Digest the URLs of attributes that are those of files, in their order."""
    found = list(_places(attributes))
    return digest(found, length=8)


def _places(value: Tree) -> Iterator[Tree]:
    if isinstance(value, dict):
        for key in sorted(value):
            item = value[key]
            if key == "url" and isinstance(item, str):
                yield item
            else:
                yield from _places(item)
    elif isinstance(value, list):
        for item in value:
            yield from _places(item)
