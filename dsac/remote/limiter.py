"""The limiter that all threads share: how many requests a second a server can take.

Nothing is limited until a server refuses a request. From then on requests are paced:
the rate falls with each refusal and grows by a constant step while there is none
(AIMD). Between two refusals a server let through just what it allows, whether it counts
by windows or by a bucket, so that the second one tells its rate.
"""

import math
import threading
from collections.abc import Callable

import msgspec

from dsac.remote.clock import Clock

FIRST_CUT = 0.7
"""What is left of the rate at the first refusal, when nobody knows what is allowed."""

CUT = 0.9
"""What is left at each later one of the rate that was measured since the last."""

OVERLOAD_CUT = 0.5
"""What is left when a server fails altogether, which tells nothing of a rate."""

STEP, FIRST_STEP = 0.02, 0.1
"""The share of the rate at the last cut by which the rate grows in a second: in large
steps after the first refusal, so that the second one soon tells what is allowed."""

CALM, HURRY = 20.0, 5.0
"""After so many seconds without refusal growth speeds up, by one step each so many."""

SLOWEST = 0.2
"""No cut makes it slower than so many requests a second."""

CREDIT = 0.25
"""Turns that nobody took may be taken so many seconds later, all at once."""

IDLE = 1.0
"""A pause longer than this, in seconds, says nothing about what a server allows."""

PRESSURE = 0.3
OVERLOADED_EVERY = 5.0
"""So much of the latest answers must be 503 to count as an overload, and one each so
many seconds does: a single failure among many is no reason to be slow."""


class Turn(msgspec.Struct, frozen=True):
    """Permission to send a request: when it was given, and how long that took."""

    epoch: int
    waited: float


class Limiter:
    """Gives turns to threads; hears how the server took each request."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._epoch = 0
        self._base = math.inf
        self._step = 0.0
        self._grown_since = self._overloaded_at = -math.inf
        self._slot = self._until = -math.inf
        self._measured_since = self._last = clock.now()
        self._passed = 0
        self._pressure = 0.0

    @property
    def rate(self) -> float:
        """How many requests a second may start at this moment."""
        with self._lock:
            return self._rate(self._clock.now())

    def turn(self, sleep: Callable[[float], None]) -> Turn:
        """Wait until a request may start.

        Args:
            sleep: Waits for so many seconds; what it raises ends the waiting.
        """
        began = self._clock.now()
        while True:
            with self._lock:
                now, epoch = self._clock.now(), self._epoch
                due = max(self._slot, self._until, now - CREDIT)
                self._slot = due + 1 / self._rate(now)
                self._note_idleness(now)
            if due <= now:
                return Turn(epoch, now - began)
            sleep(due - now)
            with self._lock:
                # A refusal meanwhile gave all turns back: everybody waits anew.
                if epoch == self._epoch:
                    return Turn(epoch, self._clock.now() - began)

    def passed(self) -> None:
        """Hear that a server took a request, whatever it answered."""
        with self._lock:
            self._passed += 1
            self._pressure *= 1 - 1 / 10

    def refused(self, turn: Turn, wait: float) -> None:
        """Hear that a request was one too many; let none start for so many seconds.

        Requests that were on their way when the rate was cut do not cut it again.
        """
        with self._lock:
            now = self._clock.now()
            self._until = max(self._until, now + wait)
            if turn.epoch == self._epoch:
                known = math.isfinite(self._base)
                rate = min(self._rate(now), self._measured(now))
                if known:
                    self._cut(now, rate * CUT, step=STEP)
                else:
                    self._cut(now, rate * FIRST_CUT, step=FIRST_STEP)

    def overloaded(self, turn: Turn) -> None:
        """Hear that a server failed for now (503) without saying for how long."""
        with self._lock:
            now = self._clock.now()
            self._pressure += (1 - self._pressure) / 10
            recently = now - self._overloaded_at < OVERLOADED_EVERY
            if turn.epoch != self._epoch or self._pressure < PRESSURE or recently:
                return
            self._overloaded_at = now
            rate = self._rate(now)
            rate = self._measured(now) if math.isinf(rate) else rate
            self._cut(now, rate * OVERLOAD_CUT, step=FIRST_STEP)

    def _cut(self, now: float, rate: float, *, step: float) -> None:
        self._base, self._step = max(SLOWEST, rate), step
        self._grown_since = max(now, self._until)
        self._measured_since, self._passed = now, 0
        self._slot = -math.inf
        self._epoch += 1

    def _rate(self, now: float) -> float:
        if math.isinf(self._base):
            return math.inf
        calm = max(0.0, now - self._grown_since)
        hurry = 1 + max(0.0, calm - CALM) / HURRY
        return self._base * (1 + self._step * calm * hurry)

    def _measured(self, now: float) -> float:
        return self._passed / max(now - self._measured_since, 0.001)

    def _note_idleness(self, now: float) -> None:
        idle = now - max(self._last, self._until)
        if idle > IDLE:
            self._measured_since += idle
        self._last = max(self._last, now)
