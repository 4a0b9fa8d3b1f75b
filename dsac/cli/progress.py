"""Shows progress on stderr: a bar on a terminal, a line every ten seconds elsewhere."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from dsac.cli.terminal import Terminal

EVERY = 10.0
"""Seconds between two lines where no terminal shows a bar."""

HEARTBEAT = 1.0
"""So often it is looked whether a line is due, in seconds, also when nothing moves."""


class Shown(Protocol):
    """What the use cases tell of their progress."""

    def phase(self, name: str, total: int | None) -> None:
        """Begin a phase."""

    def advance(self, count: int = 1) -> None:
        """Count steps."""

    def note(self, text: str) -> None:
        """Say something."""


class Pace:
    """How a phase is getting on: done, total, rate, time left."""

    def __init__(self, name: str, total: int | None, *, began: float) -> None:
        self.name = name
        self.total = total
        self.done = 0
        self._began = began

    def rate(self, now: float) -> float:
        """Give how many steps a second were done so far."""
        return self.done / max(now - self._began, 0.001)

    def left(self, now: float) -> float | None:
        """Give the seconds that are left at this rate; None where nobody knows."""
        rate = self.rate(now)
        return (self.total - self.done) / rate if self.total and rate else None

    def line(self, now: float) -> str:
        """Write it on one line: uploads: 5/10, 0.5/s, 10 s left."""
        total = f"/{self.total}" if self.total else ""
        left = self.left(now)
        rest = "" if left is None else f", {left:.0f} s left"
        return f"{self.name}: {self.done}{total}, {self.rate(now):.1f}/s{rest}"


class Lines:
    """Writes a line now and then."""

    def __init__(
        self, terminal: Terminal, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._terminal = terminal
        self._now = now
        self._lock = threading.Lock()
        self._pace: Pace | None = None
        self._last = now()

    def phase(self, name: str, total: int | None) -> None:
        """Begin a phase, from nothing done."""
        with self._lock:
            self._pace = Pace(name, total, began=self._now())

    def advance(self, count: int = 1) -> None:
        """Count steps, and say so if ten seconds have passed."""
        with self._lock:
            if self._pace is not None:
                self._pace.done += count
        self.look()

    def look(self) -> None:
        """Say how it is getting on, if ten seconds have passed since that was said."""
        with self._lock:
            now = self._now()
            if self._pace is None or now - self._last < EVERY:
                return
            self._last = now
            text = self._pace.line(now)
        self.note(text)

    def note(self, text: str) -> None:
        """Say something."""
        self._terminal.talk(text)


@contextmanager
def progress(terminal: Terminal) -> Iterator[Shown]:
    """Show progress while a use case runs."""
    if sys.stderr.isatty():
        from dsac.cli.bar import bar

        with bar() as shown:
            yield shown
        return
    lines, done = Lines(terminal), threading.Event()

    def beat() -> None:
        while not done.wait(HEARTBEAT):
            lines.look()

    thread = threading.Thread(target=beat, name="dsac-progress", daemon=True)
    thread.start()
    try:
        yield lines
    finally:
        done.set()
        thread.join()
