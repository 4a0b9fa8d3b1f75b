"""Routes that add and delete many samples at once."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

import msgspec
from flask import Blueprint, Response
from msgspec import Raw

from dsac.emulator.access import Dataset, Right, dataset_for
from dsac.emulator.body import decoded, list_body, object_body, require_object
from dsac.emulator.context import reply, store, user
from dsac.emulator.datasets import DATASET
from dsac.emulator.errors import ApiError, Body
from dsac.emulator.identifiers import identifiers
from dsac.emulator.samples import INSERT, sample_values
from dsac.emulator.shapes import Sample, json_text, sample_shape
from dsac.emulator.store import moment
from dsac.emulator.validation import uuids

routes = Blueprint("bulk", __name__)
BULK = f"{DATASET}/samples_bulk"
CHUNK = 1000
"""Samples that are decoded at a time: memory does not grow with the request."""

Values = tuple[object, ...]


@routes.post(BULK)
def add_samples(owner: str, name: str) -> Response:
    """Create samples, all or none; those whose names exist are given as they are."""
    items = list_body()
    with store().write():
        dataset = dataset_for(owner, name, Right.MANAGE)
        parts = [
            msgspec.json.encode(_added(dataset, values))[1:-1]
            for values in _chunks(items, dataset.task_type)
        ]
    body = b"[" + b",".join(parts) + b"]"
    return Response(body, status=201, mimetype="application/json")


def _chunks(items: Sequence[Raw], task_type: str) -> Iterator[list[Values]]:
    for start in range(0, len(items), CHUNK):
        values: list[Values] = []
        for at, item in enumerate(items[start : start + CHUNK], start):
            values.append(_values(item, task_type, at=at))
        yield values


def _values(item: Raw, task_type: str, *, at: int) -> Values:
    """Take one sample; errors stand at its place in a list, as the framework has it."""
    try:
        return sample_values(require_object(decoded(item)), task_type)
    except ApiError as error:
        blank: list[Body] = [{}] * at
        raise ApiError(error.status, cast("Body", [*blank, error.body])) from error


def _added(dataset: Dataset, values: Sequence[Values]) -> list[Sample]:
    """Insert what is new, and give all in their order."""
    now, who = moment(), user()
    keys = list(identifiers(len(values)))
    cursor = (
        store()
        .connection()
        .executemany(
            INSERT,
            (
                (key, dataset.id, *item, now, who)
                for key, item in zip(keys, values, strict=True)
            ),
        )
    )
    if cursor.rowcount < len(values):
        return _by_name(dataset, [str(item[0]) for item in values])
    return [
        _new(key, item, now=now, who=who)
        for key, item in zip(keys, values, strict=True)
    ]


def _new(key: str, values: Values, *, now: str, who: str) -> Sample:
    """Make a sample of what was just inserted, without reading it again."""
    # Their types are those that `sample_values` made.
    name, attributes, metadata, priority, labeler, reviewer, readme = cast(
        "tuple[Any, ...]", values
    )
    return Sample(
        uuid=key,
        name=name,
        attributes=Raw(attributes),
        metadata=Raw(metadata),
        priority=priority,
        assigned_labeler=labeler,
        assigned_reviewer=reviewer,
        readme=readme,
        created_at=now,
        created_by=who,
    )


def _by_name(dataset: Dataset, names: Sequence[str]) -> list[Sample]:
    rows = store().rows(
        "SELECT * FROM samples WHERE dataset = ? "
        "AND name IN (SELECT value FROM json_each(?))",
        dataset.id,
        json_text(names),
    )
    found = {row["name"]: sample_shape(row) for row in rows}
    return [found[name] for name in names]


@routes.delete(BULK)
def delete_samples(owner: str, name: str) -> Response:
    """Delete up to 1000 samples, all or none; uuids that do not exist are skipped."""
    body = object_body()
    with store().write() as database:
        dataset = dataset_for(owner, name, Right.MANAGE)
        cursor = database.execute(
            "DELETE FROM samples WHERE dataset = ? "
            "AND uuid IN (SELECT value FROM json_each(?))",
            (dataset.id, json_text(uuids(body))),
        )
    return reply({"deleted_count": cursor.rowcount})
