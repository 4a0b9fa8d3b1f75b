"""The file phase of a plan against a bare loop of stat: ratios of CPU time."""

import argparse
import gc
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from dsac.assets.bitmaps import encode
from dsac.assets.cache import FileCache
from dsac.assets.files import Inspector
from dsac.core.values import Upload
from dsac.errors import Position
from dsac.manifests.files import Files
from dsac.manifests.globbing import matching
from dsac.manifests.problems import Problems

LIMIT = 3.0
"""The phase may cost so many times as much as the bare loop."""

FOLDER = 1000
"""So many files are in one folder."""

ROUNDS = 5
WHERE = Position("manifests/a.yaml", 1, 1)


def make(root: Path, count: int) -> list[str]:
    """Write images into folders; give their paths as a manifest has them."""
    import numpy as np

    image = encode(np.ones((4, 4), np.uint32))
    names = [f"{n // FOLDER:04d}/frame_{n:07d}.png" for n in range(count)]
    for name in names:
        path = root / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # What stands behind the end of a PNG makes the files differ.
        path.write_bytes(image + name.encode())
    (root / "manifests").mkdir()
    return [f"../images/{name}" for name in names]


def phase(root: Path, names: Callable[[], list[str]], folder: Path) -> int:
    """Do what a plan does with its files; give how many it had to open."""
    cache = FileCache(root / ".dsac" / "cache" / "files", root)
    inspector, problems = Inspector(root, cache), Problems()
    files = Files(root, problems, cache)
    found = [files.upload(name, folder, where=WHERE, image=True) for name in names()]
    files.inspect(inspector, jobs=os.cpu_count() or 1)
    cache.save()
    problems.raise_any()
    if inspector.opened == 0 and not all(
        isinstance(item, Upload) and item.sha256 for item in found
    ):
        raise SystemExit("a file has no digest")
    return inspector.opened


def best(work: Callable[[], object]) -> float:
    """Give the least CPU time, in seconds, the collector off as in a plan."""
    durations = []
    gc.disable()
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        durations.append(time.process_time() - start)
    gc.enable()
    return min(durations)


def bare(paths: list[str]) -> None:
    """Ask for the stat of each path, and do nothing with it."""
    for path in paths:
        os.stat(path)  # noqa: PTH116 - nothing is barer


def main() -> int:
    """Print the figures; fail if the bar is missed or an unchanged file is opened."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only 20,000 files")
    parser.add_argument("--files", type=int, default=100_000)
    arguments = parser.parse_args()
    count = 20_000 if arguments.quick else arguments.files
    missed = False
    with tempfile.TemporaryDirectory() as place:
        root = Path(place).resolve()
        names = make(root, count)
        manifests, images = root / "manifests", root / "images"
        paths = [os.path.normpath(manifests / name) for name in names]
        start = time.perf_counter()
        opened = phase(root, lambda: names, manifests)
        took = time.perf_counter() - start
        print(f"{count} files, first plan: {opened} opened, {took:.2f} s of wall time")
        time.sleep(0.2)  # files written a moment ago are read once more
        phase(root, lambda: names, manifests)
        size = (root / ".dsac" / "cache" / "files").stat().st_size
        print(f"cache: {size / count:.0f} bytes a file")
        limit = best(lambda: bare(paths))
        print(f"{'bare os.stat':24} {limit:8.3f} CPU s")
        phases: dict[str, Callable[[], int]] = {
            "named one by one": lambda: phase(root, lambda: names, manifests),
            "matched by a glob": lambda: phase(
                root, lambda: matching(images, "**/*.png"), images
            ),
        }
        for kind, work in phases.items():
            opened = work()
            own = best(work)
            print(
                f"{kind:24} {own:8.3f} CPU s {own / limit:6.2f} times, {opened} opened"
            )
            missed = missed or opened > 0 or own > LIMIT * limit
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
