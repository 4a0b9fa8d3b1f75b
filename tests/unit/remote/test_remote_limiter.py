"""The limiter against servers that count requests, in a time of its own."""

from collections import deque

import pytest

from dsac.emulator.faults import Bucket
from dsac.remote.clock import Clock
from dsac.remote.limiter import FIRST_CUT, SLOWEST, Limiter, Turn
from tests.clocks import StoppedClock


class Window:
    """Lets so many requests through in a period, as a sliding window does."""

    def __init__(self, most: int, period: float, clock: Clock) -> None:
        self.most, self.period, self.clock = most, period, clock
        self.times: deque[float] = deque()

    def take(self) -> float:
        now = self.clock.now()
        while self.times and self.times[0] <= now - self.period:
            self.times.popleft()
        if len(self.times) < self.most:
            self.times.append(now)
            return 0.0
        return self.times[0] + self.period - now


def sent(
    limiter: Limiter, clock: StoppedClock, server: Bucket | Window, count: int
) -> int:
    """Send so many requests, each until it is let through; count the refusals."""
    refused = 0
    for _ in range(count):
        while True:
            turn = limiter.turn(clock.sleep)
            clock.time += 0.001
            wait = server.take()
            if not wait:
                limiter.passed()
                break
            refused += 1
            limiter.refused(turn, float(-(-wait // 1)))
    return refused


@pytest.mark.parametrize("rate", [10.0, 50.0, 200.0])
def test_a_server_that_allows_a_rate_is_used_to_the_full_and_seldom_refuses(rate):
    clock = StoppedClock()
    limiter = Limiter(clock)
    count = int(rate * 60)
    refused = sent(limiter, clock, Bucket(rate, clock.now), count)
    assert refused <= 0.02 * count
    assert clock.time <= 1.25 * count / rate


def test_a_server_that_counts_by_windows_is_used_to_the_full():
    clock = StoppedClock()
    refused = sent(Limiter(clock), clock, Window(300, 10.0, clock), 3000)
    assert refused <= 60
    assert clock.time <= 1.25 * 3000 / 30


def test_nothing_is_limited_before_a_refusal():
    clock = StoppedClock()
    limiter = Limiter(clock)
    assert sent(limiter, clock, Bucket(1e9, clock.now), 1000) == 0
    assert clock.time == pytest.approx(1.0)
    assert limiter.rate == float("inf")


def test_requests_that_were_on_their_way_do_not_cut_the_rate_again():
    clock = StoppedClock()
    limiter = Limiter(clock)
    turns = [limiter.turn(clock.sleep) for _ in range(8)]
    for _ in range(92):
        limiter.passed()
    clock.time = 1.0
    for turn in turns:
        limiter.refused(turn, 1.0)
    assert limiter.rate == pytest.approx(92 * FIRST_CUT)


def test_whoever_waits_for_a_turn_waits_anew_after_a_refusal():
    clock = StoppedClock()
    limiter = Limiter(clock)
    early = limiter.turn(clock.sleep)
    limiter.refused(early, 1.0)
    later = Turn(limiter.turn(clock.sleep).epoch, 0.0)
    slept: list[float] = []

    def sleep(duration: float) -> None:
        clock.time += duration
        slept.append(duration)
        if len(slept) == 1:
            limiter.refused(later, 30.0)

    turn = limiter.turn(sleep)
    assert len(slept) == 2
    assert turn.waited == pytest.approx(sum(slept))
    assert turn.waited > 30


def test_the_rate_grows_by_steps_and_faster_when_it_is_calm_for_long():
    clock = StoppedClock()
    limiter = Limiter(clock)
    limiter.refused(limiter.turn(clock.sleep), 0.0)
    rates = []
    for moment in (0, 10, 20, 40, 120):
        clock.time = float(moment)
        rates.append(limiter.rate)
    assert rates[0] == SLOWEST
    first, second = rates[1] - rates[0], rates[2] - rates[1]
    assert first == pytest.approx(second)
    assert rates[3] - rates[2] > 2 * second
    assert rates[4] > 20 * rates[0]


def test_a_pause_says_nothing_about_what_a_server_allows():
    clock = StoppedClock()
    limiter = Limiter(clock)
    for _ in range(50):
        limiter.turn(clock.sleep)
        limiter.passed()
    clock.time = 1.0
    limiter.turn(clock.sleep)
    clock.time = 1001.0
    limiter.refused(limiter.turn(clock.sleep), 1.0)
    assert limiter.rate > 10


def test_one_failure_among_many_is_no_overload_and_many_at_once_are_one():
    clock = StoppedClock()
    limiter = Limiter(clock)
    for _ in range(100):
        turn = limiter.turn(clock.sleep)
        clock.time += 0.01
        for _ in range(20):
            limiter.passed()
        limiter.overloaded(turn)
    assert limiter.rate == float("inf")
    for _ in range(10):
        limiter.overloaded(limiter.turn(clock.sleep))
    cut = limiter.rate
    assert 100 < cut < 2000
    clock.time += 6
    for _ in range(10):
        limiter.overloaded(limiter.turn(clock.sleep))
    assert cut / 3 < limiter.rate < cut
