"""Manifests written of datasets: what they say, what they can't, how YAML looks."""

import pytest
from msgspec import UNSET, structs

from dsac.core.resources import (
    Collaborator,
    Label,
    Labelset,
    Release,
    RemoteDataset,
    RemoteLabel,
    RemoteSample,
    Sample,
    Unknown,
)
from dsac.core.values import Json, Tree
from dsac.errors import ManifestError, PlanError
from dsac.manifests.load import declared
from dsac.manifests.problems import Problems
from dsac.manifests.project import bare_project, load_project
from dsac.manifests.scalars import Variables
from dsac.manifests.writing import write_manifest
from dsac.manifests.writing_samples import RowWriter, url_places
from dsac.manifests.yaml_loader import load
from dsac.manifests.yaml_writer import write_yaml
from tests.factories import ROSE, make_dataset, make_label, make_remote

IMAGE: dict[str, Tree] = {"image": {"url": "https://x/a.png"}}


def sample(name: str = "a", labels: dict[str, Label] | None = None) -> RemoteSample:
    return RemoteSample(
        uuid=name,
        sample=Sample(name=name, attributes=IMAGE),
        labels={key: RemoteLabel(label=item) for key, item in (labels or {}).items()},
    )


def written(remote: RemoteDataset) -> str:
    found = write_manifest(remote, index="d.jsonl", files={})
    return found.manifest.partition("dataset:")[2]


def notes(remote: RemoteDataset) -> str:
    return "\n".join(write_manifest(remote, index="d.jsonl", files={}).notes)


def test_what_a_manifest_has_no_word_for_is_told_and_left_out():
    dataset = structs.replace(
        make_dataset(settings={"category": "custom-x"}), task_type="text"
    )
    odd = structs.replace(make_label("ODD"), attributes={})
    remote = structs.replace(
        make_remote(
            sample(labels={"ground-truth": odd, "my set": make_label()}),
            dataset=dataset,
        ),
        labelsets=(Labelset(name="my set", description=""),),
        releases=(Release(name="v 1"),),
        collaborators=(Collaborator(user="bob", role="viewer"),),
    )
    said = notes(remote)
    for what in (
        "the category 'custom-x'",
        "the task type 'text'",
        "the label set 'my set', with its labels,",
        "the release 'v 1'",
        "the role 'viewer' of bob",
        "1 labels have a status that no manifest knows",
    ):
        assert what in said
    assert written(remote).splitlines()[-2:] == [
        "samples:",
        "  - {name: a, image: https://x/a.png}",
    ]


def test_ratings_and_reviewers_are_counted():
    found = RemoteLabel(label=make_label(), rating=3, reviewed_by="eve")
    row = structs.replace(sample(), labels={"ground-truth": found, "m": Unknown()})
    said = notes(make_remote(row))
    assert "ratings can't be written; those of 1 labels are not" in said
    assert "reviewers can't be written; those of 1 labels are not" in said


def test_people_and_releases_are_written():
    remote = structs.replace(
        make_remote(dataset=make_dataset(prevent_destroy=False)),
        collaborators=(Collaborator(user="bob", role="labeler"),),
        releases=(Release(name="v1", description=UNSET),),
    )
    assert written(remote) == (
        " jane/flowers\ncategory: garden\ntask_type: segmentation-bitmap\n"
        "settings: {labeling_inactivity_timeout_seconds: null}\n"
        "collaborators: {bob: labeler}\nreleases:\n  - {name: v1}\n"
        "lifecycle: {prevent_destroy: false}\nsamples: []\n"
    )


def test_a_name_that_no_manifest_takes_is_refused():
    with pytest.raises(PlanError, match=r"a sample named 'a\\nb'"):
        written(make_remote(sample("a\nb")))


@pytest.mark.parametrize(
    ("items", "plain"),
    [
        ([ROSE], True),
        ([], False),
        (None, False),
        ([ROSE, ROSE], False),
        ([{"id": 1, "name": "a"}, {"id": 2, "name": "a"}], False),
        ([{"id": 1, "name": "a", "color": [1, 2]}], False),
        ([{"id": 1, "name": "a", "color": "red"}], False),
        ([{"id": 1, "name": "a", "color": [1, 2, 256]}], False),
        ([{"id": 1, "name": "a", "attributes": [{"default_value": None}]}], False),
        ([{"id": 1, "name": "a", "attributes": [{"default_value": 1}]}], True),
        ([{"id": True, "name": "a"}], False),
        ([3], False),
    ],
)
def test_categories_are_a_list_where_that_says_it_all(items: Tree, plain: bool):  # noqa: FBT001
    attributes: dict[str, Tree] = {"format_version": "0.1", "categories": items}
    text = written(make_remote(dataset=make_dataset(task_attributes=attributes)))
    assert ("\ncategories:" in text) == plain
    assert ("\ntask_attributes:" in text) != plain


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"annotations": [{"id": 1, "category_id": 1}]}, "annotations"),
        ({"annotations": [{"id": 1, "category_id": 2}]}, "verbatim"),
        ({"annotations": [{"id": 1, "category_id": True}]}, "verbatim"),
        ({"annotations": [{"id": 1, "category_id": 1, "category": "x"}]}, "verbatim"),
        ({"annotations": [3]}, "attributes"),
        ({"annotations": [{"category_id": 1}]}, "attributes"),
        ({"annotations": 3}, "attributes"),
        ({"annotations": [], "segmentation_bitmap": 3}, "attributes"),
        ({"annotations": [], "segmentation_bitmap": {"url": "x://y"}}, "bitmap"),
        ({"annotations": [], "segmentation_bitmap": {"url": "x"}}, "verbatim"),
        ({"annotations": [], "links": []}, "attributes"),
        ({"url": "x"}, "attributes"),
        ({"frames": [{"url": 3}]}, "verbatim"),
    ],
)
def test_a_label_is_written_in_the_shortest_form_that_is_whole(attributes, expected):
    label = Label(attributes=attributes)
    writer = RowWriter({"categories": [ROSE]}, {})
    row = writer.row(sample(labels={"ground-truth": label}))
    labels = row["labels"]
    assert isinstance(labels, dict)
    found = labels["ground-truth"]
    assert isinstance(found, dict)
    assert expected in found


def test_categories_that_are_not_stated_are_not_missed():
    label = Label(attributes={"annotations": [{"id": 1, "category_id": 7}]}, score=0.5)
    row = RowWriter({}, {}).row(sample(labels={"ground-truth": label}))
    assert row["labels"] == {
        "ground-truth": {
            "score": 0.5,
            "annotations": [{"id": 1, "category_id": 7}],
        }
    }


def test_files_stand_in_place_of_urls():
    attributes: dict[str, Tree] = {"frames": [{"image": {"url": "https://x/1"}}, 2]}
    (place,) = [path for path, *_ in url_places(dict(attributes))]
    row = structs.replace(sample(), sample=Sample(name="a", attributes=attributes))
    writer = RowWriter({}, {("a", ""): {place: "files/1.png"}})
    assert writer.row(row)["attributes"] == {
        "frames": [{"image": {"url": "files/1.png"}}, 2]
    }


def test_what_is_nested_deeply_goes_to_an_index():
    deep: Json = 1
    for _ in range(90):
        deep = [deep]
    inner = Sample(name="a", attributes=IMAGE, metadata={"k": deep})
    found = write_manifest(
        make_remote(structs.replace(sample(), sample=inner)), index="d.jsonl", files={}
    )
    assert "samples:\n  - {index: d.jsonl}\n" in found.manifest
    assert found.index.count("\n") == 1


TREES: list[dict[str, Json]] = [
    {"a": {"k" * 2000: 1, "b": []}, "l": [{"k" * 300: {}}]},
    {"": {"": ""}, "<<": "<<", "no": "no", "1": 1.0, "b": True, "n": None},
    {"a": "x\ny", "b": {"c": "x\n\n  y\n"}, "d": "x\n\n", "e": " x\ny", "f": "\n"},
    {"l": [[1, 2], {"a": ["x" * 90, {"b": "y" * 90}]}, ["z" * 99], {"e": {}}]},
    {"points": [[number, number / 3] for number in range(50)], "k": [["q" * 99, {}]]},
    {"v": "${a}$${b}$$${c}${{d}", "w": "${a}\nb", "${key}": "\x00\x85\uffff\U0001f600"},
    {"big": 10**30, "tiny": 1e-300, "text": 'quote " \\ \t\r', "nbsp": "\u00a0"},
    {"words": ["y", "Yes", "010", "1:30", "2020-01-01", "a b", "a: b", "x://y", ".5"]},
]


@pytest.mark.parametrize("tree", TREES)
def test_what_is_written_reads_back_exactly(tree):
    problems = Problems()
    text = write_yaml(tree).encode()
    variables = Variables({}, {})
    (found,) = load(text, "a.yaml", variables=variables, problems=problems)
    assert (found.root, problems.found) == (tree, [])


def test_datasets_are_found_in_manifests_that_are_wrong_elsewhere(folder):
    folder.write("manifests/a.yaml", "dataset: jane/a\nnonsense: 1\n---\n- 3\n")
    folder.write("manifests/b.yaml", "removed: [jane/b, 3]\n---\nremoved: 3\n")
    project = load_project(folder.root, environ={})
    assert {name: str(where) for name, where in declared(project).items()} == {
        "jane/a": "manifests/a.yaml:1:10",
        "jane/b": "manifests/b.yaml:1:10",
    }
    folder.write("manifests/c.yaml", "a: [\n")
    with pytest.raises(ManifestError, match="broken YAML"):
        declared(project)


def test_a_folder_without_a_project_needs_a_remote(tmp_path):
    url = "https://api.example"
    found = bare_project(tmp_path, name="x", remote="", environ={"DSAC_REMOTE": url})
    assert (found.remote, found.root) == (url, tmp_path)
    with pytest.raises(ManifestError, match="the platform is not known"):
        bare_project(tmp_path, name="x", remote="", environ={})
    with pytest.raises(ManifestError, match="is no address"):
        bare_project(tmp_path, name="x", remote="ftp://x", environ={})


def test_metadata_and_every_field_of_a_sample_are_written():
    odd = Sample(
        name="a",
        attributes={"image": {"url": "no/url"}},
        metadata={"b": 1, "a": {"id": 2, "z": 1, "c": 3}},
        priority=2,
        assigned_labeler="",
        readme="x",
    )
    remote = structs.replace(
        make_remote(
            structs.replace(sample(labels={"m": make_label()}), sample=odd),
            dataset=make_dataset(metadata={"team": "botany"}),
        ),
        labelsets=(Labelset(name="m", description="a model"),),
    )
    assert written(remote).partition("metadata")[2] == (
        ": {team: botany}\n"
        "labelsets: {m: {owner: annotators, description: a model}}\n"
        "samples:\n"
        "  - name: a\n"
        "    verbatim: {image: {url: no/url}}\n"
        "    metadata: {a: {id: 2, c: 3, z: 1}, b: 1}\n"
        "    priority: 2\n"
        '    assigned_labeler: ""\n'
        "    readme: x\n"
        "    labels:\n"
        "      m: {bitmap: https://assets.example/violet.png, "
        "annotations: [{id: 1, category_id: 1}]}\n"
    )


def test_a_status_is_written_unless_it_is_the_default():
    label = Label(status="REVIEWED", attributes={"annotations": []})
    row = RowWriter({}, {}).row(sample(labels={"ground-truth": label}))
    assert row["labels"] == {"ground-truth": {"status": "REVIEWED", "annotations": []}}
