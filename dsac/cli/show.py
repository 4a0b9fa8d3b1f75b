"""`dsac show`: a saved plan, offline."""

from pathlib import Path

import click

from dsac.cli.events import FORMS, events
from dsac.cli.options import global_options, max_bytes_option, settings
from dsac.cli.terminal import Terminal
from dsac.engine.planfile import load
from dsac.render import plan_parts


@click.command("show")
@click.argument("planfile", type=click.Path(path_type=Path))
@click.option("--format", "form", default="text", show_default=True, type=FORMS)
@click.option("--verbose", is_flag=True, help="List every change.")
@max_bytes_option
@global_options
def command(planfile: Path, form: str, *, verbose: bool, max_bytes: int) -> None:
    """Show a saved plan; needs neither a key nor a network."""
    terminal = Terminal(color=settings().color)
    with events(terminal, form=form) as told:
        saved = load(planfile)
        if told is not None:
            told.plan(saved.plan, operation="plan", pictures=saved.pictures)
            return
        parts = plan_parts(
            saved.plan,
            form=form,
            color=terminal.color,
            verbose=verbose,
            pictures=saved.pictures,
            max_bytes=max_bytes,
        )
        terminal.results(parts)
