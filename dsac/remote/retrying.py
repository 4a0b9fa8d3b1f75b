"""When a request may go again: by its class, after which answer, and how often."""

import threading

import msgspec

ATTEMPTS = 6
"""A request that fails is sent so many times at the most."""

FIRST_ATTEMPTS = 3
"""So often a server is looked for that never answered yet: the address may be wrong."""

REFUSALS = 10
PATIENCE = 300.0
"""So often, and for so many seconds, a server may say that it is too early."""

LONGEST_WAIT = 60.0
"""No server makes dsac wait longer than this between two attempts, in seconds."""

READS = frozenset({"GET", "HEAD"})
REPEATABLE = frozenset({"GET", "HEAD", "PUT", "PATCH", "DELETE"})
"""Methods whose requests may be repeated whatever became of the first one."""

REFUSED = 429
BUSY = 503
UNDONE = frozenset({REFUSED, BUSY})
"""Statuses of a request that was not carried out, so that a creation may go again."""

AMBIGUOUS = frozenset({500, 502, 504})
"""Statuses that leave open whether a request was carried out."""

RETRIED = UNDONE | AMBIGUOUS
TOO_LONG = frozenset({502, 504})
"""What gateways answer to a request that is too much for the server behind them."""


class Retries(msgspec.Struct, frozen=True, kw_only=True):
    """How one request is repeated.

    `repeatable` requests may go again whatever became of them; the others only where
    they were certainly not carried out. `final` statuses end it at once, `brief` ones
    at their second appearance.
    """

    repeatable: bool
    final: frozenset[int] = frozenset()
    brief: frozenset[int] = frozenset()
    attempts: int = ATTEMPTS

    def after_status(self, status: int, *, tried: int, seen: int) -> bool:
        """Tell whether to go again after an answer.

        Args:
            status: Its status.
            tried: So many attempts were made that were not refused.
            seen: So many of them had this status.
        """
        if status in self.final or (status in self.brief and seen > 1):
            return False
        statuses = RETRIED if self.repeatable else UNDONE
        return status in statuses and tried < self.attempts

    def after_silence(self, *, tried: int, sent: bool, stranger: bool) -> bool:
        """Tell whether to go again where no answer came.

        Args:
            tried: So many attempts were made.
            sent: Whether the server may have got the request.
            stranger: Whether it never answered anything so far.
        """
        most = min(self.attempts, FIRST_ATTEMPTS) if stranger else self.attempts
        return tried < most and (self.repeatable or not sent)


class Budget:
    """Bounds the retries of a whole run: a server that is down is not asked for hours.

    Each retry costs one, each success gives a half back: a third of all requests may
    fail for ever, and a run in which all fail ends soon.
    """

    MOST = 100.0

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left = self.MOST

    def take(self) -> bool:
        """Take one retry; tell whether there was one."""
        with self._lock:
            if self._left < 1:
                return False
            self._left -= 1
            return True

    def give(self) -> None:
        """Give back a half, for a success."""
        with self._lock:
            self._left = min(self.MOST, self._left + 0.5)


def backoff(attempt: int, jitter: float) -> float:
    """Give the seconds before the next attempt, doubled each time.

    >>> [backoff(attempt, 1.0) for attempt in (1, 2, 3, 9)]
    [1.0, 2.0, 4.0, 60.0]
    """
    longest: float = min(2.0 ** (attempt - 1), LONGEST_WAIT)
    return longest * jitter
