"""The stream of events: one JSON object a line, numbered, for machines that follow."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from dsac.cli.progress import EVERY, Pace, progress
from dsac.cli.terminal import Terminal
from dsac.core.operations import CreateSamples, DeleteSamples, Operation
from dsac.core.pictures import NO_PICTURES, Pictures
from dsac.core.plan import Plan
from dsac.core.report import Ending, Outcome, Report
from dsac.core.resources import Address
from dsac.engine.journal import described
from dsac.engine.progress import Progress
from dsac.errors import DsacError, OutputError
from dsac.render import FORMATS
from dsac.render.events import (
    Event,
    error_events,
    plan_events,
    report_events,
    stopped_event,
    version_event,
)
from dsac.version import __version__

FORM = "events"
"""What --format calls the stream."""

FORMS = click.Choice((*FORMATS, FORM))

BATCHES = (CreateSamples, DeleteSamples)
LEVELS = {"error": "error", "warning": "warn"}


class Events:
    """Writes events; safe to use from several threads.

    Each has `sequence`, counted from 1 without gaps, `timestamp`, `type`, `level` and
    `message`, and what its type says besides.
    """

    def __init__(
        self, write: Callable[[str], object], *, now: Callable[[], float]
    ) -> None:
        self._write = write
        self._now = now
        self._lock = threading.Lock()
        self._sequence = self._operations = 0
        self._begun: dict[int, float] = {}
        self.emit(version_event(__version__))

    def emit(self, event: Event, *, level: str = "info") -> None:
        """Write one event."""
        kind, message, payload = event
        severity = payload.get("diagnostic", {}).get("severity", "")
        with self._lock:
            self._sequence += 1
            line = {
                "sequence": self._sequence,
                "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "type": kind,
                "level": LEVELS.get(severity, level),
                "message": message,
                **payload,
            }
            self._write(msgspec.json.encode(line).decode())

    def plan(
        self, plan: Plan, *, operation: str, pictures: Pictures = NO_PICTURES
    ) -> None:
        """Tell of a plan."""
        for event in plan_events(plan, operation=operation, pictures=pictures):
            self.emit(event)

    def report(self, report: Report) -> None:
        """Tell how an apply ended."""
        for event in report_events(report):
            self.emit(event)

    def error(self, error: DsacError) -> None:
        """Tell what went wrong."""
        for event in error_events(error):
            self.emit(event)

    def begin(self, operation: Operation) -> int:
        """Tell that an operation begins."""
        with self._lock:
            self._operations += 1
            number = self._operations
            self._begun[id(operation)] = self._now()
        self._operation("start", operation, {}, level="info")
        return number

    def end(
        self,
        number: int,
        operation: Operation,
        ending: Ending,
        odd: Mapping[Address, Ending],
    ) -> None:
        """Tell how an operation ended."""
        del number
        with self._lock:
            took = self._now() - self._begun.pop(id(operation))
        bad = {Outcome.FAILED, Outcome.UNKNOWN}
        errored = ending.outcome in bad or any(
            item.outcome in bad for item in odd.values()
        )
        self._operation(
            "errored" if errored else "complete",
            operation,
            {
                "outcome": str(ending.outcome),
                "error": ending.message or None,
                "odd": {
                    str(address): {"outcome": str(item.outcome), "error": item.message}
                    for address, item in odd.items()
                },
                "elapsed_seconds": round(took, 3),
            },
            level="error" if errored else "info",
        )

    def _operation(
        self, what: str, operation: Operation, more: dict[str, object], *, level: str
    ) -> None:
        told = described(operation)
        kind = "batch" if isinstance(operation, BATCHES) else "operation"
        of = told["of"]
        count = len(of) if isinstance(of, list) else 0
        payload = {"operation": told["do"], "addresses": of, **more}
        message = f"{told['do']} of {count}: {what}"
        self.emit((f"{kind}_{what}", message, payload), level=level)


class Reported:
    """Passes progress on, and tells of it: phases, and every ten seconds how far."""

    def __init__(
        self, shown: Progress, events: Events, *, now: Callable[[], float]
    ) -> None:
        self._shown = shown
        self._events = events
        self._now = now
        self._last = now()
        self._pace = Pace("", None, began=self._last)

    def phase(self, name: str, total: int | None) -> None:
        """Begin a phase."""
        self._shown.phase(name, total)
        self._pace = Pace(name, total, began=self._now())
        self._tell()

    def advance(self, count: int = 1) -> None:
        """Count steps."""
        self._shown.advance(count)
        self._pace.done += count
        if self._now() - self._last >= EVERY or self._pace.done == self._pace.total:
            self._tell()

    def note(self, text: str) -> None:
        """Say something."""
        self._shown.note(text)
        self._events.emit(("log", text, {}))

    def _tell(self) -> None:
        now, pace = self._now(), self._pace
        self._last = now
        left = pace.left(now)
        payload = {
            "phase": pace.name,
            "done": pace.done,
            "total": pace.total,
            "rate": round(pace.rate(now), 3),
            "seconds_left": None if left is None else round(left, 1),
        }
        self._events.emit(("progress", pace.line(now), payload))


class _File:
    """A file of events; one that can't be written any more is said so of, once."""

    def __init__(self, path: Path, terminal: Terminal) -> None:
        self._path = path
        self._terminal = terminal
        self._broken = False
        try:
            self._stream = path.open("a", encoding="utf-8")
        except OSError as error:
            raise OutputError(
                f"can't write events into {path}: {error.strerror}"
            ) from error

    def close(self) -> None:
        """Close the file."""
        with suppress(OSError):
            self._stream.close()

    def write(self, line: str) -> None:
        """Write a line through to the file."""
        if self._broken:
            return
        try:
            self._stream.write(f"{line}\n")
            self._stream.flush()
        except OSError as error:
            self._broken = True
            self._terminal.talk(
                f"Warning: can't write events into {self._path}: {error.strerror}"
            )


@contextmanager
def events(
    terminal: Terminal, *, form: str, into: Path | None = None
) -> Iterator[Events | None]:
    """Give the stream of events that was asked for, None if none was.

    What ends the command is told on it before it is raised.

    Raises:
        OutputError: the file can't be written.
    """
    with ExitStack() as stack:
        writers: list[Callable[[str], object]] = []
        if form == FORM:
            writers.append(terminal.offer)
        if into is not None:
            file = _File(into, terminal)
            stack.callback(file.close)
            writers.append(file.write)
        if not writers:
            yield None
            return
        found = Events(lambda line: _each(writers, line), now=time.monotonic)
        try:
            yield found
        except DsacError as error:
            found.error(error)
            raise
        except KeyboardInterrupt:
            found.emit(stopped_event(), level="error")
            raise


def _each(writers: Iterable[Callable[[str], object]], line: str) -> None:
    for writer in writers:
        writer(line)


@contextmanager
def reported(terminal: Terminal, told: Events | None) -> Iterator[Progress]:
    """Show progress, and tell of it where somebody listens."""
    with progress(terminal) as shown:
        if told is None:
            yield shown
        else:
            yield Reported(shown, told, now=time.monotonic)
