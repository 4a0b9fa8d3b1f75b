"""Laws of rendering: colour, JSON and fixed words, whatever a plan holds."""

import re
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from dsac.core.document import plan_document, report_document
from dsac.core.plan import Plan, Summary
from dsac.core.report import Report
from dsac.render import render_plan, render_report, summary_line
from dsac.render.lines import WIDEST, cut
from tests.strategies import PLANS, REPORTS

COUNTS = st.integers(0, 3)
SUMMARIES = st.builds(
    Summary,
    add=COUNTS,
    change=COUNTS,
    destroy=COUNTS,
    rename=COUNTS,
    adopt=COUNTS,
    held=COUNTS,
    unchanged=COUNTS,
)
COLOR = re.compile(r"\x1b\[[0-9;]+m")
FIXED = re.compile(
    r"(No changes\.( \d+ held\.)?"
    r"|Plan: \d+ to add, \d+ to change, \d+ to destroy"
    r"(; \d+ [a-z ]+(, \d+ [a-z ]+)*)?\.)"
)


@given(PLANS)
def test_colour_adds_codes_and_changes_nothing_else(plan: Plan) -> None:
    plain = render_plan(plan, form="text")
    colored = render_plan(plan, form="text", color=True)
    assert colored != plain
    assert COLOR.sub("", colored) == plain


@given(PLANS)
def test_a_plan_as_json_reads_back_as_its_document(plan: Plan) -> None:
    document = msgspec.json.decode(msgspec.json.encode(plan_document(plan)))
    assert msgspec.json.decode(render_plan(plan, form="json")) == document


@given(REPORTS)
def test_a_report_as_json_reads_back_as_its_document(report: Report) -> None:
    found: dict[str, Any] = msgspec.json.decode(render_report(report, form="json"))
    assert found == report_document(report)
    assert len(found["results"]) == len(report.results)


@given(SUMMARIES)
def test_a_summary_is_in_the_words_that_pipelines_read(summary: Summary) -> None:
    line = summary_line(summary)
    assert FIXED.fullmatch(line)
    assert line.startswith("No changes.") is not summary.changes


@given(st.text(max_size=3 * WIDEST))
def test_a_cut_text_is_bounded_and_keeps_both_ends(text: str) -> None:
    short = cut(text)
    assert len(short) <= WIDEST
    assert short[:40] == text[:40]
    assert text.endswith(short[-40:])
