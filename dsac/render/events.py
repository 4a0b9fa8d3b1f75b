"""Events: what happens, as objects for machines, in the words of the JSON plan."""

from collections.abc import Iterator, Sequence

import msgspec

from dsac.core.change import Action, Change
from dsac.core.document import Document, change_document, held_document
from dsac.core.pictures import NO_PICTURES, Pictures
from dsac.core.plan import Plan
from dsac.core.report import Report
from dsac.core.resources import Kind
from dsac.errors import DsacError, ManifestError, Problem
from dsac.render.lines import counted
from dsac.render.view import summary_line

EVENTS_VERSION = "1.3"
"""A reader refuses another major version; a higher minor one only adds."""

Event = tuple[str, str, Document]
"""The type of an event, a sentence for people, and what more there is to say."""

LEFT_OUT = ("before", "after")
"""What a planned change has in the JSON plan alone: it may be large."""

MANY = 1000
"""Of a plan of more changes so many that are alike, at most, are told together."""

MAY_BE_DONE = "dsac runs show tells what was done, and what may have been"
"""What to do after an apply whose end nobody waited for."""


def version_event(version: str) -> Event:
    """Give the first event of every stream."""
    payload: Document = {"dsac": version, "events": EVENTS_VERSION}
    return "version", f"dsac {version}", payload


def plan_events(
    plan: Plan, *, operation: str, pictures: Pictures = NO_PICTURES
) -> Iterator[Event]:
    """Yield the events of a plan: its changes, warnings and blocks, then its counts."""
    if len(plan.changes) <= MANY:
        yield from (_planned(change, pictures) for change in plan.changes)
    else:
        yield from _many(plan.changes, pictures)
    for warning in plan.warnings:
        yield _diagnostic("warning", warning)
    for block in plan.blocks:
        yield _diagnostic("error", block.message, block.remedy, address=block.address)
    summary = msgspec.structs.asdict(plan.summary)
    changes: Document = {**summary, "blocked": bool(plan.blocks)}
    payload: Document = {
        "changes": changes,
        "held": held_document(plan),
        "operation": operation,
    }
    yield "change_summary", summary_line(plan.summary), payload


def _planned(change: Change, pictures: Pictures) -> Event:
    document = change_document(change, pictures)
    for key in LEFT_OUT:
        document.pop(key)
    words = "+".join(document["actions"])
    held = f", held: {change.held}" if change.held else ""
    return (
        "planned_change",
        f"{change.address}: {words}{held}",
        {"change": document},
    )


Likeness = tuple[str, Kind, tuple[Action, ...], str]


def _many(changes: Sequence[Change], pictures: Pictures) -> Iterator[Event]:
    """Yield changes in batches of those that are alike, each in address order.

    One of which more is to be said than its address comes by itself.
    """
    batches: dict[Likeness, list[str]] = {}
    for change in changes:
        address = change.address
        if (
            change.held
            or change.losses
            or change.previous
            or change.origin is not None
            or address in pictures.differences
        ):
            yield _planned(change, pictures)
            continue
        alike = (address.dataset, address.kind, change.actions, change.reason)
        batch = batches.setdefault(alike, [])
        batch.append(str(address))
        if len(batch) == MANY:
            yield _batch(alike, batches.pop(alike))
    yield from (_batch(alike, batch) for alike, batch in batches.items())


def _batch(alike: Likeness, addresses: list[str]) -> Event:
    dataset, kind, actions, reason = alike
    payload: Document = {
        "dataset": dataset,
        "kind": str(kind),
        "actions": list(map(str, actions)),
        "reason": reason,
        "addresses": addresses,
    }
    words = f"{counted(len(addresses), kind)} in {dataset}: {'+'.join(actions)}"
    return "planned_changes", words, payload


def report_events(report: Report) -> Iterator[Event]:
    """Yield the events of the end of an apply: warnings, then the counts."""
    for warning in (*report.warnings, *filter(None, (report.stopped,))):
        yield _diagnostic("warning", warning)
    counts: Document = dict(report.outcomes)
    payload: Document = {
        "changes": msgspec.structs.asdict(report.done),
        "outcomes": counts,
        "complete": report.complete,
        "interrupted": report.interrupted,
        "run": report.run or None,
        "uploads": report.uploads,
        "requests": report.requests,
        "writes": report.writes,
        "operation": "apply",
    }
    ending = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    yield "apply_summary", ending or "nothing to do", payload


def error_events(error: DsacError) -> Iterator[Event]:
    """Yield what went wrong; the problems of manifests one by one."""
    if isinstance(error, ManifestError):
        for problem in error.problems:
            yield _problem(problem)
    else:
        yield _diagnostic("error", str(error), error.hint)


def stopped_event() -> Event:
    """Give what ends a stream whose command was stopped at once, by a signal."""
    return _diagnostic("error", "stopped by a signal", MAY_BE_DONE)


def _problem(problem: Problem) -> Event:
    where = problem.where
    start = {"line": where.line, "column": where.column}
    place: Document = {"filename": where.file, "start": start}
    return _diagnostic("error", problem.message, problem.hint, range=place)


def _diagnostic(severity: str, summary: str, detail: str = "", **more: object) -> Event:
    told = {"severity": severity, "summary": summary, "detail": detail, **more}
    return "diagnostic", summary, {"diagnostic": told}
