"""Plans, reports and drift as text and JSON, from one view."""

from dsac.core.drift import Drift
from dsac.core.plan import Plan
from dsac.core.report import Report
from dsac.render import json_format, text
from dsac.render.drift import drift_view
from dsac.render.ending import report_view
from dsac.render.view import plan_view, summary_line

__all__ = [
    "FORMATS",
    "render_drift",
    "render_plan",
    "render_report",
    "summary_line",
]

FORMATS = ("text", "json")
"""What can be rendered."""


def render_plan(
    plan: Plan,
    *,
    form: str,
    color: bool = False,
    verbose: bool = False,
) -> str:
    """Write a plan.

    Args:
        plan: The plan.
        form: One of `FORMATS`.
        color: Whether text may have the colours of a terminal.
        verbose: Whether every change is listed, however many there are.
    """
    if form == "json":
        return json_format.plan(plan)
    return text.write(plan_view(plan, verbose=verbose), color=color)


def render_report(
    report: Report,
    *,
    form: str,
    color: bool = False,
    verbose: bool = False,
) -> str:
    """Write the report of an apply; as `render_plan`."""
    if form == "json":
        return json_format.report(report)
    return text.write(report_view(report, verbose=verbose), color=color)


def render_drift(
    drift: Drift,
    *,
    form: str,
    color: bool = False,
    verbose: bool = False,
) -> str:
    """Write what differs from the manifests; as `render_plan`."""
    if form == "json":
        return json_format.drift(drift)
    return text.write(drift_view(drift, verbose=verbose), color=color)
