"""The use cases behind the commands, for notebooks and pipelines: plan and apply."""

import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from dsac.core.change import Change
from dsac.core.plan import Allowances, Block, Plan, Summary
from dsac.core.report import Report
from dsac.core.selection import Selection
from dsac.core.values import Json
from dsac.engine.applying import apply_plan
from dsac.engine.base import load_base
from dsac.engine.declared import load_manifests, owners_of
from dsac.engine.hands import ExecutorHands, check_reach
from dsac.engine.lease import leases
from dsac.engine.planfile import Saved, as_saved, load, save
from dsac.engine.planning import PlanRequest, Prepared, make_plan
from dsac.engine.progress import Progress, Silence
from dsac.engine.rechecking import recheck
from dsac.engine.session import connect
from dsac.errors import PlanError, UsageError
from dsac.manifests.approvals import load_approvals
from dsac.manifests.project import Project, load_project
from dsac.render import FORMATS, render_plan

Found = TypeVar("Found", Prepared, Saved)


@dataclass(frozen=True)
class Planned:
    """A plan, with the project that it is of; a notebook shows it as a page.

    `plan` has it all: `plan.changes`, `plan.blocks`, `plan.warnings`, `plan.summary`.
    """

    project: Project
    prepared: Prepared

    @property
    def plan(self) -> Plan:
        """What would be done."""
        return self.prepared.plan

    @property
    def summary(self) -> Summary:
        """The counts."""
        return self.plan.summary

    @property
    def changes(self) -> tuple[Change, ...]:
        """The changes, in address order."""
        return self.plan.changes

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Why it can't be applied as it is; nothing, where it can."""
        return self.plan.blocks

    def save(self, path: str | Path) -> None:
        """Save the plan, for `dsac show`, `dsac apply` and `dsac.apply`.

        Raises:
            PlanError: the file can't be written.
        """
        save(Path(path), self.prepared)

    def show(self, form: str = "text", *, verbose: bool = False) -> str:
        """Give the plan as text, or as another of the forms that --format knows.

        Raises:
            UsageError: there is no such form.
        """
        if form not in FORMATS:
            raise UsageError(
                f"a plan can't be shown as {form!r}",
                hint=f"one of {', '.join(FORMATS)}",
            )
        return render_plan(self.plan, form=form, verbose=verbose)

    def __str__(self) -> str:
        return self.show()

    def _repr_markdown_(self) -> str:
        return self.show("markdown")


def plan(  # noqa: PLR0913 - a parameter for each flag of `dsac plan`
    *paths: str | Path,
    directory: str | Path = ".",
    remote: str = "",
    environment: str = "",
    variables: Mapping[str, Json] | None = None,
    target: str | Sequence[str] = (),
    exclude: str | Sequence[str] = (),
    replace: str | Sequence[str] = (),
    destroy: bool = False,
    base: str | None = None,
    take_over: str | Sequence[str] = (),
    allow_delete: int | None = None,
    allow_label_loss: int | None = None,
    allow_category_change: int | None = None,
    allow_recreate: bool = False,
    jobs: int = 8,
    progress: Progress | None = None,
) -> Planned:
    """Make the plan that `dsac plan` shows; nothing is changed.

    Args:
        paths: Manifests, where not all of the project are meant.
        directory: The folder of the project, or one in it.
        remote: The platform, in place of the project's.
        environment: One of dsac.yaml.
        variables: What --var says; texts are read as they are there.
        target: A glob of addresses or several, as all of the following as for the
            command line.
        exclude: Globs of what is left out.
        replace: Addresses of samples that are made anew.
        destroy: Whether all datasets of the manifests shall go.
        base: A git revision, to tell changes of the manifests from drift.
        take_over: Projects whose objects are adopted.
        allow_delete: The exact number of samples that may go.
        allow_label_loss: The exact number of people's labels that may be lost.
        allow_category_change: The exact number of categories that may change.
        allow_recreate: Whether datasets may be made anew that `base` declares.
        jobs: So many requests at the same time.
        progress: Is told of what goes on.

    Raises:
        ManifestError: the manifests are wrong; lists every problem.
        PlanError: something can't be planned.
        RemoteError: the platform could not be read.
        UsageError: what was asked for can't be meant.
    """
    _check_jobs(jobs)
    shown = progress or Silence()
    found = {name: _as_text(value) for name, value in (variables or {}).items()}
    project = _project(directory, remote, environment, found)
    files = [Path(path) for path in paths]
    manifests = load_manifests(project, files, jobs=jobs, watch=shown)
    request = PlanRequest(
        allow=Allowances(
            delete=allow_delete,
            label_loss=allow_label_loss,
            category_change=allow_category_change,
            recreate=allow_recreate,
        ),
        approvals=load_approvals(project.root),
        take_over=_each(take_over),
        selection=Selection(
            target=_each(target), exclude=_each(exclude), replace=_each(replace)
        ),
        destroy_all=destroy,
        whole=not (files or destroy),
        base=None
        if base is None
        else load_base(
            project,
            base,
            manifests=manifests,
            paths=files,
            variables=found,
            jobs=jobs,
        ),
        jobs=jobs,
    )
    owners = owners_of(manifests)
    with connect(project, environ=os.environ, jobs=jobs, owners=owners) as session:
        prepared = make_plan(session.view, manifests, request, progress=shown)
    return Planned(project, prepared)


def apply(  # noqa: PLR0913 - a parameter for each flag of `dsac apply`
    planned: Planned | str | Path,
    *,
    directory: str | Path = ".",
    remote: str = "",
    environment: str = "",
    jobs: int = 8,
    lock_timeout: float = 0.0,
    executor: Executor | None = None,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
) -> Report:
    """Apply a plan, exactly as it is, as `dsac apply PLANFILE` does.

    The platform is read again first: what is done already is left, labels that people
    changed meanwhile are held, and if anything else has moved nothing is done.

    Args:
        planned: What `dsac.plan` gave, or the path of a saved plan.
        directory: The folder of the project of a saved plan, or one in it.
        remote: The platform of a saved plan, in place of the project's.
        environment: One of dsac.yaml, for a saved plan.
        jobs: So many operations at the same time.
        lock_timeout: So many seconds another run is waited for.
        executor: Does the work on files, in the place of this process.
        progress: Is told of what goes on.
        cancel: Once set, nothing new is started.

    Returns:
        One result for each change; `report.complete` says whether all is done.

    Raises:
        PlanError: the plan is blocked; says why.
        StalePlanError: something moved since the plan; nothing was done.
        LockedError: another run is at work on a dataset.
        RemoteError: the platform could not be read.
        UsageError: what was asked for can't be meant.
    """
    _check_jobs(jobs)
    shown = progress or Silence()
    if isinstance(planned, Planned):
        project, saved = planned.project, as_saved(planned.prepared)
    else:
        project = _project(directory, remote, environment, {})
        saved = load(Path(planned))
    hands = _hands(executor, project)
    changes = saved.plan.changes
    owners = [item.address.dataset.partition("/")[0] for item in changes]
    with connect(project, environ=os.environ, jobs=jobs, owners=owners) as session:

        def prepare() -> Prepared:
            return _unblocked(recheck(session.view, saved, progress=shown, hands=hands))

        _unblocked(saved)
        prepared = prepare()
        with leases(
            session, prepared.plan, timeout=lock_timeout, talk=shown.note
        ) as held:
            if held.waited:
                prepared = prepare()
            return apply_plan(
                session,
                prepared,
                jobs=jobs,
                progress=shown,
                cancel=cancel or threading.Event(),
                hands=hands,
            )


def _each(given: str | Sequence[str]) -> tuple[str, ...]:
    """Give texts, of which one may stand alone: its characters are no globs."""
    return (given,) if isinstance(given, str) else tuple(given)


def _as_text(value: Json) -> str:
    """Write a variable as --var would have it."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _check_jobs(jobs: int) -> None:
    if jobs < 1:
        raise UsageError(f"jobs={jobs}: nothing could be done", hint="jobs=1 or more")


def _project(
    directory: str | Path, remote: str, environment: str, variables: dict[str, str]
) -> Project:
    return load_project(
        Path(directory),
        environment=environment,
        remote=remote,
        variables=variables,
        environ=os.environ,
    )


def _hands(executor: Executor | None, project: Project) -> ExecutorHands | None:
    if executor is None:
        return None
    check_reach(
        project.remote, hint="dsac serve, and remote=http://HOST:PORT; or no executor"
    )
    return ExecutorHands(executor, project.root)


def _unblocked(found: Found) -> Found:
    blocks = found.plan.blocks
    if blocks:
        raise PlanError(
            "\n".join(
                f"{block.address}: {block.message}" if block.address else block.message
                for block in blocks
            ),
            hint="\n  ".join(block.remedy for block in blocks if block.remedy),
        )
    return found
