"""Routes for labels: read, create or replace, change, delete."""

from sqlite3 import Row

from flask import Blueprint, Response

from dsac.emulator.access import Dataset, Right, sample_for
from dsac.emulator.attributes import require_label
from dsac.emulator.body import Object, object_body
from dsac.emulator.choices import REVIEW_STATUSES, STATUSES
from dsac.emulator.context import done, reply, store, user
from dsac.emulator.errors import not_found
from dsac.emulator.shapes import json_text, label_shape
from dsac.emulator.store import moment
from dsac.emulator.validation import json_object, number, one_of
from dsac.emulator.workunits import record_workunit

routes = Blueprint("labels", __name__)
LABEL = "/labels/<key>/<labelset>"


def _find(sample: Row, labelset: str) -> Row:
    row = store().row(
        "SELECT * FROM labels WHERE sample = ? AND labelset = ?", sample["id"], labelset
    )
    if row is None:
        raise not_found()
    return row


def _answer(
    sample: Row, dataset: Dataset, labelset: str, *, status: int = 200
) -> Response:
    row = _find(sample, labelset)
    shape = label_shape(row, sample_uuid=sample["uuid"], task_type=dataset.task_type)
    return reply(shape, status)


@routes.get(LABEL)
def get_label(key: str, labelset: str) -> Response:
    sample, dataset = sample_for(key)
    return _answer(sample, dataset, labelset)


def _stated(body: Object) -> dict[str, object]:
    """Take the fields of a label that a request states, by column."""
    result: dict[str, object] = {}
    if "label_status" in body:
        result["status"] = one_of(body, "label_status", STATUSES)
    if "attributes" in body:
        result["attributes"] = json_text(json_object(body, "attributes"))
    for field in ("score", "rating"):
        if field in body:
            result[field] = number(body, field)
    return result


def _review(values: Object, now: str) -> dict[str, object]:
    """Note who reviewed a label and when; a status that is no verdict clears that."""
    if "status" not in values:
        return {}
    if values["status"] in REVIEW_STATUSES:
        return {"reviewed_at": now, "reviewed_by": user()}
    return {"reviewed_at": None, "reviewed_by": None}


NOTHING = {"score": None, "rating": None}
"""What a label has of which a PUT says nothing."""


@routes.put(LABEL)
def put_label(key: str, labelset: str) -> Response:
    """Create a label, or replace the one that is there but for its creation."""
    body = object_body()
    body.setdefault("label_status", "PRELABELED")
    json_object(body, "attributes")
    stated, now = _stated(body), moment()
    values = {**NOTHING, **stated, **_review(stated, now), "updated_at": now}
    with store().write():
        sample, dataset = sample_for(key, Right.LABEL)
        _require_labelset(dataset, labelset)
        require_label(body["attributes"], dataset.task_type)
        record_workunit(sample, stated, now)
        if _update(sample, labelset, {**values, "updated_by": user()}):
            return _answer(sample, dataset, labelset)
        _insert(sample, labelset, {**values, "created_at": now, "created_by": user()})
        return _answer(sample, dataset, labelset, status=201)


def _require_labelset(dataset: Dataset, labelset: str) -> None:
    row = store().row(
        "SELECT 1 FROM labelsets WHERE dataset = ? AND name = ?", dataset.id, labelset
    )
    if row is None:
        raise not_found()


def _insert(sample: Row, labelset: str, values: dict[str, object]) -> None:
    of = {"sample": sample["id"], "dataset": sample["dataset"], "labelset": labelset}
    columns = {**of, **values}
    # The columns are words of this module.
    query = (
        f"INSERT INTO labels ({', '.join(columns)}) "  # noqa: S608 - see above
        f"VALUES ({', '.join('?' * len(columns))})"
    )
    store().connection().execute(query, tuple(columns.values()))


def _update(sample: Row, labelset: str, values: dict[str, object]) -> bool:
    """Change columns of a label; tell whether there is one."""
    changes = ", ".join(f"{column} = ?" for column in values)
    # The columns are words of this module.
    query = f"UPDATE labels SET {changes} WHERE sample = ? AND labelset = ?"  # noqa: S608 - see above
    database = store().connection()
    cursor = database.execute(query, (*values.values(), sample["id"], labelset))
    return cursor.rowcount > 0


@routes.patch(LABEL)
def update_label(key: str, labelset: str) -> Response:
    """Change the fields that are sent, and no other."""
    body = object_body()
    stated, now = _stated(body), moment()
    values = {**stated, **_review(stated, now), "updated_at": now, "updated_by": user()}
    with store().write():
        sample, dataset = sample_for(key, Right.LABEL)
        if "attributes" in body:
            require_label(body["attributes"], dataset.task_type)
        _find(sample, labelset)
        record_workunit(sample, stated, now)
        _update(sample, labelset, values)
        return _answer(sample, dataset, labelset)


@routes.delete(LABEL)
def delete_label(key: str, labelset: str) -> Response:
    with store().write() as database:
        sample, _ = sample_for(key, Right.LABEL)
        _find(sample, labelset)
        database.execute(
            "DELETE FROM labels WHERE sample = ? AND labelset = ?",
            (sample["id"], labelset),
        )
    return done()
