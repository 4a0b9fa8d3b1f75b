"""The WSGI app: authentication, JSON bodies, errors, and the routes of all modules."""

from collections.abc import Sequence
from pathlib import Path

from flask import Flask, Request, Response, g, request
from werkzeug.exceptions import HTTPException

from dsac.emulator import assets, datasets, labels, parts, samples
from dsac.emulator.accounts import Account
from dsac.emulator.context import reply, store
from dsac.emulator.errors import ApiError
from dsac.emulator.store import Store
from dsac.emulator.unzip import LARGEST_BODY

OPEN_PATHS = frozenset({"/api_status"})


def build(
    data: Path, *, accounts: Sequence[Account], organizations: Sequence[str]
) -> Flask:
    """Assemble the app over a data folder."""
    opened = Store(data)
    opened.add_accounts(accounts, organizations)
    app = Flask("dsac.emulator", static_folder=None)
    app.url_map.strict_slashes = False
    app.config["store"] = opened
    app.request_class = _Request
    app.before_request(_authenticate)
    app.after_request(_allow_browsers)
    app.register_error_handler(ApiError, _error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(UnicodeError, _unreadable)
    app.add_url_rule("/api_status", view_func=_api_status)
    for module in (datasets, samples, labels, parts, assets):
        app.register_blueprint(module.routes)
    return app


class _Request(Request):
    """A request whose forms may hold a file of the largest size."""

    max_form_memory_size = 1024 * 1024
    max_content_length = LARGEST_BODY


def _api_status() -> Response:
    return reply({"detail": "ok"})


def _error(error: ApiError) -> Response:
    return reply(error.body, error.status)


def _http_error(error: HTTPException) -> Response:
    words = {404: "Not found.", 405: f'Method "{request.method}" not allowed.'}
    code = error.code or 400
    return reply({"detail": words.get(code, error.description)}, code)


def _unreadable(_: UnicodeError) -> Response:
    return reply({"detail": "The request holds text that is not valid."}, 400)


def _authenticate() -> None:
    """Find the user of the request's key; assets and the status need none."""
    g.user = ""
    header = request.headers.get("Authorization", "")
    scheme, _, key = header.partition(" ")
    if scheme == "APIKey":
        row = store().row("SELECT name FROM accounts WHERE key = ?", key.strip())
        if row is None:
            raise ApiError(401, {"detail": "Invalid API key."})
        g.user = row["name"]
    elif not _is_open(request.path):
        detail = "Authentication credentials were not provided."
        raise ApiError(401, {"detail": detail})


def _is_open(path: str) -> bool:
    if request.method == "OPTIONS" or path.rstrip("/") in OPEN_PATHS:
        return True
    return path.startswith(("/assets/", "/upload/")) and path != "/assets/"


def _allow_browsers(response: Response) -> Response:
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Allow-Headers"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "ETag"
    return response
