"""An apply of many labels against a server that limits its rate: refusals, and time.

The time is held against what the rate allows; a second's worth may come at once.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MOST_REFUSED, MOST_TIME = 0.02, 1.25

HEAD = """\
dataset: jane/flowers
task_type: bboxes
categories: [{id: 1, name: rose}]
samples:
"""
BOX = "{id: 1, category_id: 1, type: bbox, points: [[0, 0], [9, 9]]}"
LABEL = f"{{attributes: {{format_version: '0.1', annotations: [{BOX}]}}}}"


def row(number: int) -> str:
    """Write one labelled sample of a manifest."""
    image = f"https://x.test/{number}.jpg"
    labels = f"{{ground-truth: {LABEL}}}"
    return f"  - {{name: s{number:06}, image: {image}, labels: {labels}}}\n"


@contextmanager
def serving(folder: Path, rate: float, latency: float) -> Iterator[str]:
    """Run `dsac serve` with a limit, and give its URL."""
    command = [
        *(sys.executable, "-m", "dsac", "serve", "--port", "0"),
        *("--data", str(folder), "--account", "jane:jane-key"),
        *("--rate-limit", f"{rate}/s", "--latency-ms", str(latency)),
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        yield process.stdout.readline().split()[5]
        process.terminate()


def main() -> int:
    """Print the figures; fail outside the bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", type=int, default=3000)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--jobs", type=int, default=8)
    parser.add_argument("--latency-ms", type=float, default=0)
    options = parser.parse_args()
    folder = tempfile.TemporaryDirectory(prefix="dsac-rate-")
    with folder as name:
        root = Path(name)
        (root / "dsac.yaml").write_text("project: flowers\n")
        rows = "".join(row(number) for number in range(options.labels))
        (root / "manifests").mkdir()
        (root / "manifests" / "flowers.yaml").write_text(HEAD + rows)
        with serving(root / "data", options.rate, options.latency_ms) as url:
            began = time.monotonic()
            ran = subprocess.run(
                [
                    *(sys.executable, "-m", "dsac", "apply", "--auto-approve", "-v"),
                    *("-C", name, "--remote", url, "--jobs", str(options.jobs)),
                ],
                env={**os.environ, "SEGMENTS_API_KEY": "jane-key"},
                capture_output=True,
                text=True,
                check=False,
            )
            took = time.monotonic() - began
    return report(ran.stdout + ran.stderr, ran.returncode, took, options.rate)


def report(said: str, code: int, took: float, rate: float) -> int:
    """Print what happened and tell whether it is within the bounds."""
    found = re.search(r"requests: (\d+) .*, (\d+) refused", said)
    if code or not found:
        print(said)
        return 1
    requests, refused = map(int, found.groups())
    allowed = (requests - refused) / rate
    print(
        f"{requests} requests, {refused} refused ({refused / requests:.2%}), "
        f"{took:.1f} s where the rate allows {allowed:.1f} s: {took / allowed:.3f}"
    )
    within = refused <= MOST_REFUSED * requests and took <= MOST_TIME * allowed
    return int(not within)


if __name__ == "__main__":
    sys.exit(main())
