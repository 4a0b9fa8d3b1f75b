"""The endpoint for assets, and the storage that it points at."""

from collections.abc import Mapping
from typing import BinaryIO
from urllib.parse import urlsplit

from dsac.errors import ProtocolError
from dsac.remote import wire
from dsac.remote.calls import Calls
from dsac.remote.retrying import ATTEMPTS
from dsac.remote.transport import Transport


class AssetCalls(Calls):
    """Files: up by a presigned form, down by their URL."""

    def new_asset(self, filename: str) -> tuple[wire.Asset, wire.PresignedFields]:
        """Ask for a place for a file: POST /assets/.

        Args:
            filename: Its extension becomes that of the URL.

        Returns:
            The asset, and the form with which its content is put there: whoever has
            the form needs no key.
        """
        asset = self._send(
            wire.Asset, "POST", "/assets/", {"filename": filename}, idempotent=True
        )
        if asset.presignedPostFields is None:
            raise ProtocolError(
                f"POST /assets/: the answer for {filename} has no presignedPostFields",
                method="POST",
                url="/assets/",
            )
        return asset, asset.presignedPostFields

    def upload_asset(self, file: BinaryIO, *, filename: str) -> wire.Asset:
        """Upload a file: POST /assets/, then a form to where the answer says.

        Args:
            file: Open for reading, in binary.
            filename: Its extension becomes that of the URL.

        Returns:
            The asset; `url` is what goes into attributes.
        """
        asset, form = self.new_asset(filename)
        post_file(self.transport, form.url, form.fields, filename, file.read())
        self.transport.count(uploads=1)
        return asset

    def etag(self, url: str) -> str:
        """Give the ETag behind a URL, unquoted, empty where there is none: HEAD."""
        found: str = self.transport.request("HEAD", url).headers.get("ETag", "")
        return found.strip('"')

    def download(
        self, url: str, *, attempts: int = ATTEMPTS, most: int | None = None
    ) -> bytes:
        """Give the bytes behind a URL: GET, without the key where it is elsewhere.

        Args:
            url: An absolute URL, http or https.
            attempts: So often it is tried at the most.
            most: So many bytes it may have; None for any number.
        """
        if urlsplit(url).scheme not in {"http", "https"}:
            raise ProtocolError(f"{url}: only http and https can be read", url=url)
        response = self.transport.request("GET", url, attempts=attempts, most=most)
        return response.content


def post_file(
    transport: Transport,
    url: str,
    fields: Mapping[str, str],
    filename: str,
    data: bytes,
) -> None:
    """Put a file where a presigned form says.

    Raises:
        RemoteError: it is not there, or nobody knows.
    """
    transport.request(
        "POST", url, fields=fields, files={"file": (filename, data)}, idempotent=True
    )
