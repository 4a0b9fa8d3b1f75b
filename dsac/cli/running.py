"""What most commands begin with: the project, its manifests, a connection."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from dsac.cli.options import parse_variables, settings
from dsac.cli.terminal import Terminal
from dsac.core.origin import Base
from dsac.core.phases import Phases, unmeasured
from dsac.core.plan import Allowances, Plan
from dsac.engine.base import load_base
from dsac.engine.session import Session, connect
from dsac.manifests.load import Manifests
from dsac.manifests.project import Project, load_project
from dsac.remote.counts import Counts

KIB = 1024


def open_project(variables: dict[str, str] | None = None) -> Project:
    """Read the project that the global options point at."""
    chosen = settings()
    return load_project(
        chosen.directory,
        environment=chosen.environment,
        remote=chosen.remote,
        variables=variables,
        environ=os.environ,
    )


def open_base(  # noqa: PLR0913 - what was asked for manifests, and for which
    project: Project,
    revision: str | None,
    manifests: Manifests,
    paths: Sequence[Path],
    variables: tuple[str, ...],
    *,
    jobs: int,
) -> Base | None:
    """Load what the manifests wanted at a git revision, if one was named."""
    if revision is None:
        return None
    return load_base(
        project,
        revision,
        manifests=manifests,
        paths=paths,
        variables=parse_variables(variables),
        jobs=jobs,
    )


@contextmanager
def open_session(
    project: Project,
    *,
    jobs: int,
    owners: Sequence[str],
    terminal: Terminal,
    phase: Phases = unmeasured,
) -> Iterator[Session]:
    """Connect to the project's remote; say what went over the wire with -v."""
    with connect(
        project, environ=os.environ, jobs=jobs, owners=owners, phase=phase
    ) as session:
        try:
            yield session
        finally:
            if settings().verbosity:
                terminal.talk(counts_line(session.counts()))


def counts_line(counts: Counts) -> str:
    """Write what went over the wire on one line."""
    return (
        f"requests: {counts.requests} ({counts.writes} writes), "
        f"{counts.retries} retries, {counts.refused} refused, "
        f"{counts.waited:.1f} s waited, "
        f"{counts.sent / KIB:.1f} KiB sent, {counts.received / KIB:.1f} KiB received, "
        f"{counts.uploads} uploads"
    )


def allowances(
    delete: int | None,
    label_loss: int | None,
    category_change: int | None,
    *,
    recreate: bool = False,
) -> Allowances:
    """Gather what the flags of a command allow."""
    return Allowances(
        delete=delete,
        label_loss=label_loss,
        category_change=category_change,
        recreate=recreate,
    )


def plan_exit_code(plan: Plan, *, detailed: bool, fail_on_held: bool) -> int:
    """Give the exit code of a plan: 1 blocked, 2 changes if that was asked, else 0."""
    summary = plan.summary
    if plan.blocks or (fail_on_held and summary.held):
        return 1
    return 2 if detailed and summary.changes else 0
