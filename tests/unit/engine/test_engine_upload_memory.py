"""What was uploaded is remembered by content, and trusted only while it stands."""

from io import BytesIO

import pytest

from dsac.core.values import Upload
from dsac.engine.upload_memory import UploadMemory
from dsac.remote.uploading import Uploader

REMOTE = "http://x"
A = Upload("images/a.png", "1" * 64)
MASK = Upload("masks/a.npy", "2" * 64, "bitmap")


def opened(folder, *wanted: Upload, remote: str = REMOTE) -> UploadMemory:
    return UploadMemory(folder / "s" / "uploads.jsonl", remote=remote, wanted=wanted)


def test_a_later_run_knows_what_an_earlier_one_uploaded(tmp_path):
    opened(tmp_path).keep(A, "http://x/1.png?X-Amz-Signature=canary", "m1")
    opened(tmp_path).keep(MASK, "http://x/2.png", "m2")
    later = opened(tmp_path, A, MASK)
    assert later.find(A) == ("http://x/1.png", "m1")
    assert later.find(MASK) == ("http://x/2.png", "m2")
    assert later.find(Upload("moved/b.png", A.sha256)) == ("http://x/1.png", "m1")
    for other in (
        Upload("a.jpg", A.sha256),
        Upload("a.png", A.sha256, "bitmap"),
        Upload("a.png", "3" * 64),
    ):
        assert opened(tmp_path, other).find(other) == ("", "")
    assert opened(tmp_path, A, remote="http://y").find(A) == ("", "")
    assert opened(tmp_path).find(A) == ("", "")


def test_a_line_that_was_spoiled_costs_no_other(tmp_path):
    opened(tmp_path).keep(A, "http://x/1.png", "m1")
    path = tmp_path / "s" / "uploads.jsonl"
    path.write_bytes(path.read_bytes() + b'\n{"remote":"http://x","sha')
    opened(tmp_path).keep(MASK, "http://x/2.png", "m2")
    later = opened(tmp_path, A, MASK)
    assert later.find(A)[0]
    assert later.find(MASK)[0]


def test_a_memory_that_can_not_be_written_is_a_warning(tmp_path):
    (tmp_path / "s").write_text("in the way")
    memory = opened(tmp_path, A)
    memory.keep(A, "http://x/1.png", "m1")
    assert "upload the same files again" in memory.warning
    assert memory.find(A) == ("http://x/1.png", "m1")


@pytest.fixture
def uploader(emulator, tmp_path):
    """Upload through a memory that is read anew each time."""

    def place(data: bytes = b"one") -> str:
        opener = lambda _: (BytesIO(data), "a.png")  # noqa: E731 - as short as it is
        memory = opened(tmp_path, A)
        return Uploader(emulator, opener=opener, memory=memory).place(A)

    return place


def test_content_that_stands_is_not_uploaded_again(emulator, uploader):
    first = uploader()
    assert uploader() == first
    assert emulator.transport.counts().uploads == 1


def test_content_that_is_gone_or_another_is_uploaded_again(
    emulator, uploader, monkeypatch
):
    first = uploader()
    etag = type(emulator).etag
    monkeypatch.setattr(type(emulator), "etag", lambda *_: "0" * 32)
    assert uploader() != first
    monkeypatch.setattr(type(emulator), "etag", lambda *_: "not-a-digest")
    second = uploader()
    assert emulator.transport.counts().uploads == 2
    monkeypatch.setattr(
        type(emulator), "etag", lambda self, url: etag(self, f"{url}.gone")
    )
    assert uploader() != second
