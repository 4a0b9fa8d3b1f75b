"""The app on a port: waitress, a plain threaded server."""

from collections.abc import Callable

from flask import Flask
from waitress.server import create_server

THREADS = 16
BACKLOG = 1024
LARGEST_BODY = 256 * 1024 * 1024


def run(app: Flask, *, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until the process is told to end, then close the socket."""
    server = create_server(
        app,
        host=host,
        port=port,
        threads=THREADS,
        backlog=BACKLOG,
        max_request_body_size=LARGEST_BODY,
        ident="dsac-emulator",
    )
    shown = f"[{host}]" if ":" in host else host
    ready(f"http://{shown}:{server.effective_port}")
    try:
        server.run()
    finally:
        server.close()
