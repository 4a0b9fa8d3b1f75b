"""One saved plan, applied by several machines: each its part, together the whole."""

import json
import signal
import subprocess
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from dsac.core.lease import Lease, read_lease, write_lease
from dsac.core.marker import KEY as MARKER
from dsac.core.marker import read, write
from dsac.core.stages import shard_of
from dsac.emulator import create_app
from dsac.remote.reader import Reader
from tests.endurance.process import KEY, serving
from tests.functional import everything
from tests.functional.proxy import PATIENCE, Proxy, command, proxied
from tests.functional.stage import Stage, run_in
from tests.functional.truth import State, state

SHARDS = 3
PLAN = "all.plan"
SAMPLES = ("--stage", "samples")
PREPARE, FINISH = ("--stage", "prepare"), ("--stage", "finish")
FAR = 4102444800  # the year 2100


def shard(number: int, of: int = SHARDS) -> tuple[str, ...]:
    return (*SAMPLES, "--shard", f"{number}/{of}")


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Stand before the second version of everything, its plan saved."""
    found = Stage(tmp_path / "project", tmp_path / "server", patch=monkeypatch)
    everything.prepare(found)
    assert found.run("plan", "--out", found.root / PLAN).code == 0
    return found


def apply(stage: Stage, *flags: str) -> tuple[int, str, str]:
    ran = stage.run("apply", str(stage.root / PLAN), "--jobs", "1", *flags)
    return ran.code, ran.out, ran.err


def truth(stage: Stage) -> State:
    return state(stage.app, everything.DATASETS)


def test_the_parts_are_the_whole_and_each_may_be_repeated(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Stage(tmp_path / "other", tmp_path / "other-server", patch=monkeypatch)
    everything.prepare(other)
    assert other.run("plan", "--out", other.root / PLAN).code == 0
    assert apply(other)[0] == 0
    expected = truth(other)
    stage.open(stage.server)
    seen = [truth(stage)]
    for part in (PREPARE, *map(shard, range(1, SHARDS + 1)), FINISH):
        code, out, err = apply(stage, *part)
        assert code == 0, err
        assert "Apply complete!" in out
        seen.append(truth(stage))
        again = stage.mount(stage.app.wsgi_app)
        code, out, _ = apply(stage, *part)
        assert (code, out.splitlines()[-1].startswith("No changes.")) == (0, True), out
        assert again.writes == 0
    assert list(everything.differences(expected, seen[-1])) == []
    assert all(a != b for a, b in pairwise(seen))
    code, out, _ = apply(stage)
    assert (code, out.splitlines()[-1].startswith("No changes.")) == (0, True)


def test_what_comes_before_must_be_done(stage: Stage) -> None:
    seam = stage.mount(stage.app.wsgi_app)
    code, _, err = apply(stage, *shard(1))
    assert code == 1
    assert "stage samples, shard 1 of 3 can't begin: " in err
    assert "changes are not done yet:" in err
    assert "  and " in err
    assert "--stage prepare first" in err
    assert apply(stage, *FINISH)[0] == 1
    assert seam.writes == 0
    assert apply(stage, *PREPARE)[0] == 0
    assert apply(stage, *shard(1))[0] == 0
    code, _, err = apply(stage, *FINISH)
    assert code == 1
    assert "stage finish can't begin: " in err
    assert "--stage samples --shard K/N" in err
    for number in (2, 3):
        assert apply(stage, *shard(number))[0] == 0
    assert apply(stage, *FINISH)[0] == 0


def test_one_change_that_is_missing_keeps_finish_from_beginning(stage: Stage) -> None:
    for part in (PREPARE, SAMPLES):
        assert apply(stage, *part)[0] == 0
    with stage.hands() as client:
        client.delete_sample(stage.uuids("jane/flowers")["new3"])
    code, _, err = apply(stage, *FINISH)
    assert code == 1
    assert "1 change is not done yet:\n  jane/flowers:new3\n" in err
    for number in range(1, SHARDS + 1):
        assert apply(stage, *shard(number))[0] == 0
    assert apply(stage, *FINISH)[0] == 0


def test_what_somebody_changed_meanwhile_refuses_the_shard_that_has_it(
    stage: Stage,
) -> None:
    assert apply(stage, *PREPARE)[0] == 0
    with stage.hands() as client:
        client.update_sample(stage.uuids("jane/flowers")["fields"], {"priority": 99})
    codes = [apply(stage, *shard(number))[0] for number in range(1, SHARDS + 1)]
    assert sorted(codes) == [0, 0, 1]
    code, _, err = apply(stage, *FINISH)
    assert code == 1
    assert "jane/flowers:fields is not as it was when it was planned" in err


def test_prepare_refuses_the_whole_plan_where_anything_moved(stage: Stage) -> None:
    with stage.hands() as client:
        client.update_sample(stage.uuids("jane/flowers")["fields"], {"priority": 99})
    seam = stage.mount(stage.app.wsgi_app)
    assert apply(stage, *PREPARE)[0] == 1
    assert seam.writes == 0


def test_a_shard_needs_no_file_of_another(stage: Stage) -> None:
    assert apply(stage, *PREPARE)[0] == 0
    (stage.root / "images" / "new1.png").unlink()
    ran = [apply(stage, *shard(number)) for number in range(1, SHARDS + 1)]
    failed = [err for code, _, err in ran if code]
    assert len(failed) == 1
    assert "images/new1.png is gone" in failed[0]


def test_guards_count_the_whole_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(tmp_path / "project", tmp_path / "server", patch=monkeypatch)
    rows = "".join(
        f"  - {{name: s{number}, image: 'https://x.test/{number}.png'}}\n"
        for number in range(80)
    )
    head = "dataset: jane/flowers\nsamples:\n"
    everything.write(stage.root, head + rows)
    assert stage.apply().code == 0
    everything.write(stage.root, head + "".join(rows.splitlines(keepends=True)[7:]))
    assert stage.run("plan", "--out", stage.root / PLAN).code == 0
    with stage.hands() as client:
        uuids = stage.uuids("jane/flowers")
        gone = [uuids[f"s{number}"] for number in range(10, 60)]
        client.delete_samples("jane/flowers", gone)
    for part in (PREPARE, shard(1), FINISH):
        code, out, _ = apply(stage, *part)
        assert code == 1
        assert "7 samples would be deleted, dsac manages 30: more than 10 %" in out


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (("--shard", "1/3"), "--shard is a part of a stage"),
        (("--stage", "prepare", "--shard", "1/3"), "it has no shards"),
        (("--stage", "finish", "--shard", "1/1"), "it has no shards"),
        (shard(0), "there is no such shard"),
        (shard(4), "there is no such shard"),
        ((*SAMPLES, "--shard", "1"), "is no shard"),
        ((*SAMPLES, "--shard", "a/b"), "is no shard"),
        ((*SAMPLES, "--shard", "-1/3"), "is no shard"),
        ((*SAMPLES, "--shard", "²/3"), "is no shard"),
        ((*SAMPLES, "--shard", f"1/{'9' * 5000}"), "is no shard"),
        (("--stage", "other"), "is not one of"),
    ],
)
def test_parts_that_make_no_sense_are_usage_errors(stage: Stage, flags, expected):
    seam = stage.mount(stage.app.wsgi_app)
    code, _, err = apply(stage, *flags)
    assert code == 1
    assert expected in err
    assert seam.log == []


def test_a_stage_is_of_a_saved_plan(stage: Stage) -> None:
    ran = stage.run("apply", "--auto-approve", *PREPARE)
    assert ran.code == 1
    assert "--stage applies a part of a saved plan" in ran.err


def test_a_stage_can_be_rehearsed(project) -> None:
    project.write("dataset: jane/flowers\nsamples: [{name: a, image: 'https://x/a'}]\n")
    assert project.dsac("plan", "--out", PLAN).code == 0
    ran = project.dsac("apply", PLAN, *PREPARE, "--dry-run", "-v")
    assert (ran.code, "Rehearsal: 1 would be added" in ran.out) == (0, True), ran.err
    assert "(0 writes)" in ran.err


def leased(stage: Stage, change: dict[str, object] | None = None) -> Lease | None:
    """Read the lease of a dataset; put another one there where `change` says how."""
    with stage.hands() as client:
        metadata = client.get_dataset("jane/flowers").metadata
        marker = read(metadata[MARKER])
        assert marker is not None
        if change is not None:
            lease = Lease(
                token="t", owner="eve", host="far", place="", process=1, until=FAR
            )
            text = write_lease(msgspec.structs.replace(lease, **change))
            metadata[MARKER] = write(msgspec.structs.replace(marker, lease=text))
            client.update_dataset("jane/flowers", {"metadata": metadata})
        return read_lease(marker.lease)


def test_shards_of_one_plan_share_a_lease_and_nobody_else_does(stage: Stage) -> None:
    assert apply(stage, *PREPARE)[0] == 0
    seen: list[Lease] = []

    def look(line: str) -> None:
        if line.startswith("PATCH /samples") and not seen:
            found = leased(stage)
            assert found is not None
            seen.append(found)

    seam = stage.mount(stage.app.wsgi_app)
    seam.before = look
    assert apply(stage, *SAMPLES)[0] == 0
    assert leased(stage) is None
    stage.mount(stage.app.wsgi_app)
    with stage.hands() as client:
        client.delete_sample(stage.uuids("jane/flowers")["new3"])
    leased(stage, {"token": seen[0].token})
    refused = stage.run("apply", "--auto-approve")
    assert "jane/flowers is in use: eve" in refused.err
    for number in range(1, SHARDS + 1):
        assert apply(stage, *shard(number))[0] == 0
    leased(stage, {"token": seen[0].token})
    assert "jane/flowers is in use" in apply(stage, *FINISH)[2]
    leased(stage, {"token": "shards-of-another"})
    assert "jane/flowers is in use" in apply(stage, *FINISH)[2]


def test_a_shard_bears_a_listing_that_others_stir(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While others create samples, hardly any listing is whole."""
    assert apply(stage, *PREPARE)[0] == 0
    whole = Reader.dataset

    def stirred(self, name, scan, **more):
        found = whole(self, name, scan, **more)
        return None if found is None else msgspec.structs.replace(found, complete=False)

    monkeypatch.setattr(Reader, "dataset", stirred)
    for number in range(1, SHARDS + 1):
        code, _, err = apply(stage, *shard(number))
        assert code == 0, err
    code, _, err = apply(stage, *FINISH)
    assert code == 1
    assert "apply again" in err


def test_a_shard_reads_again_what_others_moved_from_page_to_page(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert apply(stage, *PREPARE)[0] == 0
    whole = Reader.dataset
    readings: list[str] = []

    def stirred(self, name, scan, **more):
        found = whole(self, name, scan, **more)
        readings.append(name)
        if found is None or readings.count(name) > 1:
            return found
        samples = {k: v for k, v in found.samples.items() if k != "fields"}
        return msgspec.structs.replace(found, samples=samples, complete=False)

    monkeypatch.setattr(Reader, "dataset", stirred)
    assert apply(stage, *SAMPLES)[0] == 0
    assert readings.count("jane/flowers") == 2
    monkeypatch.undo()


class Yard:
    """Two projects on one server, alike but for the names of their datasets."""

    def __init__(self, folder: Path, proxy: Proxy) -> None:
        self.folder = folder
        self.proxy = proxy
        self.url = proxy.url
        self.app = create_app(folder / "server")
        for name in ("whole", "parts"):
            root = folder / name
            everything.write(root, own(everything.FIRST, name))
            self.run(name, "apply", "--auto-approve")
            everything.write(root, own(everything.SECOND, name))
            self.run(name, "plan", "--out", str(root / PLAN))

    def run(self, name: str, *arguments: str) -> None:
        ran = run_in(self.folder / name, *arguments, "--remote", self.url)
        assert ran.code == 0, ran.out + ran.err

    def start(self, *flags: str) -> "subprocess.Popen[bytes]":
        """Apply a part of the plan in a process of its own."""
        root = self.folder / "parts"
        line = ("apply", str(root / PLAN), *flags, "--jobs", "2", "--remote", self.url)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return self.proxy.start(command(root, *line), **quiet)

    def state(self, name: str) -> State:
        """Read what a project has on the platform."""
        datasets = [own(item, name) for item in everything.DATASETS]
        found = json.dumps(state(self.app, datasets, key=KEY))
        plain: State = json.loads(found.replace(f"-{name}", ""))
        return plain


def own(text: str, name: str) -> str:
    """Give a text that is about the datasets of one project."""
    for dataset in everything.DATASETS:
        text = text.replace(dataset, f"{dataset}-{name}")
    return text


@pytest.fixture
def yard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Yard]:
    monkeypatch.setenv("SEGMENTS_API_KEY", KEY)
    accounts = ("--account", "bob:bob", "--account", "eve:eve")
    with (
        serving(tmp_path / "server", *accounts) as served,
        proxied(served.port) as proxy,
    ):
        yield Yard(tmp_path, proxy)


def test_shards_run_at_the_same_time_and_one_that_is_killed_runs_again(yard) -> None:
    yard.run("whole", "apply", str(yard.folder / "whole" / PLAN))
    assert yard.start(*PREPARE).wait(PATIENCE) == 0
    death = Death()
    yard.proxy.before = death.look
    mine = shard_of("new1", SHARDS)  # it has labels, which are put after it is created
    victim = yard.start(*shard(mine))
    assert death.near.wait(PATIENCE)
    death.of = victim
    rest = [number for number in range(1, SHARDS + 1) if number != mine]
    others = [yard.start(*shard(number)) for number in rest]
    assert victim.wait(PATIENCE) == -signal.SIGKILL
    assert [process.wait(PATIENCE) for process in others] == [0, 0]
    yard.proxy.drain()
    assert yard.start(*FINISH).wait(PATIENCE) == 1
    assert yard.start(*shard(mine)).wait(PATIENCE) == 0
    assert yard.start(*FINISH).wait(PATIENCE) == 0
    found = everything.differences(yard.state("whole"), yard.state("parts"))
    assert list(found) == []


class Death:
    """Holds up the first bulk creation until another one comes, then kills its caller.

    So who is killed never hears of what it created, and has all its labels to put.
    """

    def __init__(self) -> None:
        self.near, self.over = threading.Event(), threading.Event()
        self.of: subprocess.Popen[bytes] | None = None

    def look(self, line: str) -> None:
        """Look at a request before it is handed on."""
        if "/samples_bulk/" not in line or self.over.is_set():
            return
        if not self.near.is_set():
            self.near.set()
            assert self.over.wait(PATIENCE)
            return
        assert self.of is not None
        self.of.kill()
        self.of.wait(PATIENCE)
        self.over.set()
