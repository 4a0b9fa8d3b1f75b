"""An apply that creates samples in bulk, beside a bare loop that posts the same chunks.

The server has a process and a port of its own, and so has each side. The figures are
those from the approval to the report; loading and planning are told apart. The bare
loop holds its rows ready, encodes each chunk with msgspec, posts it with requests and
decodes the answer; it compares nothing and writes nothing down.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

MOST = 1.5
CHUNK = 1000
DATASET = "jane/flowers"
ENVIRONMENT = {**os.environ, "SEGMENTS_API_KEY": "jane-key", "NO_PROXY": "*"}

MANIFEST = f"""\
dataset: {DATASET}
task_type: bboxes
categories: [{{id: 1, name: rose}}]
samples: [index: index.jsonl]
"""
PROJECT = "project: flowers\npolicy: {max_delete: {percent: 10}}\n"


def row(number: int) -> dict[str, object]:
    """Give one row of the index."""
    return {
        "name": f"field/{number % 97:02}/image-{number:07}.jpg",
        "image": f"https://images.test/2026/field-{number % 97:02}/{number:07}.jpg",
        "metadata": {"city": "Ghent", "camera": number % 7, "light": 0.5},
    }


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Run `dsac serve`, and give its URL."""
    command = [
        *(sys.executable, "-m", "dsac", "serve", "--port", "0"),
        *("--data", str(folder), "--account", "jane:jane-key"),
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        yield process.stdout.readline().split()[5]
        process.terminate()


def measured(work: Callable[[], object]) -> dict[str, float]:
    """Do some work; tell which time passed and how much of a processor it took."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return {
        "cpu": time.process_time() - processor,
        "wall": time.perf_counter() - wall,
    }


def bare(url: str, count: int, jobs: int) -> dict[str, float]:
    """Post the chunks that an apply posts, and do nothing else."""
    import msgspec
    import requests
    from requests.adapters import HTTPAdapter

    from dsac.core.marker import KEY, Marker, write
    from dsac.remote import wire

    mark = write(Marker(project="flowers", dataset=DATASET))
    rows: list[dict[str, object]] = []
    for number in range(count):
        found = row(number)
        metadata = found["metadata"]
        assert isinstance(metadata, dict)  # noqa: S101 - it was written above
        rows.append(
            {
                "attributes": {"image": {"url": found["image"]}},
                "metadata": {**metadata, KEY: mark},
                "name": found["name"],
            }
        )
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = "APIKey jane-key"
    session.headers["Content-Type"] = "application/json"
    session.mount("http://", HTTPAdapter(pool_connections=jobs, pool_maxsize=jobs))
    created = session.post(
        f"{url}/user/datasets/",
        data=json.dumps({"name": "flowers", "task_type": "bboxes"}),
        timeout=60,
    )
    created.raise_for_status()

    def post(start: int) -> int:
        answer = session.post(
            f"{url}/datasets/{DATASET}/samples_bulk/",
            data=msgspec.json.encode(rows[start : start + CHUNK]),
            timeout=60,
        )
        answer.raise_for_status()
        return len(msgspec.json.decode(answer.content, type=list[wire.Sample]))

    def everything() -> None:
        with ThreadPoolExecutor(jobs) as pool:
            posted = sum(pool.map(post, range(0, count, CHUNK)))
        assert posted == count  # noqa: S101 - the benchmark checks its result

    return measured(everything)


def ours(folder: Path, url: str, jobs: int) -> dict[str, float]:
    """Load, plan and apply; measure each."""
    from dsac.cli.progress import progress
    from dsac.cli.terminal import Terminal
    from dsac.engine.applying import apply_plan
    from dsac.engine.planning import PlanRequest, Prepared, make_plan
    from dsac.engine.session import connect
    from dsac.manifests.load import load
    from dsac.manifests.project import load_project
    from dsac.render import render_report

    project = load_project(
        folder, environment="", remote=url, variables=None, environ=ENVIRONMENT
    )
    prepared: list[Prepared] = []
    terminal = Terminal(color=False)
    with (
        connect(project, environ=ENVIRONMENT, jobs=jobs, owners=["jane"]) as session,
        progress(terminal) as shown,
    ):

        def plan() -> None:
            manifests = load(project, paths=(), cache=None, jobs=jobs)
            request = PlanRequest(whole=True, jobs=jobs)
            prepared.append(make_plan(session.view, manifests, request, progress=shown))

        def apply() -> None:
            report = apply_plan(
                session,
                prepared[0],
                jobs=jobs,
                progress=shown,
                cancel=threading.Event(),
            )
            text = render_report(report, form="text")
            assert report.complete, text  # noqa: S101 - the benchmark checks its result

        planning = measured(plan)
        found = measured(apply)
    return {
        **found,
        "plan_cpu": planning["cpu"],
        "plan_wall": planning["wall"],
    }


def check(url: str, folder: Path, count: int) -> None:
    """Hold what the server has against what was asked for."""
    from dsac.remote.client import Client
    from dsac.remote.transport import Transport

    with Transport(url, key="jane-key") as transport:
        found = Client(transport).get_dataset(DATASET)
    assert int(found.samples_count or 0) == count, found  # noqa: S101 - as above
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "dsac", "plan", "-C", str(folder)),
            *("--remote", url, "--detailed-exitcode"),
        ],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr  # noqa: S101 - as above


def child(role: str, folder: Path, url: str, count: int, jobs: int) -> dict[str, float]:
    """Measure one side in a process of its own."""
    ran = subprocess.run(
        [
            *(sys.executable, __file__, "--role", role, "--folder", str(folder)),
            *("--url", url, "--samples", str(count), "--jobs", str(jobs)),
        ],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, float] = json.loads(ran.stdout)
    return found


def compare(count: int, jobs: int) -> tuple[float, float]:
    """Measure both sides once, print them, and give the ratios of CPU and wall time."""
    with tempfile.TemporaryDirectory(prefix="dsac-bulk-") as name:
        root = Path(name)
        project = root / "project"
        (project / "manifests").mkdir(parents=True)
        (project / "dsac.yaml").write_text(PROJECT)
        (project / "manifests" / "flowers.yaml").write_text(MANIFEST)
        with (project / "manifests" / "index.jsonl").open("w") as file:
            file.writelines(json.dumps(row(number)) + "\n" for number in range(count))
        with serving(root / "bare") as url:
            limit = child("bare", project, url, count, jobs)
        with serving(root / "ours") as url:
            found = child("ours", project, url, count, jobs)
            check(url, project, count)
    planning = {"cpu": found["plan_cpu"], "wall": found["plan_wall"]}
    cpu, wall = found["cpu"] / limit["cpu"], found["wall"] / limit["wall"]
    print(f"{count:,} samples in chunks of {CHUNK}, {jobs} jobs")
    for what, took in ("bare loop", limit), ("plan", planning), ("apply", found):
        print(f"  {what:10} {took['cpu']:6.2f} s CPU {took['wall']:6.2f} s wall")
    print(f"  {'ratio':10} {cpu:6.2f}   CPU {wall:6.2f}   wall (at most {MOST})")
    return cpu, wall


def main() -> int:
    """Print the figures; fail where an apply takes too long beside the bare loop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--jobs", type=int, default=8)
    parser.add_argument("--quick", action="store_true", help="10,000 samples")
    parser.add_argument("--role", choices=("bare", "ours"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.role == "bare":
        print(json.dumps(bare(options.url, options.samples, options.jobs)))
        return 0
    if options.role == "ours":
        print(json.dumps(ours(options.folder, options.url, options.jobs)))
        return 0
    count = 10_000 if options.quick else options.samples
    _, wall = compare(count, options.jobs)
    return int(wall > MOST)


if __name__ == "__main__":
    sys.exit(main())
