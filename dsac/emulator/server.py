"""The app on a port: waitress, a plain threaded server."""

import socket
import threading
from collections.abc import Callable
from functools import partial

from flask import Flask
from waitress import wasyncore
from waitress.server import create_server

from dsac.emulator.body import LARGEST_BODY
from dsac.emulator.connections import Connection

THREADS = 16
CONNECTIONS = 1000
BACKLOG = 1024


def run(
    app: Flask,
    *,
    host: str,
    port: int,
    ready: Callable[[str], None],
    stop: threading.Event | None = None,
) -> None:
    """Serve until the process is told to end, or `stop` is set; it is set after."""
    channels: dict[int, object] = {}
    server = create_server(
        app,
        map=channels,
        sockets=[_listening(host, port)],
        threads=THREADS,
        backlog=BACKLOG,
        connection_limit=CONNECTIONS,
        max_request_body_size=LARGEST_BODY,
        ident="dsac-emulator",
    )
    server.channel_class = Connection
    end = threading.Event() if stop is None else stop
    leave = partial(server.trigger.pull_trigger, channels.clear)
    stopper = threading.Thread(target=_when_set, args=(end, leave), daemon=True)
    stopper.start()
    shown = f"[{host}]" if ":" in host else host
    ready(f"http://{shown}:{server.effective_port}")
    try:
        server.run()
    finally:
        end.set()
        # Until all who may write to the trigger have ended, it stays open.
        stopper.join()
        wasyncore.close_all(server.active_channels)
        server.task_dispatcher.shutdown()
        server.close()


def _when_set(event: threading.Event, act: Callable[[], None]) -> None:
    event.wait()
    act()


def _listening(host: str, port: int) -> socket.socket:
    """Listen on one address of a host, of IPv4 if it has one: a name may have both."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    family, *_, address = min(found, key=lambda item: item[0] != socket.AF_INET)
    return socket.create_server(address[:2], family=family, backlog=BACKLOG)
