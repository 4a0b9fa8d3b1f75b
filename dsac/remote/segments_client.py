"""The public client: the platform's SDK of 2021 with only the import changed."""

import os
from pathlib import Path
from types import TracebackType
from typing import Self

from dsac.errors import AuthenticationError
from dsac.remote.client import Client
from dsac.remote.segments_datasets import DatasetMethods
from dsac.remote.segments_parts import PartMethods
from dsac.remote.segments_samples import SampleMethods
from dsac.remote.transport import Transport

API_URL = "https://api.segments.ai/"
UNAUTHORIZED = 401


class SegmentsClient(DatasetMethods, PartMethods, SampleMethods):
    """A typed client for the labelling platform.

    Results read both ways: `dataset.name` and `dataset["name"]`. A `dataset`
    argument is a full name such as "jane/flowers".

    >>> client = SegmentsClient("key", check=False)
    >>> client.close()

    Args:
        api_key: The key; by default from SEGMENTS_API_KEY or the file
            SEGMENTS_API_KEY_FILE.
        api_url: The address of the API.
        check: Ask the API at once whether the key is right.

    Raises:
        AuthenticationError: there is no key, or the API does not accept it.
    """

    def __init__(
        self, api_key: str | None = None, api_url: str = API_URL, *, check: bool = True
    ) -> None:
        self._transport = Transport(api_url, key=api_key or _key_of_environment())
        self._client = Client(self._transport)
        if check:
            try:
                self._client.get_user()
            except BaseException:
                self.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()


def _key_of_environment() -> str:
    key = os.environ.get("SEGMENTS_API_KEY", "")
    file = os.environ.get("SEGMENTS_API_KEY_FILE", "")
    if not key and file:
        key = Path(file).read_text(encoding="utf-8").strip()
    if not key:
        raise AuthenticationError(
            "there is no API key",
            status=UNAUTHORIZED,
            hint="pass api_key, or set SEGMENTS_API_KEY or SEGMENTS_API_KEY_FILE",
        )
    return key
