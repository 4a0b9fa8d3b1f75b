"""How an API wants its key, and how it says that a request came too early."""

from collections.abc import Callable

import msgspec
from requests import Response

from dsac.remote.clock import Clock


def _as_it_is(response: Response, clock: Clock) -> None:
    """Leave an answer as it is: this API speaks as the standards say."""


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """How an API differs from others in what every request needs.

    `scheme` stands before the key. `translate` turns an answer in which the API says
    in words of its own that a request came too early into 429 with Retry-After.
    """

    scheme: str
    translate: Callable[[Response, Clock], None] = _as_it_is


SEGMENTS = Dialect(scheme="APIKey")
