"""Runs of dsac in this process: its manifests, its plans, saved and applied."""

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import msgspec
import pytest
from PIL import Image

from dsac.core.plan import Allowances, Plan
from dsac.core.report import Outcome, Report
from dsac.core.resources import Address
from dsac.engine import contents, executor, planfile, rechecking
from dsac.engine.applying import apply_plan
from dsac.engine.planning import PlanRequest, Prepared, make_plan
from dsac.engine.progress import Silence
from dsac.engine.session import Session
from dsac.errors import DsacError
from dsac.manifests.load import load
from dsac.manifests.project import load_project
from dsac.remote.client import Client
from tests.world.keeper import Keeper, Wanted
from tests.world.people import ACTS, Act, People
from tests.world.platform import BOT, Fault, Platform, Script
from tests.world.wishes import MUTATIONS, Document, Mutation
from tests.world.writes import check_writes

Result = TypeVar("Result")
ALLOW = re.compile(r"--allow-(delete|category-change) (\d+)")


def make_files(root: Path) -> None:
    """Make the two images and the two masks that manifests name."""
    for number, ids in ((1, (1, 1)), (2, (0, 1))):
        image = Image.new("RGB", (2, 1), (number, 0, 0))
        mask = Image.new("L", (2, 1))
        mask.putdata(ids)
        for folder, picture in (("images", image), ("masks", mask)):
            (root / folder).mkdir(parents=True, exist_ok=True)
            picture.save(root / folder / f"{number}.png")


class Project:
    """A folder with manifests, and dsac over it."""

    def __init__(self, root: Path, name: str, platform: Platform) -> None:
        self.root = root
        self.name = name
        self.platform = platform
        make_files(root)
        (root / "dsac.yaml").write_text(f"project: {name}\nautomation: [{BOT}]\n")
        self.session = Session(
            load_project(root, environ={}), Client(platform.watched), platform.watched
        )
        self.documents: dict[str, Document] = {}
        self.gone: set[str] = set()
        self.saved: Wanted | None = None

    def wanted(self, **flags: Any) -> Wanted:
        """Give what the manifests ask for now."""
        return Wanted(
            self.name, deepcopy(self.documents), frozenset(self.gone), **flags
        )

    def write(self) -> None:
        """Write the manifests, JSON being YAML."""
        texts = [json.dumps(document) for document in self.documents.values()]
        if self.gone:
            texts.append(json.dumps({"removed": sorted(self.gone)}))
        self.write_text("\n---\n".join(texts))

    def write_text(self, text: str, name: str = "a.yaml") -> None:
        """Write a manifest file."""
        (self.root / "manifests").mkdir(exist_ok=True)
        (self.root / "manifests" / name).write_text(text)

    def plan(self, request: PlanRequest) -> Prepared:
        """Plan what the manifests on disk ask for."""
        manifests = load(self.session.view.project, jobs=1)
        view = self.session.view
        return make_plan(view, manifests, request, progress=Silence())

    def plan_boldly(self, request: PlanRequest) -> Prepared:
        """Plan; allow what the plan asks to be allowed, but no loss of a label."""
        prepared = self.plan(request)
        asked = allowances_asked(prepared.plan)
        if asked == Allowances():
            return prepared
        return self.plan(msgspec.structs.replace(request, allow=asked))

    def apply(self, prepared: Prepared) -> Report:
        """Apply a plan."""
        return apply_plan(
            self.session,
            prepared,
            jobs=1,
            progress=Silence(),
            cancel=self.platform.cancel,
        )


def allowances_asked(plan: Plan) -> Allowances:
    """Read from a plan's blocks which flags would lift them."""
    counts: dict[str, int] = {}
    for block in plan.blocks:
        counts |= {key: int(text) for key, text in ALLOW.findall(block.remedy)}
    deletes = sum(
        (change.covers or change.kind == "sample")
        for change in plan.to_do
        if change.is_delete or change.is_replacement
    )
    return Allowances(
        delete=deletes if "delete" in counts else None,
        category_change=counts.get("category-change"),
    )


@dataclass(frozen=True)
class Habits:
    """What people and programs of a world are given to, as weights and chances.

    `disturbed` is how often somebody acts during a run, `faulty` how often something
    goes wrong in it, `omitting` how often its listings lack a row, `branching` how
    often a manifest comes or goes.
    """

    mutations: Mapping[Mutation, int] = field(default_factory=lambda: MUTATIONS)
    acts: Mapping[Act, int] = field(default_factory=lambda: ACTS)
    disturbed: float = 0.4
    faulty: float = 0.2
    omitting: float = 0.08
    branching: float = 0.1


class World:
    """A platform, its people, two projects, and a keeper who watches all runs.

    `seen` counts what happened, so that a search can tell whether it looked anywhere.
    """

    def __init__(self, folder: Path) -> None:
        self.habits = Habits()
        self.platform = Platform(folder / "platform")
        self.people = People(self.platform)
        self.flowers = Project(folder / "flowers", "flowers", self.platform)
        self.weeds = Project(folder / "weeds", "weeds", self.platform)
        self.seen: Counter[str] = Counter()
        self.reset()

    def reset(self) -> None:
        """Begin anew, on an empty platform."""
        self.platform.wipe()
        self.platform.begin(Script())
        self.keeper = Keeper(self.platform)
        self.people.count = 0
        self.people.eyed = []
        for project in (self.flowers, self.weeds):
            project.documents = {}
            project.gone = set()
            project.saved = None
            shutil.rmtree(project.root / ".dsac", ignore_errors=True)

    def run(
        self,
        project: Project,
        script: Script,
        *,
        request: PlanRequest | None = None,
        bold: bool = False,
        keep: bool = False,
    ) -> None:
        """Plan and apply, or plan and keep the plan, and insist on all promises."""
        request = request or PlanRequest(jobs=1)
        project.write()
        flags: dict[str, Any] = {"may_delete": bold, "may_recategorise": bold}
        take_over = frozenset(request.take_over)
        wanted = project.wanted(take_over=take_over, **flags)
        if request.destroy:
            wanted = Wanted(project.name, {}, frozenset(request.destroy), **flags)
        self._begin(script, wanted)
        try:
            plan = project.plan_boldly if bold else project.plan
            prepared = plan(request)
        except DsacError as error:
            self._end(wanted, type(error).__name__)
            return
        if keep:
            planfile.save(project.root / "plan.json", prepared)
            project.saved = wanted
            self._end(wanted, "saved")
        else:
            self._apply(project, prepared, wanted)

    def run_saved(self, project: Project, script: Script) -> None:
        """Apply a plan that was made earlier, if there is one."""
        if project.saved is None:
            return
        self._begin(script, project.saved)
        saved = planfile.load(project.root / "plan.json")
        try:
            view = project.session.view
            prepared = rechecking.recheck(view, saved, progress=Silence())
        except DsacError as error:
            self._end(project.saved, type(error).__name__)
            return
        self._apply(project, prepared, project.saved)

    def _begin(self, script: Script, wanted: Wanted) -> None:
        act = script.act
        self.alone = True

        def watched() -> None:
            self.keeper.check(wanted, alone=False)
            self.alone = False
            act()
            self.keeper.note()

        script.act = watched
        self.keeper.note()
        self.platform.begin(script)

    def _apply(self, project: Project, prepared: Prepared, wanted: Wanted) -> None:
        self.platform.end_of_plan()
        plan = prepared.plan
        self.seen["treasures"] += sum(1 for _ in self.keeper.treasures(wanted))
        self.seen["held by the plan"] += plan.summary.held
        if plan.blocks:
            self._end(wanted, "blocked")
            return
        self.people.eyed = [_eyed(change.address) for change in plan.to_do]
        report = project.apply(prepared)
        for result in report.results:
            if result.outcome is Outcome.DONE:
                name = " ".join(result.change.actions)
                self.seen[f"{name} {result.change.kind}"] += 1
            elif not result.change.held:
                self.seen[f"{result.outcome} at apply"] += 1
        self._end(wanted, "applied")
        check_writes(self.platform, plan, self.keeper.before)

    def _end(self, wanted: Wanted, how: str) -> None:
        self.seen[how] += 1
        self.keeper.check(wanted, alone=self.alone)


def _eyed(address: Address) -> tuple[str, str, str]:
    return address.dataset, address.sample, address.name


def some_script(world: World, random: Random) -> Script:
    """Make up what happens during a run."""
    script = Script()
    habits = world.habits
    if random.random() < habits.faulty:
        kind = random.choice(("lost", "lost", "lost", "refused", "busy", "cut"))
        script.fault = Fault(kind, random.randint(1, 6))
    if random.random() < habits.disturbed:
        act = world.people.work if random.random() < 0.8 else world.people.act
        own = Random(random.random())
        moments = (0, 0, 1, 1, 2, 2, 3, 4, 5, 6, 8, -1, -4, -6)
        script.moment = random.choice(moments)
        if script.fault and random.random() < 0.5:
            script.moment = script.fault.write
        script.act = lambda: act(own)
    script.omits = random.random() < habits.omitting
    return script


class Inline(Executor):
    """A pool without threads: what is submitted is done at once, in order."""

    def __init__(self, *_args: object, **_settings: object) -> None:
        """Take what a pool of threads takes."""

    def submit(
        self, fn: Callable[..., Result], /, *args: Any, **kwargs: Any
    ) -> Future[Result]:
        done: Future[Result] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - as a pool does
            done.set_exception(error)
        return done


@contextmanager
def without_threads() -> Iterator[None]:
    """Let the engine do one thing after the other: the same each time, and faster."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (executor, contents):
            patch.setattr(module, "ThreadPoolExecutor", Inline)
        yield
