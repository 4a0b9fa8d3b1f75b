"""Loading a large manifest against PyYAML's CSafeLoader: ratios of processor time.

The collector is off for CSafeLoader, which halves its time; dsac has to see to that
itself. All take turns in one process; the best of a few times each is compared.
"""

import argparse
import contextlib
import gc
import io
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import yaml

from dsac.cli import run
from dsac.manifests.document import Document
from dsac.manifests.problems import Problems
from dsac.manifests.scalars import Variables
from dsac.manifests.yaml_loader import load

LOADING = 0.5
VALIDATING = 0.8
"""So much of CSafeLoader's processor time may loading, and validating, take."""

CITIES = ("London", "Paris", "São Paulo", "Den Haag")
HEAD = """\
dataset: jane/flowers
task_type: segmentation-bitmap
categories:
  - {id: 1, name: rose}
  - {id: 2, name: violet}
samples:
"""
IMAGE = "https://images.example.com/field"
Result = TypeVar("Result")


@dataclass(frozen=True)
class Shape:
    """A way to write samples: one of them by number, and how many labels it has."""

    write: Callable[[int], str]
    labels: int = 0


def mixed(number: int) -> str:
    """Write a sample of about 230 bytes, both ways."""
    return (
        f"  - name: {number:06}.jpg\n"
        f"    image: {IMAGE}/{number:06}.jpg\n"
        f"    metadata: {{city: {CITIES[number % 4]}, row: {number}, sunny: true}}\n"
        f"    priority: {number % 10}.5\n"
        "    labels:\n"
        "      ground-truth:\n"
        "        annotations:\n"
        f"          - {{id: 1, category: {('rose', 'violet')[number % 2]}}}\n"
    )


def bare(number: int) -> str:
    """Write a sample that is a name and an image."""
    return f"  - {{name: {number:06}.jpg, image: {IMAGE}/{number:06}.jpg}}\n"


def flow(number: int) -> str:
    """Write a sample in brackets, words in quotes."""
    return (
        f'  - {{name: {number:06}.jpg, image: "{IMAGE}/{number:06}.jpg", '
        f"metadata: {{city: '{CITIES[number % 4]}', row: {number}, sunny: true}}, "
        f"priority: {number % 10}, labels: {{ground-truth: {{annotations: "
        "[{id: 1, category: rose}, {id: 2, category: violet}]}}}\n"
    )


def block(number: int) -> str:
    """Write a sample without brackets."""
    return (
        f"  - name: {number:06}.jpg\n"
        f"    image: {IMAGE}/{number:06}.jpg\n"
        "    metadata:\n"
        f"      city: {CITIES[number % 4]}\n"
        f"      row: {number}\n"
        "      sunny: true\n"
        f"    priority: {number % 7}\n"
    )


def boxes(number: int) -> str:
    """Write a sample whose label is in the form of the API, with three boxes."""
    rows = (
        f"            - {{id: {key}, category_id: {1 + key % 2}, type: bbox, "
        f"points: [[{number % 640}.5, {key}.25], [{number % 480 + key}, {key}]]}}\n"
        for key in range(3)
    )
    return (
        f"  - name: {number:06}.jpg\n"
        f"    image: {IMAGE}/{number:06}.jpg\n"
        "    labels:\n"
        "      ground-truth:\n"
        "        attributes:\n"
        "          format_version: '0.1'\n"
        "          annotations:\n"
        f"{''.join(rows)}"
    )


def merges(number: int) -> str:
    """Write a sample that merges the first one."""
    name = f"name: {number:06}.jpg"
    if number:
        image = f"{IMAGE}/{number:06}.jpg"
        return f"  - {{<<: *first, {name}, image: {image}, priority: {number % 9}}}\n"
    return f"  - &first {{{name}, image: {IMAGE}/0.jpg, metadata: {{city: Paris}}}}\n"


SHAPES = {
    "mixed": Shape(mixed, labels=1),
    "bare": Shape(bare),
    "flow": Shape(flow, labels=1),
    "block": Shape(block),
    "boxes": Shape(boxes, labels=1),
    "merges": Shape(merges),
}


def manifest(shape: Shape, count: int) -> str:
    """Write a manifest of samples."""
    return HEAD + "".join(map(shape.write, range(count)))


def timed(work: Callable[[], Result]) -> tuple[float, Result]:
    """Give processor time and result of a run."""
    gc.collect()
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def by_pyyaml(data: bytes) -> object:
    """Load as fast as PyYAML can."""
    gc.disable()
    try:
        return yaml.load(data, Loader=yaml.CSafeLoader)  # noqa: TID251 - this is what is compared with
    finally:
        gc.enable()


def loaded(data: bytes) -> Document:
    """Load as dsac does."""
    problems = Problems()
    (document,) = load(
        data, "flowers.yaml", variables=Variables({}, {}), problems=problems
    )
    problems.raise_any()
    return document


def validated(folder: Path) -> str:
    """Run the whole command; its output is the result."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        status = run(["-C", str(folder), "validate"])
    return f"{output.getvalue().strip()} ({status})"


def checked(document: Document, reference: object, text: str, count: int) -> bool:
    """Tell whether values and positions are right."""
    where = document.position("samples", count - 1, "name")
    line = text.splitlines()[where.line - 1][where.column - 1 :]
    found: object = document.root
    return bool(found == reference) and line.startswith(f"{count - 1:06}.jpg")


def measured(name: str, count: int, rounds: int) -> bool:
    """Print both ratios of a shape; tell whether they are under the bars."""
    shape = SHAPES[name]
    text = manifest(shape, count)
    data = text.encode()
    times = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "dsac.yaml").write_text("project: flowers\nremote: local\n")
        (root / "manifests").mkdir()
        (root / "manifests" / "flowers.yaml").write_bytes(data)
        for _ in range(rounds):
            base, reference = timed(lambda: by_pyyaml(data))
            load_time, document = timed(lambda: loaded(data))
            validate_time, output = timed(lambda: validated(root))
            times.append((base, load_time, validate_time))
    plain, ours, whole = map(min, zip(*times, strict=True))
    labels = count * shape.labels
    expected = f"Valid: 1 dataset, {count} samples, {labels} labels. (0)"
    if output != expected or not checked(document, reference, text, count):
        print(f"{name}: the result is wrong: {output}")
        return False
    print(
        f"{name:7} {count} samples, {len(data) / 1e6:5.1f} MB: CSafeLoader "
        f"{plain:5.2f} s; loading {ours:5.2f} s: {ours / plain:.2f}; "
        f"validating {whole:5.2f} s: {whole / plain:.2f}",
        flush=True,
    )
    return bool(ours / plain <= LOADING and whole / plain <= VALIDATING)


def main() -> int:
    """Print the ratios of each shape; fail above the bars."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="20,000 samples, 3 times")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--shape", choices=list(SHAPES), action="append")
    options = parser.parse_args()
    count, rounds = (20_000, 3) if options.quick else (100_000, options.rounds)
    names = options.shape or (["mixed", "block"] if options.quick else list(SHAPES))
    kept = [measured(name, count, rounds) for name in names]
    return int(not all(kept))


if __name__ == "__main__":
    sys.exit(main())
