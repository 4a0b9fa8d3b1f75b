"""`dsac plan`: what apply would do."""

from pathlib import Path

import click

from dsac.cli.events import FORMS, events, reported
from dsac.cli.failures import failure_options
from dsac.cli.options import (
    base_options,
    destroy_option,
    global_options,
    parse_variables,
    picture_options,
    plan_options,
    selection_options,
    settings,
    thumbnails_option,
)
from dsac.cli.profiling import profile_option, stopwatch, tell_profile
from dsac.cli.running import (
    allowances,
    open_base,
    open_project,
    open_session,
    plan_exit_code,
)
from dsac.cli.terminal import Terminal
from dsac.core.phases import DIFF, LOAD, RENDER, unmeasured
from dsac.core.selection import Selection
from dsac.engine.declared import load_manifests, owners_of
from dsac.engine.depicting import depict
from dsac.engine.illustrating import illustrate
from dsac.engine.planfile import save, write_whole
from dsac.engine.planning import PlanRequest, make_plan
from dsac.engine.sources import Sources
from dsac.errors import OutputError, UsageError
from dsac.manifests.approvals import load_approvals
from dsac.render import HTML, plan_parts, render_plan


@click.command("plan")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Save the plan, for show and apply.",
)
@click.option(
    "--html",
    "page",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the page of --format html to FILE, beside what is shown.",
)
@click.option(
    "--format",
    "form",
    default="text",
    show_default=True,
    type=FORMS,
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 if there are changes.")
@click.option("--fail-on-held", is_flag=True, help="Exit 1 if a change is held.")
@profile_option
@click.option("--jobs", default=8, show_default=True, type=click.IntRange(min=1))
@base_options
@destroy_option
@picture_options
@thumbnails_option
@plan_options
@selection_options
@global_options
@failure_options
def command(  # noqa: PLR0913 - a parameter for each option
    *,
    paths: tuple[Path, ...],
    out: Path | None,
    page: Path | None,
    form: str,
    detailed_exitcode: bool,
    fail_on_held: bool,
    profile: bool,
    jobs: int,
    destroy: bool,
    pictures: int,
    thumbnails: int,
    max_bytes: int,
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
    """Show what apply would do, for all manifests or for those in PATHS.

    What is held or blocked is allowed by an exact count, given by flag or by an
    approval of this very plan in approvals.yaml. Changes nothing. Exits 0, or 1 on an
    error or if the plan is blocked; with --detailed-exitcode, 2 if there are changes.
    """
    if page is not None and out is not None and page.resolve() == out.resolve():
        raise UsageError(
            f"--html and --out both write {out}", hint="give each a file of its own"
        )
    watch = stopwatch()
    phase = watch.phase if profile else unmeasured
    terminal = Terminal(color=settings().color)
    with events(terminal, form=form) as told:
        with phase(LOAD):
            project = open_project(parse_variables(variables))
            approvals = load_approvals(project.root)
        with reported(terminal, told) as shown:
            manifests = load_manifests(
                project, paths, jobs=jobs, watch=shown, phase=phase
            )
        request = PlanRequest(
            allow=allowances(
                allow_delete,
                allow_label_loss,
                allow_category_change,
                recreate=allow_recreate,
            ),
            approvals=approvals,
            take_over=take_over,
            selection=Selection(target=target, exclude=exclude, replace=replace),
            destroy_all=destroy,
            whole=not (paths or destroy),
            base=open_base(project, base, manifests, paths, variables, jobs=jobs),
            jobs=jobs,
        )
        owners = owners_of(manifests)
        with (
            open_session(
                project,
                jobs=jobs,
                owners=owners,
                terminal=terminal,
                phase=phase,
            ) as session,
            reported(terminal, told) as shown,
            phase(DIFF),
        ):
            prepared = make_plan(session.view, manifests, request, progress=shown)
            plan = prepared.plan
            with phase(RENDER):
                seen = illustrate(
                    session.view,
                    plan,
                    manifests.datasets,
                    most=pictures,
                    jobs=jobs,
                    progress=shown,
                )
                if form == HTML or page is not None:
                    seen = depict(
                        plan,
                        seen,
                        Sources(session.view.root, session.view.reader),
                        find=session.view.reader.sample,
                        most=thumbnails,
                        jobs=jobs,
                        progress=shown,
                    )
        with phase(RENDER):
            if told is not None:
                told.plan(plan, operation="plan", pictures=seen)
            else:
                parts = plan_parts(
                    plan,
                    form=form,
                    color=terminal.color,
                    verbose=verbose,
                    pictures=seen,
                    max_bytes=max_bytes,
                )
                terminal.results(parts)
        if page is not None:
            _write_page(page, render_plan(plan, form=HTML, pictures=seen))
        if out is not None:
            save(out, prepared, seen)
            terminal.talk(f"Saved the plan to {out}; apply it with: dsac apply {out}")
    if profile:
        tell_profile(terminal, watch, session, manifests)
    code = plan_exit_code(plan, detailed=detailed_exitcode, fail_on_held=fail_on_held)
    return code if terminal.well else 1


def _write_page(path: Path, text: str) -> None:
    try:
        write_whole(path, text.encode())
    except OSError as error:
        raise OutputError(
            f"can't write the page to {path}: {error.strerror}",
            hint="name a file in a folder that is there, and writable",
        ) from error
