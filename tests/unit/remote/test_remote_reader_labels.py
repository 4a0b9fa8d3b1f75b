"""What the reader makes of a label that it can't have."""

import pytest

from dsac.core.resources import Unknown
from dsac.errors import ServerError, TransportError
from dsac.remote.client import Client
from dsac.remote.reader import Reader
from dsac.remote.transport import Transport
from tests.clocks import StoppedClock


def reader(status: str, body: bytes = b"{}") -> Reader:
    """Read from a server that always gives one answer."""

    def app(environ: object, start_response):
        if not status:
            raise ConnectionResetError
        start_response(status, [("Content-Length", str(len(body)))])
        return [body]

    transport = Transport("http://dsac.invalid", key="k", clock=StoppedClock())
    transport.mount_wsgi(app)
    return Reader(Client(transport))


def test_a_label_that_is_not_there_is_none() -> None:
    assert reader("404 Not Found").label("u", "ground-truth") is None


@pytest.mark.parametrize("status", ["403 Forbidden", "200 OK"])
def test_a_label_that_may_not_be_read_or_makes_no_sense_is_unknown(status) -> None:
    assert isinstance(reader(status).label("u", "ground-truth"), Unknown)


@pytest.mark.parametrize(
    ("status", "error"),
    [("500 Internal Server Error", ServerError), ("", TransportError)],
)
def test_where_no_answer_comes_nothing_is_said(status, error) -> None:
    with pytest.raises(error):
        reader(status).label("u", "ground-truth")
