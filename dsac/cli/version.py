"""`dsac version`."""

import click

from dsac.cli.options import global_options, settings
from dsac.cli.terminal import Terminal
from dsac.version import __version__


@click.command("version")
@global_options
def command() -> None:
    """Print the version."""
    Terminal(color=settings().color).result(f"dsac {__version__}")
