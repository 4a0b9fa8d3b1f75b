"""Long plans and reports as JSON: a change a line, and the same as short ones."""

import msgspec
import pytest
from msgspec import structs

from dsac.core.document import plan_document, report_document
from dsac.core.report import Outcome, Result
from dsac.core.shown_drift import shown_drift
from dsac.render import (
    json_format,
    plan_parts,
    render_drift,
    render_plan,
    render_report,
)
from tests.factories import make_change, make_plan, make_report
from tests.golden.cases import DRIFTS


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_format, "MANY", 2)
    monkeypatch.setattr(json_format, "CHUNK", 2)


def test_a_long_plan_has_a_change_a_line() -> None:
    # A name that looks like the place where the list goes.
    changes = [make_change(name=f'"changes":[] \n{number}') for number in range(3)]
    plan = structs.replace(make_plan(*changes), project='"changes":[]')
    text = render_plan(plan, form="json")
    assert msgspec.json.decode(text) == plan_document(plan)
    first, *lines, last = text.splitlines()
    assert first.endswith('"changes":[')
    assert [line[:11] for line in lines] == ['{"address":'] * 3
    assert last.startswith('],"blocks":')


def test_a_long_report_has_a_result_a_line() -> None:
    results = (Result(make_change(), Outcome.FAILED, "results") for _ in range(3))
    report = make_report(*results)
    text = render_report(report, form="json")
    assert msgspec.json.decode(text) == report_document(report)
    assert len(text.splitlines()) == 5


def test_a_long_drift_has_an_object_a_line() -> None:
    drift = DRIFTS["drift"]()
    text = render_drift(drift, form="json")
    found = msgspec.json.decode(text)
    assert len(found["changes"]) == len(drift.objects) == 7
    assert len(text.splitlines()) == 9
    assert found == msgspec.json.decode(msgspec.json.encode(shown_drift(drift)))


def test_a_short_plan_is_indented() -> None:
    text = render_plan(make_plan(make_change(), make_change()), form="json")
    assert len(text.splitlines()) > 30


def test_a_long_plan_comes_part_by_part() -> None:
    plan = make_plan(*(make_change(name=f"{number}") for number in range(5)))
    head, *parts, tail = plan_parts(plan, form="json")
    assert head.endswith('"changes":[')
    assert [part.count('"address":') for part in parts] == [0, 2, 0, 2, 0, 1]
    assert tail.startswith("\n],")
