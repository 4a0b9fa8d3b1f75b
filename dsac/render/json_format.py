"""Plans, reports and drift as JSON text."""

import msgspec

from dsac.core.document import plan_document, report_document
from dsac.core.drift import Drift, drift_document
from dsac.core.plan import Plan
from dsac.core.report import Report


def plan(plan: Plan) -> str:
    """Write a plan as indented JSON."""
    return _text(plan_document(plan))


def report(report: Report) -> str:
    """Write a report as indented JSON."""
    return _text(report_document(report))


def drift(drift: Drift) -> str:
    """Write a drift as indented JSON."""
    return _text(drift_document(drift))


def _text(document: dict[str, object]) -> str:
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
