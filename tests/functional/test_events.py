"""The stream of events: what a pipeline can follow while plan and apply run."""

import json
from typing import Any

import jsonschema
import pytest

from dsac.cli.events import Reported
from dsac.engine.progress import Silence
from dsac.errors import ServerError
from dsac.remote.client import Client
from dsac.render.schemas import schema_of

MANIFEST = """\
dataset: jane/flowers
task_type: bboxes
categories: [{id: 1, name: rose}]
samples:
  - {name: a, image: https://x/a.png, labels: {ground-truth: {annotations: []}}}
  - {name: b, image: https://x/b.png}
"""


SCHEMA = jsonschema.Draft202012Validator(schema_of("events"))


def read(text: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in text.splitlines()]
    for item in found:
        SCHEMA.validate(item)
    assert [item["sequence"] for item in found] == list(range(1, len(found) + 1))
    for item in found:
        assert item["timestamp"].endswith("+00:00")
        assert item["message"]
        assert item["level"] in {"info", "warn", "error"}
    assert (found[0]["type"], found[0]["events"]) == ("version", "1.3")
    return found


def of(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [item for item in events if item["type"] == kind]


def test_a_plan_is_told_in_the_words_of_the_json_plan(project) -> None:
    project.write(MANIFEST)
    events = read(project.dsac("plan", "--format", "events").out)
    planned = [item["change"] for item in of(events, "planned_change")]
    document = project.plan()
    assert planned == [
        {key: value for key, value in change.items() if key not in {"before", "after"}}
        for change in document["changes"]
    ]
    (summary,) = of(events, "change_summary")
    assert summary["changes"] == document["summary"]
    assert summary["operation"] == "plan"
    assert summary["held"] is document["held"] is None
    assert of(events, "progress")[-1]["done"] == of(events, "progress")[-1]["total"]


def test_what_is_held_is_told_with_what_allows_it(project) -> None:
    project.write(MANIFEST)
    project.apply()
    project.edit_label("b", {"label_status": "REVIEWED"})
    project.write("".join(MANIFEST.splitlines(keepends=True)[:-1]))
    document = project.plan()
    assert document["held"] == {
        "count": 1,
        "labels": 1,
        "remedy": "--allow-label-loss 1",
    }
    assert project.plan(*document["held"]["remedy"].split())["held"] is None
    events = read(project.dsac("plan", "--format", "events").out)
    (summary,) = of(events, "change_summary")
    assert summary["held"] == document["held"]


def test_an_apply_is_told_operation_by_operation(project) -> None:
    project.write(MANIFEST)
    ran = project.dsac("apply", "--auto-approve", "--format", "events")
    events = read(ran.out)
    assert ran.code == 0
    (batch,) = of(events, "batch_complete")
    assert batch["operation"] == "CreateSamples"
    assert batch["addresses"] == ["jane/flowers:a", "jane/flowers:b"]
    started = [item["operation"] for item in of(events, "operation_start")]
    assert started == ["CreateDataset", "PutLabel"]
    assert all(
        item["elapsed_seconds"] >= 0 for item in of(events, "operation_complete")
    )
    (summary,) = of(events, "apply_summary")
    assert summary["outcomes"]["done"] == 4
    assert summary["complete"]
    assert summary["run"]
    again = read(project.dsac("apply", "--auto-approve", "--format", "events").out)
    assert [item["type"] for item in again if item["type"] != "progress"] == [
        "version",
        "change_summary",
        "apply_summary",
    ]


def test_events_go_into_a_file_beside_what_people_read(project) -> None:
    project.write(MANIFEST)
    ran = project.dsac("apply", "--auto-approve", "--events-into", "e.jsonl")
    assert "Apply complete! 4 added" in ran.out
    events = read((project.root / "e.jsonl").read_text())
    assert of(events, "apply_summary")
    project.write(MANIFEST.replace("b.png", "c.png"))
    ran = project.dsac("apply", "--auto-approve", "--events-into", "none/e.jsonl")
    assert (ran.code, "can't write events into none/e.jsonl" in ran.err) == (1, True)


def test_a_file_of_events_that_can_not_be_written_stops_nothing(
    project, monkeypatch
) -> None:
    project.write(MANIFEST)
    ran = project.dsac("apply", "--auto-approve", "--events-into", "/dev/full")
    assert ran.code == 0
    assert ran.err.count("Warning: can't write events into /dev/full") == 1
    project.assert_settled()


def test_what_fails_is_told_with_its_level(project, monkeypatch) -> None:
    def broken(self: Client, dataset: str, rows: object) -> None:
        raise ServerError("POST: 500", status=500)

    project.write(MANIFEST)
    monkeypatch.setattr(Client, "create_samples", broken)
    ran = project.dsac("apply", "--auto-approve", "--format", "events")
    events = read(ran.out)
    assert ran.code == 1
    (errored,) = of(events, "batch_errored")
    assert errored["level"] == "error"
    assert errored["odd"]["jane/flowers:a"] == {
        "outcome": "failed",
        "error": "POST: 500",
    }
    assert not of(events, "apply_summary")[0]["complete"]


def test_mistakes_are_diagnostics_with_their_places(project) -> None:
    project.write(MANIFEST + "nothing: 1\n")
    ran = project.dsac("plan", "--format", "events")
    (told,) = of(read(ran.out), "diagnostic")
    assert (ran.code, told["level"]) == (1, "error")
    place = told["diagnostic"]["range"]
    assert place["filename"] == "manifests/a.yaml"
    assert place["start"] == {"line": 7, "column": 1}
    ran = project.dsac("plan", "none.yaml", "--format", "events")
    assert of(read(ran.out), "diagnostic")


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_mistakes_of_the_project_are_told_too(project, command) -> None:
    project.write(MANIFEST)
    (project.root / "dsac.yaml").write_text("remote: local\nnothing: 1\n")
    ran = project.dsac(command, "--format", "events")
    (told,) = of(read(ran.out), "diagnostic")
    assert (ran.code, told["level"]) == (1, "error")
    assert told["diagnostic"]["range"]["filename"] == "dsac.yaml"


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_a_signal_that_stops_at_once_is_told(project, monkeypatch, command) -> None:
    def stop(self: Client, name: str = "") -> None:
        raise KeyboardInterrupt

    project.write(MANIFEST)
    monkeypatch.setattr(Client, "get_user", stop)
    ran = project.dsac(command, "--format", "events")
    (told,) = of(read(ran.out), "diagnostic")
    assert (ran.code, told["level"]) == (1, "error")
    assert told["message"] == "stopped by a signal"
    assert "dsac runs show" in told["diagnostic"]["detail"]


def test_what_blocks_a_plan_is_told(project) -> None:
    project.write(MANIFEST)
    project.apply()
    project.write(MANIFEST.split("samples:", maxsplit=1)[0] + "samples: []\n")
    ran = project.dsac("apply", "--auto-approve", "--format", "events")
    events = read(ran.out)
    assert ran.code == 1
    assert "--allow-delete 2" in of(events, "diagnostic")[-1]["diagnostic"]["detail"]
    assert of(events, "change_summary")[0]["changes"]["blocked"]
    assert not of(events, "apply_summary")


@pytest.mark.parametrize("step", [1.0, 11.0])
def test_progress_is_told_every_ten_seconds_and_at_the_end(step) -> None:
    told: list[Any] = []

    class Listener:
        def emit(self, event: Any) -> None:
            told.append(event)

    moment = [0.0]
    reported = Reported(Silence(), Listener(), now=lambda: moment[0])  # type: ignore[arg-type]
    reported.phase("read", 3)
    for _ in range(3):
        moment[0] += step
        reported.advance()
    reported.note("a word")
    done = [payload["done"] for kind, _, payload in told if kind == "progress"]
    assert done == ([0, 3] if step == 1.0 else [0, 1, 2, 3])
    assert told[-1] == ("log", "a word", {})
