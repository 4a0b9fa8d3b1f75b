"""Requests to a host of pull requests: the token, pages, and errors with a remedy."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

import msgspec
from requests import Response

from dsac.core.values import Json
from dsac.errors import (
    AuthenticationError,
    ForbiddenError,
    NotFoundError,
    ProtocolError,
    RateLimitedError,
    RemoteError,
    ResponseError,
    TransportError,
)
from dsac.hosting.surroundings import GITHUB, TOKENS
from dsac.remote.clock import Clock
from dsac.remote.dialect import Dialect
from dsac.remote.retrying import REFUSED, backoff
from dsac.remote.transport import Transport

Answer = TypeVar("Answer")

FORBIDDEN, TOO_LONG = 403, 422
LEAST_WAIT = 60.0
"""So long GitHub wants one to wait that speaks of a secondary limit, in seconds."""

PER_PAGE = "100"

HEADERS = {
    "Accept": "application/vnd.github+json",
    "X-GitHub-Api-Version": "2022-11-28",
}
"""What GitHub wants to be told; others do not mind."""


def say_when(response: Response, clock: Clock) -> None:
    """Turn what a host calls a rate limit into 429 with Retry-After.

    GitHub answers 403 too: with Retry-After, with no requests left until a moment in
    seconds since 1970, or with nothing but its words.
    """
    if response.status_code not in {FORBIDDEN, REFUSED}:
        return
    headers = response.headers
    told = "Retry-After" in headers
    spent = headers.get("X-RateLimit-Remaining", headers.get("RateLimit-Remaining"))
    until = headers.get("X-RateLimit-Reset", headers.get("RateLimit-Reset", ""))
    limited = told or spent == "0" or b"rate limit" in response.content.lower()
    if response.status_code == FORBIDDEN and not limited:
        return
    response.status_code = REFUSED
    if told:
        return
    if spent == "0" and until.isdecimal():
        wait = max(1.0, float(until) - clock.today())
        headers["Retry-After"] = str(wait)
    elif limited:
        headers["Retry-After"] = str(LEAST_WAIT)


class Host:
    """One host, as the user of one token.

    Its errors say what may have to be granted; none has the token in it.
    """

    def __init__(self, provider: str, api: str, *, token: str) -> None:
        self.provider = provider
        with _remedies(provider, ""):
            self.transport = Transport(
                api,
                key=token,
                jobs=1,
                dialect=Dialect(scheme="Bearer", translate=say_when),
            )

    def get(
        self, kind: type[Answer], path: str, *, needs: str, **params: str
    ) -> Answer:
        """Read one object."""
        with _remedies(self.provider, needs):
            return self.transport.json(
                kind, "GET", path, params=params, headers=HEADERS
            )

    def bytes(self, path: str, *, needs: str, most: int) -> bytes:
        """Read a file of at most so many bytes."""
        with _remedies(self.provider, needs):
            return self.transport.request(
                "GET", path, headers=HEADERS, most=most
            ).content

    def pages(
        self, kind: type[Answer], path: str, *, needs: str, **params: str
    ) -> Iterator[Answer]:
        """Yield the pages of a list, as the host's links lead on.

        GitLab also names the next page by its number, as some proxies drop links.
        """
        url, asked = path, {"per_page": PER_PAGE, **params}
        seen: set[tuple[str, str]] = set()
        decoder = msgspec.json.Decoder(kind)
        while url and (url, asked.get("page", "")) not in seen:
            seen.add((url, asked.get("page", "")))
            with _remedies(self.provider, needs):
                response = self.transport.request(
                    "GET", url, params=asked, headers=HEADERS
                )
                yield self.transport.decoded(decoder, response, "GET", url)
            number = response.headers.get("X-Next-Page", "")
            if link := response.links.get("next", {}).get("url", ""):
                url, asked = link, {}
            elif number.isdecimal() and not response.links:
                url, asked = path, {"per_page": PER_PAGE, **params, "page": number}
            else:
                return

    def send(  # noqa: PLR0913 - all but the first four are keyword-only
        self,
        kind: type[Answer],
        method: str,
        path: str,
        body: Mapping[str, Json],
        *,
        needs: str,
        idempotent: bool = False,
    ) -> Answer:
        """Write an object; give what the host says of it."""
        with _remedies(self.provider, needs):
            return self.transport.json(
                kind,
                method,
                path,
                body=msgspec.json.encode(body),
                headers={**HEADERS, "Content-Type": "application/json"},
                idempotent=idempotent,
            )

    def delete(self, path: str, *, needs: str) -> None:
        """Delete an object."""
        with _remedies(self.provider, needs):
            self.transport.request("DELETE", path, headers=HEADERS)

    def pause(self, times: int) -> None:
        """Wait before what may have failed is tried again, longer each time."""
        clock = self.transport.clock
        clock.sleep(backoff(times, clock.jitter()))


@contextmanager
def _remedies(provider: str, needs: str) -> Iterator[None]:
    """Say of an error what helps with this host: a token, a permission, patience."""
    try:
        yield
    except RemoteError as error:
        error.hint = _hint(error, provider, needs) or error.hint
        if isinstance(error, ProtocolError):
            raise ProtocolError(
                f"{error.method} {error.url}: the answer is not what {provider} says",
                method=error.method,
                url=error.url,
                hint=error.hint,
            ) from None
        raise


def _hint(error: RemoteError, provider: str, needs: str) -> str:
    """Say what helps, if that is known of the kind of an error."""
    name = TOKENS[provider][0]
    grant = (
        f"give the job permissions: {{{needs}}}"
        if provider == GITHUB
        else f"give the token in {name} the scope api and the role {needs}"
    )
    unseen = "is it there (--repository, --number)? A token that may not see it gets "
    address = "check the address of the API (--api-url), and that it is up"
    hints: tuple[tuple[type[RemoteError], str], ...] = (
        (AuthenticationError, f"put a token of this host that is valid into {name}"),
        (ForbiddenError, grant),
        (NotFoundError, f"{unseen}the same answer: {grant}"),
        (RateLimitedError, "the host wants fewer requests; run it again later"),
        (ProtocolError, address),
        (TransportError, address),
    )
    if isinstance(error, ResponseError) and error.status == TOO_LONG:
        return "if the text is too long for this host, pass a smaller --max-bytes"
    return next((hint for kind, hint in hints if isinstance(error, kind)), "")
