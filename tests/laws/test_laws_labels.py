"""The law of labels: without a person's word no work of people is lost or changed.

Random sequences of manifests, of people's edits, also between two requests, of applies,
saved plans, renames, prunes, take-overs, clones and destroyed datasets happen on one
emulator. After each run everything that people worked on must be there as it was.
"""

import os
from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest

from tests.world.bugs import BUGS, Patch
from tests.world.runs import Habits, World, without_threads
from tests.world.sequences import LURES, draw, failure, search, shrunk

pytestmark = pytest.mark.search

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
PARTS = 8
SEQUENCES = (10_000 if SOAK else 1_000) // PARTS
FEWEST = {
    "applied": 2.0,
    "treasures": 3.0,
    "held by the plan": 0.8,
    "held at apply": 0.01,
    "blocked": 0.1,
    "failed at apply": 0.01,
    "saved": 0.1,
    "create sample": 2.0,
    "update sample": 0.1,
    "rename sample": 0.05,
    "delete sample": 0.05,
    "update label": 0.06,
    "people: edit": 1.0,
    "people: clone": 0.05,
}
"""What must have happened, on average of the sequences, for the search to mean much."""


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Iterator[World]:
    """Make a world; each sequence begins it anew."""
    with without_threads():
        made = World(tmp_path_factory.mktemp("world"))
        yield made
        made.platform.close()


def seeds(part: int) -> range:
    """Give seeds: the same in each ordinary run, others in each long one."""
    first = Random().getrandbits(40) if SOAK else part * SEQUENCES
    return range(first, first + SEQUENCES)


@pytest.mark.parametrize("part", range(PARTS))
def test_no_work_of_people_is_lost(part: int, world: World) -> None:
    world.habits, world.seen = Habits(), Counter()
    found = search(world, seeds(part))
    if found is not None:
        seed, broken = found
        steps = shrunk(world, draw(Random(seed)))
        pytest.fail(f"seed {seed}: {broken}; shorter: {steps}: {failure(world, steps)}")
    rare = {
        what: world.seen[what]
        for what, least in FEWEST.items()
        if world.seen[what] < least * SEQUENCES
    }
    assert not rare


@pytest.mark.parametrize("name", BUGS)
def test_a_planted_bug_is_found(name: str, world: World, monkeypatch: Patch) -> None:
    bug = BUGS[name]
    world.habits = bug.habits
    with monkeypatch.context() as patch:
        bug.plant(patch)
        found = search(world, range(100), weights=LURES)
    assert found is not None
    seed, broken = found
    assert broken.promise in bug.promises, broken
    assert search(world, [seed], weights=LURES) is None, (
        "it breaks without the bug, too"
    )
