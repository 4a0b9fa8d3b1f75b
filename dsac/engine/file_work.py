"""The work on files as plain functions of plain values, which any executor can run.

What runs here may run on another machine: it gets paths, digests and presigned forms,
and no key; it gives back plain values, since not every exception survives the way.
"""

import hashlib
import io
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from dsac.assets.digests import digest_file
from dsac.errors import AssetError, DsacError
from dsac.remote.asset_calls import post_file
from dsac.remote.transport import Transport

NOWHERE = "http://dsac.invalid"
"""The API of who has no key; forms lead elsewhere."""


def content(path: Path, shown: str, *, sha256: str, form: str) -> bytes:
    """Read a file as it goes up; its content must be what the plan saw.

    Raises:
        AssetError: it can't be read, or changed.
    """
    data = checked(path, shown, sha256=sha256)
    if form == "file":
        return data
    from dsac.assets import bitmaps

    # The file may be another one by now: what goes up is made of what was checked.
    return bitmaps.encode(bitmaps.read_stream(io.BytesIO(data), path))


def checked(path: Path, shown: str, *, sha256: str) -> bytes:
    """Read a file that is to go up; its content must be what the plan saw.

    Raises:
        AssetError: it can't be read, or changed.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise AssetError(path, f"{shown} can't be read: {error.strerror}") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise AssetError(
            path,
            f"{shown} is not the file that was planned: its content changed",
            hint="plan again",
        )
    return data


def place_file(  # noqa: PLR0913 - all but the first are keyword-only
    path: str,
    *,
    sha256: str,
    form: str,
    name: str,
    url: str,
    fields: Mapping[str, str],
) -> dict[str, str]:
    """Read, check and encode a file, and post it with a presigned form.

    Returns:
        The `md5` of what went up; or the `problem`, its `hint`, and as `kind` whether
        it is one of the file or of the way.
    """
    try:
        data = content(Path(path), path, sha256=sha256, form=form)
        post_file(_transport(), url, fields, name, data)
    except DsacError as error:
        kind = "file" if isinstance(error, AssetError) else "way"
        problem = f"{error} (worker {worker()})"
        return {"problem": problem, "hint": error.hint, "kind": kind}
    return {"md5": hashlib.md5(data, usedforsecurity=False).hexdigest()}


def digest_files(paths: Sequence[str]) -> list[tuple[str, str]]:
    """Digest files: for each its sha256, or else why it can't be read."""
    found = []
    for path in paths:
        try:
            found.append((digest_file(Path(path)).sha256, ""))
        except FileNotFoundError:
            found.append(("", f"is gone (worker {worker()}: {path})"))
        except OSError as error:
            why = f"can't be read: {error.strerror} (worker {worker()}: {path})"
            found.append(("", why))
    return found


def worker() -> str:
    """Name who runs this: a Dask worker's address, or a machine and process."""
    distributed = sys.modules.get("distributed")
    if distributed is not None:
        try:
            return str(distributed.get_worker().address)
        except ValueError:
            pass  # distributed is loaded, and this is not one of its workers
    return f"{socket.gethostname()}, process {os.getpid()}"


@lru_cache
def _transport() -> Transport:
    """Open one transport for each process; it knows no key."""
    return Transport(NOWHERE, key="")
