"""A proxy before a server, which kills who calls, or makes it wait, at a request."""

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

PATIENCE = 300.0
"""Seconds that anything may take."""

HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}
"""Headers that are between two ends of one connection."""


class Proxy(ThreadingHTTPServer):
    """Hands requests on to a server, and answers back.

    `at` is the request, counted from 1, at which the process `victim` is killed, 0 for
    none; `late` whether the server does the work first. `before` is called before a
    request is handed on.
    """

    daemon_threads = True

    def __init__(self, upstream: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = upstream
        self.changed = threading.Condition()
        self.busy = 0
        self.before: Callable[[str], None] = lambda _: None
        self.arm()

    def arm(self, at: int = 0, *, late: bool = False) -> None:
        """Count from the beginning."""
        self.at, self.late = at, late
        self.victim: subprocess.Popen[bytes] | None = None
        self.log: list[str] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def enter(self, line: str) -> bool:
        """Count a request in; tell whether it is the last one of the victim."""
        with self.changed:
            self.busy += 1
            self.log.append(line)
            return len(self.log) == self.at

    def leave(self) -> None:
        """Count a request out."""
        with self.changed:
            self.busy -= 1
            self.changed.notify_all()

    def wrote(self) -> bool:
        """Tell whether any request was not for reading."""
        return any(not line.startswith(("GET ", "HEAD ")) for line in self.log)

    def kill(self) -> None:
        """End the victim as a power cut would."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.victim is not None, PATIENCE)
        victim = cast("subprocess.Popen[bytes]", self.victim)
        os.kill(victim.pid, signal.SIGKILL)
        victim.wait(PATIENCE)

    def start(self, command: list[str], **where: Any) -> "subprocess.Popen[bytes]":
        """Start the process that calls."""
        process = subprocess.Popen(command, **where)
        with self.changed:
            self.victim = process
            self.changed.notify_all()
        return process

    def drain(self) -> None:
        """Wait until all that was handed on is done."""
        with self.changed:
            assert self.changed.wait_for(lambda: not self.busy, PATIENCE)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of who hangs up: that is what this is for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Proxy

    def setup(self) -> None:
        super().setup()
        port = self.server.upstream
        self.onward = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

    def finish(self) -> None:
        self.onward.close()
        with contextlib.suppress(OSError):
            super().finish()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Print nothing."""

    def handle_request(self) -> None:
        """Hand a request on, unless it is the one."""
        line = f"{self.command} {self.path.partition('?')[0]}"
        last = self.server.enter(line)
        try:
            self.server.before(line)
            if last and not self.server.late:
                self.server.kill()
                self.close_connection = True
                return
            length = int(self.headers.get("Content-Length", "0"))
            sent = self.rfile.read(length)
            if len(sent) < length:
                # Who calls died in the middle of it: no server would get it whole.
                self.close_connection = True
                return
            status, headers, body = self._onward(sent)
            if last:
                self.server.kill()
        finally:
            self.server.leave()
        self._answer(status, headers, body)

    do_GET = do_HEAD = do_POST = handle_request  # noqa: N815 - as the library wants
    do_PUT = do_PATCH = do_DELETE = handle_request  # noqa: N815 - the same

    def _onward(self, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP}
        if self.command not in {"GET", "HEAD"}:
            headers["Content-Length"] = str(len(body))
        self.onward.request(self.command, self.path, body or None, headers)
        answer = self.onward.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        with contextlib.suppress(OSError):
            self.send_response_only(status)
            for key, value in headers.items():
                if key.lower() not in HOP:
                    self.send_header(key, value)
            if self.command == "HEAD":
                self.send_header("Content-Length", headers.get("Content-Length", "0"))
            elif status != http.HTTPStatus.NO_CONTENT:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)


@contextmanager
def proxied(upstream: int) -> Iterator[Proxy]:
    """Put a proxy before a port of this machine."""
    with Proxy(upstream) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join(PATIENCE)


def command(root: Path, *arguments: str) -> list[str]:
    """Give the command line of a process of its own."""
    return [sys.executable, "-m", "dsac", "-C", str(root), *arguments]
