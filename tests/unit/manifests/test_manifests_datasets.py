"""Datasets: what a document becomes, and what is wrong with it."""

import json

import pytest
from msgspec import UNSET

from dsac.core.resources import Address, Collaborator, Kind, Release
from dsac.manifests.schema import json_schema

FULL = """\
description: null
category: garden
settings: {enable_skip_labeling: false, readme: null, public: true}
metadata: {team: botany, ratio: 2.0}
labelsets:
  ground-truth: {owner: manifest}
  extra: {description: More.}
  plain:
collaborators: {eve: labeler, bob: reviewer}
releases: [{name: v2}, {name: v1, description: First.}]
lifecycle: {prune: none, adopt: all, ignore_changes: [priority],
            max_delete: {percent: 5, count: 7}, prevent_destroy: false}
removed: ['@old', '+ann', '#v0']
"""


def test_a_full_document_becomes_a_desired_dataset(folder):
    found = folder.dataset(FULL)
    assert found.dataset.settings == {
        "description": "",
        "category": "garden",
        "enable_skip_labeling": False,
        "readme": "",
        "public": True,
    }
    assert found.dataset.metadata == {"team": "botany", "ratio": 2}
    assert [(item.labelset.name, item.owner) for item in found.labelsets] == [
        ("extra", "manifest"),
        ("ground-truth", "manifest"),
        ("plain", "manifest"),
    ]
    assert found.collaborators[0] == Collaborator(user="bob", role="reviewer")
    assert found.releases[0] == Release(name="v1", description="First.")
    assert found.samples is None
    assert found.removed[0] == Address(Kind.LABELSET, "jane/flowers", "", "old")
    lifecycle = found.lifecycle
    assert (lifecycle.prune, lifecycle.adopt) == ("none", "all")
    assert (lifecycle.max_delete_percent, lifecycle.max_delete_count) == (5, 7)


def test_what_is_not_stated_is_unset(folder):
    (found,) = folder.load("dataset: jane/flowers\n").datasets
    assert found.dataset.task_type is UNSET
    assert found.dataset.task_attributes is UNSET
    assert found.dataset.metadata is UNSET
    assert found.dataset.settings == {}
    (found,) = folder.load("dataset: jane/flowers\nmetadata: null\n").datasets
    assert found.dataset.metadata is None


def test_task_attributes_are_taken_as_they_are(folder):
    (found,) = folder.load(
        "dataset: jane/flowers\ntask_attributes: {format_version: '0.2', "
        "categories: [{id: 1, name: a, free: [1.0]}]}\n"
    ).datasets
    assert found.dataset.task_attributes == {
        "format_version": "0.2",
        "categories": [{"id": 1, "name": "a", "free": [1]}],
    }


def test_a_marker_that_is_off_prunes_nothing(folder):
    text = "lifecycle: {marker: false}\nsamples: [{name: a, image: https://x/a.png}]\n"
    assert folder.dataset(text).lifecycle.prune == "none"


@pytest.mark.parametrize(
    ("lines", "where", "message"),
    [
        ("category: gardn\n", "4:11", "did you mean 'garden'?"),
        ("settings: {public: 1}\n", "4:20", "write true or false"),
        ("settings: {enable_ratings: null}\n", "4:", "null is no value of a switch"),
        ("settings: {pubic: true}\n", "4:12", "did you mean 'public'?"),
        ("metadata: {dsac: x}\n", "4:18", "kept for the ownership marker"),
        ("labelsets: {a b: {}}\n", "4:18", "no name of a label set"),
        ("labelsets: {a: {owner: x}}\n", "4:24", "known are: annotators, manifest"),
        ("labelsets: {a: {ownr: x}}\n", "4:17", "did you mean 'owner'?"),
        ("collaborators: {bob: boss}\n", "4:22", "can't be"),
        (
            "collaborators: {jane: admin}\n",
            "4:23",
            "jane owns the dataset jane/flowers",
        ),
        ("releases: [{name: v1}, {name: v1}]\n", "4:24", "second release"),
        ("releases: [{}]\n", "4:12", "'name' is missing"),
        ("releases: [{name: a, nme: b}]\n", "4:22", "did you mean 'name'?"),
        ("task_attributes: {}\n", "3:13", "categories and task_attributes both"),
        ("removed: ['x']\n", "4:11", "names nothing that can be removed"),
        ("removed: ['@']\n", "4:11", "names nothing that can be removed"),
        ("removed: ['@ground-truth']\n", "4:11", "is declared in this document"),
        ("moved: [{from: a}]\n", "4:9", "'to' is missing"),
        (
            "lifecycle: {marker: false, prune: owned}\n",
            "4:12",
            "goes with neither prune nor moved",
        ),
        (
            (
                "lifecycle: {marker: false}\n"
                "samples: [{name: a, image: ../images/a.png}]\n"
            ),
            "4:12",
            "goes with URLs only",
        ),
        ("labels: {x: []}\n", "4:9", "labels without samples"),
        ("defaults: {priority: x}\n", "4:22", "write a number"),
        ("defaults: {prioriy: 1}\n", "4:12", "did you mean 'priority'?"),
        ("samples: {}\n", "4:10", "write a list"),
    ],
)
def test_what_is_wrong_with_a_document_is_reported(lines, where, message, folder):
    found = folder.problem(lines)
    assert f"manifests/a.yaml:{where}" in found
    assert message in found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dataset: jane/fl owers\n", "is no name of a dataset"),
        ("- 1\n", "write a mapping"),
        ("removed: [old]\n", "'old' is no name of a dataset"),
        ("removed: 3\n", "write a list"),
        ("removed: [jane/a]\n---\ndataset: jane/a\n", "shall go, and is wanted at"),
        ("dataset: jane/a\ncategories: [{name: x}]\n", "'id' is missing"),
        ("dataset: jane/a\ncategories: [{id: x, name: x}]\n", "write a whole number"),
        ("dataset: jane/a\ncategories: 3\n", "write a mapping"),
        (
            "dataset: jane/a\ncategories: [{id: 1, name: x, color: [1, 2, 300]}]\n",
            "is no colour",
        ),
        (
            "dataset: jane/a\ncategories: [{id: 1, name: x}, {id: 2, name: x}]\n",
            "the category name 'x' stands here a second time",
        ),
        ("dataset: jane/a\ntask_type: x\n", "task_type can't be"),
        ("dataset: jane/a\ncategories: {coco_panoptic: x.json}\n", "can't be read"),
    ],
)
def test_what_is_wrong_with_documents_is_reported(text, message, folder):
    (found,) = folder.problems(text)
    assert message in found


@pytest.mark.parametrize(
    ("moved", "message"),
    [
        ("[{from: z, to: y}]", "'z' is still a sample of this manifest"),
        ("[{from: a, to: z}, {from: a, to: y}]", "a name is moved twice"),
        ("[{from: a, to: z}, {from: b, to: z}]", "a name is moved twice"),
        ("[{from: a, to: b}, {from: b, to: a}]", "these moves go in a circle"),
    ],
)
def test_moves_that_cannot_be_meant_are_refused(moved, message, folder):
    text = f"moved: {moved}\nsamples: [{{name: z, image: https://x/z.png}}]\n"
    found = folder.problems("dataset: jane/flowers\n" + text)
    assert any(message in item for item in found)


def test_the_order_of_files_and_documents_changes_nothing(folder):
    texts = [f"dataset: jane/{name}\n" for name in "abc"]
    folder.write("manifests/a.yaml", "---\n".join(texts))
    first = folder.load()
    folder.write("manifests/a.yaml", "---\n".join(reversed(texts)))
    assert folder.load().datasets == first.datasets


@pytest.mark.parametrize("kind", ["manifest", "project"])
def test_the_schemas_are_json_and_describe_what_is_read(kind):
    found = json.loads(json.dumps(json_schema(kind)))
    text = json.dumps(found)
    assert ("coco_panoptic" in text) == (kind == "manifest")
    assert "$defs" in found


LABELLED = """\
labelsets: {predictions: {owner: manifest}}
lifecycle: {ignore_changes: [%s]}
samples: [{name: a, image: images/a.png}]
"""


@pytest.mark.parametrize(
    "entry",
    [
        "description",
        "enable_*",
        "'*'",
        "categories",
        "task_type",
        "metadata",
        "metadata.team",
        "'metadata.*'",
        "'meta*'",
        "'*.team'",
        "'?etadata.x'",
        "image",
        "priority",
        "assigned_*",
        "labels",
        "labels.predictions",
        "labels.ground-truth.score",
        "'labels.*.status'",
        "'*.score'",
    ],
)
def test_what_ignore_changes_can_name(entry, folder):
    folder.image("manifests/images/a.png")
    assert folder.dataset(LABELLED % entry).lifecycle.ignore_changes


@pytest.mark.parametrize(
    ("entry", "hint"),
    [
        ("priorty", "did you mean 'priority'?"),
        ("descripton", "did you mean 'description'?"),
        ("metadata.", "did you mean 'metadata"),
        ("name", "did you mean"),
        ("''", "known are: archived,"),
        ("labels.prediction", "did you mean 'labels.predictions'?"),
        ("labels.predictions.scor", "did you mean 'labels.predictions.score'?"),
        ("'priorit[x]'", "did you mean 'priority'?"),
        ("'zz*'", "known are: archived,"),
        ("'labels.x*'", "did you mean"),
    ],
)
def test_an_entry_of_ignore_changes_that_matches_no_field(entry, hint, folder):
    folder.image("manifests/images/a.png")
    found = folder.problem(LABELLED % f"priority, {entry}")
    assert "manifests/a.yaml:5:40: ignore_changes: " in found
    assert "is no field of a dataset, sample or label" in found
    assert hint in found


def test_a_dataset_without_an_owner_is_refused(folder):
    (found,) = folder.problems("dataset: flowers\n")
    assert "the dataset 'flowers' has no owner" in found


def test_the_second_document_of_a_dataset_is_refused_with_the_place_of_the_first(
    folder,
):
    (found,) = folder.problems("dataset: jane/a\n---\ndataset: jane/a\n")
    assert "manifests/a.yaml:3:10: a second document for jane/a" in found
    assert "the first one at manifests/a.yaml:1:10" in found
