"""Where texts are posted: what a board can do, and the mark by which ours are known."""

import re
from collections.abc import Sequence
from typing import Protocol
from urllib.parse import quote

import msgspec


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of a text that dsac posts, hidden from people.

    One text stands for each `what` (plan, drift, report) of each project and
    environment. `run` tells which of two texts is the newer one, where both tell.
    """

    what: str
    project: str
    environment: str = ""
    run: tuple[int, int] | None = None

    def __str__(self) -> str:
        run = "-" if self.run is None else ".".join(map(str, self.run))
        return f"<!-- dsac:{self.what} {self.key} run={run} -->"

    @property
    def key(self) -> str:
        """Name project and environment; no character of them can end the line."""
        return f"{_quoted(self.project)}@{_quoted(self.environment)}"

    def is_of(self, text: str) -> bool:
        """Tell whether a text is this one, of whichever run."""
        found = _parsed(text)
        return found is not None and found[:2] == (self.what, self.key)

    def age_of(self, text: str) -> int:
        """Compare the run with that of a text: -1 if it is earlier, 1 if later, else 0.

        0 also where either does not tell: then the last one to write is right.
        """
        found = _parsed(text)
        if found is None or found[2] is None or self.run is None:
            return 0
        return (self.run > found[2]) - (self.run < found[2])


_MARK = re.compile(r"<!-- dsac:([a-z]+) (\S+@\S*) run=(?:-|(\d{1,20})\.(\d{1,20})) -->")


def _parsed(text: str) -> tuple[str, str, tuple[int, int] | None] | None:
    match = _MARK.match(text)
    if match is None:
        return None
    run = (int(match[3]), int(match[4])) if match[3] else None
    return match[1], match[2], run


def _quoted(name: str) -> str:
    # Two dashes would end a comment in older HTML.
    return quote(name, safe="").replace("-", "%2D").replace(".", "%2E")


class Post(msgspec.Struct, frozen=True):
    """A text that is there; the lower its number, the longer."""

    number: int
    text: str


class Board(Protocol):
    """Where texts are posted; those of nobody but the token's user are touched."""

    def own(self, mark: Mark) -> Sequence[Post]:
        """List the texts of the token's user that are of a mark."""
        ...

    def create(self, text: str) -> int:
        """Post a text; give its number."""
        ...

    def update(self, number: int, text: str) -> None:
        """Put another text in the place of one."""
        ...

    def remove(self, number: int) -> None:
        """Take a text away: for good, or where that can't be, out of sight."""
        ...

    def pause(self, times: int) -> None:
        """Wait after a text may not have been posted, longer each time."""
        ...


class Tracker(Board, Protocol):
    """A board whose texts can be closed."""

    def close(self, number: int, text: str) -> None:
        """Say a last word in a text, and be done with it."""
        ...
