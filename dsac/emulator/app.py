"""The WSGI app: its routes, who comes in, and how errors are answered."""

import re
import sqlite3
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path

from flask import Flask, Request, Response, g, request
from werkzeug.exceptions import HTTPException

from dsac.emulator import (
    assets,
    bulk,
    collaborators,
    datasets,
    issues,
    labels,
    labelsets,
    releases,
    samples,
    upload_routes,
    users,
    workunits,
)
from dsac.emulator.accounts import Account
from dsac.emulator.body import LARGEST_BODY
from dsac.emulator.context import reply, store
from dsac.emulator.errors import ApiError, not_found, refused
from dsac.emulator.routing import LazyRule
from dsac.emulator.store import Store

MODULES = (
    users,
    datasets,
    collaborators,
    samples,
    bulk,
    labels,
    labelsets,
    issues,
    releases,
    assets,
    upload_routes,
    workunits,
)
STATUS = "/api_status"


def build(
    data: Path, *, accounts: Sequence[Account], organizations: Sequence[str]
) -> Flask:
    """Assemble the app over a data folder."""
    opened = Store(data)
    opened.add_accounts(accounts, organizations)
    app = Flask("dsac.emulator", static_folder=None)
    app.url_rule_class = LazyRule
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.config["store"] = opened
    app.request_class = _Request
    app.before_request(_require_host)
    app.before_request(_authenticate)
    app.after_request(_allow_browsers)
    app.after_request(_ask_for_a_key)
    app.register_error_handler(ApiError, _error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(UnicodeError, _unreadable)
    app.register_error_handler(sqlite3.IntegrityError, _gone_meanwhile)
    app.add_url_rule(STATUS, view_func=_api_status)
    for module in MODULES:
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
    code = error.code or 500
    return reply({"detail": words.get(code, error.description)}, code)


def _unreadable(_: UnicodeError) -> Response:
    return _error(refused(400, "The request holds text that is not valid."))


def _gone_meanwhile(_: sqlite3.IntegrityError) -> Response:
    """Answer that what a row refers to was deleted since it was looked up."""
    return _error(not_found())


HOST = re.compile(r"([\w.-]*|\[[0-9a-f:.]+\])(:\d{1,5})?", re.ASCII | re.IGNORECASE)


def _require_host() -> None:
    """Refuse a host that could not stand in the URLs of assets."""
    if not HOST.fullmatch(request.headers.get("Host", "")):
        raise refused(400, "Invalid host header.")


def _authenticate() -> None:
    """Find the user of the request's key; files, forms and the status need none."""
    g.user = ""
    if _is_storage():
        return
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme == "APIKey":
        row = store().row("SELECT name FROM accounts WHERE key = ?", key.strip())
        if row is None:
            raise refused(401, "Invalid API key.")
        g.user = row["name"]
    elif request.method != "OPTIONS" and request.path.rstrip("/") != STATUS:
        raise refused(401, "Authentication credentials were not provided.")


def _is_storage() -> bool:
    """Tell whether the request is one that goes to a bucket on the platform."""
    if request.path.rstrip("/") == "/upload":
        return True
    return request.path.startswith("/assets/") and request.path != "/assets/"


def _allow_browsers(response: Response) -> Response:
    """Let pages of any origin read files; the API itself is not for them."""
    if _is_storage():
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, POST"
        response.headers["Access-Control-Allow-Headers"] = "*"
        response.headers["Access-Control-Expose-Headers"] = "ETag"
    return response


def _ask_for_a_key(response: Response) -> Response:
    """Say with a 401 how one comes in, as HTTP has it."""
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "APIKey"
    return response
