"""Finds what stands where a URL does: a file of the project, or the platform's.

Only for what is looked at: nothing fails for it, what can't be read is said to be so.
"""

import threading
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

from dsac.assets.digests import digest_file
from dsac.core.values import Tree, Upload
from dsac.errors import (
    RateLimitedError,
    RemoteError,
    ServerError,
    TooLargeError,
    TransportError,
)
from dsac.remote.reader import Reader

MOST_BYTES = 64 * 2**20
"""A picture or bitmap of more bytes is not downloaded."""

PATIENCE = 3
"""Of a host that failed so often nothing more is asked."""


class Unreadable(Exception):  # noqa: N818 - it is said, and no error of the run
    """Why a picture, or the pixels of a label, are not known."""


class Sources:
    """Gives pictures and bitmaps as local files, or as the bytes behind URLs.

    Args:
        root: The folder of the project; no file outside of it is read.
        reader: Reads what is on the platform; without one nothing is asked for, and a
            file that is not as it was when the plan was made is not shown.
    """

    def __init__(self, root: Path, reader: Reader | None = None) -> None:
        self._root = root.resolve()
        self._reader = reader
        self._failures: Counter[str] = Counter()
        self._lock = threading.Lock()

    def find(self, drawn: Tree) -> Path | bytes:
        """Give a local file, or the bytes behind a URL.

        Raises:
            Unreadable: there is no such file, or nothing that can be read.
        """
        if isinstance(drawn, Upload):
            return self._file(drawn)
        if self._reader is None:
            raise Unreadable("it is on the platform, which is not asked offline")
        return self._download(str(drawn), self._reader)

    def _file(self, upload: Upload) -> Path:
        try:
            path = (self._root / upload.path).resolve()
            here = path.is_relative_to(self._root) and path.is_file()
            as_planned = here and self._is_as_planned(path, upload)
        except (OSError, ValueError, RuntimeError) as error:
            raise Unreadable(f"{upload.path} can't be read") from error
        if not here:
            raise Unreadable(f"{upload.path} is not here")
        if not as_planned:
            raise Unreadable(f"{upload.path} is not as it was when this was planned")
        return path

    def _is_as_planned(self, path: Path, upload: Upload) -> bool:
        return self._reader is not None or digest_file(path).sha256 == upload.sha256

    def _download(self, url: str, reader: Reader) -> bytes:
        host = _host(url)
        if self._failures[host] >= PATIENCE:
            raise Unreadable(f"{host} failed before, and is not asked again")
        try:
            return reader.picture(url, most=MOST_BYTES)
        except TooLargeError as error:
            raise Unreadable(f"it has more than {MOST_BYTES >> 20} MiB") from error
        except (TransportError, ServerError, RateLimitedError) as error:
            with self._lock:
                self._failures[host] += 1
            raise Unreadable("it can't be read now where its URL leads") from error
        except RemoteError as error:
            raise Unreadable("it can't be read where its URL leads") from error


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise Unreadable("its URL is none") from None
    if parts.scheme not in {"http", "https"}:
        raise Unreadable("only http and https can be read here")
    return parts.netloc
