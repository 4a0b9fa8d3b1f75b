"""Random sequences of what happens in a world: drawn from a seed, replayed, shrunk."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from random import Random

from dsac.core.selection import Selection
from dsac.engine.planning import PlanRequest
from tests.world.keeper import BrokenError
from tests.world.platform import OWNER, Script
from tests.world.runs import Project, World, some_script
from tests.world.wishes import NAMES, Document, mutate, new_document

Step = tuple[str, int]
"""What happens, and the seed of its details: they depend on what is there."""

Happening = Callable[[World, Random], object]


def change_minds(world: World, project: Project, random: Random) -> None:
    """Change the manifests of a project, or begin the first."""
    names = [f"{OWNER}/{name}" for name in ("a", "a", "a", "b", "c")]
    if not project.documents:
        first = random.choice(names)
        project.documents[first] = new_document(first, random)
        return
    if random.random() < world.habits.branching:
        name = random.choice(names)
        if project.documents.pop(name, None) is None:
            project.documents[name] = new_document(name, random)
            project.gone.discard(name)
        elif random.random() < 0.5:
            project.gone.add(name)
    for _ in range(random.choice((1, 2, 3, 4))):
        for document in _some(project.documents, random):
            mutate(document, random, world.habits.mutations)


def _some(documents: Mapping[str, Document], random: Random) -> Sequence[Document]:
    return random.sample(list(documents.values()), min(1, len(documents)))


def apply(world: World, random: Random) -> None:
    change_minds(world, world.flowers, random)
    world.run(world.flowers, some_script(world, random), bold=random.random() < 0.3)


def begin(world: World, random: Random) -> None:
    """Apply a first manifest, undisturbed."""
    change_minds(world, world.flowers, random)
    world.run(world.flowers, Script())


def apply_again(world: World, random: Random) -> None:
    world.run(world.flowers, some_script(world, random))


def keep_a_plan(world: World, random: Random) -> None:
    change_minds(world, world.flowers, random)
    bold = random.random() < 0.3
    world.run(world.flowers, some_script(world, random), bold=bold, keep=True)


def apply_the_kept_plan(world: World, random: Random) -> None:
    world.run_saved(world.flowers, some_script(world, random))


def apply_another_project(world: World, random: Random) -> None:
    change_minds(world, world.weeds, random)
    world.run(world.weeds, some_script(world, random), bold=random.random() < 0.3)


def take_over(world: World, random: Random) -> None:
    change_minds(world, world.flowers, random)
    request = PlanRequest(jobs=1, take_over=("weeds",))
    world.run(world.flowers, some_script(world, random), request=request)


def select(world: World, random: Random) -> None:
    """Plan for a part of what there is, or make samples anew."""
    change_minds(world, world.flowers, random)
    glob = f"jane/*{random.choice(('', ':s1', ':s[1-3]', ':*', '@*', ':*@*'))}"
    (kind,) = random.choices(("replace", "target", "exclude"), (4, 1, 1))
    if kind == "replace":
        glob = f"jane/*:{random.choice((*NAMES, '*'))}"
    request = PlanRequest(jobs=1, selection=Selection(**{kind: (glob,)}))
    script, bold = some_script(world, random), random.random() < 0.6
    world.run(world.flowers, script, request=request, bold=bold)


def take_from_flowers(world: World, random: Random) -> None:
    """Let the other project adopt what this one manages."""
    world.weeds.documents = deepcopy(world.flowers.documents)
    change_minds(world, world.weeds, random)
    request = PlanRequest(jobs=1, take_over=("flowers",))
    world.run(world.weeds, some_script(world, random), request=request)


def destroy(world: World, random: Random) -> None:
    name = f"{OWNER}/{random.choice('aabc')}"
    request = PlanRequest(jobs=1, destroy=(name,))
    bold = random.random() < 0.7
    world.run(world.flowers, some_script(world, random), request=request, bold=bold)


def people(world: World, random: Random) -> None:
    for _ in range(random.choice((1, 2, 3))):
        world.seen[f"people: {world.people.act(random, world.habits.acts)[:20]}"] += 1


HAPPENINGS: Mapping[Happening, int] = {
    apply: 36,
    apply_again: 4,
    keep_a_plan: 6,
    apply_the_kept_plan: 6,
    apply_another_project: 5,
    take_over: 2,
    take_from_flowers: 2,
    select: 8,
    destroy: 3,
    people: 24,
}
"""How often what happens."""

LURES: Mapping[Happening, int] = {apply: 3, people: 2}
"""All that it takes to find a bug that is lured by habits."""

BY_NAME = {happening.__name__: happening for happening in (begin, *HAPPENINGS)}


def draw(
    random: Random,
    *,
    length: int = 7,
    weights: Mapping[Happening, int] = HAPPENINGS,
) -> tuple[Step, ...]:
    """Draw a sequence; it begins with something to work on."""
    names = [item.__name__ for item in weights]
    chosen = random.choices(names, list(weights.values()), k=length - 2)
    return tuple(
        (name, random.getrandbits(32)) for name in ("begin", "people", *chosen)
    )


def play(world: World, steps: Sequence[Step]) -> None:
    """Let a sequence happen in an empty world.

    Raises:
        BrokenError: a promise was broken.
    """
    world.reset()
    for name, seed in steps:
        BY_NAME[name](world, Random(seed))


def failure(world: World, steps: Sequence[Step]) -> BrokenError | None:
    """Play a sequence; give the promise that it breaks."""
    try:
        play(world, steps)
    except BrokenError as error:
        return error
    return None


def shrunk(world: World, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Leave out of a sequence that breaks a promise what it can do without."""
    at = 0
    while at < len(steps):
        shorter = (*steps[:at], *steps[at + 1 :])
        if failure(world, shorter) is None:
            at += 1
        else:
            steps = shorter
    return steps


def search(
    world: World, seeds: Iterable[int], *, weights: Mapping[Happening, int] = HAPPENINGS
) -> tuple[int, BrokenError] | None:
    """Play the sequences of seeds until one breaks a promise; give both."""
    for seed in seeds:
        broken = failure(world, draw(Random(seed), weights=weights))
        if broken is not None:
            return seed, broken
    return None
