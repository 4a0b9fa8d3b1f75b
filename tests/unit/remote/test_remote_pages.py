"""Lists are read to their end, whatever a server makes of the size of pages."""

import json
from collections.abc import Callable
from math import ceil
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from requests.adapters import BaseAdapter

from dsac.errors import NotFoundError, ServerError
from dsac.remote.calls import smaller
from dsac.remote.client import Client
from dsac.remote.transport import Transport
from tests.clocks import StoppedClock


class Rows(BaseAdapter):
    """Serves pages of rows, with a cap on their size and a size that is too much."""

    def __init__(self, rows: int, *, cap: int, limit: int, invalid: bool) -> None:
        super().__init__()
        self.rows, self.cap, self.limit, self.invalid = rows, cap, limit, invalid
        self.asked: list[tuple[int, int]] = []

    def send(self, request: requests.PreparedRequest, **_: object) -> requests.Response:  # type: ignore[override]
        query = parse_qs(urlsplit(request.url or "").query)
        size, page = int(query["per_page"][0]), int(query["page"][0])
        self.asked.append((size, page))
        response = requests.Response()
        response.status_code, body = self.answer(min(size, self.cap), page)
        response._content = json.dumps(body).encode()
        response.url = request.url or ""
        return response

    def answer(self, size: int, page: int) -> tuple[int, object]:
        if size > self.limit:
            return 502, {"detail": "bad gateway"}
        start = (page - 1) * size
        found = range(self.rows)[start : start + size]
        if not found and page > 1 and self.invalid:
            return 404, {"detail": "Invalid page."}
        return 200, [{"uuid": str(row), "name": str(row)} for row in found]

    def close(self) -> None:
        """Hold nothing."""


@pytest.fixture
def read():
    """List all rows of a server; give their uuids, and the pages that were asked."""

    def listed(
        rows: int,
        *,
        cap: int = 10**6,
        limit: int = 10**6,
        invalid: bool = True,
        per_page: int = 1000,
    ) -> tuple[list[int], list[tuple[int, int]]]:
        server = Rows(rows, cap=cap, limit=limit, invalid=invalid)
        with Transport(
            "http://dsac.invalid", key="k", clock=StoppedClock()
        ) as transport:
            transport._session.mount("http://dsac.invalid", server)
            pages = Client(transport).list_samples("jane/flowers", per_page=per_page)
            found = [int(item.uuid) for page in pages for item in page]
        return found, server.asked

    return listed


Read = Callable[..., tuple[list[int], list[tuple[int, int]]]]


@pytest.mark.parametrize("invalid", [True, False])
@pytest.mark.parametrize("rows", [0, 1, 99, 100, 101, 250])
def test_a_list_ends_with_an_empty_page_or_with_invalid_page(read: Read, rows, invalid):
    found, asked = read(rows, per_page=100, invalid=invalid)
    assert found == list(range(rows))
    assert len(asked) == ceil(rows / 100) + 1


def test_a_server_may_cap_the_size_of_pages(read: Read):
    found, asked = read(250, cap=100)
    assert found == list(range(250))
    assert len(asked) == 4


@pytest.mark.parametrize("limit", [499, 100, 7, 1])
def test_pages_that_are_too_much_are_asked_for_in_smaller_ones(read: Read, limit):
    found, asked = read(30, limit=limit)
    assert found == list(range(30))
    assert asked[:2] == [(1000, 1), (1000, 1)]


def test_a_page_that_is_too_much_in_the_middle_loses_and_repeats_nothing(
    read, monkeypatch
):
    whole = Rows.answer

    def heavy(self: Rows, size: int, page: int) -> tuple[int, object]:
        last = page * size
        return (502, {}) if size > 10 and last > 250 else whole(self, size, page)

    monkeypatch.setattr(Rows, "answer", heavy)
    found, _ = read(333, per_page=100)
    assert found == list(range(333))
    found, _ = read(333, cap=30)
    assert found == list(range(333))


def test_one_bad_gateway_makes_no_page_smaller(read, monkeypatch):
    whole = Rows.answer
    failed: list[int] = []

    def flaky(self: Rows, size: int, page: int) -> tuple[int, object]:
        if page == 2 and not failed:
            failed.append(page)
            return 502, {}
        return whole(self, size, page)

    monkeypatch.setattr(Rows, "answer", flaky)
    found, asked = read(150, per_page=100)
    assert found == list(range(150))
    assert {size for size, _ in asked} == {100}


def test_a_server_that_can_not_even_give_one_row_is_an_error(read: Read):
    with pytest.raises(ServerError):
        read(3, limit=0, per_page=4)


def test_a_missing_dataset_is_no_empty_list(emulator):
    with pytest.raises(NotFoundError):
        list(emulator.list_samples("jane/nothing"))


def test_one_page_is_given_alone_and_behind_the_last_there_is_none(emulator):
    emulator.add_dataset("jane/flowers", {"description": ""})
    for name in "abc":
        emulator.add_sample(
            "jane/flowers", {"name": name, "attributes": {"image": {"url": "x"}}}
        )
    pages = list(emulator.list_samples("jane/flowers", per_page=2, page=2))
    assert [[item.name for item in page] for page in pages] == [["c"]]
    with pytest.raises(NotFoundError, match="Invalid page"):
        list(emulator.list_samples("jane/flowers", per_page=2, page=3))


@pytest.mark.parametrize("read", range(0, 500, 7))
def test_a_smaller_page_begins_just_behind_what_was_read(read):
    for size in (2, 3, 100, 1000):
        found = smaller(size, read=read)
        assert 1 <= found < size
        assert read % found == 0
