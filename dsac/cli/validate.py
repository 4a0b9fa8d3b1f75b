"""`dsac validate`: everything that can be checked without the platform."""

from pathlib import Path

import click

from dsac.cli.failures import failure_options
from dsac.cli.options import global_options, parse_variables, settings
from dsac.cli.progress import progress
from dsac.cli.running import open_project
from dsac.cli.terminal import Terminal
from dsac.core.resources import label_count
from dsac.engine.declared import load_manifests
from dsac.errors import printable
from dsac.manifests.approvals import load_approvals
from dsac.render.lines import counted


@click.command("validate")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--var", "variables", multiple=True, metavar="NAME=VALUE")
@click.option("--jobs", default=8, show_default=True, type=click.IntRange(min=1))
@global_options
@failure_options
def command(paths: tuple[Path, ...], variables: tuple[str, ...], jobs: int) -> None:
    """Check the manifests and the files they name, offline.

    Reports every problem with its file, line and column, and exits 1 if there is one.
    """
    terminal = Terminal(color=settings().color)
    project = open_project(parse_variables(variables))
    load_approvals(project.root)
    with progress(terminal) as shown:
        manifests = load_manifests(project, paths, jobs=jobs, watch=shown)
    for warning in manifests.warnings:
        terminal.talk(f"Warning: {printable(warning)}")
    found = [item.samples or () for item in manifests.datasets]
    samples = sum(map(len, found))
    labels = sum(map(label_count, found))
    terminal.result(
        f"Valid: {counted(len(manifests.datasets), 'dataset')}, "
        f"{counted(samples, 'sample')}, {counted(labels, 'label')}."
    )
