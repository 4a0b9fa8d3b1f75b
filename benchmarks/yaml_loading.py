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
Result = TypeVar("Result")


def manifest(count: int) -> str:
    """Write a manifest of samples, about 230 bytes for each."""
    head = (
        "dataset: jane/flowers\n"
        "task_type: segmentation-bitmap\n"
        "categories:\n"
        "  - {id: 1, name: rose}\n"
        "  - {id: 2, name: violet}\n"
        "samples:\n"
    )
    return head + "".join(map(_sample, range(count)))


def _sample(number: int) -> str:
    return (
        f"  - name: field/{number:06}.jpg\n"
        f"    image: https://images.example.com/field/{number:06}.jpg\n"
        f"    metadata: {{city: {CITIES[number % 4]}, row: {number}, sunny: true}}\n"
        f"    priority: {number % 10}.5\n"
        "    labels:\n"
        "      ground-truth:\n"
        "        annotations:\n"
        f"          - {{id: 1, category: {('rose', 'violet')[number % 2]}}}\n"
    )


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


def checked(
    document: Document, reference: object, *, text: str, count: int, output: str
) -> bool:
    """Tell whether values, positions and the words of `validate` are right."""
    where = document.position("samples", count - 1, "metadata", "row")
    line = text.splitlines()[where.line - 1][where.column - 1 :]
    return (
        document.root == reference
        and line.startswith(f"{count - 1}, sunny")
        and output == f"Valid: 1 datasets, {count} samples, {count} labels. (0)"
    )


def main() -> int:
    """Print both ratios; fail above the bars."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="20,000 samples")
    count, rounds = (20_000 if parser.parse_args().quick else 100_000), 5
    text = manifest(count)
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
    bare, ours, whole = map(min, zip(*times, strict=True))
    if not checked(document, reference, text=text, count=count, output=output):
        print(f"the result is wrong: {output}")
        return 1
    print(
        f"{count} samples, {len(data) / 1e6:.1f} MB: CSafeLoader {bare:.2f} s; "
        f"loading {ours:.2f} s: {ours / bare:.2f}; "
        f"validating {whole:.2f} s: {whole / bare:.2f}"
    )
    return int(ours / bare > LOADING or whole / bare > VALIDATING)


if __name__ == "__main__":
    sys.exit(main())
