"""The journal of a run: what was begun and how it ended, in `.dsac/runs/`.

One JSON object a line: first the run, then the changes that are planned, then for each
operation a line before it and one after it. A line is written in one piece to the end
of the file, so that whatever kills the process spoils the last one at the most, and an
operation without its second line may have been done.
"""

import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from dsac.core.change import Action, Change
from dsac.core.operations import CreateSamples, Operation, UploadFile, addresses
from dsac.core.plain import chunks
from dsac.core.report import Ending, Report
from dsac.core.resources import Address, sample_addresses
from dsac.errors import JournalError
from dsac.version import __version__

FORMAT = 1
RUNS = "runs"
"""The folder of journals, in that of the state."""

STAMP = "%Y%m%dT%H%M%S.%fZ"


AT_ONCE = 1000
"""So many planned changes are written in one piece."""

ENCODER = msgspec.json.Encoder()


class _Planned(msgspec.Struct, frozen=True):
    change: str
    actions: tuple[Action, ...]


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What a run is: its command, and on what it acts."""

    command: str
    project: str
    remote: str
    user: str


class Journal:
    """An open journal; safe to use from several threads.

    After a line that could not be written it takes no more: `broken` says why.
    """

    def __init__(self, folder: Path, run: Run, changes: Iterable[Change]) -> None:
        self._lock = threading.Lock()
        self._begun = 0
        self.broken = ""
        self.path, self._file = _opened(folder)
        _lock(self._file)
        try:
            self._write_head(run, changes)
        except JournalError:
            self.close()
            raise

    def _write_head(self, run: Run, changes: Iterable[Change]) -> None:
        head = {"run": self.path.stem, "format": FORMAT, "dsac": __version__}
        self._write({**head, "pid": os.getpid(), **msgspec.structs.asdict(run)})
        for part in chunks(changes, AT_ONCE):
            lines = [_Planned(str(item.address), item.actions) for item in part]
            self._append(ENCODER.encode_lines(lines))

    def begin(self, operation: Operation) -> int:
        """Write that an operation is about to be performed; give its number.

        Raises:
            JournalError: it can't be written; the operation must not be performed.
        """
        with self._lock:
            self._begun += 1
            number = self._begun
        self._write({"begin": number, "at": _now(), **described(operation)})
        return number

    def end(
        self,
        number: int,
        operation: Operation,
        ending: Ending,
        odd: Mapping[Address, Ending],
    ) -> None:
        """Write how an operation ended, and how else for some of its resources.

        Raises:
            JournalError: it can't be written; nothing new must be begun.
        """
        del operation
        line: dict[str, object] = {"end": number, "at": _now(), **_told(ending)}
        if odd:
            line["odd"] = {str(key): _told(item) for key, item in odd.items()}
        self._write(line)

    def finish(self, report: Report) -> None:
        """Write how the run ended; one that an exception ends has no such line."""
        outcome = "interrupted" if report.interrupted else "failed"
        if report.complete:
            outcome = "complete"
        with suppress(JournalError):
            self._write({"finish": outcome, "at": _now(), "counts": report.outcomes})

    def close(self) -> None:
        """Close the file, which frees its lock."""
        os.close(self._file)

    def _write(self, line: Mapping[str, object]) -> None:
        self._append(msgspec.json.encode(line) + b"\n")

    def _append(self, data: bytes) -> None:
        with self._lock:
            if self.broken:
                raise JournalError(self.broken)
            try:
                written = os.write(self._file, data)
            except OSError as error:
                self._break(error.strerror or "it failed")
            else:
                if written < len(data):
                    self._break("the disk is full")

    def _break(self, why: str) -> None:
        self.broken = f"can't write the journal {self.path}: {why}"
        raise JournalError(
            self.broken, hint="make room or give access, and run again to go on"
        )


@contextmanager
def journal(folder: Path, run: Run, changes: Iterable[Change]) -> Iterator[Journal]:
    """Open a journal for a run, and close it.

    Raises:
        JournalError: it can't be written; nothing must be begun.
    """
    opened = Journal(folder, run, changes)
    try:
        yield opened
    finally:
        opened.close()


def _told(ending: Ending) -> dict[str, str]:
    told = {"outcome": str(ending.outcome)}
    return {**told, "message": ending.message} if ending.message else told


def described(operation: Operation) -> dict[str, object]:
    """Say what an operation is, and which resources or file it writes."""
    if isinstance(operation, UploadFile):
        found = [operation.upload.path]
    elif isinstance(operation, CreateSamples):
        names = [new.sample.name for new in operation.samples]
        found = sample_addresses(operation.dataset, names)
    else:
        found = [str(address) for address in addresses(operation)]
    return {"do": type(operation).__name__, "of": found}


def stamp() -> str:
    """Name this moment, so that names sort as moments do."""
    return datetime.now(UTC).strftime(STAMP)


def _opened(folder: Path) -> tuple[Path, int]:
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL
    try:
        folder.mkdir(parents=True, exist_ok=True)
        while True:
            path = folder / f"{stamp()}.jsonl"
            try:
                return path, os.open(path, flags, 0o644)
            except FileExistsError:
                continue
    except OSError as error:
        raise JournalError(
            f"can't write a journal to {folder}: {error.strerror}; nothing was done",
            hint="an apply writes down what it does; make room or give access there",
        ) from error


def _lock(file: int) -> None:
    """Hold a lock for as long as the process lives, so that others see that it does."""
    try:
        import fcntl
    except ImportError:  # pragma: no cover - Windows has no such locks
        return
    with suppress(OSError):  # not every network file system has locks
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
