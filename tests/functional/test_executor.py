"""The work on files, done elsewhere: by other processes, or by a Dask cluster."""

import contextlib
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dsac.cli import apply as apply_module
from dsac.engine import file_work, hands
from dsac.engine.hands import open_executor
from dsac.errors import RemoteError, UsageError
from tests.conftest import Ran, Server
from tests.functional.everything import write
from tests.functional.stage import run_in

KEY = "jane-key"
NAMES = ("picture", "other", "fields")
MANIFEST = """\
dataset: jane/flowers
task_type: segmentation-bitmap
categories: [{id: 1, name: rose}]
samples:
  - name: picture
    image: ../images/picture.png
    labels:
      ground-truth: {bitmap: ../masks/a.png, annotations: [{id: 1, category: rose}]}
  - {name: other, image: ../images/other.png}
  - {name: fields, image: ../images/fields.png}
"""


class Noting(ThreadPoolExecutor):
    """Keeps what is sent, as it would go to another machine, and what comes back."""

    def __init__(self) -> None:
        super().__init__(4)
        self.sent: list[bytes] = []

    def submit(self, work: Any, /, *some: Any, **named: Any) -> "Future[Any]":
        data = pickle.dumps((work, some, named))
        self.sent.append(data)
        function, arguments, keywords = pickle.loads(data)  # noqa: S301 - written above
        return super().submit(
            lambda: pickle.loads(pickle.dumps(function(*arguments, **keywords)))  # noqa: S301
        )


class Yard:
    """A project before a server on a port."""

    def __init__(self, root: Path, server: Server) -> None:
        self.root = root
        self.server = server
        write(root, MANIFEST)

    def run(self, *arguments: str) -> Ran:
        return run_in(self.root, *arguments, "--remote", self.server.url)

    def apply(self, *arguments: str, executor: str = "dask://here:1") -> Ran:
        return self.run(
            "apply", *(arguments or ("--auto-approve",)), "-v", "--executor", executor
        )


@pytest.fixture
def yard(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> Yard:
    monkeypatch.setenv("SEGMENTS_API_KEY", KEY)
    return Yard(tmp_path / "project", server)


@pytest.fixture
def noting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Noting]:
    """Let the command work with an executor of this process."""
    with Noting() as found:
        put(monkeypatch, found)
        yield found


def put(monkeypatch: pytest.MonkeyPatch, executor: Executor) -> None:
    monkeypatch.setattr(
        apply_module, "open_executor", lambda _: contextlib.nullcontext(executor)
    )


def test_files_are_read_encoded_and_sent_by_the_executor(yard, noting) -> None:
    ran = yard.apply()
    assert ran.code == 0, ran.err
    assert "4 uploads" in ran.err
    assert len(noting.sent) == 4
    assert yard.run("plan", "--detailed-exitcode").code == 0
    again = yard.apply()
    assert (again.code, "0 uploads" in again.err) == (0, True)
    assert len(noting.sent) == 4


def test_no_key_goes_to_the_workers_nor_stays_in_them(yard, noting) -> None:
    yard.run("plan", "--out", str(yard.root / "p.plan"))
    ran = yard.apply(str(yard.root / "p.plan"))
    assert ran.code == 0, ran.err
    assert len(noting.sent) == 5
    assert not any(KEY.encode() in data for data in noting.sent)
    assert file_work._transport()._key == ""


def test_processes_do_the_same_as_threads(yard, monkeypatch) -> None:
    import multiprocessing

    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawned) as pool:
        put(monkeypatch, pool)
        ran = yard.apply()
    assert ran.code == 0, ran.err
    assert yard.run("plan", "--detailed-exitcode").code == 0


def test_a_worker_without_the_file_is_named_and_costs_that_sample_alone(
    yard, noting
) -> None:
    path = yard.root / "images" / "other.png"
    text = f"{{path: ../images/other.png, sha256: {'ab' * 32}}}"
    write(yard.root, MANIFEST.replace("../images/other.png", text))
    path.unlink()
    ran = yard.apply()
    assert ran.code == 1
    assert f"{path} can't be read: No such file or directory (worker " in ran.out
    assert f"process {os.getpid()})" in ran.out
    assert "1 skipped" in ran.out
    write(yard.root, MANIFEST)
    assert yard.apply().code == 0


def test_a_saved_plan_is_held_against_the_files_that_the_workers_see(
    yard, noting
) -> None:
    plan = str(yard.root / "p.plan")
    assert yard.run("plan", "--out", plan).code == 0
    (yard.root / "images" / "other.png").unlink()
    (yard.root / "images" / "fields.png").write_bytes(b"x")
    (yard.root / "masks" / "a.png").unlink()
    (yard.root / "masks" / "a.png").mkdir()
    ran = yard.apply(plan)
    assert ran.code == 1
    assert "images/other.png is gone (worker " in ran.err
    assert "images/fields.png changed" in ran.err
    assert "masks/a.png can't be read: Is a directory (worker " in ran.err


def test_a_file_that_can_not_go_up_is_one_failure_of_many(
    yard, noting, monkeypatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RemoteError("the storage is full", hint="make room")

    monkeypatch.setattr(file_work, "post_file", refuse)
    ran = yard.apply()
    assert ran.code == 1
    assert "the storage is full (worker " in ran.out


class Dead(Executor):
    """Takes work up and has it fail, or takes none."""

    def __init__(self, *, takes: bool) -> None:
        self.takes = takes

    def submit(self, *_: Any, **__: Any) -> "Future[Any]":
        if not self.takes:
            raise KeyError("shut down")
        found: Future[Any] = Future()
        found.set_exception(KeyError("worker gone"))
        return found


@pytest.mark.parametrize("saved", [False, True])
@pytest.mark.parametrize("takes", [False, True])
def test_a_cluster_that_dies_is_an_error_and_no_traceback(
    yard, monkeypatch, saved, takes
) -> None:
    put(monkeypatch, Dead(takes=takes))
    plan = str(yard.root / "p.plan")
    assert yard.run("plan", "--out", plan).code == 0
    ran = yard.apply(plan) if saved else yard.apply()
    assert ran.code == 1
    assert "the executor could not do its work: KeyError" in ran.out + ran.err


@pytest.mark.parametrize(
    "url", ["", "dask://", "dask:///", "tcp://here:1", "threads", "dask:here:1"]
)
def test_other_executors_are_usage_errors(yard, url) -> None:
    ran = yard.apply(executor=url)
    assert ran.code == 1
    assert "there is no such executor" in ran.err
    assert "dask://HOST:PORT" in ran.err


def test_a_package_that_is_missing_is_named(yard, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    ran = yard.apply()
    assert ran.code == 1
    assert "pip install 'dsac[distributed]'" in ran.err


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch) -> None:
    def client(address: str, **_: object) -> None:
        raise OSError(f"timed out: {address}")

    monkeypatch.setitem(sys.modules, "distributed", SimpleNamespace(Client=client))
    with (
        pytest.raises(UsageError, match="no Dask scheduler answers at tcp://here:1"),
        open_executor("dask://here:1"),
    ):
        pass


class Client(contextlib.nullcontext[None]):
    """A client of a cluster whose workers do what `first` says of the first work."""

    def __init__(self, first: "Future[str]") -> None:
        super().__init__()
        self.first = first
        self.address = ""

    def __call__(self, address: str, **_: object) -> "Client":
        self.address = address
        return self

    def get_executor(self) -> "Client":
        return self

    def submit(self, _: object) -> "Future[str]":
        return self.first


def test_a_scheduler_that_answers_gives_its_executor(monkeypatch) -> None:
    first: Future[str] = Future()
    first.set_result("tcp://w:1")
    client = Client(first)
    monkeypatch.setitem(sys.modules, "distributed", SimpleNamespace(Client=client))
    with open_executor("dask://here:1/") as found:
        assert id(found) == id(client)
    assert client.address == "tcp://here:1"


def test_a_cluster_whose_workers_can_not_work_is_an_error(monkeypatch) -> None:
    monkeypatch.setattr(hands, "PATIENCE", 0)
    first: Future[str] = Future()
    distributed = SimpleNamespace(Client=Client(first))
    monkeypatch.setitem(sys.modules, "distributed", distributed)
    with pytest.raises(RemoteError, match="no worker of tcp://here:1 took up"):
        hands.open_executor("dask://here:1").__enter__()
    first.set_exception(ModuleNotFoundError("No module named 'dsac'"))
    with pytest.raises(RemoteError, match="can't work: ModuleNotFoundError"):
        hands.open_executor("dask://here:1").__enter__()


def test_a_worker_of_a_cluster_goes_by_its_address(monkeypatch) -> None:
    def nobody() -> None:
        raise ValueError("no worker found")

    one = SimpleNamespace(get_worker=lambda: SimpleNamespace(address="tcp://w:1"))
    monkeypatch.setitem(sys.modules, "distributed", one)
    assert file_work.worker() == "tcp://w:1"
    other = SimpleNamespace(get_worker=nobody)
    monkeypatch.setitem(sys.modules, "distributed", other)
    assert f"process {os.getpid()}" in file_work.worker()


def test_what_is_in_this_process_alone_is_out_of_reach(yard) -> None:
    ran = run_in(yard.root, "apply", "--auto-approve", "--executor", "dask://here:1")
    assert (ran.code, "remote is in this process" in ran.err) == (1, ran.code == 1)
    ran = yard.apply("--auto-approve", "--dry-run")
    assert (ran.code, "a rehearsal uploads nothing" in ran.err) == (1, True)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[str]:
    """Run a scheduler and two workers, each a process of its own; give its address."""
    told = tmp_path / "scheduler.json"
    where = ("--scheduler-file", str(told))
    quiet: dict[str, Any] = {
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
        "cwd": tmp_path,
        "env": {k: v for k, v in os.environ.items() if k != "SEGMENTS_API_KEY"},
    }
    python = (sys.executable, "-m")
    scheduler = (*python, "distributed.cli.dask_scheduler", "--no-dashboard")
    worker = (*python, "distributed.cli.dask_worker", "--no-dashboard", "--no-nanny")
    lines: list[tuple[str, ...]] = [
        (*scheduler, "--host", "127.0.0.1", "--port", "0", *where)
    ]
    lines += [(*worker, "--nthreads", "2", *where)] * 2
    processes = [subprocess.Popen(line, **quiet) for line in lines]
    try:
        yield _address(told, processes[0])
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait(60)


def _address(told: Path, scheduler: "subprocess.Popen[bytes]") -> str:
    """Wait until a scheduler has written where it listens, for as long as it lives."""
    while scheduler.poll() is None:
        with contextlib.suppress(OSError, json.JSONDecodeError):
            address: str = json.loads(told.read_text())["address"]
            return address.replace("tcp://", "dask://")
        with contextlib.suppress(subprocess.TimeoutExpired):
            scheduler.wait(0.1)
    raise RuntimeError("the scheduler ended")


def test_a_dask_cluster_does_the_work(yard, cluster) -> None:
    command = [sys.executable, "-m", "dsac", "-C", str(yard.root)]
    command += ["apply", "--auto-approve", "-v", "--remote", yard.server.url]
    ran = subprocess.run(
        [*command, "--executor", cluster],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr
    assert "4 uploads" in ran.stderr
    assert yard.run("plan", "--detailed-exitcode").code == 0
