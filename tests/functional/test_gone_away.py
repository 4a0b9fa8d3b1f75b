"""Readers, terminals and disks that go away while an apply is at work."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from dsac.cli import main
from dsac.cli.bar import Quiet
from dsac.cli.terminal import Terminal

MANIFEST = "dataset: jane/flowers\nsamples: [{name: a, image: https://x/a.png}]\n"


def run(project, *arguments: str, **streams: object) -> "subprocess.Popen[bytes]":
    found: subprocess.Popen[bytes] = subprocess.Popen(
        [sys.executable, "-m", "dsac", *arguments],
        cwd=project.root,
        env={**os.environ, "NO_PROXY": "*"},
        stderr=subprocess.PIPE,
        **streams,  # type: ignore[call-overload]
    )
    return found


def closed_pipe() -> int:
    """Give the end of a pipe that nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    return writer


def test_a_closed_pipe_ends_no_apply_half_way(project) -> None:
    project.write(MANIFEST)
    pipe = closed_pipe()
    with run(project, "apply", "--auto-approve", stdout=pipe) as process:
        os.close(pipe)
        _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert b"Apply complete! 2 added" in said
    assert b"Traceback" not in said
    assert b"BrokenPipe" not in said
    project.assert_settled()


def test_a_plan_that_nobody_reads_ends_quietly(project) -> None:
    project.write(MANIFEST)
    pipe = closed_pipe()
    with run(project, "plan", stdout=pipe) as process:
        os.close(pipe)
        _, said = process.communicate(timeout=120)
    assert (process.returncode, said) == (1, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
@pytest.mark.parametrize("command", ["plan", "apply"])
def test_output_that_finds_no_room_is_an_error(project, command) -> None:
    project.write(MANIFEST)
    flags = ("--auto-approve",) if command == "apply" else ()
    with (
        Path("/dev/full").open("wb") as full,
        run(project, command, *flags, stdout=full) as process,
    ):
        _, said = process.communicate(timeout=120)
    assert process.returncode == 1
    assert b"can't write the result: No space left on device" in said
    assert b"Traceback" not in said
    if command == "apply":
        assert b"Apply complete!" in said
        project.assert_settled()


@pytest.mark.parametrize("command", ["plan", "apply"])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
def test_events_that_find_no_room_are_an_error(project, command) -> None:
    project.write(MANIFEST)
    flags = ("--auto-approve",) if command == "apply" else ()
    for _ in range(2):  # with changes, and without
        with (
            Path("/dev/full").open("wb") as full,
            run(project, command, *flags, "--format", "events", stdout=full) as process,
        ):
            _, said = process.communicate(timeout=120)
        assert process.returncode == 1
        assert b"can't write the result: No space left on device" in said
    if command == "apply":
        project.assert_settled()


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.skipif(os.name != "posix", reason="needs a shell")
def test_streams_that_are_closed_are_no_crash(project, closed) -> None:
    project.write(MANIFEST)
    shell = f'exec "$0" -m dsac apply --auto-approve -v {closed}'
    ran = subprocess.run(
        ["/bin/sh", "-c", shell, sys.executable],
        cwd=project.root,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert (ran.returncode, b"Traceback" in ran.stderr) == (0, False), ran.stderr
    project.assert_settled()
    (journal,) = (project.root / ".dsac" / "runs").iterdir()
    assert all(line.startswith("{") for line in journal.read_text().splitlines())


@pytest.mark.skipif(os.name != "posix", reason="needs a shell")
def test_nobody_approves_where_there_is_no_stdin(project) -> None:
    project.write(MANIFEST)
    shell = 'exec "$0" -m dsac apply <&-'
    ran = subprocess.run(
        ["/bin/sh", "-c", shell, sys.executable],
        cwd=project.root,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 1
    assert ran.stderr.startswith(b"Error: nobody is there to approve the plan")


def test_a_terminal_that_went_away_is_no_crash(project) -> None:
    project.write(MANIFEST)
    pipe = closed_pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "dsac", "apply", "--auto-approve", "-v"],
        cwd=project.root,
        stdout=pipe,
        stderr=pipe,
    )
    os.close(pipe)
    assert process.wait(120) == 0
    project.assert_settled()


WAITING = """
import os, signal, sys
from dsac.cli import main
from dsac.remote import transport

def tap(moment, method, url):
    if (moment, method) == ("sending", "POST") and "/datasets/" in url:
        for kind in {kinds}:
            os.kill(os.getpid(), kind)

transport._deaf = tap
sys.argv = ["dsac", "apply", "--auto-approve"]
main()
"""


def test_a_hangup_lets_an_apply_end_in_order(project) -> None:
    project.write(MANIFEST)
    script = WAITING.format(kinds=[int(signal.SIGHUP)] * 2)
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=project.root,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 1
    assert b"Apply interrupted: 1 done, 1 skipped." in ran.stdout
    assert "interrupted" in project.dsac("runs").out
    project.apply()
    project.assert_settled()


HANGING = """
import os, signal, sys, threading
from dsac.cli import main
from dsac.remote import transport

def tap(moment, method, url):
    if (moment, method) == ("sending", "POST") and "/datasets/" in url:
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
        threading.Event().wait()

transport._deaf = tap
sys.argv = ["dsac", "apply", "--auto-approve"]
main()
"""


def test_a_second_signal_does_not_wait_for_what_is_in_flight(project) -> None:
    project.write(MANIFEST)
    ran = subprocess.run(
        [sys.executable, "-c", HANGING],
        cwd=project.root,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 1
    assert ran.stderr.endswith(b"Stopped.\n")
    assert b"dsac runs show tells what was done" in ran.stderr
    assert "died" in project.dsac("runs").out
    assert "May have been done" in project.dsac("runs", "show").out
    project.apply()


def test_sigterm_ends_any_command_with_a_word(project) -> None:
    project.write(MANIFEST)
    script = (
        "import os, signal, sys; from dsac.cli import main\n"
        "import dsac.engine.declared as r\n"
        "r.load = lambda *a, **k: os.kill(os.getpid(), signal.SIGTERM)\n"
        "sys.argv = ['dsac', 'plan']; main()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=project.root,
        capture_output=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr.split()) == (1, [b"Stopped."])


def test_a_process_ends_though_a_thread_of_it_does_not(monkeypatch) -> None:
    ended: list[int] = []
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    monkeypatch.setattr(sys, "argv", ["dsac", "nothing"])
    monkeypatch.setattr("os._exit", ended.append)
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit):
        main()
    signal.signal(signal.SIGTERM, before)
    done.set()
    thread.join()
    assert ended == [1]


class Broken:
    """A stream on which nothing goes."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def write(self, text: str) -> int:
        del text
        raise self.error

    def flush(self) -> None:
        raise self.error

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise OSError


@pytest.mark.parametrize(
    ("error", "code"), [(BrokenPipeError(), 0), (OSError(28, "full"), 1)]
)
def test_what_is_left_at_the_end_is_written_or_not(monkeypatch, error, code) -> None:
    monkeypatch.setattr("dsac.cli.run", lambda _: 0)
    monkeypatch.setattr(sys, "stdout", Broken(error))
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as caught:
        main()
    signal.signal(signal.SIGTERM, before)
    assert caught.value.code == code


def test_talk_and_bars_need_nobody_to_listen(monkeypatch) -> None:
    monkeypatch.setattr(sys, "stderr", Broken(OSError(5, "Input/output error")))
    Terminal().talk("hello")
    quiet = Quiet()
    assert quiet.write("hello") == 5
    quiet.flush()
    assert quiet.isatty()


def test_what_can_not_be_written_is_offered_once(monkeypatch, capsys) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", Broken(OSError(28, "No space left")))
    assert not terminal.offer("hello")
    assert not terminal.offer("hello")
    assert not terminal.heard
    assert capsys.readouterr().err.count("can't write the result") == 1


def test_no_answer_is_a_no(project, monkeypatch) -> None:
    def nobody(prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", nobody)
    assert not Terminal().ask("Really?", answer="yes")
