"""`dsac drift`: what changed on the platform against the manifests."""

from pathlib import Path

import click

from dsac.cli.failures import failure_options
from dsac.cli.options import (
    global_options,
    max_bytes_option,
    parse_variables,
    settings,
)
from dsac.cli.profiling import profile_option, stopwatch, tell_profile
from dsac.cli.progress import progress
from dsac.cli.running import open_project, open_session
from dsac.cli.terminal import Terminal
from dsac.core.phases import DIFF, LOAD, RENDER, unmeasured
from dsac.engine.declared import load_manifests, owners_of
from dsac.engine.drift import find_drift
from dsac.render import FORMATS, render_drift


@click.command("drift")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--format", "form", default="text", show_default=True, type=click.Choice(FORMATS)
)
@click.option("--jobs", default=8, show_default=True, type=click.IntRange(min=1))
@click.option(
    "--var",
    "variables",
    multiple=True,
    metavar="NAME=VALUE",
    help="A value for ${NAME}; may be given several times.",
)
@profile_option
@click.option("--verbose", is_flag=True, help="List every object.")
@max_bytes_option
@global_options
@failure_options
def command(  # noqa: PLR0913 - a parameter for each option
    *,
    paths: tuple[Path, ...],
    form: str,
    jobs: int,
    variables: tuple[str, ...],
    verbose: bool,
    max_bytes: int,
    profile: bool,
) -> int:
    """Show what changed on the platform, for all manifests or for those in PATHS.

    Reads only. Says by whom and when where the platform tells; labels that people made
    are no drift. Exits 0 if there is none, 2 if there is, 1 on an error.
    """
    watch = stopwatch()
    phase = watch.phase if profile else unmeasured
    terminal = Terminal(color=settings().color)
    with phase(LOAD):
        project = open_project(parse_variables(variables))
    with progress(terminal) as shown:
        manifests = load_manifests(project, paths, jobs=jobs, watch=shown, phase=phase)
    owners = owners_of(manifests)
    with (
        open_session(
            project, jobs=jobs, owners=owners, terminal=terminal, phase=phase
        ) as session,
        progress(terminal) as shown,
        phase(DIFF),
    ):
        drift = find_drift(
            session.view, manifests, whole=not paths, jobs=jobs, progress=shown
        )
    with phase(RENDER):
        terminal.result(
            render_drift(
                drift,
                form=form,
                color=terminal.color,
                verbose=verbose,
                max_bytes=max_bytes,
            )
        )
    if profile:
        tell_profile(terminal, watch, session, manifests)
    return 2 if drift.objects else 0
