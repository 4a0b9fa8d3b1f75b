"""Events as objects: what warnings, blocks, held changes and endings become."""

import pytest
from msgspec import structs

from dsac.core.change import Action, Origin
from dsac.core.label_changes import LabelDifference
from dsac.core.pictures import Pictures
from dsac.core.plan import Block, Plan
from dsac.core.report import Outcome, Report, Result
from dsac.errors import DsacError, ManifestError, Position, Problem
from dsac.render import events
from dsac.render.events import (
    MAY_BE_DONE,
    error_events,
    plan_events,
    report_events,
    stopped_event,
    version_event,
)
from tests.factories import make_change, make_loss, make_plan


def test_warnings_blocks_and_held_changes_are_told():
    held = make_change(Action.DELETE, held="a label would be lost")
    plan = Plan(
        project="p",
        remote="r",
        user="u",
        changes=(held,),
        warnings=("odd",),
        blocks=(Block("jane/flowers", "too many", "--allow-delete 2"),),
    )
    change, warning, block, summary = plan_events(plan, operation="apply")
    assert "held: a label would be lost" in change[1]
    assert not {"before", "after"} & change[2]["change"].keys()
    assert warning[2]["diagnostic"]["severity"] == "warning"
    assert block[2]["diagnostic"]["address"] == "jane/flowers"
    assert summary[2]["changes"]["blocked"]
    assert summary[1] == "No changes. 1 held."


def test_the_end_of_an_apply_is_counted_by_outcome():
    change = make_change(Action.CREATE)
    report = Report(
        results=(Result(change, Outcome.UNKNOWN),), stopped="full", warnings=("odd",)
    )
    *warnings, summary = report_events(report)
    assert [item[1] for item in warnings] == ["odd", "full"]
    assert summary[1] == "1 unknown"
    assert summary[2]["outcomes"]["unknown"] == 1
    (nothing,) = report_events(Report())
    assert nothing[1] == "nothing to do"


def test_an_error_is_told_with_its_hint():
    ((kind, message, payload),) = error_events(DsacError("no", hint="do this"))
    assert (kind, message) == ("diagnostic", "no")
    assert payload["diagnostic"]["detail"] == "do this"


def test_mistakes_of_manifests_are_told_one_by_one_with_their_places():
    places = [Position("a.yaml", 3, 7), Position("b.yaml", 1, 1)]
    error = ManifestError(tuple(Problem(at, "odd", "even it") for at in places))
    told = [payload["diagnostic"] for _, _, payload in error_events(error)]
    assert [item["range"] for item in told] == [
        {"filename": "a.yaml", "start": {"line": 3, "column": 7}},
        {"filename": "b.yaml", "start": {"line": 1, "column": 1}},
    ]
    assert {(item["summary"], item["detail"]) for item in told} == {("odd", "even it")}


def test_a_stream_begins_with_versions_and_may_end_with_a_signal():
    assert version_event("9")[2] == {"dsac": "9", "events": "1.3"}
    kind, message, payload = stopped_event()
    assert (kind, message) == ("diagnostic", "stopped by a signal")
    assert payload["diagnostic"]["detail"] == MAY_BE_DONE


def test_of_a_long_plan_changes_that_are_alike_are_told_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(events, "MANY", 2)
    creates = [make_change(Action.CREATE, name=f"{item}.jpg") for item in range(5)]
    other = make_change(Action.DELETE, name="x.jpg", reason="gone")
    looked = make_change(name="looked.jpg")
    apart = [
        make_change(Action.DELETE, name="h.jpg", held="a label would be lost"),
        make_change(Action.DELETE, name="l.jpg", losses=(make_loss("l.jpg"),)),
        make_change(Action.RENAME, name="r.jpg"),
        structs.replace(make_change(name="o.jpg"), origin=Origin.DRIFT),
        looked,
    ]
    *told, summary = plan_events(
        make_plan(*creates, other, *apart),
        operation="plan",
        pictures=Pictures(differences={looked.address: LabelDifference()}),
    )
    batches = [payload for kind, _, payload in told if kind == "planned_changes"]
    assert [item["addresses"] for item in batches] == [
        ["jane/flowers:0.jpg", "jane/flowers:1.jpg"],
        ["jane/flowers:2.jpg", "jane/flowers:3.jpg"],
        ["jane/flowers:4.jpg"],
        ["jane/flowers:x.jpg"],
    ]
    assert batches[0]["actions"] == ["create"]
    assert batches[3]["reason"] == "gone"
    assert told[0][1] == "2 samples in jane/flowers: create"
    single = [payload["change"] for kind, _, payload in told if "change" in payload]
    assert [item["address"] for item in single] == [str(it.address) for it in apart]
    assert summary[0] == "change_summary"
