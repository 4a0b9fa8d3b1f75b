"""A platform in this process on which people and faults act between two requests."""

import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Row
from typing import Any

from dsac.emulator import Account, create_app
from dsac.remote.client import Client
from dsac.remote.clock import Clock, Flag
from dsac.remote.transport import Transport
from tests.functional.meddling import without_a_label

ORIGIN = "http://dsac.invalid"
OWNER = "jane"
BOT = "ci-bot"
PEOPLE = ("bob", "eve")
READS = frozenset({"GET", "HEAD"})


class Hurried(Clock):
    """A clock that never waits."""

    def sleep(self, duration: float, wake: Flag | None = None) -> None:
        """Let no time pass."""

    def jitter(self) -> float:
        return 0.0


@dataclass
class Fault:
    """What goes wrong at the write of a number, counted from 1.

    `lost`: it is done and its answer never comes. `refused`: it is not done, and no
    other attempt would be. `busy`: it is not done, the next attempt is. `cut`: the run
    is interrupted before it.
    """

    kind: str
    write: int


@dataclass
class Script:
    """What happens during one run: an act at a moment, a fault, a row left out.

    Moments of an apply are counted from 0, one before its first request, and one after
    each write: dsac has not yet taken its last look at what it does next. Those of a
    plan are counted from -1 down, one before each request. `omits` leaves the last row
    that has a label out of listings.
    """

    moment: int | None = None
    act: Callable[[], object] = lambda: None
    fault: Fault | None = None
    omits: bool = False


class Platform:
    """The emulator behind a script; `writes` has what a run asked to be written."""

    def __init__(self, folder: Path) -> None:
        accounts = [Account(name, f"{name}-key") for name in (OWNER, *PEOPLE, BOT)]
        self.app = create_app(folder, accounts=accounts)
        self.store = self.app.config["store"]
        self.clients = {
            name: self._client(name, self.app.wsgi_app)
            for name in (OWNER, *PEOPLE, BOT)
        }
        self.watched = self._transport(OWNER, self)
        self.cancel = threading.Event()
        self.begin(Script())

    @staticmethod
    def _transport(name: str, app: Any) -> Transport:
        transport = Transport(ORIGIN, key=f"{name}-key", clock=Hurried())
        transport.mount_wsgi(app)
        return transport

    def _client(self, name: str, app: Any) -> Client:
        return Client(self._transport(name, app))

    def close(self) -> None:
        """Close all connections."""
        for client in self.clients.values():
            client.transport.close()
        self.watched.close()

    def begin(self, script: Script) -> None:
        """Begin a run under a script, with its plan."""
        self.script = script
        self.writes: list[tuple[str, str, Any]] = []
        self.moment = -1
        self.between = True
        self.planning = True
        self.cancel.clear()

    def end_of_plan(self) -> None:
        """Begin the apply."""
        self.planning = False
        self.between = True
        self.moment = 0

    def wipe(self) -> None:
        """Delete every dataset, with all that is in it."""
        with self.store.write() as database:
            database.execute("DELETE FROM datasets")

    def rows(self, query: str, *values: object) -> list[Row]:
        """Ask the database itself: what it holds is the truth."""
        found: list[Row] = self.store.rows(query, *values)
        return found

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        """Answer a request of the run, as the script has it."""
        if self.between:
            self.between = self.planning
            moment = self.moment
            self.moment += -1 if self.planning else 1
            if moment == self.script.moment:
                self.script.act()
        if environ["REQUEST_METHOD"] in READS:
            return self._read(environ, start_response)
        return self._write(environ, start_response)

    def _read(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        if self.script.omits:
            return without_a_label(self.app.wsgi_app, environ, start_response)
        return self.app.wsgi_app(environ, start_response)

    def _write(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        self.between = True
        self.writes.append(_seen(environ))
        fault = self.script.fault
        if fault is None or fault.write > len(self.writes):
            return self.app.wsgi_app(environ, start_response)
        if fault.kind != "refused":
            self.script.fault = None
        if fault.kind == "cut":
            self.cancel.set()
            return self.app.wsgi_app(environ, start_response)
        if fault.kind == "lost":
            list(self.app.wsgi_app(environ, lambda *_: lambda _: None))
        status = "400 Bad Request" if fault.kind == "refused" else "502 Bad Gateway"
        start_response(status, [("Content-Length", "2")])
        return [b"{}"]


def _seen(environ: Any) -> tuple[str, str, Any]:
    """Give method, path and JSON body of a request, and put the body back."""
    import gzip
    import io

    data = environ["wsgi.input"].read()
    environ["wsgi.input"] = io.BytesIO(data)
    if environ.get("HTTP_CONTENT_ENCODING") == "gzip":
        data = gzip.decompress(data)
    try:
        body = json.loads(data) if data else None
    except ValueError:
        body = None
    return environ["REQUEST_METHOD"], environ["PATH_INFO"], body
