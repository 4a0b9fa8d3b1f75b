"""`--profile` says on stderr where time and requests went, and changes nothing else."""

import json
import re
from itertools import count

import pytest

from dsac.cli import drift, plan
from dsac.core.phases import PHASES
from dsac.engine.stopwatch import Stopwatch
from dsac.remote.wsgi import WsgiAdapter

MANIFEST = """\
dataset: jane/flowers
categories: [{id: 1, name: rose}]
samples:
  - {name: a, image: ../images/a.png}
  - {name: b, image: "https://x/b.png"}
"""
ROW = re.compile(r"^  (\w+) +(\d+\.\d{3}) ", re.MULTILINE)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a second pass with each look at a clock."""
    for command in (plan, drift):
        monkeypatch.setattr(
            command,
            "stopwatch",
            lambda: Stopwatch(count().__next__, count().__next__),
        )


def seconds(told: str) -> dict[str, float]:
    return {name: float(wall) for name, wall in ROW.findall(told)}


def test_the_result_is_the_same_and_the_profile_is_talk(project):
    project.image("a.png")
    project.write(MANIFEST)
    bare = project.dsac("plan", "--format", "json")
    ran = project.dsac("plan", "--format", "json", "--profile")
    assert (ran.code, json.loads(ran.out)) == (bare.code, json.loads(bare.out))
    assert "Profile:" not in bare.err
    assert [*seconds(ran.err)] == [*PHASES, "total"]
    assert re.search(
        r"^  before that, to start: \d+\.\d{3} CPU s$", ran.err, re.MULTILINE
    )
    assert re.search(r"^  peak memory: [1-9]\d* MB$", ran.err, re.MULTILINE)


@pytest.mark.usefixtures("looks")
@pytest.mark.parametrize("command", ["plan", "drift"])
def test_every_phase_is_measured_where_its_work_is_done(project, command):
    project.image("a.png")
    project.write(MANIFEST)
    project.apply()
    ran = project.dsac(command, "--profile")
    told = seconds(ran.err)
    assert all(told[name] >= 1 for name in PHASES)
    assert told["total"] == sum(told[name] for name in PHASES)


def test_all_requests_are_waited_for_while_the_plan_reads(project, monkeypatch):
    project.write("dataset: jane/flowers\ndescription: Flowers.\n")
    project.apply()
    asked: list[str] = []
    send = WsgiAdapter.send

    def noted(adapter, request, **settings):
        asked.append(request.method)
        return send(adapter, request, **settings)

    monkeypatch.setattr(WsgiAdapter, "send", noted)
    monkeypatch.setattr(
        plan, "stopwatch", lambda: Stopwatch(lambda: len(asked), lambda: 0.0)
    )
    told = seconds(project.dsac("plan", "--profile").err)
    assert told["read"] == told["total"] == len(asked) > 0


def test_requests_bytes_and_files_are_counted(project):
    project.image("a.png")
    project.write(MANIFEST)
    ran = project.dsac("plan", "--profile")
    assert "  files opened: 1 of manifests, 1 that they name\n" in ran.err
    found = re.search(r"  requests: (\d+) \((\d+) GET\)\n  bytes: (\d+) up", ran.err)
    assert found, ran.err
    requests, gets, sent = map(int, found.groups())
    assert requests == gets > 0
    assert sent == 0


def test_a_blocked_plan_tells_where_its_time_went(project):
    project.write("dataset: jane/flowers\nsamples: [{name: a, image: 'https://x/a'}]")
    project.apply()
    project.write("dataset: jane/flowers\nsamples: []")
    ran = project.dsac("plan", "--profile")
    assert ran.code == 1
    assert "Blocked" in ran.out
    assert "Profile:" in ran.err
