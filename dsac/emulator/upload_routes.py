"""The route that presigned forms are posted to, in place of a bucket."""

from collections.abc import Iterator
from typing import IO

from flask import Blueprint, Response, request

from dsac.emulator import assets
from dsac.emulator.context import store
from dsac.emulator.errors import refused
from dsac.emulator.uploads import require_signed

routes = Blueprint("uploads", __name__)
CHUNK = 1024 * 1024


@routes.post("/upload")
def upload() -> Response:
    """Take a file by a form that was signed here; answers 204, without a body."""
    key = require_signed(request.form)
    file = request.files.get("file")
    if file is None:
        raise refused(400, "The form has no file.")
    etag = assets.keep(key, _chunks(file.stream), largest=assets.LARGEST_FILE)
    with store().write() as database:
        database.execute("UPDATE assets SET etag = ? WHERE uuid = ?", (etag, key))
    return Response(status=204)


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK):
        yield chunk
