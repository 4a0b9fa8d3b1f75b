"""What is left of a run: its journal, also of one that was killed, and its uploads."""

import json
import os
import signal
import subprocess
import sys

import pytest

from dsac.errors import ServerError
from dsac.remote.client import Client

HEAD = """\
dataset: jane/flowers
task_type: segmentation-bitmap
categories: [{id: 1, name: rose}]
samples:
"""


def samples(*names: str) -> str:
    return HEAD + "".join(
        f"  - {{name: {name}, image: ../images/{name}.png}}\n" for name in names
    )


def test_runs_are_listed_and_shown(project) -> None:
    assert project.dsac("runs").out == "No runs.\n"
    assert "there are no runs" in project.dsac("runs", "show").err
    project.write(samples("a", "b"))
    project.apply()
    project.assert_settled()
    project.apply()
    (line,) = project.dsac("runs").out.splitlines()
    assert line.split()[4:] == ["apply", "complete", "3", "done"]
    name = line.split()[0]
    shown = project.dsac("runs", "show", name[:8])
    assert shown.code == 0
    assert "by local on local: complete." in shown.out
    assert "  create   jane/flowers:a\n" in shown.out
    assert project.dsac("runs", "show", "x").code == 1


def test_long_lists_are_cut_unless_all_is_asked_for(project) -> None:
    rows = "".join(f"  - {{name: s{n}, image: https://x/{n}.png}}\n" for n in range(30))
    project.write(HEAD + rows)
    project.apply()
    assert "(11 more, --verbose lists them)" in project.dsac("runs", "show").out
    assert len(project.dsac("runs", "show", "--verbose").out.splitlines()) == 35


def broken(self: Client, dataset: str, rows: object) -> None:
    raise ServerError("POST: 500", status=500)


def test_a_second_run_uploads_nothing_twice(project, monkeypatch) -> None:
    project.write(samples("a", "b", "c"))
    monkeypatch.setattr(Client, "create_samples", broken)
    ran = project.dsac("apply", "--auto-approve", "-v")
    assert ran.code == 1
    assert " 1 uploads" in ran.err  # all three are red
    assert "dsac runs show tells what was done." in ran.out
    shown = project.dsac("runs", "show").out
    assert ": failed." in shown
    assert "  create   jane/flowers:a: POST: 500" in shown
    monkeypatch.undo()
    monkeypatch.chdir(project.root)
    ran = project.dsac("apply", "--auto-approve", "-v")
    assert (ran.code, " 0 uploads" in ran.err) == (0, True), ran.err
    project.assert_settled()


KILLED = """
import os, signal, sys
from dsac.cli import run
from dsac.remote import transport

def tap(moment, method, url):
    if (moment, method) == ({moment!r}, "POST") and "samples_bulk" in url:
        os.kill(os.getpid(), signal.SIGKILL)

transport._deaf = tap
run(["apply", "--auto-approve"])
"""


@pytest.mark.parametrize("moment", ["sending", "answered"])
def test_a_run_that_was_killed_tells_what_it_may_have_done(project, moment) -> None:
    project.write(samples("a", "b"))
    ran = subprocess.run(
        [sys.executable, "-c", KILLED.format(moment=moment)],
        capture_output=True,
        cwd=project.root,
        env={**os.environ, "NO_PROXY": "*"},
        check=False,
    )
    assert ran.returncode == -signal.SIGKILL, ran.stderr
    assert "apply    died        1 done, 2 unknown" in project.dsac("runs").out
    shown = project.dsac("runs", "show").out
    assert "May have been done (plan again to see):\n  create   jane/flowers:a" in shown
    again = project.dsac("apply", "--auto-approve", "-v")
    assert again.code == 0, again.err
    assert " 0 uploads" in again.err
    project.assert_settled()


def test_without_a_journal_nothing_is_begun(project, monkeypatch) -> None:
    project.write(samples("a"))
    (project.root / ".dsac").mkdir(exist_ok=True)
    (project.root / ".dsac" / "runs").write_text("in the way")
    ran = project.dsac("apply", "--auto-approve", "-v")
    assert ran.code == 1
    assert "nothing was done" in ran.err
    assert "(0 writes)" in ran.err


def test_a_disk_that_fills_up_ends_the_run_in_order(project, monkeypatch) -> None:
    project.write(samples("a", "b"))
    real = os.write

    def write(file: int, data: bytes) -> int:
        if b'"CreateSamples"' in data:
            raise OSError(28, "No space left on device")
        return real(file, data)

    monkeypatch.setattr("os.write", write)
    ran = project.dsac("apply", "--auto-approve", "--format", "json")
    monkeypatch.undo()
    monkeypatch.chdir(project.root)
    report = json.loads(ran.out)
    assert ran.code == 1
    assert "No space left on device" in report["stopped"]
    assert {item["outcome"] for item in report["results"]} == {"done", "skipped"}
    project.apply()
    project.assert_settled()


def test_a_journal_that_breaks_at_the_very_end_is_told(project, monkeypatch) -> None:
    project.write("dataset: jane/flowers\n")
    real = os.write

    def write(file: int, data: bytes) -> int:
        if data.startswith(b'{"end"'):
            raise OSError(28, "No space left on device")
        return real(file, data)

    monkeypatch.setattr("os.write", write)
    ran = project.dsac("apply", "--auto-approve")
    assert ran.code == 1
    assert "Warning: can't write the journal" in ran.out
    assert "Apply incomplete: 1 done." in ran.out
