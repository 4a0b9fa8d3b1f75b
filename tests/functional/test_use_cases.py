"""`dsac.plan` and `dsac.apply`: what the commands do, from Python."""

import json
import threading
from typing import Any

import pytest

import dsac
from dsac.core.report import Outcome
from dsac.engine.lease import leases
from dsac.engine.session import connect
from dsac.errors import (
    LockedError,
    ManifestError,
    PlanError,
    StalePlanError,
    UsageError,
)
from dsac.manifests.project import load_project
from dsac.use_cases import Planned

MANIFEST = """\
dataset: jane/flowers
task_type: segmentation-bitmap
categories: [{id: 1, name: rose}]
samples:
  - {name: a, image: ../images/a.png, priority: "${priority}"}
  - {name: b, image: ../images/b.png}
"""


class Told:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.phases: list[str] = []
        self.steps = 0
        self.notes: list[str] = []

    def phase(self, name: str, total: int | None) -> None:
        del total
        self.phases.append(name)

    def advance(self, count: int = 1) -> None:
        self.steps += count

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.fixture
def flowers(project):
    project.write(MANIFEST)
    project.image("b.png", "orange")
    return project


def planned(priority: int = 1, **more: Any) -> Planned:
    return dsac.plan(variables={"priority": str(priority)}, **more)


def test_a_plan_is_what_the_command_shows_and_is_applied_to_no_changes(flowers):
    found = planned()
    shown = flowers.dsac("plan", "--var", "priority=1")
    assert str(found) == shown.out
    assert json.loads(found.show("json"))["summary"]["add"] == found.summary.add == 3
    assert found._repr_markdown_().startswith("##")
    told = Told()
    report = dsac.apply(found, progress=told)
    assert report.complete
    assert {item.outcome for item in report.results} == {Outcome.DONE}
    assert told.phases
    assert told.steps
    again = planned()
    assert not again.changes
    assert str(again) == "No changes.\n"
    assert dsac.apply(again).complete


def test_a_plan_is_applied_once_and_found_done_after_that(flowers):
    found = planned()
    assert len(dsac.apply(found).results) == 3
    assert not dsac.apply(found).results


def test_a_saved_plan_is_the_same_for_both(flowers, tmp_path):
    planned().save("by-python.dsac")
    assert flowers.dsac("apply", "by-python.dsac").code == 0
    flowers.dsac("plan", "--var", "priority=2", "--out", "by-command.dsac")
    report = dsac.apply("by-command.dsac", directory=flowers.root)
    assert [str(item.change.address) for item in report.results] == ["jane/flowers:a"]


def test_what_moved_since_the_plan_refuses_all_of_it(flowers):
    dsac.apply(planned())
    found = planned(2)
    with flowers.platform() as client:
        client.update_sample(flowers.sample("a").uuid, {"priority": 7})
    with pytest.raises(StalePlanError, match="the plan is stale"):
        dsac.apply(found)
    assert flowers.sample("a").priority == 7


def test_a_blocked_plan_says_why_and_is_lifted_by_an_exact_count(flowers):
    dsac.apply(planned())
    flowers.write(MANIFEST.partition("samples:")[0] + "samples: []\n")
    found = dsac.plan()
    assert len(found.blocks) == 1
    with pytest.raises(PlanError, match="jane/flowers: ") as caught:
        dsac.apply(found)
    assert "--allow-delete 2" in caught.value.hint
    wrong = dsac.plan(allow_delete=1)
    assert wrong.blocks
    with pytest.raises(PlanError, match=r"^--allow-delete 1 is not the count"):
        dsac.apply(wrong)
    assert dsac.apply(dsac.plan(allow_delete=2)).complete


def test_flags_are_those_of_the_command(flowers):
    dsac.apply(planned(target=["jane/flowers:b"]))
    assert [str(item.address) for item in planned().changes] == ["jane/flowers:a"]
    assert not planned(exclude=["jane/flowers:a"]).changes
    gone = planned(destroy=True)
    assert [str(item.address) for item in gone.changes] == ["jane/flowers"]
    made_anew = planned(replace=["jane/flowers:b"], target=["jane/flowers:b"])
    assert made_anew.summary.destroy == 1


def test_mistakes_are_typed_errors(flowers, monkeypatch):
    with pytest.raises(ManifestError, match=r"\$\{priority\} is not defined"):
        dsac.plan()
    with pytest.raises(UsageError, match="embedded remote"):
        dsac.apply(planned(), executor=object())  # type: ignore[arg-type]
    monkeypatch.delenv("SEGMENTS_API_KEY", raising=False)
    with pytest.raises(UsageError, match="no API key"):
        planned(remote="http://127.0.0.1:9")


def test_one_glob_may_stand_alone_and_is_no_run_of_globs(flowers):
    # Character by character, the star would mean everything.
    shown = planned(target="jane/flowers:b*")
    assert shown.plan.selection.target == ("jane/flowers:b*",)
    assert planned(exclude="jane/flowers:b").plan.selection.exclude
    assert planned(take_over="other").plan.take_over == ("other",)
    dsac.apply(planned())
    assert planned(replace="jane/flowers:b").summary.destroy == 1


def test_variables_need_not_be_texts(flowers):
    dsac.apply(planned())
    assert not dsac.plan(variables={"priority": 1}).changes
    assert dsac.plan(variables={"priority": 2}).summary.change == 1


def test_what_can_not_be_meant_is_said_before_anything_is_done(flowers):
    with pytest.raises(UsageError, match="jobs=0"):
        planned(jobs=0)
    found = planned()
    with pytest.raises(UsageError, match="jobs=-1"):
        dsac.apply(found, jobs=-1)
    with pytest.raises(UsageError, match="'yaml'") as caught:
        found.show("yaml")
    assert "markdown" in caught.value.hint


def test_a_run_that_is_told_to_end_starts_nothing(flowers):
    cancel = threading.Event()
    cancel.set()
    report = dsac.apply(planned(), cancel=cancel)
    assert report.interrupted
    assert not report.complete
    assert len(planned().changes) == 3


def test_another_run_at_work_keeps_the_dataset(flowers):
    dsac.apply(planned())
    found = planned(2)
    project = load_project(flowers.root)
    told: list[str] = []
    with (
        connect(project, environ={}, owners=["jane"]) as session,
        leases(session, found.plan, timeout=0, talk=told.append),
        pytest.raises(LockedError, match="jane/flowers"),
    ):
        dsac.apply(found)
    assert dsac.apply(found).complete
