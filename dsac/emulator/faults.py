"""Makes an app slow, unreliable and strict about rates, the same way for one seed."""

import enum
import json
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from types import TracebackType

ExcInfo = tuple[type[BaseException], BaseException, TracebackType]
StartResponse = Callable[..., Callable[[bytes], object]]
Environ = dict[str, object]
App = Callable[[Environ, StartResponse], Iterable[bytes]]

FAILURES = ("500 Internal Server Error", "502 Bad Gateway", "503 Service Unavailable")
THROTTLED = "429 Too Many Requests"


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong, and how often: rates are between 0 and 1, and add up to 1.

    Args:
        latency: Seconds that each answer is held back.
        fail_rate: Requests answered with 500, 502 or 503, without having been done.
        reset_rate: Requests whose connection is reset before anything was done.
        lose_reply_rate: Requests that are done, and whose answer never comes.
        truncate_rate: Requests that are done, and whose answer is cut in the middle.
        rate_limit: Requests a second; what is above gets 429 with Retry-After. 0: none.
        seed: With the same one the same requests go wrong: the n-th request of each
            kind meets the same fate, in whichever order the kinds come.
    """

    latency: float = 0.0
    fail_rate: float = 0.0
    reset_rate: float = 0.0
    lose_reply_rate: float = 0.0
    truncate_rate: float = 0.0
    rate_limit: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse rates that can't be meant.

        Raises:
            ValueError: a number is negative or none, or the rates are more than 1.
        """
        rates = (
            self.fail_rate,
            self.reset_rate,
            self.lose_reply_rate,
            self.truncate_rate,
        )
        numbers = (*rates, self.latency, self.rate_limit)
        if not all(map(math.isfinite, numbers)):
            raise ValueError("rates, limits and latency of faults are plain numbers")
        if min(numbers) < 0 or sum(rates) > 1:
            raise ValueError("rates of faults are between 0 and 1, and add up to 1")


class Fate(enum.Enum):
    """What becomes of a request."""

    FAIL = "fail"
    RESET = "reset"
    LOSE_REPLY = "lose reply"
    TRUNCATE = "truncate"
    NONE = "none"


def fate(faults: Faults, kind: str, number: int) -> tuple[Fate, str]:
    """Draw what becomes of the `number`-th request of a kind, and a failing status.

    >>> fate(Faults(fail_rate=1), "GET user", 1)[0]
    <Fate.FAIL: 'fail'>
    """
    chance = Random(f"{faults.seed}/{kind}/{number}")  # noqa: S311 - no secret
    drawn, status = chance.random(), chance.choice(FAILURES)
    for found, rate in (
        (Fate.FAIL, faults.fail_rate),
        (Fate.RESET, faults.reset_rate),
        (Fate.LOSE_REPLY, faults.lose_reply_rate),
        (Fate.TRUNCATE, faults.truncate_rate),
    ):
        if drawn < rate:
            return found, status
        drawn -= rate
    return Fate.NONE, status


def kind_of(method: str, path: str) -> str:
    """Name the kind of a request: its method, and its path without names and uuids.

    >>> kind_of("POST", "/datasets/jane/flowers/samples_bulk/")
    'POST datasets samples_bulk'
    >>> kind_of("PUT", "/labels/0189/ground-truth/")
    'PUT labels'
    """
    segments = path.strip("/").split("/")
    kept = (segments[0], *segments[3:4]) if segments[0] == "datasets" else segments[:1]
    return " ".join((method, *kept))


class Bucket:
    """Lets so many requests through in a second, a second's worth of them at once."""

    def __init__(self, rate: float, now: Callable[[], float]) -> None:
        self._rate = rate
        self._now = now
        self._lock = threading.Lock()
        self._tokens = self._most = max(1.0, rate)
        self._filled = now()

    def take(self) -> float:
        """Let a request through, or give the seconds after which one will be let."""
        with self._lock:
            now = self._now()
            gained = (now - self._filled) * self._rate
            self._tokens, self._filled = min(self._most, self._tokens + gained), now
            if self._tokens >= 1:
                self._tokens -= 1
                return 0.0
            return (1 - self._tokens) / self._rate


class Faulty:
    """A WSGI app in front of another one; raises ConnectionResetError for a reset."""

    def __init__(
        self,
        app: App,
        faults: Faults,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._app = app
        self._faults = faults
        self._sleep = sleep
        self._bucket = Bucket(faults.rate_limit, now) if faults.rate_limit else None
        self._lock = threading.Lock()
        self._seen: Counter[str] = Counter()

    def __call__(
        self, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer a request, or do not."""
        if self._faults.latency:
            self._sleep(self._faults.latency)
        wait = self._bucket.take() if self._bucket else 0.0
        if wait:
            return _throttled(wait, start_response)
        found, status = self._fate(environ)
        if found is Fate.FAIL:
            return _answer(status, "This fault was asked for.", start_response)
        if found is Fate.RESET:
            raise ConnectionResetError("the request was dropped, as was asked for")
        if found is Fate.NONE:
            return self._app(environ, start_response)
        return self._spoiled(found, environ, start_response)

    def _fate(self, environ: Environ) -> tuple[Fate, str]:
        kind = kind_of(str(environ["REQUEST_METHOD"]), str(environ["PATH_INFO"]))
        with self._lock:
            self._seen[kind] += 1
            number = self._seen[kind]
        return fate(self._faults, kind, number)

    def _spoiled(
        self, found: Fate, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Do what is asked, and let the answer get lost, whole or in part."""
        heads: list[tuple[str, list[tuple[str, str]]]] = []

        def started(
            status: str, headers: list[tuple[str, str]], exc_info: ExcInfo | None = None
        ) -> Callable[[bytes], object]:
            del exc_info
            heads.append((status, headers))
            return written.append

        written: list[bytes] = []
        answer = self._app(environ, started)
        try:
            body = b"".join([*written, *answer])
        finally:
            close = getattr(answer, "close", None)
            if close is not None:
                close()
        if found is Fate.LOSE_REPLY or not body:
            raise ConnectionResetError("the reply was dropped, as was asked for")
        status, headers = heads[-1]
        kept = [item for item in headers if item[0].lower() != "content-length"]
        start_response(status, [*kept, ("Content-Length", str(len(body)))])
        return [body[: len(body) // 2]]


def _throttled(wait: float, start_response: StartResponse) -> Iterable[bytes]:
    seconds = math.ceil(wait)
    detail = f"Request was throttled. Expected available in {seconds} second(s)."
    return _answer(
        THROTTLED, detail, start_response, headers=[("Retry-After", str(seconds))]
    )


def _answer(
    status: str,
    detail: str,
    start_response: StartResponse,
    *,
    headers: Iterable[tuple[str, str]] = (),
) -> Iterable[bytes]:
    body = json.dumps({"detail": detail}).encode()
    about = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start_response(status, [*about, *headers])
    return [body]
