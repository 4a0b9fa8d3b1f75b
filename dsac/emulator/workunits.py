"""Work units: who worked on which sample, as the platform's own pages record it."""

import re
from collections.abc import Mapping
from sqlite3 import Row

from flask import Blueprint, Response, request

from dsac.emulator.access import dataset_for
from dsac.emulator.body import Object
from dsac.emulator.choices import WORK_TYPES
from dsac.emulator.context import reply, store, user
from dsac.emulator.datasets import DATASET
from dsac.emulator.errors import invalid
from dsac.emulator.identifiers import identifier
from dsac.emulator.paging import page_asked

routes = Blueprint("workunits", __name__)
PAGES = "web"
"""Who sends this in X-source acts as a person on the platform's pages does."""

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def record_workunit(sample: Row, stated: Mapping[str, object], now: str) -> None:
    """Note that a person worked on a sample, if that is who wrote its label."""
    status = str(stated.get("status", ""))
    kind = WORK_TYPES.get(status)
    if kind is None or request.headers.get("X-source") != PAGES:
        return
    store().connection().execute(
        "INSERT INTO workunits VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            identifier(),
            sample["dataset"],
            sample["id"],
            kind,
            status,
            stated.get("rating"),
            now,
            user(),
        ),
    )


@routes.get(f"{DATASET}/workunits")
def list_workunits(owner: str, name: str) -> Response:
    """List work units by pages, the newest first unless `sort` is `created_at`."""
    page, way = page_asked(), "DESC"
    if request.args.get("sort") == "created_at":
        way = "ASC"
    start, end = _moment("start", ""), _moment("end", "9")
    dataset = dataset_for(owner, name)
    # The way is a word of this function.
    query = (
        "SELECT workunits.*, samples.uuid AS sample_uuid, samples.name AS sample_name "  # noqa: S608 - see above
        "FROM workunits JOIN samples ON samples.id = workunits.sample "
        "WHERE workunits.dataset = ? AND workunits.created_at >= ? "
        "AND substr(workunits.created_at, 1, 19) <= ? "
        f"ORDER BY workunits.created_at {way}, workunits.rowid {way} LIMIT ? OFFSET ?"
    )
    rows = store().rows(query, dataset.id, start, end, page.size, page.offset)
    page.require(rows)
    metrics = request.args.get("include_session_time_metrics", "") == "true"
    return reply([_workunit_object(row, metrics=metrics) for row in rows])


def _moment(name: str, default: str) -> str:
    """Read a time of the query, YYYY-MM-DDTHH:MM:SS."""
    text = request.args.get(name, "")
    if text and not MOMENT.fullmatch(text):
        raise invalid(name, "A time as YYYY-MM-DDTHH:MM:SS is expected.")
    return text or default


def _workunit_object(row: Row, *, metrics: bool) -> Object:
    return {
        "uuid": row["uuid"],
        "created_at": row["created_at"],
        "created_by": row["created_by"],
        "work_type": row["work_type"],
        "next_label_status": row["next_label_status"],
        "time": 0,
        "inactive_time": 0,
        "sample_uuid": row["sample_uuid"],
        "sample_name": row["sample_name"],
        "label_rating": row["label_rating"],
        "session_time_metrics": {} if metrics else None,
    }
