"""`dsac reviewed`: the plan that was reviewed in the pull request now merged."""

import os
from pathlib import Path

import click
import msgspec

from dsac.cli.failures import failure_options
from dsac.cli.hosts import host_options, open_host
from dsac.cli.options import global_options, settings
from dsac.cli.terminal import Terminal
from dsac.engine.planfile import load
from dsac.errors import OutputError
from dsac.hosting.reviewed import fetch_reviewed
from dsac.hosting.surroundings import Given, look_around


@click.command("reviewed")
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where the plan goes, for apply.",
)
@click.option(
    "--artifact",
    default="",
    metavar="NAME",
    help="The artifact that has the plan; on GitLab the job.  [default: dsac-plan, or "
    "dsac-plan-ENVIRONMENT]",
)
@click.option(
    "--file",
    "name",
    default="plan.dsac",
    show_default=True,
    metavar="NAME",
    help="The plan in it.",
)
@click.option(
    "--commit",
    default="",
    metavar="SHA",
    help="The commit that was merged, if not the one that the run is for.",
)
@host_options
@global_options
@failure_options
def command(  # noqa: PLR0913 - a parameter for each option
    *,
    out: Path,
    artifact: str,
    name: str,
    commit: str,
    provider: str | None,
    repository: str,
    api_url: str,
) -> None:
    """Fetch the saved plan that was reviewed in the pull request now merged.

    It is the one that the last run for the head of the pull request kept; what runs of
    forks kept is never taken. Whether it still fits is for `dsac apply FILE` to find
    out. The token comes from GITHUB_TOKEN or GITLAB_TOKEN. Exits 1 if there is no plan.
    """
    given = Given(provider=provider or "", repository=repository, api=api_url)
    around = look_around(os.environ, given)
    around = msgspec.structs.replace(around, commit=commit or around.commit)
    environment = settings().environment
    usual = f"dsac-plan-{environment}" if environment else "dsac-plan"
    terminal = Terminal(color=settings().color)
    with open_host(around, terminal) as host:
        found = fetch_reviewed(host, around, artifact=artifact or usual, file=name)
    try:
        out.write_bytes(found.data)
    except OSError as error:
        raise OutputError(f"can't write {out}: {error.strerror}") from error
    load(out)
    terminal.result(
        f"Fetched the plan that was reviewed in #{found.number} to {out}; "
        f"apply it with: dsac apply {out}"
    )
