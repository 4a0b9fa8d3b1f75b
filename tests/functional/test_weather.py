"""Random applies through bad weather: each converges, and says what is true.

Requests fail, their answers get lost or cut, connections break, and rates are
limited, all from a seed. What a report calls done is done, what it calls failed or
skipped is not there, and unknown is only what nobody could look up.
"""

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from dsac.emulator.faults import Fate, Faults, Faulty, fate, kind_of
from tests.functional.climate import NAME, World, plain
from tests.functional.stage import Stage, VirtualTime
from tests.functional.truth import State, state

pytestmark = pytest.mark.search

STEPS = 25
WORLDS = 80 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 20
RUNS = 3
"""In bad weather, so many runs are enough for anything."""

STORMS, STORM_STEPS, STORM_RUNS = 4, 8, 40
"""In a storm most writes go wrong, and some operations fail for good."""

WEATHER = Faults(
    fail_rate=0.1,
    lose_reply_rate=0.05,
    reset_rate=0.05,
    truncate_rate=0.05,
    rate_limit=20,
)
STORM = Faults(fail_rate=0.4, lose_reply_rate=0.25, reset_rate=0.1, truncate_rate=0.1)
SPARED = ("GET", "POST assets", "POST upload")
"""What meets a third of a storm, or nothing would be planned or had its files."""

LOST = frozenset({"lose reply", "truncate", "reset"})
"""What leaves it open whether a request was carried out."""

WRITTEN_BY = {
    "dataset": ("POST organizations", "PATCH datasets"),
    "labelset": ("POST datasets labelsets", "DELETE datasets labelsets"),
    "collaborator": (
        "POST datasets collaborators",
        "PATCH datasets collaborators",
        "DELETE datasets collaborators",
    ),
    "sample": (
        "POST datasets samples_bulk",
        "DELETE datasets samples_bulk",
        "PATCH samples",
    ),
    "label": ("PUT labels", "DELETE labels"),
    "release": ("POST datasets releases", "DELETE datasets releases"),
}
"""The kinds of requests that change a resource."""

BOB: dict[str, Any] = {"label_status": "LABELED", "attributes": {"annotations": []}}


class Sky(Faulty):
    """An app in some weather, whose fates are noted by the kind of request."""

    def __init__(self, app: Any, time: VirtualTime, faults: Faults) -> None:
        super().__init__(app, faults, now=time.now, sleep=time.sleep)
        self.faults = faults
        self.fates: Counter[tuple[str, str]] = Counter()
        self.numbers: Counter[str] = Counter()

    def _fate(self, environ: Any) -> Any:
        kind = kind_of(environ["REQUEST_METHOD"], environ["PATH_INFO"])
        self.numbers[kind] += 1
        found, status = fate(self.faults, kind, self.numbers[kind])
        spared = self.numbers[kind] % 3 != 1 and kind.startswith(SPARED)
        if self.faults.fail_rate == STORM.fail_rate and spared:
            found = Fate.NONE
        self.fates[kind, found.value] += 1
        return found, status

    def lost(self, kind: str) -> bool:
        """Tell whether an answer to a write of a kind of resource was ever lost."""
        return any(
            self.fates[request, lost] for request in WRITTEN_BY[kind] for lost in LOST
        )


class Life:
    """A world that goes through steps, each applied in bad weather."""

    def __init__(self, stage: Stage, world: World, time: VirtualTime) -> None:
        self.stage = stage
        self.world = world
        self.time = time
        self.fates: Counter[tuple[str, str]] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.released: set[str] = set()
        self.now = state(stage.app, [NAME])

    def step(self, faults: Faults, *, runs: int) -> None:
        """Change the world, and apply until that is through."""
        self.world.step(self.world.rng.randrange(4, 9))
        self.world.write()
        for _ in range(runs):
            seed = self.world.rng.randrange(2**32)
            if self.run(replace(faults, seed=seed)):
                break
        self.settle()

    def run(self, faults: Faults) -> bool:
        """Apply once; check that the report is true; tell whether it is complete."""
        before = self.now
        sky = Sky(self.stage.app.wsgi_app, self.time, faults)
        seam = self.stage.mount(sky)
        ran = self.stage.apply("--format", "json")
        self.fates += sky.fates
        self.now = after = state(self.stage.app, [NAME])
        if not ran.out:
            assert ran.code == 1
            assert ran.err.startswith("Error"), ran.err
            assert before == after, "it did not plan, and did something"
            return False
        report = json.loads(ran.out)
        outcomes = [item["outcome"] for item in report["results"]]
        self.outcomes.update(outcomes)
        complete = set(outcomes) <= {"done"}
        assert [*self.lies(report["results"], before, after, sky)] == [], seam.log
        assert report["complete"] == complete
        assert ran.code == (0 if complete else 1)
        return complete

    def lies(
        self, results: Iterable[Any], before: State, after: State, sky: Sky
    ) -> Iterator[str]:
        """Yield what a report says and is not so."""
        expected, found = self.world.expected(), plain(after)
        names = {move["to"]: move["from"] for move in self.world.moved}
        for item in results:
            address = item["address"]
            there = after.get(address)
            match item["outcome"]:
                case "done":
                    true = found.get(address) == expected.get(address)
                case "unknown":
                    true = sky.lost(item["kind"])
                case "failed" | "skipped":
                    true = there in (
                        before.get(address),
                        before.get(_previous(address, names)),
                    )
                case _:
                    true = False
            if not true:
                yield f"{item} but {there}, was {before.get(address)}"

    def settle(self) -> None:
        """Insist that the world is as its manifest says, and let bob do some work."""
        self.stage.mount(self.stage.app.wsgi_app)
        ran = self.stage.run("plan")
        assert ran.out.splitlines()[-1] == "No changes.", ran.out
        assert plain(self.now) == self.world.expected()
        self.releases(self.now)
        self.world.settled = frozenset(self.world.samples)
        if self.world.people.get("bob"):
            name = self.world.rng.choice(sorted(self.world.samples))
            self.stage.label(NAME, name, BOB)
            self.world.peoples.add(name)
            self.now = state(self.stage.app, [NAME])

    def releases(self, found: State) -> None:
        """Insist that a release has all of its step, and none is of half a step."""
        for name in sorted(self.world.releases - self.released):
            assert found[f"{NAME}#{name}"][1] == list(self.frozen(found))
        self.released = set(self.world.releases)

    def frozen(self, found: State) -> Iterator[Any]:
        """Yield the samples as a release of this moment has them."""
        for name in sorted(self.world.samples):
            row = found[f"{NAME}:{name}"][0]
            labels = {
                labelset: found.get(f"{NAME}:{name}@{labelset}", [None])[0]
                for labelset in ("ground-truth", *self.world.labelsets)
            }
            yield {
                **{key: row[key] for key in ("name", "attributes", "metadata")},
                "labels": {
                    labelset: label and {key: label[key] for key in FROZEN}
                    for labelset, label in labels.items()
                },
            }


FROZEN = ("label_status", "attributes", "score")
"""What a release has of a label."""


def _previous(address: str, names: dict[str, str]) -> str:
    """Give the address that something had before its sample was renamed."""
    sample, at, labelset = address.removeprefix(f"{NAME}:").partition("@")
    return f"{NAME}:{names.get(sample, sample)}{at}{labelset}"


def living(folder: Path, patch: pytest.MonkeyPatch, *, seed: int) -> Life:
    """Begin a world."""
    time = VirtualTime()
    time.install(patch)
    stage = Stage(folder / "project", folder / "server", patch=patch)
    return Life(stage, World(stage.root, Random(seed)), time)


@pytest.mark.parametrize("seed", range(WORLDS))
def test_in_bad_weather_three_runs_are_enough_and_reports_are_true(
    seed, tmp_path, monkeypatch
) -> None:
    life = living(tmp_path, monkeypatch, seed=seed)
    for _ in range(STEPS):
        life.step(WEATHER, runs=RUNS)
    bad = sum(count for (_, found), count in life.fates.items() if found != "none")
    assert bad > life.fates.total() / 6


def test_in_a_storm_operations_fail_and_reports_are_true(tmp_path, monkeypatch) -> None:
    outcomes: Counter[str] = Counter()
    for seed in range(STORMS):
        life = living(tmp_path / str(seed), monkeypatch, seed=seed)
        for _ in range(STORM_STEPS):
            life.step(STORM, runs=STORM_RUNS)
        outcomes += life.outcomes
    assert outcomes.total() > outcomes["done"] > 0
