"""What every route needs: the store, the user, the body, and who may do what."""

from sqlite3 import Row
from typing import Any

import msgspec
from flask import Request, Response, current_app, g, request

from dsac.emulator.errors import ApiError, forbidden, not_found
from dsac.emulator.store import Store
from dsac.emulator.unzip import unzipped

# The JSON of a request; `dsac.emulator.validation` finds out which types are in it.
Object = dict[str, Any]


def reply(value: object, status: int = 200) -> Response:
    """Answer with JSON."""
    return Response(
        msgspec.json.encode(value), status=status, mimetype="application/json"
    )


def done() -> Response:
    """Answer that something is gone."""
    return Response(status=204)


def store() -> Store:
    """Give the app's store."""
    found: Store = current_app.config["store"]
    return found


def user() -> str:
    """Name the user of the request's key."""
    found: str = g.user
    return found


def json_body(incoming: Request = request) -> object:
    """Decode the JSON of a request, unzipped if need be.

    Raises:
        ApiError: it is no JSON, or grows beyond all measure.
    """
    data = incoming.get_data()
    if incoming.headers.get("Content-Encoding", "") == "gzip":
        data = unzipped(data)
    try:
        return msgspec.json.decode(data or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ApiError(400, {"detail": f"JSON parse error - {error}"}) from error


def object_body() -> Object:
    """Decode the body of a request that must be a JSON object."""
    found = json_body()
    if not isinstance(found, dict):
        raise ApiError(400, {"non_field_errors": ["A JSON object is expected."]})
    return found


class Right:
    """What a role lets one do; each includes those before it."""

    READ = 0
    LABEL = 1
    MANAGE = 2


RIGHTS = {
    "labeler": Right.LABEL,
    "reviewer": Right.LABEL,
    "manager": Right.LABEL,
    "admin": Right.MANAGE,
}


def administers(owner: str) -> bool:
    """Tell whether the user is `owner`, or owns that organisation."""
    if user() == owner:
        return True
    first = store().row("SELECT name FROM accounts ORDER BY position LIMIT 1")
    organization = store().row(
        "SELECT 1 FROM accounts WHERE name = ? AND key IS NULL", owner
    )
    return bool(organization and first and first["name"] == user())


def role_in(dataset: Object) -> str:
    """Give the user's role in a dataset, empty where there is none."""
    if administers(dataset["owner"]):
        return "admin"
    row = store().row(
        "SELECT role FROM collaborators WHERE dataset = ? AND user = ?",
        dataset["id"],
        user(),
    )
    return row["role"] if row else ""


def dataset_for(owner: str, name: str, right: int = Right.READ) -> Object:
    """Find a dataset in which the user may do something.

    Raises:
        ApiError: it does not exist or can't be seen (both 404), or it can be seen
            and the user may not do that (403).
    """
    row = store().row(
        "SELECT * FROM datasets WHERE owner = ? AND name = ?", owner, name
    )
    return allowed(row, right)


def allowed(row: Row | None, right: int) -> Object:
    """Check a row of datasets against what the user may do."""
    if row is None:
        raise not_found()
    found: Object = dict(row)
    found["values"] = msgspec.json.decode(found["fields"])
    found["role"] = role_in(found)
    if not found["role"] and not found["values"]["public"]:
        raise not_found()
    if RIGHTS.get(found["role"], Right.READ) < right:
        raise forbidden()
    return found


def sample_for(uuid: str, right: int = Right.READ) -> tuple[Object, Object]:
    """Find a sample and its dataset; as `dataset_for`."""
    row = store().row("SELECT * FROM samples WHERE uuid = ?", uuid)
    if row is None:
        raise not_found()
    dataset = store().row("SELECT * FROM datasets WHERE id = ?", row["dataset"])
    return dict(row), allowed(dataset, right)


def page_bounds() -> tuple[int, int, int]:
    """Give page, limit and offset of a listing; what can't be read is the default."""
    page = _positive("page", 1)
    limit = min(_positive("per_page", 100), 10_000)
    return page, limit, (page - 1) * limit


def _positive(name: str, default: int) -> int:
    text = request.args.get(name, "")
    plain = text.isascii() and text.isdigit() and len(text) < 10  # noqa: PLR2004 - fits in 32 bits
    return max(int(text), 1) if plain else default


def check_page(page: int, rows: object) -> None:
    """Refuse a page behind the last one; the first may be empty."""
    if page > 1 and not rows:
        raise ApiError(404, {"detail": "Invalid page."})
