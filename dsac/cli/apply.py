"""`dsac apply`: do what plan shows."""

import contextlib
import dataclasses
from pathlib import Path

import click

from dsac.cli.applying import Options, destroy_answer, destroy_question, show_and_apply
from dsac.cli.events import FORMS, events, reported
from dsac.cli.failures import failure_options
from dsac.cli.options import (
    base_options,
    destroy_option,
    events_into_option,
    global_options,
    lock_timeout_option,
    parse_variables,
    picture_options,
    plan_options,
    selection_options,
    settings,
)
from dsac.cli.running import (
    allowances,
    open_base,
    open_project,
    open_session,
)
from dsac.cli.stages import part_of, share_token, stage_options
from dsac.cli.terminal import Terminal
from dsac.core.pictures import Pictures
from dsac.core.plan import Allowances, Plan
from dsac.core.selection import Selection
from dsac.core.stages import Part
from dsac.engine.declared import load_manifests, owners_of
from dsac.engine.hands import ExecutorHands, check_reach, open_executor
from dsac.engine.illustrating import illustrate
from dsac.engine.planfile import load
from dsac.engine.planning import PlanRequest, Prepared, make_plan
from dsac.engine.rechecking import recheck
from dsac.engine.rehearsal import record
from dsac.errors import UsageError
from dsac.manifests.approvals import load_approvals

YAML = frozenset({".yaml", ".yml"})


@click.command("apply")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--auto-approve", is_flag=True, help="Do not ask; guards still hold.")
@click.option(
    "--format",
    "form",
    default="text",
    show_default=True,
    type=FORMS,
)
@click.option("--jobs", default=8, show_default=True, type=click.IntRange(min=1))
@base_options
@destroy_option
@lock_timeout_option
@click.option(
    "--dry-run",
    is_flag=True,
    help="Rehearse on a throw-away copy of what was read; write nothing.",
)
@events_into_option
@picture_options
@click.option(
    "--executor",
    metavar="URL",
    help="Read, encode and upload files elsewhere: dask://HOST:PORT, a Dask cluster "
    "whose workers have the same files.",
)
@stage_options
@plan_options
@selection_options
@global_options
@failure_options
def command(  # noqa: PLR0913 - a parameter for each option
    *,
    paths: tuple[Path, ...],
    auto_approve: bool,
    form: str,
    jobs: int,
    destroy: bool,
    lock_timeout: float,
    events_into: Path | None,
    dry_run: bool,
    pictures: int,
    max_bytes: int,
    stage: str | None,
    shard: str | None,
    executor: str | None,
    variables: tuple[str, ...],
    verbose: bool,
    take_over: tuple[str, ...],
    target: tuple[str, ...],
    exclude: tuple[str, ...],
    replace: tuple[str, ...],
    allow_delete: int | None,
    allow_label_loss: int | None,
    allow_category_change: int | None,
    base: str | None,
    allow_recreate: bool,
) -> int:
    """Plan, ask, and do it; or apply one saved PLANFILE exactly as it was reviewed.

    With --destroy the names of the datasets that would go must be typed. Exits 0 when
    all is done, 1 when something failed, was blocked or was refused.
    """
    terminal = Terminal(color=settings().color)
    allow = allowances(
        allow_delete, allow_label_loss, allow_category_change, recreate=allow_recreate
    )
    selection = Selection(target=target, exclude=exclude, replace=replace)
    with contextlib.ExitStack() as stack:
        told = stack.enter_context(events(terminal, form=form, into=events_into))
        planfile = _planfile(paths)
        part = part_of(stage, shard, planfile=planfile)
        token = ""
        if destroy:
            _check_destroy(planfile, auto_approve=auto_approve)
        project = open_project(parse_variables(variables))
        hands = None
        if executor is not None:
            _check_executor(project.remote, dry_run=dry_run)
            opened = stack.enter_context(open_executor(executor))
            hands = ExecutorHands(opened, project.root)
        if planfile is not None:
            given = (allow != Allowances(), take_over, selection, base is not None)
            if any(given):
                raise UsageError(
                    "a saved plan keeps what it was allowed and what it is about; it "
                    "can't be given more, or narrowed",
                    hint="make a new plan with these flags",
                )
            saved = load(planfile)
            token = share_token(part, saved.digest)
            owners = [
                change.address.dataset.partition("/")[0]
                for change in saved.plan.changes
            ]
            session = stack.enter_context(
                open_session(project, jobs=jobs, owners=owners, terminal=terminal)
            )

            recorder = record(session) if dry_run else None

            def prepare() -> Prepared:
                with reported(terminal, told) as shown:
                    return recheck(
                        session.view, saved, progress=shown, part=part, hands=hands
                    )

            def look(plan: Plan) -> Pictures:
                del plan
                return saved.pictures

        else:
            with reported(terminal, told) as shown:
                manifests = load_manifests(project, paths, jobs=jobs, watch=shown)
            request = PlanRequest(
                allow=allow,
                approvals=load_approvals(project.root),
                take_over=take_over,
                selection=selection,
                destroy_all=destroy,
                whole=not (paths or destroy),
                base=open_base(project, base, manifests, paths, variables, jobs=jobs),
                jobs=jobs,
            )
            owners = owners_of(manifests)
            session = stack.enter_context(
                open_session(project, jobs=jobs, owners=owners, terminal=terminal)
            )

            recorder = record(session) if dry_run else None

            def prepare() -> Prepared:
                with reported(terminal, told) as shown:
                    return make_plan(session.view, manifests, request, progress=shown)

            def look(plan: Plan) -> Pictures:
                with reported(terminal, told) as shown:
                    return illustrate(
                        session.view,
                        plan,
                        manifests.datasets,
                        most=pictures,
                        jobs=jobs,
                        progress=shown,
                    )

        prepared = prepare()
        _announce(terminal, prepared, part)
        options = Options(
            again=prepare,
            look=look,
            max_bytes=max_bytes,
            form=form,
            verbose=verbose,
            approved=auto_approve or planfile is not None,
            jobs=jobs,
            timeout=lock_timeout,
            events=told,
            recorder=recorder,
            shared=token,
            hands=hands,
        )
        if destroy:
            options = dataclasses.replace(
                options, question=destroy_question, answer=destroy_answer
            )
        return show_and_apply(session, prepared, terminal, options)


def _announce(terminal: Terminal, prepared: Prepared, part: Part | None) -> None:
    """Say what of a saved plan is left to do."""
    if part is not None:
        terminal.talk(f"Of the plan: {part}.")
    if prepared.done:
        terminal.talk(f"{prepared.done} changes of the plan are done already.")


def _check_executor(remote: str, *, dry_run: bool) -> None:
    """Refuse to send work to where it can't be done."""
    check_reach(
        remote, hint="dsac serve, and --remote http://HOST:PORT; or drop --executor"
    )
    if dry_run:
        raise UsageError(
            "a rehearsal uploads nothing; it does not go with --executor",
            hint="drop one of the two",
        )


def _check_destroy(planfile: Path | None, *, auto_approve: bool) -> None:
    """Refuse what would delete datasets that nobody has named."""
    if planfile is not None:
        raise UsageError(
            "a saved plan is applied as it is; it does not go with --destroy",
            hint=f"dsac apply {planfile}",
        )
    if auto_approve:
        raise UsageError(
            "--destroy does not go with --auto-approve: nobody named the datasets",
            hint="name them: dsac destroy OWNER/NAME... --auto-approve; or have a plan "
            "reviewed: dsac plan --destroy --out FILE, then dsac apply FILE",
        )


def _planfile(paths: tuple[Path, ...]) -> Path | None:
    """Tell whether the arguments are one saved plan rather than manifests."""
    files = [path for path in paths if path.suffix not in YAML and not path.is_dir()]
    if not files:
        return None
    if len(paths) > 1:
        raise UsageError("a saved plan is applied by itself", hint=f"apply {files[0]}")
    return files[0]
