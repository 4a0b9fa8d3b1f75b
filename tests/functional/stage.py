"""A project before an emulator in this process; a test decides on every request."""

import hashlib
import io
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dsac.cli import run
from dsac.core.values import Tree
from dsac.emulator import Account, create_app
from dsac.remote.client import Client
from dsac.remote.clock import Clock
from dsac.remote.transport import Transport
from tests.conftest import Ran

KEYS = ("local", "bob", "eve")
"""The users, each of whom has its name as key; the first is the one of the runs."""

ORGANIZATIONS = ("acme", "jane")

App = Callable[[dict[str, Any], Any], Iterable[bytes]]


@dataclass
class VirtualTime:
    """Seconds that pass only when somebody sleeps."""

    seconds: float = 0.0

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Let every transport live by this time, and without chance."""
        patch.setattr(Clock, "now", lambda _: self.seconds)
        patch.setattr(Clock, "sleep", lambda _, duration, *_more: self.sleep(duration))
        patch.setattr(Clock, "jitter", lambda _: 0.5)

    def now(self) -> float:
        """Give the time."""
        return self.seconds

    def sleep(self, duration: float) -> None:
        """Let time pass."""
        self.seconds += max(0.0, duration)


@dataclass
class Seam:
    """Where requests pass, one at a time; counts and notes them all.

    `before` and `after` are called with the line of a request, before the server
    sees it and after it did the work, its answer not yet on its way.
    """

    app: App
    before: Callable[[str], None] = lambda _: None
    after: Callable[[str], None] = lambda _: None
    log: list[str] = field(default_factory=list)
    uploads: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Let one request through at a time."""
        self._lock = threading.RLock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Let a request pass."""
        with self._lock:
            line = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
            self.log.append(line)
            self.before(line)
            if "/upload" in line:
                self.uploads.append(_content(environ))
            answer = self.app(environ, start_response)
            try:
                body = list(answer)
            finally:
                # A file that is answered is open until somebody closes the answer.
                getattr(answer, "close", lambda: None)()
            self.after(line)
            return body

    @property
    def writes(self) -> int:
        """Count the requests that are not for reading."""
        return sum(not line.startswith(("GET ", "HEAD ")) for line in self.log)


def _content(environ: dict[str, Any]) -> str:
    """Digest the file in a form that goes to the storage."""
    body = environ["wsgi.input"].read()
    environ["wsgi.input"] = io.BytesIO(body)
    head, _, rest = body.partition(b'name="file"')
    boundary = head[: head.index(b"\r\n")]
    content = rest.partition(b"\r\n\r\n")[2]
    content = content[: content.rindex(b"\r\n" + boundary)]
    return hashlib.sha256(content).hexdigest()


def run_in(root: Path, *arguments: str | Path) -> Ran:
    """Run a command in a project, in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run(["-C", str(root), *map(str, arguments)])
    return Ran(code, out.getvalue(), err.getvalue())


class Stage:
    """A project's folder, its command, and the platform that it works on."""

    def __init__(self, root: Path, server: Path, *, patch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.patch = patch
        patch.delenv("DSAC_REMOTE", raising=False)
        self.open(server)

    def open(self, server: Path) -> Seam:
        """Put the platform of a data folder behind the project, and a fresh seam."""
        self.server = server
        self.app = create_app(
            server,
            accounts=[Account(name, name) for name in KEYS],
            organizations=ORGANIZATIONS,
        )
        return self.mount(self.app.wsgi_app)

    def mount(self, app: App) -> Seam:
        """Put a fresh seam before an app, and let the embedded remote be that."""
        seam = Seam(app)
        mounted = type("Mounted", (), {"wsgi_app": seam})
        self.patch.setattr("dsac.emulator.create_app", lambda *_, **__: mounted)
        return seam

    def run(self, *arguments: str | Path) -> Ran:
        """Run a command."""
        return run_in(self.root, *arguments)

    def apply(self, *flags: str | Path) -> Ran:
        """Apply one operation at a time, so that requests come in one order."""
        return self.run("apply", "--auto-approve", "--jobs", "1", *flags)

    @contextmanager
    def hands(self, user: str = "local") -> Iterator[Client]:
        """Act on the platform as a user, past the seam."""
        with Transport("http://dsac.invalid", key=user) as transport:
            transport.mount_wsgi(self.app.wsgi_app)
            yield Client(transport)

    def label(
        self, dataset: str, sample: str, fields: dict[str, Tree], user: str = "bob"
    ) -> None:
        """Let a user, who may work on the dataset, write a label of people's."""
        uuid = self.uuids(dataset)[sample]
        with self.hands(user) as client:
            client.put_label(uuid, "ground-truth", fields)

    def uuids(self, dataset: str) -> dict[str, str]:
        """Give the uuid of each sample by its name."""
        with self.hands() as client:
            pages = client.list_samples(dataset)
            return {row.name: row.uuid for page in pages for row in page}
