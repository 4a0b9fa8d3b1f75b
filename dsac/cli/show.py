"""`dsac show`: a saved plan, offline."""

from pathlib import Path

import click

from dsac.cli.events import FORMS, events
from dsac.cli.options import (
    global_options,
    max_bytes_option,
    settings,
    thumbnails_option,
)
from dsac.cli.progress import progress
from dsac.cli.terminal import Terminal
from dsac.engine.depicting import depict_offline
from dsac.engine.planfile import load
from dsac.render import HTML, plan_parts


@click.command("show")
@click.argument("planfile", type=click.Path(path_type=Path))
@click.option("--format", "form", default="text", show_default=True, type=FORMS)
@click.option("--verbose", is_flag=True, help="List every change.")
@max_bytes_option
@thumbnails_option
@global_options
def command(
    planfile: Path, form: str, *, verbose: bool, max_bytes: int, thumbnails: int
) -> None:
    """Show a saved plan; needs neither a key nor a network.

    HTML shows pictures from the files of the project, where they are as they were
    planned; what is on the platform alone, plan --format html shows.
    """
    terminal = Terminal(color=settings().color)
    with events(terminal, form=form) as told:
        saved = load(planfile)
        if told is not None:
            told.plan(saved.plan, operation="plan", pictures=saved.pictures)
            return
        seen = saved.pictures
        if form == HTML:
            with progress(terminal) as shown:
                seen = depict_offline(
                    saved.plan,
                    seen,
                    settings().directory,
                    most=thumbnails,
                    progress=shown,
                )
        parts = plan_parts(
            saved.plan,
            form=form,
            color=terminal.color,
            verbose=verbose,
            pictures=seen,
            max_bytes=max_bytes,
        )
        terminal.results(parts)
