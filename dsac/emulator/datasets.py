"""Routes for datasets: list, create, read, change, delete, clone."""

import msgspec
from flask import Blueprint, Response

from dsac.emulator.access import (
    Dataset,
    Right,
    administers,
    dataset_for,
    require_clonable,
    visible_datasets,
)
from dsac.emulator.body import Object, object_body
from dsac.emulator.choices import DEFAULTS, GROUND_TRUTH
from dsac.emulator.context import done, reply, store, user
from dsac.emulator.errors import exists, forbidden, not_found
from dsac.emulator.paging import page_asked
from dsac.emulator.shapes import json_text
from dsac.emulator.store import moment
from dsac.emulator.users import user_object
from dsac.emulator.validation import (
    dataset_fields,
    json_object,
    json_object_or_empty,
    optional_text,
    slug,
    switch_or_null,
)

routes = Blueprint("datasets", __name__)
DATASET = "/datasets/<owner>/<name>"


@routes.get("/user/datasets")
def list_datasets() -> Response:
    return _listing(user())


@routes.get("/users/<name>/datasets")
def list_other_datasets(name: str) -> Response:
    user_object(name)
    return _listing(name)


def _listing(owner: str) -> Response:
    page = page_asked()
    found = visible_datasets(owner, limit=page.size, offset=page.offset)
    page.require(found)
    return reply([dataset_object(dataset) for dataset in found])


@routes.post("/user/datasets")
def add_dataset() -> Response:
    return _create(user(), object_body())


@routes.post("/organizations/<owner>/datasets")
def add_organization_dataset(owner: str) -> Response:
    if not user_object(owner)["is_organization"]:
        raise not_found()
    if not administers(owner):
        raise forbidden()
    return _create(owner, object_body())


def _create(owner: str, body: Object) -> Response:
    name = slug(body)
    fields = {**DEFAULTS, **dataset_fields(body)}
    metadata = json_object_or_empty(body, "metadata")
    with store().write():
        _insert(owner, name, fields=fields, metadata=json_text(metadata))
    return reply(dataset_object(dataset_for(owner, name)), 201)


def _insert(
    owner: str,
    name: str,
    *,
    fields: Object,
    metadata: str,
    cloned_from: str | None = None,
) -> None:
    """Insert a dataset; a trigger adds its ground truth."""
    row = store().row(
        "INSERT INTO datasets (owner, name, fields, metadata, created_at, "
        "cloned_from) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id",
        owner,
        name,
        json_text(fields),
        metadata,
        moment(),
        cloned_from,
    )
    if row is None:
        raise exists("A dataset of this name")


def dataset_object(dataset: Dataset) -> Object:
    """Describe a dataset as the API does, with its counts."""
    return {
        "name": dataset.name,
        "full_name": dataset.full_name,
        "owner": user_object(dataset.owner),
        "created_at": dataset.created_at,
        "cloned_from": dataset.cloned_from,
        **dataset.fields,
        "metadata": msgspec.Raw(dataset.metadata),
        "data_type": "IMAGE",
        **_counts(dataset.id),
        "labelsets": labelset_objects(dataset.id),
        "role": dataset.role or None,
        "noncollaborator_can_label": False,
        "noncollaborator_can_review": False,
        "insights_urls": {},
    }


def _counts(dataset: int) -> Object:
    """Give the counts of a dataset; triggers keep them, no sample is counted here."""
    rows = store().rows(
        "SELECT samples, (SELECT count(*) FROM collaborators c "
        "WHERE c.dataset = counts.dataset) AS people FROM counts WHERE dataset = ?",
        dataset,
    )
    samples, people = next(map(tuple, rows), (0, 0))
    rows = store().rows(
        "SELECT status, labels FROM label_counts WHERE dataset = ? AND labels > 0",
        dataset,
    )
    stats = {row["status"]: row["labels"] for row in rows}
    return {
        "label_stats": {**stats, "TOTAL": samples},
        "samples_count": samples,
        "collaborators_count": people,
    }


def labelset_objects(dataset: int) -> list[Object]:
    """Describe the label sets of a dataset, the ground truth first."""
    rows = store().rows(
        "SELECT * FROM labelsets WHERE dataset = ? ORDER BY name != ?, name",
        dataset,
        GROUND_TRUTH,
    )
    return [
        {
            "name": row["name"],
            "description": row["description"],
            "is_groundtruth": row["name"] == GROUND_TRUTH,
            "created_at": row["created_at"],
        }
        for row in rows
    ]


@routes.get(DATASET)
def get_dataset(owner: str, name: str) -> Response:
    return reply(dataset_object(dataset_for(owner, name)))


@routes.patch(DATASET)
def update_dataset(owner: str, name: str) -> Response:
    """Change the fields that are sent, and no other."""
    body = object_body()
    with store().write() as database:
        dataset = dataset_for(owner, name, Right.MANAGE)
        metadata = dataset.metadata
        if "metadata" in body:
            metadata = json_text(json_object(body, "metadata"))
        fields = {**dataset.fields, **dataset_fields(body)}
        database.execute(
            "UPDATE datasets SET fields = ?, metadata = ? WHERE id = ?",
            (json_text(fields), metadata, dataset.id),
        )
    return reply(dataset_object(dataset_for(owner, name)))


@routes.delete(DATASET)
def delete_dataset(owner: str, name: str) -> Response:
    with store().write() as database:
        dataset = dataset_for(owner, name, Right.MANAGE)
        database.execute("DELETE FROM datasets WHERE id = ?", (dataset.id,))
    return done()


@routes.post(f"{DATASET}/clone")
def clone_dataset(owner: str, name: str) -> Response:
    """Copy a dataset with its metadata, and with its labels if that is asked."""
    source = dataset_for(owner, name)
    require_clonable(source)
    body = object_body()
    target = optional_text(body, "owner") or user()
    if not administers(target):
        raise forbidden()
    body.setdefault("name", f"{name}-clone")
    copy, labels = slug(body), switch_or_null(body, "clone_labels") or False
    fields = {**source.fields, "public": False, **dataset_fields(body)}
    with store().write():
        _insert(
            target,
            copy,
            fields=fields,
            metadata=source.metadata,
            cloned_from=source.full_name,
        )
        cloned = dataset_for(target, copy)
        _copy_rows(source, cloned, labels=labels)
    return reply(dataset_object(cloned), 201)


def _copy_rows(source: Dataset, target: Dataset, *, labels: bool) -> None:
    database = store().connection()
    database.execute(
        "INSERT INTO samples (uuid, dataset, name, attributes, metadata, priority, "
        "assigned_labeler, assigned_reviewer, readme, created_at, created_by) "
        "SELECT identifier(), ?, name, attributes, metadata, priority, "
        "assigned_labeler, assigned_reviewer, readme, ?, ? "
        "FROM samples WHERE dataset = ? ORDER BY id",
        (target.id, moment(), user(), source.id),
    )
    database.execute(
        "INSERT INTO labelsets SELECT ?, name, description, created_at "
        "FROM labelsets WHERE dataset = ? AND name != ?",
        (target.id, source.id, GROUND_TRUTH),
    )
    if labels:
        database.execute(
            "INSERT INTO labels SELECT new.id, new.dataset, labelset, status, score, "
            "rating, labels.created_at, labels.created_by, updated_at, updated_by, "
            "reviewed_at, reviewed_by, labels.attributes "
            "FROM samples old CROSS JOIN labels ON labels.sample = old.id "
            "JOIN samples new ON new.dataset = ? AND new.name = old.name "
            "WHERE old.dataset = ?",
            (target.id, source.id),
        )
