"""Shows progress on stderr: a bar on a terminal, a line every ten seconds elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from dsac.cli.terminal import Terminal

EVERY = 10.0
"""Seconds between two lines where no terminal shows a bar."""


class Shown(Protocol):
    """What the use cases tell of their progress."""

    def phase(self, name: str, total: int | None) -> None:
        """Begin a phase."""

    def advance(self, count: int = 1) -> None:
        """Count steps."""

    def note(self, text: str) -> None:
        """Say something."""


class Lines:
    """Writes a line now and then."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._name = ""
        self._total: int | None = None
        self._done = 0
        self._began = self._last = time.monotonic()

    def phase(self, name: str, total: int | None) -> None:
        """Begin a phase, from nothing done."""
        self._name, self._total, self._done = name, total, 0
        self._began = self._last = time.monotonic()

    def advance(self, count: int = 1) -> None:
        """Count steps, and say so if ten seconds have passed."""
        self._done += count
        now = time.monotonic()
        if now - self._last >= EVERY:
            self._last = now
            rate = self._done / (now - self._began)
            total = f"/{self._total}" if self._total else ""
            self.note(f"{self._name}: {self._done}{total}, {rate:.1f}/s")

    def note(self, text: str) -> None:
        """Say something."""
        self._terminal.talk(text)


@contextmanager
def progress(terminal: Terminal) -> Iterator[Shown]:
    """Show progress while a use case runs."""
    if not sys.stderr.isatty():
        yield Lines(terminal)
        return
    from dsac.cli.bar import bar

    with bar() as shown:
        yield shown
