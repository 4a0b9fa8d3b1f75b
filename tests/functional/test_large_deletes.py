"""Deletes in bulk: in parts where the server wants that, each after its own look."""

from collections.abc import Iterable
from io import BytesIO
from typing import Any

import msgspec
import pytest

from tests.functional.meddling import Meddler
from tests.functional.test_last_look import Race, manifest, row


class Small(Meddler):
    """Refuses to delete more than so many samples at once, or some of them at all."""

    most = 1000
    status = "413 Too Large"

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "DELETE" and "bulk" in environ["PATH_INFO"]:
            length = int(environ["CONTENT_LENGTH"])
            body = environ["wsgi.input"].read(length)
            environ["wsgi.input"] = BytesIO(body)
            if len(msgspec.json.decode(body)["uuids"]) > self.most:
                self.log.append(f"DELETE {environ['PATH_INFO']}")
                start_response(self.status, [("Content-Length", "0")])
                return [b""]
        return super().__call__(environ, start_response)


@pytest.fixture
def race(project, tmp_path, listening, monkeypatch) -> Race:
    monkeypatch.setenv("SEGMENTS_API_KEY", "jane-key")
    monkeypatch.setattr("dsac.remote.clock.Clock.sleep", lambda *_: None)
    meddler = Small(tmp_path / "server")
    return Race(project, meddler, listening(meddler))


NAMES = tuple(f"s{number}" for number in range(12))


def settled(race: Race) -> Small:
    race.settle(manifest("one", *(row(name) for name in NAMES)))
    assert isinstance(race.meddler, Small)
    return race.meddler


@pytest.mark.parametrize("status", ["413 Too Large", "504 Gateway Timeout"])
def test_a_delete_that_is_too_large_goes_in_parts(race, status):
    server = settled(race)
    server.most, server.status = 2, status
    ran = race.apply(manifest("one", row("s0")), "--allow-delete", "11")
    assert ran.code == 0, ran.err + ran.out
    assert "0 added, 0 changed, 11 destroyed" in ran.out
    assert race.last_line(manifest("one", row("s0"))) == "No changes."


@pytest.mark.parametrize("status", ["413 Too Large", "504 Gateway Timeout"])
def test_a_server_that_deletes_nothing_is_not_asked_for_each_sample(race, status):
    server = settled(race)
    server.most, server.status = 0, status
    ran = race.apply(manifest("one", row("s0")), "--allow-delete", "11")
    assert ran.code == 1
    assert "11 failed" in ran.out
    assert server.count("DELETE", "bulk") < 25
