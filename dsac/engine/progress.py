"""What a use case tells of its progress; who shows it is somebody else's matter."""

from collections.abc import Callable
from typing import Protocol


class Progress(Protocol):
    """Is told what is going on; called from one thread at a time."""

    def phase(self, name: str, total: int | None) -> None:
        """Begin a phase of `total` steps, None where nobody knows yet."""

    def advance(self, count: int = 1) -> None:
        """Count steps of the current phase as done."""

    def note(self, text: str) -> None:
        """Say something that is not the result."""


class Silence:
    """Shows nothing."""

    def phase(self, name: str, total: int | None) -> None:
        """Ignore a phase."""

    def advance(self, count: int = 1) -> None:
        """Ignore steps."""

    def note(self, text: str) -> None:
        """Ignore a remark."""


MANY = 10_000
"""So many samples are worth a phase of their own while they are read."""


class Reading:
    """Tells of datasets that are read, and of the samples of large ones.

    Args:
        progress: Is told.
        total: So many datasets there are.
    """

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0
        self._inside = ""
        progress.phase("read", total)

    def seen(self, dataset: str) -> Callable[[int, int | None], None]:
        """Give what is told of the samples of a dataset, page by page."""

        def told(rows: int, count: int | None) -> None:
            if count is not None and count >= MANY:
                if self._inside != dataset:
                    self._inside = dataset
                    self._progress.phase(f"read {dataset}", count)
                self._progress.advance(rows)

        return told

    def done(self) -> None:
        """Count a dataset as read."""
        self._done += 1
        if self._inside:
            self._inside = ""
            self._progress.phase("read", self._total)
            self._progress.advance(self._done)
        else:
            self._progress.advance()
