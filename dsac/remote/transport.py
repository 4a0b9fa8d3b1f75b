"""Every request of dsac: one session, timeouts, retries by class, and counts."""

import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import msgspec
import requests
from requests import Response
from requests.adapters import HTTPAdapter

from dsac.errors import RemoteError, ResponseError
from dsac.remote.answers import read_body
from dsac.remote.clock import Clock
from dsac.remote.counts import Counts, Meter
from dsac.remote.dialect import SEGMENTS, Dialect
from dsac.remote.exchange import Exchange
from dsac.remote.failures import (
    failure,
    never_sent,
    no_address,
    protocol_error,
    seconds,
    transport_error,
    usable_key,
)
from dsac.remote.limiter import Turn
from dsac.remote.near import is_loopback
from dsac.remote.retrying import (
    ATTEMPTS,
    BUSY,
    READS,
    REFUSED,
    REPEATABLE,
    Retries,
)
from dsac.remote.waiting import Ended, Waiting
from dsac.remote.wsgi import App, WsgiAdapter
from dsac.version import __version__

CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 60.0
"""In seconds; the read timeout is the longest silence, not the whole answer."""

OK = range(200, 300)
NOT_FOUND = 404

Answer = TypeVar("Answer")

Tap = Callable[[str, str, str], None]
"""Is told ("sending" or "answered", method, URL without query) around each attempt."""


class Transport:
    """Sends requests to one API, and to the storage that its answers point at.

    The key goes to the API's own origin and nowhere else; it is in no repr and no
    error. Safe to use from several threads.
    """

    def __init__(  # noqa: PLR0913 - all but the first two are keyword-only
        self,
        origin: str,
        *,
        key: str,
        jobs: int = 8,
        clock: Clock | None = None,
        tap: Tap | None = None,
        dialect: Dialect = SEGMENTS,
    ) -> None:
        """Open a transport.

        Raises:
            AuthenticationError: the key holds what no header can.
        """
        self.origin = origin.rstrip("/")
        self.near = is_loopback(self.origin)
        """Whether the API is on this machine, so that no body is worth compressing."""
        self.clock = clock or Clock()
        self._key = usable_key(key)
        self._dialect = dialect
        self._tap = tap or _deaf
        self._waiting = Waiting(self.clock, self.count)
        self._meter = Meter()
        self._looks = threading.local()
        self._settings: dict[tuple[str, str], Mapping[str, Any]] = {}
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
        self.near = True
        self._session.mount(self.origin, WsgiAdapter(app))
        self._session.trust_env = False

    def stop(self) -> None:
        """Wait for nothing any more; what is on its way is finished.

        A request that would have to wait for long, for its turn or before another
        attempt, ends with GivenUpError instead.
        """
        self._waiting.stop()

    @property
    def stopped(self) -> bool:
        """Whether the run was told to end."""
        return self._waiting.stopped

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
        return self._meter.counts()

    def count(self, **more: float) -> None:
        """Add to the counts."""
        self._meter.count(**more)

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
        brief: Collection[int] = (),
        attempts: int = ATTEMPTS,
        most: int | None = None,
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
            brief: Error statuses that are worth one other attempt.
            attempts: So often it is sent at the most.
            most: So many bytes the answer may have; None for any number.

        Raises:
            TransportError: no whole answer came, or nothing can stand at the address.
            ResponseError: the answer has an error status.
            TooLargeError: the answer has more bytes than `most`.
        """
        url = self.url(path)
        shown = url.partition("?")[0]
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
            raise no_address(error, method, shown) from None
        retries = Retries(
            repeatable=idempotent or method in REPEATABLE,
            final=frozenset(final),
            brief=frozenset(brief),
            attempts=attempts,
        )
        exchange = Exchange(method, shown, retries, most=most)
        try:
            return self._exchange(exchange, prepared)
        except RemoteError as error:
            error.uncertain = exchange.uncertain and method not in READS
            raise

    def _headers(self, url: str, headers: Mapping[str, str] | None) -> dict[str, str]:
        result = dict(headers or {})
        if self._key and _origin(url) == _origin(self.origin):
            result["Authorization"] = f"{self._dialect.scheme} {self._key}"
        return result

    def _exchange(
        self, exchange: Exchange, prepared: requests.PreparedRequest
    ) -> Response:
        while True:
            try:
                turn = self._waiting.turn()
                self._last_look(exchange.method)
                response = self._send(prepared, exchange)
                answer = self._judged(exchange, prepared, response, turn)
                if answer is not None:
                    return answer
                self._pause(exchange, response, turn)
            except Ended:
                raise exchange.given_up() from None
            except ValueError as error:
                raise no_address(error, exchange.method, exchange.url) from None
            except requests.RequestException as error:
                self._after_silence(exchange, error)

    def _judged(
        self,
        exchange: Exchange,
        prepared: requests.PreparedRequest,
        response: Response,
        turn: Turn,
    ) -> Response | None:
        """Give an answer that is one; None where the request shall go again."""
        status = response.status_code
        if status not in {REFUSED, BUSY}:
            self._waiting.limiter.passed()
        deleting = exchange.method == "DELETE" and prepared.body is None
        # Gone at the second attempt: the first did it, and its answer was lost.
        gone = deleting and exchange.uncertain and status == NOT_FOUND
        if gone or status in OK:
            self._waiting.budget.give()
            return response
        exchange.note(status, asked=_asked(response))
        self.count(refused=status == REFUSED)
        if status == BUSY and _asked(response) is None:
            self._waiting.limiter.overloaded(turn)
        if exchange.worth_another(status) and self._affordable(status):
            return None
        raise self._failure(exchange, response)

    def _affordable(self, status: int) -> bool:
        return status == REFUSED or self._waiting.budget.take()

    def _pause(self, exchange: Exchange, response: Response, turn: Turn) -> None:
        asked = _asked(response)
        if response.status_code == REFUSED or asked is not None:
            wait = self._waiting.refused(turn, asked, times=exchange.refusals)
            exchange.patience -= wait
        else:
            self._waiting.failed(exchange.tried)

    def _after_silence(
        self, exchange: Exchange, error: requests.RequestException
    ) -> None:
        """Wait before another attempt, or raise why there is none."""
        sent = not never_sent(error)
        exchange.tried += 1
        exchange.uncertain = exchange.uncertain or sent
        again = exchange.retries.after_silence(
            tried=exchange.tried, sent=sent, stranger=self._is_stranger(error)
        )
        if not (again and self._waiting.budget.take()):
            raise transport_error(error, exchange.method, exchange.url) from None
        try:
            self._waiting.failed(exchange.tried)
        except Ended:
            raise exchange.given_up() from None

    def _failure(self, exchange: Exchange, response: Response) -> ResponseError:
        return failure(
            response.status_code,
            response.content,
            method=exchange.method,
            url=exchange.url,
            retry_after=response.headers.get("Retry-After", ""),
            secret=self._key,
        )

    def _last_look(self, method: str) -> None:
        look = getattr(self._looks, "current", None)
        if look is not None and method not in READS:
            look()

    def _is_stranger(self, error: requests.RequestException) -> bool:
        """Tell whether no server ever answered at all."""
        connecting = isinstance(error, requests.exceptions.ConnectionError)
        return connecting and not self.counts().received

    def _environment(self, url: str) -> Mapping[str, Any]:
        """Give what the environment says of proxies and certificates for a host.

        It is asked once for each: requests itself asks before every request, which
        takes a fifth of the time of one.
        """
        origin = _origin(url)
        if origin not in self._settings:
            self._settings[origin] = self._session.merge_environment_settings(
                url, {}, stream=True, verify=None, cert=None
            )
        return self._settings[origin]

    def _send(self, prepared: requests.PreparedRequest, exchange: Exchange) -> Response:
        sent, method = prepared.body, exchange.method
        size = len(sent) if isinstance(sent, bytes | str) else 0
        self._meter.request(method, write=method not in READS, size=size)
        settings = self._environment(str(prepared.url))
        self._tap("sending", method, exchange.url)
        response = self._session.send(
            prepared,
            timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
            allow_redirects=method in READS,
            **settings,
        )
        self._tap("answered", method, exchange.url)
        self.count(received=read_body(response, method, most=exchange.most))
        self._dialect.translate(response, self.clock)
        return response

    def json(
        self,
        kind: type[Answer] | Callable[..., Answer],
        method: str,
        path: str,
        **request: object,
    ) -> Answer:
        """Send a request and decode the JSON of its answer into a type."""
        response = self.request(method, path, **request)  # type: ignore[arg-type]
        decoder: msgspec.json.Decoder[Answer] = msgspec.json.Decoder(kind)
        return self.decoded(decoder, response, method, path)

    def decoded(
        self,
        decoder: msgspec.json.Decoder[Answer],
        response: Response,
        method: str,
        path: str,
    ) -> Answer:
        """Decode the JSON of an answer into a type.

        Raises:
            ProtocolError: the answer is no JSON, half of it, or of another shape.
        """
        try:
            return decoder.decode(response.content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            found = protocol_error(
                response, method, self.url(path), error, secret=self._key
            )
            found.uncertain = method not in READS
            raise found from None


def _unchanged(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
    return prepared


def _deaf(moment: str, method: str, url: str) -> None:
    """Hear nothing of what is sent."""


def _asked(response: Response) -> float | None:
    return seconds(response.headers.get("Retry-After", ""))


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
