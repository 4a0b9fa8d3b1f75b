"""Reads the pages of a listing: several at a time, in order, none too large."""

from collections import deque
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache

import msgspec
from requests import Response

from dsac.errors import NotFoundError, ServerError, TooLargeError
from dsac.remote.calls import PER_PAGE, smaller
from dsac.remote.retrying import TOO_LONG
from dsac.remote.transport import Transport
from dsac.remote.wire import ImageRow, SampleRow

LARGEST_PAGE = 32_000_000
"""So many bytes a page may have; one that has more is asked for in smaller ones."""

SMALL_PAGE = 8_000_000
"""So many bytes a page of rows that are large is meant to have."""

IN_FLIGHT = 32_000_000
"""So many bytes of pages are on their way at the same time, as far as one can tell."""

Page = Future[Response | None]
Row = SampleRow | ImageRow
Rows = Sequence[Row]

_IMAGES = msgspec.json.Decoder(list[ImageRow])


class Pages:
    """The pages of a listing of samples, up to an empty one.

    A short page is no end: the server may have a cap of its own. A page that the
    server can't manage, or that is too large, is asked for in smaller ones (fact
    sheet, section 4).

    Args:
        transport: Sends the requests.
        where: The path of the listing.
        params: Its parameters, beside those that say which page.
        kind: What a row is read as, any that is no plain image.
        count: How many rows there are, as far as is known; then that many pages and
            one more are asked for at once, else each only when the last has come.
        pool: Sends several requests at the same time.
        window: So many pages are asked for, those among them that have come already.
        per_page: So many rows are asked for at a time.
    """

    def __init__(  # noqa: PLR0913 - all but the first two are keyword-only
        self,
        transport: Transport,
        where: str,
        *,
        params: Mapping[str, str],
        kind: type[SampleRow],
        count: int | None,
        pool: ThreadPoolExecutor,
        window: int,
        per_page: int = PER_PAGE,
    ) -> None:
        self._transport = transport
        self._where = where
        self._params = dict(params)
        self._decoder: msgspec.json.Decoder[list[SampleRow]] = _decoder(kind)
        self._are_images = kind is SampleRow and "labelset" not in params
        self._count = count
        self._pool = pool
        self._window = window
        self._size = per_page
        self._read = 0
        self._longest = 0
        self._bytes = 0
        self._failures = 0
        self._at = 1
        self._next = 1
        self._asked: deque[Page] = deque()

    def __iter__(self) -> Generator[Rows]:
        try:
            while True:
                rows = self._rows()
                if rows is None:
                    continue
                if not rows:
                    return
                yield rows
        finally:
            self._drop()

    def _rows(self) -> Rows | None:
        """Give the next page; None where it must be asked for in another way."""
        self._ask()
        try:
            response = self._asked.popleft().result()
        except ServerError as error:
            if error.status not in TOO_LONG or self._size == 1:
                raise
            self._failed()
            return None
        except TooLargeError as error:
            if self._size == 1:
                raise
            size = min(self._size, self._longest or self._size)
            self._resize(_fitting(size, error.length, read=self._read))
            return None
        if response is None:
            return []
        rows = self._decoded(response)
        self._failures = 0
        self._at += 1
        self._read += len(rows)
        self._longest = max(self._longest, len(rows))
        self._bytes = max(self._bytes, len(response.content))
        return rows

    def _decoded(self, response: Response) -> Rows:
        """Read a page; as images, until one comes that has something else."""
        if self._are_images:
            try:
                return _IMAGES.decode(response.content)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                self._are_images = False
        return self._transport.decoded(self._decoder, response, "GET", self._where)

    def _ask(self) -> None:
        """Ask for as many pages as may be on their way, at least for the next one."""
        while not self._asked or (
            len(self._asked) < self._breadth() and self._next <= self._last()
        ):
            self._asked.append(self._pool.submit(self._fetch, self._size, self._next))
            self._next += 1

    def _breadth(self) -> int:
        if not self._bytes:  # of the first page nobody knows how large it is
            return 1
        return min(self._window, max(1, IN_FLIGHT // self._bytes))

    def _last(self) -> int:
        """Give the number of the page that should be the empty one."""
        if self._count is None or not self._longest:
            return 0
        return -(-self._count // self._longest) + 1

    def _fetch(self, size: int, number: int) -> Response | None:
        """Fetch a page; None for one behind the end, if the server says so in words."""
        asked = {**self._params, "per_page": str(size), "page": str(number)}
        try:
            return self._transport.request(
                "GET",
                self._where,
                params=asked,
                final=TOO_LONG if size > 1 else frozenset(),
                most=LARGEST_PAGE if size > 1 else None,
            )
        except NotFoundError as error:
            if "invalid page" in error.detail.lower():
                return None
            raise

    def _failed(self) -> None:
        """Ask again for a page that the server did not manage."""
        self._failures += 1
        if self._failures == 1:  # once may be chance
            self._drop()
        else:
            size = min(self._size, self._longest or self._size)
            self._resize(smaller(size, read=self._read))

    def _resize(self, size: int) -> None:
        """Go on with pages of another size, just behind the rows that were read."""
        self._size = size
        self._at = self._read // size + 1
        self._failures = self._longest = self._bytes = 0
        self._drop()

    def _drop(self) -> None:
        """Forget the pages that were asked for; those on their way are let come."""
        for page in self._asked:
            page.cancel()
        for page in self._asked:
            if not page.cancelled():
                page.exception()
        self._asked.clear()
        self._next = self._at


@cache
def _decoder(kind: type[SampleRow]) -> msgspec.json.Decoder[list[SampleRow]]:
    return msgspec.json.Decoder(list[kind])  # type: ignore[valid-type]


def _fitting(size: int, length: int | None, *, read: int) -> int:
    """Give the size of pages that fit, one of which begins just behind `read` rows.

    >>> _fitting(1000, 1_000_000_000, read=0), _fitting(1000, None, read=3000)
    (8, 250)
    """
    rows = size // 4 if length is None else size * SMALL_PAGE // length
    most = max(1, min(rows, size // 2))
    return next(item for item in range(most, 0, -1) if read % item == 0)
