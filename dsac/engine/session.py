"""A connection to the remote of a project, whichever remote that is."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from dsac.core.phases import CONNECT, READ, Phases, unmeasured
from dsac.errors import (
    AuthenticationError,
    ProtocolError,
    TransportError,
    UsageError,
)
from dsac.manifests.project import Project
from dsac.remote.client import Client
from dsac.remote.counts import Counts
from dsac.remote.reader import Reader
from dsac.remote.stripes import Stripes
from dsac.remote.transport import Transport
from dsac.remote.wsgi import App

LOCAL = "local"
"""The name of the embedded remote, and of its account and that account's key."""

LOCAL_ORIGIN = "http://dsac.invalid"
"""Where the embedded remote seems to be; `.invalid` is never resolved (RFC 2606)."""

STATE = ".dsac"
"""The folder of a project in which dsac keeps what it can lose."""


class View:
    """What a planner is given of a connection: nothing in it can write."""

    def __init__(
        self, project: Project, reader: Reader, phase: Phases = unmeasured
    ) -> None:
        self.project = project
        self.reader = reader
        self.phase = phase
        self.remote = project.remote
        self._user = ""

    @property
    def user(self) -> str:
        """The user of the API key, asked once.

        Raises:
            AuthenticationError: the key is wrong.
        """
        if not self._user:
            with self.phase(READ):
                self._user = self.reader.user()
        return self._user

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self.project.root


class Session:
    """An open connection: a view for the planner, the client for who may write."""

    def __init__(
        self,
        project: Project,
        client: Client,
        transport: Transport,
        *,
        jobs: int = 8,
        phase: Phases = unmeasured,
    ) -> None:
        self.view = View(project, Reader(client, jobs=jobs, phase=phase), phase)
        self.client = client
        self.transport = transport
        self.datasets = Stripes()
        """Who reads metadata of a dataset to write it anew holds its lock."""

    def counts(self) -> Counts:
        """Give what was sent and received so far."""
        return self.transport.counts()


def project_name(project: Project) -> str:
    """Give the name that goes into markers; a local project may do without one."""
    return project.name or LOCAL


@contextmanager
def connect(
    project: Project,
    *,
    environ: Mapping[str, str],
    jobs: int = 8,
    owners: Iterable[str] = (),
    phase: Phases = unmeasured,
) -> Iterator[Session]:
    """Open a connection to the project's remote, and close it.

    Args:
        project: Says which remote.
        environ: Has the key, in SEGMENTS_API_KEY or the file SEGMENTS_API_KEY_FILE.
        jobs: The size of the pool of connections.
        owners: Who owns the datasets in question; the embedded remote lets its one
            account act for each of them.
        phase: Measures where the time of those goes who use the view.

    Raises:
        UsageError: no key was given for a remote that wants one, or the folder of the
            embedded remote can't be used.
    """
    with phase(CONNECT):
        transport = _transport(project, environ, jobs=jobs, owners=owners)
    with transport:
        try:
            client = Client(transport)
            yield Session(project, client, transport, jobs=jobs, phase=phase)
        except (TransportError, ProtocolError, AuthenticationError) as error:
            error.hint = f"{error.hint}\n  {_origin(project)}"
            raise


def _transport(
    project: Project,
    environ: Mapping[str, str],
    *,
    jobs: int,
    owners: Iterable[str],
) -> Transport:
    if project.remote == LOCAL:
        transport = Transport(LOCAL_ORIGIN, key=LOCAL, jobs=jobs)
        transport.mount_wsgi(_embedded(project, owners))
        return transport
    key = api_key(environ, project=project)
    return Transport(project.remote, key=key, jobs=jobs)


def _origin(project: Project) -> str:
    """Say where the remote was set: the mistake may be there."""
    return f"the remote is {project.remote}, set by {project.remote_from}"


def _embedded(project: Project, owners: Iterable[str]) -> App:
    from dsac.emulator import create_app

    folder = project.root / STATE / LOCAL
    try:
        app = create_app(folder, organizations=sorted({*owners} - {LOCAL}))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"the embedded remote can't be opened: {error}",
            hint=f"move {folder} away, and it is made anew, with nothing in it",
        ) from error
    return app.wsgi_app


def api_key(environ: Mapping[str, str], *, project: Project) -> str:
    """Find the API key in the environment; it comes from nowhere else.

    Raises:
        UsageError: there is none, or its file can't be read.
    """
    hint = (
        "set SEGMENTS_API_KEY, or SEGMENTS_API_KEY_FILE to a file that has the key\n"
        f"  {_origin(project)}"
    )
    key = environ.get("SEGMENTS_API_KEY", "").strip()
    file = environ.get("SEGMENTS_API_KEY_FILE", "")
    if not key and file:
        try:
            key = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                f"can't read the API key from {file}", hint=hint
            ) from error
    if not key:
        raise UsageError("there is no API key", hint=hint)
    return key
