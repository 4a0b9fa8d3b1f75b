"""Routes for users, and what other objects say about them."""

from flask import Blueprint, Response

from dsac.emulator.body import Object
from dsac.emulator.context import reply, store, user
from dsac.emulator.errors import not_found

routes = Blueprint("users", __name__)


def user_object(name: str) -> Object:
    """Describe a user or an organisation.

    Raises:
        ApiError: 404, there is none of that name.
    """
    row = store().row("SELECT * FROM accounts WHERE name = ?", name)
    if row is None:
        raise not_found()
    organization = row["key"] is None
    return {
        "username": name,
        "created_at": row["created_at"],
        "is_organization": organization,
        "email": None if organization else f"{name}@example.com",
    }


@routes.get("/user")
def get_user() -> Response:
    return reply(user_object(user()))


@routes.get("/users/<name>")
def get_other_user(name: str) -> Response:
    return reply(user_object(name))
