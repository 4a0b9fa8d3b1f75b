"""`dsac runs`: what applies did, also those that were killed."""

from collections.abc import Iterator, Sequence

import click

from dsac.cli.options import global_options, settings
from dsac.cli.running import open_project
from dsac.cli.terminal import Terminal
from dsac.engine.journal import RUNS
from dsac.engine.runs import Entry, RunRecord, list_runs, moment_of, read_run
from dsac.engine.session import STATE
from dsac.render.lines import counted, safe

MANY = 20


@click.group("runs", invoke_without_command=True)
@click.pass_context
@global_options
def command(ctx: click.Context) -> None:
    """List the runs of apply, destroy and restore, the latest first.

    `dsac runs show` tells what one of them did, did not, and may have done.
    """
    if ctx.invoked_subcommand is not None:
        return
    terminal = Terminal(color=settings().color)
    runs = list_runs(open_project().root / STATE / RUNS)
    if not runs:
        terminal.result("No runs.")
    for run in runs:
        terminal.result(
            f"{run.name}  {moment_of(run.name)}  {run.command:8} {run.ending:11} "
            f"{_counts(run)}"
        )


@command.command("show")
@click.argument("name", default="", metavar="[ID]")
@click.option("--verbose", is_flag=True, help="List every change.")
@global_options
def show(name: str, *, verbose: bool) -> None:
    """Tell what a run did, did not, and may have done; the latest one by default.

    ID is the name of a run, or its beginning, as `dsac runs` lists it.
    """
    terminal = Terminal(color=settings().color)
    run = read_run(open_project().root / STATE / RUNS, name)
    terminal.result("\n".join(_lines(run, verbose=verbose)))


def _counts(run: RunRecord) -> str:
    parts = (
        (len(run.done), "done"),
        (len(run.failed), "failed"),
        (len(run.held), "held"),
        (len(run.unknown), "unknown"),
        (len(run.not_done), "not done"),
    )
    found = ", ".join(f"{count} {word}" for count, word in parts if count)
    return found or "nothing was begun"


def _lines(run: RunRecord, *, verbose: bool) -> Iterator[str]:
    who = f"by {safe(run.user)} on {safe(run.remote)}"
    yield f"{run.command} of {moment_of(run.name)}, {who}: {run.ending}."
    yield f"{counted(run.planned, 'change')} planned: {_counts(run)}."
    for title, entries in (
        ("May have been done (plan again to see):", run.unknown),
        ("Failed:", run.failed),
        ("Held:", run.held),
        ("Not done:", run.not_done),
        ("Done:", run.done),
    ):
        if entries:
            yield ""
            yield title
            yield from _entries(entries, verbose=verbose)


def _entries(entries: Sequence[Entry], *, verbose: bool) -> Iterator[str]:
    for entry in entries if verbose else entries[:MANY]:
        why = f": {safe(entry.message)}" if entry.message else ""
        yield f"  {'+'.join(entry.actions):8} {safe(entry.address)}{why}"
    if len(entries) > MANY and not verbose:
        yield f"  ({len(entries) - MANY} more, --verbose lists them)"
