"""lifecycle.ignore_changes: what is named is written once, and then left alone."""

import pytest

BEFORE = """\
dataset: jane/flowers
description: one
category: garden
task_type: segmentation-bitmap
categories: [{id: 1, name: rose}]
settings: {enable_ratings: true, readme: r}
metadata: {team: botany, site: west}
labelsets: {predictions: {owner: manifest}}
lifecycle: {ignore_changes: %s}
samples:
  - name: a
    image: https://x.test/1.jpg
    metadata: {team: a, city: London}
    priority: 1
    assigned_labeler: local
    readme: s
    labels:
      predictions: {score: 0.25, annotations: [{id: 1, category: rose}]}
"""
AFTER = """\
dataset: jane/flowers
description: two
category: fruit
task_type: segmentation-bitmap
categories: [{id: 1, name: rose}, {id: 2, name: tulip}]
settings: {enable_ratings: false, readme: rr}
metadata: {team: zoology, site: east}
labelsets: {predictions: {owner: manifest}}
lifecycle: {ignore_changes: %s}
samples:
  - name: a
    image: https://x.test/2.jpg
    metadata: {team: b, city: Paris}
    priority: 2
    assigned_labeler: null
    readme: ss
    labels:
      predictions: {score: 0.5, status: LABELED, annotations: [{id: 1, category: rose}]}
  - name: b
    image: https://x.test/3.jpg
    labels:
      predictions: {score: 0.5, annotations: [{id: 1, category: rose}]}
"""
DATASET, A = "jane/flowers", "jane/flowers:a"
LABEL = "jane/flowers:a@predictions"
EVERY = {
    DATASET: {
        "description",
        "category",
        "task_attributes",
        "enable_ratings",
        "readme",
        "metadata.team",
        "metadata.site",
    },
    A: {
        "attributes",
        "metadata.team",
        "metadata.city",
        "priority",
        "assigned_labeler",
        "readme",
    },
    LABEL: {"score", "status"},
}


def differing(change) -> set[str]:
    """Name the fields of a change that differ, metadata key by key."""
    found = set()
    before, after = change["before"], change["after"]
    for field in before.keys() | after.keys():
        left, right = before.get(field), after.get(field)
        if field == "metadata" and left != right:
            found |= {
                f"metadata.{key}"
                for key in left.keys() | right.keys()
                if left.get(key) != right.get(key)
            }
        elif left != right:
            found.add(field)
    return found


def updates(project, ignored: str) -> dict[str, set[str]]:
    """Apply one version, plan the other; give what would be updated."""
    project.write(BEFORE % ignored)
    project.apply()
    project.write(AFTER % ignored)
    return {
        change["address"]: differing(change)
        for change in project.plan()["changes"]
        if change["actions"] == ["update"]
    }


def without(**fields: set[str]) -> dict[str, set[str]]:
    """Give every difference but some."""
    names = {"dataset": DATASET, "sample": A, "label": LABEL}
    left = dict(EVERY)
    for kind, gone in fields.items():
        left[names[kind]] = left[names[kind]] - gone
    return {address: found for address, found in left.items() if found}


METADATA = {"metadata.team", "metadata.site", "metadata.city"}


@pytest.mark.parametrize(
    ("ignored", "expected"),
    [
        ("[]", EVERY),
        ("[description]", without(dataset={"description"})),
        ("[category]", without(dataset={"category"})),
        ("['desc*', categ?ry]", without(dataset={"description", "category"})),
        ("[categories]", without(dataset={"task_attributes"})),
        ("[task_attributes]", without(dataset={"task_attributes"})),
        ("['enable_*']", without(dataset={"enable_ratings"})),
        ("[readme]", without(dataset={"readme"}, sample={"readme"})),
        ("[metadata]", without(dataset=METADATA, sample=METADATA)),
        ("['metadata.*']", without(dataset=METADATA, sample=METADATA)),
        (
            "[metadata.team]",
            without(dataset={"metadata.team"}, sample={"metadata.team"}),
        ),
        ("['metadata.c*']", without(sample={"metadata.city"})),
        ("[priority]", without(sample={"priority"})),
        ("['assigned_*']", without(sample={"assigned_labeler"})),
        ("[image]", without(sample={"attributes"})),
        ("[attributes]", without(sample={"attributes"})),
        ("[labels]", without(label=EVERY[LABEL])),
        ("[labels.predictions]", without(label=EVERY[LABEL])),
        ("['labels.*.score']", without(label={"score"})),
        ("[labels.predictions.status]", without(label={"status"})),
        ("['*']", {}),
    ],
)
def test_what_is_ignored_is_no_change_and_everything_else_is(
    ignored, expected, project
) -> None:
    assert updates(project, ignored) == expected


def test_what_is_created_gets_it_all_and_the_rest_stays(project) -> None:
    assert updates(project, "['*']") == {}
    assert project.actions() == {
        "jane/flowers:b": ["create"],
        "jane/flowers:b@predictions": ["create"],
    }
    project.apply()
    project.assert_settled()
    assert project.sample("a").priority == 1
    with project.platform() as client:
        label = client.get_label(project.sample("b").uuid, "predictions")
    assert label.score == 0.5


def test_an_applied_change_keeps_what_is_ignored_of_a_label(project) -> None:
    assert updates(project, "[image, labels.predictions.score]")[LABEL] == {"status"}
    project.apply("--target", "*@predictions", "--exclude", "*:b")
    with project.platform() as client:
        label = client.get_label(project.sample("a").uuid, "predictions")
    assert (label.score, label.label_status) == (0.25, "LABELED")


def test_a_name_that_is_none_is_an_error_with_its_place(project) -> None:
    project.write(BEFORE % "[priority, prioritty]")
    ran = project.dsac("validate")
    assert ran.code == 1
    assert "manifests/a.yaml:9:40: ignore_changes: 'prioritty' is no field" in ran.err
    assert "did you mean 'priority'?" in ran.err
