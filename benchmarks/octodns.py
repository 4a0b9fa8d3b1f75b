"""A plan beside octoDNS's: processor seconds of both for the same mix of changes.

octoDNS is the program of the same shape for DNS. Both read what is wanted from YAML;
octoDNS reads what is there from YAML as well, dsac from a server in a process of its
own, whose time does not count. Of all rows 5 % each are created, updated and deleted.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tests.endurance.process import KEY, serving

MOST = 0.2
"""So much of octoDNS's processor time may a plan take, from the start of Python on."""

SKIPPED = 77
"""The exit status of what could not be tried, as test drivers know it."""

MANY, QUICK = 50_000, 10_000
PART, DELETED, UPDATED = 20, 1, 2
"""One row in so many is created; those with these remainders go, and are updated."""

SYNC = "import sys; from octodns.cmds.sync import main; sys.exit(main())"
COUNTS = r"Creates=(\d+), Updates=(\d+), Deletes=(\d+)"
PLAN = r"Plan: (\d+) to add, (\d+) to change, (\d+) to destroy"


@dataclass(frozen=True)
class Row:
    """A sample, or a record, by its number; `version` differs where it is updated."""

    number: int
    version: int = 0


def there(count: int) -> Iterator[Row]:
    """Yield the rows that are there."""
    return map(Row, range(count))


def wanted(count: int) -> Iterator[Row]:
    """Yield the rows that are wanted: some others, some of another version."""
    for number in range(count):
        if number % PART != DELETED:
            yield Row(number, int(number % PART == UPDATED))
    yield from map(Row, range(count, count + count // PART))


def manifest(rows: Iterator[Row]) -> str:
    """Write rows as samples."""
    lines = (
        f"  - name: s{row.number:06}.jpg\n"
        f"    image: https://images.example.com/{row.number:06}.jpg\n"
        f"    metadata: {{row: {row.number}, version: v{row.version}}}\n"
        for row in rows
    )
    head = "dataset: jane/flowers\ntask_type: bboxes\n"
    return f"{head}categories: [{{id: 1, name: rose}}]\nsamples:\n{''.join(lines)}"


def zone(rows: Iterator[Row]) -> str:
    """Write rows as records."""
    lines = (
        f"s{row.number:06}:\n"
        f"  ttl: {300 + row.version}\n"
        "  type: A\n"
        f"  values: [10.{row.number >> 16}.{row.number >> 8 & 255}."
        f"{row.number & 255}]\n"
        for row in rows
    )
    return f"---\n{''.join(lines)}"


def config(folder: Path) -> str:
    """Write octoDNS's configuration: two folders of YAML, one as it shall be."""
    provider = "class: octodns.provider.yaml.YamlProvider"
    return (
        "providers:\n"
        f"  wanted: {{{provider}, directory: {folder}/wanted}}\n"
        f"  there: {{{provider}, directory: {folder}/there}}\n"
        "zones:\n"
        "  example.com.: {sources: [wanted], targets: [there]}\n"
    )


def run(arguments: Sequence[str], folder: Path) -> tuple[float, str]:
    """Run Python in a process; give its processor time and all that it said.

    Raises:
        SystemExit: it failed.
    """
    environ = {**os.environ, "SEGMENTS_API_KEY": KEY}
    with (folder / "said").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments], stdout=output, stderr=output, env=environ
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    said = (folder / "said").read_text()
    if process.returncode:
        sys.exit(f"{' '.join(arguments)} failed:\n{said[-2000:]}")
    return usage.ru_utime + usage.ru_stime, said


def by_octodns(count: int, folder: Path) -> tuple[float, list[int]]:
    """Let octoDNS plan; give processor seconds and what it found."""
    for name, rows in (("there", there(count)), ("wanted", wanted(count))):
        (folder / name).mkdir()
        (folder / name / "example.com.yaml").write_text(zone(rows))
    (folder / "config.yaml").write_text(config(folder))
    sync = ["-c", SYNC, "--config-file", str(folder / "config.yaml")]
    seconds, said = run(sync, folder)
    return seconds, found(COUNTS, said)


def by_dsac(count: int, folder: Path, rounds: int) -> tuple[float, list[int]]:
    """Let dsac plan; give processor seconds and what it found."""
    (folder / "dsac.yaml").write_text("project: flowers\n")
    (folder / "manifests").mkdir()
    path = folder / "manifests" / "flowers.yaml"
    with serving(folder / "data") as served:
        remote = ["--remote", f"http://127.0.0.1:{served.port}"]
        where = ["-C", str(folder), *remote]
        path.write_text(manifest(there(count)))
        run(["-m", "dsac", "apply", "--auto-approve", *where], folder)
        path.write_text(manifest(wanted(count)))
        deleted = str(count // PART)
        plan = ["-m", "dsac", "plan", "--allow-delete", deleted, *where]
        times = [run(plan, folder) for _ in range(rounds)]
    return min(seconds for seconds, _ in times), found(PLAN, times[-1][1])


def found(pattern: str, said: str) -> list[int]:
    """Read the counts of a plan from what was said."""
    match = re.search(pattern, said)
    return list(map(int, match.groups())) if match else []


def main() -> int:
    """Print both times and their ratio; fail above a fifth."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick",
        action="store_true",
        help=f"{QUICK:,} rows, where the start of Python is half of the time: no bar",
    )
    parser.add_argument("--rounds", type=int, default=3, help="of dsac's plan")
    options = parser.parse_args()
    try:
        version("octodns")
    except PackageNotFoundError:
        print("skipped: octodns is not installed; pip install '.[bench]' brings it")
        return SKIPPED
    count = QUICK if options.quick else MANY
    with tempfile.TemporaryDirectory(prefix="dsac-octodns-") as name:
        theirs, ours = Path(name, "octodns"), Path(name, "dsac")
        theirs.mkdir()
        ours.mkdir()
        bare, their_counts = by_octodns(count, theirs)
        seconds, our_counts = by_dsac(count, ours, options.rounds)
    expected = [count // PART] * 3
    if their_counts != expected or our_counts != expected:
        print(f"wrong: octoDNS found {their_counts}, dsac {our_counts}: {expected}")
        return 1
    ratio = seconds / bare
    print(
        f"plan of {count} rows, {expected[0]} each created, updated and deleted: "
        f"octoDNS {bare:.2f} CPU s, dsac {seconds:.2f}: {ratio:.2f}, at most {MOST}"
    )
    return int(ratio > MOST and not options.quick)


if __name__ == "__main__":
    sys.exit(main())
