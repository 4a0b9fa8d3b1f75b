"""A progress bar on a terminal, with count, rate and time left."""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO, cast

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text


class Quiet(io.TextIOBase):
    """Writes to stderr as long as there is one: a terminal may go away."""

    def __init__(self) -> None:
        # While a bar is shown `sys.stderr` leads to it.
        self._stream = sys.stderr

    def write(self, text: str) -> int:
        """Write what can be written."""
        with suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Write what is left, if that can be."""
        with suppress(OSError, ValueError):
            self._stream.flush()

    def isatty(self) -> bool:
        """Whether a terminal shows it."""
        return self._stream.isatty()


class Rate(ProgressColumn):
    """So many steps a second."""

    def render(self, task: Task) -> Text:
        """Write the rate, once it is known."""
        return Text("" if task.speed is None else f"{task.speed:.1f}/s")


class Bar:
    """One bar for the current phase; those before it stay as they ended."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def phase(self, name: str, total: int | None) -> None:
        """Begin a phase in the place of the one before."""
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task(name, total=total)

    def advance(self, count: int = 1) -> None:
        """Count steps."""
        if self._task is not None:
            self._progress.advance(self._task, count)

    def note(self, text: str) -> None:
        """Say something above the bar."""
        self._progress.console.print(text, markup=False, highlight=False)


@contextmanager
def bar() -> Iterator[Bar]:
    """Show a bar on stderr, and take it away at the end."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
    )
    console = Console(file=cast("TextIO", Quiet()))
    with Progress(*columns, console=console, transient=True) as shown:
        yield Bar(shown)
