"""`dsac drift`: what other hands did to what the manifests describe."""

import json
from typing import Any

import pytest

from dsac.emulator import Account, create_app

MANIFEST = """\
dataset: jane/flowers
description: Flowers.
task_type: segmentation-bitmap
categories: [{id: 1, name: rose}, {id: 2, name: violet}]
metadata: {team: botany}
labelsets:
  predictions: {owner: manifest, description: Model}
collaborators: {bob: labeler}
releases: [{name: v1, description: First.}]
samples:
  - name: a
    image: ../images/a.png
    priority: 1
    metadata: {city: London}
    labels:
      ground-truth: {annotations: [{id: 1, category: rose}]}
      predictions: {annotations: [{id: 1, category: rose}]}
  - name: b
    image: ../images/b.png
"""


@pytest.fixture
def applied(project):
    """Apply a manifest with one of each kind."""
    with project.platform("bob"):
        pass
    project.write(MANIFEST)
    project.apply()
    return project


def found(project, *flags: str) -> dict[str, Any]:
    """Give the drift as JSON, and insist that the exit code tells of it."""
    ran = project.dsac("drift", "--format", "json", *flags)
    assert ran.out, ran.err
    drift: dict[str, Any] = json.loads(ran.out)
    assert ran.code == (2 if drift["changes"] else 0)
    return drift


def add_sample(client, name: str) -> None:
    """Add a sample past the manifests."""
    image = {"url": "https://x/a.png"}
    client.add_sample("jane/flowers", {"name": name, "attributes": {"image": image}})


def by_address(drift: dict[str, Any]) -> dict[str, Any]:
    return {item["address"]: item for item in drift["changes"]}


def test_after_an_apply_there_is_no_drift(applied):
    ran = applied.dsac("drift", "-v")
    assert (ran.code, ran.out) == (0, "No drift.\n")
    assert "(0 writes)" in ran.err
    counts = found(applied)["summary"]
    assert counts.pop("unchanged") == 9
    assert set(counts.values()) == {0}


def test_an_edit_of_a_managed_field_is_named_and_exits_2(applied):
    with applied.platform() as client:
        client.update_sample(applied.sample("a").uuid, {"priority": 9})
    ran = applied.dsac("drift")
    assert ran.code == 2
    assert "# jane/flowers:a was changed" in ran.out
    assert "~ priority = 1 -> 9" in ran.out
    assert ran.out.splitlines()[-1] == "Drift: 1 changed; 8 unchanged."
    (item,) = found(applied)["changes"]
    assert item["drift"] == ["changed"]
    assert (item["before"]["priority"], item["after"]["priority"]) == (1, 9)
    assert item["created_by"] == "local"
    assert item["created_at"]


def test_everything_that_other_hands_did_is_told_from_the_manifests_side(applied):
    with applied.platform() as client:
        client.update_dataset("jane/flowers", {"description": "Weeds."})
        client.update_collaborator("jane/flowers", "bob", role="reviewer")
        client.delete_release("jane/flowers", "v1")
        client.delete_sample(applied.sample("b").uuid)
    drift = by_address(found(applied))
    assert {address: item["drift"] for address, item in drift.items()} == {
        "jane/flowers": ["changed"],
        "jane/flowers+bob": ["changed"],
        "jane/flowers#v1": ["missing"],
        "jane/flowers:b": ["missing"],
    }
    assert drift["jane/flowers"]["before"]["description"] == "Flowers."
    assert drift["jane/flowers"]["after"]["description"] == "Weeds."
    assert drift["jane/flowers+bob"]["after"]["role"] == "reviewer"
    assert drift["jane/flowers:b"]["after"] is None
    assert drift["jane/flowers:b"]["created_by"] is None
    ran = applied.dsac("drift")
    assert "# jane/flowers:b is missing" in ran.out
    assert "Drift: 2 changed, 2 missing; 5 unchanged." in ran.out


def test_a_label_that_another_machine_wrote_names_it_and_when(applied):
    (applied.root / "dsac.yaml").write_text("project: flowers\nautomation: [bob]\n")
    applied.edit_label(
        "a",
        {"label_status": "PRELABELED", "attributes": {"annotations": []}},
        labelset="predictions",
    )
    (item,) = found(applied)["changes"]
    assert item["address"] == "jane/flowers:a@predictions"
    assert (item["created_by"], item["updated_by"]) == ("local", "bob")
    ran = applied.dsac("drift")
    assert f"(last written by bob at {item['updated_at']})" in ran.out


@pytest.mark.parametrize("labelset", ["ground-truth", "predictions"])
def test_what_people_labelled_is_kept_and_counted_and_no_drift(labelset, applied):
    fields = {"label_status": "LABELED", "attributes": {"annotations": []}}
    applied.edit_label("a", fields, labelset=labelset)
    ran = applied.dsac("drift")
    assert ran.code == 0, ran.out
    assert "1 label that a person made is no drift" in ran.out
    assert found(applied)["summary"]["kept"] == 1


def test_a_label_that_somebody_deleted_is_missing(applied):
    with applied.platform() as client:
        client.delete_label(applied.sample("a").uuid, "ground-truth")
    (item,) = found(applied)["changes"]
    assert item["address"] == "jane/flowers:a@ground-truth"
    assert item["drift"] == ["missing"]


def test_ours_that_left_the_manifest_appeared_and_others_are_unmanaged(applied):
    with applied.platform() as client:
        add_sample(client, "wild")
    applied.write(MANIFEST.replace("  - name: b\n    image: ../images/b.png\n", ""))
    (item,) = found(applied)["changes"]
    assert (item["address"], item["drift"]) == ("jane/flowers:b", ["appeared"])
    assert item["before"] is None
    assert item["reason"] == "not in the manifest"
    ran = applied.dsac("drift")
    assert "# jane/flowers:b appeared" in ran.out
    assert "(created by local at " in ran.out
    assert "1 sample is not managed here" in ran.out


def test_fields_that_the_manifest_does_not_state_or_ignores_are_no_drift(applied):
    applied.write(MANIFEST + "lifecycle: {ignore_changes: [priority]}\n")
    with applied.platform() as client:
        uuid = applied.sample("a").uuid
        client.update_sample(uuid, {"priority": 9, "readme": "hello"})
    assert found(applied)["changes"] == []


def test_a_rename_that_is_still_to_be_done_is_one_object(applied):
    text = MANIFEST.replace("name: b", "name: z")
    applied.write(text + "moved: [{from: b, to: z}]\n")
    (item,) = found(applied)["changes"]
    assert (item["address"], item["drift"]) == ("jane/flowers:z", ["renamed"])
    assert (item["before"]["name"], item["after"]["name"]) == ("z", "b")
    assert "> sample z -> b" in applied.dsac("drift").out


def test_objects_that_only_lack_our_marker_are_no_drift(project):
    with project.platform() as client:
        client.add_dataset("jane/flowers", {"task_type": "segmentation-bitmap"})
        add_sample(client, "a")
    project.write(
        "dataset: jane/flowers\nlifecycle: {adopt: all}\n"
        "samples: [{name: a, image: https://x/a.png}]\n"
    )
    assert project.plan()["summary"]["adopt"] == 2
    assert found(project)["summary"]["unchanged"] == 2


def test_a_dataset_that_is_gone_or_should_be_is_drift(applied):
    applied.write("removed: [jane/flowers]\n")
    (item,) = found(applied)["changes"]
    assert (item["drift"], item["reason"]) == (["appeared"], "listed in removed")
    applied.write(MANIFEST)
    with applied.platform() as client:
        client.delete_dataset("jane/flowers")
    drift = found(applied)
    assert drift["summary"]["missing"] == 8
    assert "not visible to local" in drift["changes"][0]["reason"]


def test_a_dataset_of_ours_that_is_in_no_manifest_is_warned_of(applied):
    applied.write("dataset: jane/other\n")
    applied.apply()
    ran = applied.dsac("drift")
    assert ran.code == 0
    assert "Warning: jane/flowers is managed by project 'flowers' and in no" in ran.out
    assert "jane/flowers" not in applied.dsac("drift", "manifests").out


def test_paths_and_variables_are_those_of_a_plan(applied):
    applied.write("dataset: ${org}/other\n", "more/b.yaml")
    ran = applied.dsac("drift", "more", "--var", "org=jane")
    assert ran.code == 2
    assert "# jane/other is missing" in ran.out
    assert applied.dsac("drift").code == 0
    assert applied.dsac("drift", "more").code == 1


def test_many_of_a_kind_are_a_group_unless_all_are_asked_for(project):
    rows = "".join(
        f"  - {{name: s{number}, image: https://x/{number}.png}}\n"
        for number in range(21)
    )
    project.write(f"dataset: jane/flowers\nsamples:\n{rows}")
    assert "# 21 samples are missing in jane/flowers" in project.dsac("drift").out
    assert project.dsac("drift", "--verbose").out.count(" is missing") == 22


def test_what_cannot_be_compared_exits_1(applied, server, monkeypatch):
    (applied.root / "dsac.yaml").write_text("project: trees\n")
    ran = applied.dsac("drift")
    assert ran.code == 1
    assert "is managed by project 'flowers'" in ran.err
    monkeypatch.setenv("SEGMENTS_API_KEY", "wrong")
    assert applied.dsac("drift", "--remote", server.url).code == 1


def test_a_drift_sends_nothing_but_get(applied, listening, monkeypatch, tmp_path):
    methods: list[str] = []
    app = create_app(tmp_path / "watched", accounts=[Account("jane", "jane-key")])

    def watch() -> None:
        from flask import request

        methods.append(request.method)

    app.before_request(watch)
    monkeypatch.setenv("SEGMENTS_API_KEY", "jane-key")
    ran = applied.dsac("drift", "--remote", listening(app))
    assert ran.code == 2, ran.err
    assert set(methods) == {"GET"}
