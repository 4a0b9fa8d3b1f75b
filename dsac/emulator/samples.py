"""Routes for samples, one at a time and in bulk."""

import uuid
from collections.abc import Iterable, Sequence
from sqlite3 import IntegrityError, Row

import msgspec
from flask import Blueprint, Response, request

from dsac.emulator.context import (
    Object,
    Right,
    check_page,
    dataset_for,
    done,
    json_body,
    object_body,
    page_bounds,
    reply,
    sample_for,
    store,
    user,
)
from dsac.emulator.errors import exists, invalid
from dsac.emulator.labels import label_object, summary_object
from dsac.emulator.store import moment
from dsac.emulator.validation import (
    number,
    objects,
    optional_text,
    sample_attributes,
    sample_name,
    text,
    uuids,
)

routes = Blueprint("samples", __name__)
SAMPLES = "/datasets/<owner>/<name>/samples"
BULK = "/datasets/<owner>/<name>/samples_bulk"

SORTS = {
    "name": "samples.name",
    "created_at": "samples.created_at, samples.id",
    "priority": "samples.priority, samples.name",
    "gt_label__updated_at": "gt.updated_at, samples.name",
    "updated_at": "gt.updated_at, samples.name",
}

COLUMNS = (
    "name",
    "attributes",
    "metadata",
    "priority",
    "assigned_labeler",
    "assigned_reviewer",
    "readme",
)


def sample_object(row: Object, **more: object) -> Object:
    """Describe a sample; stored JSON goes into the answer as it stands."""
    return {
        "uuid": row["uuid"],
        "name": row["name"],
        "attributes": msgspec.Raw(row["attributes"].encode()),
        "metadata": msgspec.Raw(row["metadata"].encode()),
        "priority": row["priority"],
        "assigned_labeler": row["assigned_labeler"],
        "assigned_reviewer": row["assigned_reviewer"],
        "readme": row["readme"],
        "created_at": row["created_at"],
        "created_by": row["created_by"],
        **more,
    }


@routes.get(SAMPLES)
def list_samples(owner: str, name: str) -> Response:
    """List samples by pages, with the labels of a label set if one is named."""
    dataset = dataset_for(owner, name)
    page, limit, offset = page_bounds()
    labelset = request.args.get("labelset", "")
    where, values = _conditions(dataset["id"])
    # Conditions and order are put together from the words of this module.
    query = (
        "SELECT samples.* FROM samples "  # noqa: S608 - see above
        "LEFT JOIN labels gt ON gt.sample = samples.id "
        "AND gt.labelset = 'ground-truth' "
        f"WHERE {where} ORDER BY {_order()} LIMIT ? OFFSET ?"
    )
    rows = store().rows(query, *values, limit, offset)
    check_page(page, rows)
    if not labelset:
        return reply([sample_object(dict(row)) for row in rows])
    labels = _labels_of(rows, labelset, task_type=dataset["values"]["task_type"])
    return reply(
        [sample_object(dict(row), label=labels.get(row["id"])) for row in rows]
    )


def _labels_of(
    rows: Sequence[Row], labelset: str, *, task_type: str
) -> dict[int, Object]:
    full = request.args.get("include_full_label", "") not in {"", "0", "false"}
    keys = msgspec.json.encode([row["id"] for row in rows]).decode()
    found = store().rows(
        "SELECT labels.*, samples.uuid FROM labels JOIN samples ON samples.id = sample "
        "WHERE labelset = ? AND sample IN (SELECT value FROM json_each(?))",
        labelset,
        keys,
    )
    describe = label_object if full else summary_object
    return {row["sample"]: describe(dict(row), task_type) for row in found}


def _conditions(dataset: int) -> tuple[str, list[object]]:
    """Give the conditions of a listing, which all must hold."""
    where, values = ["samples.dataset = ?"], [dataset]
    result: list[object] = list(values)
    part = request.args.get("name__contains", "")
    if part:
        where.append("instr(samples.name, ?)")
        result.append(part)
    for pair in filter(None, request.args.get("filters", "").split(",")):
        key, colon, value = pair.partition(":")
        if colon:
            where.append(
                "EXISTS (SELECT 1 FROM json_each(samples.metadata) item "
                "WHERE item.key = ? AND CAST(item.value AS TEXT) = ?)"
            )
            result.extend((key, value))
    statuses = [
        item for item in request.args.get("label_status", "").split(",") if item
    ]
    if statuses:
        labelset = request.args.get("labelset", "") or "ground-truth"
        marks = ", ".join("?" * len(statuses))
        where.append(
            "coalesce((SELECT status FROM labels "  # noqa: S608 - marks alone
            "WHERE sample = samples.id AND labelset = ?), 'UNLABELED') "
            f"IN ({marks})"
        )
        result.extend((labelset, *statuses))
    return " AND ".join(where), result


def _order() -> str:
    """Give the order of a listing; a sort that nobody knows is the default."""
    asked = request.args.get("sort", "name")
    columns = SORTS.get(asked.removeprefix("-"), SORTS["name"])
    way = " DESC" if asked.startswith("-") else ""
    return ", ".join(f"{column.strip()}{way}" for column in columns.split(","))


def _values(body: Object, task_type: str) -> tuple[object, ...]:
    """Take the fields of a new sample, in the order of the columns."""
    metadata = objects(body, "metadata") if body.get("metadata") is not None else {}
    return (
        sample_name(body),
        msgspec.json.encode(sample_attributes(body, task_type)).decode(),
        msgspec.json.encode(metadata).decode(),
        number(body, "priority") or 0.0,
        optional_text(body, "assigned_labeler"),
        optional_text(body, "assigned_reviewer"),
        text(body, "readme", "") if body.get("readme") is not None else "",
    )


INSERT = (
    "INSERT INTO samples (uuid, dataset, name, attributes, metadata, priority, "
    "assigned_labeler, assigned_reviewer, readme, created_at, created_by) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)


@routes.post(SAMPLES)
def add_sample(owner: str, name: str) -> Response:
    dataset = dataset_for(owner, name, Right.MANAGE)
    values = _values(object_body(), dataset["values"]["task_type"])
    key = str(uuid.uuid4())
    with store().write() as database:
        cursor = database.execute(
            INSERT, (key, dataset["id"], *values, moment(), user())
        )
        if not cursor.rowcount:
            raise exists("A sample of this name")
    return reply(sample_object(sample_for(key)[0]), 201)


@routes.post(BULK)
def add_samples(owner: str, name: str) -> Response:
    """Create samples; those whose names exist are given back as they are."""
    dataset = dataset_for(owner, name, Right.MANAGE)
    body = json_body()
    if not isinstance(body, list) or not all(isinstance(row, dict) for row in body):
        raise invalid("non_field_errors", "A list of samples is expected.")
    rows = [_values(row, dataset["values"]["task_type"]) for row in body]
    now, who = moment(), user()
    with store().write() as database:
        database.executemany(
            INSERT,
            ((str(uuid.uuid4()), dataset["id"], *values, now, who) for values in rows),
        )
    found = _by_name(dataset["id"], [values[0] for values in rows])
    return reply([sample_object(found[str(values[0])]) for values in rows], 201)


def _by_name(dataset: int, names: Iterable[object]) -> dict[str, Object]:
    wanted = msgspec.json.encode(list(names)).decode()
    rows = store().rows(
        "SELECT * FROM samples WHERE dataset = ? "
        "AND name IN (SELECT value FROM json_each(?))",
        dataset,
        wanted,
    )
    return {row["name"]: dict(row) for row in rows}


@routes.delete(BULK)
def delete_samples(owner: str, name: str) -> Response:
    """Delete up to 1000 samples, all or none; uuids that do not exist are skipped."""
    dataset = dataset_for(owner, name, Right.MANAGE)
    wanted = msgspec.json.encode(uuids(json_body())).decode()
    with store().write() as database:
        cursor = database.execute(
            "DELETE FROM samples WHERE dataset = ? "
            "AND uuid IN (SELECT value FROM json_each(?))",
            (dataset["id"], wanted),
        )
    return reply({"deleted_count": cursor.rowcount})


@routes.get("/samples/<key>")
def get_sample(key: str) -> Response:
    """Give a sample, with its label in a label set if one is named."""
    row, dataset = sample_for(key)
    more: Object = {"dataset_full_name": f"{dataset['owner']}/{dataset['name']}"}
    labelset = request.args.get("labelset", "")
    if labelset:
        task_type = dataset["values"]["task_type"]
        label = store().row(
            "SELECT labels.*, ? AS uuid FROM labels WHERE sample = ? AND labelset = ?",
            row["uuid"],
            row["id"],
            labelset,
        )
        more["label"] = label_object(dict(label), task_type) if label else None
    found = sample_object(row, **more)
    if request.args.get("include_signed_urls"):
        found["attributes"] = _signed(msgspec.json.decode(row["attributes"]))
    return reply(found)


def _signed(value: object) -> object:
    """Put a signed_url beside each url."""
    if isinstance(value, dict):
        result = {key: _signed(item) for key, item in value.items()}
        if isinstance(value.get("url"), str):
            result["signed_url"] = f"{value['url']}?X-Amz-Signature=local"
        return result
    if isinstance(value, list):
        return [_signed(item) for item in value]
    return value


@routes.patch("/samples/<key>")
def update_sample(key: str) -> Response:
    """Change the fields that are sent, and no other."""
    row, dataset = sample_for(key, Right.MANAGE)
    body = object_body()
    known = {**row, "attributes": msgspec.json.decode(row["attributes"])}
    known["metadata"] = msgspec.json.decode(row["metadata"])
    stated = {field: body[field] for field in COLUMNS if field in body}
    values = _values({**known, **stated}, dataset["values"]["task_type"])
    changed = [
        (column, value)
        for column, value in zip(COLUMNS, values, strict=True)
        if column in stated
    ]
    if changed:
        assignments = ", ".join(f"{column} = ?" for column, _ in changed)
        # The columns are those of COLUMNS.
        query = f"UPDATE OR FAIL samples SET {assignments} WHERE id = ?"  # noqa: S608 - see above
        _rename_or_refuse(query, [*(value for _, value in changed), row["id"]])
    return reply(sample_object(sample_for(key)[0]))


def _rename_or_refuse(query: str, values: Sequence[object]) -> None:
    try:
        with store().write() as database:
            database.execute(query, values)
    except IntegrityError as error:
        raise exists("A sample of this name") from error


@routes.delete("/samples/<key>")
def delete_sample(key: str) -> Response:
    row, _ = sample_for(key, Right.MANAGE)
    with store().write() as database:
        database.execute("DELETE FROM samples WHERE id = ?", (row["id"],))
    return done()
