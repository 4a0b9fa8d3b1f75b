"""Calls: a name is one segment of a path, whatever it holds; bodies, and their size."""

import gzip
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from dsac.errors import NotFoundError, ResponseError
from dsac.remote.bodies import NewSampleBody
from dsac.remote.calls import ZIPPED_FROM, dataset_path, path
from dsac.remote.client import Client
from dsac.remote.near import is_loopback
from dsac.remote.transport import Transport
from dsac.remote.wsgi import WsgiAdapter

Asked = list[tuple[str, str]]


@pytest.fixture
def asked(emulator: Client, monkeypatch) -> Asked:
    """Note what an emulator is asked that has one dataset, jane/flowers."""
    seen: Asked = []
    send = WsgiAdapter.send

    def noting(self, request: Any, **more: Any) -> Any:
        seen.append((request.method, request.path_url))
        return send(self, request, **more)

    emulator.add_dataset("jane/flowers", {})
    monkeypatch.setattr(WsgiAdapter, "send", noting)
    return seen


@pytest.mark.parametrize(
    ("name", "quoted"),
    [
        ("a b", "a%20b"),
        ("a/b", "a%2Fb"),
        ("../b", "..%2Fb"),
        ("%2e%2e", "%252e%252e"),
        ("a?b#c&d", "a%3Fb%23c%26d"),
        ("é", "%C3%A9"),
        ("a\r\nb", "a%0D%0Ab"),
        ("...", "..."),
    ],
)
def test_a_name_is_one_segment(name, quoted):
    assert path("labels", "1", name) == f"/labels/1/{quoted}/"
    assert dataset_path("jane/flowers", name) == f"/datasets/jane/flowers/{quoted}/"


CALLS: dict[str, Callable[[Client, str], object]] = {
    "label set": lambda client, name: client.delete_labelset("jane/flowers", name),
    "collaborator": lambda client, name: client.delete_collaborator(
        "jane/flowers", name
    ),
    "release": lambda client, name: client.delete_release("jane/flowers", name),
    "dataset": lambda client, name: client.delete_dataset(f"jane/{name}"),
    "owner": lambda client, name: client.delete_dataset(f"{name}/flowers"),
    "label": lambda client, name: client.delete_label("1", name),
    "sample": lambda client, name: client.delete_sample(name),
    "issue": lambda client, name: client.delete_issue(name),
    "user": lambda client, name: client.get_user(name),
}


@pytest.mark.parametrize("name", [".", "..", "\ud800"])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_step_within_a_path_is_no_name(emulator, asked, call, name):
    """A path that ends in `labelsets/..` would be that of the dataset."""
    with pytest.raises(NotFoundError, match="can be called that"):
        call(emulator, name)
    assert asked == []
    assert emulator.get_dataset("jane/flowers").name == "flowers"


@pytest.mark.parametrize("name", ["...", "%2e%2e", "..%2f", "a/..", "\\..", " .."])
def test_other_names_reach_what_they_name(emulator, asked, name):
    with pytest.raises(NotFoundError):
        emulator.delete_labelset("jane/flowers", name)
    ((_, where),) = asked
    assert where == path("datasets", "jane", "flowers", "labelsets", name)
    assert emulator.get_dataset("jane/flowers").name == "flowers"


@pytest.mark.parametrize(
    ("origin", "near"),
    [
        ("http://127.0.0.1:8787", True),
        ("http://localhost:8787", True),
        ("http://[::1]:1", True),
        ("https://api.segments.ai", False),
        ("http://192.168.0.1", False),
        ("http://[half", False),
    ],
)
def test_bodies_are_compressed_only_where_they_have_a_way_to_go(origin, near):
    assert is_loopback(origin) is near


def test_a_body_that_goes_far_is_compressed_once(monkeypatch):
    sent: list[tuple[bytes, str]] = []

    def json(_self, kind, *_where, body, headers, **_more):
        sent.append((body, headers.get("Content-Encoding", "")))
        return kind()

    monkeypatch.setattr(Transport, "json", json)
    fields = {"name": "a" * ZIPPED_FROM}
    for origin in ("https://api.test", "http://127.0.0.1:1"):
        with Transport(origin, key="k") as transport:
            Client(transport).create_samples(
                "jane/flowers", [NewSampleBody(name=fields["name"])]
            )
    (far, how), (near, plain) = sent
    assert (how, plain) == ("gzip", "")
    assert gzip.decompress(far) == near == msgspec.json.encode([fields])


@pytest.mark.parametrize(("status", "sent"), [(415, ["gzip", "", ""]), (422, ["gzip"])])
def test_a_platform_that_takes_no_compressed_bodies_gets_plain_ones(status, sent):
    seen: list[str] = []

    def app(environ: Any, start: Any) -> list[bytes]:
        data = environ["wsgi.input"].read()
        seen.append(environ.get("HTTP_CONTENT_ENCODING", ""))
        start(f"{status} x" if seen[-1] else "201 x", [])
        rows = [] if seen[-1] else msgspec.json.decode(data)
        return [msgspec.json.encode([{**row, "uuid": "u"} for row in rows])]

    rows = [NewSampleBody(name="a" * ZIPPED_FROM)]
    with Transport("http://dsac.invalid", key="k") as transport:
        transport.mount_wsgi(app)
        transport.near = False
        client = Client(transport)
        for _ in range(sent.count("")):
            client.create_samples("jane/flowers", rows)
        if status != 415:
            with pytest.raises(ResponseError, match="422"):
                client.create_samples("jane/flowers", rows)
    assert seen == sent
