"""Applies a plan: lowers it to operations, runs them, reports how each change ended."""

import hashlib
import threading
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from dsac.core.change import Change
from dsac.core.lower import lower
from dsac.core.report import Ending, Outcome, Report, Result
from dsac.core.resources import Address
from dsac.core.values import Upload
from dsac.engine.backup import Backup
from dsac.engine.careful import Careful
from dsac.engine.executor import Execution
from dsac.engine.last_look import LastLook
from dsac.engine.planning import Prepared
from dsac.engine.progress import Progress
from dsac.engine.session import STATE, Session
from dsac.errors import AssetError, PlanError
from dsac.remote.writer import Opener, Writer


def apply_plan(
    session: Session,
    prepared: Prepared,
    *,
    jobs: int,
    progress: Progress,
    cancel: threading.Event,
) -> Report:
    """Do what a plan says, held changes left out.

    Args:
        session: The connection; the only place where a writer is made of it.
        prepared: The plan as it was shown.
        jobs: So many operations run at the same time.
        progress: Is told of levels and operations.
        cancel: Once set, nothing new is started and what is in flight is finished.

    Returns:
        One result for each change of the plan.

    Raises:
        PlanError: the plan is blocked.
    """
    plan = prepared.plan
    if plan.blocks:
        raise PlanError("a blocked plan is never applied")
    before = session.counts()
    root, reader = session.view.root, session.view.reader
    writer = Writer(session.client, opener=_opener(root))
    backup = Backup(root / STATE / "backup", reader)
    careful = Careful(
        writer,
        plan,
        look=LastLook(reader),
        transport=session.transport,
        backup=backup,
    )
    execution = Execution(careful, jobs=jobs, progress=progress, cancel=cancel)
    endings = execution.run(lower(plan))
    after = session.counts()
    return Report(
        results=tuple(_result(change, endings) for change in plan.changes),
        interrupted=cancel.is_set(),
        uploads=len(writer.urls),
        requests=after.requests - before.requests,
        writes=after.writes - before.writes,
        backup="" if backup.folder is None else str(backup.folder.relative_to(root)),
        saved=backup.count,
        warnings=(*backup.warnings, *sorted(writer.notes)),
    )


def _result(change: Change, endings: dict[Address, Ending]) -> Result:
    if change.held:
        return Result(change, Outcome.HELD, change.held)
    ending = endings.get(change.address)
    if ending is None:
        return Result(change, Outcome.SKIPPED, "was not reached")
    return Result(change, ending.outcome, ending.message)


def _opener(root: Path) -> Opener:
    def open_upload(upload: Upload) -> tuple[BinaryIO, str]:
        """Open a file as it goes up; its content must be what the plan saw."""
        path = root / upload.path
        data = _checked(path, upload)
        if upload.form == "file":
            return BytesIO(data), path.name
        from dsac.assets import bitmaps

        return BytesIO(bitmaps.encode(bitmaps.read(path))), f"{path.stem}.png"

    return open_upload


def _checked(path: Path, upload: Upload) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise AssetError(path, f"{upload.path} can't be read: {error.strerror}") from (
            error
        )
    if hashlib.sha256(data).hexdigest() != upload.sha256:
        raise AssetError(
            path,
            f"{upload.path} is not the file that was planned: its content changed",
            hint="plan again",
        )
    return data
