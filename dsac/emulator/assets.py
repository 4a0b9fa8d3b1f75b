"""Routes for assets: a place for a file, the form that fills it, and the file."""

import hashlib
import hmac
import json
import mimetypes
import os
import uuid
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Blueprint, Response, request, send_file

from dsac.emulator.context import Object, object_body, reply, store, user
from dsac.emulator.errors import ApiError
from dsac.emulator.store import moment
from dsac.emulator.validation import text

routes = Blueprint("assets", __name__)
LARGEST_FILE = 100 * 1024 * 1024
VALID_FOR = timedelta(hours=1)
STAMP = "%Y-%m-%dT%H:%M:%S.000Z"


def _secret() -> bytes:
    """Give the key that signs upload policies; made once for a data folder."""
    path = store().folder / "secret"
    if not path.exists():
        draft = path.with_suffix(f".{uuid.uuid4().hex}")
        draft.write_bytes(os.urandom(32))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_bytes()


def _sign(policy: str) -> str:
    return hmac.new(_secret(), policy.encode(), hashlib.sha256).hexdigest()


def _path(key: str) -> Path:
    return store().folder / "assets" / key[:2] / key


def _extension(filename: str) -> str:
    suffix = Path(filename).suffix.removeprefix(".")
    return suffix if suffix.isascii() and suffix.isalnum() else ""


def asset_url(host: str, owner: str, key: str, extension: str) -> str:
    """Give the URL of an asset, as the platform forms it."""
    ending = f".{extension}" if extension else ""
    return f"{host.rstrip('/')}/assets/{owner}/{key}{ending}"


@routes.post("/assets")
def add_asset() -> Response:
    """Give a place for a file; its URL answers 403 until the file is there."""
    filename = text(object_body(), "filename")
    key, who, now = str(uuid.uuid4()), user(), moment()
    kind = mimetypes.guess_type(filename)[0] or "application/octet-stream"
    with store().write() as database:
        database.execute(
            "INSERT INTO assets VALUES (?, ?, ?, ?, NULL, ?)",
            (key, who, filename, kind, now),
        )
    answer = {
        "uuid": key,
        "filename": filename,
        "url": asset_url(request.host_url, who, key, _extension(filename)),
        "created_at": now,
        "presignedPostFields": {
            "url": f"{request.host_url}upload/",
            "fields": _form(f"assets/{who}/{key}", kind),
        },
    }
    return reply(answer, 201)


def _form(key: str, kind: str) -> dict[str, str]:
    """Give the fields of an upload form, the policy among them signed."""
    now = datetime.now(UTC)
    conditions = {
        "expiration": (now + VALID_FOR).strftime(STAMP),
        "conditions": [{"key": key}, {"Content-Type": kind}],
    }
    policy = b64encode(json.dumps(conditions).encode()).decode()
    return {
        "acl": "public-read",
        "Content-Type": kind,
        "key": key,
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": f"local/{now:%Y%m%d}/local/s3/aws4_request",
        "x-amz-date": now.strftime("%Y%m%dT%H%M%SZ"),
        "policy": policy,
        "x-amz-signature": _sign(policy),
    }


FIELDS = frozenset(
    {
        "acl",
        "Content-Type",
        "key",
        "x-amz-algorithm",
        "x-amz-credential",
        "x-amz-date",
        "policy",
        "x-amz-signature",
    }
)
"""The fields that the platform's own SDK sends back; all are required."""


@routes.post("/upload")
def upload() -> Response:
    """Take a file by a form whose policy this server signed."""
    form = request.form
    missing = FIELDS - form.keys()
    if missing:
        raise _refused(f"The form lacks {', '.join(sorted(missing))}.")
    if not hmac.compare_digest(_sign(form["policy"]), form["x-amz-signature"]):
        raise _refused("The signature does not match.")
    policy: Object = json.loads(b64decode(form["policy"]))
    expires = datetime.strptime(policy["expiration"], STAMP).replace(tzinfo=UTC)
    if expires < datetime.now(UTC):
        raise _refused("The policy has expired.")
    for condition in policy["conditions"]:
        for field, value in condition.items():
            if form.get(field) != value:
                raise _refused(f"The form does not keep to the policy: {field}.")
    file = request.files.get("file")
    if file is None:
        raise ApiError(400, {"detail": "The form has no file."})
    data = file.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise ApiError(400, {"detail": "The file is larger than 100 MB."})
    _save(form["key"].rpartition("/")[2], data)
    return Response(status=204)


def _refused(why: str) -> ApiError:
    return ApiError(403, {"detail": why})


def _save(key: str, data: bytes) -> None:
    """Put a file where it belongs, whole or not at all."""
    path = _path(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{uuid.uuid4().hex}")
    draft.write_bytes(data)
    draft.replace(path)
    etag = hashlib.md5(data, usedforsecurity=False).hexdigest()
    with store().write() as database:
        database.execute("UPDATE assets SET etag = ? WHERE uuid = ?", (etag, key))


def store_file(owner: str, filename: str, data: bytes, *, content_type: str) -> str:
    """Keep a file that the server itself made; give its key."""
    key = str(uuid.uuid4())
    with store().write() as database:
        database.execute(
            "INSERT INTO assets VALUES (?, ?, ?, ?, NULL, ?)",
            (key, owner, filename, content_type, moment()),
        )
    _save(key, data)
    return key


@routes.get("/assets/<owner>/<file>")
def get_asset(owner: str, file: str) -> Response:
    """Give a file, with the MD5 of its bytes as ETag, as S3 does for a single part."""
    key = file.partition(".")[0]
    row = store().row(
        "SELECT * FROM assets WHERE uuid = ? AND owner = ? AND etag IS NOT NULL",
        key,
        owner,
    )
    if row is None:
        raise _refused("Access Denied")
    return send_file(
        _path(key).absolute(),
        mimetype=row["content_type"],
        etag=row["etag"],
        conditional=True,
        max_age=3600,
    )
