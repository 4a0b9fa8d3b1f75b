"""What happens to datasets, samples and labels from the first plan to the last."""

import json

import numpy as np
import pytest

from dsac.assets.bitmaps import encode

HEAD = """\
dataset: jane/flowers
description: Flowers.
task_type: segmentation-bitmap
categories: [{id: 1, name: rose}, {id: 2, name: violet}]
"""


def samples(*names: str, more: str = "") -> str:
    rows = "".join(
        f"  - {{name: {name}, image: ../images/{name}.png}}\n" for name in names
    )
    return f"{HEAD}{more}samples:\n{rows}"


def many(count: int) -> str:
    rows = "".join(
        f"  - {{name: s{number:04}, image: https://x/{number}.png}}\n"
        for number in range(count)
    )
    return f"{HEAD}samples:\n{rows or '  []'}"


LABELLED = (
    HEAD
    + """\
samples:
  - name: a
    image: ../images/a.png
    labels:
      ground-truth: {annotations: [{id: 1, category: rose}]}
      predictions: {annotations: [{id: 1, category: violet}], status: LABELED}
"""
)


def test_a_project_is_made_planned_applied_and_planned_to_nothing(
    dsac, tmp_path
) -> None:
    assert dsac("init", tmp_path / "new").code == 0
    here = ("-C", tmp_path / "new")
    first = dsac("plan", "--detailed-exitcode", *here)
    assert first.code == 2
    assert "Plan: 6 to add, 0 to change, 0 to destroy." in first.out
    assert dsac(*here, "apply", "--auto-approve").code == 0
    last = dsac("plan", "--detailed-exitcode", *here)
    assert (last.code, last.out) == (0, "No changes.\n")
    again = dsac("init", tmp_path / "new")
    assert again.code == 1
    assert "would be overwritten: .gitignore" in again.err


def test_a_plan_writes_nothing(project) -> None:
    project.write(samples("a"))
    ran = project.dsac("plan", "-v")
    assert "(0 writes)" in ran.err


def test_what_a_manifest_changes_is_updated_in_place(project) -> None:
    project.write(samples("a", more="metadata: {team: botany, old: 1}\n"))
    project.apply()
    uuid = project.sample("a").uuid
    project.write(
        samples("a", more="metadata: {team: zoology, old: null}\n").replace(
            "image:", "priority: 5, metadata: {city: Paris}, image:"
        )
    )
    assert project.actions() == {
        "jane/flowers": ["update"],
        "jane/flowers:a": ["update"],
    }
    project.apply()
    project.assert_settled()
    found = project.sample("a")
    assert (found.uuid, found.priority, found.metadata["city"]) == (uuid, 5, "Paris")
    with project.platform() as client:
        metadata = client.get_dataset("jane/flowers").metadata
    assert (metadata["team"], "old" in metadata) == ("zoology", False)


def test_metadata_that_others_add_stays(project) -> None:
    project.write(samples("a").replace("image:", "metadata: {city: Rome}, image:"))
    project.apply()
    with project.platform() as client:
        sample = project.sample("a")
        client.update_sample(sample.uuid, {"metadata": {**sample.metadata, "added": 1}})
    project.assert_settled()
    project.write(samples("a").replace("image:", "metadata: {city: Oslo}, image:"))
    project.apply()
    assert project.sample("a").metadata["added"] == 1


def test_a_changed_file_is_uploaded_again(project) -> None:
    project.write(samples("a", "b"))
    project.apply()
    before = project.sample("a").attributes["image"]["url"]
    project.image("a.png", "blue")
    assert project.actions() == {"jane/flowers:a": ["update"]}
    project.apply()
    project.assert_settled()
    assert project.sample("a").attributes["image"]["url"] != before


def test_samples_that_left_the_manifest_are_deleted_and_others_are_not(project) -> None:
    project.write(samples("a", "b"))
    project.apply()
    with project.platform() as client:
        content = {"name": "theirs", "attributes": {"image": {"url": "https://x/y"}}}
        client.add_sample("jane/flowers", content)
    project.write(samples("a"))
    assert project.actions() == {"jane/flowers:b": ["delete"]}
    project.apply()
    assert project.sample("theirs")
    assert "1 sample is not managed here" in project.dsac("plan").out


def test_samples_that_the_manifest_does_not_manage_are_left_alone(project) -> None:
    project.write(samples("a"))
    project.apply()
    project.write(HEAD)
    project.assert_settled()


def test_prune_none_keeps_and_prune_all_takes_what_is_nobodys(project) -> None:
    project.write(samples("a", "b", "c"))
    project.apply()
    with project.platform() as client:
        content = {"name": "theirs", "attributes": {"image": {"url": "https://x/y"}}}
        client.add_sample("jane/flowers", content)
    project.write(samples("a", "b", more="lifecycle: {prune: none}\n"))
    project.assert_settled()
    project.write(samples("a", "b", "c", more="lifecycle: {prune: all}\n"))
    assert project.actions() == {"jane/flowers:theirs": ["delete"]}


def test_a_moved_sample_keeps_its_uuid_and_its_labels(project) -> None:
    project.write(LABELLED)
    project.apply()
    project.edit_label("a", {"label_status": "REVIEWED"})
    uuid = project.sample("a").uuid
    project.write(
        LABELLED.replace("name: a", "name: z") + "moved: [{from: a, to: z}]\n"
    )
    assert project.actions() == {"jane/flowers:z": ["rename"]}
    ran = project.dsac("plan")
    assert "Plan: 0 to add, 0 to change, 0 to destroy; 1 to rename" in ran.out
    project.apply()
    project.assert_settled()
    assert project.sample("z").uuid == uuid
    with project.platform() as client:
        assert client.get_label(uuid, "ground-truth").label_status == "REVIEWED"


def test_a_chain_of_renames_runs_last_first(project) -> None:
    project.write(samples("a", "b"))
    project.apply()
    uuids = [project.sample(name).uuid for name in ("a", "b")]
    text = samples("b", "c", more="moved: [{from: a, to: b}, {from: b, to: c}]\n")
    project.write(text)
    project.image("b.png")
    assert project.actions() == {
        "jane/flowers:b": ["rename"],
        "jane/flowers:c": ["rename"],
    }
    project.apply()
    assert [project.sample(name).uuid for name in ("b", "c")] == uuids
    project.assert_settled()


def test_a_move_onto_a_sample_that_exists_is_an_error(project) -> None:
    project.write(samples("a", "b"))
    project.apply()
    project.write(samples("b", more="moved: [{from: a, to: b}]\n"))
    ran = project.dsac("plan")
    assert ran.code == 1
    assert "'a' can't become 'b', which exists on the platform" in ran.err


def test_people_keep_what_they_labelled(project) -> None:
    project.write(LABELLED)
    project.apply()
    project.edit_label("a", {"label_status": "LABELED"})
    project.write(LABELLED.replace("category: rose", "category: violet"))
    ran = project.dsac("plan")
    assert ran.out.splitlines()[-1] == "No changes."
    assert "1 label that a person made is kept" in ran.out


def test_machine_made_labels_converge_and_leave_with_the_manifest(project) -> None:
    project.write(LABELLED)
    project.apply()
    project.write(LABELLED.replace("category: violet}]", "category: rose}]"))
    assert project.actions() == {"jane/flowers:a@predictions": ["update"]}
    project.apply()
    project.assert_settled()
    text = LABELLED.split("      predictions")[0]
    project.write(text + "labelsets: {predictions: {owner: manifest}}\n")
    # The status that the manifest gave is no longer told: it counts as people's.
    assert project.actions() == {"jane/flowers:a@predictions": ["held"]}


def test_prelabels_that_left_the_manifest_are_deleted(project) -> None:
    text = LABELLED.replace(", status: LABELED", "")
    project.write(text)
    project.apply()
    gone = text.split("      predictions")[0]
    project.write(gone + "labelsets: {predictions: {owner: manifest}}\n")
    assert project.actions() == {"jane/flowers:a@predictions": ["delete"]}
    project.apply()
    project.assert_settled()


def test_a_delete_that_costs_a_persons_label_is_held_until_the_exact_word(
    project,
) -> None:
    project.write(LABELLED + "  - {name: b, image: ../images/b.png}\n")
    project.apply()
    project.edit_label("b", {"label_status": "LABELED"})
    project.write(LABELLED)
    ran = project.dsac("plan", "--detailed-exitcode")
    assert ran.code == 0
    assert ran.out.splitlines()[-1] == "No changes. 1 held."
    assert "jane/flowers:b@ground-truth: LABELED by bob" in ran.out
    assert "--allow-label-loss 1" in ran.out
    assert project.dsac("plan", "--fail-on-held").code == 1
    project.apply()
    assert project.sample("b")
    for wrong in ("0", "2"):
        ran = project.dsac("apply", "--auto-approve", "--allow-label-loss", wrong)
        assert ran.code == 1
        assert f"--allow-label-loss {wrong} is not the count of this plan: 1" in ran.out
    project.apply("--allow-label-loss", "1")
    with pytest.raises(LookupError):
        project.sample("b")


def test_a_new_image_under_a_persons_label_is_held_with_its_labels(project) -> None:
    project.write(LABELLED)
    project.apply()
    project.edit_label("a", {"label_status": "LABELED"})
    project.image("a.png", "green")
    project.write(LABELLED.replace("category: violet}]", "category: rose}]"))
    assert project.actions() == {
        "jane/flowers:a": ["held"],
        "jane/flowers:a@predictions": ["held"],
    }


def test_a_label_set_that_no_manifest_declares_counts_too(project) -> None:
    project.write(samples("a", "b"))
    project.apply()
    with project.platform() as client:
        client.add_labelset("jane/flowers", "second-opinion")
    project.edit_label("b", {"label_status": "PRELABELED"}, labelset="second-opinion")
    project.write(samples("a"))
    assert project.actions() == {"jane/flowers:b": ["held"]}


def test_an_edited_label_of_the_manifests_own_set_is_held(project) -> None:
    project.write(LABELLED)
    project.apply()
    project.edit_label("a", {"label_status": "LABELED"}, labelset="predictions")
    assert project.actions() == {"jane/flowers:a@predictions": ["held"]}


@pytest.mark.parametrize(
    ("owned", "left", "blocked"),
    [
        (100, 95, False),  # 5 pass whatever the percentage
        (40, 34, True),  # 6 are 15 %
        (60, 54, False),  # exactly 10 %
        (4, 2, False),  # half of 4
        (4, 1, True),  # 3 of 4
        (3, 0, True),  # all of 3
    ],
)
def test_mass_deletes_are_blocked_at_the_edges(owned, left, blocked, project) -> None:
    project.write(many(owned))
    project.apply()
    project.write(many(left))
    ran = project.dsac("plan")
    count = owned - left
    assert ran.code == int(blocked)
    assert (f"--allow-delete {count}" in ran.out) == blocked
    if blocked:
        assert project.dsac("apply", "--auto-approve").code == 1
        for wrong in (count - 1, count + 1):
            flags = ("--auto-approve", "--allow-delete", str(wrong))
            assert project.dsac("apply", *flags).code == 1
        project.apply("--allow-delete", str(count))
        project.assert_settled()


def test_categories_do_not_change_under_labels_without_a_word(project) -> None:
    project.write(LABELLED)
    project.apply()
    project.write(
        LABELLED.replace("name: rose", "name: tulip").replace(
            "category: rose", "category: tulip"
        )
    )
    ran = project.dsac("plan")
    assert ran.code == 1
    assert "1 'rose' becomes 'tulip'" in ran.out
    assert "--allow-category-change 1" in ran.out
    project.apply("--allow-category-change", "1")
    project.assert_settled()


def test_a_new_category_needs_no_word_and_unstated_keys_are_kept(project) -> None:
    project.write(LABELLED)
    project.apply()
    with project.platform() as client:
        attributes = client.get_dataset("jane/flowers").task_attributes
        attributes["categories"][0]["color"] = [1, 2, 3]
        client.update_dataset("jane/flowers", {"task_attributes": attributes})
    project.assert_settled()
    project.write(LABELLED.replace("violet}]\n", "violet}, {id: 3, name: lily}]\n", 1))
    project.apply()
    with project.platform() as client:
        found = client.get_dataset("jane/flowers").task_attributes["categories"]
    assert found[0]["color"] == [1, 2, 3]
    assert [item["id"] for item in found] == [1, 2, 3]


def test_a_task_type_does_not_change_under_labels(project) -> None:
    project.write(LABELLED)
    project.apply()
    project.write(LABELLED.replace("segmentation-bitmap", "vector"))
    ran = project.dsac("plan")
    assert ran.code == 1
    assert "the task type can't change while the dataset has labels" in ran.out


def test_what_is_there_is_adopted_as_the_lifecycle_says(project) -> None:
    with project.platform() as client:
        client.add_dataset("jane/flowers", {"task_type": "segmentation-bitmap"})
        row = {"name": "a", "attributes": {"image": {"url": "https://x/a.png"}}}
        client.add_sample("jane/flowers", row)
    text = "dataset: jane/flowers\nsamples: [{name: a, image: https://x/a.png%s}]\n"
    project.write(text % "")
    project.assert_settled()
    project.write(text % "" + "lifecycle: {adopt: none}\n")
    ran = project.dsac("plan")
    assert ran.code == 1
    assert "jane/flowers exists already and is not managed by dsac" in ran.err
    project.write(text % "" + "lifecycle: {adopt: all}\n")
    assert project.actions() == {
        "jane/flowers": ["adopt"],
        "jane/flowers:a": ["adopt"],
    }
    assert "2 to adopt" in project.dsac("plan").out
    project.write(text % ", priority: 3")
    assert project.actions() == {"jane/flowers:a": ["adopt", "update"]}
    project.apply()
    project.assert_settled()


def test_unmarked_content_is_settled_by_a_look(project) -> None:
    pixels = np.zeros((6, 8), np.uint32)
    pixels[0, 0] = 1
    (project.root / "masks").mkdir()
    np.save(project.root / "masks" / "a.npy", pixels)
    with project.platform() as client:
        client.add_dataset("jane/flowers", {"task_type": "segmentation-bitmap"})
        with (project.root / "images" / "a.png").open("rb") as file:
            image = client.upload_asset(file, filename="a.png").url
        (project.root / "their.png").write_bytes(encode(pixels))
        with (project.root / "their.png").open("rb") as file:
            mask = client.upload_asset(file, filename="m.png").url
        rows = [
            {"name": name, "attributes": {"image": {"url": url}}}
            for name, url in (("a", image), ("b", image), ("c", "https://[::1]:9/x"))
        ]
        (first, *_) = client.add_samples("jane/flowers", rows)
        label = {
            "annotations": [{"id": 1, "category_id": 1}],
            "segmentation_bitmap": {"url": mask},
        }
        client.put_label(first.uuid, "ground-truth", {"attributes": label})
    project.image("b.png", "blue")
    project.write(
        "dataset: jane/flowers\ntask_type: segmentation-bitmap\n"
        "categories: [{id: 1, name: object}]\n"
        "samples:\n"
        "  - name: a\n    image: ../images/a.png\n"
        "    labels: {ground-truth: {bitmap: ../masks/a.npy, "
        "annotations: [{id: 1, category: object}]}}\n"
        "  - {name: b, image: ../images/b.png}\n"
    )
    assert project.actions() == {"jane/flowers:b": ["adopt", "update"]}
    pixels[1, 1] = 1
    np.save(project.root / "masks" / "a.npy", pixels)
    assert "jane/flowers:a@ground-truth" in project.actions()
    project.apply()
    project.assert_settled()


def test_parts_are_created_changed_and_removed(project) -> None:
    with project.platform("bob"), project.platform("eve"):
        pass
    text = samples("a", more="")
    project.write(
        text
        + "labelsets: {extra: {description: More.}}\n"
        + "collaborators: {bob: reviewer, eve: labeler}\n"
        + "releases: [{name: v1, description: First.}]\n"
    )
    project.apply()
    project.assert_settled()
    project.write(
        text
        + "collaborators: {bob: admin}\n"
        + "releases: [{name: v1, description: Other words.}]\n"
        + "removed: ['@extra', '+eve', '#v0']\n"
    )
    assert project.actions() == {
        "jane/flowers@extra": ["delete"],
        "jane/flowers+bob": ["update"],
        "jane/flowers+eve": ["delete"],
    }
    assert "can't change a release's description" in project.dsac("plan").out
    project.apply()
    project.write(text + "removed: ['#v1']\n")
    project.apply()
    project.assert_settled()


def test_a_label_set_with_peoples_labels_is_not_removed_without_a_word(project) -> None:
    project.write(LABELLED)
    project.apply()
    project.edit_label("a", {"label_status": "LABELED"}, labelset="predictions")
    project.write(
        LABELLED.split("      predictions")[0] + "removed: ['@predictions']\n"
    )
    assert project.actions() == {"jane/flowers@predictions": ["held"]}
    project.apply("--allow-label-loss", "1")
    project.assert_settled()


def test_a_label_set_can_go_where_samples_are_not_managed(project):
    project.write(LABELLED)
    project.apply()
    project.write(HEAD + "removed: ['@predictions']\n")
    assert project.actions() == {"jane/flowers@predictions": ["held"]}
    project.apply("--allow-label-loss", "1")
    project.assert_settled()


def test_another_projects_objects_are_not_touched_but_taken_over_by_name(
    project,
) -> None:
    project.write(samples("a"))
    project.apply()
    (project.root / "dsac.yaml").write_text("project: trees\n")
    ran = project.dsac("plan")
    assert ran.code == 1
    assert "jane/flowers is managed by project 'flowers'" in ran.err
    assert "--take-over flowers" in ran.err
    project.write(samples("a", more="lifecycle: {adopt: all}\n"))
    project.apply("--take-over", "flowers")
    project.assert_settled()


def test_destroy_passes_the_same_guards(project) -> None:
    project.write(samples("a", "b"))
    project.apply()
    ran = project.dsac("destroy", "jane/flowers", "--auto-approve")
    assert ran.code == 1
    assert "prevent_destroy keeps this dataset" in ran.out
    assert "--allow-delete 2" in ran.out
    project.write(samples("a", "b", more="lifecycle: {prevent_destroy: false}\n"))
    assert project.actions() == {"jane/flowers": ["update"]}
    project.apply()
    flags = ("--auto-approve", "--allow-delete", "2")
    ran = project.dsac("destroy", "jane/flowers", *flags)
    assert ran.code == 0
    assert "Apply complete! 0 added, 0 changed, 1 destroyed." in ran.out
    ran = project.dsac("destroy", "jane/flowers", "--auto-approve")
    assert ran.code == 1
    assert "does not exist, or is not visible" in ran.err


def test_a_dataset_listed_in_removed_goes_and_stays_gone(project) -> None:
    project.write("dataset: jane/old\nlifecycle: {prevent_destroy: false}\n")
    project.apply()
    project.write("removed: [jane/old]\n")
    assert project.actions() == {"jane/old": ["delete"]}
    project.apply()
    project.assert_settled()
    with project.platform() as client:
        client.add_dataset("jane/old", {})
    ran = project.dsac("plan")
    assert ran.code == 1
    assert "jane/old is not managed by dsac" in ran.err


def test_nobody_there_means_no_apply_without_a_word(project) -> None:
    project.write(samples("a"))
    ran = project.dsac("apply")
    assert ran.code == 1
    assert "pass --auto-approve, or apply a saved plan" in ran.err
    assert "Plan: 2 to add" in ran.out


def test_an_apply_without_changes_says_so(project) -> None:
    project.write(samples("a"))
    project.apply()
    ran = project.dsac("apply", "--auto-approve")
    assert (ran.code, ran.out) == (0, "No changes.\n")


def test_an_apply_can_report_as_json(project) -> None:
    project.write(samples("a"))
    ran = project.dsac("apply", "--auto-approve", "--format", "json")
    found = json.loads(ran.out)
    assert found["complete"]
    assert {item["outcome"] for item in found["results"]} == {"done"}


def test_a_failed_upload_costs_its_sample_and_not_its_neighbours(
    project, monkeypatch
) -> None:
    from dsac.remote.client import Client

    upload = Client.upload_asset

    def flaky(self, file, *, filename):
        if filename == "a.png":
            from dsac.errors import TransportError

            raise TransportError("the line is dead")
        return upload(self, file, filename=filename)

    project.image("b.png", "blue")
    project.write(LABELLED + "  - {name: b, image: ../images/b.png}\n")
    monkeypatch.setattr(Client, "upload_asset", flaky)
    ran = project.dsac("apply", "--auto-approve")
    assert ran.code == 1
    assert "Apply incomplete: 3 done, 3 skipped." in ran.out
    assert "images/a.png did not go up: the line is dead" in ran.out
    assert project.sample("b")
    monkeypatch.undo()
    monkeypatch.chdir(project.root)
    project.apply()
    project.assert_settled()
