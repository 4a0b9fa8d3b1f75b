"""`--profile`: where the time, the requests and the memory of a command went."""

import resource
import sys
import time
from collections.abc import Iterator, Mapping

import click

from dsac.cli.terminal import Terminal
from dsac.core.phases import Spent
from dsac.engine.session import Session
from dsac.engine.stopwatch import Stopwatch
from dsac.manifests.load import Manifests
from dsac.remote.counts import Counts

KIB, MB = 1024, 1e6
UNIT = 1 if sys.platform == "darwin" else KIB
"""Bytes in the unit in which the system counts a process's memory."""

profile_option = click.option(
    "--profile",
    is_flag=True,
    help="Say on stderr where time, requests and memory went.",
)


def stopwatch() -> Stopwatch:
    """Start to measure, by the clocks of this process."""
    return Stopwatch(time.perf_counter, time.process_time)


def tell_profile(
    terminal: Terminal, watch: Stopwatch, session: Session, manifests: Manifests
) -> None:
    """Say on stderr where everything went so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT
    lines = [
        *time_lines(watch.spent(), start=watch.start),
        *request_lines(session.counts()),
        files_line(manifests),
        f"  peak memory: {peak / MB:.0f} MB",
    ]
    for line in lines:
        terminal.talk(line)


def time_lines(spent: Mapping[str, Spent], *, start: float) -> Iterator[str]:
    """Write a table of phases, each with its share of the whole."""
    wall = sum(item.wall for item in spent.values())
    cpu = sum(item.cpu for item in spent.values())
    yield "Profile:"
    yield f"  {'phase':8}{'wall s':>10}{'share':>8}{'CPU s':>10}{'share':>8}"
    for name, item in {**spent, "total": Spent(wall, cpu)}.items():
        yield (
            f"  {name:8}{item.wall:10.3f}{_share(item.wall, wall):>8}"
            f"{item.cpu:10.3f}{_share(item.cpu, cpu):>8}"
        )
    yield f"  before that, to start: {start:.3f} CPU s"


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def files_line(manifests: Manifests) -> str:
    """Count the files that were opened: manifests with their parts, and the others."""
    own, named = len(manifests.files), manifests.opened
    return f"  files opened: {own} of manifests, {named} that they name"


def request_lines(counts: Counts) -> Iterator[str]:
    """Write what went over the wire, by method and in bytes."""
    methods = sorted(counts.methods.items())
    each = ", ".join(f"{count} {method}" for method, count in methods)
    yield f"  requests: {counts.requests}{f' ({each})' if each else ''}"
    yield (
        f"  bytes: {counts.sent:,} up, {counts.received:,} down "
        f"({counts.uploads} uploads, {counts.retries} retries, "
        f"{counts.waited:.1f} s waited)"
    )
