"""Laws of whole runs, from manifests as text to what a platform holds afterwards.

That nothing of others is touched, and that no write is in no plan, is insisted on in
every run of `test_laws_labels`; here are the laws that need runs of their own.
"""

import json
from collections.abc import Iterator
from copy import deepcopy
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from dsac.core.plan import Plan
from dsac.engine.planning import PlanRequest
from dsac.errors import DsacError
from dsac.render import FORMATS, render_plan
from tests.world.platform import Script
from tests.world.runs import World, without_threads
from tests.world.sequences import begin, change_minds
from tests.world.wishes import Document, new_document

pytestmark = pytest.mark.search

CASES = settings(max_examples=max(300, settings().max_examples))
CHANCE = st.integers(0, 2**32 - 1).map(Random)
REQUEST = PlanRequest(jobs=1)


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Iterator[World]:
    """Make a world; each case begins it anew."""
    with without_threads():
        made = World(tmp_path_factory.mktemp("world"))
        yield made
        made.platform.close()


def let_time_pass(world: World, random: Random) -> None:
    """Apply a manifest, let people work on what is there, change some minds."""
    world.reset()
    begin(world, random)
    for _ in range(random.randint(0, 3)):
        world.people.act(random)
    if random.random() < 0.3:
        world.flowers.documents.setdefault("jane/b", new_document("jane/b", random))
    change_minds(world, world.flowers, random)
    world.platform.begin(Script())


@CASES
@given(CHANCE)
def test_a_plan_that_was_applied_leaves_nothing_to_do(
    world: World, random: Random
) -> None:
    let_time_pass(world, random)
    project = world.flowers
    project.write()
    try:
        prepared = project.plan_boldly(REQUEST)
    except DsacError:
        return  # what can't be planned is not applied
    if prepared.plan.blocks:
        return
    world.platform.end_of_plan()
    report = project.apply(prepared)
    assert report.complete, [item for item in report.results if item.message]
    plan = project.plan(REQUEST).plan
    assert not plan.to_do
    assert not plan.blocks


@CASES
@given(CHANCE)
def test_the_order_in_which_manifests_are_written_does_not_show(
    world: World, random: Random
) -> None:
    let_time_pass(world, random)
    project = world.flowers
    project.write()
    first = outputs(world)
    documents = [shuffled(item, random) for item in project.documents.values()]
    if project.gone:
        documents.append({"removed": sorted(project.gone)})
    random.shuffle(documents)
    cut = random.randint(0, len(documents))
    for name, part in (("a.yaml", documents[:cut]), ("b.yaml", documents[cut:])):
        project.write_text("\n---\n".join(map(json.dumps, part)), name)
    second = outputs(world)
    (project.root / "manifests" / "b.yaml").unlink()
    assert first == second


def outputs(world: World) -> dict[str, str] | str:
    """Plan; give the plan in every form, or why there is none."""
    try:
        plan: Plan = world.flowers.plan(REQUEST).plan
    except DsacError as error:
        return type(error).__name__
    told = tuple(item for item in plan.warnings if "is empty" not in item)
    plan = structs.replace(plan, warnings=told)
    return {form: render_plan(plan, form=form, verbose=True) for form in FORMATS}


def shuffled(document: Document, random: Random) -> Document:
    """Write the same in another order: keys, samples, labels, renames."""
    other = deepcopy(document)
    for row in other.get("samples") or ():
        row["labels"] = _mixed(row["labels"], random)
    for key in ("samples", "moved", "removed"):
        if other.get(key):
            random.shuffle(other[key])
    other["labelsets"] = _mixed(other["labelsets"], random)
    return _mixed(other, random)


def _mixed(mapping: Document, random: Random) -> Document:
    keys = random.sample(list(mapping), len(mapping))
    return {key: mapping[key] for key in keys}
