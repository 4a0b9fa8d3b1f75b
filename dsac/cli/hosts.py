"""Options of the commands that talk to a host of pull requests."""

from collections.abc import Callable
from typing import TypeVar

import click

from dsac.hosting.surroundings import PROVIDERS

Function = TypeVar("Function", bound=Callable[..., object])


def host_options(function: Function) -> Function:
    """Add the options that say which host and repository; a CI run knows."""
    for option in (
        click.option(
            "--api-url",
            default="",
            metavar="URL",
            help="The host's API, if not that of the run; it gets the token.",
        ),
        click.option(
            "--repository",
            default="",
            metavar="NAME",
            help="OWNER/NAME on GitHub; GROUP/NAME or a number on GitLab.",
        ),
        click.option(
            "--provider",
            type=click.Choice(PROVIDERS),
            help="The host; without it, the one that the run is on.",
        ),
    ):
        function = option(function)
    return function
