"""Where else a command tells why it failed: in GitHub's annotations, and in a file."""

import functools
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ParamSpec, TypeVar

import click
import msgspec

from dsac.cli.options import settings
from dsac.errors import (
    DsacError,
    ManifestError,
    OutputError,
    Position,
    Problem,
    UsageError,
)

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

MOST = 10
"""So many annotations of a step GitHub shows; the log has all of them."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why a command did nothing; no problems if it did not fail."""

    command: str
    project: str = ""
    problems: tuple[Problem, ...] = ()


def failure_options(function: Callable[..., Result]) -> Callable[..., Result]:
    """Add the options that say where else it is told why a command failed."""

    @functools.wraps(function)
    def command(
        *, annotate: str | None, errors_into: Path | None, **options: object
    ) -> Result:
        with _telling(annotate=annotate is not None, into=errors_into):
            return function(**options)

    for option in (
        click.option(
            "--errors-into",
            type=click.Path(dir_okay=False, path_type=Path),
            metavar="FILE",
            help="Write errors into FILE as JSON too, for dsac comment --errors.",
        ),
        click.option(
            "--annotate",
            type=click.Choice(("github",)),
            help="Tell errors once more as GitHub's annotations of the lines.",
        ),
    ):
        command = option(command)
    return command


@contextmanager
def _telling(*, annotate: bool, into: Path | None) -> Iterator[None]:
    name = click.get_current_context().info_name or ""
    if into is not None:
        # At once, so that one of an earlier run is never taken for this one's.
        _write(into, Failure(command=name))
    try:
        yield
    except DsacError as error:
        problems = problems_of(error)
        if annotate:
            for line in annotations(problems):
                click.echo(line, err=True)
        if into is not None:
            project = name_of_project()
            _write(into, Failure(command=name, project=project, problems=problems))
        raise


def problems_of(error: DsacError) -> tuple[Problem, ...]:
    """Give an error as problems; one that is of no file has none for its place."""
    if isinstance(error, ManifestError):
        return error.problems
    return (Problem(Position(""), str(error), error.hint),)


def annotations(problems: tuple[Problem, ...]) -> Iterator[str]:
    """Yield the commands by which GitHub shows problems beside their lines."""
    workspace = os.environ.get("GITHUB_WORKSPACE", "")
    for problem in problems[: MOST - 1] if len(problems) > MOST else problems:
        where = problem.where
        told = [f"file={_property(_in_repository(where.file, workspace))}"]
        told += [f"line={where.line}", f"col={where.column or 1}"] if where.line else []
        hint = f"\n{problem.hint}" if problem.hint else ""
        place = ",".join([*told, "title=dsac"] if where.file else ["title=dsac"])
        yield f"::error {place}::{_data(problem.message + hint)}"
    if len(problems) > MOST:
        more = len(problems) - MOST + 1
        yield f"::error title=dsac::{more} more problems; the log lists all of them"


def _in_repository(file: str, workspace: str) -> str:
    """Give the path of a file of the project as the repository has it."""
    from dsac.manifests.project import find_root

    path = Path(file)
    with suppress(DsacError):
        path = find_root(settings().directory) / file
    if workspace:
        with suppress(ValueError):
            return path.resolve().relative_to(Path(workspace).resolve()).as_posix()
    return file


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def name_of_project() -> str:
    """Give the name of the project, also where its dsac.yaml has mistakes."""
    from dsac.cli.running import open_project
    from dsac.engine.session import project_name
    from dsac.manifests.project import FILE, find_root

    try:
        return project_name(open_project())
    except DsacError:
        pass
    text = ""
    with suppress(DsacError, OSError):
        root = find_root(settings().directory)
        text = (root / FILE).read_text(encoding="utf-8", errors="replace")
    match = re.search(r"(?m)^project:[ \t]*([\"']?)([^\"'#\s]+)\1", text)
    return match[2] if match else ""


def read_failures(paths: tuple[Path, ...]) -> Failure | None:
    """Give the first failure in files that `--errors-into` wrote; None without one.

    A file that is not there is of a command that did not run.

    Raises:
        UsageError: one holds something else.
    """
    for path in paths:
        try:
            found = msgspec.json.decode(path.read_bytes(), type=Failure)
        except FileNotFoundError:
            continue
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UsageError(
                f"{path} does not hold the errors of a command: {error}",
                hint="write it with --errors-into FILE",
            ) from error
        if found.problems:
            return found
    return None


def _write(path: Path, failure: Failure) -> None:
    text = msgspec.json.format(msgspec.json.encode(failure), indent=2)
    try:
        path.write_bytes(text + b"\n")
    except OSError as error:
        raise OutputError(
            f"can't write errors into {path}: {error.strerror}"
        ) from error
