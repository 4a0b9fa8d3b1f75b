"""Plans, reports and drift as text, markdown, HTML and JSON, from one view."""

from collections.abc import Iterator

from dsac.core.drift import Drift
from dsac.core.limits import MAX_BYTES
from dsac.core.pictures import NO_PICTURES, Pictures
from dsac.core.plan import Plan
from dsac.core.report import Report
from dsac.render import html, json_format, markdown, text
from dsac.render.drift import drift_view
from dsac.render.ending import report_view
from dsac.render.view import plan_view, summary_line

__all__ = [
    "FORMATS",
    "HTML",
    "MAX_BYTES",
    "plan_parts",
    "render_drift",
    "render_plan",
    "render_report",
    "summary_line",
]

HTML = "html"
"""The format that shows pictures, for which thumbnails are prepared."""

FORMATS = ("text", "markdown", HTML, "json")
"""What can be rendered."""


def plan_parts(  # noqa: PLR0913 - how it is to look, by keyword
    plan: Plan,
    *,
    form: str,
    color: bool = False,
    verbose: bool = False,
    pictures: Pictures = NO_PICTURES,
    max_bytes: int = MAX_BYTES,
) -> Iterator[str]:
    """Write a plan, part by part, so that a long one is never in memory as a whole.

    Args:
        plan: The plan.
        form: One of `FORMATS`.
        color: Whether text may have the colours of a terminal.
        verbose: Whether text lists every change, however many there are.
        pictures: What is known of the changes besides.
        max_bytes: So long may markdown be.
    """
    if form == "json":
        return json_format.plan(plan, pictures)
    if form == HTML:
        return iter((html.plan(plan, pictures),))
    if form == "markdown":
        return iter((markdown.plan(plan, pictures, max_bytes=max_bytes),))
    lines = plan_view(plan, verbose=verbose, pictures=pictures)
    return text.parts(lines, color=color)


def render_plan(  # noqa: PLR0913 - how it is to look, by keyword
    plan: Plan,
    *,
    form: str,
    color: bool = False,
    verbose: bool = False,
    pictures: Pictures = NO_PICTURES,
    max_bytes: int = MAX_BYTES,
) -> str:
    """Write a plan as a whole; as `plan_parts`."""
    return "".join(
        plan_parts(
            plan,
            form=form,
            color=color,
            verbose=verbose,
            pictures=pictures,
            max_bytes=max_bytes,
        )
    )


def render_report(
    report: Report,
    *,
    form: str,
    color: bool = False,
    verbose: bool = False,
    max_bytes: int = MAX_BYTES,
) -> str:
    """Write the report of an apply; as `render_plan`."""
    if form == "json":
        return json_format.report(report)
    if form == HTML:
        return html.report(report)
    if form == "markdown":
        return markdown.report(report, max_bytes=max_bytes)
    return text.write(report_view(report, verbose=verbose), color=color)


def render_drift(
    drift: Drift,
    *,
    form: str,
    color: bool = False,
    verbose: bool = False,
    max_bytes: int = MAX_BYTES,
) -> str:
    """Write what differs from the manifests; as `render_plan`."""
    if form == "json":
        return json_format.drift(drift)
    if form == HTML:
        return html.drift(drift)
    if form == "markdown":
        return markdown.drift(drift, max_bytes=max_bytes)
    return text.write(drift_view(drift, verbose=verbose), color=color)
