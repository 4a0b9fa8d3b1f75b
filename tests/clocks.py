"""A clock that never really waits."""

from dsac.remote.clock import Clock, Flag


class StoppedClock(Clock):
    """Stands still but for what is slept, and remembers that; no chance in it."""

    def __init__(self) -> None:
        self.time = 0.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, duration: float, wake: Flag | None = None) -> None:
        del wake
        self.slept.append(duration)
        self.time += duration

    def jitter(self) -> float:
        return 1.0
