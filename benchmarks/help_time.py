"""`dsac --help` against `python -c "import click"`: a ratio of wall times."""

import subprocess
import sys
import time

MOST = 3.0
TIMES = 7


def best(arguments: list[str]) -> float:
    """Give the best wall time of a few runs, in seconds."""
    durations = []
    for _ in range(TIMES):
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL
        )
        durations.append(time.perf_counter() - start)
    return min(durations)


def main() -> int:
    """Print the ratio; fail above three."""
    bare = best(["-c", "import click"])
    ours = best(["-m", "dsac", "--help"])
    print(f"import click {bare:.3f} s, dsac --help {ours:.3f} s: {ours / bare:.2f}")
    return int(ours / bare > MOST)


if __name__ == "__main__":
    sys.exit(main())
