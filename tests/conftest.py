"""Fixtures that all tests share: the command, projects, and servers."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from werkzeug.serving import make_server

from dsac.cli import run
from dsac.emulator import Account, create_app
from dsac.remote.client import Client
from dsac.remote.transport import Transport

# The ordinary run repeats the same examples each time; `make soak` looks for new ones.
settings.register_profile(
    "default",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "soak", settings.get_profile("default"), derandomize=False, max_examples=5000
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --update-golden."""
    parser.addoption("--update-golden", action="store_true")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put searches first, so that none is left when all else is done.

    Coverage is measured without them: it would take them twice the time, and what
    only a search comes by has no test that says what it is for.
    """
    for item in items:
        if item.get_closest_marker("search"):
            item.add_marker(pytest.mark.no_cover)
    items.sort(key=lambda item: item.get_closest_marker("search") is None)


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str


Command = Callable[..., Ran]


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the machine's own settings out of every test."""
    ours = ("SEGMENTS_", "DSAC_", "GH_TOKEN", "GITHUB_", "GITLAB_", "CI_")
    for name in list(os.environ):
        if name.startswith(ours):
            monkeypatch.delenv(name)
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def dsac(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command in this process, as a shell would."""

    def command(*arguments: str | Path) -> Ran:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        written = capsys.readouterr()
        return Ran(code, written.out, written.err)

    return command


@dataclass(frozen=True)
class Server:
    """A server on a port, and the folder of its data."""

    url: str
    data: Path

    def client(self, key: str = "jane-key") -> Transport:
        """Open a transport for a user."""
        return Transport(self.url, key=key)


Listening = Callable[[Flask], str]


@pytest.fixture
def listening() -> Iterator[Listening]:
    """Put apps on ports of their own; give their URLs."""
    with ExitStack() as stack:

        def started(app: Flask) -> str:
            server = make_server("127.0.0.1", 0, app, threaded=True)
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            stack.callback(thread.join, 10)
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
            return f"http://127.0.0.1:{server.server_port}"

        yield started


@pytest.fixture
def server(tmp_path: Path, listening: Listening) -> Server:
    """Serve the emulator on a port to jane, bob (an annotator) and acme."""
    data = tmp_path / "server"
    accounts = [Account("jane", "jane-key"), Account("bob", "bob-key")]
    app = create_app(data, accounts=accounts, organizations=["acme"])
    return Server(listening(app), data)


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Client]:
    """Give a client of an emulator in this process, as its user `jane`."""
    app = create_app(
        tmp_path / "emulator",
        accounts=[Account("jane", "jane-key"), Account("bob", "bob-key")],
        organizations=["acme"],
    )
    with Transport("http://dsac.invalid", key="jane-key") as transport:
        transport.mount_wsgi(app.wsgi_app)
        yield Client(transport)
