"""What every route needs: the store, the user, an answer."""

import msgspec
from flask import Response, current_app, g

from dsac.emulator.store import Store


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
