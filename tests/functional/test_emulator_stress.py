"""Many clients at once: a short run of the benchmark, which goes on for a minute."""

from pathlib import Path

import pytest

from benchmarks.emulator_stress import stress
from tests.endurance.process import serving

pytestmark = pytest.mark.search


@pytest.mark.endurance
def test_many_clients_lose_nothing_and_meet_no_failure(tmp_path: Path):
    with serving(tmp_path) as served:
        result = stress(served, seconds=0, clients=16, seed=1, least=150)
    assert result.problems == []
    # Some steps send nothing yet: their writer has not made what they are about.
    assert result.statuses.total() >= 16 * 100
    assert {200, 201, 204, 400} <= result.statuses.keys()
