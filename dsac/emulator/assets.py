"""Routes for assets: a place for a file, and the file that was put there."""

import hashlib
import mimetypes
import uuid
from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path, PurePosixPath

from flask import Blueprint, Response, request, send_file

from dsac.emulator.body import object_body
from dsac.emulator.context import reply, store, user
from dsac.emulator.errors import invalid, refused
from dsac.emulator.store import moment
from dsac.emulator.uploads import signed_form
from dsac.emulator.validation import LONGEST_NAME, text

routes = Blueprint("assets", __name__)
LARGEST_FILE = 100 * 1024 * 1024


def asset_key() -> str:
    """Make the uuid of an asset: random, for who knows it may read the file."""
    return str(uuid.uuid4())


def file_name(key: str, filename: str) -> str:
    """Give the last part of an asset's URL: its uuid, with the file's extension."""
    suffix = PurePosixPath(filename).suffix
    plain = suffix.isascii() and suffix[1:].isalnum()
    return f"{key}{suffix}" if plain else key


def asset_url(owner: str, key: str, filename: str) -> str:
    """Give the URL of an asset, on the host that the request went to."""
    return f"{request.host_url}assets/{owner}/{file_name(key, filename)}"


def insert_asset(
    key: str, owner: str, *, filename: str, kind: str, etag: str | None = None
) -> None:
    """Note an asset; its file is there once it has an ETag."""
    store().connection().execute(
        "INSERT INTO assets VALUES (?, ?, ?, ?, ?, ?)",
        (key, owner, filename, kind, etag, moment()),
    )


def asset_path(key: str, etag: str) -> Path:
    """Say where the file of an asset is kept; the key is one that was made here.

    Other bytes have another place, so that a file and its ETag can't be of two
    uploads: which of them counts is settled in the database alone.
    """
    return store().folder / "assets" / key[:2] / f"{key}.{etag}"


def keep(key: str, chunks: Iterable[bytes], *, largest: int | None = None) -> str:
    """Put a file in its place, whole or not at all; give the MD5 of its bytes.

    Raises:
        ApiError: it is larger than so many bytes.
    """
    draft = asset_path(key, f"{uuid.uuid4().hex}.part")
    draft.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.md5(usedforsecurity=False)
    size = 0
    try:
        with draft.open("wb") as file:
            for chunk in chunks:
                size += len(chunk)
                if largest is not None and size > largest:
                    raise refused(400, f"The file is larger than {largest} bytes.")
                digest.update(chunk)
                file.write(chunk)
        etag = digest.hexdigest()
        draft.replace(asset_path(key, etag))
    finally:
        draft.unlink(missing_ok=True)
    return etag


@routes.post("/assets")
def add_asset() -> Response:
    """Give a place for a file; its URL answers 403 until the file is there."""
    filename = text(object_body(), "filename")
    if len(filename) > LONGEST_NAME:
        raise invalid("filename", f"No more than {LONGEST_NAME} characters.")
    key, who = asset_key(), user()
    kind = mimetypes.guess_type(f"file{PurePosixPath(filename).suffix}")[0]
    kind = kind or "application/octet-stream"
    with store().write():
        insert_asset(key, who, filename=filename, kind=kind)
    answer = {
        "uuid": key,
        "filename": filename,
        "url": asset_url(who, key, filename),
        "created_at": moment(),
        "presignedPostFields": {
            "url": f"{request.host_url}upload/",
            "fields": signed_form(f"assets/{who}/{file_name(key, filename)}", kind),
        },
    }
    return reply(answer, 201)


@routes.get("/assets/<owner>/<file>")
def get_asset(owner: str, file: str) -> Response:
    """Give a file, with the MD5 of its bytes as ETag, as S3 does for a single part."""
    key = file.partition(".")[0]
    row = store().row(
        "SELECT * FROM assets WHERE uuid = ? AND owner = ? AND etag IS NOT NULL",
        key,
        owner,
    )
    if row is None or file_name(key, row["filename"]) != file:
        raise refused(403, "Access Denied")
    path = asset_path(key, row["etag"]).absolute()
    if not path.is_file():
        raise refused(403, "Access Denied")
    response = send_file(
        path, mimetype=row["content_type"], etag=row["etag"], conditional=True
    )
    if response.status_code == HTTPStatus.PRECONDITION_FAILED:
        response.close()
        raise refused(412, "At least one of the preconditions did not hold.")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
