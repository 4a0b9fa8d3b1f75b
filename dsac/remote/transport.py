"""Every request of dsac: one session, timeouts, retries, the limiter, and counts."""

import random
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urlsplit

import msgspec
import requests
from requests import Response
from requests.adapters import HTTPAdapter

from dsac.remote.failures import (
    failure,
    no_address,
    protocol_error,
    seconds,
    transport_error,
    usable_key,
)
from dsac.remote.wsgi import App, WsgiAdapter
from dsac.version import __version__

CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 60.0
"""In seconds; the read timeout is the longest silence, not the whole answer."""

ATTEMPTS = 6
"""A request is sent so many times at the most."""

FIRST_ATTEMPTS = 3
"""So often a server is looked for that never answered yet: the address may be wrong."""

LONGEST_WAIT = 60.0
"""No server makes dsac wait longer than this between two attempts, in seconds."""

IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "PATCH", "DELETE"})
RETRIED = frozenset({429, 500, 502, 503, 504})
UNDONE = frozenset({429, 503})
"""Statuses of a request that was not carried out, so that a POST may go again."""

READS = frozenset({"GET", "HEAD"})
OK = range(200, 300)
NOT_FOUND = 404

Answer = TypeVar("Answer")


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What went over the wire so far; bytes are those of bodies, waits in seconds."""

    requests: int = 0
    writes: int = 0
    retries: int = 0
    uploads: int = 0
    sent: int = 0
    received: int = 0
    waited: float = 0.0


class Clock:
    """Time and chance, in one place, so that tests need not wait."""

    def now(self) -> float:
        """Give seconds that only go forward."""
        return time.monotonic()

    def sleep(self, duration: float) -> None:
        """Wait for so many seconds."""
        time.sleep(duration)

    def jitter(self) -> float:
        """Give a number between 0 and 1."""
        return random.random()  # noqa: S311 - spreads load, keeps no secret


class Limiter:
    """Makes all threads wait when a server told one of them to."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._until = 0.0

    def hold(self, duration: float) -> None:
        """Let no request start for so many seconds."""
        with self._lock:
            self._until = max(self._until, self._clock.now() + duration)

    def wait(self) -> float:
        """Wait until requests may start; give how long that took, in seconds."""
        with self._lock:
            remaining = self._until - self._clock.now()
        if remaining <= 0:
            return 0.0
        self._clock.sleep(remaining)
        return remaining


class Transport:
    """Sends requests to one API, and to the storage that its answers point at.

    The key goes to the API's own origin and nowhere else; it is in no repr and no
    error. Safe to use from several threads.
    """

    def __init__(
        self, origin: str, *, key: str, jobs: int = 8, clock: Clock | None = None
    ) -> None:
        """Open a transport.

        Raises:
            AuthenticationError: the key holds what no header can.
        """
        self.origin = origin.rstrip("/")
        self._key = usable_key(key)
        self._clock = clock or Clock()
        self._limiter = Limiter(self._clock)
        self._lock = threading.Lock()
        self._counts = Counts()
        self._looks = threading.local()
        self._session = requests.Session()
        adapter = HTTPAdapter(pool_connections=jobs, pool_maxsize=jobs, max_retries=0)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        self._session.headers["User-Agent"] = f"dsac/{__version__}"
        # With it requests does not put what ~/.netrc says in the place of the key.
        self._session.auth = _unchanged

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Transport({self.origin!r})"

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def mount_wsgi(self, app: App) -> None:
        """Answer every request to the API's origin by a WSGI app in this process."""
        self._session.mount(self.origin, WsgiAdapter(app))
        self._session.trust_env = False

    @contextmanager
    def before_writes(self, look: Callable[[], None]) -> Iterator[None]:
        """Call `look` immediately before each attempt of a write in this thread.

        What it raises keeps the attempt from being made. It may read.
        """
        self._looks.current = look
        try:
            yield
        finally:
            self._looks.current = None

    def counts(self) -> Counts:
        """Give what was sent and received so far."""
        with self._lock:
            return self._counts

    def count(self, **more: float) -> None:
        """Add to the counts."""
        with self._lock:
            summed = {key: getattr(self._counts, key) + more[key] for key in more}
            self._counts = msgspec.structs.replace(self._counts, **summed)

    def url(self, path: str) -> str:
        """Give the absolute URL of a path of the API; absolute URLs stay."""
        return path if "://" in path else f"{self.origin}/{path.lstrip('/')}"

    def request(  # noqa: PLR0913 - all but the first two are keyword-only
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes]] | None = None,
        fields: Mapping[str, str] | None = None,
        idempotent: bool = False,
        final: Collection[int] = (),
        attempts: int = ATTEMPTS,
    ) -> Response:
        """Send a request, again where that can do no harm; give a 2xx answer.

        Args:
            method: GET, HEAD, POST, PUT, PATCH or DELETE.
            path: A path of the API, quoted, or an absolute URL elsewhere.
            params: Query parameters, not yet encoded.
            body: The body as it goes over the wire.
            headers: Headers of the body.
            files: Parts of a multipart form that have file names.
            fields: The other parts of such a form, which go first.
            idempotent: Whether a POST may be repeated after an unknown outcome.
            final: Error statuses that are never worth another attempt.
            attempts: So often it is sent at the most.

        Raises:
            TransportError: no whole answer came, or nothing can stand at the address.
            ResponseError: the answer has an error status.
        """
        url = self.url(path)
        repeatable = idempotent or method in IDEMPOTENT
        try:
            prepared = self._session.prepare_request(
                requests.Request(
                    method,
                    url,
                    params=params,
                    data=body if files is None else fields,
                    files=files,
                    headers=self._headers(url, headers),
                )
            )
        except ValueError as error:
            raise no_address(error, method, url) from error
        retried = (RETRIED if repeatable else UNDONE).difference(final)
        return self._attempts(
            prepared,
            method,
            url,
            repeatable=repeatable,
            retried=retried,
            attempts=attempts,
        )

    def _headers(self, url: str, headers: Mapping[str, str] | None) -> dict[str, str]:
        result = dict(headers or {})
        if self._key and _origin(url) == _origin(self.origin):
            result["Authorization"] = f"APIKey {self._key}"
        return result

    def _attempts(  # noqa: PLR0913 - all but the first three are keyword-only
        self,
        prepared: requests.PreparedRequest,
        method: str,
        url: str,
        *,
        repeatable: bool,
        retried: frozenset[int],
        attempts: int,
    ) -> Response:
        shown = url.partition("?")[0]
        for attempt in range(1, attempts + 1):
            self.count(waited=self._limiter.wait())
            self._last_look(method)
            last = attempt == attempts
            try:
                response = self._send(prepared, method)
            except ValueError as error:
                raise no_address(error, method, shown) from error
            except requests.RequestException as error:
                in_vain = attempt >= FIRST_ATTEMPTS and self._is_stranger(error)
                if last or in_vain or not (repeatable or _never_sent(error)):
                    raise transport_error(error, method, shown) from error
                self._pause(attempt, None)
                continue
            deleting = method == "DELETE" and prepared.body is None
            # Gone at the second attempt: the first did it, and its answer was lost.
            gone = deleting and attempt > 1 and response.status_code == NOT_FOUND
            if gone or response.status_code in OK:
                return response
            if last or response.status_code not in retried:
                raise failure(
                    response.status_code,
                    response.content,
                    method=method,
                    url=shown,
                    retry_after=response.headers.get("Retry-After", ""),
                )
            asked = seconds(response.headers.get("Retry-After", ""))
            self._pause(attempt, asked)
        raise AssertionError("the last attempt returns or raises")

    def _last_look(self, method: str) -> None:
        look = getattr(self._looks, "current", None)
        if look is not None and method not in READS:
            look()

    def _is_stranger(self, error: requests.RequestException) -> bool:
        """Tell whether no server ever answered at all."""
        connecting = isinstance(error, requests.exceptions.ConnectionError)
        return connecting and not self.counts().received

    def _send(self, prepared: requests.PreparedRequest, method: str) -> Response:
        sent = prepared.body
        self.count(
            requests=1,
            writes=method not in READS,
            sent=len(sent) if isinstance(sent, bytes | str) else 0,
        )
        settings = self._session.merge_environment_settings(
            prepared.url, {}, None, None, None
        )
        response = self._session.send(
            prepared,
            timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
            allow_redirects=method in READS,
            **settings,
        )
        self.count(received=len(response.content))
        promised = response.headers.get("Content-Length", "")
        plain = "Content-Encoding" not in response.headers
        whole = not promised.isdigit() or int(promised) == len(response.content)
        if method != "HEAD" and plain and not whole:
            raise requests.exceptions.ChunkedEncodingError("the answer was cut")
        return response

    def _pause(self, attempt: int, asked: float | None) -> None:
        backoff = min(2.0 ** (attempt - 1), LONGEST_WAIT) * self._clock.jitter()
        self.count(retries=1)
        if asked is None:
            self._clock.sleep(backoff)
            self.count(waited=backoff)
        else:
            self._limiter.hold(min(asked, LONGEST_WAIT) + backoff / 10)

    def json(
        self,
        kind: type[Answer] | Callable[..., Answer],
        method: str,
        path: str,
        **request: object,
    ) -> Answer:
        """Send a request and decode the JSON of its answer into a type.

        Raises:
            ProtocolError: the answer is no JSON, half of it, or of another shape.
        """
        response = self.request(method, path, **request)  # type: ignore[arg-type]
        try:
            return msgspec.json.decode(response.content, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise protocol_error(response, method, self.url(path), error) from error


def _unchanged(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
    return prepared


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _never_sent(error: requests.RequestException) -> bool:
    """Tell whether a request failed before any of it can have reached the server."""
    return isinstance(error, requests.exceptions.ConnectTimeout) or (
        isinstance(error, requests.exceptions.ConnectionError)
        and "NewConnectionError" in repr(error)
    )
