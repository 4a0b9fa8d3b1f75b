"""Which exception a request becomes that failed, and what it may tell of secrets."""

import re
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import msgspec
import requests

from dsac.errors import (
    AuthenticationError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    ProtocolError,
    RateLimitedError,
    ResponseError,
    ServerError,
    TransportError,
)

BY_TEXT: tuple[tuple[int, str, type[ResponseError]], ...] = (
    (400, "already exists", ConflictError),
    (400, "already have", ConflictError),
    (400, "is already a collaborator", ConflictError),
    (400, "cannot be added as collaborator", ConflictError),
    (400, "cannot leave the organization", ForbiddenError),
    (400, "need to be an administrator", ForbiddenError),
    (400, "do not have permission", ForbiddenError),
    (400, "free trial ended", ForbiddenError),
    (400, "exceeded user limit", ForbiddenError),
    (400, "throttled", RateLimitedError),
    (400, "time-out", ServerError),
    (400, "invalid page", NotFoundError),
    (400, "does not exist", NotFoundError),
    (400, "not found", NotFoundError),
    (403, "authentication credentials were not provided", AuthenticationError),
    (403, "invalid api key", AuthenticationError),
)
"""(status, fragment of the lowercased text, class), where a status can't tell."""

BY_STATUS: dict[int, type[ResponseError]] = {
    401: AuthenticationError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    429: RateLimitedError,
}

HINTS: dict[type[ResponseError], str] = {
    AuthenticationError: "set SEGMENTS_API_KEY to a key of this platform",
    ForbiddenError: "use a key whose user may administer the dataset",
}

UNAUTHORIZED = 401
SERVER_ERROR = 500
EXCERPT = 200
START = 80

_QUERY = re.compile(r"""(https?://[^\s"'<>?]+)\?[^\s"'<>]*""")
_SIGNED = re.compile(
    r"""(?ix)
    (?P<name> <(?:AWSAccessKeyId|Signature\w*|StringToSign\w*|CanonicalRequest\w*)>
    | ["']? (?:x-amz-[\w-]+ | x-goog-[\w-]+ | policy | signature | awsaccesskeyid
      | authorization) ["']? \s* [:=] \s* )
    (?P<value> ["'][^"']*["'] | [^<&,;}"']+ )
    """
)
"""What a storage echoes of a form or link that is good for whoever has it."""


def scrubbed(text: str, secret: str = "") -> str:
    """Take the key and all signatures out of a text that a server wrote.

    >>> scrubbed("no GET https://s3/a.png?X-Amz-Signature=ab for APIKey k1", "k1")
    'no GET https://s3/a.png for APIKey [key]'
    """
    text = _QUERY.sub(r"\1", text.replace(secret, "[key]") if secret else text)
    return _SIGNED.sub(r"\g<name>[left out]", text)


def failure_class(status: int, detail: str) -> type[ResponseError]:
    """Choose the exception class for an error answer."""
    text = detail.lower()
    for row_status, fragment, found in BY_TEXT:
        if status == row_status and fragment in text:
            return found
    if status >= SERVER_ERROR:
        return ServerError
    return BY_STATUS.get(status, ResponseError)


def failure(  # noqa: PLR0913 - all but the first two are keyword-only
    status: int,
    body: bytes,
    *,
    method: str,
    url: str,
    retry_after: str = "",
    secret: str = "",
) -> ResponseError:
    """Build the exception for an error answer, with the server's own words.

    Args:
        status: The answer's status.
        body: The answer's body; `secret` and signatures are left out of it.
        method: The request's method.
        url: The request's URL, without its query.
        retry_after: The header of that name.
        secret: The key, which some servers echo.
    """
    detail = scrubbed(detail_of(body), secret)
    found = failure_class(status, detail)
    error = found(
        f"{method} {url}: {status} {detail}".rstrip(),
        status=status,
        detail=detail,
        method=method,
        url=url,
        hint=HINTS.get(found, ""),
    )
    if isinstance(error, RateLimitedError):
        error.retry_after = seconds(retry_after)
    return error


def detail_of(body: bytes) -> str:
    """Give what an error body says: its detail, its fields, or its beginning."""
    try:
        answer = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text = " ".join(body.decode("utf-8", "replace").split())
        return text[:EXCERPT]
    if isinstance(answer, dict):
        parts = []
        for key, value in answer.items():
            said = "; ".join(map(str, value)) if isinstance(value, list) else str(value)
            named = key not in {"detail", "non_field_errors"}
            parts.append(f"{key}: {said}" if named else said)
        return ", ".join(parts)
    return str(answer)[:EXCERPT]


def seconds(text: str, *, now: float | None = None) -> float | None:
    """Read a Retry-After header, seconds or an HTTP date; None where it is neither."""
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if now is None:
        from time import time

        now = time()
    return max(0.0, moment.timestamp() - now)


def no_address(error: ValueError, method: str, url: str) -> TransportError:
    """Build the exception for a URL that nothing can stand at."""
    return TransportError(
        f"{url!r} is no address that can be asked: {error}",
        method=method,
        url=url,
        hint="write the address of a remote as https://api.segments.ai",
    )


def usable_key(key: str) -> str:
    """Give an API key without the space around it.

    Raises:
        AuthenticationError: it holds what no header can.
    """
    found = key.strip()
    if not (found.isascii() and found.isprintable()):
        raise AuthenticationError(
            "the API key holds characters that no key has",
            status=UNAUTHORIZED,
            hint="copy it anew; it is one line of letters and digits",
        )
    return found


def never_sent(error: requests.RequestException) -> bool:
    """Tell whether a request failed before any of it can have reached the server."""
    return isinstance(error, requests.exceptions.ConnectTimeout) or (
        isinstance(error, requests.exceptions.ConnectionError)
        and "NewConnectionError" in repr(error)
    )


REASONS = (
    (requests.exceptions.ProxyError, "the proxy on the way there refused or is gone"),
    (requests.exceptions.ConnectTimeout, "it did not answer in time"),
    (requests.exceptions.ReadTimeout, "it did not answer in time"),
    (requests.exceptions.SSLError, "its certificate can't be trusted"),
    (requests.exceptions.ChunkedEncodingError, "the answer was cut off"),
    (requests.exceptions.RequestException, "the connection was refused or broke"),
)


def transport_error(
    error: requests.RequestException, method: str, url: str
) -> TransportError:
    """Build the exception for a request that nobody answered, not telling its query."""
    reason = next(text for kind, text in REASONS if isinstance(error, kind))
    hint = "is the address right, is the server running, is the network up?"
    if isinstance(error, requests.exceptions.ProxyError):
        hint = "it is the one that HTTP_PROXY, HTTPS_PROXY or ALL_PROXY names"
        hint += "; hosts in NO_PROXY need none"
    elif "resolve" in str(error).lower():
        reason = "its name can't be resolved"
    parts = urlsplit(url)
    return TransportError(
        f"cannot reach {parts.scheme}://{parts.netloc}: {reason} ({method} {url})",
        method=method,
        url=url,
        hint=hint,
    )


def protocol_error(
    response: requests.Response,
    method: str,
    url: str,
    error: Exception,
    *,
    secret: str = "",
) -> ProtocolError:
    """Build the exception for an answer that is not in a shape that we know."""
    kind = response.headers.get("Content-Type", "no content type")
    text = " ".join(response.content.decode("utf-8", "replace").split())
    start = scrubbed(text, secret)[:START]
    return ProtocolError(
        f"{method} {url}: the answer ({response.status_code}, {kind}) is not what a "
        f"Segments API says: {error}; it begins with {start!r}",
        method=method,
        url=url,
        hint="check the address of the remote; a proxy or a login page may stand there",
    )
