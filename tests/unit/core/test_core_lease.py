"""A lease in the marker: read as it was written, and ignored if it is none."""

import pytest

from dsac.core.lease import Lease, read_lease, write_lease

LEASE = Lease(token="t", owner="jane, %", host="h", place="1", process=7, until=9)


def test_a_lease_reads_as_it_was_written() -> None:
    assert write_lease(LEASE) == "t,jane%2C%20%25,h,1,7,9"
    assert read_lease(write_lease(LEASE)) == LEASE


@pytest.mark.parametrize("text", ["", "t,o,h,p,1", "t,o,h,p,x,1", "t,o,h,p,1,-1"])
def test_what_is_no_lease_holds_nobody_up(text: str) -> None:
    assert read_lease(text) is None
