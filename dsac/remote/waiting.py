"""All waiting of a transport: for a turn, after a refusal, after a failure."""

from collections.abc import Callable

from dsac.remote.clock import Clock, Flag
from dsac.remote.limiter import Limiter, Turn
from dsac.remote.retrying import LONGEST_WAIT, Budget, backoff

BRIEFLY = 2.0
"""Once told to end, a request still waits for so many seconds, and no longer."""


class Ended(Exception):  # noqa: N818 - nothing went wrong
    """The run was told to end while a request waited to be sent."""


class Waiting:
    """One limiter and one budget for all threads; `stop` ends long waits.

    Args:
        clock: Time and chance.
        count: Is told of each wait, in seconds, and of each retry.
    """

    def __init__(self, clock: Clock, count: Callable[..., None]) -> None:
        self._clock = clock
        self._count = count
        self._stopped = Flag()
        self.limiter = Limiter(clock)
        self.budget = Budget()

    def stop(self) -> None:
        """Let nothing wait for long any more."""
        self._stopped.on = True

    @property
    def stopped(self) -> bool:
        """Whether the run was told to end."""
        return self._stopped.on

    def turn(self) -> Turn:
        """Wait until a request may start.

        Raises:
            Ended: the run was told to end, and the wait would be long.
        """
        turn = self.limiter.turn(self._sleep)
        self._count(waited=turn.waited)
        return turn

    def refused(self, turn: Turn, asked: float | None, *, times: int) -> float:
        """Make everybody wait that a server refused a request; give for how long."""
        jitter = self._clock.jitter()
        wait = backoff(times, jitter)
        if asked is not None:
            # Other machines were told the same: not all come back at one moment.
            wait = min(asked, LONGEST_WAIT) + jitter / 10
        self.limiter.refused(turn, wait)
        self._count(retries=1)
        return wait

    def failed(self, tried: int) -> None:
        """Wait before a request that failed is sent again.

        Raises:
            Ended: the run was told to end, and the wait would be long.
        """
        wait = backoff(tried, self._clock.jitter())
        self._count(retries=1)
        self._sleep(wait)
        self._count(waited=wait)

    def _sleep(self, duration: float) -> None:
        end = self._clock.now() + duration
        if not self._stopped.on:
            self._clock.sleep(duration, self._stopped)
        left = end - self._clock.now()
        if left > BRIEFLY and self._stopped.on:
            raise Ended
        if left > 0 and self._stopped.on:
            self._clock.sleep(left)
