"""Real processes against a real server, ended by SIGKILL at one of their requests."""

import json
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from dsac.emulator import create_app
from dsac.engine import lease
from dsac.remote.client import Client
from dsac.remote.transport import Transport
from tests.endurance.process import KEY, serving
from tests.functional import everything
from tests.functional.everything import differences, moved
from tests.functional.proxy import PATIENCE, Proxy, command, proxied
from tests.functional.stage import run_in
from tests.functional.truth import State, state

pytestmark = pytest.mark.search

POINTS = 22
ACCOUNTS = ("--account", "bob:bob", "--account", "eve:eve")


class Yard:
    """A project for each death, and one for none, alike and on one server."""

    def __init__(self, folder: Path, proxy: Proxy) -> None:
        self.folder = folder
        self.proxy = proxy
        self.remote = ("--remote", proxy.url)
        self.app = create_app(folder / "server")
        first = [own(everything.FIRST, number) for number in range(POINTS + 1)]
        everything.write(folder / "first", "---\n".join(first))
        ran = run_in(folder / "first", "apply", "--auto-approve", *self.remote)
        assert ran.code == 0, ran.out + ran.err
        self.before = [self._prepared(number) for number in range(POINTS + 1)]

    def _prepared(self, number: int) -> dict[str, str]:
        """Let bob label, write the second version; give the uuids of samples."""
        root = self.root(number)
        everything.write(root, own(everything.SECOND, number))
        uuids = self.uuids(number)
        client = self.client("bob")
        for name in everything.PEOPLES:
            client.put_label(uuids[name], "ground-truth", everything.REVIEWED)
        return uuids

    def root(self, number: int) -> Path:
        return self.folder / f"project{number}"

    def client(self, key: str = KEY) -> Client:
        """Act on the platform, past the proxy."""
        transport = Transport("http://dsac.invalid", key=key)
        transport.mount_wsgi(self.app.wsgi_app)
        return Client(transport)

    def uuids(self, number: int) -> dict[str, str]:
        """Give the uuid of each sample by its name."""
        pages = self.client().list_samples(names(number)[0])
        return {row.name: row.uuid for page in pages for row in page}

    def state(self, number: int) -> State:
        """Read what a project has on the platform, as if it were the only one."""
        found = json.dumps(state(self.app, names(number), key=KEY))
        plain: State = json.loads(found.replace(f"{number:02}x", ""))
        return plain

    def live(self, number: int) -> int:
        """Apply to the end; give how many requests that took."""
        self.proxy.arm()
        ran = run_in(self.root(number), "apply", "--auto-approve", *self.remote)
        assert ran.code == 0, ran.out + ran.err
        return len(self.proxy.log)

    def die(self, number: int, *, at: int, late: bool) -> None:
        """Apply in a process that is killed at a request."""
        self.proxy.arm(at, late=late)
        process = self.proxy.start(
            command(self.root(number), "apply", "--auto-approve", *self.remote),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert process.wait(PATIENCE) == -signal.SIGKILL
        self.proxy.drain()


def names(number: int) -> list[str]:
    """Name the datasets of a project."""
    return [f"{name}{number:02}x" for name in everything.DATASETS]


def own(text: str, number: int) -> str:
    """Give a manifest that is about the datasets of one project."""
    for name, mine in zip(everything.DATASETS, names(number), strict=True):
        text = text.replace(name, mine)
    return text


@pytest.fixture
def yard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Yard]:
    monkeypatch.setenv("SEGMENTS_API_KEY", KEY)
    # On a slow machine the run whose requests are counted would send more than others.
    monkeypatch.setattr(lease, "RENEWED_EVERY", threading.TIMEOUT_MAX)
    with (
        serving(tmp_path / "server", *ACCOUNTS) as served,
        proxied(served.port) as proxy,
    ):
        yield Yard(tmp_path, proxy)


def test_a_process_that_is_killed_at_a_request_is_followed_by_one_that_finishes(
    yard,
) -> None:
    requests = yard.live(0)
    expected = yard.state(0)
    wrong = {}
    for number in range(1, POINTS + 1):
        at, late = 1 + (requests - 1) * (number - 1) // (POINTS - 1), number % 2 == 0
        yard.die(number, at=at, late=late)
        yard.live(number)
        found = [
            *differences(expected, yard.state(number)),
            *moved(yard.before[number], yard.uuids(number)),
        ]
        if found:
            wrong[f"killed at {at} of {requests}, {late=}"] = found
    assert wrong == {}
