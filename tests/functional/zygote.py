"""A process that has dsac in its memory and forks for each command that is run.

Scripts run commands by the dozen: each would import dsac anew, which takes ten times as
long as what it does.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from dsac.cli import run

PLACEHOLDER = """#!{python} -IS
import json, os, socket, sys
link = socket.socket(socket.AF_UNIX)
link.connect({path!r})
told = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
socket.send_fds(link, [told + b"\\n"], [0, 1, 2])
sys.exit(int(link.makefile().read() or 1))
"""
"""The command `dsac` that scripts find: hands all that it was given to the process."""

COMMANDS = ("validate", "plan", "show", "apply", "drift", "comment", "reviewed")


@contextmanager
def zygote(folder: Path) -> Iterator[Path]:
    """Start the process; give the folder of the command that goes on PATH."""
    path, command = folder / "socket", folder / "bin" / "dsac"
    command.parent.mkdir()
    command.write_text(PLACEHOLDER.format(python=sys.executable, path=str(path)))
    command.chmod(0o755)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.functional.zygote", str(path)],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield command.parent
    finally:
        process.terminate()
        process.communicate()


def serve(path: str) -> None:
    """Fork for each connection, for ever."""
    for name in COMMANDS:
        import_module(f"dsac.cli.{name}")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    print("ready", flush=True)  # noqa: T201 - the sign that is waited for
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        link, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            answer(link)
        link.close()


def answer(link: socket.socket) -> None:
    """Be the command that was asked for, and end."""
    told, handles, _, _ = socket.recv_fds(link, 1 << 16, 3)
    while not told.endswith(b"\n"):
        told += link.recv(1 << 16)
    arguments, folder, environment = json.loads(told)
    for number, handle in enumerate(handles):
        os.dup2(handle, number)
        os.close(handle)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    code = 70
    try:
        code = run(arguments)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        link.sendall(str(code).encode())
        os._exit(code)


if __name__ == "__main__":
    serve(sys.argv[1])
