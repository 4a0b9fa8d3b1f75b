"""Routes for label sets, releases, and what is only ever empty here."""

import uuid

import msgspec
from flask import Blueprint, Response, request

from dsac.emulator.assets import asset_url, store_file
from dsac.emulator.context import (
    Object,
    Right,
    dataset_for,
    done,
    object_body,
    reply,
    store,
)
from dsac.emulator.datasets import DATASET, labelset_objects
from dsac.emulator.errors import exists, invalid, not_found
from dsac.emulator.store import moment
from dsac.emulator.validation import slug, text

routes = Blueprint("parts", __name__)
LABELSET = f"{DATASET}/labelsets/<labelset>"
RELEASE = f"{DATASET}/releases/<release>"


@routes.get(f"{DATASET}/labelsets")
def list_labelsets(owner: str, name: str) -> Response:
    return reply(labelset_objects(dataset_for(owner, name)["id"]))


@routes.post(f"{DATASET}/labelsets")
def add_labelset(owner: str, name: str) -> Response:
    dataset = dataset_for(owner, name, Right.MANAGE)
    body = object_body()
    wanted = slug(body)
    with store().write() as database:
        cursor = database.execute(
            "INSERT INTO labelsets VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (dataset["id"], wanted, text(body, "description", ""), moment()),
        )
        if not cursor.rowcount:
            raise exists("A labelset of this name")
    return reply(_labelset(dataset, wanted), 201)


def _labelset(dataset: Object, name: str) -> Object:
    for found in labelset_objects(dataset["id"]):
        if found["name"] == name:
            return found
    raise not_found()


@routes.get(LABELSET)
def get_labelset(owner: str, name: str, labelset: str) -> Response:
    return reply(_labelset(dataset_for(owner, name), labelset))


@routes.delete(LABELSET)
def delete_labelset(owner: str, name: str, labelset: str) -> Response:
    dataset = dataset_for(owner, name, Right.MANAGE)
    _labelset(dataset, labelset)
    if labelset == "ground-truth":
        raise invalid("detail", "The ground truth can't be deleted.")
    with store().write() as database:
        database.execute(
            "DELETE FROM labels WHERE labelset = ? "
            "AND sample IN (SELECT id FROM samples WHERE dataset = ?)",
            (labelset, dataset["id"]),
        )
        database.execute(
            "DELETE FROM labelsets WHERE dataset = ? AND name = ?",
            (dataset["id"], labelset),
        )
    return done()


@routes.get(f"{DATASET}/releases")
def list_releases(owner: str, name: str) -> Response:
    dataset = dataset_for(owner, name)
    rows = store().rows(
        "SELECT * FROM releases WHERE dataset = ? ORDER BY created_at, name",
        dataset["id"],
    )
    return reply([_release_object(dict(row)) for row in rows])


def _release_object(row: Object) -> Object:
    return {
        "uuid": row["uuid"],
        "name": row["name"],
        "description": row["description"],
        "release_type": "JSON",
        "attributes": {"url": row["asset"]},
        "status": "SUCCEEDED",
        "created_at": row["created_at"],
        "samples_count": row["samples"],
    }


@routes.post(f"{DATASET}/releases")
def add_release(owner: str, name: str) -> Response:
    """Freeze a dataset into a file, at once."""
    dataset = dataset_for(owner, name, Right.MANAGE)
    body = object_body()
    wanted, description = slug(body), text(body, "description", "")
    key, now = str(uuid.uuid4()), moment()
    frozen = _frozen(dataset)
    content = {
        "name": wanted,
        "description": description,
        "created_at": now,
        "dataset": frozen,
    }
    data = msgspec.json.encode(content)
    file = store_file(owner, f"{wanted}.json", data, content_type="application/json")
    with store().write() as database:
        cursor = database.execute(
            "INSERT INTO releases VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (
                key,
                dataset["id"],
                wanted,
                description,
                asset_url(request.host_url, owner, file, "json"),
                len(frozen["samples"]),
                now,
            ),
        )
        if not cursor.rowcount:
            raise exists("A release of this name")
    return reply(_release_object(_release(dataset, wanted)), 201)


def _frozen(dataset: Object) -> Object:
    """Describe a dataset as a release file does (fact sheet, section 5)."""
    labelsets = labelset_objects(dataset["id"])
    names = [item["name"] for item in labelsets]
    labels: dict[int, Object] = {}
    for row in store().rows(
        "SELECT labels.* FROM labels JOIN samples ON samples.id = sample "
        "WHERE dataset = ?",
        dataset["id"],
    ):
        labels.setdefault(row["sample"], {})[row["labelset"]] = {
            "label_status": row["status"],
            "attributes": msgspec.Raw(row["attributes"].encode()),
            "score": row["score"],
        }
    rows = store().rows(
        "SELECT * FROM samples WHERE dataset = ? ORDER BY name", dataset["id"]
    )
    return {
        "name": dataset["name"],
        "owner": dataset["owner"],
        "task_type": dataset["values"]["task_type"],
        "task_attributes": dataset["values"]["task_attributes"],
        "labelsets": [
            {"name": item["name"], "description": item["description"]}
            for item in labelsets
        ],
        "samples": [
            {
                "uuid": row["uuid"],
                "name": row["name"],
                "attributes": msgspec.Raw(row["attributes"].encode()),
                "metadata": msgspec.Raw(row["metadata"].encode()),
                "labels": {**dict.fromkeys(names), **labels.get(row["id"], {})},
            }
            for row in rows
        ],
    }


def _release(dataset: Object, name: str) -> Object:
    row = store().row(
        "SELECT * FROM releases WHERE dataset = ? AND name = ?", dataset["id"], name
    )
    if row is None:
        raise not_found()
    return dict(row)


@routes.get(RELEASE)
def get_release(owner: str, name: str, release: str) -> Response:
    return reply(_release_object(_release(dataset_for(owner, name), release)))


@routes.delete(RELEASE)
def delete_release(owner: str, name: str, release: str) -> Response:
    found = _release(dataset_for(owner, name, Right.MANAGE), release)
    with store().write() as database:
        database.execute("DELETE FROM releases WHERE uuid = ?", (found["uuid"],))
    return done()


@routes.get(f"{DATASET}/issues")
@routes.get(f"{DATASET}/workunits")
def list_nothing(owner: str, name: str) -> Response:
    """List what only people on the platform's own pages make."""
    dataset_for(owner, name)
    return reply([])
