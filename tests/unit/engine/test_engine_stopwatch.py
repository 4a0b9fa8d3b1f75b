"""The stopwatch: every moment is charged to one phase, the innermost that is open."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from dsac.cli.profiling import request_lines, time_lines
from dsac.core.phases import PHASES, Spent, unmeasured
from dsac.engine.stopwatch import Stopwatch
from dsac.remote.counts import Counts

TREES = st.recursive(
    st.sampled_from(PHASES).map(lambda name: (name, ())),
    lambda inner: st.tuples(st.sampled_from(PHASES), st.lists(inner).map(tuple)),
)


class Hands:
    """Clocks that stand still until they are turned."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0

    def turn(self, wall: float, cpu: float) -> None:
        self.wall += wall
        self.cpu += cpu

    def watch(self) -> Stopwatch:
        return Stopwatch(lambda: self.wall, lambda: self.cpu)


def test_an_inner_phase_is_charged_and_the_one_around_it_is_not():
    hands = Hands()
    hands.turn(100, 0.5)
    watch = hands.watch()
    hands.turn(1, 0.25)
    with watch.phase("read"):
        hands.turn(2, 0.5)
        with watch.phase("diff"):
            hands.turn(4, 1)
        hands.turn(8, 2)
    hands.turn(16, 4)
    spent = watch.spent()
    assert {name: item for name, item in spent.items() if item.wall} == {
        "read": Spent(10, 2.5),
        "diff": Spent(4, 1),
        "other": Spent(17, 4.25),
    }
    assert watch.start == 0.5


def test_what_ends_badly_is_charged_too():
    hands = Hands()
    watch = hands.watch()
    with suppress(KeyError), watch.phase("load"):
        hands.turn(3, 1)
        raise KeyError
    hands.turn(5, 1)
    assert watch.spent()["load"] == Spent(3, 1)
    assert watch.spent()["other"] == Spent(5, 1)


def test_the_time_so_far_counts_while_a_phase_is_open():
    hands = Hands()
    watch = hands.watch()
    with watch.phase("read"):
        hands.turn(3, 1)
        assert watch.spent()["read"] == Spent(3, 1)
        hands.turn(3, 1)
    assert watch.spent()["read"] == Spent(6, 2)


def test_other_threads_open_no_phase():
    hands = Hands()
    watch = hands.watch()

    def work() -> None:
        with watch.phase("diff"):
            hands.turn(2, 1)

    with watch.phase("read"):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert watch.spent()["diff"] == Spent()
    assert watch.spent()["read"] == Spent(2, 1)


def test_who_does_not_ask_measures_nothing():
    with unmeasured("read"):
        pass


@given(st.lists(TREES))
def test_the_phases_add_up_to_the_whole(trees):
    hands = Hands()
    watch = hands.watch()
    steps = count(1)

    def walk(nodes) -> Iterator[tuple[str, int]]:
        for name, inner in nodes:
            with watch.phase(name):
                step = next(steps)
                hands.turn(step, 2 * step)
                yield name, step
                yield from walk(inner)

    expected = dict.fromkeys(PHASES, 0)
    for name, step in walk(trees):
        expected[name] += step
    found = watch.spent()
    assert {name: item.wall for name, item in found.items()} == expected
    assert sum(item.cpu for item in found.values()) == hands.cpu


def test_the_table_of_phases_is_written_with_shares():
    spent = {"load": Spent(1.5, 1), "read": Spent(0.5, 0.25), "other": Spent()}
    assert "\n".join(time_lines(spent, start=0.4)) == (
        "Profile:\n"
        "  phase       wall s   share     CPU s   share\n"
        "  load         1.500   75.0%     1.000   80.0%\n"
        "  read         0.500   25.0%     0.250   20.0%\n"
        "  other        0.000    0.0%     0.000    0.0%\n"
        "  total        2.000  100.0%     1.250  100.0%\n"
        "  before that, to start: 0.400 CPU s"
    )


def test_a_table_of_no_time_has_no_shares():
    lines = list(time_lines({"load": Spent()}, start=0))
    assert lines[2] == "  load         0.000       -     0.000       -"


def test_requests_are_told_by_method_and_in_bytes():
    counts = Counts(
        requests=4,
        methods={"POST": 1, "GET": 3},
        retries=1,
        uploads=2,
        sent=12345,
        received=6,
        waited=1.25,
    )
    assert list(request_lines(counts)) == [
        "  requests: 4 (3 GET, 1 POST)",
        "  bytes: 12,345 up, 6 down (2 uploads, 1 retries, 1.2 s waited)",
    ]
    assert next(request_lines(Counts())) == "  requests: 0"
