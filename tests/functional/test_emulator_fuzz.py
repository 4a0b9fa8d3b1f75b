"""Ten thousand requests that nobody should send: refused, and never a failure."""

import gc
import http.client
import io
import itertools
import json
import os
import random
import re
import socket
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from flask import Flask
from werkzeug.test import TestResponse, run_wsgi_app

from dsac.emulator import Account, create_app
from tests.endurance.fuzzer import KEY, STORAGE, Request, Target, requests
from tests.endurance.process import Connection, Served, serving

pytestmark = [
    pytest.mark.search,
    pytest.mark.endurance,
    # werkzeug leaves the file of a form that breaks off to the garbage collector
    pytest.mark.filterwarnings("ignore:.*SpooledTemporaryFile"),
]


SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
SEED = random.randrange(10**9) if SOAK else 20
COUNT = 200_000 if SOAK else 12_000
IN_A_WORLD = 200
"""Requests that a dataset is made for: some of them delete it."""

IMAGE = {"image": {"url": "https://bucket.example.com/a.jpg"}}
ACCOUNTS = [Account(name, f"{name}-key") for name in ("jane", "bob", "eve")]
FILES = re.compile(
    r"emulator\.sqlite(-wal|-shm)?|assets|assets/\w\w|assets/\w\w/[\w-]{36}\.\w{32}"
)
"""What may be in a data folder."""


@pytest.fixture(autouse=True)
def no_garbage() -> Iterator[None]:
    """Collect what is left of broken forms now, and not in a test that minds it."""
    yield
    gc.collect()


class World:
    """A dataset with one of everything, and what names it in paths."""

    def __init__(self, app: Flask, number: int) -> None:
        self.client = app.test_client()
        self.dataset = f"flowers-{number}"
        path = f"/datasets/jane/{self.dataset}"
        self.post("/user/datasets", {"name": self.dataset, "task_type": "vector"})
        self.sample = self.post(f"{path}/samples", {"name": "a", "attributes": IMAGE})
        label: Any = {"attributes": {"annotations": []}}
        self.call("PUT", f"/labels/{self.sample['uuid']}/ground-truth", label)
        self.post(f"{path}/labelsets", {"name": "model"})
        self.post(f"{path}/releases", {"name": "v1"})
        self.post(f"{path}/collaborators", {"user": "bob", "role": "labeler"})
        issue = {"description": "words"}
        self.issue = self.post(f"/samples/{self.sample['uuid']}/issues", issue)
        self.asset = self.post("/assets", {"filename": "a.png"})
        form = {**self.asset["presignedPostFields"]["fields"]}
        file = {"file": (io.BytesIO(b"pixels"), "a.png")}
        assert self.client.post("/upload", data={**form, **file}).status_code == 204

    def call(self, method: str, path: str, body: object) -> Any:
        headers = {"Authorization": KEY}
        found = self.client.open(path, method=method, json=body, headers=headers)
        assert found.status_code in {200, 201}, found.data
        return found.json

    def post(self, path: str, body: object) -> Any:
        return self.call("POST", path, body)

    def targets(self, app: Flask) -> list[Target]:
        """Give every method of every route of the app."""
        form = self.asset["presignedPostFields"]["fields"]
        return [
            Target(method, rule.rule, self.parts(rule.rule), form)
            for rule in app.url_map.iter_rules()
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        ]

    def parts(self, rule: str) -> dict[str, str]:
        if rule.startswith("/users/"):
            return {"name": "jane"}
        if rule.startswith("/organizations/"):
            return {"owner": "acme"}
        parts = {"owner": "jane", "name": self.dataset, "who": "bob", "release": "v1"}
        key = self.issue if rule.startswith("/issues/") else self.sample
        parts.update(key=key["uuid"], file=f"{self.asset['uuid']}.png")
        parts["labelset"] = "model" if "/labelsets/" in rule else "ground-truth"
        return {name: value for name, value in parts.items() if f"<{name}>" in rule}


def environment(request: Request) -> dict[str, Any]:
    """Say a request as WSGI has it, without anybody who puts it right on the way."""
    found: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(request.path).decode("latin-1"),
        "QUERY_STRING": request.query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(request.body)),
        "HTTP_HOST": "localhost",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        plain = key in {"CONTENT_TYPE", "CONTENT_LENGTH"}
        found[key if plain else f"HTTP_{key}"] = value
    return found


def send(app: Flask, request: Request) -> TestResponse:
    """Call the app."""
    found = run_wsgi_app(app.wsgi_app, environment(request), buffered=True)
    return TestResponse(*found, request=None)  # type: ignore[arg-type] # it is not read


def problem(request: Request, status: int, kind: str, body: bytes) -> str:
    """Say what is wrong with an answer; nothing if it is right."""
    if status >= 500:
        return "failed"
    if request.is_wrong and not 400 <= status < 500:
        return "was taken"
    if request.method == "HEAD" or status in {204, 304}:
        return "has a body" if body else ""
    if status < 400 and (request.rule in STORAGE or request.method == "OPTIONS"):
        return ""
    return "" if kind == "application/json" and is_sound(body, status) else "no JSON"


def is_sound(body: bytes, status: int) -> bool:
    """Tell whether a body is strict JSON; that of an error says something."""
    try:
        found = json.loads(body.decode(), parse_constant=refuse)
    except ValueError:
        return False
    return status < 400 or (isinstance(found, dict | list) and bool(found))


def refuse(constant: str) -> None:
    raise ValueError(constant)


def tree(folder: Path) -> set[str]:
    """Give all that is in a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_odd_requests_are_refused_and_never_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """In this process; every method of every route gets its share."""
    here = tmp_path / "a" / "b" / "c"
    here.mkdir(parents=True)
    monkeypatch.chdir(here)
    data = here / "data"
    app = create_app(data, accounts=ACCOUNTS, organizations=["acme"])
    mine = bystander(app)
    chance = random.Random(SEED)
    seen: Counter[tuple[str, str]] = Counter()
    refused = 0
    for number in range(-(-COUNT // IN_A_WORLD)):
        targets = World(app, number).targets(app)
        for name, request in itertools.islice(requests(targets, chance), IN_A_WORLD):
            answer = send(app, request)
            found = problem(
                request, answer.status_code, answer.mimetype or "", answer.get_data()
            )
            shown = f"{name} of seed {SEED}: {request!r:.1500} -> {answer.status}"
            assert not found, f"{found}: {shown} {answer.get_data()[:300]!r}"
            seen[request.rule, name] += 1
            refused += answer.status_code >= 400
    World(app, -1)
    assert bystander(app) == mine
    assert tree(tmp_path) - {"a", "a/b", "a/b/c", "a/b/c/data"} == {
        f"a/b/c/data/{path}" for path in tree(data)
    }
    assert [path for path in tree(data) if not FILES.fullmatch(path)] == []
    rules = Counter(rule for rule, _ in seen.elements())
    assert rules.keys() == {rule.rule for rule in app.url_map.iter_rules()}
    assert min(rules.values()) > COUNT / 200
    assert COUNT / 2 < refused < COUNT


def bystander(app: Flask) -> Any:
    """Give what eve has, who does nothing; make it if it is not there."""
    client, headers = app.test_client(), {"Authorization": "APIKey eve-key"}
    client.post("/user/datasets", json={"name": "mine"}, headers=headers)
    body = {"name": "a", "attributes": IMAGE}
    client.post("/datasets/eve/mine/samples", json=body, headers=headers)
    paths = ("", "/samples?labelset=ground-truth", "/releases")
    return [
        client.get(f"/datasets/eve/mine{path}", headers=headers).json for path in paths
    ]


def rendered(request: Request) -> bytes:
    """Write a request as it goes over the wire, nothing made right."""
    headers = {
        "Host": "localhost",
        "Content-Length": str(len(request.body)),
        "Connection": "close",
        **request.headers,
    }
    query = f"?{request.query}" if request.query else ""
    lines = [f"{request.method} {request.path}{query} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + request.body


def exchange(port: int, data: bytes) -> bytes:
    """Send bytes, say that there are no more, and give all that comes back.

    A server that has seen enough answers and hangs up, maybe in the middle of them:
    its answer is there all the same.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=300) as connection:
        parts: list[bytes] = []
        with suppress(ConnectionResetError, BrokenPipeError):
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
        with suppress(ConnectionResetError):
            while part := connection.recv(65536):
                parts.append(part)
        return b"".join(parts)


class Replay:
    """Plays an answer to the parser of the standard library, as a socket would."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, mode: str) -> io.BytesIO:
        assert mode == "rb"
        return io.BytesIO(self._data)


def parsed(data: bytes, method: str) -> tuple[int, str, bytes]:
    """Give status, content type and body of an answer."""
    answer = http.client.HTTPResponse(Replay(data), method=method)  # type: ignore[arg-type] # it reads a file alone
    answer.begin()
    return answer.status, answer.headers.get_content_type(), answer.read()


def assert_answers(served: Served) -> None:
    with closing(Connection(served.port)) as connection:
        assert connection.expect("GET", "/user").json()["username"] == "jane"


HEAD = b"GET /user HTTP/1.1\r\nHost: localhost\r\nAuthorization: APIKey jane-key\r\n"
POST = b"POST /user/datasets HTTP/1.1\r\nHost: x\r\nAuthorization: APIKey jane-key\r\n"
MALFORMED: Sequence[bytes] = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200) + b"\r\n\r\n",
    b"\x00\r\n\r\n",
    b"nonsense\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET  /user HTTP/1.1\r\n\r\n",
    b"GET /user HTTP/1.1 more\r\n\r\n",
    b"get /user HTTP/1.1\r\n\r\n",
    b"GET http://[ HTTP/1.1\r\n\r\n",
    b"GET /user\x00 HTTP/9.9\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    HEAD + b"no colon\r\n\r\n",
    HEAD + b": no name\r\n\r\n",
    HEAD + b"X : space\r\n\r\n",
    HEAD + b"X\x00Y: 1\r\n\r\n",
    HEAD + b"X: a\rb\r\n\r\n",
    HEAD + b"X: a\nY: b\r\n\r\n",
    HEAD + b"X: " + b"a" * 300_000 + b"\r\n\r\n",
    HEAD + b"X: 1\r\n" * 50_000 + b"\r\n",
    HEAD + b"Content-Length: -1\r\n\r\n",
    HEAD + b"Content-Length: 1, 1\r\n\r\n",
    HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    HEAD + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n",
    POST + b"Transfer-Encoding: gzip\r\n\r\n",
    POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    POST + b"Content-Length: 2\r\n\r\n{}GET /nowhere HTTP/1.1\r\n\r\n",
    HEAD.replace(b"/user", b"/" + b"a" * 200_000) + b"\r\n",
    HEAD.replace(b"localhost", b"a b") + b"\r\n",
    HEAD.replace(b"/user", b"/../../etc/passwd") + b"\r\n",
    HEAD.replace(b"/user", b"/assets/jane/../../emulator.sqlite") + b"\r\n",
)
"""Each must be answered with a 4xx, or by hanging up."""

CUT: Sequence[bytes] = (
    b"",
    b"\r\n\r\n",
    b"GET",
    HEAD,
    POST + b"Content-Length: 100\r\n\r\n{",
    POST + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
    POST + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\n\r\nffffffff\r\nabc",
)
"""To these nothing need be said."""


def test_over_a_socket_it_is_the_same(tmp_path: Path):
    app = create_app(tmp_path, accounts=ACCOUNTS, organizations=["acme"])
    chance = random.Random(SEED)
    with serving(tmp_path) as served:
        for number in range(4 if not SOAK else 100):
            targets = World(app, number).targets(app)
            for name, request in itertools.islice(requests(targets, chance), 150):
                data = exchange(served.port, rendered(request))
                shown = f"{name} of seed {SEED}: {request!r:.1500} -> {data[:300]!r}"
                if name == "odd_length" or "Content-Length" in request.headers:
                    assert not data.startswith(b"HTTP/1.1 5"), shown
                else:
                    found = problem(request, *parsed(data, request.method))
                    assert not found, f"{found}: {shown}"
        assert_answers(served)


def test_what_is_no_http_is_refused(tmp_path: Path):
    chance = random.Random(SEED)
    random_bytes = (chance.randbytes(200) + b"\r\n\r\n" for _ in range(50))
    with serving(tmp_path) as served:
        for data in (*MALFORMED, *random_bytes):
            status, kind, body = parsed(exchange(served.port, data), "GET")
            assert 400 <= status < 500, (data[:200], status, body)
            assert kind == "application/json", (data[:200], body)
            assert is_sound(body, status), (data[:200], body)
        for data in CUT:
            answer = exchange(served.port, data)
            assert not answer.startswith(b"HTTP/1.1 5"), (data[:200], answer)
        assert_answers(served)
