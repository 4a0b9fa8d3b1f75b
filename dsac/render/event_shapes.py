"""The shape of each event, as types: what a reader may rely on, and the schema."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from dsac.core.change import Action
from dsac.core.plan import Summary
from dsac.core.report import Outcome
from dsac.core.resources import Kind
from dsac.core.shown import Count, ShownChange, ShownHeld, ShownSummary


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """What every event has."""

    sequence: Annotated[int, Meta(ge=1, description="Counts from 1, without gaps.")]
    timestamp: Annotated[str, Meta(description="RFC 3339, in UTC.")]
    level: Annotated[str, Meta(pattern="^(info|warn|error)$")]
    message: Annotated[str, Meta(description="A sentence for people.")]


class Version(Event, tag="version", frozen=True, kw_only=True):
    """The first event of every stream."""

    dsac: str
    events: Annotated[str, Meta(description="The version of this format.")]


class Progress(Event, tag="progress", frozen=True, kw_only=True):
    """How far a phase is; every ten seconds, and at both ends."""

    phase: str
    done: Count
    total: Count | None
    rate: Annotated[float, Meta(description="Steps a second.")]
    seconds_left: float | None


class PlannedChange(Event, tag="planned_change", frozen=True, kw_only=True):
    """One change, as in the JSON plan, without `before` and `after`."""

    change: ShownChange


class PlannedChanges(Event, tag="planned_changes", frozen=True, kw_only=True):
    """Changes of a long plan that are alike and have nothing more to say."""

    dataset: str
    kind: Kind
    actions: tuple[Action, ...]
    reason: str
    addresses: tuple[str, ...]


class ChangeSummary(Event, tag="change_summary", frozen=True, kw_only=True):
    """The counts of a plan, after its changes."""

    changes: ShownSummary
    held: ShownHeld | None
    operation: Annotated[str, Meta(description="The command.")]


class Began(Event, frozen=True, kw_only=True):
    """What is told of an operation: its name, and what it writes."""

    operation: str
    addresses: tuple[str, ...]


class Odd(msgspec.Struct, frozen=True, kw_only=True):
    """How a resource ended that did not end as its operation did."""

    outcome: Outcome
    error: str


class Ended(Began, frozen=True, kw_only=True):
    """How an operation ended."""

    outcome: Outcome
    error: str | None
    odd: dict[str, Odd]
    elapsed_seconds: float


class OperationStart(Began, tag="operation_start", frozen=True, kw_only=True):
    """An operation begins."""


class OperationComplete(Ended, tag="operation_complete", frozen=True, kw_only=True):
    """An operation ended well, or was held or skipped."""


class OperationErrored(Ended, tag="operation_errored", frozen=True, kw_only=True):
    """An operation failed, or nobody knows."""


class BatchStart(Began, tag="batch_start", frozen=True, kw_only=True):
    """A bulk call begins."""


class BatchComplete(Ended, tag="batch_complete", frozen=True, kw_only=True):
    """A bulk call ended well, or was held or skipped."""


class BatchErrored(Ended, tag="batch_errored", frozen=True, kw_only=True):
    """A bulk call failed, or a part of it."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A place in a file; both count from 1."""

    line: int
    column: int


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """Where in a file something was found."""

    filename: str
    start: Place


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong, what to do, and where."""

    severity: Annotated[str, Meta(pattern="^(error|warning)$")]
    summary: str
    detail: str
    address: str | UnsetType = UNSET
    range: Range | UnsetType = UNSET


class Diagnostic(Event, tag="diagnostic", frozen=True, kw_only=True):
    """A warning, a block or an error."""

    diagnostic: Told


class Log(Event, tag="log", frozen=True, kw_only=True):
    """A remark."""


class ApplySummary(Event, tag="apply_summary", frozen=True, kw_only=True):
    """How an apply ended."""

    changes: Summary
    outcomes: dict[Outcome, Count]
    complete: bool
    interrupted: bool
    run: str | None
    uploads: Count
    requests: Count
    writes: Count
    operation: str


AnyEvent = (
    Version
    | Progress
    | PlannedChange
    | PlannedChanges
    | ChangeSummary
    | OperationStart
    | OperationComplete
    | OperationErrored
    | BatchStart
    | BatchComplete
    | BatchErrored
    | Diagnostic
    | Log
    | ApplySummary
)
