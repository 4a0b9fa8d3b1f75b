"""The emulator on a port: served, restarted, killed."""

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue

import pytest
import requests
from waitress.trigger import trigger

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


def test_a_server_ends_well_though_it_leaves_before_it_was_told(tmp_path, monkeypatch):
    """Whoever else wakes the loop lets it find the order to leave early."""
    pull = trigger._physical_pull

    def late(pulled: trigger) -> None:
        pull(pulled)
        deadline = time.monotonic() + 10
        while pulled._map and time.monotonic() < deadline:
            time.sleep(0)
        pull(pulled)

    with served(tmp_path) as (url, session):
        assert session.get(f"{url}/user", timeout=30).ok
        monkeypatch.setattr(trigger, "_physical_pull", late)


def said(url: str, data: bytes) -> tuple[bytes, bytes]:
    """Send bytes and hang up; give the first line and the last of what comes back."""
    port = int(url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        lines = connection.makefile("rb").read().split(b"\r\n")
        return lines[0], lines[-1]


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (b"GET http://[ HTTP/1.0\r\n\r\n", b"Invalid IPv6 URL"),
        (b"nonsense\r\n\r\n", b"Start line is invalid"),
        (
            b"POST /assets HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
            b"Transfer-Encoding requested is not supported.",
        ),
        (
            b"GET / HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
            b"Exceeds the limit",
        ),
    ],
)
def test_what_is_no_http_is_a_bad_request(tmp_path: Path, data: bytes, detail: bytes):
    with served(tmp_path) as (url, _):
        status, body = said(url, data)
    assert status.endswith(b" 400 Bad Request")
    assert body.startswith(b'{"detail":"Bad Request: ' + detail)


def test_who_asks_to_continue_without_a_body_is_answered(tmp_path: Path):
    head = b"GET /user HTTP/1.1\r\nAuthorization: APIKey jane-key\r\n"
    more = b"Expect: 100-continue\r\nConnection: close\r\n\r\n"
    with served(tmp_path) as (url, _):
        status, body = said(url, head + more)
    assert status == b"HTTP/1.1 200 OK"
    assert b'"username":"jane"' in body


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
