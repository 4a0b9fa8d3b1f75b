"""Signals: the first one lets an apply end in order, the second stops at once."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

NOTICE = b"\nInterrupted: what is in flight is finished; once more stops at once.\n"
STDERR = 2

ENDING = ("SIGINT", "SIGTERM", "SIGHUP")
"""Ctrl-C, the wish of a machine, and a terminal that goes away (not on Windows)."""


@contextmanager
def interruptible(stop: Callable[[], None]) -> Iterator[threading.Event]:
    """Give an event that the first signal sets, which calls `stop` too.

    A signal that whoever started us wants ignored (nohup) stays ignored. That a
    terminal went away is told once for all: it never stops what is in flight.
    """
    event = threading.Event()
    seen: list[int] = []

    def hear(number: int, frame: FrameType | None) -> None:
        del frame
        seen.append(number)
        if len(seen) > 1:
            if signal.Signals(number).name == "SIGHUP":
                return
            raise KeyboardInterrupt
        event.set()
        stop()
        with suppress(OSError):
            os.write(STDERR, NOTICE)

    kinds = [getattr(signal, name) for name in ENDING if hasattr(signal, name)]
    before = {kind: signal.getsignal(kind) for kind in kinds}
    for kind, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(kind, hear)
    try:
        yield event
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def end_on_sigterm() -> None:
    """Let SIGTERM end a command as Ctrl-C does: with a word, and with exit code 1."""

    def hear(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, hear)
