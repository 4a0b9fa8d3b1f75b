"""Two applies to one dataset at the same time, in real processes.

Both are let through to their first write at the same moment, so that each has
planned without the other's changes. Whatever comes of it, one of them, run again,
makes the dataset what its manifest says.
"""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from dsac.emulator import create_app
from dsac.remote.client import Client
from dsac.remote.transport import Transport
from tests.endurance.process import KEY, serving
from tests.functional import everything
from tests.functional.proxy import PATIENCE, Proxy, command, proxied
from tests.functional.stage import run_in
from tests.functional.truth import State, state

pytestmark = pytest.mark.search

PAIRS = 20
READS = ("GET ", "HEAD ")

COMMON = """\
dataset: {dataset}
description: {description}
task_type: segmentation-bitmap
categories: [{{id: 1, name: rose}}]
labelsets: {{predictions: {{owner: manifest}}, {labelset}: {{owner: manifest}}}}
collaborators: {{bob: labeler}}
samples:
"""
SAMPLE = "  - {{name: {name}, image: ../images/{image}.png, priority: {priority}}}\n"
LABELLED = """\
  - name: {name}
    image: ../images/{image}.png
    labels:
      predictions:
        bitmap: ../masks/{mask}.png
        annotations: [{{id: 1, category: rose}}]
"""


def manifest(dataset: str, side: int) -> str:
    """Give the manifest of one side; each has samples that the other has not."""
    head = COMMON.format(
        dataset=dataset, description=f"Side {side}.", labelset=f"extra{side}"
    )
    rows = [
        SAMPLE.format(name="shared", image="one", priority=side),
        LABELLED.format(name="labelled", image="two", mask="abc"[side]),
        SAMPLE.format(name=f"own{side}", image="fields", priority=1),
        LABELLED.format(name=f"both{side}", image="oak", mask="d"),
    ]
    return head + "".join(rows)


def problems(found: State, dataset: str, side: int, *, labelled: bool) -> Iterator[str]:
    """Yield what is not as the manifest of a side has it, or was lost."""
    there = {
        address.removeprefix(f"{dataset}:")
        for address in found
        if address.startswith(f"{dataset}:")
    }
    labels = {"labelled@predictions", f"both{side}@predictions"}
    wanted = {"shared", "labelled", f"own{side}", f"both{side}", *labels}
    if labelled:
        wanted.add("shared@ground-truth")
    if there != wanted:
        yield f"there is {sorted(there)}"
    if found[dataset][0]["description"] != f"Side {side}.":
        yield "it has the other description"
    if found.get(f"{dataset}:shared", [{}])[0].get("priority") != side:
        yield "shared is the other one's"


class Gate:
    """Holds the first write of each until both are at one, or one has ended."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.there: set[int] = set()

    def arrive(self, place: int) -> None:
        """Note that one is at a write; wait until the other is, too, or is over."""
        with self.changed:
            self.there.add(place)
            self.changed.notify_all()
            assert self.changed.wait_for(lambda: len(self.there) == 2, PATIENCE)

    def leave(self, place: int) -> None:
        """Note that one is over."""
        with self.changed:
            self.there.add(place)
            self.changed.notify_all()


class Pair:
    """Two projects of one dataset, each before a proxy of its own.

    In every other pair both have the same manifest, and half of all datasets are there
    before, with a label that bob made.
    """

    def __init__(self, folder: Path, number: int, proxies: list[Proxy]) -> None:
        self.dataset = f"jane/pair{number}"
        self.proxies = proxies
        self.sides = (1, 1) if number % 2 else (1, 2)
        self.exists = number % 4 > 1
        self.roots = [folder / f"{number}-{place}" for place in (0, 1)]
        for root, side in zip(self.roots, self.sides, strict=True):
            everything.write(root, manifest(self.dataset, side))

    def prepare(self, folder: Path, bob: Client) -> None:
        """Make the dataset, as neither side wants it, and label a sample."""
        everything.write(folder, manifest(self.dataset, 0))
        remote = ("--remote", self.proxies[0].url)
        ran = run_in(folder, "apply", "--auto-approve", *remote)
        assert ran.code == 0, ran.out + ran.err
        for page in bob.list_samples(self.dataset):
            for row in page:
                if row.name == "shared":
                    bob.put_label(row.uuid, "ground-truth", everything.REVIEWED)

    def run(self) -> list[int]:
        """Run both at once; give how they ended."""
        gate = Gate()
        for place, proxy in enumerate(self.proxies):
            proxy.arm()
            proxy.before = lambda line, place=place: (  # type: ignore[misc]
                None if line.startswith(READS) else gate.arrive(place)
            )
        with ExitStack() as stack:
            processes = [self._start(place) for place in (0, 1)]
            for place, process in enumerate(processes):
                watching = threading.Thread(
                    target=self._watch, args=(process, gate, place)
                )
                watching.start()
                stack.callback(watching.join, PATIENCE)
        return [process.wait(PATIENCE) for process in processes]

    def _watch(
        self, process: "subprocess.Popen[bytes]", gate: Gate, place: int
    ) -> None:
        process.wait(PATIENCE)
        gate.leave(place)

    def _start(self, place: int) -> "subprocess.Popen[bytes]":
        arguments = ("apply", "--auto-approve", "--remote", self.proxies[place].url)
        return self.proxies[place].start(
            command(self.roots[place], *arguments),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def again(self, place: int) -> str:
        """Run one of the two again, and plan; give the last line of the plan."""
        remote = ("--remote", self.proxies[place].url)
        for proxy in self.proxies:
            proxy.before = lambda _: None
        ran = run_in(self.roots[place], "apply", "--auto-approve", *remote)
        assert ran.code == 0, ran.out + ran.err
        ran = run_in(self.roots[place], "plan", *remote)
        return str(ran.out.splitlines()[-1])


@pytest.fixture
def proxies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Proxy]]:
    monkeypatch.setenv("SEGMENTS_API_KEY", KEY)
    with (
        serving(tmp_path / "server", "--account", "bob:bob") as served,
        proxied(served.port) as one,
        proxied(served.port) as other,
    ):
        yield [one, other]


def test_of_two_applies_at_once_one_that_runs_again_makes_it_exact(
    tmp_path, proxies
) -> None:
    app = create_app(tmp_path / "server")
    transport = Transport("http://dsac.invalid", key="bob")
    transport.mount_wsgi(app.wsgi_app)
    wrong = {}
    for number in range(PAIRS):
        pair, place = Pair(tmp_path, number, proxies), number // 4 % 2
        if pair.exists:
            pair.prepare(tmp_path / f"first{number}", Client(transport))
        codes = pair.run()
        assert all(proxy.wrote() for proxy in proxies), "they did not meet"
        last = pair.again(place)
        found = state(app, [pair.dataset], key=KEY)
        side = pair.sides[place]
        told = [*problems(found, pair.dataset, side, labelled=pair.exists)]
        if last != "No changes." or told or not set(codes) <= {0, 1}:
            wrong[number] = [codes, last, told]
    assert wrong == {}
