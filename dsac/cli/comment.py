"""`dsac comment`: a plan, report or drift, said once on a pull request or issue."""

import os
from pathlib import Path

import click

from dsac.cli.failures import read_failures
from dsac.cli.hosts import host_options, open_host
from dsac.cli.options import global_options, settings
from dsac.cli.page import Page, page_of
from dsac.cli.terminal import Terminal
from dsac.errors import ForbiddenError, NoTokenError, OutputError
from dsac.hosting.board import Mark
from dsac.hosting.posting import MOST, Place, open_issues, open_thread
from dsac.hosting.sticky import Became, Placed, place, settle
from dsac.hosting.surroundings import Given, Surroundings, look_around
from dsac.render.markup import size

LEAST = 1000

NO_COMMENT = (
    "No comment was posted: this pull request comes from a fork, and its run may only "
    "read."
)


@click.command("comment")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--errors",
    multiple=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="What --errors-into wrote: if a command failed, that is posted instead; and "
    "a plan that was not made is no mistake. May be given several times.",
)
@click.option(
    "--on",
    default=Place.PULL.value,
    show_default=True,
    type=click.Choice([item.value for item in Place]),
    help="Where: the pull or merge request of the run, or an issue.",
)
@click.option(
    "--number",
    type=click.IntRange(min=1),
    metavar="N",
    help="The pull or merge request, if not the one that the run is for.",
)
@click.option("--title", default="", metavar="TEXT", help="The title of the issue.")
@click.option(
    "--summary",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Add the page to FILE too, as $GITHUB_STEP_SUMMARY; also if posting fails.",
)
@click.option(
    "--max-bytes",
    type=click.IntRange(min=LEAST),
    metavar="N",
    help=f"So long may the text be, all counted.  [default: {MOST['github']}, or "
    f"{MOST['gitlab']} on GitLab]",
)
@host_options
@global_options
def command(  # noqa: PLR0913 - a parameter for each option
    *,
    file: Path | None,
    errors: tuple[Path, ...],
    on: str,
    number: int | None,
    title: str,
    summary: Path | None,
    max_bytes: int | None,
    provider: str | None,
    repository: str,
    api_url: str,
) -> None:
    """Post FILE on a pull request, or change in place what was posted before.

    FILE is a saved plan, what `drift --format json` wrote, or what `apply --format
    markdown` wrote (a name that ends in .md). Each project, environment and kind of
    page has one comment, known by a mark that is hidden in it; doubles of runs at the
    same time are removed, and a comment of a later run stays. With --on issue one issue
    is opened, changed, and closed when there is no drift any more. The token comes from
    GITHUB_TOKEN or GITLAB_TOKEN. Exits 0 when done, 1 on an error.
    """
    terminal = Terminal(color=settings().color)
    given = Given(
        provider=provider or "", repository=repository, number=number or 0, api=api_url
    )
    around = look_around(os.environ, given)
    page = page_of(file, read_failures(errors), around, optional=bool(errors))
    most = max_bytes or MOST[around.provider]
    if summary is not None:
        _add(summary, page.write(most))
    try:
        placed = _post(terminal, page, around, on=Place(on), title=title, most=most)
    except (ForbiddenError, NoTokenError):
        if not around.fork:
            raise
        terminal.talk(NO_COMMENT)
        if summary is not None:
            _add(summary, f"{NO_COMMENT}\n")
        return
    terminal.result(_told(placed, around, on=Place(on)))


def _post(  # noqa: PLR0913 - all but the first three are keyword-only
    terminal: Terminal,
    page: Page,
    around: Surroundings,
    *,
    on: Place,
    title: str,
    most: int,
) -> Placed:
    environment = settings().environment
    mark = Mark(
        what=page.what,
        project=page.project,
        environment=environment,
        run=around.run,
    )
    end = (
        f"\n<sub>[Log and artifacts of this run]({around.log})</sub>\n"
        if around.log
        else ""
    )
    room = most - size(f"{mark}\n") - size(end)
    text = f"{page.write(max(room, 0))}{end}"
    named = f"{page.project} in {environment}" if environment else page.project
    with open_host(around, terminal) as host:
        if on is Place.PULL:
            return place(open_thread(host, around), mark, text)
        usual = f"dsac {page.what}: {named}"
        issues = open_issues(host, around, title=title or usual)
        return (settle if page.is_well else place)(issues, mark, text)


def _add(path: Path, text: str) -> None:
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{text}\n")
    except OSError as error:
        raise OutputError(f"can't add the page to {path}: {error.strerror}") from error


def _told(placed: Placed, around: Surroundings, *, on: Place) -> str:
    match placed.became:
        case Became.NOTHING:
            return "No drift, and no open issue of it."
        case Became.KEPT:
            return "A later run has posted already; what it said stays."
        case _:
            what = f"issue {placed.number}" if on is Place.ISSUE else "the comment"
            if on is Place.PULL and around.number:
                what += f" on #{around.number}"
            return f"{placed.became} {what} of {around.repository}."
