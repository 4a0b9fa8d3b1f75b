"""Labels written to disk, with their files, before an apply loses them; and read back.

A backup is a folder with one JSON object a line in `labels.jsonl`, and the files of
the labels by the digest of their bytes in `files/`.
"""

import hashlib
import os
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from dsac.core.resources import Address, Label, RemoteLabel
from dsac.core.values import Tree
from dsac.errors import BackupError
from dsac.remote.reader import Reader

LABELS = "labels.jsonl"
FILES = "files"


class SavedLabel(msgspec.Struct, frozen=True, kw_only=True):
    """A label as it was before it was lost; `files` has digests by URL."""

    dataset: str
    sample: str
    uuid: str
    labelset: str
    label: Label
    files: dict[str, str] = {}

    @property
    def address(self) -> Address:
        """The label's address."""
        return Address.label(self.dataset, self.sample, self.labelset)


class Backup:
    """Takes labels that are about to be lost; makes its folder for the first one."""

    def __init__(self, folder: Path, reader: Reader) -> None:
        self._parent = folder
        self._reader = reader
        self._lock = threading.Lock()
        self._saved: dict[tuple[str, str], RemoteLabel] = {}
        self.folder: Path | None = None
        self.warnings: list[str] = []

    @property
    def count(self) -> int:
        """How many labels were saved."""
        return len(self._saved)

    def save(self, address: Address, uuid: str, label: RemoteLabel) -> None:
        """Write a label and its files, and see them safely on the disk.

        A file that nobody can read stays behind its URL; a warning says so.

        Raises:
            BackupError: the disk is full or can't be written.
            RemoteError: a server failed to give a file; the label must not be lost.
        """
        with self._lock:
            if self._saved.get((uuid, address.name)) == label:
                return
            try:
                self._write(address, uuid, label)
            except OSError as error:
                raise BackupError(
                    f"{address} can't be saved to {self._parent}: {error.strerror}",
                    hint="nothing of it was lost; make room there and run again",
                ) from error
            self._saved[uuid, address.name] = label

    def _write(self, address: Address, uuid: str, label: RemoteLabel) -> None:
        folder = self.folder or _made(self._parent)
        self.folder = folder
        files: dict[str, str] = {}
        for url in urls(label.label.attributes):
            data = self._reader.download(url)
            if data is not None:
                files[url] = _keep(folder / FILES, data)
            else:
                self.warnings.append(
                    f"{address}: {url} can't be read, so the backup has its URL alone"
                )
        line = msgspec.json.encode(_record(address, uuid, label, files))
        _append(folder / LABELS, line + b"\n")


def _made(parent: Path) -> Path:
    """Make a folder of this moment; two runs of one moment get one each."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    folder = parent / stamp
    (folder / FILES).mkdir(parents=True)
    return folder


def urls(value: object) -> Iterator[str]:
    """List the URLs in attributes: the strings under a key `url`."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "url" and isinstance(item, str):
                yield item
            else:
                yield from urls(item)
    elif isinstance(value, list):
        for item in value:
            yield from urls(item)


def _record(
    address: Address, uuid: str, label: RemoteLabel, files: Mapping[str, str]
) -> dict[str, object]:
    told = msgspec.to_builtins(label)
    return {
        "address": str(address),
        "dataset": address.dataset,
        "sample": address.sample,
        "sample_uuid": uuid,
        "labelset": address.name,
        **told,
        "files": dict(files),
    }


def _keep(folder: Path, data: bytes) -> str:
    digest = hashlib.sha256(data).hexdigest()
    path = folder / digest
    if not path.exists():
        part = folder / f"{digest}.part"
        part.unlink(missing_ok=True)
        _append(part, data)
        part.rename(path)
    return digest


def _append(path: Path, data: bytes) -> None:
    with path.open("ab") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


class _SavedAttributes(msgspec.Struct):
    status: str
    # Any: the attributes of a label are any JSON.
    attributes: dict[str, Any] = {}
    score: float | None = None


class _Line(msgspec.Struct):
    dataset: str
    sample: str
    sample_uuid: str
    labelset: str
    label: _SavedAttributes
    files: dict[str, str] = {}


def read_backup(folder: Path) -> tuple[SavedLabel, ...]:
    """Read the labels of a backup; of one that was saved twice, the last.

    A last line that breaks off was never acknowledged: its label was not lost.

    Raises:
        BackupError: the folder is no backup, or damaged.
    """
    path = folder / LABELS
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise BackupError(
            f"{folder} is no backup: it has no {LABELS} that can be read",
            hint="name a folder below .dsac/backup/",
        ) from error
    found: dict[Address, SavedLabel] = {}
    for number, line in enumerate(lines[:-1], 1):
        try:
            item = msgspec.json.decode(line, type=_Line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BackupError(
                f"{path}:{number}: this is no saved label: {error}",
                hint="take the line out to restore the others",
            ) from error
        saved = _saved(item)
        found[saved.address] = saved
    return tuple(sorted(found.values(), key=lambda item: item.address.order))


def _saved(item: _Line) -> SavedLabel:
    attributes: dict[str, Tree] = item.label.attributes
    return SavedLabel(
        dataset=item.dataset,
        sample=item.sample,
        uuid=item.sample_uuid,
        labelset=item.labelset,
        label=Label(
            status=item.label.status, attributes=attributes, score=item.label.score
        ),
        files=item.files,
    )
