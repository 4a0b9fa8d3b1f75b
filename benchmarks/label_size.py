"""A plan of labels that do not change: its memory does not grow with their size.

A thousand samples with a label of 1 kB each, then of 1 MB each, in the index and on the
platform; the server that replays the pages is a process of its own.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.plan_size import measured, serving, write_dataset

LABELS = 1000
SMALL, LARGE = 1_000, 1_000_000
MORE = 150
"""MB at the most above what labels of 1 kB take."""

MANIFEST = """\
dataset: acme/many
task_type: bboxes
categories: [{id: 1, name: rose}]
labelsets: {model: {owner: manifest}}
samples: [{index: many.jsonl}]
"""
PROJECT = "project: many\nremote: {remote}\nmanifests: [manifests]\n"


def attributes(number: int, size: int) -> dict[str, Any]:
    """Give the attributes of a label, of about so many bytes."""
    points = [[number + 0.5, index] for index in range(max(1, size // 12))]
    annotation = {"id": 1, "category_id": 1, "type": "polygon", "points": points}
    return {"annotations": [annotation]}


def write(project: Path, pages: Path, size: int) -> None:
    """Write the index and the answers of the platform, row by row."""
    encode = msgspec.json.encode
    index = project / "manifests" / "many.jsonl"
    write_dataset(pages, LABELS, labelsets=["ground-truth", "model"])
    with index.open("wb") as stream, (pages / "model.jsonl").open("wb") as rows:
        for number in range(LABELS):
            name, label = f"{number:06}.jpg", attributes(number, size)
            image = f"https://bucket.example.com/{name}"
            labels = {"model": {"attributes": label, "score": 0.5}}
            row = {"name": name, "image": image, "labels": labels}
            stream.write(encode(row) + b"\n")
            answer = {
                "uuid": f"01a21584-dc8a-7655-ae30-{number:012x}",
                "name": name,
                "attributes": {"image": {"url": image}},
                "metadata": {"dsac": "v1 many acme/many"},
                "priority": 0.0,
                "label": {
                    "label_status": "PRELABELED",
                    "attributes": label,
                    "score": 0.5,
                    "created_by": "ci",
                },
            }
            rows.write(encode(answer) + b"\n")


def peak(size: int) -> float:
    """Plan, and give the MB that the process took at its highest."""
    with tempfile.TemporaryDirectory() as name:
        project, pages = Path(name, "project"), Path(name, "pages")
        (project / "manifests").mkdir(parents=True)
        pages.mkdir()
        (project / "manifests" / "many.yaml").write_text(MANIFEST)
        write(project, pages, size)
        with serving(pages, 0) as url:
            (project / "dsac.yaml").write_text(PROJECT.format(remote=url))
            run = measured("-m", "dsac", "plan", "--format", "json", folder=project)
    plan = json.loads(run.out)
    if plan["changes"] or plan["summary"]["unchanged"] < 2 * LABELS:
        sys.exit(f"not what was expected: {plan['summary']}")
    print(f"{LABELS:,} labels of {size:,} bytes: {run.memory:.0f} MB, {run.cpu:.1f} s")
    return run.memory


def main() -> None:
    """Compare labels of two sizes."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    more = peak(LARGE) - peak(SMALL)
    print(f"{more:.0f} MB more (bar {MORE})")
    sys.exit(more > MORE)


if __name__ == "__main__":
    main()
