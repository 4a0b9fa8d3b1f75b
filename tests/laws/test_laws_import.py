"""Laws of imports: the next plan is empty, and elsewhere they come out the same."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any
from unittest import mock

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from dsac.core.plan import Plan
from dsac.emulator import create_app
from dsac.engine.applying import apply_plan
from dsac.engine.importing import ImportRequest, import_datasets
from dsac.engine.planning import PlanRequest, make_plan
from dsac.engine.progress import Silence
from dsac.engine.session import LOCAL_ORIGIN, Session
from dsac.manifests.load import load
from dsac.manifests.project import load_project
from dsac.remote.client import Client
from dsac.remote.transport import Transport
from tests import states
from tests.strategies import JSON, KEYS

pytestmark = pytest.mark.search

CASES = max(300, settings.default.max_examples) if settings.default else 300
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""A case takes a hundredth of a second: to make it smaller would take minutes."""

NAME = "local/d"

TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12
) | st.sampled_from(states.HOSTILE)
SAMPLE_NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), max_size=12
).filter(str.strip) | st.sampled_from(states.HOSTILE)
METADATA = st.dictionaries(
    KEYS.filter(lambda key: key != "dsac") | TEXT, JSON, max_size=3
)
ODD = st.dictionaries(
    st.sampled_from(["extra", "url", "image_attributes_", "${k}"]), JSON, max_size=2
)
SCORES = st.none() | st.floats(-1e15, 1e15)
STATUSES = st.sampled_from(
    ["PRELABELED", "PRELABELED", "LABELED", "REVIEWED", "REJECTED", "UNLABELED"]
)
TASK_ATTRIBUTES = st.sampled_from(
    [
        states.PLAIN,
        states.RICH,
        {"categories": [{"id": 1, "name": "a"}, {"id": 2, "name": "a"}]},
        {**states.PLAIN, "format_version": 0.1},
        {**states.PLAIN, "categories": [{"id": 1, "name": "x", "color": [5, 1, 2, 9]}]},
        {**states.PLAIN, "categories": [{"id": 1, "name": "x", "color": None}]},
    ]
)


@st.composite
def samples(draw: st.DrawFn, task_type: str, name: str) -> dict[str, Any]:
    """Draw a sample with its labels by label set."""
    attributes, labels = states.STATES[task_type]
    body: dict[str, Any] = {
        "name": name,
        "attributes": {**draw(ODD), **attributes},
        "metadata": draw(METADATA),
        "priority": draw(st.sampled_from([0, 0, 1, -2.5, 1e15])),
        "readme": draw(st.just("") | TEXT),
        "assigned_labeler": draw(st.none() | TEXT),
    }
    body["labels"] = {
        labelset: {
            "attributes": {**draw(ODD), **draw(st.sampled_from(labels))},
            "label_status": draw(STATUSES),
            "score": draw(SCORES),
        }
        for labelset in draw(
            st.lists(st.sampled_from(["ground-truth", "m-1"]), unique=True)
        )
    }
    return body


@st.composite
def datasets(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a dataset of a few samples."""
    task_type = draw(st.sampled_from(sorted(states.STATES)))
    keys = draw(st.lists(st.sampled_from(sorted(states.EVERYTHING)), unique=True))
    names = draw(st.lists(SAMPLE_NAMES, unique=True, max_size=3))
    return {
        "fields": {
            **{key: states.EVERYTHING[key] for key in keys},
            "task_type": task_type,
            "task_attributes": draw(TASK_ATTRIBUTES),
            "metadata": draw(METADATA),
        },
        "samples": [draw(samples(task_type, name)) for name in names],
        "few": draw(st.sampled_from([0, 20])),
    }


@dataclass(frozen=True)
class World:
    """A project, and two platforms that it may be on."""

    root: Path
    here: Session
    there: Session

    def imported(self, session: Session) -> dict[str, bytes]:
        """Import the dataset into an empty folder of the project; give the files.

        The import itself compares what it wrote, as the next plan will.
        """
        folder = self.root / "manifests"
        shutil.rmtree(folder, ignore_errors=True)
        request = ImportRequest(names=(NAME,), folder=folder, jobs=1)
        (found,) = import_datasets(session.view, request, progress=Silence())
        assert not [note for note in found.notes if "not be empty" in note]
        return {path.name: path.read_bytes() for path in folder.rglob("*.*")}

    def plan(self, session: Session) -> Plan:
        """Plan what was imported last."""
        manifests = load(session.view.project, jobs=1)
        request = PlanRequest(jobs=1)
        made = make_plan(session.view, manifests, request, progress=Silence())
        if made.plan.changes and session is self.there:
            apply_plan(session, made, jobs=1, progress=Silence(), cancel=Event())
        return made.plan


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Make a project and two platforms, each of one user."""
    root = tmp_path_factory.mktemp("import")
    (root / "dsac.yaml").write_text("project: p\n")
    project = load_project(root, environ={})
    with ExitStack() as stack:
        sessions = []
        for name in ("here", "there"):
            transport = stack.enter_context(Transport(LOCAL_ORIGIN, key="local"))
            transport.mount_wsgi(create_app(root / ".dsac" / name).wsgi_app)
            sessions.append(Session(project, Client(transport), transport))
        yield World(root, *sessions)


def put(client: Client, state: dict[str, Any]) -> None:
    """Write a dataset through the API."""
    client.add_dataset(NAME, state["fields"])
    client.add_labelset(NAME, "m-1", description="a: ${x}")
    rows = [
        {key: item for key, item in row.items() if key != "labels"}
        for row in state["samples"]
    ]
    if rows:
        found = client.add_samples(NAME, rows)
        for row, made in zip(state["samples"], found, strict=True):
            for labelset, label in row["labels"].items():
                client.put_label(made.uuid, labelset, label)


@settings(max_examples=CASES, phases=PHASES)
@given(state=datasets())
def test_what_is_imported_plans_empty_and_comes_out_the_same_elsewhere(
    world: World, state: dict[str, Any]
) -> None:
    with mock.patch("dsac.manifests.writing.FEW", state["few"]):
        try:
            put(world.here.client, state)
            files = world.imported(world.here)
            plan = world.plan(world.here)
            assert (plan.changes, plan.blocks, plan.warnings) == ((), (), ())
            assert world.plan(world.there).summary.add
            assert world.imported(world.there) == files
        finally:
            world.here.client.delete_dataset(NAME)
            for _ in world.there.client.list_datasets():
                world.there.client.delete_dataset(NAME)
