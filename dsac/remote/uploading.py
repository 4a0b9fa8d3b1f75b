"""Puts files where attributes can refer to them; never the same content twice."""

import hashlib
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import PurePosixPath
from typing import BinaryIO, Protocol

from dsac.core.values import Upload
from dsac.errors import RemoteError
from dsac.remote import wire
from dsac.remote.client import Client
from dsac.remote.stripes import Stripes

Opener = Callable[[Upload], tuple[BinaryIO, str]]
"""Opens a file for its upload: the bytes as they go up, and a file name."""

Hands = Callable[[Upload, str, wire.PresignedFields], str]
"""Puts a file, under a name, where a form says; gives the MD5 of what went up."""

MD5 = re.compile(r"[0-9a-f]{32}")


def sent_name(upload: Upload) -> str:
    """Give the name under which a file goes up.

    >>> sent_name(Upload("masks/a.tif", "", form="bitmap"))
    'a.png'
    """
    path = PurePosixPath(upload.path)
    return f"{path.stem}.png" if upload.form == "bitmap" else path.name


class Memory(Protocol):
    """Remembers where content went: a URL, and the MD5 of what went up."""

    def find(self, upload: Upload) -> tuple[str, str]:
        """Give where a file's content is; empty where nobody knows."""

    def keep(self, upload: Upload, url: str, md5: str) -> None:
        """Remember where a file's content went."""


class Uploader:
    """Uploads a file, unless its content still stands where an earlier run left it."""

    def __init__(
        self,
        client: Client,
        *,
        opener: Opener,
        memory: Memory | None = None,
        hands: Hands | None = None,
    ) -> None:
        self._client = client
        self._open = opener
        self._hands = hands
        self._memory = memory
        self._stripes = Stripes()

    def place(self, upload: Upload) -> str:
        """Give a URL under which the content of a file is.

        Raises:
            AssetError: the file is not what was planned.
            RemoteError: it could not be uploaded.
        """
        if self._memory is None:
            return self._upload(upload)[0]
        # Two files of one content wait for each other, and others hardly ever do.
        with self._stripes.lock(upload.sha256):
            url, md5 = self._memory.find(upload)
            if url and self._stands(url, md5):
                return url
            url, md5 = self._upload(upload)
            self._memory.keep(upload, url, md5)
            return url

    def _upload(self, upload: Upload) -> tuple[str, str]:
        if self._hands is not None:
            name = sent_name(upload)
            asset, form = self._client.new_asset(name)
            md5 = self._hands(upload, name, form)
            self._client.transport.count(uploads=1)
            return asset.url, md5
        stream, filename = self._open(upload)
        with stream:
            data = stream.read()
        asset = self._client.upload_asset(BytesIO(data), filename=filename)
        return asset.url, hashlib.md5(data, usedforsecurity=False).hexdigest()

    def _stands(self, url: str, md5: str) -> bool:
        """Tell whether a URL answers, and not with another content."""
        try:
            etag = self._client.etag(url).lower()
        except RemoteError:
            return False
        return etag == md5 or not MD5.fullmatch(etag)
