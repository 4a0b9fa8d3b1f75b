"""Renames through the command line: stated, told by content, and cut off half-way."""

from collections.abc import Callable
from typing import Any

import pytest

from dsac.errors import TransportError
from dsac.remote.client import Client

Project = Any
HEAD = "dataset: jane/flowers\ncategories: [{id: 1, name: rose}]\n"
LABEL = (
    "labels: {ground-truth: {bitmap: ../masks/m.png, "
    "annotations: [{id: 1, category: rose}]}}"
)


def manifest(*names: str, image: str = "a.png", more: str = "") -> str:
    rows = [f"  - {{name: {name}, image: ../images/{image}}}\n" for name in names]
    return HEAD + more + "samples:\n" + "".join(rows)


def uuids(project: Project, *names: str) -> list[str]:
    return [project.sample(name).uuid for name in names]


def many(count: int, more: str = "") -> str:
    rows = [f"  - {{name: s{n}, image: 'https://x/{n}.png'}}\n" for n in range(count)]
    return HEAD + "samples:\n" + more + "".join(rows)


@pytest.mark.parametrize("image", ["../images/a.png", "https://x/a.png"])
def test_a_sample_under_a_new_name_is_renamed_with_its_reason(project, image) -> None:
    project.write(HEAD + f"samples: [{{name: old, image: '{image}'}}]\n")
    project.apply()
    project.edit_label("old", {"label_status": "REVIEWED"})
    before = uuids(project, "old")
    project.write(
        HEAD + f"samples: [{{name: new, image: '{image}', metadata: {{a: 1}}}}]\n"
    )
    (change,) = project.plan()["changes"]
    assert change["actions"] == ["rename", "update"]
    assert change["previous_address"] == "jane/flowers:old"
    assert change["reason"] == "same content as 'old', which left the manifest"
    text = project.dsac("plan").out
    assert "(same content as 'old', which left the manifest)" in text
    assert "sample old -> new" in text
    assert "0 to add, 1 to change, 0 to destroy; 1 to rename" in text
    project.apply()
    assert uuids(project, "new") == before
    with project.platform() as client:
        label = client.get_label(before[0], "ground-truth")
    assert label.label_status == "REVIEWED"
    project.assert_settled()


def test_a_file_that_moved_in_git_renames_its_sample(project) -> None:
    project.write(HEAD + "samples: [{glob: ../images/*.png}]\n")
    for number, name in enumerate(("a.png", "b.png", "c.png")):
        project.image(name, f"#00000{number}")
    project.apply()
    before = uuids(project, "b.png")
    (project.root / "images" / "b.png").rename(project.root / "images" / "z.png")
    assert project.actions() == {"jane/flowers:z.png": ["rename"]}
    ran = project.dsac("apply", "--auto-approve", "-v")
    assert ran.code == 0
    assert " 0 uploads" in ran.err
    assert uuids(project, "z.png") == before
    project.assert_settled()


def test_two_that_look_alike_are_not_guessed_at(project) -> None:
    project.write(many(20) + "  - {name: x, image: 'https://x/0.png'}\n")
    project.apply()
    left = many(20).replace("{name: s0,", "{name: new,")
    project.write(left)
    found = project.plan()
    assert {item["address"]: item["actions"] for item in found["changes"]} == {
        "jane/flowers:new": ["create"],
        "jane/flowers:s0": ["delete"],
        "jane/flowers:x": ["delete"],
    }
    assert "'s0', 'x' left the manifest, 'new' came" in found["warnings"][0]
    project.write(left + "moved: [{from: s0, to: new}]\n")
    assert project.actions()["jane/flowers:new"] == ["rename"]


def test_what_prune_keeps_is_not_renamed(project) -> None:
    project.write(manifest("old"))
    project.apply()
    project.write(manifest("new", more="lifecycle: {prune: none}\n"))
    assert project.actions() == {"jane/flowers:new": ["create"]}


def test_a_rename_by_content_is_saved_and_applied_exactly(project) -> None:
    project.write(manifest("old"))
    project.apply()
    before = uuids(project, "old")
    project.write(manifest("new"))
    assert project.dsac("plan", "--out", "p.json").code == 0
    ran = project.dsac("apply", "p.json")
    assert ran.code == 0, ran.err
    assert uuids(project, "new") == before
    ran = project.dsac("apply", "p.json")
    assert "1 changes of the plan are done already" in ran.err


def test_a_swap_is_an_error_that_says_what_to_do(project) -> None:
    project.write(manifest("a", "b"))
    project.apply()
    swap = "moved: [{from: a, to: b}, {from: b, to: a}]\n"
    project.write(manifest("a", "b", more=swap))
    ran = project.dsac("plan")
    assert ran.code == 1
    assert "these moves go in a circle" in ran.err
    assert "go by way of a third name" in ran.err


def test_a_swap_by_way_of_a_third_name_keeps_everything(project) -> None:
    project.write(
        HEAD + "samples: [{name: a, image: 'https://x/1'}, "
        "{name: b, image: 'https://x/2'}]\n"
    )
    project.apply()
    first, second = uuids(project, "a", "b")
    project.write(
        HEAD + "samples: [{name: tmp, image: 'https://x/1'}, "
        "{name: a, image: 'https://x/2'}]\n"
        "moved: [{from: a, to: tmp}, {from: b, to: a}]\n"
    )
    project.apply()
    project.write(
        HEAD + "samples: [{name: b, image: 'https://x/1'}, "
        "{name: a, image: 'https://x/2'}]\n"
        "moved: [{from: tmp, to: b}]\n"
    )
    project.apply()
    assert uuids(project, "b", "a") == [first, second]
    project.assert_settled()


def test_a_target_that_exists_is_an_error(project) -> None:
    project.write(manifest("a", "b"))
    project.apply()
    project.write(manifest("b", more="moved: [{from: a, to: b}]\n"))
    ran = project.dsac("plan")
    assert ran.code == 1
    assert "'a' can't become 'b', which exists on the platform" in ran.err


def test_a_finished_move_may_stay_in_the_manifest(project) -> None:
    project.write(manifest("a"))
    project.apply()
    project.write(manifest("b", more="moved: [{from: a, to: b}]\n"))
    project.apply()
    project.assert_settled()


def crashing(passing: int, *, lose: bool) -> Callable[..., Any]:
    """Let a number of updates through, then none; one more if its reply is lost."""
    original: Callable[..., Any] = Client.update_sample
    done = 0

    def update(client: Client, uuid: str, fields: Any) -> Any:
        nonlocal done
        done += 1
        if done <= passing + lose:
            answer = original(client, uuid, fields)
            if done <= passing:
                return answer
        raise TransportError("the line is dead")

    return update


CHAIN = "moved: [{from: a, to: b}, {from: b, to: c}, {from: c, to: d}]\n"


@pytest.mark.parametrize("lose", [False, True])
@pytest.mark.parametrize("passing", [0, 1, 2])
def test_a_chain_that_was_cut_off_goes_on(project, monkeypatch, passing, lose) -> None:
    row = "  - {{name: %s, image: 'https://x/{0}'}}\n"
    rows = "\n" + "".join(row.format(number) for number in range(3))
    project.write(HEAD + "samples: " + rows % ("a", "b", "c"))
    project.apply()
    before = uuids(project, "a", "b", "c")
    project.write(HEAD + CHAIN + "samples: " + rows % ("b", "c", "d"))
    crash = crashing(passing, lose=lose)
    with monkeypatch.context() as patch:
        patch.setattr(Client, "update_sample", crash)
        assert project.dsac("apply", "--auto-approve", "--jobs", "1").code == 1
    left = project.actions()
    assert len(left) == 3 - passing - lose
    assert set(map(tuple, left.values())) <= {("rename",)}
    project.apply()
    assert uuids(project, "b", "c", "d") == before
    project.assert_settled()


@pytest.mark.parametrize("lose", [False, True])
def test_a_rename_by_content_that_was_cut_off_converges(
    project, monkeypatch, lose
) -> None:
    rows = "samples: [{name: %s, image: 'https://x/1', metadata: {n: %d}}]\n"
    project.write(HEAD + rows % ("old", 1))
    project.apply()
    before = uuids(project, "old")
    project.write(HEAD + rows % ("new", 2))
    crash = crashing(0, lose=lose)
    with monkeypatch.context() as patch:
        patch.setattr(Client, "update_sample", crash)
        assert project.dsac("apply", "--auto-approve").code == 1
    project.apply()
    assert uuids(project, "new") == before
    assert project.sample("new").metadata["n"] == 2
    project.assert_settled()
