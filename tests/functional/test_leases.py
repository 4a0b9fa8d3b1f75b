"""Two at once: the second one stops or waits, and a dead one holds nobody up."""

import os
import socket
import subprocess
import sys
import threading

import msgspec
import pytest

from dsac.core.lease import Lease, read_lease, write_lease
from dsac.core.marker import KEY, read, write
from dsac.engine import lease as module
from dsac.remote.client import Client
from dsac.remote.clock import Clock

FAR = 4102444800  # the year 2100


def manifest(description: str) -> str:
    return (
        f"dataset: jane/flowers\ndescription: {description}\n"
        "samples: [{name: a, image: https://x/a.png}]\n"
    )


def lease(**other: object) -> Lease:
    found = Lease(
        token="t", owner="eve", host="elsewhere", place="", process=1, until=FAR
    )
    return msgspec.structs.replace(found, **other)


def on_platform(project) -> str:
    with project.platform() as client:
        marker = read(client.get_dataset("jane/flowers").metadata.get(KEY))
    assert marker is not None
    return marker.lease


def put(project, text: str) -> None:
    with project.platform() as client:
        metadata = client.get_dataset("jane/flowers").metadata
        marker = read(metadata[KEY])
        assert marker is not None
        changed = write(msgspec.structs.replace(marker, lease=text))
        client.update_dataset("jane/flowers", {"metadata": {**metadata, KEY: changed}})


@pytest.fixture
def applied(project):
    project.write(manifest("One."))
    project.apply()
    assert on_platform(project) == ""
    return project


def test_a_lease_is_held_while_something_is_written_and_given_back(
    applied, monkeypatch
) -> None:
    seen: list[str] = []
    update = Client.update_dataset

    def spy(self, name, fields):
        answer = update(self, name, fields)
        marker = read(answer.metadata[KEY])
        assert marker is not None
        seen.append(marker.lease)
        return answer

    monkeypatch.setattr(Client, "update_dataset", spy)
    applied.write(manifest("Two."))
    applied.apply()
    taken, kept, given_back = seen
    held = read_lease(taken)
    assert held is not None
    assert (held.owner, held.process, kept) == ("local", os.getpid(), taken)
    assert given_back == ""
    seen.clear()
    applied.apply()
    applied.assert_settled()
    assert seen == []


def test_a_lease_is_no_difference_and_makes_no_plan_stale(applied) -> None:
    applied.write(manifest("Two."))
    assert applied.dsac("plan", "--out", "p.plan").code == 0
    put(applied, write_lease(lease(until=1)))
    ran = applied.dsac("apply", "p.plan")
    assert ran.code == 0, ran.err
    put(applied, write_lease(lease()))
    applied.assert_settled()


def test_a_second_run_stops_and_says_who_is_at_work(applied) -> None:
    put(applied, write_lease(lease()))
    applied.write(manifest("Two."))
    ran = applied.dsac("apply", "--auto-approve", "-v")
    assert ran.code == 1
    assert "jane/flowers is in use: eve is applying to it on elsewhere" in ran.err
    assert "until 2100-01-01 00:00:00 UTC at the latest" in ran.err
    assert "dsac unlock jane/flowers" in ran.err
    assert "(0 writes)" in ran.err
    ran = applied.dsac("unlock", "jane/flowers")
    assert (ran.code, ran.out[:28]) == (0, "Unlocked jane/flowers: eve i")
    assert applied.dsac("unlock", "jane/flowers").out == (
        "jane/flowers is not locked.\n"
    )
    applied.apply()
    ran = applied.dsac("unlock", "jane/none")
    assert ran.code == 1
    assert ran.err.startswith("Error: jane/none does not exist, or is not visible to")
    assert "check the name" in ran.err
    assert applied.dsac("unlock", "flowers").code == 1


@pytest.mark.parametrize("text", ["odd", "t,o,h,p,x,9", write_lease(lease(until=1))])
def test_what_has_ended_or_is_no_lease_holds_nobody_up(applied, text) -> None:
    put(applied, text)
    applied.write(manifest("Two."))
    applied.apply()
    assert on_platform(applied) == ""


def here(**other: object) -> str:
    place = module._place()
    host = socket.gethostname()
    return write_lease(lease(host=host, place=place, **other))


def test_a_run_of_this_machine_that_is_dead_holds_nobody_up(applied) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    put(applied, here(process=gone.pid))
    applied.write(manifest("Two."))
    applied.apply()
    put(applied, here(process=os.getpid()))
    applied.write(manifest("Three."))
    applied.apply()
    # The first process of a machine is alive, and not ours.
    put(applied, here(process=1))
    applied.write(manifest("Four."))
    assert applied.dsac("apply", "--auto-approve").code == 1


def test_processes_of_others_are_alive(monkeypatch) -> None:
    def kill(pid: int, number: int) -> None:
        raise PermissionError

    monkeypatch.setattr("os.kill", kill)
    found = read_lease(here(process=os.getpid() + 1))
    assert found is not None
    assert not module._is_dead(found)


def test_a_machine_without_name_spaces_has_one_place(monkeypatch) -> None:
    def readlink(self: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr("pathlib.Path.readlink", readlink)
    assert module._place() == ""


def test_who_waits_plans_again_when_the_other_has_ended(applied, monkeypatch) -> None:
    put(applied, write_lease(lease()))
    applied.write(manifest("Two."))

    def sleep(self: Clock, duration: float, wake: object = None) -> None:
        # The other one does the same work meanwhile, and goes.
        with applied.platform() as client:
            client.update_dataset("jane/flowers", {"description": "Two."})
        put(applied, "")

    monkeypatch.setattr(Clock, "sleep", sleep)
    ran = applied.dsac("apply", "--auto-approve", "--lock-timeout", "60")
    assert ran.code == 0
    assert "Waiting for jane/flowers: eve is applying to it" in ran.err
    assert ran.out.splitlines()[-1] == "No changes."


def test_who_destroys_waits_too_and_destroys_then(applied, monkeypatch) -> None:
    loose = "lifecycle: {prevent_destroy: false}\n"
    applied.write(manifest("Two.") + loose)
    applied.apply()
    put(applied, write_lease(lease()))
    flags = ("jane/flowers", "--auto-approve", "--allow-delete", "1")
    ran = applied.dsac("destroy", *flags)
    assert (ran.code, "eve is applying to" in ran.err) == (1, True)
    monkeypatch.setattr(Clock, "sleep", lambda *_: put(applied, ""))
    ran = applied.dsac("destroy", *flags, "--lock-timeout", "60")
    assert ran.code == 0, ran.err
    assert "Waiting for jane/flowers: eve is applying to it" in ran.err
    assert "0 added, 0 changed, 1 destroyed." in ran.out


def test_who_waits_for_too_long_or_is_told_to_end_stops(applied, monkeypatch) -> None:
    put(applied, write_lease(lease()))
    applied.write(manifest("Two."))
    moments = iter(range(0, 1000, 5))
    monkeypatch.setattr(Clock, "sleep", lambda *_: None)
    monkeypatch.setattr(Clock, "now", lambda _: float(next(moments)))
    ran = applied.dsac("apply", "--auto-approve", "--lock-timeout", "60")
    assert (ran.code, "is in use" in ran.err) == (1, True)
    monkeypatch.setattr(Clock, "now", lambda _: 0.0)
    monkeypatch.setattr("dsac.remote.transport.Transport.stopped", True)
    ran = applied.dsac("apply", "--auto-approve", "--lock-timeout", "60")
    assert (ran.code, "is in use" in ran.err) == (1, True)


@pytest.fixture
def opened(applied, monkeypatch):
    """Hold the lease of the dataset, with a renewal that a test sets off."""
    from dsac.engine.session import connect
    from dsac.manifests.project import load_project

    with connect(load_project(applied.root), environ={}, owners=["jane"]) as session:
        found = module.Leases(session, print)
        found.take(["jane/flowers"], timeout=0)
        yield found
        found.end()


def test_a_lease_is_renewed_unless_somebody_took_it_away(
    applied, opened, monkeypatch
) -> None:
    first = read_lease(on_platform(applied))
    assert first is not None
    monkeypatch.setattr(Clock, "today", lambda _: float(FAR))
    opened.renew()
    second = read_lease(on_platform(applied))
    assert second is not None
    assert (second.token, second.until) == (first.token, FAR + module.LASTS)
    put(applied, write_lease(lease()))
    opened.renew()
    opened.give_back()
    assert on_platform(applied) == write_lease(lease())


def test_a_lease_that_can_not_be_given_back_ends_by_itself(
    applied, opened, monkeypatch, capsys
) -> None:
    from dsac.errors import ServerError

    def broken(*_: object) -> None:
        raise ServerError("500", status=500)

    monkeypatch.setattr(Client, "update_dataset", broken)
    opened.give_back()
    assert "it ends by itself within 120 s" in capsys.readouterr().out


def test_renewing_happens_in_the_background(opened, monkeypatch) -> None:
    renewed = threading.Event()
    monkeypatch.setattr(module, "RENEWED_EVERY", 0.001)
    monkeypatch.setattr(module.Leases, "renew", lambda _: renewed.set())
    thread = opened.keep_renewing()
    assert renewed.wait(60)
    opened.end()
    thread.join(60)
    assert not thread.is_alive()


def test_a_run_that_breaks_off_gives_its_lease_back(applied, monkeypatch) -> None:
    def bug(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("dsac.cli.applying.apply_plan", bug)
    applied.write(manifest("Two."))
    with pytest.raises(ZeroDivisionError):
        applied.dsac("apply", "--auto-approve")
    assert on_platform(applied) == ""


def test_who_may_not_change_a_dataset_does_without_a_lease(
    applied, monkeypatch
) -> None:
    from dsac.errors import ForbiddenError

    def forbidden(*_: object) -> None:
        raise ForbiddenError("403", status=403)

    monkeypatch.setattr(Client, "update_dataset", forbidden)
    applied.write(manifest("One.").replace("a.png", "b.png"))
    applied.apply()


def test_what_is_no_time_to_wait_is_a_usage_error(project):
    ran = project.dsac("apply", "--auto-approve", "--lock-timeout", "nan")
    assert ran.code == 1
    assert "'--lock-timeout': it is no number of seconds" in ran.err
