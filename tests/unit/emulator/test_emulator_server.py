"""The emulator on a port: served, restarted, killed."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue

import pytest
import requests

from dsac.emulator import Account, create_app, serve

HEADERS = {"Authorization": "APIKey jane-key"}
IMAGE = {"image": {"url": "https://bucket.example.com/a.jpg"}}
Served = tuple[str, requests.Session]


@contextmanager
def served(data: Path, host: str = "127.0.0.1") -> Iterator[Served]:
    """Serve a folder on a free port, until the block ends."""
    app = create_app(data, accounts=[Account("jane", "jane-key")])
    urls: Queue[str] = Queue()
    stop = threading.Event()
    options = {"host": host, "port": 0, "ready": urls.put, "stop": stop}
    thread = threading.Thread(target=serve, args=(app,), kwargs=options)
    thread.start()
    try:
        with requests.Session() as session:
            session.headers.update(HEADERS)
            yield urls.get(timeout=30), session
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive()


def test_what_was_written_is_there_after_a_restart(tmp_path: Path):
    content = b"pixels" * 100_000
    with served(tmp_path) as (url, session):
        assert url.startswith("http://127.0.0.1:")
        answer = session.post(f"{url}/user/datasets/", json={"name": "d"}, timeout=30)
        assert answer.status_code == 201
        asset = session.post(f"{url}/assets/", json={"filename": "a.png"}, timeout=30)
        form = asset.json()["presignedPostFields"]
        file = {"file": content}
        answer = session.post(form["url"], data=form["fields"], files=file, timeout=30)
        assert (answer.status_code, answer.content) == (204, b"")
    with served(tmp_path) as (url, session):
        answer = session.get(f"{url}/datasets/jane/d/", timeout=30)
        assert answer.json()["full_name"] == "jane/d"
        path = asset.json()["url"].partition("/assets/")[2]
        answer = session.get(f"{url}/assets/{path}", timeout=30)
        assert answer.content == content


def test_two_servers_can_share_a_folder(tmp_path: Path):
    with served(tmp_path) as (one, session), served(tmp_path) as (two, _):
        assert one != two
        session.post(f"{one}/user/datasets/", json={"name": "d"}, timeout=30)
        path = "/datasets/jane/d/samples/"
        for number in range(20):
            body = {"name": str(number), "attributes": IMAGE}
            url = one if number % 2 else two
            assert session.post(f"{url}{path}", json=body, timeout=30).ok
        for url in (one, two):
            assert len(session.get(f"{url}{path}", timeout=30).json()) == 20


def test_a_host_may_be_a_name(tmp_path: Path):
    with served(tmp_path, "localhost") as (url, session):
        port = url.rpartition(":")[2]
        assert session.get(f"http://127.0.0.1:{port}/user", timeout=30).ok


def test_a_port_that_is_taken_is_an_error(tmp_path: Path):
    app = create_app(tmp_path)
    with served(tmp_path) as (url, _):
        port = int(url.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"):
            serve(app, port=port, ready=print)


PROGRAM = """
import sys, pathlib
from dsac.emulator import Account, create_app, serve
app = create_app(pathlib.Path(sys.argv[1]), accounts=[Account("jane", "jane-key")])
serve(app, port=0, ready=lambda url: print(url, flush=True))
"""


def add_in_bulk(url: str, names: list[str]) -> None:
    with requests.Session() as session:
        session.headers.update(HEADERS)
        session.post(f"{url}/user/datasets/", json={"name": "d"}, timeout=30)
        path = f"{url}/datasets/jane/d/samples_bulk/"
        for start in range(0, len(names), 50):
            some = names[start : start + 50]
            body = [{"name": name, "attributes": IMAGE} for name in some]
            assert session.post(path, json=body, timeout=30).status_code == 201


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path):
    names = [str(number) for number in range(200)]
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        add_in_bulk(process.stdout.readline().strip(), names)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    client = create_app(tmp_path).test_client()
    answer = client.get("/datasets/jane/d/samples/?per_page=1000", headers=HEADERS)
    assert answer.json is not None
    assert {item["name"] for item in answer.json} == set(names)
    answer = client.get("/datasets/jane/d/", headers=HEADERS)
    assert answer.json is not None
    assert answer.json["samples_count"] == 200
