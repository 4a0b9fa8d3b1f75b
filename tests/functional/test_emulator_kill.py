"""The server is killed under load, again and again: what it acknowledged stays."""

import http.client
import os
import random
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from tests.endurance.process import Connection, Served, serving
from tests.endurance.steps import step
from tests.endurance.truth import losses, read, settle
from tests.endurance.writer import Writer, prepare

pytestmark = pytest.mark.search

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
KILLS = 100 if SOAK else 8
WRITERS = 8
GONE = (OSError, http.client.HTTPException)
"""What a client meets when its server is killed."""


class Alarm:
    """Goes off at the nth write that is acknowledged."""

    def __init__(self) -> None:
        self._numbers: Iterator[int] = count(1)  # `next` of it is atomic
        self._at = 0
        self.rang = threading.Event()

    def set(self, at: int) -> None:
        """Start to count anew."""
        self._numbers, self._at = count(1), at
        self.rang.clear()

    def tick(self) -> None:
        """Count a write."""
        if next(self._numbers) >= self._at:
            self.rang.set()

    def stop(self) -> None:
        """Go off at once."""
        self.rang.set()


def work(served: Served, writer: Writer, alarm: Alarm, wrong: list[str]) -> None:
    """Write until the server is gone."""
    with closing(Connection(served.port)) as connection:
        try:
            while True:
                step(writer, connection)
        except GONE as error:
            if not served.killed.is_set():
                wrong.append(f"{writer.name}: the server was gone: {error!r}")
        except Exception as error:  # noqa: BLE001 - nobody else would hear of it
            wrong.append(f"{writer.name}: {error!r}")
        finally:
            alarm.stop()  # nobody waits for writes that don't come any more


def kill_under_load(
    served: Served, writers: Sequence[Writer], alarm: Alarm, delay: float
) -> list[str]:
    """Kill the server a moment after the alarm; give what went wrong before."""
    wrong: list[str] = []
    threads = [
        threading.Thread(target=work, args=(served, writer, alarm, wrong))
        for writer in writers
    ]
    for thread in threads:
        thread.start()
    alarm.rang.wait()
    threading.Event().wait(delay)  # any moment of a request may be hit
    served.kill()
    for thread in threads:
        thread.join()
    return wrong


@pytest.mark.endurance
def test_what_was_acknowledged_survives_kills_at_any_moment(tmp_path: Path):
    seed = random.randrange(10**9) if SOAK else 20
    chance, alarm = random.Random(seed), Alarm()
    writers = [
        Writer(f"w{number}", random.Random(f"{seed} {number}"), alarm.tick)
        for number in range(WRITERS)
    ]
    writes = 0
    with serving(tmp_path) as served, closing(Connection(served.port)) as connection:
        prepare(connection)
    for kill in range(KILLS):
        wanted = chance.randrange(1, 400)
        writes += wanted
        alarm.set(wanted)
        with serving(tmp_path) as served:
            wrong = kill_under_load(served, writers, alarm, chance.uniform(0, 0.02))
        assert wrong == [], f"before kill {kill} of seed {seed}"
        with serving(tmp_path) as served, closing(Connection(served.port)) as again:
            truth = read(again, writers)
        assert losses(truth, writers) == [], f"after kill {kill} of seed {seed}"
        settle(truth, writers)
    with closing(sqlite3.connect(tmp_path / "emulator.sqlite")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert sum(writer.statuses.total() for writer in writers) >= writes
