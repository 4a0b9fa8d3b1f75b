"""Routes for users, and what other objects say about them."""

from sqlite3 import Row

from flask import Blueprint, Response

from dsac.emulator.body import Object
from dsac.emulator.context import reply, store, user
from dsac.emulator.errors import not_found

routes = Blueprint("users", __name__)


def user_object(name: str) -> Object:
    """Describe a user or an organisation, as other objects do.

    Raises:
        ApiError: 404, there is none of that name.
    """
    row = store().row("SELECT * FROM accounts WHERE name = ?", name)
    if row is None:
        raise not_found()
    return _described(row)


def _described(row: Row) -> Object:
    organization = row["key"] is None
    return {
        "username": row["name"],
        "created_at": row["created_at"],
        "is_organization": organization,
        "email": None if organization else f"{row['name']}@example.com",
    }


def _whole(name: str) -> Object:
    """Describe a user or an organisation with all that the API tells of them."""
    found = user_object(name)
    first = store().row(
        "SELECT * FROM accounts WHERE key IS NOT NULL ORDER BY position LIMIT 1"
    )
    owner = None if first is None else first["name"]
    found |= {
        "webhooks_enabled": False,
        "private_upload_count": 0,
        "public_upload_count": 0,
        "subscription": "FREE",
        "is_trial_expired": False,
        "insights_urls": {},
    }
    if found["is_organization"]:
        found |= {
            "organization_created_by": owner,
            "organization_role": "admin" if user() == owner else None,
            "members": [] if first is None else [_described(first)],
        }
    elif name == user():
        rows = store().rows("SELECT * FROM accounts WHERE key IS NULL ORDER BY name")
        owned = rows if name == owner else []
        found["organizations"] = [_described(row) for row in owned]
    return found


@routes.get("/user")
def get_user() -> Response:
    return reply(_whole(user()))


@routes.get("/users/<name>")
def get_other_user(name: str) -> Response:
    return reply(_whole(name))
