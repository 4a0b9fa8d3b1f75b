"""Applies a plan: lowers it to operations, runs them, reports how each change ended."""

import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import msgspec

from dsac.core.change import Change
from dsac.core.collector import collector_at_rest
from dsac.core.lower import lower
from dsac.core.operations import files_of
from dsac.core.plan import Plan
from dsac.core.report import Ending, Outcome, Report, Result
from dsac.core.resources import Address, Label, Sample
from dsac.core.values import Upload
from dsac.engine.backup import Backup
from dsac.engine.careful import Careful
from dsac.engine.executor import Both, Execution, Watch
from dsac.engine.file_work import content
from dsac.engine.journal import RUNS, Run, journal
from dsac.engine.last_look import LastLook
from dsac.engine.planning import Prepared
from dsac.engine.progress import Progress
from dsac.engine.session import STATE, Session
from dsac.engine.upload_memory import UploadMemory
from dsac.errors import PlanError
from dsac.remote.counts import Counts
from dsac.remote.uploading import Hands, Opener, sent_name
from dsac.remote.writer import Writer


def apply_plan(  # noqa: PLR0913 - all but the first two are keyword-only
    session: Session,
    prepared: Prepared,
    *,
    jobs: int,
    progress: Progress,
    cancel: threading.Event,
    command: str = "apply",
    watch: Watch | None = None,
    hands: Hands | None = None,
) -> Report:
    """Do what a plan says, held changes left out.

    Args:
        session: The connection; the only place where a writer is made of it.
        prepared: The plan as it was shown.
        jobs: So many operations run at the same time.
        progress: Is told of levels and operations.
        cancel: Once set, nothing new is started and what is in flight is finished.
        command: What the journal calls the run.
        watch: Is told of each operation, beside the journal.
        hands: Do the work on files, in the place of this process.

    Returns:
        One result for each change of the plan.

    Raises:
        PlanError: the plan is blocked.
        JournalError: no journal can be written; nothing was done.
    """
    plan = prepared.plan
    if plan.blocks:
        raise PlanError("a blocked plan is never applied")
    before = session.counts()
    if not plan.to_do:
        return _report(plan, {}, before, before)
    root, reader = session.view.root, session.view.reader
    memory = UploadMemory(
        root / STATE / "uploads.jsonl", remote=plan.remote, wanted=_files(plan)
    )
    writer = Writer(
        session.client,
        opener=_opener(root),
        memory=memory,
        hands=hands,
        datasets=session.datasets,
    )
    backup = Backup(root / STATE / "backup", reader)
    careful = Careful(
        writer,
        plan,
        look=LastLook(reader),
        transport=session.transport,
        backup=backup,
    )
    run = Run(command=command, project=plan.project, remote=plan.remote, user=plan.user)
    with collector_at_rest(), journal(root / STATE / RUNS, run, plan.to_do) as opened:
        execution = Execution(
            careful,
            jobs=jobs,
            progress=progress,
            cancel=cancel,
            watch=opened if watch is None else Both(opened, watch),
        )
        endings = execution.run(lower(plan))
        report = msgspec.structs.replace(
            _report(plan, endings, before, session.counts()),
            interrupted=cancel.is_set(),
            stopped=opened.broken,
            run=opened.path.stem,
            backup=str(backup.folder.relative_to(root)) if backup.folder else "",
            saved=backup.count,
            warnings=(
                *backup.warnings,
                *sorted(writer.notes),
                *filter(None, (memory.warning,)),
            ),
        )
        opened.finish(report)
    return report


def _report(
    plan: Plan, endings: dict[Address, Ending], before: Counts, after: Counts
) -> Report:
    return Report(
        results=tuple([result_of(change, endings) for change in plan.changes]),
        uploads=after.uploads - before.uploads,
        requests=after.requests - before.requests,
        writes=after.writes - before.writes,
    )


def _files(plan: Plan) -> Iterator[Upload]:
    """Yield the files whose earlier uploads may serve again, once they are asked for.

    Not those of samples that are made anew: nobody knows what the platform does with
    the uploads of a sample that was deleted.
    """
    found: dict[bool, set[Upload]] = {True: set(), False: set()}
    for change in plan.to_do:
        if isinstance(change.after, Sample | Label):
            found[bool(change.replaces)].update(files_of(change.after))
    yield from found[False] - found[True]


def result_of(change: Change, endings: dict[Address, Ending]) -> Result:
    """Say how a change ended."""
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
        data = content(path, upload.path, sha256=upload.sha256, form=upload.form)
        return BytesIO(data), sent_name(upload)

    return open_upload
