"""The command line itself: help, exit codes, prompts, signals, and the server."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from dsac import __version__
from dsac.cli import main, progress
from dsac.cli.commands import COMMANDS
from dsac.cli.signals import interruptible
from dsac.cli.terminal import Terminal
from dsac.core.values import Tree
from dsac.remote.client import Client
from dsac.remote.transport import Transport

MANIFEST = "dataset: jane/flowers\nsamples: [{name: a, image: https://x/a.png}]\n"
HEAVY = ("numpy", "PIL", "deepdiff", "flask", "pydantic", "requests", "yaml", "rich")


def test_help_lists_every_command_and_imports_nothing_heavy():
    script = (
        "import sys; from dsac.cli import run; run(['--help']); "
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines()[-1] == "[]"
    for name, sentence in COMMANDS.items():
        assert f"  {name}  " in ran.stdout
        assert sentence in ran.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name, dsac):
    ran = dsac(name, "--help")
    assert ran.code == 0
    assert f"Usage: dsac {name}" in ran.out
    for option in ("-C DIR", "--remote URL", "--environment NAME", "--no-color", "-v"):
        assert option in ran.out


def test_the_package_runs_as_a_module():
    ran = subprocess.run(
        [sys.executable, "-m", "dsac", "version"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (0, f"dsac {__version__}\n")


def test_the_version_and_the_schemas_are_printed(dsac):
    assert dsac("version").out == f"dsac {__version__}\n"
    assert __version__ in dsac("--version").out
    assert json.loads(dsac("schema").out)["title"] == "dsac manifest"
    assert "environments" in dsac("schema", "project").out


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing"],
        ["plan", "--nothing"],
        ["plan", "--jobs", "0"],
        ["show"],
        ["destroy", "flowers"],
    ],
)
def test_mistakes_on_the_command_line_exit_1(arguments, dsac):
    ran = dsac(*arguments)
    assert ran.code == 1
    assert "Usage: dsac" in ran.err


def test_variables_are_name_and_value(project):
    project.write("dataset: ${org}/flowers\n")
    assert project.dsac("plan", "--var", "org").code == 1
    ran = project.dsac("plan", "--var", "org=jane")
    assert "jane/flowers will be created" in ran.out


def test_global_options_stand_before_or_after_the_command(project, tmp_path, dsac):
    project.write(MANIFEST)
    elsewhere = ("-C", project.root)
    assert dsac(*elsewhere, "validate").out == dsac("validate", *elsewhere).out
    assert dsac("-v", "plan").err == dsac("plan", "-v").err
    ran = dsac("plan", "--environment", "none")
    assert "there is no environment 'none'" in ran.err


def test_no_project_is_a_plain_error(dsac, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = dsac("plan")
    assert ran.code == 1
    assert "make a project with dsac init" in ran.err


def test_the_key_may_come_from_a_file(project, server, monkeypatch):
    (project.root / "key").write_text("jane-key\n")
    monkeypatch.setenv("SEGMENTS_API_KEY_FILE", str(project.root / "key"))
    project.write(MANIFEST)
    assert project.dsac("plan", "--remote", server.url).code == 0
    monkeypatch.setenv("SEGMENTS_API_KEY_FILE", str(project.root / "none"))
    ran = project.dsac("plan", "--remote", server.url)
    assert "can't read the API key from" in ran.err


def test_the_key_is_written_nowhere(project, server, monkeypatch):
    monkeypatch.setenv("SEGMENTS_API_KEY", "jane-key")
    project.write(MANIFEST)
    flags = ("--remote", server.url, "-v", "--out", "p.plan")
    ran = project.dsac("plan", *flags)
    ran = project.dsac("apply", "--remote", server.url, "--auto-approve", "-v")
    written = ran.out + ran.err
    for path in project.root.rglob("*"):
        if path.is_file():
            written += path.read_bytes().decode("latin-1")
    assert "jane-key" not in written


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch):
    """Sit at a terminal and type one answer."""

    def answer(text: str) -> None:
        monkeypatch.setattr(Terminal, "interactive", True)
        monkeypatch.setattr("builtins.input", lambda _: text)

    return answer


def test_only_yes_applies(project, typed):
    project.write(MANIFEST)
    typed("y")
    ran = project.dsac("apply")
    assert (ran.code, "Nothing was applied." in ran.err) == (1, True)
    typed("yes")
    assert project.dsac("apply").code == 0
    project.assert_settled()


def test_destroy_asks_for_the_name(project, typed):
    project.write("dataset: jane/old\nlifecycle: {prevent_destroy: false}\n")
    project.apply()
    typed("yes")
    assert project.dsac("destroy", "jane/old").code == 1
    typed("jane/old")
    assert project.dsac("destroy", "jane/old").code == 0


def test_a_blocked_apply_can_be_read_as_json(project):
    project.write(MANIFEST)
    project.apply()
    project.write("dataset: jane/flowers\nsamples: []\n")
    ran = project.dsac("apply", "--auto-approve", "--format", "json")
    assert ran.code == 1
    assert json.loads(ran.out)["summary"]["blocked"]


def test_the_first_signal_finishes_and_the_second_stops(capfd):
    told: list[str] = []
    with interruptible(lambda: told.append("stop")) as event:
        os.kill(os.getpid(), signal.SIGTERM)
        assert event.wait(60)
        assert told == ["stop"]
        signal.raise_signal(signal.SIGHUP)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert capfd.readouterr().err.count("once more stops at once") == 1


def test_what_whoever_started_us_wants_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interruptible(lambda: None) as event:
            signal.raise_signal(signal.SIGHUP)
            assert not event.is_set()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_an_interrupted_apply_starts_nothing_new_and_says_so(project, monkeypatch):
    upload = Client.add_dataset

    def interrupted(self, name, fields):
        signal.raise_signal(signal.SIGINT)
        return upload(self, name, fields)

    project.write(MANIFEST)
    monkeypatch.setattr(Client, "add_dataset", interrupted)
    ran = project.dsac("apply", "--auto-approve")
    assert ran.code == 1
    assert "Apply interrupted: 1 done, 1 skipped." in ran.out
    monkeypatch.undo()
    monkeypatch.chdir(project.root)
    project.apply()
    project.assert_settled()


def test_ctrl_c_before_anything_is_quiet(project, monkeypatch):
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dsac.manifests.load.load", stop)
    monkeypatch.setattr("dsac.engine.declared.load", stop)
    project.write(MANIFEST)
    ran = project.dsac("validate")
    assert (ran.code, ran.err.strip()) == (1, "Stopped.")


def test_a_reader_that_goes_away_is_no_crash(project, monkeypatch):
    def gone(*_: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(Terminal, "result", gone)
    out = sys.stdout
    project.write(MANIFEST)
    assert project.dsac("validate").code == 1
    sys.stdout = out


def test_a_bug_of_ours_shows_its_traceback(project, monkeypatch):
    def bug(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("dsac.engine.declared.load", bug)
    project.write(MANIFEST)
    with pytest.raises(ZeroDivisionError):
        project.dsac("validate")


def test_main_ends_the_process_with_the_code(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["dsac", "nothing"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 1


def test_progress_is_a_line_now_and_then_without_a_terminal(capsys):
    moment = 0.0
    lines = progress.Lines(Terminal(), now=lambda: moment)
    lines.advance()
    lines.look()
    lines.phase("uploads", 10)
    lines.advance()
    moment = 5.0
    lines.advance(4)
    assert capsys.readouterr().err == ""
    moment = 10.0
    lines.look()
    lines.look()
    moment = 20.0
    lines.phase("read", None)
    lines.look()
    said = "uploads: 5/10, 0.5/s, 10 s left\nread: 0, 0.0/s\n"
    assert capsys.readouterr().err == said


def test_a_line_is_written_also_when_nothing_moves(capsys, monkeypatch):
    monkeypatch.setattr(progress, "EVERY", 0.0)
    monkeypatch.setattr(progress, "HEARTBEAT", 0.001)
    with progress.progress(Terminal()) as shown:
        shown.phase("read", 2)
        while "read: 0/2" not in (said := capsys.readouterr().err):
            assert not said.strip()


def test_progress_is_a_bar_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with progress.progress(Terminal()) as shown:
        shown.advance()
        shown.phase("read", 2)
        shown.advance()
        shown.phase("uploads", None)
        shown.note("[said]")
    assert "[said]" in capsys.readouterr().err


def test_colour_is_for_terminals_and_never_where_it_is_not_wanted(project, monkeypatch):
    project.write(MANIFEST)
    assert "\x1b[" not in project.dsac("plan").out
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert Terminal().color
    assert not Terminal(color=False).color
    monkeypatch.setenv("NO_COLOR", "1")
    assert not Terminal().color


@pytest.fixture
def serving(tmp_path: Path):
    """Run `dsac serve` in a process of its own."""
    data = tmp_path / "data"

    def start(*flags: str) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "dsac", "serve", "--port", "0"),
                *("--data", str(data), "--account", "jane:jane-key"),
                *("--organization", "acme", *flags),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("Serving the Segments API on http://127.0.0.1:")
        return process, line.split()[5]

    running: list[subprocess.Popen[str]] = []

    def run(*flags: str) -> tuple[subprocess.Popen[str], str]:
        process, url = start(*flags)
        running.append(process)
        return process, url

    yield run
    for process in running:
        process.kill()
        process.communicate()


def test_serve_answers_on_a_port_and_ends_when_told(serving):
    process, url = serving()
    with Transport(url, key="jane-key") as transport:
        assert Client(transport).get_user().username == "jane"
    process.send_signal(signal.SIGTERM)
    _, talk = process.communicate(timeout=300)
    assert process.returncode == 0
    assert "Accounts: jane. Stop with Ctrl-C.\nStopped.\n" in talk


def test_what_a_killed_server_acknowledged_is_there_after_a_restart(serving):
    process, url = serving()
    with Transport(url, key="jane-key") as transport:
        client = Client(transport)
        client.add_dataset("acme/flowers", {})
        row: dict[str, Tree] = {"name": "a"}
        row["attributes"] = {"image": {"url": "https://x"}}
        client.add_sample("acme/flowers", row)
    process.kill()
    process.wait()
    _, url = serving()
    with Transport(url, key="jane-key") as transport:
        (page,) = Client(transport).list_samples("acme/flowers")
        assert [sample.name for sample in page] == ["a"]


def raw(url: str, method: str, path: str, body: str = "") -> bytes:
    """Send a request and give what comes back up to the end of the connection."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=300) as connection:
        connection.sendall(
            f"{method} {path} HTTP/1.0\r\nAuthorization: APIKey jane-key\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
        return received


def test_a_served_reply_is_lost_after_the_work_was_done(serving):
    process, url = serving("--lose-reply-rate", "1", "--seed", "1")
    with pytest.raises(ConnectionResetError):
        raw(url, "POST", "/user/datasets/", '{"name": "flowers"}')
    process.send_signal(signal.SIGTERM)
    _, talk = process.communicate(timeout=300)
    assert "Faults are on; --seed 1 repeats them." in talk
    _, url = serving("--reset-rate", "0")
    assert b"jane/flowers" in raw(url, "GET", "/user/datasets/")


def test_a_served_reply_is_cut_in_the_middle(serving):
    _, url = serving("--truncate-rate", "1")
    head, _, body = raw(url, "GET", "/user").partition(b"\r\n\r\n")
    (length,) = re.findall(rb"Content-Length: (\d+)", head)
    assert 0 < len(body) < int(length)


def test_a_served_failure_and_a_served_rate_limit(serving):
    _, url = serving("--fail-rate", "1", "--seed", "3")
    assert raw(url, "GET", "/user").split()[1] in {b"500", b"502", b"503"}
    _, url = serving("--rate-limit", "0.001/s", "--latency-ms", "1")
    first, second = (raw(url, "GET", "/user") for _ in range(2))
    assert first.split()[1] == b"200"
    assert second.split()[1] == b"429"
    assert re.search(rb"Retry-After: \d+\r\n", second)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--fail-rate", "2"), "fail-rate"),
        (("--fail-rate", "0.6", "--reset-rate", "0.6"), "add up to 1"),
        (("--rate-limit", "many"), "write --rate-limit 50/s"),
        (("--rate-limit", "-1"), "write --rate-limit 50/s"),
        (("--fail-rate", "nan"), "plain numbers"),
        (("--latency-ms", "inf"), "plain numbers"),
    ],
)
def test_serve_refuses_faults_that_can_not_be(dsac, tmp_path, flags, said):
    ran = dsac("serve", "--data", tmp_path, *flags)
    assert ran.code == 1
    assert said in ran.err


def test_serve_says_what_is_wrong_with_its_flags(dsac, tmp_path):
    ran = dsac("serve", "--account", ":x", "--data", tmp_path)
    assert ran.code == 1
    assert "write --account NAME:KEY" in ran.err
    ran = dsac("serve", "--host", "256.0.0.1", "--data", tmp_path)
    assert ran.code == 1
    assert "can't listen on 256.0.0.1" in ran.err


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--account", "jane:k", "--account", "bob:k"), "have the same key"),
        (("--account", "jane:k", "--account", "jane"), "jane is named 2 times"),
        (("--account", "jane", "--organization", "jane"), "jane is named 2 times"),
        (("--account", "jane:\u043a"), "plain letters"),
        (("--organization", "a/b"), "can't be the name of an organisation"),
        (("--organization", "a:b"), "can't be the name of an organisation"),
    ],
)
def test_serve_refuses_accounts_that_can_not_be(dsac, tmp_path, flags, said):
    ran = dsac("serve", "--data", tmp_path, *flags)
    assert ran.code == 1
    assert ran.err.startswith("Error: ")
    assert said in ran.err


def test_a_folder_that_is_not_the_emulators_is_an_error(project):
    folder = project.root / ".dsac" / "local"
    folder.mkdir(parents=True)
    (folder / "emulator.sqlite").write_text("not a database")
    ran = project.dsac("serve", "--data", folder)
    assert ran.code == 1
    assert "emulator.sqlite can't be used: file is not a database" in ran.err
    project.write(MANIFEST)
    ran = project.dsac("plan")
    assert ran.code == 1
    assert "Error: the embedded remote can't be opened" in ran.err
    assert f"move {folder} away" in ran.err


def test_serve_in_this_process_tells_the_accounts(dsac, tmp_path, monkeypatch):
    def fake(app: object, *, host: str, port: int, ready) -> None:
        ready(f"http://{host}:{port}")
        raise KeyboardInterrupt

    monkeypatch.setattr("dsac.cli.serve.serve", fake)
    before = signal.getsignal(signal.SIGTERM)
    ran = dsac("serve", "--data", tmp_path)
    signal.signal(signal.SIGTERM, before)
    assert ran.code == 0
    assert "(its key is local)" in ran.err
