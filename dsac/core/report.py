"""What an apply did: one outcome for each change, and the counts of them."""

import enum
from collections import Counter

import msgspec

from dsac.core.change import Change
from dsac.core.plan import Summary, summarise


class Outcome(enum.StrEnum):
    """How a change ended."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    HELD = "held"
    UNKNOWN = "unknown"


_WELL = frozenset({Outcome.DONE, Outcome.HELD})


class Ending(msgspec.Struct, frozen=True):
    """How the part of an operation that concerns one resource ended."""

    outcome: Outcome
    message: str = ""


class Result(msgspec.Struct, frozen=True):
    """One change and how it ended; `message` says why, where it is not done."""

    change: Change
    outcome: Outcome
    message: str = ""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The end of an apply, results in address order.

    `interrupted` is set where a signal ended it early, `stopped` says what else did;
    `run` names its journal. A `rehearsed` one changed nothing but a copy. `uploads`
    counts the files that went up, `requests` and `writes` what was sent. `backup` is
    the folder, in the project, to which `saved` labels were written before their loss.
    """

    results: tuple[Result, ...] = ()
    interrupted: bool = False
    stopped: str = ""
    run: str = ""
    rehearsed: bool = False
    uploads: int = 0
    requests: int = 0
    writes: int = 0
    backup: str = ""
    saved: int = 0
    warnings: tuple[str, ...] = ()

    def count(self, outcome: Outcome) -> int:
        """Count the changes that ended so."""
        return Counter(result.outcome for result in self.results)[outcome]

    @property
    def outcomes(self) -> dict[str, int]:
        """Count the changes by how they ended; every outcome, also with none."""
        found = Counter([result.outcome for result in self.results])
        return {str(outcome): found[outcome] for outcome in Outcome}

    @property
    def done(self) -> Summary:
        """Count what was done, by what it did."""
        return summarise(
            tuple(
                [
                    result.change
                    for result in self.results
                    if result.outcome is Outcome.DONE
                ]
            )
        )

    @property
    def complete(self) -> bool:
        """Whether everything that was to be done is done; held is no failure."""
        ended_early = self.interrupted or bool(self.stopped)
        outcomes = {result.outcome for result in self.results}
        return not ended_early and outcomes <= _WELL
