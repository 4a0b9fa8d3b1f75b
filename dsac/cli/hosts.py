"""What the commands share that talk to a host of pull requests."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import click

from dsac.cli.options import settings
from dsac.cli.running import counts_line
from dsac.cli.terminal import Terminal
from dsac.hosting.host import Host
from dsac.hosting.surroundings import PROVIDERS, Surroundings, token_of

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


@contextmanager
def open_host(around: Surroundings, terminal: Terminal) -> Iterator[Host]:
    """Connect to the host of a run; say what went over the wire with -v.

    Raises:
        NoTokenError: the environment has no token for it.
    """
    host = Host(
        around.provider, around.api, token=token_of(around.provider, os.environ)
    )
    with host.transport:
        try:
            yield host
        finally:
            if settings().verbosity:
                terminal.talk(counts_line(host.transport.counts()))
