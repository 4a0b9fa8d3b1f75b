"""`dsac show`: a saved plan, offline."""

from pathlib import Path

import click

from dsac.cli.options import global_options, settings
from dsac.cli.terminal import Terminal
from dsac.engine.planfile import load
from dsac.render import FORMATS, render_plan


@click.command("show")
@click.argument("planfile", type=click.Path(path_type=Path))
@click.option(
    "--format", "form", default="text", show_default=True, type=click.Choice(FORMATS)
)
@click.option("--verbose", is_flag=True, help="List every change.")
@global_options
def command(planfile: Path, form: str, *, verbose: bool) -> None:
    """Show a saved plan; needs neither a key nor a network."""
    terminal = Terminal(color=settings().color)
    plan = load(planfile).plan
    terminal.result(render_plan(plan, form=form, color=terminal.color, verbose=verbose))
