"""`dsac restore`: write the labels of a backup back."""

import contextlib
from pathlib import Path

import click

from dsac.cli.applying import Options, show_and_apply
from dsac.cli.events import events, reported
from dsac.cli.options import (
    events_into_option,
    global_options,
    lock_timeout_option,
    settings,
)
from dsac.cli.running import open_project, open_session
from dsac.cli.terminal import Terminal
from dsac.core.plan import Allowances
from dsac.engine.planning import Prepared
from dsac.engine.restoring import owners_in, plan_restore
from dsac.render import FORMATS

QUESTION = "Do you want to write these labels? Only 'yes' will be accepted."


@click.command("restore")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--auto-approve", is_flag=True, help="Do not ask; guards still hold.")
@click.option(
    "--allow-label-loss",
    type=click.IntRange(min=0),
    metavar="N",
    help="Overwrite exactly N labels that people made since.",
)
@click.option(
    "--format", "form", default="text", show_default=True, type=click.Choice(FORMATS)
)
@click.option("--verbose", is_flag=True, help="List every change.")
@click.option("--jobs", default=8, show_default=True, type=click.IntRange(min=1))
@lock_timeout_option
@events_into_option
@global_options
def command(  # noqa: PLR0913 - a parameter for each option
    *,
    folder: Path,
    auto_approve: bool,
    allow_label_loss: int | None,
    form: str,
    verbose: bool,
    jobs: int,
    lock_timeout: float,
    events_into: Path | None,
) -> int:
    """Write the labels of the backup in DIR back to their samples.

    An apply that loses labels writes them to .dsac/backup/ first. Labels that people
    made since are in the way and held. Exits 1 if a label could not go back.
    """
    terminal = Terminal(color=settings().color)
    project = open_project()
    owners = owners_in(folder)
    allow = Allowances(label_loss=allow_label_loss)
    with contextlib.ExitStack() as stack:
        told = stack.enter_context(events(terminal, form=form, into=events_into))
        session = stack.enter_context(
            open_session(project, jobs=jobs, owners=owners, terminal=terminal)
        )

        def prepare() -> Prepared:
            with reported(terminal, told) as shown:
                return plan_restore(session.view, folder, allow=allow, progress=shown)

        prepared = prepare()
        options = Options(
            again=prepare,
            form=form,
            verbose=verbose,
            approved=auto_approve,
            jobs=jobs,
            command="restore",
            timeout=lock_timeout,
            events=told,
            question=lambda _: QUESTION,
        )
        code = show_and_apply(session, prepared, terminal, options)
    return 1 if prepared.plan.warnings else code
