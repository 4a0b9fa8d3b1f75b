"""Options that several commands share."""

import math
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import click

from dsac.core.limits import MAX_BYTES, PICTURES, THUMBNAILS

Function = TypeVar("Function", bound=Callable[..., object])


@dataclass
class Settings:
    """The global options, given before or after the command."""

    directory: Path = field(default_factory=Path)
    remote: str = ""
    environment: str = field(
        default_factory=lambda: os.environ.get("DSAC_ENVIRONMENT", "")
    )
    color: bool = True
    verbosity: int = 0


def settings() -> Settings:
    """Give the global options of the running command."""
    found = click.get_current_context().find_root().ensure_object(Settings)
    if not isinstance(found, Settings):
        raise TypeError("the context's object is not ours")
    return found


def _store(name: str) -> Callable[[click.Context, click.Parameter, object], None]:
    def store(ctx: click.Context, parameter: click.Parameter, value: object) -> None:
        del parameter
        if value not in {None, False}:
            setattr(ctx.find_root().ensure_object(Settings), name, value)

    return store


def _no_color(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001 - the signature of click
    del parameter
    if value:
        ctx.find_root().ensure_object(Settings).color = False


def global_options(function: Function) -> Function:
    """Add the options that every command takes, and that may stand before it."""
    for option in (
        click.option(
            "-C",
            "directory",
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            callback=_store("directory"),
            expose_value=False,
            metavar="DIR",
            help="The folder of the project, or one in it.",
        ),
        click.option(
            "--remote",
            callback=_store("remote"),
            expose_value=False,
            metavar="URL",
            help="The platform, in place of the project's; or local.",
        ),
        click.option(
            "--environment",
            callback=_store("environment"),
            expose_value=False,
            metavar="NAME",
            help="An environment of dsac.yaml (DSAC_ENVIRONMENT does the same).",
        ),
        click.option(
            "--no-color",
            is_flag=True,
            callback=_no_color,
            expose_value=False,
            help="Never colour the output (NO_COLOR does the same).",
        ),
        click.option(
            "-v",
            count=True,
            callback=_store("verbosity"),
            expose_value=False,
            help="Say what was sent and received.",
        ),
    ):
        function = option(function)
    return function


def plan_options(function: Function) -> Function:
    """Add the options of a plan."""
    count = click.IntRange(min=0)
    for option in (
        click.option(
            "--var",
            "variables",
            multiple=True,
            metavar="NAME=VALUE",
            help="A value for ${NAME}; may be given several times.",
        ),
        click.option("--verbose", is_flag=True, help="List every change."),
        click.option(
            "--allow-category-change",
            type=count,
            metavar="N",
            help="Change exactly N categories under labels.",
        ),
        click.option(
            "--allow-label-loss",
            type=count,
            metavar="N",
            help="Lose exactly N labels that people worked on.",
        ),
        click.option(
            "--allow-delete",
            type=count,
            metavar="N",
            help="Delete exactly N samples.",
        ),
        click.option(
            "--take-over",
            multiple=True,
            metavar="PROJECT",
            help="Adopt what another project manages.",
        ),
    ):
        function = option(function)
    return function


def _number(_: click.Context, __: click.Parameter, value: float) -> float:
    if math.isnan(value):
        raise click.BadParameter("it is no number of seconds")
    return value


lock_timeout_option = click.option(
    "--lock-timeout",
    default=0.0,
    type=click.FloatRange(min=0),
    callback=_number,
    metavar="S",
    help="Wait up to S seconds for a run that is at work on a dataset.",
)

events_into_option = click.option(
    "--events-into",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Add the events of --format events to FILE, beside what is shown.",
)

destroy_option = click.option(
    "--destroy",
    is_flag=True,
    help="Delete all datasets of the manifests (or of PATHS), under all guards.",
)


max_bytes_option = click.option(
    "--max-bytes",
    type=click.IntRange(min=1),
    default=MAX_BYTES,
    show_default=True,
    metavar="N",
    help="So long may markdown be; what does not fit is cut and counted.",
)


thumbnails_option = click.option(
    "--thumbnails",
    type=click.IntRange(min=0),
    default=THUMBNAILS,
    show_default=True,
    metavar="N",
    help="Show pictures of so many samples in HTML.",
)


def selection_options(function: Function) -> Function:
    """Add the options that say what a plan is about."""
    for option in (
        click.option(
            "--replace",
            multiple=True,
            metavar="ADDRESS",
            help="Delete this sample and create it anew; or a glob of samples.",
        ),
        click.option(
            "--exclude",
            multiple=True,
            metavar="GLOB",
            help="Leave out what matches, what lies in it and what needs it.",
        ),
        click.option(
            "--target",
            multiple=True,
            metavar="GLOB",
            help="Only what matches, and the parents that must be created for it; "
            "OWNER/NAME:* is all samples of a dataset with their labels.",
        ),
    ):
        function = option(function)
    return function


def base_options(function: Function) -> Function:
    """Add the options that look at another revision of the manifests."""
    for option in (
        click.option(
            "--allow-recreate",
            is_flag=True,
            help="Create datasets anew that --base declares and that are gone.",
        ),
        click.option(
            "--base",
            metavar="REV",
            help="Tell what this change makes from drift since the git revision REV.",
        ),
    ):
        function = option(function)
    return function


def picture_options(function: Function) -> Function:
    """Add the options that say how much is shown of what changes."""
    for option in (
        click.option(
            "--pictures",
            type=click.IntRange(min=0),
            default=PICTURES,
            show_default=True,
            metavar="N",
            help="Look at so many labels, to tell what differs instance by instance.",
        ),
        max_bytes_option,
    ):
        function = option(function)
    return function


def parse_variables(pairs: tuple[str, ...]) -> dict[str, str]:
    """Split NAME=VALUE pairs.

    Raises:
        click.BadParameter: one has no name or no equals sign.
    """
    result = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise click.BadParameter(f"{pair!r} is not NAME=VALUE", param_hint="--var")
        result[name] = value
    return result
