"""Time and chance, in one place, so that tests need not wait."""

import random
import threading
import time


class Clock:
    """The machine's own time; a test puts a stopped one in its place."""

    def now(self) -> float:
        """Give seconds that only go forward."""
        return time.monotonic()

    def sleep(self, duration: float, wake: threading.Event | None = None) -> None:
        """Wait for so many seconds, or until `wake` is set."""
        if wake is None:
            time.sleep(duration)
        else:
            wake.wait(duration)

    def jitter(self) -> float:
        """Give a number between 0 and 1."""
        return random.random()  # noqa: S311 - spreads load, keeps no secret
