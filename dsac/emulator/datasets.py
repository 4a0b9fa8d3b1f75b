"""Routes for users, datasets and collaborators."""

from sqlite3 import Row

import msgspec
from flask import Blueprint, Response

from dsac.emulator.context import (
    Object,
    Right,
    administers,
    allowed,
    check_page,
    dataset_for,
    done,
    object_body,
    page_bounds,
    reply,
    role_in,
    store,
    user,
)
from dsac.emulator.errors import ApiError, exists, forbidden, not_found
from dsac.emulator.store import moment
from dsac.emulator.validation import (
    DEFAULTS,
    ROLES,
    dataset_fields,
    objects,
    one_of,
    slug,
    text,
)

routes = Blueprint("datasets", __name__)
DATASET = "/datasets/<owner>/<name>"


def user_object(name: str) -> Object:
    """Describe a user or an organisation."""
    row = store().row("SELECT * FROM accounts WHERE name = ?", name)
    if row is None:
        raise not_found()
    return {
        "username": name,
        "created_at": row["created_at"],
        "is_organization": row["key"] is None,
        "email": f"{name}@example.com",
    }


@routes.get("/user")
def get_user() -> Response:
    return reply(user_object(user()))


@routes.get("/users/<name>")
def get_other_user(name: str) -> Response:
    return reply(user_object(name))


@routes.get("/user/datasets")
def list_datasets() -> Response:
    return _listing(user())


@routes.get("/users/<name>/datasets")
def list_other_datasets(name: str) -> Response:
    user_object(name)
    return _listing(name)


def _listing(owner: str) -> Response:
    """List the datasets of an owner that the user may see."""
    page, limit, offset = page_bounds()
    rows = store().rows("SELECT * FROM datasets WHERE owner = ? ORDER BY name", owner)
    seen = [dataset_object(found) for row in rows if (found := _visible(row))]
    shown = seen[offset : offset + limit]
    check_page(page, shown)
    return reply(shown)


def _visible(row: Row) -> Object | None:
    try:
        return allowed(row, Right.READ)
    except ApiError:
        return None


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
    metadata = objects(body, "metadata") if "metadata" in body else {}
    insert_dataset(owner, name, fields=fields, metadata=metadata)
    return reply(dataset_object(dataset_for(owner, name)), 201)


def insert_dataset(
    owner: str,
    name: str,
    *,
    fields: Object,
    metadata: Object,
    cloned_from: str | None = None,
) -> None:
    """Insert a dataset with its ground truth."""
    values = (msgspec.json.encode(fields), msgspec.json.encode(metadata))
    with store().write() as database:
        cursor = database.execute(
            "INSERT INTO datasets (owner, name, fields, metadata, created_at, "
            "cloned_from) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (owner, name, *(item.decode() for item in values), moment(), cloned_from),
        )
        if not cursor.rowcount:
            raise exists("A dataset of this name")
        database.execute(
            "INSERT INTO labelsets VALUES (?, 'ground-truth', '', ?)",
            (cursor.lastrowid, moment()),
        )


def dataset_object(dataset: Object) -> Object:
    """Describe a dataset as the API does, with its counts."""
    key = dataset["id"]
    counts = store().rows(
        "SELECT status, count(*) AS n FROM labels JOIN samples ON samples.id = sample "
        "WHERE dataset = ? AND labelset = 'ground-truth' GROUP BY status",
        key,
    )
    stats = {row["status"]: row["n"] for row in counts}
    samples = _count("samples", key)
    return {
        "name": dataset["name"],
        "full_name": f"{dataset['owner']}/{dataset['name']}",
        "owner": user_object(dataset["owner"]),
        "created_at": dataset["created_at"],
        "cloned_from": dataset["cloned_from"],
        **dataset["values"],
        "metadata": msgspec.Raw(dataset["metadata"].encode()),
        "data_type": "IMAGE",
        "label_stats": {**stats, "TOTAL": samples},
        "samples_count": samples,
        "collaborators_count": _count("collaborators", key),
        "labelsets": labelset_objects(key),
        "role": role_in(dataset) or None,
    }


def _count(table: str, dataset: int) -> int:
    # The table is one of two names written in this module.
    query = f"SELECT count(*) AS n FROM {table} WHERE dataset = ?"  # noqa: S608 - see above
    row = store().row(query, dataset)
    return row["n"] if row else 0


def labelset_objects(dataset: int) -> list[Object]:
    """Describe the label sets of a dataset, the ground truth first."""
    rows = store().rows(
        "SELECT * FROM labelsets WHERE dataset = ? "
        "ORDER BY name != 'ground-truth', name",
        dataset,
    )
    return [
        {
            "name": row["name"],
            "description": row["description"],
            "is_groundtruth": row["name"] == "ground-truth",
            "created_at": row["created_at"],
        }
        for row in rows
    ]


@routes.get(DATASET)
def get_dataset(owner: str, name: str) -> Response:
    return reply(dataset_object(dataset_for(owner, name)))


@routes.patch(DATASET)
def update_dataset(owner: str, name: str) -> Response:
    dataset = dataset_for(owner, name, Right.MANAGE)
    body = object_body()
    fields = dataset_fields(body)
    with store().write() as database:
        row = database.execute(
            "SELECT fields, metadata FROM datasets WHERE id = ?", (dataset["id"],)
        ).fetchone()
        merged = {**msgspec.json.decode(row["fields"]), **fields}
        metadata = row["metadata"]
        if "metadata" in body:
            metadata = msgspec.json.encode(objects(body, "metadata")).decode()
        database.execute(
            "UPDATE datasets SET fields = ?, metadata = ? WHERE id = ?",
            (msgspec.json.encode(merged).decode(), metadata, dataset["id"]),
        )
    return reply(dataset_object(dataset_for(owner, name)))


@routes.delete(DATASET)
def delete_dataset(owner: str, name: str) -> Response:
    dataset = dataset_for(owner, name, Right.MANAGE)
    with store().write() as database:
        database.execute("DELETE FROM datasets WHERE id = ?", (dataset["id"],))
    return done()


@routes.post(f"{DATASET}/clone")
def clone_dataset(owner: str, name: str) -> Response:
    """Copy a dataset with its metadata, and with its labels if that is asked."""
    source = dataset_for(owner, name, Right.READ)
    body = object_body()
    target = str(body.get("owner") or user())
    if not administers(target):
        raise forbidden()
    copy = slug(body)
    public = body.get("public") is True
    fields = {**source["values"], **dataset_fields(body), "public": public}
    insert_dataset(
        target,
        copy,
        fields=fields,
        metadata=msgspec.json.decode(source["metadata"]),
        cloned_from=f"{owner}/{name}",
    )
    cloned = dataset_for(target, copy)
    _copy_samples(source["id"], cloned["id"], labels=body.get("clone_labels") is True)
    return reply(dataset_object(cloned), 201)


def _copy_samples(source: int, target: int, *, labels: bool) -> None:
    with store().write() as database:
        database.execute(
            "INSERT INTO samples SELECT NULL, lower(hex(randomblob(16))), ?, name, "
            "attributes, metadata, priority, assigned_labeler, assigned_reviewer, "
            "readme, created_at, created_by FROM samples WHERE dataset = ?",
            (target, source),
        )
        database.execute(
            "INSERT INTO labelsets SELECT ?, name, description, created_at "
            "FROM labelsets WHERE dataset = ? AND name != 'ground-truth'",
            (target, source),
        )
        if labels:
            database.execute(
                "INSERT INTO labels SELECT new.id, labelset, status, "
                "labels.attributes, score, rating, labels.created_at, "
                "labels.created_by, updated_at, updated_by, reviewed_at, reviewed_by "
                "FROM labels JOIN samples old ON old.id = sample "
                "JOIN samples new ON new.name = old.name AND new.dataset = ? "
                "WHERE old.dataset = ?",
                (target, source),
            )


@routes.post(f"{DATASET}/collaborators")
def add_collaborator(owner: str, name: str) -> Response:
    dataset = dataset_for(owner, name, Right.MANAGE)
    body = object_body()
    who, role = text(body, "user"), one_of(body, "role", ROLES)
    if store().row("SELECT 1 FROM accounts WHERE name = ?", who) is None:
        raise ApiError(400, {"user": [f"User {who} does not exist."]})
    with store().write() as database:
        cursor = database.execute(
            "INSERT INTO collaborators VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (dataset["id"], who, role),
        )
        if not cursor.rowcount:
            detail = f"{who} is already a collaborator of this dataset."
            raise ApiError(400, {"detail": detail})
    return reply({"user": user_object(who), "role": role}, 201)


COLLABORATOR = f"{DATASET}/collaborators/<who>"


def _role(dataset: Object, who: str) -> str:
    row = store().row(
        "SELECT role FROM collaborators WHERE dataset = ? AND user = ?",
        dataset["id"],
        who,
    )
    if row is None:
        raise not_found()
    found: str = row["role"]
    return found


@routes.get(COLLABORATOR)
def get_collaborator(owner: str, name: str, who: str) -> Response:
    role = _role(dataset_for(owner, name), who)
    return reply({"user": user_object(who), "role": role})


@routes.patch(COLLABORATOR)
def update_collaborator(owner: str, name: str, who: str) -> Response:
    dataset = dataset_for(owner, name, Right.MANAGE)
    role = one_of(object_body(), "role", ROLES)
    _role(dataset, who)
    with store().write() as database:
        database.execute(
            "UPDATE collaborators SET role = ? WHERE dataset = ? AND user = ?",
            (role, dataset["id"], who),
        )
    return reply({"user": user_object(who), "role": role})


@routes.delete(COLLABORATOR)
def delete_collaborator(owner: str, name: str, who: str) -> Response:
    dataset = dataset_for(owner, name, Right.MANAGE)
    _role(dataset, who)
    with store().write() as database:
        database.execute(
            "DELETE FROM collaborators WHERE dataset = ? AND user = ?",
            (dataset["id"], who),
        )
    return done()
