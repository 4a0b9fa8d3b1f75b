"""Time and chance, in one place, so that tests need not wait."""

import random
import time

LOOKED_EVERY = 0.2
"""So often, in seconds, who sleeps looks whether to wake."""


class Flag:
    """Something that is set once; without a lock, so that a signal may set it."""

    on = False


class Clock:
    """The machine's own time; a test puts a stopped one in its place."""

    def now(self) -> float:
        """Give seconds that only go forward."""
        return time.monotonic()

    def today(self) -> float:
        """Give the seconds since 1970, which all machines agree on."""
        return time.time()

    def sleep(self, duration: float, wake: Flag | None = None) -> None:
        """Wait for so many seconds, or until `wake` is set."""
        end = time.monotonic() + duration
        while (left := end - time.monotonic()) > 0 and not (wake and wake.on):
            time.sleep(left if wake is None else min(left, LOOKED_EVERY))

    def jitter(self) -> float:
        """Give a number between 0 and 1."""
        return random.random()  # noqa: S311 - spreads load, keeps no secret
