"""`apply --dry-run`: all is done to a copy, nothing to the platform."""

import json

MANIFEST = """\
dataset: jane/flowers
description: {description}
task_type: bboxes
categories: [{{id: 1, name: rose}}]
metadata: {{team: botany}}
labelsets: {{predictions: {{owner: manifest, description: Model.}}}}
releases: [{{name: {release}}}]
collaborators: {{bob: {role}}}
samples:
{samples}"""
BOX = "{id: 1, category_id: 1, type: bbox, points: [[0, 0], [9, 9]]}"


def label(score: float, box: str = BOX) -> str:
    attributes = f"{{format_version: '0.1', annotations: [{box}]}}"
    return f"{{score: {score}, attributes: {attributes}}}"


def row(name: str, more: str = "") -> str:
    return f"  - {{name: {name}, image: ../images/{name}.png{more}}}\n"


def labelled(name: str, score: float, box: str = BOX) -> str:
    return row(name, f", labels: {{predictions: {label(score, box)}}}")


def manifest(
    *rows: str, description: str = "One.", release: str = "v1", role: str = "labeler"
) -> str:
    return MANIFEST.format(
        description=description, release=release, role=role, samples="".join(rows)
    )


def invited(project) -> None:
    with project.platform("bob"):
        """Let bob be known to the platform."""


def test_a_first_apply_is_rehearsed_and_nothing_is_written(project) -> None:
    invited(project)
    project.write(manifest(labelled("a", 0.5), row("b")))
    ran = project.dsac("apply", "--dry-run", "-v")
    assert ran.code == 0, ran.out + ran.err
    expected = (
        "Rehearsal: 7 would be added, 0 changed, 0 destroyed; nothing was written."
    )
    assert ran.out.splitlines()[-1] == expected
    assert "(0 writes)" in ran.err
    assert project.dsac("runs").out == "No runs.\n"
    assert not (project.root / ".dsac" / "uploads.jsonl").exists()
    assert "Plan: 7 to add" in project.dsac("plan").out


def test_changes_of_every_kind_are_rehearsed_on_what_is_there(project) -> None:
    invited(project)
    project.write(manifest(labelled("a", 0.5), row("b"), row("c")))
    project.apply()
    changed = manifest(
        labelled("a", 0.9),
        row("z").replace("z.png", "b.png"),
        description="Two.",
        release="v2",
        role="reviewer",
    )
    project.write(changed + "moved: [{from: b, to: z}]\n")
    before = project.plan()
    ran = project.dsac("apply", "--dry-run", "--format", "json")
    report = json.loads(ran.out)
    assert ran.code == 0, ran.out + ran.err
    assert report["rehearsed"]
    assert {item["outcome"] for item in report["results"]} == {"done"}
    assert report["summary"]["rename"] == 1
    assert project.plan() == before
    assert project.dsac("plan", "--out", "p.plan").code == 0
    assert project.dsac("apply", "p.plan", "--dry-run").code == 0
    project.apply()
    project.assert_settled()


def test_what_would_fail_is_told(project) -> None:
    invited(project)
    bad = BOX.replace(", points: [[0, 0], [9, 9]]", ", points: 1")
    project.write(manifest(labelled("a", 0.5, bad), row("b")))
    ran = project.dsac("apply", "--dry-run")
    assert ran.code == 1
    assert "failed   jane/flowers:a@predictions" in ran.out
    assert "points" in ran.out
    assert ran.out.splitlines()[-1].startswith("Rehearsal: 5 done, 1 failed")


def test_a_blocked_plan_is_not_rehearsed(project) -> None:
    invited(project)
    project.write(manifest(row("a"), row("b"), row("c")))
    project.apply()
    project.write(manifest())
    ran = project.dsac("apply", "--dry-run")
    assert (ran.code, "Rehearsal" in ran.out) == (1, False)
