"""Names the phases of a command, by which its time is measured."""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

import msgspec

LOAD, HASH, CONNECT = "load", "hash", "connect"
READ, DIFF, RENDER = "read", "diff", "render"
OTHER = "other"
"""The phase of what is done in none of the others."""

PHASES = (LOAD, HASH, CONNECT, READ, DIFF, RENDER, OTHER)


class Phases(Protocol):
    """Opens a phase for the length of a `with`; time in an inner one is its own."""

    def __call__(self, name: str, /) -> AbstractContextManager[None]:
        """Open one of `PHASES`."""


def unmeasured(name: str, /) -> AbstractContextManager[None]:
    """Measure nothing, for those who do not ask where the time goes."""
    del name
    return nullcontext()


class Spent(msgspec.Struct, frozen=True):
    """Seconds that a phase took: of the clock, and of all threads' processor time."""

    wall: float = 0.0
    cpu: float = 0.0
