"""Servers and drivers for the contract."""

from collections.abc import Callable, Iterator

import pytest

from tests.contract.drivers import Driver

Opened = Callable[..., Driver]


@pytest.fixture
def driver(server) -> Iterator[Opened]:
    """Open drivers of the emulator on a port, and close them."""
    opened: list[Driver] = []

    def one(which: str, prefix: str) -> Driver:
        found = Driver(which, server.url, key="jane-key", prefix=prefix)
        opened.append(found)
        return found

    yield one
    for item in opened:
        item.close()


@pytest.fixture(autouse=True)
def far_away(monkeypatch):
    """Pack bodies as for a platform far away: one on this machine gets them plain."""
    monkeypatch.setattr("dsac.remote.transport.is_loopback", lambda _: False)
