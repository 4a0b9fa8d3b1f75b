"""Runs `dsac serve` as a process of its own, for tests of endurance and benchmarks."""

import http.client
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

KEY = "jane-key"
OWNER = "jane"
ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)")
BOUNDARY = "4b9d1e7c0c7a4f6ab0e2"
PATIENCE = 600.0
"""Seconds that a request may take."""


class ServeError(Exception):
    """The server did not start, or answered what it may not."""


@dataclass(frozen=True)
class Served:
    """A server that runs, and its process."""

    port: int
    process: subprocess.Popen[str]
    killed: threading.Event = field(default_factory=threading.Event)
    """Is set before the process is killed."""

    def peak_memory(self) -> float:
        """Give the most memory that the process ever held, in MB (Linux alone)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        if found is None:
            raise ServeError(f"no VmHWM of process {self.process.pid}: {status[:80]!r}")
        return int(found[1]) / 1000

    def kill(self) -> None:
        """End the process as a power cut would: it hears nothing of it."""
        self.killed.set()
        self.process.kill()
        self.process.wait()


@contextmanager
def serving(data: Path, *options: str) -> Iterator[Served]:
    """Run `dsac serve` over a data folder on a free port, until the block ends.

    Args:
        data: The folder.
        options: More options of the command; the account `jane` is there already.

    Raises:
        ServeError: it did not say where it listens.
    """
    command = [sys.executable, "-m", "dsac", "serve", "--port", "0", "--data"]
    account = ["--account", f"{OWNER}:{KEY}"]
    with subprocess.Popen(
        [*command, str(data), *account, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield Served(_port(process), process)
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _port(process: subprocess.Popen[str]) -> int:
    line = process.stdout.readline() if process.stdout else ""
    found = ADDRESS.search(line)
    if found is None:
        raise ServeError(f"dsac serve said {line!r} where its address was expected")
    return int(found[1])


@dataclass(frozen=True)
class Answer:
    """What came back: its status, the bytes of its body, and their ETag, if any."""

    status: int
    data: bytes
    etag: str

    def json(self) -> Any:
        """Decode the body: JSON of any shape."""
        return json.loads(self.data)


@dataclass(frozen=True)
class Form:
    """A form with a file in it, as uploads have it."""

    fields: Mapping[str, str]
    content: bytes

    def encode(self) -> bytes:
        """Give the body of the request."""
        parts = [
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
            f"{value}\r\n"
            for name, value in self.fields.items()
        ]
        file = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; '
            'filename="file"\r\n\r\n'
        )
        end = f"\r\n--{BOUNDARY}--\r\n"
        return "".join([*parts, file]).encode() + self.content + end.encode()


class Connection:
    """A connection that stays open, as one account; not to be shared by threads."""

    def __init__(self, port: int, *, key: str = KEY) -> None:
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self._headers = {"Authorization": f"APIKey {key}"}

    def send(self, method: str, path: str, body: object = None) -> Answer:
        """Send a request and read its answer; what is no bytes or form goes as JSON.

        Raises:
            OSError: the server is gone.
            http.client.HTTPException: the same, in the middle of an answer.
        """
        headers = dict(self._headers)
        if isinstance(body, Form):
            headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
            body = body.encode()
        elif body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self._http.request(method, path, body, headers)
        answer = self._http.getresponse()
        etag = (answer.getheader("ETag") or "").strip('"')
        return Answer(answer.status, answer.read(), etag)

    def expect(self, method: str, path: str, body: object = None) -> Answer:
        """Send a request that must succeed.

        Raises:
            ServeError: it did not.
        """
        answer = self.send(method, path, body)
        if answer.status not in {200, 201, 204}:
            raise ServeError(f"{method} {path}: {answer.status} {answer.data[:200]!r}")
        return answer

    def close(self) -> None:
        """Hang up."""
        self._http.close()
