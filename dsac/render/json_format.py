"""Plans, reports and drift as JSON text."""

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from dsac.core.drift import Drift, drift_document
from dsac.core.pictures import NO_PICTURES, Pictures
from dsac.core.plan import Plan
from dsac.core.report import Report
from dsac.core.shown import (
    Does,
    ShownPlan,
    ShownReport,
    does,
    shown_change,
    shown_head,
    shown_plan,
    shown_report,
)

MANY = 1000
"""A document of more changes is written a change a line: nobody reads it, and to
indent it takes as long as to write it."""


CHUNK = 1000
"""So many are encoded together: what is small stays in the processor's cache."""


def plan(plan: Plan, pictures: Pictures = NO_PICTURES) -> str:
    """Write a plan as JSON, indented unless it is long."""
    if len(plan.changes) <= MANY:
        return _indented(shown_plan(plan, pictures))
    counts: Counter[Does] = Counter()
    chunks = []
    for start in range(0, len(plan.changes), CHUNK):
        part = plan.changes[start : start + CHUNK]
        items = [shown_change(item, pictures) for item in part]
        counts.update(map(does, items))
        chunks.append(_lines(items))
    return _listed(shown_head(plan, counts), "changes", chunks)


def report(report: Report) -> str:
    """Write a report as JSON, indented unless it is long."""
    shown = shown_report(report)
    if len(shown.results) <= MANY:
        return _indented(shown)
    short = msgspec.structs.replace(shown, results=())
    return _listed(short, "results", [_lines(shown.results)])


def drift(drift: Drift) -> str:
    """Write a drift as indented JSON."""
    return _indented(drift_document(drift))


def _indented(document: object) -> str:
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def _lines(items: Sequence[msgspec.Struct]) -> str:
    """Encode items, each on its line; no encoded string has a line end in it."""
    encoded = msgspec.json.Encoder().encode_lines(items)
    return encoded[:-1].replace(b"\n", b",\n").decode()


def _listed(short: ShownPlan | ShownReport, member: str, chunks: Iterable[str]) -> str:
    """Write a document whose member is a list of what is encoded already."""
    text = msgspec.json.encode(short).decode()
    head, mark, tail = text.partition(f'"{member}":[]')
    return "".join((head, mark[:-1], "\n", ",\n".join(chunks), "\n]", tail))
