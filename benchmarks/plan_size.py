"""A plan of a million samples that do not differ, beside the bare work of it.

The bare work: fetch all pages with one requests session, parse them with msgspec, read
the index; nothing else. Both are processes of their own against the same server, which
replays stored pages. Checked: dsac says "No changes." and counts all samples.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

SAMPLES = 1_000_000
QUICK = 100_000
PAGE = 1000
CPU = 2.0
"""Times the CPU seconds of the bare loop, at no latency."""
WALL = 1.3
"""Times the seconds of the bare loop, at 50 ms and 16 connections."""
LATENCY = 50
CONNECTIONS = 16
MEMORY, MEMORY_OF_MANY = 700, 2500
"""MB at the most for a million samples, and for five millions."""

MANIFEST = """\
dataset: acme/many
task_type: bboxes
categories: [{id: 1, name: rose}]
samples: [{index: many.jsonl}]
"""
PROJECT = "project: many\nremote: {remote}\nmanifests: [manifests]\n"
BARE = Path(__file__).with_name("bare_plan.py")
SERVER = Path(__file__).with_name("replay.py")


@dataclass(frozen=True)
class Run:
    """What a process took."""

    cpu: float
    wall: float
    memory: float
    out: str


def measured(*command: str, folder: Path) -> Run:
    """Run a process; give its CPU seconds, seconds, MB at its highest, and output."""
    with tempfile.TemporaryFile() as out:
        start = time.perf_counter()
        environ = {**os.environ, "SEGMENTS_API_KEY": "k"}
        process = subprocess.Popen(
            [sys.executable, *command], cwd=folder, stdout=out, env=environ
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read().decode()
    if process.returncode:
        sys.exit(f"{command} ended with {process.returncode}: {text}")
    cpu = usage.ru_utime + usage.ru_stime
    return Run(cpu, wall, usage.ru_maxrss / 1024, text)


def name_of(number: int) -> str:
    """Give the name of a sample."""
    return f"images/site-{number % 7}/photo-{number:08}.jpg"


def metadata_of(number: int) -> dict[str, object]:
    """Give what a manifest says of a sample."""
    split = "val" if number % 10 == 0 else "train"
    return {"split": split, "site": f"site-{number % 7}", "batch": number // 1000}


def url_of(number: int) -> str:
    """Give the address of an image."""
    return f"https://bucket.example.com/acme/many/{name_of(number)}"


def write_index(path: Path, samples: int) -> None:
    """Write the index, in the order of the platform's listing."""
    encode = msgspec.json.encode
    with path.open("wb") as stream:
        for number in range(samples):
            row = {
                "name": name_of(number),
                "image": url_of(number),
                "metadata": metadata_of(number),
            }
            stream.write(encode(row) + b"\n")


def write_dataset(folder: Path, samples: int, labelsets: Sequence[str]) -> None:
    """Write what the platform answers of the key's user and of the dataset."""
    user = {"username": "ci", "created_at": "2026-01-01T00:00:00Z"}
    dataset = {
        "name": "many",
        "full_name": "acme/many",
        "task_type": "bboxes",
        "task_attributes": {
            "format_version": "0.1",
            "categories": [{"id": 1, "name": "rose"}],
        },
        "metadata": {"dsac": "v1 many acme/many keep"},
        "samples_count": samples,
        "labelsets": [{"name": name} for name in labelsets],
    }
    (folder / "user.json").write_bytes(msgspec.json.encode(user))
    (folder / "dataset.json").write_bytes(msgspec.json.encode(dataset))


def write_pages(folder: Path, samples: int) -> None:
    """Write the answers of the platform."""
    encode = msgspec.json.encode
    write_dataset(folder, samples, ["ground-truth"])
    for page in range(-(-samples // PAGE)):
        numbers = range(page * PAGE, min(samples, (page + 1) * PAGE))
        rows: list[dict[str, object]] = [
            {
                "uuid": f"01a21584-dc8a-7655-ae30-{number:012x}",
                "name": name_of(number),
                "attributes": {"image": {"url": url_of(number)}},
                "metadata": {**metadata_of(number), "dsac": "v1 many acme/many"},
                "priority": 0.0,
                "assigned_labeler": None,
                "assigned_reviewer": None,
                "readme": "",
                "comments": [],
                "has_embedding": False,
                "created_at": "2026-01-01T00:00:00.000000Z",
                "created_by": "ci",
                "dataset_full_name": "acme/many",
            }
            for number in numbers
        ]
        (folder / f"-{PAGE}-{page + 1}.json").write_bytes(encode(rows))


@contextmanager
def serving(folder: Path, latency: int) -> Iterator[str]:
    """Replay the pages on a port, in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, SERVER, folder, "--latency-ms", str(latency)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield next(iter(process.stdout or ())).strip()
    finally:
        process.terminate()
        process.communicate()


def compare(project: Path, pages: Path, samples: int, latency: int) -> tuple[Run, Run]:
    """Run both against one server."""
    connections = CONNECTIONS if latency else 1
    index = project / "manifests" / "many.jsonl"
    with serving(pages, latency) as url:
        (project / "dsac.yaml").write_text(PROJECT.format(remote=url))
        count = str(-(-samples // PAGE))
        bare = measured(
            str(BARE), url, count, str(index), str(connections), folder=project
        )
        ours = measured(
            *("-m", "dsac", "plan", "--format", "json", "--jobs", str(connections)),
            folder=project,
        )
    plan = json.loads(ours.out)
    if plan["changes"] or plan["summary"]["unchanged"] < samples:
        sys.exit(f"not what was expected: {plan['summary']}")
    return bare, ours


def main() -> None:
    """Compare, print the ratios, and say whether the bars are kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK:,} samples")
    parser.add_argument("--samples", type=int, default=0)
    parser.add_argument("--only-memory", action="store_true", help="no comparison")
    options = parser.parse_args()
    samples = options.samples or (QUICK if options.quick else SAMPLES)
    with tempfile.TemporaryDirectory() as name:
        project, pages = Path(name, "project"), Path(name, "pages")
        (project / "manifests").mkdir(parents=True)
        pages.mkdir()
        (project / "manifests" / "many.yaml").write_text(MANIFEST)
        write_index(project / "manifests" / "many.jsonl", samples)
        write_pages(pages, samples)
        bare, ours = compare(project, pages, samples, 0)
        ratio = ours.cpu / bare.cpu
        most = MEMORY if samples <= SAMPLES else MEMORY_OF_MANY
        print(
            f"{samples:,} samples, no latency: {ours.cpu:.2f} CPU s, bare "
            f"{bare.cpu:.2f}: {ratio:.2f} times (bar {CPU}); "
            f"{ours.memory:.0f} MB (bar {most})"
        )
        kept = ratio <= CPU and ours.memory <= most
        if not options.only_memory:
            bare, ours = compare(project, pages, samples, LATENCY)
            ratio = ours.wall / bare.wall
            print(
                f"{samples:,} samples, {LATENCY} ms, {CONNECTIONS} connections: "
                f"{ours.wall:.2f} s, bare {bare.wall:.2f}: {ratio:.2f} times "
                f"(bar {WALL})"
            )
            kept = kept and ratio <= WALL
    sys.exit(0 if kept or samples < SAMPLES else "a bar is missed")


if __name__ == "__main__":
    main()
