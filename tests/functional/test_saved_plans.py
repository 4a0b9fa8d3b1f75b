"""Saved plans: what was reviewed is what is applied, or nothing is."""

import json

import pytest

MANIFEST = """\
dataset: jane/flowers
task_type: segmentation-bitmap
categories: [{id: 1, name: rose}]
samples:
  - name: a
    image: ../images/a.png
    labels: {ground-truth: {annotations: [{id: 1, category: rose}]}}
  - {name: b, image: ../images/b.png}
"""


@pytest.fixture
def plan(project):
    """Save a plan that creates everything."""
    project.write(MANIFEST)
    assert project.dsac("plan", "--out", "p.plan").code == 0
    return project.root / "p.plan"


def test_a_saved_plan_is_shown_offline_and_applied_as_it_was(project, plan) -> None:
    shown = project.dsac("show", plan)
    assert shown.code == 0
    assert shown.out == project.dsac("plan").out
    assert json.loads(project.dsac("show", plan, "--format", "json").out)["changes"]
    ran = project.dsac("apply", plan)
    assert ran.code == 0, ran.err
    assert "Apply complete! 4 added, 0 changed, 0 destroyed." in ran.out
    project.assert_settled()


def test_a_plan_that_was_applied_does_nothing_the_second_time(project, plan) -> None:
    assert project.dsac("apply", plan).code == 0
    ran = project.dsac("apply", plan, "-v")
    assert (ran.code, ran.out) == (0, "No changes.\n")
    assert "4 changes of the plan are done already." in ran.err
    assert "(0 writes)" in ran.err


def test_a_plan_that_was_applied_in_part_is_applied_to_its_end(project, plan) -> None:
    with project.platform() as client:
        client.add_dataset(
            "jane/flowers",
            {
                "task_type": "segmentation-bitmap",
                "task_attributes": {
                    "format_version": "0.1",
                    "categories": [{"id": 1, "name": "rose"}],
                },
            },
        )
    ran = project.dsac("apply", plan)
    assert ran.code == 0, ran.err
    assert "Apply complete! 3 added" in ran.out


def test_one_object_that_moved_refuses_the_whole_plan(project) -> None:
    project.write(MANIFEST)
    project.apply()
    project.write(MANIFEST.replace("name: b, image", "name: b, priority: 2, image"))
    assert project.dsac("plan", "--out", "p.plan").code == 0
    with project.platform() as client:
        client.update_sample(project.sample("b").uuid, {"priority": 9})
    ran = project.dsac("apply", "p.plan", "-v")
    assert ran.code == 1
    assert "jane/flowers:b is not as it was when it was planned" in ran.err
    assert "(0 writes)" in ran.err


@pytest.mark.parametrize("name", ["images/a.png", "manifests/a.yaml"])
def test_one_local_file_that_changed_or_went_refuses_the_whole_plan(
    name, project, plan
) -> None:
    path = project.root / name
    path.write_bytes(path.read_bytes() + b"\n")
    ran = project.dsac("apply", plan, "-v")
    assert ran.code == 1
    assert f"{name} changed" in ran.err
    assert "(0 writes)" in ran.err
    path.unlink()
    assert f"{name} is gone" in project.dsac("apply", plan).err


def test_one_byte_that_changed_is_noticed(project, plan) -> None:
    data = plan.read_bytes()
    for position in range(0, len(data), max(1, len(data) // 60)):
        byte = bytes([data[position] ^ 1])
        plan.write_bytes(data[:position] + byte + data[position + 1 :])
        ran = project.dsac("apply", plan)
        assert ran.code == 1
        assert "write a new one with dsac plan --out" in ran.err or "plan" in ran.err
    assert not (project.root / ".dsac" / "local" / "assets").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("not json", "is not a saved plan"),
        ("[]", "is not a saved plan"),
        ('{"format_version": "2.0"}', "the plan has format 2.0"),
        ('{"format_version": "1.0"}', "the plan is damaged"),
    ],
)
def test_what_is_no_plan_is_refused(text, message, project) -> None:
    path = project.root / "x.plan"
    path.write_text(text)
    ran = project.dsac("show", path)
    assert ran.code == 1
    assert message in ran.err


def test_a_missing_plan_and_a_bad_place_for_one_are_errors(project) -> None:
    project.write(MANIFEST)
    assert "can't read nowhere.plan" in project.dsac("show", "nowhere.plan").err
    ran = project.dsac("plan", "--out", "no/folder/p.plan")
    assert ran.code == 1
    assert "can't write the plan to no/folder/p.plan" in ran.err


def test_a_plan_for_another_project_or_remote_is_refused(project, plan, server) -> None:
    (project.root / "dsac.yaml").write_text("project: trees\n")
    ran = project.dsac("apply", plan)
    assert "it was made for project 'flowers', this one is 'trees'" in ran.err
    (project.root / "dsac.yaml").write_text("project: flowers\n")


def test_a_plan_for_another_remote_or_user_is_refused(
    project, plan, server, monkeypatch
) -> None:
    monkeypatch.setenv("SEGMENTS_API_KEY", "jane-key")
    ran = project.dsac("apply", plan, "--remote", server.url)
    assert ran.code == 1
    assert "it was made for remote local" in ran.err
    assert "it was made by user 'local', this key is 'jane''s" in ran.err


def test_a_saved_plan_takes_no_more_allowances(project, plan) -> None:
    ran = project.dsac("apply", plan, "--allow-delete", "1")
    assert "a saved plan keeps what it was allowed" in ran.err
    ran = project.dsac("apply", plan, plan)
    assert "a saved plan is applied by itself" in ran.err


def test_labels_that_people_changed_since_the_plan_are_held(project) -> None:
    text = MANIFEST.replace("ground-truth", "predictions")
    project.write(text)
    project.apply()
    renamed = text.replace("categories: [", "categories: [{id: 2, name: lily}, ")
    project.write(renamed.replace("category: rose", "category: lily"))
    assert project.dsac("plan", "--out", "p.plan").code == 0
    project.edit_label(
        "a",
        {"label_status": "LABELED", "attributes": {"annotations": []}},
        labelset="predictions",
    )
    ran = project.dsac("apply", "p.plan")
    assert ran.code == 0, ran.err
    assert "1 changed, 0 destroyed; 1 held." in ran.out
    with project.platform() as client:
        label = client.get_label(project.sample("a").uuid, "predictions")
    assert label.label_status == "LABELED"


def test_a_label_that_appeared_since_a_delete_was_planned_holds_it(project) -> None:
    project.write(MANIFEST)
    project.apply()
    project.write(MANIFEST.replace("  - {name: b, image: ../images/b.png}\n", ""))
    assert project.dsac("plan", "--out", "p.plan").code == 0
    project.edit_label("b", {"label_status": "LABELED"})
    ran = project.dsac("apply", "p.plan")
    assert ran.code == 0
    assert "No changes. 1 held." in ran.out
    assert project.sample("b")


FOUR = "dataset: jane/flowers\nsamples:\n" + "".join(
    f"  - {{name: {name}, image: 'https://x/{name}.png'}}\n" for name in "abcd"
)
TWO = "".join(FOUR.splitlines(keepends=True)[:4])


@pytest.fixture
def half(project):
    """Save a plan that deletes two samples of four; that passes all guards."""
    project.write(FOUR)
    project.apply()
    project.write(TWO)
    assert project.dsac("plan", "--out", "p.plan").code == 0
    return project.root / "p.plan"


def test_a_share_that_became_too_large_since_the_plan_is_blocked(project, half) -> None:
    with project.platform() as client:
        client.delete_sample(project.sample("a").uuid)
        client.delete_sample(project.sample("b").uuid)
    ran = project.dsac("apply", half)
    assert ran.code == 1
    assert "2 samples would be deleted, dsac manages 2" in ran.out
    assert project.sample("c")


def test_a_sample_that_another_project_took_since_the_plan_stays(project, half) -> None:
    with project.platform() as client:
        mark = {"dsac": "v1 trees jane/flowers"}
        client.update_sample(project.sample("c").uuid, {"metadata": mark})
    ran = project.dsac("apply", half)
    assert ran.code == 1
    assert "jane/flowers:c is another project's, or not marked, now" in ran.err
    assert project.sample("d")


def test_a_dataset_that_another_project_took_since_the_plan_stays(project) -> None:
    project.write(FOUR)
    project.apply()
    project.write(FOUR.replace("samples:", "description: x\nsamples:"))
    assert project.dsac("plan", "--out", "p.plan").code == 0
    with project.platform() as client:
        mark = {"dsac": "v1 trees jane/flowers"}
        client.update_dataset("jane/flowers", {"metadata": mark})
    ran = project.dsac("apply", project.root / "p.plan")
    assert ran.code == 1
    assert "jane/flowers is another project's, or not marked, now" in ran.err


def test_a_saved_plan_that_holds_labels_asks_for_a_new_plan_with_the_count(
    project, half
) -> None:
    project.edit_label("c", {"label_status": "REVIEWED"})
    assert "--allow-label-loss 1 allows it" in project.dsac("plan", "--out", half).out
    project.edit_label("d", {"label_status": "LABELED"})
    ran = project.dsac("apply", half)
    assert ran.code == 0, ran.err
    assert (
        "Held: 2 labels that people worked on would be lost; a new plan with "
        "--allow-label-loss 2 allows it.\n"
    ) in ran.out
    assert "jane/flowers:d@ground-truth: LABELED by bob, would be lost" in ran.out
    ran = project.dsac("plan", "--allow-label-loss", "2", "--out", half)
    assert project.dsac("apply", half).code == 0
    project.assert_settled()


def test_a_label_more_on_what_a_saved_plan_holds_counts(project, half) -> None:
    project.edit_label("c", {"label_status": "REVIEWED"})
    with project.platform() as client:
        client.add_labelset("jane/flowers", "other", description="")
        uuid = project.sample("d").uuid  # a machine's, which no manifest speaks of
        client.put_label(uuid, "other", {"attributes": {}})
    assert project.dsac("plan", "--out", half).code == 0
    project.edit_label("c", {"label_status": "LABELED"}, labelset="other")
    ran = project.dsac("apply", half)
    assert "c will be" not in ran.out
    assert "but is held: 2 labels that people worked on would be lost" in ran.out
    assert "; a new plan with --allow-label-loss 2 allows it.\n" in ran.out


def test_a_held_sample_that_went_since_the_plan_costs_nothing(project, half) -> None:
    for name in "cd":
        project.edit_label(name, {"label_status": "REVIEWED"})
    assert project.dsac("plan", "--out", half).code == 0
    with project.platform() as client:
        client.delete_sample(project.sample("d").uuid)
    ran = project.dsac("apply", half)
    assert "; a new plan with --allow-label-loss 1 allows it.\n" in ran.out


def test_a_flag_that_a_saved_plan_lacks_is_one_for_a_new_plan(project, half) -> None:
    flags = ("--allow-label-loss", "7", "--out", half)
    assert project.dsac("plan", *flags).code == 1
    ran = project.dsac("apply", half)
    assert (ran.code, "      make a new plan: drop the flag\n" in ran.out) == (1, True)
    project.write("dataset: jane/flowers\nsamples: []\n")
    assert project.dsac("plan", "--out", half).code == 1
    ran = project.dsac("apply", half)
    assert "      make a new plan: --allow-delete 4 if that is meant" in ran.out


def test_a_machines_label_on_what_is_held_is_not_counted(project) -> None:
    """That the manifest gives its status is known to the plan alone."""
    text = MANIFEST.replace("ground-truth: {", "predictions: {status: LABELED, ")
    project.write(text)
    project.apply()
    project.edit_label("a", {"label_status": "REVIEWED"})
    flags = ("--replace", "jane/flowers:a", "--out", "p.plan")
    assert project.dsac("plan", *flags).code == 0
    project.edit_label("a", {"label_status": "LABELED"})
    ran = project.dsac("apply", "p.plan")
    assert "; a new plan with --allow-label-loss 1 allows it.\n" in ran.out
