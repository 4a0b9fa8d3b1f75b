"""`dsac destroy`: delete datasets that this project manages."""

import contextlib
from pathlib import Path

import click

from dsac.cli.applying import Options, destroy_answer, destroy_question, show_and_apply
from dsac.cli.events import events, reported
from dsac.cli.options import (
    events_into_option,
    global_options,
    lock_timeout_option,
    plan_options,
    settings,
)
from dsac.cli.running import allowances, open_project, open_session
from dsac.cli.terminal import Terminal
from dsac.engine.declared import owners_of
from dsac.engine.planning import PlanRequest, Prepared, make_plan
from dsac.manifests.approvals import load_approvals
from dsac.manifests.load import Manifests, is_dataset_name


@click.command("destroy")
@click.argument("names", nargs=-1, required=True, metavar="OWNER/NAME...")
@click.option("--auto-approve", is_flag=True, help="Do not ask; guards still hold.")
@click.option("--jobs", default=8, show_default=True, type=click.IntRange(min=1))
@lock_timeout_option
@events_into_option
@plan_options
@global_options
def command(  # noqa: PLR0913 - a parameter for each option
    *,
    names: tuple[str, ...],
    auto_approve: bool,
    jobs: int,
    lock_timeout: float,
    events_into: Path | None,
    variables: tuple[str, ...],
    verbose: bool,
    take_over: tuple[str, ...],
    allow_delete: int | None,
    allow_label_loss: int | None,
    allow_category_change: int | None,
) -> int:
    """Delete datasets that this project manages, with all that is in them.

    Each is named in full, OWNER/NAME without globs, so that --auto-approve goes with
    names that somebody typed. The same guards as everywhere apply: prevent_destroy,
    deletes, people's labels; --auto-approve lifts none of them. A dataset that is
    still in a manifest is made again by the next apply. To delete all datasets of the
    manifests: dsac apply --destroy.
    """
    del variables
    names = tuple(dict.fromkeys(names))
    for name in names:
        if not is_dataset_name(name):
            raise click.BadParameter(
                f"{name!r} is not OWNER/NAME; a dataset is named in full, without globs"
            )
    terminal = Terminal(color=settings().color)
    project = open_project()
    request = PlanRequest(
        allow=allowances(allow_delete, allow_label_loss, allow_category_change),
        approvals=load_approvals(project.root),
        take_over=take_over,
        destroy=names,
        jobs=jobs,
    )
    nothing = Manifests()
    owners = owners_of(nothing, names)
    with contextlib.ExitStack() as stack:
        told = stack.enter_context(events(terminal, form="text", into=events_into))
        session = stack.enter_context(
            open_session(project, jobs=jobs, owners=owners, terminal=terminal)
        )

        def prepare() -> Prepared:
            with reported(terminal, told) as shown:
                return make_plan(session.view, nothing, request, progress=shown)

        options = Options(
            again=prepare,
            verbose=verbose,
            approved=auto_approve,
            jobs=jobs,
            command="destroy",
            timeout=lock_timeout,
            events=told,
            question=destroy_question,
            answer=destroy_answer,
        )
        return show_and_apply(session, prepare(), terminal, options)
