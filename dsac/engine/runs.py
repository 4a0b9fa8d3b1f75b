"""Reads journals back: which runs there were, what they did, and may have done."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from dsac.engine.journal import STAMP
from dsac.errors import JournalError

ENDINGS = ("complete", "failed", "interrupted", "running", "died")
"""How a run ended; one that died was killed, or its machine was."""


class Entry(msgspec.Struct, frozen=True):
    """What became of one planned change, and why where it is not done."""

    address: str
    actions: tuple[str, ...]
    message: str = ""


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A run as its journal tells it; each planned change is in one of the lists.

    `unknown` ones may have been done: their operation was begun and has no end, or its
    reply was lost and could not be looked up.
    """

    name: str
    command: str = ""
    remote: str = ""
    user: str = ""
    ending: str = "died"
    done: tuple[Entry, ...] = ()
    unknown: tuple[Entry, ...] = ()
    failed: tuple[Entry, ...] = ()
    held: tuple[Entry, ...] = ()
    not_done: tuple[Entry, ...] = ()

    @property
    def planned(self) -> int:
        """How many changes were to be made."""
        lists = (self.done, self.unknown, self.failed, self.held, self.not_done)
        return sum(len(entries) for entries in lists)


class _Told(msgspec.Struct):
    outcome: str
    message: str = ""


class _Line(msgspec.Struct):
    """Any line of a journal; members that a line does not have are empty."""

    run: str = ""
    command: str = ""
    remote: str = ""
    user: str = ""
    change: str = ""
    actions: tuple[str, ...] = ()
    begin: int = 0
    of: tuple[str, ...] = ()
    end: int = 0
    outcome: str = ""
    message: str = ""
    odd: dict[str, _Told] = {}
    finish: str = ""


def list_runs(folder: Path) -> tuple[RunRecord, ...]:
    """Read all runs of a project, the latest first; files of others are no runs."""
    paths = sorted(folder.glob("*.jsonl"), reverse=True)
    return tuple(found for path in paths if (found := _read(path)) is not None)


def read_run(folder: Path, name: str = "") -> RunRecord:
    """Read one run, the latest by default; the beginning of its name will do.

    Raises:
        JournalError: there is none of that name, or several.
    """
    names = sorted(path.stem for path in folder.glob("*.jsonl"))
    if not names:
        raise JournalError(f"there are no runs in {folder}", hint="apply makes them")
    fitting = [item for item in names if item.startswith(name)]
    if not name:
        fitting = names[-1:]
    if len(fitting) != 1:
        found = f"{len(fitting)} runs begin" if fitting else "no run begins"
        raise JournalError(f"{found} with {name!r}", hint="dsac runs lists them")
    record = _read(folder / f"{fitting[0]}.jsonl")
    if record is None:
        raise JournalError(
            f"{folder / fitting[0]}.jsonl is no journal", hint="dsac runs lists them"
        )
    return record


def _read(path: Path) -> RunRecord | None:
    try:
        with path.open("rb") as lines:
            found = list(_lines(lines))
    except OSError:
        return None
    if not found or not found[0].run:
        return None
    return _record(path, found)


def _lines(lines: Iterable[bytes]) -> Iterator[_Line]:
    """Yield what can be read: whatever killed a run may have spoiled its last line."""
    for line in lines:
        try:
            yield msgspec.json.decode(line, type=_Line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue


def _record(path: Path, lines: list[_Line]) -> RunRecord:
    head = lines[0]
    ending = "running" if _is_held(path) else "died"
    planned: dict[str, tuple[str, ...]] = {}
    begun: dict[int, tuple[str, ...]] = {}
    ends: dict[str, _Told] = {}
    for line in lines:
        if line.change:
            planned[line.change] = line.actions
        elif line.begin:
            begun[line.begin] = line.of
        elif line.end:
            ends |= dict.fromkeys(
                begun.pop(line.end, ()), _Told(line.outcome, line.message)
            )
            ends |= line.odd
        elif line.finish:
            ending = line.finish
    for of in begun.values():
        ends |= dict.fromkeys(of, _Told("unknown", "begun, its end was not written"))
    lists: dict[str, list[Entry]] = {}
    for address, actions in planned.items():
        told = ends.get(address, _Told("not_done"))
        entry = Entry(address, actions, told.message)
        lists.setdefault(told.outcome, []).append(entry)
    not_done = [*lists.get("skipped", ()), *lists.get("not_done", ())]
    return RunRecord(
        name=path.stem,
        command=head.command,
        remote=head.remote,
        user=head.user,
        ending=ending,
        done=tuple(lists.get("done", ())),
        unknown=tuple(lists.get("unknown", ())),
        failed=tuple(lists.get("failed", ())),
        held=tuple(lists.get("held", ())),
        not_done=tuple(not_done),
    )


def moment_of(name: str) -> str:
    """Write when a run began: 2026-11-25 22:10:05 UTC; its name where that is odd."""
    from datetime import datetime

    try:
        found = datetime.strptime(name, STAMP)  # noqa: DTZ007 - the stamp is in UTC
    except ValueError:
        return name
    return f"{found:%Y-%m-%d %H:%M:%S} UTC"


def _is_held(path: Path) -> bool:
    """Tell whether the process that writes a journal is alive: it holds a lock."""
    try:
        import fcntl
    except ImportError:  # pragma: no cover - Windows has no such locks
        return False
    with path.open("rb") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False
