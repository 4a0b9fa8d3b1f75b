"""Faults: drawn from a seed, before or after the work, and a limit of rates."""

import json
from collections import Counter
from collections.abc import Callable

import pytest
import requests

from dsac.emulator import Account, Faults, create_app
from dsac.emulator.faults import Bucket, Fate, Faulty, fate, kind_of
from dsac.errors import RateLimitedError, ServerError, TransportError
from dsac.remote.client import Client
from dsac.remote.transport import Transport
from tests.clocks import StoppedClock


@pytest.fixture
def opened(tmp_path):
    """Open clients of apps on one data folder, each with its own faults."""
    transports: list[Transport] = []

    def client(**faults: float) -> Client:
        app = create_app(
            tmp_path / "data",
            accounts=[Account("jane", "jane-key")],
            faults=Faults(**faults),  # type: ignore[arg-type]
        )
        transport = Transport(
            "http://dsac.invalid", key="jane-key", clock=StoppedClock()
        )
        transport.mount_wsgi(app.wsgi_app)
        transports.append(transport)
        return Client(transport)

    yield client
    for transport in transports:
        transport.close()


FIELDS = {"description": ""}


def test_a_failure_comes_before_the_work(opened):
    with pytest.raises(ServerError, match="asked for"):
        opened(fail_rate=1).add_dataset("jane/flowers", FIELDS)
    assert opened().transport.request("GET", "/user/datasets/").json() == []


@pytest.mark.parametrize("rate", ["lose_reply_rate", "truncate_rate"])
def test_a_lost_or_cut_answer_comes_after_the_work(opened, rate):
    with pytest.raises((TransportError, requests.RequestException)):
        opened(**{rate: 1}).transport.request(
            "POST", "/user/datasets/", body=b'{"name": "flowers"}'
        )
    found = opened().transport.request("GET", "/user/datasets/").json()
    assert [item["name"] for item in found] == ["flowers"]


def test_a_reset_comes_before_the_work(opened):
    with pytest.raises(TransportError):
        opened(reset_rate=1).transport.request(
            "POST", "/user/datasets/", body=b'{"name": "flowers"}'
        )
    assert opened().transport.request("GET", "/user/datasets/").json() == []


def test_reads_get_through_where_a_third_of_the_requests_goes_wrong(opened):
    client = opened(
        fail_rate=0.1, reset_rate=0.1, lose_reply_rate=0.05, truncate_rate=0.05, seed=3
    )
    for _ in range(50):
        assert client.get_user().username == "jane"
    assert client.transport.counts().retries > 5


def test_the_same_seed_repeats_the_same_fates():
    faults = Faults(fail_rate=0.3, lose_reply_rate=0.3, seed=7)
    kinds = [("PUT labels", number) for number in range(200)]
    first = [fate(faults, *item) for item in kinds]
    assert [fate(faults, *item) for item in kinds] == first
    other = Faults(fail_rate=0.3, lose_reply_rate=0.3, seed=8)
    assert [fate(other, *item) for item in kinds] != first


def test_rates_are_kept_to():
    faults = Faults(
        fail_rate=0.1, reset_rate=0.2, lose_reply_rate=0.3, truncate_rate=0.2
    )
    seen = Counter(fate(faults, "GET user", number)[0] for number in range(5000))
    expected = {
        Fate.FAIL: 0.1,
        Fate.RESET: 0.2,
        Fate.LOSE_REPLY: 0.3,
        Fate.TRUNCATE: 0.2,
        Fate.NONE: 0.2,
    }
    for kind, rate in expected.items():
        assert seen[kind] / 5000 == pytest.approx(rate, abs=0.03)


def test_a_fate_belongs_to_the_kind_of_a_request_and_its_number_not_to_names():
    assert kind_of("GET", "/datasets/jane/flowers/samples/") == "GET datasets samples"
    assert kind_of("GET", "/datasets/bob/trees/samples") == "GET datasets samples"
    assert kind_of("DELETE", "/datasets/bob/trees/") == "DELETE datasets"
    assert kind_of("GET", "/samples/1/") == kind_of("GET", "/samples/2")


@pytest.mark.parametrize(
    "rates",
    [{"fail_rate": 0.6, "reset_rate": 0.6}, {"latency": -1}, {"fail_rate": -0.1}],
)
def test_rates_that_can_not_be_are_refused(rates):
    with pytest.raises(ValueError, match="between 0 and 1"):
        Faults(**rates)


@pytest.mark.parametrize("field", ["fail_rate", "latency", "rate_limit"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_plain_number_is_refused(field, value):
    with pytest.raises(ValueError, match="plain numbers"):
        Faults(**{field: value})


def test_above_the_rate_there_is_429_with_retry_after(tmp_path):
    app = create_app(tmp_path, accounts=[Account("jane", "jane-key")])
    limited = Faulty(app.wsgi_app, Faults(rate_limit=1), now=lambda: 0.0)
    clock = StoppedClock()
    with Transport("http://dsac.invalid", key="jane-key", clock=clock) as transport:
        transport.mount_wsgi(limited)
        assert transport.request("GET", "/user").status_code == 200
        with pytest.raises(RateLimitedError) as caught:
            transport.request("POST", "/user/datasets/", body=b"{}")
    assert caught.value.retry_after == 1
    assert "throttled" in caught.value.detail


def test_a_bucket_lets_through_what_the_rate_allows():
    now = [0.0]
    bucket = Bucket(10, lambda: now[0])
    assert [bucket.take() for _ in range(10)] == [0.0] * 10
    assert bucket.take() == pytest.approx(0.1)
    now[0] = 0.2
    assert [bucket.take() for _ in range(2)] == [0.0, 0.0]
    assert bucket.take() > 0


def test_latency_holds_every_answer_back():
    slept: list[float] = []
    app = Faulty(lambda *_: [b""], Faults(latency=0.25), sleep=slept.append)
    app({"REQUEST_METHOD": "GET", "PATH_INFO": "/user"}, lambda *_: len)
    assert slept == [0.25]


def test_what_an_app_writes_is_cut_too():
    def app(_, start_response):
        start_response("200 OK", [("Content-Length", "4")])(b"ab")
        return [b"cd"]

    heads: list[tuple[str, list[tuple[str, str]]]] = []

    def started(
        status: str, headers: list[tuple[str, str]]
    ) -> Callable[[bytes], object]:
        heads.append((status, headers))
        return bytearray().extend

    faulty = Faulty(app, Faults(truncate_rate=1))
    body = faulty({"REQUEST_METHOD": "GET", "PATH_INFO": "/"}, started)
    assert list(body) == [b"ab"]
    assert heads == [("200 OK", [("Content-Length", "4")])]


def test_failures_say_so_in_json(opened):
    with pytest.raises(ServerError) as caught:
        opened(fail_rate=1).transport.request("POST", "/user/datasets/", body=b"{}")
    assert json.dumps(caught.value.detail) == '"This fault was asked for."'
