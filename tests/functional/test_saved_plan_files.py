"""The file of a saved plan: any changed byte is noticed, newer formats are known."""

import errno
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from dsac.engine import planfile
from dsac.engine.planning import Prepared
from dsac.errors import PlanError
from tests.functional.everything import prepare
from tests.functional.stage import Stage


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Save a plan with changes of every kind."""
    folder = tmp_path_factory.mktemp("plan")
    with pytest.MonkeyPatch.context() as patch:
        stage = Stage(folder / "project", folder / "server", patch=patch)
        prepare(stage)
        path = folder / "p.plan"
        ran = stage.run("plan", "--out", path)
        assert ran.code == 0, ran.err
        yield path


def refused(path: Path, data: bytes) -> bool:
    """Tell whether a file is refused, in one way or another."""
    path.write_bytes(data)
    try:
        planfile.load(path)
    except PlanError:
        return True
    return False


def test_a_plan_is_read_as_it_was_written(plan, tmp_path) -> None:
    saved = planfile.load(plan)
    copy = tmp_path / "copy.plan"
    copy.write_bytes(plan.read_bytes())
    assert planfile.load(copy) == saved
    assert {change.kind for change in saved.plan.changes} == {
        *("dataset", "labelset", "collaborator", "sample", "label", "release")
    }


def test_any_byte_that_changed_is_noticed(plan, tmp_path) -> None:
    data, chance = plan.read_bytes(), Random(1)
    passed = []
    for position in range(0, len(data), 37):
        other = data[position] ^ chance.randrange(1, 256)
        changed = data[:position] + bytes([other]) + data[position + 1 :]
        if not refused(tmp_path / "x.plan", changed):
            passed.append(position)
    assert passed == []


def test_what_is_missing_added_or_moved_is_noticed(plan, tmp_path) -> None:
    data, chance = plan.read_bytes(), Random(2)
    passed: list[tuple[int, int]] = []
    for _ in range(100):
        start, end = sorted(chance.sample(range(len(data) + 1), 2))
        spoilt = (
            data[:start],
            data[:start] + data[end:],
            data[:start] + b" " + data[start:],
            data[:start] + data[start:end] * 2 + data[end:],
        )
        passed.extend(
            (start, end)
            for changed in spoilt
            if changed != data and not refused(tmp_path / "x.plan", changed)
        )
    assert passed == []
    for more in (b"\n", b" ", b"\0", b"{}", data):
        assert refused(tmp_path / "x.plan", data + more)


def test_the_same_document_in_other_words_is_another_file(plan, tmp_path) -> None:
    data = plan.read_bytes()
    document = json.loads(data)
    for other in (
        json.dumps(document),
        json.dumps(document, indent=1) + " \n",
        json.dumps(document, indent=1, sort_keys=True) + "\n",
        json.dumps(document, indent=2) + "\n",
    ):
        assert refused(tmp_path / "x.plan", other.encode())
    assert refused(tmp_path / "x.plan", data.replace(b"\n", b"\r\n"))
    assert refused(tmp_path / "x.plan", b"\xef\xbb\xbf" + data)
    assert refused(tmp_path / "x.plan", data.decode().encode("utf-16"))


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"format_version": ' * 20_000,
        '{"format_version": "1.0", "changes": "\\ud800"}',
        '{"format_version": "1.0", "project": 1e999}',
        '{"format_version": null}',
        "",
        "\0",
        "null",
    ],
)
def test_what_is_hardly_json_is_refused_and_not_a_crash(text, tmp_path) -> None:
    assert refused(tmp_path / "x.plan", text.encode())


def resealed(plan: Path, path: Path, **members: Any) -> Path:
    """Write a plan with other members, sealed as its writer would."""
    document = json.loads(plan.read_bytes())
    del document["sha256"]
    path.write_bytes(planfile._sealed({**document, **members}))
    return path


def test_a_newer_minor_format_is_read_and_what_it_added_is_ignored(
    plan, tmp_path
) -> None:
    document = json.loads(plan.read_bytes())
    changes = [
        {**change, "novel": [1], "saved": {**change["saved"], "novel": None}}
        for change in document["changes"]
    ]
    newer = resealed(
        plan,
        tmp_path / "x.plan",
        format_version="1.7",
        novel={"a": 1},
        changes=changes,
        allow={**document["allow"], "novel": 3},
    )
    digest = planfile.load(newer).digest
    assert digest == hashlib.sha256(newer.read_bytes()).hexdigest()
    found = planfile.load(plan)
    assert digest != found.digest
    assert planfile.load(newer) == msgspec.structs.replace(found, digest=digest)


@pytest.mark.parametrize(
    ("version", "hint"),
    [
        ("2.0", "upgrade dsac, or make a new plan"),
        ("12.1", "upgrade dsac, or make a new plan"),
        ("0.9", "make a new plan"),
        ("one", "make a new plan"),
        ("", "make a new plan"),
    ],
)
def test_another_major_format_is_refused(version, hint, plan, tmp_path) -> None:
    path = resealed(plan, tmp_path / "x.plan", format_version=version)
    with pytest.raises(PlanError, match="has format") as caught:
        planfile.load(path)
    assert caught.value.hint == hint


def test_a_plan_of_before_limits_were_saved_is_read(plan, tmp_path) -> None:
    document = json.loads(plan.read_bytes())
    for name in ("sha256", "limits", "take_over"):
        del document[name]
    path = tmp_path / "x.plan"
    path.write_bytes(planfile._sealed(document))
    saved = planfile.load(path)
    assert (saved.limits, saved.plan.take_over) == ({}, ())


def test_what_a_plan_was_made_from_must_be_in_shape(plan, tmp_path) -> None:
    path = resealed(plan, tmp_path / "x.plan", files=["a"])
    with pytest.raises(PlanError, match="is damaged"):
        planfile.load(path)


def test_a_plan_that_can_not_be_written_leaves_the_one_that_is_there(
    plan, tmp_path, monkeypatch
) -> None:
    path = tmp_path / "p.plan"
    path.write_bytes(plan.read_bytes())
    saved = planfile.load(path)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    prepared = Prepared(plan=saved.plan)
    with pytest.raises(PlanError, match="No space left on device"):
        planfile.save(path, prepared)
    assert [item.name for item in tmp_path.iterdir()] == ["p.plan"]
    assert planfile.load(path) == saved


def test_a_plan_can_go_to_a_pipe_and_through_a_link(plan, tmp_path) -> None:
    saved = planfile.load(plan)
    prepared = Prepared(plan=saved.plan)
    target, link, pipe = (tmp_path / name for name in ("target", "link", "pipe"))
    target.write_bytes(b"")
    link.symlink_to(target)
    planfile.save(link, prepared)
    assert link.is_symlink()
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        planfile.save(pipe, prepared)
        assert os.read(reading, 10**6) == target.read_bytes()
    finally:
        os.close(reading)
    assert planfile.load(link).plan == saved.plan
