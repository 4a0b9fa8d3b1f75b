"""How an endpoint is called: its path, its body, its answer, the pages of a list."""

import gzip
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import quote

import msgspec

from dsac.core.values import Json
from dsac.errors import NotFoundError, ResponseError, ServerError
from dsac.remote.retrying import ATTEMPTS, TOO_LONG
from dsac.remote.transport import Transport

ZIPPED_FROM = 1024
"""Bodies of so many bytes are worth compressing, where they have a way to go."""

LEVEL = 1
"""How hard bodies are compressed: harder ones take longer than they save."""

PER_PAGE = 1000
"""So many rows are asked for at a time, as the platform's own SDK does."""

PLAIN = {"Content-Type": "application/json"}
ZIPPED = {"Content-Type": "application/json", "Content-Encoding": "gzip"}

Body = Mapping[str, Json]
Answer = TypeVar("Answer")


def path(*segments: str) -> str:
    """Give the path of an endpoint, each segment quoted, with a slash at the end.

    Raises:
        NotFoundError: a segment is one that nothing can be called.
    """
    return "/" + "".join(f"{_quoted(segment)}/" for segment in segments)


STEPS = frozenset({".", ".."})
"""Steps within a path: what stands there would be another object than was meant."""


def _quoted(segment: str) -> str:
    try:
        found = quote(segment, safe="")
    except UnicodeEncodeError:  # half of a surrogate pair
        found = ".."
    if found in STEPS:
        raise NotFoundError(
            f"{segment!r}: nothing on the platform can be called that",
            status=HTTPStatus.NOT_FOUND,
        )
    return found


def dataset_path(name: str, *more: str) -> str:
    """Give the path of a dataset, owner/name, or of something in it, quoted."""
    owner, _, rest = name.partition("/")
    return path("datasets", owner, rest, *more)


class Calls:
    """What all endpoints share; every error is typed (`dsac.errors`)."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self._takes_zipped = True

    def _get(self, kind: type[Answer], where: str, **params: str) -> Answer:
        return self.transport.json(kind, "GET", where, params=params)

    def _send(  # noqa: PLR0913 - all but the first four are keyword-only
        self,
        kind: type[Answer],
        method: str,
        where: str,
        body: Body | Sequence[Body] | Sequence[msgspec.Struct],
        *,
        zipped: bool = False,
        idempotent: bool = False,
        brief: Collection[int] = (),
    ) -> Answer:
        data = msgspec.json.encode(body)
        send = partial(
            self.transport.json,
            kind,
            method,
            where,
            idempotent=idempotent,
            brief=brief,
        )
        zipped = zipped and self._takes_zipped and not self.transport.near
        if zipped and len(data) >= ZIPPED_FROM:
            packed = gzip.compress(data, LEVEL, mtime=0)
            try:
                return send(body=packed, headers=ZIPPED)
            except ResponseError as error:
                if error.status != HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
                    raise
                # Nothing was done, and the next body would be refused as well.
                self._takes_zipped = False
        return send(body=data, headers=PLAIN)

    def _delete(self, where: str) -> None:
        self.transport.request("DELETE", where)

    def _page(
        self,
        kind: type[Answer],
        where: str,
        params: Mapping[str, str],
        *,
        attempts: int = ATTEMPTS,
    ) -> list[Answer]:
        """Give one page; one behind the end is empty, whatever the server calls it."""
        rows: list[Answer]
        try:
            rows = self.transport.json(
                list[kind],  # type: ignore[valid-type]
                "GET",
                where,
                params=params,
                final=TOO_LONG if int(params["per_page"]) > 1 else frozenset(),
                attempts=attempts,
            )
        except NotFoundError as error:
            if "invalid page" in error.detail.lower():
                return []
            raise
        return rows

    def _pages(
        self,
        kind: type[Answer],
        where: str,
        *,
        per_page: int = PER_PAGE,
        page: int | None = None,
        **params: str,
    ) -> Iterator[list[Answer]]:
        """Yield the pages of a list, up to an empty one; or the one that is asked for.

        A short page is no end: the server may have a cap of its own. A page that the
        server can't manage is asked for in smaller ones (fact sheet, section 4).
        """
        if page is not None:
            asked = {**params, "per_page": str(per_page), "page": str(page)}
            yield self._get(list[kind], where, **asked)  # type: ignore[valid-type]
            return
        size, number, read, longest = per_page, 1, 0, 0
        failures = 0
        while True:
            asked = {**params, "per_page": str(size), "page": str(number)}
            try:
                rows = self._page(kind, where, asked)
            except ServerError as error:
                failures += 1
                if error.status not in TOO_LONG or size == 1:
                    raise
                if failures > 1:  # once may be chance
                    size = smaller(min(size, longest or size), read=read)
                    number, failures = read // size + 1, 0
                continue
            if not rows:
                return
            yield rows
            failures, read, longest = 0, read + len(rows), max(longest, len(rows))
            number += 1


def smaller(size: int, *, read: int) -> int:
    """Give a smaller size of pages, one of which begins just behind `read` rows.

    >>> smaller(1000, read=3000), smaller(100, read=250), smaller(7, read=0)
    (500, 50, 3)
    """
    half = max(1, size // 2)
    return next(item for item in range(half, 0, -1) if read % item == 0)
