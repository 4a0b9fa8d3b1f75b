"""How often the reader asks for what is behind a URL before it does without."""

from collections.abc import Callable, Iterator

import pytest

from dsac.errors import ServerError
from dsac.remote.client import Client
from dsac.remote.reader import FEW_ATTEMPTS, Reader
from dsac.remote.transport import Transport
from tests.clocks import StoppedClock

URL = "http://dsac.invalid/assets/jane/a.png"
OK = "200 OK"
BROKEN = "500 Internal Server Error"
SILENCE = ""
"""In place of a status: the connection breaks."""

Opened = Callable[..., tuple[Reader, list[str]]]


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Read from a server that gives answers in turn, the last one for ever."""
    transports = []

    def make(*statuses: str) -> tuple[Reader, list[str]]:
        left, asked = list(statuses), []

        def app(environ, start_response):
            status = left.pop(0) if left[1:] else left[0]
            asked.append(status)
            if status == SILENCE:
                raise ConnectionResetError
            start_response(status, [("Content-Length", "6")])
            return [b"pixels"]

        transport = Transport("http://dsac.invalid", key="k", clock=StoppedClock())
        transport.mount_wsgi(app)
        transports.append(transport)
        return Reader(Client(transport)), asked

    yield make
    for transport in transports:
        transport.close()


def test_content_comes_at_the_last_of_a_few_attempts(opened) -> None:
    reader, _ = opened(*[BROKEN] * (FEW_ATTEMPTS - 1), OK)
    assert reader.content(URL) == b"pixels"


@pytest.mark.parametrize("status", [BROKEN, SILENCE])
def test_content_that_never_comes_is_given_up_after_a_few_attempts(
    status, opened
) -> None:
    """A bucket that nobody can read may hold a hundred thousand files."""
    reader, asked = opened(OK, status)
    assert reader.content(URL) == b"pixels"
    asked.clear()
    assert reader.content(URL) is None
    assert len(asked) == FEW_ATTEMPTS


def test_a_download_that_never_comes_says_so_after_a_few_attempts(opened) -> None:
    reader, asked = opened(BROKEN)
    with pytest.raises(ServerError):
        reader.download(URL)
    assert len(asked) == FEW_ATTEMPTS
