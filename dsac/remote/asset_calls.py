"""The endpoint for assets, and the storage that it points at."""

from typing import BinaryIO
from urllib.parse import urlsplit

from dsac.errors import ProtocolError
from dsac.remote import wire
from dsac.remote.calls import Calls
from dsac.remote.retrying import ATTEMPTS


class AssetCalls(Calls):
    """Files: up by a presigned form, down by their URL."""

    def upload_asset(self, file: BinaryIO, *, filename: str) -> wire.Asset:
        """Upload a file: POST /assets/, then a form to where the answer says.

        Args:
            file: Open for reading, in binary.
            filename: Its extension becomes that of the URL.

        Returns:
            The asset; `url` is what goes into attributes.
        """
        asset = self._send(
            wire.Asset, "POST", "/assets/", {"filename": filename}, idempotent=True
        )
        target = asset.presignedPostFields
        if target is None:
            raise ProtocolError(
                f"POST /assets/: the answer for {filename} has no presignedPostFields",
                method="POST",
                url="/assets/",
            )
        self.transport.request(
            "POST",
            target.url,
            fields=target.fields,
            files={"file": (filename, file.read())},
            idempotent=True,
        )
        self.transport.count(uploads=1)
        return asset

    def etag(self, url: str) -> str:
        """Give the ETag behind a URL, unquoted, empty where there is none: HEAD."""
        found: str = self.transport.request("HEAD", url).headers.get("ETag", "")
        return found.strip('"')

    def download(self, url: str, *, attempts: int = ATTEMPTS) -> bytes:
        """Give the bytes behind a URL: GET, without the key where it is elsewhere.

        Args:
            url: An absolute URL, http or https.
            attempts: So often it is tried at the most.
        """
        if urlsplit(url).scheme not in {"http", "https"}:
            raise ProtocolError(f"{url}: only http and https can be read", url=url)
        return self.transport.request("GET", url, attempts=attempts).content
