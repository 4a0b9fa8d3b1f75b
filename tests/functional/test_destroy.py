"""Deleting whole datasets: by name, with --destroy, and what stands in the way."""

import json

import pytest

from dsac.cli.terminal import Terminal

OPEN = "lifecycle: {prevent_destroy: false}\n"


def dataset(name: str, *samples: str, more: str = OPEN) -> str:
    rows = [
        f"  - {{name: {item}, image: 'https://x/{item}.png'}}\n" for item in samples
    ]
    managed = "samples:\n" + "".join(rows) if samples else ""
    return f"dataset: {name}\n{more}{managed}"


@pytest.fixture
def two(project):
    """Give a project of two datasets of its own, one of them empty."""
    project.write(dataset("jane/flowers", "a", "b"))
    project.write(dataset("jane/trees"), "manifests/trees.yaml")
    project.apply()
    return project


@pytest.fixture
def typing(monkeypatch):
    """Sit at a terminal; what is asked is kept, what is typed comes from a list."""
    typed: list[str] = []
    asked: list[str] = []
    monkeypatch.setattr(Terminal, "interactive", property(lambda _: True))
    monkeypatch.setattr("builtins.input", lambda _: typed.pop(0))
    talk = Terminal.talk

    def talked(terminal: Terminal, text: str) -> None:
        asked.append(text)
        talk(terminal, text)

    monkeypatch.setattr(Terminal, "talk", talked)
    return typed, asked


def names(project) -> list[str]:
    with project.platform() as client:
        return [
            item.full_name for page in client.list_datasets("jane") for item in page
        ]


def test_the_name_must_be_typed(two, typing):
    typed, asked = typing
    for wrong in ("yes", "", "trees", "jane/tree", "jane/trees jane/flowers"):
        typed.append(wrong)
        ran = two.dsac("destroy", "jane/trees")
        assert (ran.code, "Nothing was applied." in ran.err) == (1, True)
        assert any("delete what is listed above: jane/trees" in line for line in asked)
    assert names(two) == ["jane/flowers", "jane/trees"]
    typed.append(" jane/trees ")
    assert two.dsac("destroy", "jane/trees").code == 0
    assert names(two) == ["jane/flowers"]


def test_several_are_all_typed_and_each_once(two, typing):
    typed, _ = typing
    flags = ("jane/trees", "jane/flowers", "jane/trees", "--allow-delete", "2")
    typed.append("jane/flowers")
    assert two.dsac("destroy", *flags).code == 1
    typed.append("jane/flowers jane/trees")
    ran = two.dsac("destroy", *flags)
    assert ran.code == 0
    assert "Apply complete! 0 added, 0 changed, 2 destroyed." in ran.out
    assert names(two) == []


def test_without_a_terminal_the_exact_name_and_auto_approve_are_needed(two):
    ran = two.dsac("destroy", "jane/trees")
    assert ran.code == 1
    assert "nobody is there to approve the plan" in ran.err
    assert two.dsac("destroy", "jane/trees", "--auto-approve").code == 0
    assert names(two) == ["jane/flowers"]


@pytest.mark.parametrize(
    "name", ["jane/*", "jane/tree?", "*/*", "jane", "jane/", "/trees", "jane/a/b", ""]
)
def test_globs_and_halves_of_names_are_refused(two, name):
    ran = two.dsac("destroy", name, "--auto-approve")
    assert ran.code == 1
    assert "is not OWNER/NAME" in ran.err
    assert len(names(two)) == 2


def test_another_spelling_of_a_name_is_another_dataset(two):
    ran = two.dsac("destroy", "jane/Trees", "--auto-approve")
    assert ran.code == 1
    assert "jane/Trees does not exist, or is not visible to local" in ran.err


def test_auto_approve_lifts_no_guard(two):
    for flags in ((), ("--allow-delete", "1"), ("--allow-delete", "3")):
        ran = two.dsac("destroy", "jane/flowers", "--auto-approve", *flags)
        assert ran.code == 1
        assert "--allow-delete 2" in ran.out
    two.edit_label("a", {"label_status": "LABELED"})
    ran = two.dsac("destroy", "jane/flowers", "--auto-approve", "--allow-delete", "2")
    assert ran.code == 1
    assert "--allow-delete 2 is not the count of this plan: 0" in ran.out
    assert "--allow-delete 2 and --allow-label-loss 1 together" in ran.out
    ran = two.dsac("destroy", "jane/flowers", "--auto-approve")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "No changes. 1 held.")
    assert len(names(two)) == 2
    lost = ("--allow-delete", "2", "--allow-label-loss", "1")
    ran = two.dsac("destroy", "jane/flowers", "--auto-approve", *lost)
    assert ran.code == 0
    assert "1 label" in ran.out
    assert names(two) == ["jane/trees"]


def test_what_is_prevented_stays_however_it_is_asked_for(two):
    two.write(dataset("jane/trees", more=""), "manifests/trees.yaml")
    (two.root / "manifests" / "a.yaml").unlink()
    ran = two.dsac("plan", "--destroy")
    assert ran.code == 1, "the manifest's guard counts before it is applied"
    assert "prevent_destroy keeps this dataset" in ran.out
    two.apply()
    for command in (
        ("destroy", "jane/trees", "--auto-approve"),
        ("plan", "--destroy"),
        ("apply", "--destroy"),
    ):
        ran = two.dsac(*command)
        assert ran.code == 1
        assert "prevent_destroy keeps this dataset" in ran.out
    two.write("removed: [jane/trees]\n", "manifests/trees.yaml")
    assert "prevent_destroy keeps this dataset" in two.dsac("plan").out
    assert len(names(two)) == 2


def test_a_plan_may_destroy_all_datasets_of_the_manifests(two):
    ran = two.dsac("plan", "--destroy", "--allow-delete", "2", "--detailed-exitcode")
    assert ran.code == 2
    assert "(--destroy asks for all datasets)" in ran.out
    assert "Plan: 0 to add, 0 to change, 2 to destroy." in ran.out
    assert two.actions("--destroy") == {
        "jane/flowers": ["delete"],
        "jane/trees": ["delete"],
    }


def test_paths_say_which_datasets_are_meant(two):
    ran = two.dsac("plan", "--destroy", "--format", "json", "manifests/trees.yaml")
    found = json.loads(ran.out)
    assert [item["address"] for item in found["changes"]] == ["jane/trees"]


def test_what_is_gone_or_nobodys_does_not_stand_in_the_way_of_the_rest(two):
    two.write(dataset("jane/new"), "manifests/new.yaml")
    two.write("dataset: jane/theirs\n", "manifests/theirs.yaml")
    two.write("removed: [jane/never]\n", "manifests/removed.yaml")
    with two.platform() as client:
        client.add_dataset("jane/theirs", {})
    found = two.plan("--destroy", "--allow-delete", "2")
    assert [item["address"] for item in found["changes"]] == [
        "jane/flowers",
        "jane/trees",
    ]
    assert found["warnings"] == ["jane/theirs is not managed by dsac, and stays"]


def test_what_another_project_manages_is_an_error(two):
    (two.root / "dsac.yaml").write_text("project: other\n")
    for command in (("plan", "--destroy"), ("destroy", "jane/trees", "--auto-approve")):
        ran = two.dsac(*command)
        assert ran.code == 1
        assert "jane/trees is managed by project 'flowers'" in ran.err
    flags = ("jane/trees", "--auto-approve", "--take-over", "flowers")
    assert two.dsac("destroy", *flags).code == 0


def test_a_clone_is_not_ours(two):
    with two.platform() as client:
        client.clone_dataset("jane/trees", {"name": "copy", "owner": "jane"})
    ran = two.dsac("destroy", "jane/copy", "--auto-approve")
    assert ran.code == 1
    assert "jane/copy is not managed by dsac" in ran.err


def test_samples_of_another_project_are_not_deleted_with_their_dataset(two):
    with two.platform() as client:
        marker = "v1 other jane/trees"
        row = {"name": "x", "attributes": {"image": {"url": "https://x/x.png"}}}
        client.add_sample("jane/trees", {**row, "metadata": {"dsac": marker}})
    flags = ("jane/trees", "--auto-approve", "--allow-delete", "1")
    ran = two.dsac("destroy", *flags)
    assert ran.code == 1
    assert "jane/trees:x is managed by project 'other'" in ran.err
    assert two.dsac("destroy", *flags, "--take-over", "other").code == 0


def test_apply_destroy_wants_the_names_that_would_go(two, typing):
    typed, asked = typing
    flags = ("apply", "--destroy", "--allow-delete", "2")
    typed.append("yes")
    assert two.dsac(*flags).code == 1
    assert any("above: jane/flowers jane/trees" in line for line in asked)
    assert len(names(two)) == 2
    typed.append("jane/flowers jane/trees")
    assert two.dsac(*flags).code == 0
    assert names(two) == []
    ran = two.dsac(*flags[:2])
    assert (ran.code, ran.out) == (0, "No changes.\n")


def test_apply_destroy_is_not_approved_by_a_flag(two):
    ran = two.dsac("apply", "--destroy", "--auto-approve", "--allow-delete", "2")
    assert ran.code == 1
    assert "nobody named the datasets" in ran.err
    assert "dsac destroy OWNER/NAME" in ran.err
    assert len(names(two)) == 2
    ran = two.dsac("apply", "--destroy", "--allow-delete", "2")
    assert ran.code == 1
    assert "nobody is there to approve the plan" in ran.err


def test_a_saved_destruction_is_reviewed_and_applied_exactly(two):
    two.dsac("plan", "--destroy", "--allow-delete", "2", "--out", "p.json")
    ran = two.dsac("apply", "--destroy", "p.json")
    assert ran.code == 1
    assert "does not go with --destroy" in ran.err
    two.edit_label("a", {"label_status": "LABELED"})
    ran = two.dsac("apply", "p.json")
    assert "jane/flowers would be destroyed, but is held" in ran.out
    assert names(two) == ["jane/flowers"]


def test_a_destroyed_dataset_is_made_again_by_its_manifest(two):
    two.dsac("destroy", "jane/trees", "--auto-approve")
    assert two.actions() == {"jane/trees": ["create"]}
    assert "jane/trees" in two.dsac("plan").out
