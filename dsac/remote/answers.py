"""Reads the body of an answer: all of it, and no more than was bargained for."""

import io

from requests import Response
from requests.exceptions import ChunkedEncodingError
from urllib3.exceptions import ProtocolError, ReadTimeoutError

from dsac.errors import TooLargeError

CHUNK = 1 << 20
"""So many bytes of an answer of unknown length are read at a time."""


def read_body(response: Response, method: str, *, most: int | None) -> int:
    """Read the body of an answer into `response.content`, and count its bytes.

    Args:
        response: An answer whose body is still on the wire.
        method: The method of its request.
        most: So many bytes may come, once unpacked; None for any number.

    Raises:
        ChunkedEncodingError: the answer ended early.
        TooLargeError: there are more bytes; the rest of them is not read.
    """
    promised = response.headers.get("Content-Length", "")
    length = int(promised) if promised.isdigit() else None
    plain = "Content-Encoding" not in response.headers
    if most is None or response.status_code >= 300:  # noqa: PLR2004 - only rows are many
        data = response.content
    elif length is not None and plain:
        if length > most:
            raise _too_large(response, method, length)
        data = _whole(response)
    else:
        data = _bounded(response, method, most)
    if method != "HEAD" and plain and length is not None and length != len(data):
        raise ChunkedEncodingError("the answer was cut")
    return len(data)


def _whole(response: Response) -> bytes:
    """Read an answer in one go, not in pieces of 10 kB as `response.content` does."""
    try:
        data: bytes = response.raw.read(decode_content=True)
    except (ProtocolError, ReadTimeoutError) as error:
        raise ChunkedEncodingError(error) from error
    _put(response, data)
    return data


def _put(response: Response, data: bytes) -> None:
    """Make `data` the body that `response.content` gives from now on."""
    response.raw = io.BytesIO(data)
    response._content = data  # noqa: SLF001 - requests has no other way to set it


def _bounded(response: Response, method: str, most: int) -> bytes:
    """Read an answer that does not say how long it will be."""
    parts, found = [], 0
    for part in response.iter_content(CHUNK):
        found += len(part)
        if found > most:
            raise _too_large(response, method, None)
        parts.append(part)
    data = b"".join(parts)
    _put(response, data)
    return data


def _too_large(response: Response, method: str, length: int | None) -> TooLargeError:
    # What was sent and not read would be taken for the next answer.
    response.close()
    return TooLargeError(
        f"{method} {response.url}: the answer is too large to be held in memory",
        method=method,
        url=str(response.url),
        length=length,
    )
