"""What was uploaded, by content, so that a second run uploads nothing twice.

A file of one JSON object a line, `.dsac/uploads.jsonl`; it may be lost at any time at
the price of uploading again.
"""

import os
import threading
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import msgspec

from dsac.core.values import Upload


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    remote: str
    sha256: str
    form: str
    suffix: str
    url: str
    md5: str


class UploadMemory:
    """Remembers for one remote the uploads that a plan has; safe for several threads.

    Only what is asked for is kept in memory: the file may tell of millions.
    """

    def __init__(self, path: Path, *, remote: str, wanted: Iterable[Upload]) -> None:
        self._path = path
        self._remote = remote
        self._lock = threading.Lock()
        self._places: dict[tuple[str, str, str], tuple[str, str]] = {}
        self.warning = ""
        self._load(wanted)

    def _load(self, wanted: Iterable[Upload]) -> None:
        try:
            with self._path.open("rb") as lines:
                keys = {_key(upload) for upload in wanted}
                for line in lines if keys else ():
                    self._take(line, keys)
        except OSError:
            return

    def _take(self, line: bytes, keys: set[tuple[str, str, str]]) -> None:
        try:
            item = msgspec.json.decode(line, type=_Line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return  # whatever killed a run may have spoiled its last line
        key = (item.sha256, item.form, item.suffix)
        if item.remote == self._remote and key in keys:
            self._places[key] = (item.url, item.md5)

    def find(self, upload: Upload) -> tuple[str, str]:
        """Give the URL of a file's content and the MD5 of what went up, or nothing.

        Who uses the URL looks first whether it still stands.
        """
        return self._places.get(_key(upload), ("", ""))

    def keep(self, upload: Upload, url: str, md5: str) -> None:
        """Write down where a file went; a disk that is full costs no more than that."""
        sha256, form, suffix = _key(upload)
        line = _Line(
            remote=self._remote,
            sha256=sha256,
            form=form,
            suffix=suffix,
            url=url.partition("?")[0],
            md5=md5,
        )
        with self._lock:
            self._places[sha256, form, suffix] = url, md5
            try:
                _append(self._path, b"\n" + msgspec.json.encode(line))
            except OSError as error:
                self.warning = (
                    f"{self._path} can't be written ({error.strerror}): a run that "
                    "breaks off would upload the same files again"
                )


def _key(upload: Upload) -> tuple[str, str, str]:
    suffix = ".png" if upload.form == "bitmap" else PurePosixPath(upload.path).suffix
    return upload.sha256, upload.form, suffix


def _append(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(file, data)
    finally:
        os.close(file)
