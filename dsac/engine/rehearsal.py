"""Rehearses an apply against a throw-away copy of what was read, in this process."""

import tempfile
import threading
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import UnsetType

from dsac.core.change import Change
from dsac.core.lower import lower
from dsac.core.marker import KEY, Marker, write
from dsac.core.report import Report
from dsac.core.resources import (
    GROUND_TRUTH,
    Collaborator,
    Dataset,
    RemoteDataset,
    RemoteLabel,
    RemoteSample,
    attributes_of,
)
from dsac.core.sieve import Sifter
from dsac.core.values import Json, Upload
from dsac.engine.applying import result_of
from dsac.engine.executor import Execution, Watch
from dsac.engine.file_work import checked
from dsac.engine.planning import Prepared
from dsac.engine.progress import Progress
from dsac.engine.session import LOCAL_ORIGIN, Session
from dsac.errors import PlanError
from dsac.remote.bodies import dataset_body, text_of
from dsac.remote.client import Client
from dsac.remote.listing import Seen, unseen
from dsac.remote.reader import Reader, Scan
from dsac.remote.transport import Transport
from dsac.remote.writer import Writer

KEY_OF_COPY = "rehearsal"
CHUNK = 1000
PLACEHOLDER = b"0"
"""What goes up in the place of a file, which is read and checked all the same."""


class Recorder(Reader):
    """A reader that remembers the datasets it read."""

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self.read: dict[str, RemoteDataset | None] = {}

    def dataset(
        self,
        name: str,
        scan: Scan,
        *,
        sieve: Sifter | None = None,  # noqa: ARG002 - a copy needs all samples
        seen: Seen = unseen,
    ) -> RemoteDataset | None:
        """Read a dataset whole, and remember it."""
        found = super().dataset(name, scan, seen=seen)
        self.read[name] = found
        return found


def record(session: Session) -> Recorder:
    """Let a session remember what is read from now on."""
    recorder = Recorder(session.client)
    session.view.reader = recorder
    return recorder


def rehearse(  # noqa: PLR0913 - all but the first three are keyword-only
    session: Session,
    prepared: Prepared,
    recorder: Recorder,
    *,
    jobs: int,
    progress: Progress,
    cancel: threading.Event,
    watch: Watch | None = None,
) -> Report:
    """Do what a plan says to a copy of what was read; nothing goes to the platform.

    Local files are read and checked; in the copy a placeholder stands for them. What
    the copy can't know, such as rights in an organisation, is not rehearsed.

    Raises:
        PlanError: the plan is blocked.
    """
    plan = prepared.plan
    if plan.blocks:
        raise PlanError("a blocked plan is never applied")
    datasets = [found for found in recorder.read.values() if found is not None]
    people = {plan.user, *_people(plan.changes, datasets)}
    owners = {change.address.dataset.partition("/")[0] for change in plan.changes}
    with _copy(plan.user, people, owners) as client:
        progress.phase("copy", len(datasets))
        uuids: dict[str, str] = {}
        for found in datasets:
            uuids |= fill(client, found)
            progress.advance()
        changes = tuple(
            msgspec.structs.replace(change, uuid=uuids.get(change.uuid, change.uuid))
            for change in plan.changes
        )
        opener = _Opener(session.view.root)
        writer = Writer(client, opener=opener)
        run = Execution(
            writer, jobs=jobs, progress=progress, cancel=cancel, watch=watch
        )
        endings = run.run(lower(msgspec.structs.replace(plan, changes=changes)))
    results = tuple(result_of(change, endings) for change in plan.changes)
    return Report(results=results, interrupted=cancel.is_set(), rehearsed=True)


class _Opener:
    """Checks a file as an apply does, and gives a placeholder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def __call__(self, upload: Upload) -> tuple[BinaryIO, str]:
        """Check a file; the bytes of it are not needed."""
        path = self._root / upload.path
        checked(path, upload.path, sha256=upload.sha256)
        return BytesIO(PLACEHOLDER), path.name


@contextmanager
def _copy(
    user: str, people: Collection[str], owners: Collection[str]
) -> Iterator[Client]:
    """Open an empty platform that is gone afterwards."""
    from dsac.emulator import Account, create_app

    names = sorted({*people} - {user, *owners})
    others = [Account(name, f"{KEY_OF_COPY}-{name}") for name in names]
    with (
        tempfile.TemporaryDirectory(prefix="dsac-rehearsal-") as folder,
        Transport(LOCAL_ORIGIN, key=KEY_OF_COPY) as transport,
    ):
        app = create_app(
            Path(folder),
            accounts=[Account(user, KEY_OF_COPY), *others],
            organizations=sorted({*owners} - {user}),
        )
        transport.mount_wsgi(app.wsgi_app)
        yield Client(transport)


def _people(
    changes: Iterable[Change], datasets: Iterable[RemoteDataset]
) -> Iterator[str]:
    for change in changes:
        for side in (change.before, change.after):
            if isinstance(side, Collaborator):
                yield side.user
    for found in datasets:
        yield from (item.user for item in found.collaborators)


def fill(client: Client, found: RemoteDataset) -> dict[str, str]:
    """Make a dataset as it was read; give the uuids of the copies by the originals'."""
    name = found.dataset.name
    client.add_dataset(name, _dataset_fields(found))
    for labelset in found.labelsets:
        if labelset.name != GROUND_TRUTH:
            text = text_of(labelset.description)
            client.add_labelset(name, labelset.name, description=text)
    for person in found.collaborators:
        client.add_collaborator(name, person.user, role=person.role)
    rows = list(found)
    uuids: dict[str, str] = {}
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        made = client.add_samples(name, [_sample_fields(row) for row in part])
        uuids |= {row.uuid: copy.uuid for row, copy in zip(part, made, strict=True)}
    for row in rows:
        for labelset_name, label in row.labels.items():
            if isinstance(label, RemoteLabel):
                client.put_label(uuids[row.uuid], labelset_name, _label_fields(label))
    for release in found.releases:
        client.add_release(name, release.name, description=text_of(release.description))
    return uuids


def _with_marker(
    metadata: dict[str, Json] | UnsetType | None, marker: Marker | None
) -> dict[str, Json]:
    found: dict[str, Json] = dict(metadata) if isinstance(metadata, dict) else {}
    if marker is not None and marker.known:
        found[KEY] = write(marker)
    return found


def _dataset_fields(found: RemoteDataset) -> dict[str, Json]:
    dataset: Dataset = found.dataset
    body = dataset_body(dataset)
    return {**body, "metadata": _with_marker(dataset.metadata, found.marker)}


def _sample_fields(row: RemoteSample) -> dict[str, Json]:
    body: dict[str, Json] = {
        field: value
        for field in row.sample.__struct_fields__
        if not isinstance(value := getattr(row.sample, field), UnsetType)
    }
    # Whom a sample is assigned to need not be there in the copy.
    body.pop("assigned_labeler", None)
    body.pop("assigned_reviewer", None)
    return {**body, "metadata": _with_marker(row.sample.metadata, row.marker)}


def _label_fields(label: RemoteLabel) -> dict[str, Json]:
    body: dict[str, Json] = {
        "label_status": label.label.status,
        "attributes": attributes_of(label.label),
    }
    score = label.label.score
    if score is not None and not isinstance(score, UnsetType):
        body["score"] = score
    return body
