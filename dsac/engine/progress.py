"""What a use case tells of its progress; who shows it is somebody else's matter."""

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
