"""Routes for releases: a dataset frozen into a JSON file, at once."""

from collections.abc import Iterator
from itertools import groupby
from sqlite3 import Row

import msgspec
from flask import Blueprint, Response

from dsac.emulator.access import Dataset, Right, dataset_for
from dsac.emulator.assets import asset_key, asset_url, insert_asset, keep
from dsac.emulator.body import Object, object_body
from dsac.emulator.context import done, reply, store
from dsac.emulator.datasets import DATASET, labelset_objects
from dsac.emulator.errors import exists, not_found
from dsac.emulator.identifiers import identifier
from dsac.emulator.store import moment
from dsac.emulator.validation import slug, text_or_empty

routes = Blueprint("releases", __name__)
RELEASES = f"{DATASET}/releases"
RELEASE = f"{RELEASES}/<release>"


@routes.get(RELEASES)
def list_releases(owner: str, name: str) -> Response:
    rows = store().rows(
        "SELECT releases.*, assets.owner, filename FROM releases "
        "JOIN assets ON assets.uuid = asset WHERE dataset = ? ORDER BY releases.rowid",
        dataset_for(owner, name).id,
    )
    return reply([_release_object(row) for row in rows])


def _release_object(row: Row) -> Object:
    return {
        "uuid": row["uuid"],
        "name": row["name"],
        "description": row["description"],
        "release_type": "JSON",
        "attributes": {"url": asset_url(row["owner"], row["asset"], row["filename"])},
        "status": "SUCCEEDED",
        "created_at": row["created_at"],
        "samples_count": row["samples"],
    }


def _release(dataset: Dataset, name: str) -> Row:
    row = store().row(
        "SELECT releases.*, assets.owner, filename FROM releases "
        "JOIN assets ON assets.uuid = asset WHERE dataset = ? AND name = ?",
        dataset.id,
        name,
    )
    if row is None:
        raise not_found()
    return row


@routes.post(RELEASES)
def add_release(owner: str, name: str) -> Response:
    """Freeze a dataset into a file, at once; the answer says PENDING all the same.

    So does the platform's, and who relies on another status would fail there.
    """
    dataset = dataset_for(owner, name, Right.MANAGE)
    body = object_body()
    wanted, now = slug(body), moment()
    description = text_or_empty(body, "description")
    head = {"name": wanted, "description": description, "created_at": now}
    asset = asset_key()
    with store().read():
        _require_new(dataset, wanted)
        row = store().row("SELECT samples FROM counts WHERE dataset = ?", dataset.id)
        samples = row["samples"] if row else 0
        etag = keep(asset, _frozen(dataset, head))
    with store().write() as database:
        _require_new(dataset, wanted)
        filename, kind = f"{wanted}.json", "application/json"
        insert_asset(asset, dataset.owner, filename=filename, kind=kind, etag=etag)
        database.execute(
            "INSERT INTO releases VALUES (?, ?, ?, ?, ?, ?, ?)",
            (identifier(), dataset.id, wanted, description, asset, samples, now),
        )
        found = _release(dataset, wanted)
    pending = {"status": "PENDING", "attributes": {}}
    return reply({**_release_object(found), **pending}, 201)


def _require_new(dataset: Dataset, name: str) -> None:
    query = "SELECT 1 FROM releases WHERE dataset = ? AND name = ?"
    if store().row(query, dataset.id, name):
        raise exists("A release of this name")


def _frozen(dataset: Dataset, head: Object) -> Iterator[bytes]:
    """Write a dataset as a release file does, sample by sample (fact sheet, 5)."""
    names = [item["name"] for item in labelset_objects(dataset.id)]
    yield _head(dataset, head)
    rows = (
        store()
        .connection()
        .execute(
            "SELECT samples.*, labelset, status, score, labels.attributes AS label "
            "FROM samples LEFT JOIN labels ON labels.sample = samples.id "
            "WHERE samples.dataset = ? ORDER BY samples.name, samples.id",
            (dataset.id,),
        )
    )
    comma = b""
    for _, some in groupby(rows, key=_id):
        yield comma + msgspec.json.encode(_frozen_sample(list(some), names))
        comma = b","
    yield b"]}}"


def _id(row: Row) -> int:
    found: int = row["id"]
    return found


def _head(dataset: Dataset, head: Object) -> bytes:
    """Give the file up to the bracket that opens its samples."""
    frozen = {
        "name": dataset.name,
        "owner": dataset.owner,
        "task_type": dataset.task_type,
        "task_attributes": dataset.fields["task_attributes"],
        "labelsets": [
            {"name": item["name"], "description": item["description"]}
            for item in labelset_objects(dataset.id)
        ],
        "samples": [],
    }
    return msgspec.json.encode({**head, "dataset": frozen}).removesuffix(b"]}}")


def _frozen_sample(rows: list[Row], labelsets: list[str]) -> Object:
    """Describe a sample with all its labels; null stands for none."""
    labels = {
        row["labelset"]: {
            "label_status": row["status"],
            "attributes": msgspec.Raw(row["label"]),
            "score": row["score"],
        }
        for row in rows
        if row["labelset"] is not None
    }
    return {
        "uuid": rows[0]["uuid"],
        "name": rows[0]["name"],
        "attributes": msgspec.Raw(rows[0]["attributes"]),
        "metadata": msgspec.Raw(rows[0]["metadata"]),
        "labels": {**dict.fromkeys(labelsets), **labels},
    }


@routes.get(RELEASE)
def get_release(owner: str, name: str, release: str) -> Response:
    return reply(_release_object(_release(dataset_for(owner, name), release)))


@routes.delete(RELEASE)
def delete_release(owner: str, name: str, release: str) -> Response:
    with store().write() as database:
        found = _release(dataset_for(owner, name, Right.MANAGE), release)
        database.execute("DELETE FROM releases WHERE uuid = ?", (found["uuid"],))
    return done()
