"""Plans, reports and drift as JSON text."""

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from dsac.core.drift import Drift
from dsac.core.pictures import Pictures
from dsac.core.plan import Plan, summed
from dsac.core.report import Report
from dsac.core.shown import (
    ShownPlan,
    ShownReport,
    shown_change,
    shown_head,
    shown_plan,
    shown_report,
)
from dsac.core.shown_drift import ShownDrift, shown_drift

MANY = 1000
"""A document of more changes is written a change a line: nobody reads it, and to
indent it takes as long as to write it."""

CHUNK = 50
"""So many are encoded together: what is small stays in the processor's cache, and in
memory that was used before."""


def plan(plan: Plan, pictures: Pictures) -> Iterator[str]:
    """Write a plan as JSON, indented unless it is long; then part by part.

    The counts stand in front, so what each change does is found first, once.
    """
    if len(plan.changes) <= MANY:
        yield _indented(shown_plan(plan, pictures))
        return
    actions = [item.actions for item in plan.changes]
    held = [bool(item.held) for item in plan.changes]
    counts = plan.summary_of(summed(Counter(zip(actions, held, strict=True))))
    head, tail = _ends(shown_head(plan, counts), "changes")
    yield head
    for start in range(0, len(actions), CHUNK):
        part = slice(start, start + CHUNK)
        pairs = zip(plan.changes[part], actions[part], strict=True)
        yield ",\n" if start else "\n"
        yield _lines([shown_change(item, pictures, does) for item, does in pairs])
    yield tail


def report(report: Report) -> str:
    """Write a report as JSON, indented unless it is long."""
    shown = shown_report(report)
    if len(shown.results) <= MANY:
        return _indented(shown)
    head, tail = _ends(msgspec.structs.replace(shown, results=()), "results")
    return f"{head}\n{_lines(shown.results)}{tail}"


def drift(drift: Drift) -> str:
    """Write a drift as JSON, indented unless it is long."""
    shown = shown_drift(drift)
    if len(shown.changes) <= MANY:
        return _indented(shown)
    head, tail = _ends(msgspec.structs.replace(shown, changes=()), "changes")
    return f"{head}\n{_lines(shown.changes)}{tail}"


def _indented(document: object) -> str:
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def _lines(items: Sequence[msgspec.Struct]) -> str:
    """Encode items, each on its line; no encoded string has a line end in it."""
    encoded = msgspec.json.Encoder().encode_lines(items)
    return encoded[:-1].replace(b"\n", b",\n").decode()


def _ends(short: ShownPlan | ShownReport | ShownDrift, member: str) -> tuple[str, str]:
    """Write what stands before and behind the items of an empty list of a document."""
    head, mark, tail = msgspec.json.encode(short).decode().partition(f'"{member}":[]')
    return f"{head}{mark[:-1]}", f"\n]{tail}"
