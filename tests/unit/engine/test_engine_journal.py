"""The journal of a run: written as it goes, read back whatever became of it."""

import errno
import os
from pathlib import Path

import pytest

from dsac.core.change import Change
from dsac.core.operations import CreateLabelset, CreateRelease, UploadFile
from dsac.core.report import Ending, Outcome, Report, Result
from dsac.core.resources import Address, Kind, Labelset, Release
from dsac.core.values import Upload
from dsac.engine.feasible import DONE
from dsac.engine.journal import Journal, Run, journal
from dsac.engine.runs import list_runs, moment_of, read_run
from dsac.errors import JournalError

RUN = Run(command="apply", project="p", remote="http://x", user="jane")
NAMES = ("a", "b", "c", "d", "e")
CHANGES = tuple(
    Change(
        address=Address(Kind.LABELSET, "jane/flowers", "", name),
        after=Labelset(name=name),
    )
    for name in NAMES
)


def create(name: str) -> CreateLabelset:
    return CreateLabelset("jane/flowers", Labelset(name=name))


def opened(folder: Path) -> Journal:
    return Journal(folder, RUN, CHANGES)


def names(entries) -> list[str]:
    return [entry.address.partition("@")[2] for entry in entries]


def test_a_run_tells_what_it_did_did_not_and_may_have_done(tmp_path):
    found = opened(tmp_path)
    for name, outcome in zip(NAMES, list(Outcome)[:4], strict=False):
        number = found.begin(create(name))
        found.end(number, create(name), Ending(outcome, f"{outcome}!"), {})
    assert read_run(tmp_path).ending == "running"
    found.begin(create("e"))
    found.close()
    run = read_run(tmp_path)
    assert run.ending == "died"
    assert names(run.done) == ["a"]
    assert names(run.failed) == ["b"]
    assert names(run.not_done) == ["c"]
    assert names(run.held) == ["d"]
    assert names(run.unknown) == ["e"]
    assert run.failed[0].message == "failed!"
    assert (run.planned, run.command, run.user) == (5, "apply", "jane")


def test_an_operation_may_end_in_another_way_for_some_of_its_resources(tmp_path):
    address = CHANGES[0].address
    with journal(tmp_path, RUN, CHANGES) as found:
        number = found.begin(create("a"))
        odd = {address: Ending(Outcome.UNKNOWN, "lost")}
        found.end(number, create("a"), DONE, odd)
    run = read_run(tmp_path)
    assert (names(run.unknown), run.done) == (["a"], ())
    assert run.unknown[0].message == "lost"


@pytest.mark.parametrize(
    ("report", "ending"),
    [
        (Report(), "complete"),
        (Report(interrupted=True), "interrupted"),
        (Report(results=(Result(CHANGES[0], Outcome.FAILED),)), "failed"),
    ],
)
def test_the_end_of_a_run_is_written(tmp_path, report, ending):
    with journal(tmp_path, RUN, CHANGES) as found:
        found.finish(report)
    assert read_run(tmp_path).ending == ending


def test_a_torn_last_line_is_what_a_kill_leaves(tmp_path):
    found = opened(tmp_path)
    number = found.begin(create("a"))
    found.end(number, create("a"), DONE, {})
    found.begin(create("b"))
    found.close()
    data = found.path.read_bytes()
    for cut in range(1, len(data.splitlines()[-1]) + 1):
        found.path.write_bytes(data[:-cut])
        run = read_run(tmp_path)
        assert names(run.done) == ["a"]
        assert "b" in names(run.not_done) + names(run.unknown)


def test_an_upload_is_named_by_its_file_and_is_no_change(tmp_path):
    with journal(tmp_path, RUN, CHANGES) as found:
        found.begin(UploadFile(Upload("images/a.png", "0")))
        found.begin(CreateRelease("jane/flowers", Release(name="v1")))
    assert b'"of":["images/a.png"]' in found.path.read_bytes()
    assert len(read_run(tmp_path).not_done) == 5


@pytest.mark.parametrize("kind", ["full", "short"])
def test_a_journal_that_can_not_be_written_takes_no_more(tmp_path, monkeypatch, kind):
    found = opened(tmp_path)
    real = os.write

    def write(file: int, data: bytes) -> int:
        if kind == "full":
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(file, data[:5])

    monkeypatch.setattr("os.write", write)
    with pytest.raises(JournalError, match=r"No space left|disk is full"):
        found.begin(create("a"))
    monkeypatch.undo()
    with pytest.raises(JournalError):
        found.end(1, create("a"), DONE, {})
    found.finish(Report())
    found.close()
    assert found.broken
    assert read_run(tmp_path).ending == "died"


def test_a_journal_that_can_not_be_begun_says_so(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="nothing was done"):
        opened(tmp_path / "file" / "runs")

    def write(file: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.write", write)
    with pytest.raises(JournalError, match="No space left"):
        opened(tmp_path)


def test_a_file_system_without_locks_will_do(tmp_path, monkeypatch):
    def flock(file: object, how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", flock)
    found = opened(tmp_path)
    found.close()
    assert len(list_runs(tmp_path)) == 1


def test_two_runs_of_one_moment_get_a_file_each(tmp_path, monkeypatch):
    stamps = ["one", "one", "two"]
    monkeypatch.setattr("dsac.engine.journal.stamp", lambda: stamps.pop(0))
    for _ in range(2):
        opened(tmp_path).close()
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["one", "two"]


def test_runs_are_named_by_their_beginnings(tmp_path):
    with pytest.raises(JournalError, match="there are no runs"):
        read_run(tmp_path)
    for _ in range(2):
        opened(tmp_path).close()
    first, second = sorted(path.stem for path in tmp_path.iterdir())
    assert [run.name for run in list_runs(tmp_path)] == [second, first]
    assert read_run(tmp_path).name == second
    assert read_run(tmp_path, first).name == first
    with pytest.raises(JournalError, match="2 runs begin with '20'"):
        read_run(tmp_path, "20")
    with pytest.raises(JournalError, match="no run begins with 'x'"):
        read_run(tmp_path, "x")


def test_files_that_are_no_journals_are_none(tmp_path):
    (tmp_path / "a.jsonl").write_text("hello")
    (tmp_path / "b.jsonl").write_text("{}\n")
    (tmp_path / "c.jsonl").mkdir()
    assert list_runs(tmp_path) == ()
    with pytest.raises(JournalError, match="is no journal"):
        read_run(tmp_path, "a")


def test_the_name_of_a_run_is_its_moment():
    assert moment_of("20261125T221005.123456Z") == "2026-11-25 22:10:05 UTC"
    assert moment_of("odd") == "odd"
