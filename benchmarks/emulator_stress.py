"""Many clients at once on `dsac serve`: nothing fails, is lost, or is there twice."""

import argparse
import itertools
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.endurance.process import Connection, Served, serving
from tests.endurance.steps import step
from tests.endurance.truth import losses, read
from tests.endurance.writer import Writer, prepare

SHOWN = 20


@dataclass(frozen=True)
class Result:
    """How a run went."""

    statuses: Counter[int]
    problems: Sequence[str]
    memory: float
    """MB."""


def stress(
    served: Served, *, seconds: float, clients: int, seed: int, least: int = 0
) -> Result:
    """Let clients write and read for some time, then check what is there.

    Args:
        served: The server.
        seconds: How long they do so.
        clients: How many there are.
        seed: Chooses what they do.
        least: Steps that each of them takes, however long that lasts.
    """
    connection = Connection(served.port)
    prepare(connection)
    writers = [
        Writer(f"w{number}", random.Random(f"{seed} {number}"))
        for number in range(clients)
    ]
    failed: list[str] = []
    until = time.monotonic() + seconds

    def act(writer: Writer) -> None:
        own = Connection(served.port)
        try:
            for taken in itertools.count():
                if taken >= least and time.monotonic() >= until:
                    break
                step(writer, own)
        except Exception as error:  # noqa: BLE001 - reported below, with its client
            failed.append(f"{writer.name}: {error!r}")
        own.close()

    threads = [threading.Thread(target=act, args=(writer,)) for writer in writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    statuses = sum((writer.statuses for writer in writers), Counter[int]())
    problems = [*failed, *losses(read(connection, writers), writers)]
    connection.close()
    return Result(statuses, problems, served.peak_memory())


def main() -> int:
    """Print the figures; fail if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args()
    folder = tempfile.TemporaryDirectory(prefix="dsac-stress-")
    with folder as data, serving(Path(data)) as served:
        result = stress(
            served, seconds=options.seconds, clients=options.clients, seed=options.seed
        )
    count = result.statuses.total()
    print(
        f"{options.clients} clients, {options.seconds:.0f} s, seed {options.seed}: "
        f"{count} requests, {count / options.seconds:.0f}/s; by status "
        f"{dict(sorted(result.statuses.items()))}; {result.memory:.0f} MB"
    )
    for problem in result.problems[:SHOWN]:
        print(f"wrong: {problem}")
    print(f"{len(result.problems)} things are wrong")
    return int(bool(result.problems))


if __name__ == "__main__":
    sys.exit(main())
