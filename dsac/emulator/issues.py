"""Routes for issues: what people have to say about a sample."""

from collections.abc import Mapping
from sqlite3 import Row

import msgspec
from flask import Blueprint, Response

from dsac.emulator.access import Right, dataset_for, issue_for, sample_for
from dsac.emulator.body import Object, object_body
from dsac.emulator.checks import (
    Check,
    WrongError,
    is_integer,
    is_number,
    is_text,
    object_at,
    optional_part,
    require,
)
from dsac.emulator.choices import ISSUE_STATUSES
from dsac.emulator.context import done, reply, store, user
from dsac.emulator.datasets import DATASET
from dsac.emulator.errors import invalid
from dsac.emulator.identifiers import identifier
from dsac.emulator.shapes import json_text
from dsac.emulator.store import moment
from dsac.emulator.validation import json_object, one_of, text

routes = Blueprint("issues", __name__)
ISSUE = "/issues/<key>"
WITH_SAMPLE = (
    "SELECT issues.*, samples.uuid AS sample_uuid, samples.name AS sample_name "
    "FROM issues JOIN samples ON samples.id = issues.sample "
)


@routes.get(f"{DATASET}/issues")
def list_issues(owner: str, name: str) -> Response:
    """List the issues of a dataset, the newest last, without pages."""
    rows = store().rows(
        f"{WITH_SAMPLE} WHERE issues.dataset = ? ORDER BY issues.rowid",
        dataset_for(owner, name).id,
    )
    return reply([_issue_object(row) for row in rows])


def issues_of_sample(sample: int) -> list[Object]:
    """Describe the issues of a sample, by its row's id, the newest last."""
    rows = store().rows(
        f"{WITH_SAMPLE} WHERE issues.sample = ? ORDER BY issues.rowid", sample
    )
    return [_issue_object(row) for row in rows]


def _issue_object(row: Row) -> Object:
    return {
        "uuid": row["uuid"],
        "description": row["description"],
        "status": row["status"],
        "created_at": row["created_at"],
        "created_by": row["created_by"],
        "updated_at": row["updated_at"],
        "updated_by": row["updated_by"],
        "comments": [],
        "sample_uuid": row["sample_uuid"],
        "sample_name": row["sample_name"],
        "anchor": msgspec.Raw(row["anchor"]),
    }


def _answer(key: str, status: int = 200) -> Response:
    row = store().rows(f"{WITH_SAMPLE} WHERE issues.uuid = ?", key)[0]
    return reply(_issue_object(row), status)


def _stated(body: Object) -> dict[str, object]:
    """Take the fields of an issue that a request states, by column."""
    result: dict[str, object] = {}
    if "description" in body:
        result["description"] = text(body, "description")
    if "status" in body:
        result["status"] = one_of(body, "status", ISSUE_STATUSES)
    if "anchor" in body:
        result["anchor"] = json_text(_anchor(body))
    return result


def _anchor(body: Object) -> Object | None:
    """Take what an issue is about, an object or null (fact sheet, section 5)."""
    if body["anchor"] is None:
        return None
    value = json_object(body, "anchor")
    kind = value.get("type")
    try:
        require(
            isinstance(kind, str) and kind in ANCHORS,
            "type",
            f"one of {', '.join(ANCHORS)}",
        )
        optional_part(value, "anchor", is_text, "text", "sensor")
        optional_part(value, "anchor", is_integer, "an integer", "frame")
        ANCHORS[str(kind)](value, "anchor")
    except WrongError as error:
        raise invalid("anchor", str(error)) from error
    return value


def _nothing(_: Object, where: str) -> None:
    """Ask for nothing more."""
    del where


def _location(value: Object, where: str) -> None:
    found = object_at(value.get("location"), f"{where}.location")
    kind = found.get("type")
    axes = AXES.get(kind) if isinstance(kind, str) else None
    if axes is None:
        raise WrongError(f"{where}.location.type: 2d or 3d is expected.")
    for axis in axes:
        require(is_number(found.get(axis)), f"{where}.location.{axis}", "a number")


def _track(value: Object, where: str) -> None:
    require(is_integer(value.get("trackNumber")), f"{where}.trackNumber", "an integer")
    optional_part(value, where, is_text, "text", "trackAttribute")


def _scene(value: Object, where: str) -> None:
    require(is_text(value.get("sceneAttribute")), f"{where}.sceneAttribute", "text")


AXES: Mapping[str, str] = {"2d": "xy", "3d": "xyz"}
ANCHORS: Mapping[str, Check] = {
    "basic": _nothing,
    "location": _location,
    "track": _track,
    "sceneAttribute": _scene,
}
"""What an anchor needs besides its type."""


@routes.post("/samples/<key>/issues")
def add_issue(key: str) -> Response:
    body = object_body()
    values = {"status": "OPEN", "anchor": "null", **_stated(body)}
    description, made, now = text(body, "description"), identifier(), moment()
    with store().write() as database:
        sample, dataset = sample_for(key, Right.LABEL)
        database.execute(
            "INSERT INTO issues VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                made,
                dataset.id,
                sample["id"],
                description,
                values["status"],
                values["anchor"],
                now,
                user(),
                now,
                user(),
            ),
        )
        return _answer(made, 201)


@routes.patch(ISSUE)
def update_issue(key: str) -> Response:
    """Change the fields that are sent, and no other."""
    body = object_body()
    with store().write() as database:
        issue_for(key, Right.LABEL)
        values = {**_stated(body), "updated_at": moment(), "updated_by": user()}
        changes = ", ".join(f"{column} = ?" for column in values)
        # The columns are words of this module.
        query = f"UPDATE issues SET {changes} WHERE uuid = ?"  # noqa: S608 - see above
        database.execute(query, (*values.values(), key))
        return _answer(key)


@routes.delete(ISSUE)
def delete_issue(key: str) -> Response:
    with store().write() as database:
        issue_for(key, Right.LABEL)
        database.execute("DELETE FROM issues WHERE uuid = ?", (key,))
    return done()
