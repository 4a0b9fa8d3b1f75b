"""approvals.yaml: a loss that a review allowed, of one plan and of no other."""

import json
import re
import shutil

import pytest
import yaml

HEAD = """\
dataset: jane/flowers
task_type: bboxes
categories: [{id: 1, name: rose}, {id: 2, name: tulip}]
"""
APPROVALS = "approvals.yaml"


def manifest(samples: str, *, head: str = HEAD, priority: int = 0) -> str:
    rows = "".join(
        f"  - {{name: {name}, image: 'https://x.test/{name}', priority: {priority}}}\n"
        for name in samples
    )
    return f"{head}samples:\n{rows}"


@pytest.fixture
def flowers(project):
    """Apply eight samples, let bob label two of them, and leave only two wanted."""
    project.write(manifest("abcdefgh"))
    project.apply()
    for name in "ab":
        project.edit_label(name, {"label_status": "LABELED"})
    project.write(manifest("gh"))
    return project


def approve(project, **counts: int | str) -> None:
    """Write an approval of the plan of this moment."""
    said = {"plan": project.plan()["digest"], **counts}
    (project.root / APPROVALS).write_text(yaml.safe_dump(said, sort_keys=False))


def pasted(text: str) -> str:
    """Cut the lines that approve a plan out of it."""
    return text[text.index("  plan: sha256:") :].partition("\n\n")[0]


def names(project) -> set[str]:
    with project.platform() as client:
        return {s.name for page in client.list_samples("jane/flowers") for s in page}


def test_the_lines_that_a_plan_shows_allow_all_of_it(flowers):
    ran = flowers.dsac("plan", "--format", "json")
    plan = json.loads(ran.out)
    assert (ran.code, plan["summary"]["held"], plan["summary"]["destroy"]) == (0, 2, 4)
    assert plan["approval"] == {
        "plan": plan["digest"],
        "delete": 6,
        "label_loss": 2,
        "category_change": 0,
    }
    assert yaml.safe_load(pasted(flowers.dsac("plan").out)) == plan["approval"]
    page = flowers.dsac("plan", "--format", "markdown").out
    (fenced,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert yaml.safe_load(fenced) == plan["approval"]

    (flowers.root / APPROVALS).write_text(fenced)
    found = flowers.plan()
    assert found["digest"] == plan["digest"]
    assert (found["summary"]["held"], found["summary"]["destroy"]) == (0, 6)
    assert (found["approval"], found["blocks"], found["warnings"]) == (None, [], [])
    (note,) = found["notes"]
    assert note.startswith("approvals.yaml:1:7: approves this plan: delete 6, label_")
    flowers.apply()
    assert names(flowers) == {"g", "h"}
    assert len(list((flowers.root / ".dsac" / "backup").iterdir())) == 1

    ran = flowers.dsac("plan", "--detailed-exitcode")
    assert ran.code == 0
    assert "Note: approvals.yaml:1:7: approves plan sha256:" in ran.out
    assert "this one waits for none: not used" in ran.out
    assert "Warning" not in ran.out


def test_any_other_plan_is_not_approved(flowers):
    approve(flowers, delete=6, label_loss=2)
    approved = flowers.plan()["digest"]

    def refused(*flags: str) -> str:
        plan = flowers.plan(*flags)
        assert plan["digest"] != approved
        assert plan["summary"]["held"] >= 1
        (warning,) = [item for item in plan["warnings"] if APPROVALS in item]
        assert warning.startswith(f"approvals.yaml:1:7: approves plan {approved[:19]}")
        assert warning.endswith(f"this is plan {plan['digest'][:19]}...: not used")
        digest: str = plan["digest"]
        return digest

    flowers.write(manifest("gh", priority=7))
    content = refused()
    flowers.write(manifest("h"))
    one_more = refused()
    flowers.write(manifest("gh"))
    targeted = refused("--target", "jane/flowers:a")
    excluded = refused("--exclude", "jane/flowers:c")
    assert flowers.plan()["digest"] == approved
    flowers.edit_label("b", {"label_status": "REVIEWED"})
    reviewed = refused()
    assert len({content, one_more, targeted, excluded, reviewed}) == 5
    assert flowers.dsac("apply", "--auto-approve").code == 0
    assert names(flowers) == {"a", "b", "g", "h"}


@pytest.mark.parametrize(
    ("said", "place", "found"),
    [
        ({"delete": 5, "label_loss": 2}, "2:9", "delete 5 is not the count of this"),
        ({"delete": 6, "label_loss": 1}, "3:13", "label_loss 1 is not the count"),
        ({"label_loss": 0}, "2:13", "label_loss 0 is not the count of this plan: 2"),
        ({"label_loss": 2, "category_change": 1}, "3:18", "category_change 1 is not"),
    ],
)
def test_a_count_that_is_not_exact_blocks(flowers, said, place, found):
    approve(flowers, **said)
    plan = flowers.plan()
    messages = [block["message"] for block in plan["blocks"]]
    assert any(f"approvals.yaml:{place}: {found}" in item for item in messages)
    assert plan["approval"]["delete"] == 6
    assert flowers.dsac("apply", "--auto-approve").code == 1
    assert len(names(flowers)) == 8


def test_flags_and_an_approval_go_together_each_exact(flowers):
    approve(flowers, label_loss=2)
    assert flowers.dsac("plan").code == 1
    assert flowers.dsac("plan", "--allow-label-loss", "1", "--allow-delete", "6").code
    ran = flowers.dsac("plan", "--allow-delete", "6", "--out", "p.plan")
    assert ran.code == 0, ran.out
    assert flowers.dsac("apply", "--auto-approve", "--allow-delete", "5").code == 1
    (flowers.root / APPROVALS).unlink()
    assert flowers.dsac("show", "p.plan").out == ran.out
    saved = json.loads((flowers.root / "p.plan").read_text())
    assert saved["allow"] == {"delete": 6, "label_loss": 2, "category_change": None}
    flowers.edit_label("b", {"label_status": "REVIEWED"})
    assert flowers.dsac("apply", "p.plan").code == 0
    assert names(flowers) == {"b", "g", "h"}, "what was saved is never widened"


def test_a_broken_file_stops_who_would_use_it_and_no_saved_plan(flowers):
    approve(flowers, delete=6, label_loss=2)
    assert flowers.dsac("plan", "--out", "p.plan").code == 0
    (flowers.root / APPROVALS).write_text("plan: sha256:1\ndeletes: 6\n")
    for command in (["plan"], ["validate"], ["apply"], ["destroy", "jane/flowers"]):
        ran = flowers.dsac(*command)
        assert ran.code == 1
        assert "approvals.yaml:2:1: unknown key 'deletes'" in ran.err
        assert "did you mean 'delete'?" in ran.err
        assert "approvals.yaml:1:7" in ran.err
    assert flowers.dsac("apply", "p.plan").code == 0
    assert names(flowers) == {"g", "h"}


def test_categories_and_whole_datasets_are_approved_too(flowers):
    flowers.write(manifest("abcdefgh", head=HEAD.replace(", {id: 2, name: tulip}", "")))
    assert flowers.dsac("plan").code == 1
    approve(flowers, **flowers.plan()["approval"])
    assert flowers.plan()["notes"][0].endswith("label_loss 0, category_change 1")
    flowers.apply()
    flowers.assert_settled()
    flowers.write(
        manifest("abcdefgh", head=f"{HEAD}lifecycle: {{prevent_destroy: false}}\n")
    )
    flowers.apply()
    lines = pasted(flowers.dsac("destroy", "jane/flowers", "--auto-approve").out)
    assert yaml.safe_load(lines)["delete"] == 8
    (flowers.root / APPROVALS).write_text(lines)
    assert flowers.dsac("destroy", "jane/flowers", "--auto-approve").code == 0


def test_approvals_are_no_manifest_where_all_files_are(project):
    (project.root / "dsac.yaml").write_text("project: flowers\nmanifests: [.]\n")
    project.write(manifest("ab"), "flowers.yaml")
    project.write(
        manifest("c").replace("jane/flowers", "jane/trees"), "a/approvals.yaml"
    )
    approve(project, delete=0)
    assert project.dsac("validate").out == "Valid: 2 datasets, 3 samples, 0 labels.\n"
    assert project.dsac("plan", ".").code == 0
    ran = project.dsac("plan", APPROVALS)
    assert (ran.code, "there is no manifest in approvals.yaml" in ran.err) == (1, True)


def test_the_same_plan_has_the_same_digest_on_every_machine(
    project, server, monkeypatch
):
    monkeypatch.setenv("SEGMENTS_API_KEY", "jane-key")
    monkeypatch.setenv("DSAC_REMOTE", server.url)
    images = "samples: [{glob: ../images/*.png}]\n"
    project.write(f"{HEAD}labelsets: {{model: {{}}}}\n{images}")
    project.apply()
    (project.root / "images" / "a.png").unlink()
    project.image("b.png", "blue")
    project.image("new.png", "green")
    clone = project.root.parent / "clone"
    shutil.copytree(project.root, clone, ignore=shutil.ignore_patterns(".dsac"))
    here = project.plan()
    assert (here["summary"]["add"], here["summary"]["change"]) == (1, 1)
    assert here["summary"]["destroy"] == 1
    assert project.plan("-C", str(clone))["digest"] == here["digest"]
    assert project.plan("--allow-delete", "1")["digest"] == here["digest"]
