"""Routes for single samples and for their listing."""

from collections.abc import Callable, Mapping
from sqlite3 import IntegrityError, Row

from flask import Blueprint, Response, request
from msgspec import UNSET

from dsac.emulator.access import Dataset, Right, dataset_for, sample_for
from dsac.emulator.attributes import require_sample
from dsac.emulator.body import Object, object_body
from dsac.emulator.context import done, reply, store, user
from dsac.emulator.datasets import DATASET
from dsac.emulator.errors import exists
from dsac.emulator.identifiers import identifier
from dsac.emulator.issues import issues_of_sample
from dsac.emulator.listing import ids_of_page
from dsac.emulator.paging import page_asked
from dsac.emulator.shapes import (
    Label,
    LabelSummary,
    json_text,
    label_shape,
    label_summary,
    sample_shape,
    with_signed_urls,
)
from dsac.emulator.store import moment
from dsac.emulator.validation import (
    json_object,
    json_object_or_empty,
    number_or_zero,
    optional_text,
    sample_name,
    text_or_empty,
)

routes = Blueprint("samples", __name__)
SAMPLES = f"{DATASET}/samples"
SAMPLE = "/samples/<key>"
SUMMARY = "sample, status, score, updated_at, created_by, reviewed_by"

INSERT = (
    "INSERT INTO samples (uuid, dataset, name, attributes, metadata, priority, "
    "assigned_labeler, assigned_reviewer, readme, created_at, created_by) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
"""Takes a uuid, a dataset, the values of `sample_values`, a time and a user."""

Reader = Callable[[Object, str], object]

SIMPLE: Mapping[str, Reader] = {
    "priority": number_or_zero,
    "assigned_labeler": optional_text,
    "assigned_reviewer": optional_text,
    "readme": text_or_empty,
}
"""Columns behind name, attributes and metadata, and how each is read, stated or not."""


def sample_values(body: Object, task_type: str) -> tuple[object, ...]:
    """Take the fields of a new sample, in the order of the columns."""
    return (
        sample_name(body),
        json_text(require_sample(json_object(body, "attributes"), task_type)),
        json_text(json_object_or_empty(body, "metadata")),
        *[read(body, field) for field, read in SIMPLE.items()],
    )


def stated_values(body: Object, task_type: str) -> dict[str, object]:
    """Take the fields of a sample that a request states, by column."""
    result: dict[str, object] = {}
    if "name" in body:
        result["name"] = sample_name(body)
    if "attributes" in body:
        result["attributes"] = json_text(
            require_sample(json_object(body, "attributes"), task_type)
        )
    if "metadata" in body:
        result["metadata"] = json_text(json_object_or_empty(body, "metadata"))
    for field, read in SIMPLE.items():
        if field in body:
            result[field] = read(body, field)
    return result


@routes.get(SAMPLES)
def list_samples(owner: str, name: str) -> Response:
    """List samples by pages, with the labels of a label set if one is named."""
    page = page_asked()
    labelset = request.args.get("labelset", "")
    with store().read():
        dataset = dataset_for(owner, name)
        ids = ids_of_page(dataset, page)
        page.require(ids)
        keys = json_text(ids)
        rows = _samples_by_id(keys)
        labels = _labels_by_id(keys, labelset, dataset, rows) if labelset else {}
    if not labelset:
        return reply([sample_shape(rows[key]) for key in ids])
    return reply([sample_shape(rows[key], label=labels.get(key)) for key in ids])


def _samples_by_id(keys: str) -> dict[int, Row]:
    rows = store().rows(
        "SELECT * FROM samples WHERE id IN (SELECT value FROM json_each(?))", keys
    )
    return {row["id"]: row for row in rows}


def _labels_by_id(
    keys: str, labelset: str, dataset: Dataset, samples: Mapping[int, Row]
) -> dict[int, Label | LabelSummary]:
    full = request.args.get("include_full_label", "") not in {"", "0", "false"}
    columns = "*" if full else SUMMARY
    # The columns are words of this module.
    query = (
        f"SELECT {columns} FROM labels WHERE labelset = ? "  # noqa: S608 - see above
        "AND sample IN (SELECT value FROM json_each(?))"
    )
    rows = store().rows(query, labelset, keys)
    if not full:
        return {row["sample"]: label_summary(row) for row in rows}
    return {
        row["sample"]: label_shape(
            row,
            sample_uuid=samples[row["sample"]]["uuid"],
            task_type=dataset.task_type,
        )
        for row in rows
    }


@routes.post(SAMPLES)
def add_sample(owner: str, name: str) -> Response:
    body = object_body()
    with store().write() as database:
        dataset = dataset_for(owner, name, Right.MANAGE)
        values = sample_values(body, dataset.task_type)
        key = identifier()
        cursor = database.execute(INSERT, (key, dataset.id, *values, moment(), user()))
        if not cursor.rowcount:
            raise exists("A sample of this name")
        row, _ = sample_for(key)
    return reply(sample_shape(row), 201)


@routes.get(SAMPLE)
def get_sample(key: str) -> Response:
    """Give a sample, with its label in a label set if one is named."""
    labelset = request.args.get("labelset", "")
    with store().read():
        row, dataset = sample_for(key)
        label = store().row(
            "SELECT * FROM labels WHERE sample = ? AND labelset = ?",
            row["id"],
            labelset,
        )
    found = sample_shape(row, dataset_full_name=dataset.full_name)
    if labelset:
        found.label = None
    if label is not None:
        found.label = label_shape(label, sample_uuid=key, task_type=dataset.task_type)
    found.issues = issues_of_sample(row["id"]) or UNSET
    if request.args.get("include_signed_urls", "") not in {"", "0"}:
        ours = f"{request.host_url}assets/"
        found.attributes = with_signed_urls(row["attributes"], ours=ours)
    return reply(found)


@routes.patch(SAMPLE)
def update_sample(key: str) -> Response:
    """Change the fields that are sent, and no other."""
    body = object_body()
    with store().write() as database:
        row, dataset = sample_for(key, Right.MANAGE)
        values = stated_values(body, dataset.task_type)
        if values:
            changes = ", ".join(f"{column} = ?" for column in values)
            # The columns are those of `stated_values`.
            query = f"UPDATE samples SET {changes} WHERE id = ?"  # noqa: S608 - see above
            try:
                database.execute(query, (*values.values(), row["id"]))
            except IntegrityError as error:
                raise exists("A sample of this name") from error
        row, _ = sample_for(key)
    return reply(sample_shape(row))


@routes.delete(SAMPLE)
def delete_sample(key: str) -> Response:
    with store().write() as database:
        row, _ = sample_for(key, Right.MANAGE)
        database.execute("DELETE FROM samples WHERE id = ?", (row["id"],))
    return done()
