"""Routes for labels: read, create or replace, change, delete."""

import msgspec
from flask import Blueprint, Response

from dsac.emulator.context import (
    Object,
    Right,
    done,
    object_body,
    reply,
    sample_for,
    store,
    user,
)
from dsac.emulator.errors import ApiError, not_found
from dsac.emulator.store import moment
from dsac.emulator.validation import STATUSES, number, objects, one_of

routes = Blueprint("labels", __name__)
LABEL = "/labels/<key>/<labelset>"
REVIEWED = frozenset({"REVIEWED", "REJECTED"})
COLUMNS = ("status", "attributes", "score", "rating")


def label_object(row: Object, task_type: str) -> Object:
    """Describe a label whole."""
    return {
        "sample_uuid": row["uuid"],
        "label_type": task_type,
        "label_status": row["status"],
        "labelset": row["labelset"],
        "attributes": msgspec.Raw(row["attributes"].encode()),
        "score": row["score"],
        "rating": row["rating"],
        "created_at": row["created_at"],
        "created_by": row["created_by"],
        "updated_at": row["updated_at"],
        "updated_by": row["updated_by"],
        "reviewed_at": row["reviewed_at"],
        "reviewed_by": row["reviewed_by"],
    }


def summary_object(row: Object, _: str) -> Object:
    """Describe a label as listings do that were not asked for the whole of it."""
    return {
        "label_status": row["status"],
        "score": row["score"],
        "updated_at": row["updated_at"],
        "created_by": row["created_by"],
        "reviewed_by": row["reviewed_by"],
    }


def _find(sample: Object, labelset: str) -> Object | None:
    row = store().row(
        "SELECT labels.*, ? AS uuid FROM labels WHERE sample = ? AND labelset = ?",
        sample["uuid"],
        sample["id"],
        labelset,
    )
    return dict(row) if row else None


def _require_labelset(dataset: Object, labelset: str) -> None:
    row = store().row(
        "SELECT 1 FROM labelsets WHERE dataset = ? AND name = ?",
        dataset["id"],
        labelset,
    )
    if row is None:
        raise not_found()


@routes.get(LABEL)
def get_label(key: str, labelset: str) -> Response:
    sample, dataset = sample_for(key)
    row = _find(sample, labelset)
    if row is None:
        raise not_found()
    return reply(label_object(row, dataset["values"]["task_type"]))


@routes.put(LABEL)
def put_label(key: str, labelset: str) -> Response:
    """Create a label, or replace the one that is there but for its creation."""
    sample, dataset = sample_for(key, Right.LABEL)
    _require_labelset(dataset, labelset)
    body = object_body()
    body.setdefault("label_status", "PRELABELED")
    values: Object = {
        "status": one_of(body, "label_status", STATUSES),
        "attributes": msgspec.json.encode(objects(body, "attributes")).decode(),
        "score": number(body, "score"),
        "rating": number(body, "rating"),
    }
    return _save(sample, dataset, labelset, values)


@routes.patch(LABEL)
def update_label(key: str, labelset: str) -> Response:
    """Change the fields that are sent, and no other."""
    sample, dataset = sample_for(key, Right.LABEL)
    row = _find(sample, labelset)
    if row is None:
        raise not_found()
    body = object_body()
    values: Object = {column: row[column] for column in COLUMNS}
    if "label_status" in body:
        values["status"] = one_of(body, "label_status", STATUSES)
    if "attributes" in body:
        values["attributes"] = msgspec.json.encode(objects(body, "attributes")).decode()
    for field in body.keys() & {"score", "rating"}:
        values[field] = number(body, field)
    return _save(sample, dataset, labelset, values)


def _save(sample: Object, dataset: Object, labelset: str, values: Object) -> Response:
    now, who = moment(), user()
    reviewed = values["status"] in REVIEWED
    before = _find(sample, labelset)
    review = (now, who) if reviewed else (None, None)
    if before and reviewed and before["reviewed_by"]:
        review = (before["reviewed_at"], before["reviewed_by"])
    with store().write() as database:
        database.execute(
            "INSERT INTO labels (sample, labelset, status, attributes, score, rating, "
            "created_at, created_by, updated_at, reviewed_at, reviewed_by) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET status = excluded.status, "
            "attributes = excluded.attributes, score = excluded.score, "
            "rating = excluded.rating, updated_at = excluded.updated_at, "
            "updated_by = excluded.created_by, reviewed_at = excluded.reviewed_at, "
            "reviewed_by = excluded.reviewed_by",
            (
                sample["id"],
                labelset,
                *(values[column] for column in COLUMNS),
                now,
                who,
                now,
                *review,
            ),
        )
    row = _find(sample, labelset)
    if row is None:
        raise ApiError(404, {"detail": "Not found."})
    status = 200 if before else 201
    return reply(label_object(row, dataset["values"]["task_type"]), status)


@routes.delete(LABEL)
def delete_label(key: str, labelset: str) -> Response:
    sample, _ = sample_for(key, Right.LABEL)
    if _find(sample, labelset) is None:
        raise not_found()
    with store().write() as database:
        database.execute(
            "DELETE FROM labels WHERE sample = ? AND labelset = ?",
            (sample["id"], labelset),
        )
    return done()
