"""Bulk calls shrink until the server takes them; one bad row costs no other."""

import gzip
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import pytest

from dsac.errors import ServerError
from dsac.remote.bodies import NewSampleBody
from dsac.remote.bulk import MOST_BAD, create
from dsac.remote.client import Client
from dsac.remote.transport import Transport
from tests.clocks import StoppedClock

Rows = list[NewSampleBody]


class Picky:
    """Takes up to so many rows in one call, and none that is bad."""

    def __init__(self, most: int, status: int) -> None:
        self.most, self.status = most, status
        self.bad: set[str] = set()
        self.sizes: list[int] = []

    def __call__(self, environ: Any, start: Any) -> Iterable[bytes]:
        data = environ["wsgi.input"].read()
        zipped = environ.get("HTTP_CONTENT_ENCODING") == "gzip"
        rows = msgspec.json.decode(gzip.decompress(data) if zipped else data)
        self.sizes.append(len(rows))
        bad = {row["name"] for row in rows} & self.bad
        status = self.status if len(rows) > self.most else 400 if bad else 201
        body = [{**row, "uuid": row["name"]} for row in rows]
        start(f"{status} x", [])
        return [msgspec.json.encode(body if status == 201 else {"detail": "no"})]


@pytest.fixture
def opened() -> Iterator[Any]:
    transport = Transport("http://dsac.invalid", key="k", clock=StoppedClock())

    def make(most: int = 1000, status: int = 413) -> tuple[Client, Picky]:
        picky = Picky(most, status)
        transport.mount_wsgi(picky)
        return Client(transport), picky

    yield make
    transport.close()


def rows(count: int) -> Rows:
    return [NewSampleBody(name=f"{number}") for number in range(count)]


@pytest.mark.parametrize("status", [400, 409, 413, 422, 502, 504])
def test_a_call_that_is_too_large_is_sent_in_parts(opened, status):
    client, picky = opened(3, status)
    parts = list(create(client, "jane/flowers", rows(10)))
    names = [row.name for part in parts for row in part.answer]
    assert names == [f"{number}" for number in range(10)]
    assert not any(part.error for part in parts)
    if status in {502, 504}:
        assert picky.sizes == [10, 10, 5, 5, 3, 2, 5, 5, 3, 2]
    else:
        assert picky.sizes == [10, 5, 3, 2, 5, 3, 2]


def test_a_bad_row_is_found_and_takes_no_other_with_it(opened):
    client, picky = opened()
    picky.bad = {"3", "7"}
    parts = list(create(client, "jane/flowers", rows(10)))
    bad = [row.name for part in parts if part.error for row in part.rows]
    good = [row.name for part in parts for row in part.answer]
    assert sorted(bad) == ["3", "7"]
    assert len(good) == 8


def test_many_bad_rows_are_not_picked_out_one_by_one(opened):
    client, picky = opened()
    picky.bad = {f"{number}" for number in range(1000)}
    parts = list(create(client, "jane/flowers", rows(1000)))
    assert sum(len(part.rows) for part in parts) == 1000
    assert all(part.error for part in parts)
    assert len(picky.sizes) < 4 * MOST_BAD


@pytest.mark.parametrize("status", [502, 504])
def test_a_gateway_that_takes_not_even_one_row_is_not_asked_for_each(opened, status):
    client, picky = opened(0, status)
    parts = list(create(client, "jane/flowers", rows(1000)))
    assert sum(len(part.rows) for part in parts) == 1000
    assert all(isinstance(part.error, ServerError) for part in parts)
    assert len(picky.sizes) < 30


def test_other_errors_are_of_all_rows(opened):
    client, picky = opened(0, 403)
    (part,) = create(client, "jane/flowers", rows(10))
    assert part.error is not None
    assert len(picky.sizes) == 1
