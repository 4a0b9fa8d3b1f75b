"""Transport: timeouts, retries, the limiter, where the key goes, what errors say."""

import gzip
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import requests

from dsac.errors import (
    AuthenticationError,
    ConflictError,
    ForbiddenError,
    GivenUpError,
    NotFoundError,
    ProtocolError,
    RateLimitedError,
    RemoteError,
    ResponseError,
    ServerError,
    TransportError,
)
from dsac.remote import transport as module
from dsac.remote.clock import Clock
from dsac.remote.failures import BY_TEXT, detail_of, failure, failure_class, seconds
from dsac.remote.retrying import (
    ATTEMPTS,
    FIRST_ATTEMPTS,
    LONGEST_WAIT,
    REFUSALS,
    Budget,
)
from dsac.remote.transport import Transport
from dsac.remote.wire import User
from dsac.remote.wsgi import WsgiAdapter
from tests.clocks import StoppedClock

ORIGIN = "http://dsac.invalid"


Answer = tuple[int, dict[str, str], bytes]


class Script:
    """A WSGI app that gives answers in turn, the last one for ever."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.answers = list(answers)
        self.seen: list[dict[str, Any]] = []

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        self.seen.append({**environ, "body": environ["wsgi.input"].read()})
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        status, headers, body = answer
        start(f"{status} Status", list(headers.items()))
        return [body]


OK: Answer = (200, {}, b'{"username": "jane"}')
Open = Callable[..., tuple[Transport, Script, StoppedClock]]


@pytest.fixture
def opened():
    found: list[Transport] = []

    def make(*answers: Answer | Exception) -> tuple[Transport, Script, StoppedClock]:
        clock, script = StoppedClock(), Script(*answers)
        transport = Transport(ORIGIN, key="secret-key", clock=clock)
        transport.mount_wsgi(script)
        found.append(transport)
        return transport, script, clock

    yield make
    for transport in found:
        transport.close()


def broken(status: int, **headers: str) -> Answer:
    return (status, {key.replace("_", "-"): text for key, text in headers.items()}, b"")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_reads_are_tried_again_with_backoff(opened, status):
    transport, script, clock = opened(broken(status), broken(status), OK)
    assert transport.json(User, "GET", "/user").username == "jane"
    assert len(script.seen) == 3
    assert clock.slept == [1, 2]
    counts = transport.counts()
    assert (counts.requests, counts.retries, counts.writes) == (3, 2, 0)
    assert counts.waited == 3


def test_a_request_is_given_up_after_so_many_attempts(opened):
    transport, script, _ = opened(broken(500))
    with pytest.raises(ServerError):
        transport.request("GET", "/user")
    assert len(script.seen) == ATTEMPTS


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_post_is_not_repeated_when_it_may_have_been_done(opened, status):
    transport, script, _ = opened(broken(status), OK)
    with pytest.raises(ServerError):
        transport.request("POST", "/x", body=b"{}")
    assert len(script.seen) == 1
    transport, script, _ = opened(broken(status), OK)
    transport.request("POST", "/x", body=b"{}", idempotent=True)
    assert len(script.seen) == 2


@pytest.mark.parametrize("status", [429, 503])
def test_a_post_that_was_not_carried_out_is_repeated(opened, status):
    transport, script, _ = opened(broken(status), OK)
    transport.request("POST", "/x", body=b"{}")
    assert len(script.seen) == 2


def test_a_lost_reply_to_a_post_is_not_repeated(opened):
    lost = requests.ConnectionError("reset by peer")
    transport, script, _ = opened(lost, OK)
    with pytest.raises(TransportError, match="refused or broke"):
        transport.request("POST", "/x", body=b"{}")
    assert len(script.seen) == 1


def test_a_lost_reply_to_a_read_is_repeated(opened):
    transport, script, _ = opened(requests.ConnectionError("reset"), OK)
    assert transport.request("GET", "/x").status_code == 200
    assert len(script.seen) == 2


def test_retry_after_makes_everybody_wait_within_a_bound(opened):
    transport, _, clock = opened(broken(429, Retry_After="7"), OK, OK)
    transport.request("GET", "/x")
    assert clock.slept == [pytest.approx(7.1)]
    transport, _, clock = opened(broken(429, Retry_After="99999"), OK)
    transport.request("GET", "/x")
    assert clock.slept == [pytest.approx(LONGEST_WAIT + 0.1)]


def test_a_server_that_is_always_too_busy_is_given_up(opened):
    transport, script, clock = opened(broken(429))
    with pytest.raises(RateLimitedError) as caught:
        transport.request("PUT", "/x")
    assert len(script.seen) == REFUSALS
    assert not caught.value.uncertain
    transport, script, clock = opened(broken(503, Retry_After="100"))
    with pytest.raises(ServerError):
        transport.request("GET", "/x")
    assert clock.time == pytest.approx(5 * LONGEST_WAIT + 0.5)


def test_a_busy_server_that_says_for_how_long_uses_up_no_attempt(opened):
    busy = broken(503, Retry_After="0")
    transport, script, _ = opened(*[busy] * ATTEMPTS, OK)
    transport.request("GET", "/x")
    assert len(script.seen) == ATTEMPTS + 1


def test_statuses_may_be_final_or_worth_one_other_attempt(opened):
    transport, script, _ = opened(broken(502))
    for more, sent in (({"final": {502}}, 1), ({"brief": {502}}, 2)):
        script.seen.clear()
        with pytest.raises(ServerError):
            transport.request("GET", "/x", **more)
        assert len(script.seen) == sent


def test_an_error_says_whether_the_request_may_have_been_carried_out(opened):
    lost = requests.ConnectionError("reset by peer")
    refused = requests.ConnectionError("NewConnectionError: refused")
    for answers, uncertain in (
        ([lost], True),
        ([requests.ReadTimeout("x")], True),
        ([broken(500)], True),
        ([broken(502), broken(400)], True),
        ([broken(400)], False),
        ([broken(429)], False),
        ([refused], False),
        ([requests.ConnectTimeout("x")], False),
    ):
        transport, _, _ = opened(*answers)
        with pytest.raises(RemoteError) as caught:
            transport.request("PUT", "/x")
        assert caught.value.uncertain is uncertain, answers
    transport, _, _ = opened(lost)
    with pytest.raises(RemoteError) as caught:
        transport.request("GET", "/x")
    assert not caught.value.uncertain
    transport, _, _ = opened((200, {}, b"<html>"))
    with pytest.raises(ProtocolError) as odd:
        transport.json(User, "PATCH", "/x")
    assert odd.value.uncertain


def test_a_run_in_which_all_fails_does_not_retry_for_hours(opened):
    transport, script, _ = opened(broken(500))
    for _ in range(200):
        with pytest.raises(ServerError):
            transport.request("GET", "/x")
    assert len(script.seen) == 200 + Budget.MOST
    script.answers = [OK]
    for _ in range(20):
        transport.request("GET", "/x")
    script.seen.clear()
    script.answers = [broken(500), OK]
    transport.request("GET", "/x")
    assert len(script.seen) == 2


class Told(StoppedClock):
    """Tells the run to end while it waits."""

    transport: Transport

    def sleep(self, duration: float, wake: object = None) -> None:
        if wake is None:
            super().sleep(duration)
        else:
            self.transport.stop()


@pytest.mark.parametrize(
    ("answer", "sent"),
    [
        (broken(429, Retry_After="30"), 1),
        (broken(500), ATTEMPTS),
        (requests.ConnectionError("reset"), ATTEMPTS),
    ],
)
def test_who_is_told_to_end_waits_shortly_at_the_most(answer, sent):
    clock, script = Told(), Script(OK, answer)
    with Transport(ORIGIN, key="k", clock=clock) as transport:
        clock.transport = transport
        transport.mount_wsgi(script)
        transport.request("GET", "/user")
        script.seen.clear()
        with pytest.raises(GivenUpError) as caught:
            transport.request("PUT", "/x")
        assert caught.value.uncertain == (sent > 1)
        assert len(script.seen) <= sent
        # 1 and 2 seconds are short, 4 would be long.
        assert clock.time <= 3
        script.answers = [OK]
        clock.time += 100
        transport.request("PUT", "/x")


def test_a_tap_hears_of_every_attempt(opened):
    heard: list[tuple[str, str, str]] = []
    with Transport(
        ORIGIN, key="k", clock=StoppedClock(), tap=lambda *told: heard.append(told)
    ) as transport:
        transport.mount_wsgi(Script(requests.ConnectionError("reset"), OK))
        transport.request("GET", "/x?secret=1")
    url = f"{ORIGIN}/x"
    assert heard == [
        ("sending", "GET", url),
        ("sending", "GET", url),
        ("answered", "GET", url),
    ]


@pytest.mark.parametrize(
    "said",
    [
        "bad key canary-key",
        "<Error><AWSAccessKeyId>canary-id</AWSAccessKeyId><Message>No.</Message>",
        "<StringToSign>canary-text</StringToSign>",
        "see https://s3.test/a.png?X-Amz-Signature=canary&X-Amz-Date=1",
        '{"x-amz-signature": "canary", "policy": "canary"}',
        "Authorization: APIKey canary-key",
    ],
)
def test_what_a_server_echoes_of_secrets_is_left_out(opened, said):
    error = failure(403, said.encode(), method="POST", url="u", secret="canary-key")
    assert "canary" not in str(error) + error.detail
    clock, script = StoppedClock(), Script((200, {}, said.encode()))
    with Transport(ORIGIN, key="canary-key", clock=clock) as transport:
        transport.mount_wsgi(script)
        with pytest.raises(ProtocolError) as caught:
            transport.json(User, "GET", "/user")
    assert "canary" not in str(caught.value)


def test_retry_after_is_read_as_seconds_or_as_a_date():
    assert seconds("1.5") == 1.5
    assert seconds("-3") == 0
    assert seconds("soon") is None
    moment = datetime(2026, 11, 23, 12, tzinfo=UTC)
    later = format_datetime(moment + timedelta(seconds=30))
    assert seconds(later, now=moment.timestamp()) == 30
    assert seconds(format_datetime(moment)) == 0


def test_a_cut_answer_is_read_again_and_in_the_end_an_error(opened):
    cut = (200, {"Content-Length": "100"}, b"{")
    transport, script, _ = opened(cut, OK)
    assert transport.json(User, "GET", "/user").username == "jane"
    transport, script, _ = opened(cut)
    with pytest.raises(TransportError, match="the answer was cut off"):
        transport.request("GET", "/user")
    assert len(script.seen) == ATTEMPTS


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (requests.exceptions.ConnectTimeout("x"), "did not answer in time"),
        (requests.exceptions.ReadTimeout("x"), "did not answer in time"),
        (requests.exceptions.SSLError("x"), "certificate can't be trusted"),
        (requests.ConnectionError("Failed to resolve"), "can't be resolved"),
        (requests.ConnectionError("refused"), "refused or broke"),
    ],
)
def test_no_answer_says_why_and_what_to_do(opened, error, message):
    transport, _, _ = opened(error)
    with pytest.raises(TransportError) as caught:
        transport.request("GET", "/user?secret=1")
    assert message in str(caught.value)
    assert "is the server running" in caught.value.hint
    assert "secret" not in str(caught.value)


def test_a_proxy_that_does_not_answer_is_named_as_what_failed(opened):
    gone = requests.exceptions.ProxyError("Failed to resolve 'proxy.example'")
    transport, _, _ = opened(gone)
    with pytest.raises(TransportError, match="the proxy on the way") as caught:
        transport.request("GET", "/user")
    assert "HTTPS_PROXY" in caught.value.hint


def test_a_server_that_never_answered_is_not_looked_for_long(opened):
    transport, script, _ = opened(requests.ConnectionError("refused"))
    with pytest.raises(TransportError):
        transport.request("GET", "/user")
    assert len(script.seen) == FIRST_ATTEMPTS
    known, script, _ = opened(OK, requests.ConnectionError("refused"))
    known.request("GET", "/user")
    with pytest.raises(TransportError):
        known.request("GET", "/user")
    assert len(script.seen) == 1 + ATTEMPTS


def test_the_key_goes_to_the_api_and_nowhere_else(opened):
    transport, script, _ = opened(OK)
    elsewhere = Script(OK)
    transport._session.mount("http://s3.invalid", WsgiAdapter(elsewhere))
    transport.request("GET", "/user")
    transport.request("GET", "http://s3.invalid/file")
    assert script.seen[0]["HTTP_AUTHORIZATION"] == "APIKey secret-key"
    assert "HTTP_AUTHORIZATION" not in elsewhere.seen[0]
    assert "secret-key" not in repr(transport)


def test_what_netrc_says_does_not_take_the_place_of_the_key(
    opened, monkeypatch, tmp_path
):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login someone password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    transport, script, _ = opened(OK)
    transport._session.trust_env = True
    transport.request("GET", "/user")
    assert script.seen[0]["HTTP_AUTHORIZATION"] == "APIKey secret-key"
    elsewhere = Script(OK)
    transport._session.mount("http://s3.invalid", WsgiAdapter(elsewhere))
    transport.request("GET", "http://s3.invalid/file")
    assert "HTTP_AUTHORIZATION" not in elsewhere.seen[0]


def test_a_key_is_one_line_whatever_stands_around_it(opened):
    _, script, _ = opened(OK)
    with Transport(ORIGIN, key=" secret-key\n") as transport:
        transport.mount_wsgi(script)
        transport.request("GET", "/user")
    assert script.seen[0]["HTTP_AUTHORIZATION"] == "APIKey secret-key"


@pytest.mark.parametrize("key", ["a\nb", "ключ", "a\x00", "a\u2028b"])
def test_a_key_that_no_header_holds_is_refused_and_not_told(key):
    with pytest.raises(AuthenticationError, match="no key has") as caught:
        Transport(ORIGIN, key=key)
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "nonsense",
        "//host",
        "http://",
        "http://[",
        "http://a b",
        "http://.host",
        "http://host:99999",
        "http://" + "a" * 70 + ".invalid",
        "ftp://host",
    ],
)
def test_what_is_no_address_is_an_error_and_not_tried_again(address):
    with Transport(address, key="k", clock=StoppedClock()) as transport:
        with pytest.raises(TransportError, match="no address that can be asked"):
            transport.request("GET", "/user")
        assert transport.counts().retries == 0


def test_every_request_has_timeouts(opened, monkeypatch):
    transport, _, _ = opened(OK)
    told: list[Any] = []
    send = WsgiAdapter.send

    def spy(self: Any, request: Any, **more: Any) -> Any:
        told.append(more["timeout"])
        return send(self, request, **more)

    monkeypatch.setattr(WsgiAdapter, "send", spy)
    transport.request("GET", "/user")
    assert told == [(module.CONNECT_TIMEOUT, module.READ_TIMEOUT)]


def test_queries_are_encoded_and_paths_are_not_split(opened):
    transport, script, _ = opened(OK)
    transport.request("GET", "/a/", params={"name__contains": "a&b #+"})
    assert script.seen[0]["QUERY_STRING"] == "name__contains=a%26b+%23%2B"


@pytest.mark.parametrize("body", [b"<html>", b'{"username"', b"[]", b"", b"\xff"])
def test_what_is_no_answer_of_an_api_says_so(opened, body):
    transport, _, _ = opened((200, {"Content-Type": "text/html"}, body))
    with pytest.raises(ProtocolError) as caught:
        transport.json(User, "GET", "/user")
    for part in ("GET http://dsac.invalid/user", "200, text/html", "begins with"):
        assert part in str(caught.value)


@pytest.mark.parametrize(("status", "fragment", "expected"), BY_TEXT)
def test_text_tells_where_a_status_cannot(status, fragment, expected):
    assert failure_class(status, f"... {fragment.upper()} ...") is expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, ResponseError),
        (401, AuthenticationError),
        (403, ForbiddenError),
        (404, NotFoundError),
        (409, ConflictError),
        (429, RateLimitedError),
        (500, ServerError),
        (599, ServerError),
    ],
)
def test_a_status_tells_the_class(status, expected):
    assert failure_class(status, "x") is expected


def test_a_failure_carries_what_the_server_said():
    found = failure(401, b'{"detail": "No."}', method="GET", url="http://x/user")
    assert str(found) == "GET http://x/user: 401 No."
    assert (found.status, found.detail, found.method) == (401, "No.", "GET")
    assert "SEGMENTS_API_KEY" in found.hint
    limited = failure(429, b"", method="GET", url="u", retry_after="3")
    assert isinstance(limited, RateLimitedError)
    assert limited.retry_after == 3


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"name": ["Blank.", "Long."]}', "name: Blank.; Long."),
        (b'{"non_field_errors": ["No."]}', "No."),
        (b'["a"]', "['a']"),
        (b"[" * 2000 + b"]" * 2000, "[" * 200),
        (b"<html>\n <b>x</b>", "<html> <b>x</b>"),
        (b"", ""),
    ],
)
def test_the_details_of_an_error_are_read(body, expected):
    assert detail_of(body) == expected


def test_the_real_clock_moves_and_waits():
    clock = Clock()
    before = clock.now()
    clock.sleep(0)
    assert clock.now() >= before
    assert 0 <= clock.jitter() < 1


def test_a_wsgi_app_gets_headers_bodies_and_forms(opened):
    transport, script, _ = opened(OK)
    zipped = gzip.compress(b"{}")
    transport.request("PUT", "/x", body=zipped, headers={"Content-Encoding": "gzip"})
    seen = script.seen[0]
    assert gzip.decompress(seen["body"]) == b"{}"
    assert seen["HTTP_CONTENT_ENCODING"] == "gzip"
    transport.request(
        "POST", "/form", fields={"key": "k"}, files={"file": ("a.png", b"abc")}
    )
    form = script.seen[1]
    assert form["CONTENT_TYPE"].startswith("multipart/form-data")
    assert form["body"].index(b'name="key"') < form["body"].index(b'name="file"')


def test_an_app_may_write_raise_and_close():
    closed: list[bool] = []

    class Body:
        def __iter__(self) -> Any:
            return iter([b"b"])

        def close(self) -> None:
            closed.append(True)

    def app(environ: dict[str, Any], start: Any) -> Any:
        if environ["PATH_INFO"] == "/fail":
            error = ZeroDivisionError("oops")
            start("500 x", [], (type(error), error, None))
        start("200 OK", [])(b"a")
        return Body()

    with Transport(ORIGIN, key="") as transport:
        transport.mount_wsgi(app)
        assert transport.request("POST", "/", body="text").content == b"ab"  # type: ignore[arg-type]
        assert closed == [True]
        with pytest.raises(ZeroDivisionError):
            transport.request("GET", "/fail")


def test_the_environment_is_asked_once_for_each_host(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://proxy.test:3128")
    monkeypatch.setenv("no_proxy", "near.test")
    with Transport("http://api.test", key="k") as transport:
        far = transport._environment("http://api.test/a")
        near = transport._environment("http://near.test/a")
        monkeypatch.delenv("http_proxy")
        again = transport._environment("http://api.test/b")
    assert far["proxies"]["http"] == "http://proxy.test:3128"
    assert "http" not in near["proxies"]
    assert again is far
