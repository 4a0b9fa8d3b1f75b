"""Takes, renews and gives back the advisory lease in the marker of a dataset.

Nothing relies on it: who does not see it does no harm, since each request is guarded by
itself. It keeps two applies from doing the same work, and from surprising each other.
"""

import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from dsac.core.lease import Lease, read_lease, write_lease
from dsac.core.marker import KEY, Marker, read, write
from dsac.core.plan import Plan
from dsac.core.resources import Kind
from dsac.engine.session import Session
from dsac.errors import ForbiddenError, LockedError, NotFoundError, RemoteError
from dsac.remote import wire

LASTS = 120
"""So many seconds a lease holds; who dies without giving it back blocks no longer."""

RENEWED_EVERY = 40.0
POLLED_EVERY = 2.0
"""In seconds: how often a lease is renewed, and how often one is waited for."""

_held: set[str] = set()
"""The tokens of the leases of this process: one that is not here is of a dead run."""


class Leases:
    """The leases of one run; `waited` says whether another one had to end first.

    Runs with the same `shared` token hold a lease together: the shards of one plan. The
    one that wrote it last gives it back, and the others take it again when they renew.
    """

    def __init__(
        self, session: Session, talk: Callable[[str], None], *, shared: str = ""
    ) -> None:
        self._session = session
        self._talk = talk
        self._shared = bool(shared)
        self._token = shared or secrets.token_hex(4)
        self._names: set[str] = set()
        self._done = threading.Event()
        self.waited = False

    def take(self, names: Iterable[str], *, timeout: float) -> None:
        """Take the lease of each dataset that this project manages.

        Raises:
            LockedError: another run holds one, and longer than `timeout` seconds.
        """
        _held.add(self._token)
        until = self._session.transport.clock.now() + timeout
        for name in sorted(names):
            self._take(name, until)

    def _take(self, name: str, until: float) -> None:
        clock = self._session.transport.clock
        while True:
            found = self._find(name)
            if found is None:
                return
            dataset, marker = found
            other = read_lease(marker.lease)
            if other is None or self._is_ours(other) or not self._holds(other):
                with suppress(ForbiddenError):
                    self._write(dataset, marker, write_lease(self._lease()))
                    self._names.add(name)
                return
            left = until - clock.now()
            if left <= 0:
                raise _locked(name, other)
            if not self.waited:
                self._talk(f"Waiting for {name}: {who(other)}.")
            self.waited = True
            clock.sleep(min(POLLED_EVERY, left))
            if self._session.transport.stopped:
                raise _locked(name, other)

    def _find(self, name: str) -> tuple[wire.Dataset, Marker] | None:
        """Read a dataset and its marker; None where it is not this project's."""
        try:
            dataset = self._session.client.get_dataset(name)
        except NotFoundError:
            return None
        marker = read(dataset.metadata.get(KEY))
        if marker is None or not marker.known or marker.dataset != name:
            return None
        return dataset, marker

    def _lease(self) -> Lease:
        today = self._session.transport.clock.today()
        return Lease(
            token=self._token,
            owner=self._session.view.user,
            host=socket.gethostname(),
            place=_place(),
            process=os.getpid(),
            until=int(today) + LASTS,
        )

    def _holds(self, other: Lease) -> bool:
        alive = other.until > self._session.transport.clock.today()
        return alive and not _is_dead(other)

    def _write(self, dataset: wire.Dataset, marker: Marker, lease: str) -> None:
        text = write(msgspec.structs.replace(marker, lease=lease))
        metadata = {**dataset.metadata, KEY: text}
        name = marker.dataset
        self._session.client.update_dataset(name, {"metadata": metadata})

    def renew(self) -> None:
        """Make each lease last anew; one that somebody took away is theirs."""
        for name in sorted(self._names):
            with suppress(RemoteError), self._session.datasets.lock(name):
                self._rewrite(name, write_lease(self._lease()))

    def _rewrite(self, name: str, lease: str) -> None:
        found = self._find(name)
        there = read_lease(found[1].lease) if found else None
        if found is None or not self._may_rewrite(there, lease):
            self._names.discard(name)
        else:
            self._write(*found, lease)

    def _may_rewrite(self, there: Lease | None, lease: str) -> bool:
        if not self._shared:
            return there is not None and there.token == self._token
        if not lease:
            return there is not None and self._is_ours(there) and _is_here(there)
        return there is None or self._is_ours(there) or not self._holds(there)

    def _is_ours(self, other: Lease) -> bool:
        return self._shared and other.token == self._token

    def give_back(self) -> None:
        """Remove each lease; where that fails it ends by itself, and soon."""
        for name in sorted(self._names):
            try:
                with self._session.datasets.lock(name):
                    self._rewrite(name, "")
            except RemoteError:
                self._talk(
                    f"The lease of {name} could not be given back; it ends by itself "
                    f"within {LASTS} s."
                )

    def keep_renewing(self) -> threading.Thread:
        """Renew the leases now and then, in a thread of its own, until `end`."""

        def run() -> None:
            while not self._done.wait(RENEWED_EVERY):
                self.renew()

        thread = threading.Thread(target=run, name="dsac-lease", daemon=True)
        thread.start()
        return thread

    def end(self) -> None:
        """Renew nothing any more."""
        self._done.set()
        _held.discard(self._token)


@contextmanager
def leases(
    session: Session,
    plan: Plan,
    *,
    timeout: float,
    talk: Callable[[str], None],
    shared: str = "",
) -> Iterator[Leases]:
    """Hold the datasets that a plan changes, while it is applied.

    Args:
        session: The connection.
        plan: Datasets that it creates have no lease, nor has a plan without changes.
        timeout: So many seconds another run is waited for.
        talk: Says who is waited for.
        shared: A token that runs have in common which may be at work together.

    Raises:
        LockedError: another run holds one of them, and longer than that.
    """
    found = Leases(session, talk, shared=shared)
    try:
        found.take(datasets_of(plan), timeout=timeout)
        thread = found.keep_renewing()
        yield found
    except Exception:
        found.end()
        found.give_back()
        raise
    finally:
        # Who is stopped at once, by a signal, leaves a lease that is seen to be dead.
        found.end()
    thread.join()
    found.give_back()


def datasets_of(plan: Plan) -> frozenset[str]:
    """Name the datasets that are there and that a plan changes."""
    changes = plan.to_do
    created = {
        change.address.dataset
        for change in changes
        if change.kind is Kind.DATASET and change.is_create
    }
    return frozenset(change.address.dataset for change in changes) - created


def unlock(session: Session, name: str) -> Lease | None:
    """Remove the lease of a dataset, whoever holds it; give it, None where is none.

    Raises:
        NotFoundError: there is no such dataset.
    """
    client = session.client
    try:
        dataset = client.get_dataset(name)
    except NotFoundError as error:
        raise NotFoundError(
            f"{name} does not exist, or is not visible to {session.view.user}",
            status=error.status,
            hint="check the name, the key and the remote",
        ) from error
    marker = read(dataset.metadata.get(KEY))
    if marker is None or not marker.known or not marker.lease:
        return None
    lease = read_lease(marker.lease)
    text = write(msgspec.structs.replace(marker, lease=""))
    client.update_dataset(name, {"metadata": {**dataset.metadata, KEY: text}})
    return lease


def who(lease: Lease) -> str:
    """Say who holds a lease, where, and until when."""
    until = datetime.fromtimestamp(lease.until, UTC)
    return (
        f"{lease.owner} is applying to it on {lease.host} (process {lease.process}), "
        f"until {until:%Y-%m-%d %H:%M:%S} UTC at the latest"
    )


def _locked(name: str, lease: Lease) -> LockedError:
    return LockedError(
        f"{name} is in use: {who(lease)}",
        hint="wait for it with --lock-timeout SECONDS; if nobody is at work there: "
        f"dsac unlock {name}",
    )


def _is_here(lease: Lease) -> bool:
    """Tell whether this process took a lease."""
    here = (socket.gethostname(), _place(), os.getpid())
    return (lease.host, lease.place, lease.process) == here


def _is_dead(lease: Lease) -> bool:
    """Tell whether the run that took a lease is known to be dead: one of this host."""
    if (lease.host, lease.place) != (socket.gethostname(), _place()):
        return False
    if _is_here(lease):
        return lease.token not in _held
    try:
        os.kill(lease.process, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _place() -> str:
    """Tell apart the process tables of one host: containers have their own."""
    try:
        return str(Path("/proc/self/ns/pid").readlink()).strip("pid:[]")
    except OSError:
        return ""
