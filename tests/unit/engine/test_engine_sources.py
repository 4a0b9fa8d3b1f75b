"""What stands where a URL does is found, or it is said why not."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dsac.assets.digests import digest_file
from dsac.core.values import Upload
from dsac.engine import sources
from dsac.engine.sources import PATIENCE, Sources, Unreadable
from dsac.remote.client import Client
from dsac.remote.reader import Reader
from dsac.remote.transport import Transport
from tests.factories import make_upload


def problem(found: Sources, drawn: str | Upload) -> str:
    with pytest.raises(Unreadable) as raised:
        found.find(drawn)
    return str(raised.value)


@pytest.fixture
def reader(emulator: Client) -> Reader:
    return Reader(emulator)


@pytest.fixture
def broken() -> Iterator[Callable[[str], Reader]]:
    """Give readers of a platform that answers with a status, and notes who asked."""
    with Transport("http://dsac.invalid", key="key") as transport:

        def answering(status: str) -> Reader:
            def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
                start_response(status, [])
                return [b""]

            transport.mount_wsgi(app)
            return Reader(Client(transport))

        yield answering


def test_a_file_of_the_project_is_found(tmp_path: Path, reader: Reader) -> None:
    path = tmp_path / "images" / "violet.jpg"
    path.parent.mkdir()
    path.write_bytes(b"pixels")
    assert Sources(tmp_path, reader).find(make_upload()) == path.resolve()
    assert (
        problem(Sources(tmp_path, reader), make_upload("b.jpg")) == "b.jpg is not here"
    )


def test_offline_a_file_must_be_as_it_was_planned(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"pixels")
    offline = Sources(tmp_path)
    assert "is not as it was" in problem(offline, make_upload("a.jpg"))
    same = Upload("a.jpg", digest_file(path).sha256)
    assert offline.find(same) == path.resolve()
    assert "which is not asked offline" in problem(offline, "https://a.example/a")


@pytest.mark.parametrize("where", ["../secret.jpg", "/etc/hostname", "link.jpg"])
def test_no_file_outside_of_the_project_is_read(tmp_path: Path, where: str) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (tmp_path / "secret.jpg").write_bytes(b"pixels")
    (root / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    assert problem(Sources(root), Upload(where, "")) == f"{where} is not here"


def test_a_path_that_is_none_is_said_so(tmp_path: Path) -> None:
    assert problem(Sources(tmp_path), Upload("a\0b", "")) == "a\0b can't be read"


def test_what_is_on_the_platform_is_downloaded(
    tmp_path: Path, emulator: Client, reader: Reader, monkeypatch
) -> None:
    asset = emulator.upload_asset(io.BytesIO(b"pixels"), filename="a.png")
    found = Sources(tmp_path, reader)
    assert found.find(asset.url) == b"pixels"
    assert problem(found, f"{asset.url}x") == "it can't be read where its URL leads"
    monkeypatch.setattr(sources, "MOST_BYTES", 3)
    assert problem(found, asset.url) == "it has more than 0 MiB"


def test_what_is_no_url_of_the_web_is_said_so(tmp_path: Path, reader: Reader) -> None:
    found = Sources(tmp_path, reader)
    assert problem(found, "gs://a/b") == "only http and https can be read here"
    assert problem(found, "http://[") == "its URL is none"


def test_of_a_host_that_fails_not_much_is_asked(tmp_path: Path, broken) -> None:
    url = "http://dsac.invalid/a"
    found = Sources(tmp_path, broken("503 Service Unavailable"))
    for _ in range(PATIENCE):
        assert problem(found, url) == "it can't be read now where its URL leads"
    assert "is not asked again" in problem(found, url)
    gone = Sources(tmp_path, broken("404 Not Found"))
    for _ in range(PATIENCE + 1):
        assert problem(gone, url) == "it can't be read where its URL leads"
