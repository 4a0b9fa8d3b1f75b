"""`dsac import`: write manifests of datasets that are on the platform."""

import os
from pathlib import Path

import click

from dsac.cli.options import global_options, settings
from dsac.cli.progress import progress
from dsac.cli.running import open_project, open_session
from dsac.cli.terminal import Terminal
from dsac.engine.declared import owners_of
from dsac.engine.importing import Imported, ImportRequest, import_datasets
from dsac.errors import ManifestError, UsageError
from dsac.manifests.load import SUFFIXES, Manifests, declared
from dsac.manifests.project import LOCAL, Project, bare_project, find_root, load_project

Target = tuple[Project, ImportRequest]


@click.command("import")
@click.argument("names", nargs=-1, required=True, metavar="OWNER/NAME...")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where manifests go; by default the project's own folder of manifests.",
)
@click.option("--download", is_flag=True, help="Download the files behind URLs, too.")
@click.option("--jobs", default=8, show_default=True, type=click.IntRange(min=1))
@global_options
def command(
    *, names: tuple[str, ...], out: Path | None, download: bool, jobs: int
) -> None:
    """Write manifests of datasets that are on the platform, as they are.

    From these manifests the next plan has nothing to do. Nothing on the platform is
    changed, and no file is overwritten. Where DIR is in no project, one is made.
    """
    for name in names:
        owner, _, rest = name.partition("/")
        if not (owner and rest) or "/" in rest:
            raise click.BadParameter(f"{name!r} is not OWNER/NAME")
    terminal = Terminal(color=settings().color)
    project, request = _target(names, out, download=download, jobs=jobs)
    owners = owners_of(Manifests(), names)
    with (
        open_session(project, jobs=jobs, owners=owners, terminal=terminal) as session,
        progress(terminal) as shown,
    ):
        found = import_datasets(session.view, request, progress=shown)
    for item in found:
        for note in item.notes:
            terminal.talk(f"Note: {note}")
    for item in found:
        terminal.result(_line(item))
    _show_next(terminal, project, request)


def _target(
    names: tuple[str, ...], out: Path | None, *, download: bool, jobs: int
) -> Target:
    """Settle where to read and where to write: in the project there, or a new one."""
    here = settings().directory
    there = here if out is None else out
    if _has_project(there):
        project = _project_at(there)
        _refuse_second(project, names)
        folder = _manifests_folder(project) if out is None else out.absolute()
        _require_inside(folder, project.root)
        return project, ImportRequest(
            names=names, folder=folder, download=download, jobs=jobs
        )
    if _has_project(here):
        project = open_project()
    else:
        project = bare_project(
            there, name=LOCAL, remote=settings().remote, environ=os.environ
        )
    root = there.absolute()
    return project, ImportRequest(
        names=names, folder=root / "manifests", root=root, download=download, jobs=jobs
    )


def _has_project(folder: Path) -> bool:
    try:
        find_root(folder)
    except ManifestError:
        return False
    return True


def _project_at(folder: Path) -> Project:
    chosen = settings()
    return load_project(
        folder,
        environment=chosen.environment,
        remote=chosen.remote,
        environ=os.environ,
    )


def _refuse_second(project: Project, names: tuple[str, ...]) -> None:
    places = declared(project)
    for name in names:
        if name in places:
            raise UsageError(
                f"{name} is in a manifest of this project already, at {places[name]}",
                hint="import it elsewhere with --out, or take it out there",
            )


def _manifests_folder(project: Project) -> Path:
    for name in project.manifests:
        place = project.root / name
        if not place.is_file() and place.suffix not in SUFFIXES:
            return place
    raise UsageError(
        f"{project.root.name}/dsac.yaml names no folder of manifests to write to",
        hint="name one with --out, and under manifests: in dsac.yaml",
    )


def _require_inside(folder: Path, root: Path) -> None:
    if not folder.resolve().is_relative_to(root.resolve()):
        raise UsageError(f"{folder} leaves the project {root.name}/")


def _line(item: Imported) -> str:
    counts = [f"{item.samples} samples", f"{item.labels} labels"]
    if item.files:
        counts.append(f"{item.files} files")
    here = Path.cwd()
    inside = item.manifest.is_relative_to(here)
    place = item.manifest.relative_to(here) if inside else item.manifest
    return f"Imported {item.name}: {', '.join(counts)} into {place}"


def _show_next(terminal: Terminal, project: Project, request: ImportRequest) -> None:
    """Say how to plan what was written, and where that finds another platform."""
    folder = "" if request.root is None else f" -C {request.root}"
    paths = "" if _is_planned(project, request) else f" {request.folder}"
    terminal.talk(f"Next: dsac{folder} plan{paths}")
    if request.root is not None and project.remote == LOCAL:
        terminal.talk(
            f"Note: {request.root} has an embedded remote of its own, which is empty; "
            f"that of {project.root} can be shared with dsac serve"
        )


def _is_planned(project: Project, request: ImportRequest) -> bool:
    folder = request.folder.resolve()
    places = [(project.root / name).resolve() for name in project.manifests]
    return request.root is not None or any(folder.is_relative_to(p) for p in places)
