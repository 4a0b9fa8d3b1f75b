"""Runs operations, level by level, with bounded workers; says how each one ended."""

import threading
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Protocol

from dsac.core.levels import DELETES, Level
from dsac.core.operations import CreateSamples, DeleteSamples, Operation, UploadFile
from dsac.core.report import Ending, Outcome
from dsac.core.resources import Address
from dsac.engine.feasible import DONE, Feasible
from dsac.engine.progress import Progress
from dsac.errors import DsacError, GivenUpError, JournalError

Endings = Mapping[Address, Ending]
Ended = tuple[Ending, Endings]
"""How an operation ended, and how else for some of its resources."""

WELL = frozenset({Outcome.DONE, Outcome.HELD})
INTERRUPTED = "interrupted"
BULK = CreateSamples | DeleteSamples


class Performer(Protocol):
    """Performs one operation against the platform."""

    def perform(self, operation: Operation) -> Endings:
        """Perform an operation.

        Returns:
            How it ended for those of the resources that it writes that are not done.

        Raises:
            DsacError: it failed as a whole.
        """


HEARTBEAT = 1.0
"""So often, in seconds, it is looked whether a signal came while nothing ended."""


class Watch(Protocol):
    """Is told of each operation before and after it, by the thread that performs it."""

    def begin(self, operation: Operation) -> int:
        """Hear that an operation is about to be performed; give it a number.

        Raises:
            JournalError: it must not be performed, nor any other.
        """

    def end(
        self, number: int, operation: Operation, ending: Ending, odd: Endings
    ) -> None:
        """Hear how an operation ended, and how else for some of its resources.

        Raises:
            JournalError: nothing new must be begun.
        """


class Both:
    """Tells two of each operation, the first one first."""

    def __init__(self, first: Watch, second: Watch) -> None:
        self._first = first
        self._second = second

    def begin(self, operation: Operation) -> int:
        """Tell both that an operation is about to be performed."""
        number = self._first.begin(operation)
        self._second.begin(operation)
        return number

    def end(
        self, number: int, operation: Operation, ending: Ending, odd: Endings
    ) -> None:
        """Tell both how an operation ended."""
        self._second.end(number, operation, ending, odd)
        self._first.end(number, operation, ending, odd)


class Execution:
    """One run over the levels of a plan.

    An operation whose dataset, label set, sample or file failed is skipped, its
    neighbours go on; what needs a held one is held with it. Levels that delete start
    only if nothing before them failed, but for samples that are made anew: those wait
    for their own files, and are made again even after an interruption. `stopped` says
    why nothing new is begun, where that is not because somebody interrupted it.
    """

    def __init__(
        self,
        performer: Performer,
        *,
        jobs: int,
        progress: Progress,
        cancel: threading.Event,
        watch: Watch | None = None,
    ) -> None:
        self.performer = performer
        self.watch = watch
        self.jobs = jobs
        self.progress = progress
        self.cancel = cancel
        self.feasible = Feasible()
        self.stopped = ""

    def run(self, levels: Iterable[Level]) -> dict[Address, Ending]:
        """Run the levels in order and give how each resource's operation ended."""
        pool = ThreadPoolExecutor(self.jobs, thread_name_prefix="dsac")
        try:
            for level in levels:
                self.progress.phase(level.step, len(level.operations))
                if level.step in DELETES and self._failed():
                    self._skip(level.operations, "something before it failed")
                else:
                    self._run_level(level, pool)
        except KeyboardInterrupt:
            # Somebody asked twice: what is in flight is not waited for.
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
        pool.shutdown()
        return self.feasible.endings

    def _failed(self) -> bool:
        return bool(self.feasible.lost_files) or any(
            ending.outcome not in WELL for ending in self.feasible.endings.values()
        )

    def _run_level(self, level: Level, pool: ThreadPoolExecutor) -> None:
        running: dict[Future[Ended], Operation] = {}
        for operation in self._ready(level.operations):
            running[pool.submit(self._perform, operation)] = operation
            while len(running) >= self.jobs:
                self._collect(running)
        while running:
            self._collect(running)

    def _ready(self, operations: Iterable[Operation]) -> Iterator[Operation]:
        for whole in operations:
            interrupted = self.cancel.is_set() and not self.stopped
            operation = self.feasible.possible(whole, interrupted=interrupted)
            ending = self.feasible.hindrance(operation)
            stops = bool(self.stopped) or self.cancel.is_set()
            if isinstance(operation, BULK) and not operation.samples:
                self.progress.advance()
            elif stops and not (interrupted and self.feasible.is_owed(operation)):
                self._skip([operation], self.stopped or INTERRUPTED)
            elif ending is not None:
                self._end(operation, ending, {})
            else:
                yield operation

    def _skip(self, operations: Iterable[Operation], why: str) -> None:
        for operation in operations:
            self._end(operation, Ending(Outcome.SKIPPED, why), {})

    def _perform(self, operation: Operation) -> Ended:
        """Perform an operation, in a thread of the pool; watched before and after."""
        number = 0
        try:
            if self.watch is not None:
                number = self.watch.begin(operation)
        except JournalError as error:
            self.stopped = str(error)
            return Ending(Outcome.SKIPPED, self.stopped), {}
        ending, odd = self._performed(operation)
        try:
            if self.watch is not None:
                self.watch.end(number, operation, ending, odd)
        except JournalError as error:
            self.stopped = str(error)
        return ending, odd

    def _performed(self, operation: Operation) -> Ended:
        try:
            return DONE, self.performer.perform(operation)
        except GivenUpError as error:
            if error.uncertain:
                return Ending(Outcome.UNKNOWN, str(error)), {}
            return Ending(Outcome.SKIPPED, INTERRUPTED), {}
        except DsacError as error:
            return Ending(Outcome.FAILED, str(error)), {}

    def _collect(self, running: dict[Future[Ended], Operation]) -> None:
        # The system may give a signal to another thread than this one, which alone acts
        # on it, and only when it wakes up.
        finished, _ = wait(running, timeout=HEARTBEAT, return_when=FIRST_COMPLETED)
        for future in finished:
            operation = running.pop(future)
            self._end(operation, *future.result())

    def _end(self, operation: Operation, ending: Ending, exceptions: Endings) -> None:
        self.progress.advance()
        if isinstance(operation, UploadFile):
            if ending.outcome is not Outcome.DONE:
                self.feasible.lost_files[operation.upload] = ending.message
            return
        self.feasible.note(operation, ending, exceptions)
