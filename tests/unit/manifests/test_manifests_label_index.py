"""Labels from an index of their own: rows joined by the names of samples."""

import json

import pytest
from msgspec import UNSET

from dsac.core.resources import Label, attributes_of
from dsac.core.values import Upload

SAMPLES = "samples: [{name: a, image: images/a.png}, {name: b, image: 'https://x/b'}]\n"


def rows(*found: object) -> str:
    """Write rows as JSON Lines."""
    return "".join(json.dumps(row) + "\n" for row in found)


def head(source: str, samples: str = SAMPLES) -> str:
    """Give the lines of a manifest with a source of labels."""
    return f"{samples.replace('images/', '../images/')}labels: {{p: [{source}]}}\n"


def labels(folder, source: str) -> dict[str, Label]:
    """Give the labels of a label set by sample."""
    found = folder.dataset(head(source)).samples
    return {row.sample.name: row.labels["p"] for row in found if "p" in row.labels}


def test_rows_are_joined_by_the_name_of_the_sample(folder):
    folder.write(
        "preds/1.jsonl",
        rows(
            {"name": "b", "annotations": [{"id": 1, "category": "rose"}], "score": 1},
            {
                "name": "a",
                "bitmap": "../masks/a.png",
                "annotations": [
                    {"id": 1, "category": "rose"},
                    {"id": 2, "category": "violet"},
                ],
                "status": "LABELED",
            },
        ),
    )
    found = labels(folder, "{index: ../preds/*.jsonl}")
    assert found["b"].attributes == {"annotations": [{"id": 1, "category_id": 1}]}
    assert (found["b"].score, found["b"].status) == (1, "PRELABELED")
    mask = attributes_of(found["a"])["segmentation_bitmap"]
    bitmap = mask["url"] if isinstance(mask, dict) else None
    assert isinstance(bitmap, Upload)
    assert bitmap.path == "masks/a.png"
    assert (found["a"].score, found["a"].status) == (UNSET, "LABELED")


def test_the_source_says_what_rows_do_not(folder):
    folder.write(
        "preds/1.csv",
        "img,conf,boxes,model\na,0.25,[],m1\nb,,[],m1\na,0.5,[],m2\n",
    )
    source = (
        "{index: ../preds/1.csv, where: {model: m1}, status: LABELED, score: 0.75, "
        "columns: {name: img, score: conf, annotations: boxes}}"
    )
    found = labels(folder, source)
    assert {name: label.score for name, label in found.items()} == {
        "a": 0.25,
        "b": 0.75,
    }
    assert {label.status for label in found.values()} == {"LABELED"}


def test_the_ids_of_a_bitmap_are_those_of_its_row(folder):
    folder.write(
        "preds/1.jsonl",
        rows({"name": "a", "bitmap": "../masks/a.png", "annotations": []}),
    )
    found = folder.problem(head("{index: ../preds/1.jsonl}"))
    assert found.startswith("preds/1.jsonl:1:1: masks/a.png and its annotations")


def test_labels_of_no_sample_are_an_error_that_lists_them(folder):
    unknown = [{"name": f"x{number:02}", "annotations": []} for number in range(12)]
    folder.write("preds/1.jsonl", rows({"name": "a", "annotations": []}, *unknown))
    found = folder.problem(head("{index: ../preds/1.jsonl}"))
    assert found.startswith("manifests/a.yaml:5:22: 12 labels are of no sample: ")
    assert "x00 (preds/1.jsonl:2:1), x01 (preds/1.jsonl:3:1)" in found
    assert "x09 (preds/1.jsonl:11:1) and 2 more\n" in found
    assert "allow_unmatched: true" in found
    source = "{index: ../preds/1.jsonl, allow_unmatched: true}"
    assert [*labels(folder, source)] == ["a"]


@pytest.mark.parametrize(
    "source",
    [
        "{index: ../preds/*.jsonl}",
        "{index: ../preds/1.jsonl}, {index: ../preds/2.jsonl}",
    ],
)
def test_two_rows_for_one_sample_are_an_error_with_both_places(source, folder):
    folder.write("preds/1.jsonl", rows({"name": "a", "annotations": []}))
    folder.write(
        "preds/2.jsonl",
        rows({"name": "b", "annotations": []}, {"name": "a", "annotations": []}),
    )
    found = folder.problem(head(source))
    assert found.startswith("preds/2.jsonl:2:1: a second label of 'a' in p, the first")
    assert "one at preds/1.jsonl:1:1" in found


def test_a_label_set_has_an_index_of_its_own(folder):
    folder.write("preds/1.jsonl", rows({"name": "a", "annotations": []}))
    source = "[{index: ../preds/1.jsonl}]"
    samples = SAMPLES.replace("images/", "../images/")
    text = f"{samples}labels: {{p: {source}, q: {source}}}"
    found = folder.dataset(text).samples
    assert [*found[0].labels] == ["p", "q"]


def test_a_label_of_the_sample_itself_and_one_of_a_row_are_an_error(folder):
    folder.write("preds/1.jsonl", rows({"name": "a", "annotations": []}))
    samples = (
        "samples: [{name: a, image: images/a.png, labels: {p: {annotations: []}}}]\n"
    )
    found = folder.problem(head("{index: ../preds/1.jsonl}", samples))
    assert found.startswith("preds/1.jsonl:1:1: 'a' has a label in p already")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"name": "a"}, "a label is either bitmap and annotations, or attributes"),
        ({"annotations": []}, "'name' is missing"),
        ({"name": "a", "annotations": [], "image": "x"}, "unknown key 'image'"),
        ({"name": "a", "annotations": [{"category": "ros"}]}, "no category 'ros'"),
        ({"name": "a", "annotations": {}}, "annotations is {}"),
    ],
)
def test_what_is_wrong_with_a_row_is_reported_with_its_place(row, message, folder):
    folder.write("preds/1.jsonl", rows({"name": "b", "annotations": []}, row))
    found = folder.problem(head("{index: ../preds/1.jsonl}"))
    assert found.startswith("preds/1.jsonl:2:1: ")
    assert message in found


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{index: ../preds/*.csv}", "'../preds/*.csv' matches no file"),
        ("{index: ../preds/1.jsonl, where: {name: c}}", "has no row that where: asks"),
        ("{index: ../preds/1.jsonl, columns: {image: i}}", "'image' is nothing that"),
        ("{index: ../preds/1.jsonl, columns: {image: i}}", "known are: "),
        ("{index: ../preds/1.jsonl, columns: {scor: i}}", "did you mean 'score'?"),
        ("{index: ../preds/1.jsonl, where: {name: [{}]}}", "where: name is [{}]"),
        ("{index: 3}", "write a string"),
        ("{index: ../preds/1.jsonl, masks: x}", "unknown key 'masks'"),
        ("{index: ../preds/1.jsonl, status: GOOD}", 'can\'t be "GOOD"'),
    ],
)
def test_what_is_wrong_with_a_source_is_reported_where_it_is(source, message, folder):
    folder.write("preds/1.jsonl", rows({"name": "a", "annotations": []}))
    found = folder.problem(head(source))
    assert found.startswith("manifests/a.yaml:5:")
    assert message in found


def test_an_index_of_samples_may_stand_beside_one_of_labels(folder):
    folder.write("preds/1.jsonl", rows({"name": "a", "annotations": []}))
    folder.write("index/i.csv", "name,image\na,https://x\n")
    source = "{index: ../preds/1.jsonl}"
    lines = head(source, "samples: [{index: ../index/i.csv}]\n")
    (found,) = folder.dataset(lines).samples
    assert [*found.labels] == ["p"]
    broken = head(source, "samples: [{index: 3}]\n")
    first, second = folder.problems(f"dataset: jane/flowers\n{broken}")
    assert "write a string" in first
    assert "1 labels are of no sample" in second


def test_an_index_may_have_no_row_if_that_is_allowed(folder):
    assert labels(folder, "{index: ../preds/*.csv, allow_empty: true}") == {}


def test_samples_that_no_row_is_of_have_no_label(folder):
    folder.write("preds/1.jsonl", rows({"name": "a", "annotations": []}))
    assert [*labels(folder, "{index: ../preds/1.jsonl}")] == ["a"]


@pytest.mark.parametrize("source", ["3", "{}", "[index]", "null"])
def test_what_is_no_source_is_an_error(source, folder):
    text = f"dataset: jane/flowers\n{head(source)}"
    assert all(item.startswith("manifests/a.yaml:3:") for item in folder.problems(text))


def test_a_bad_row_of_samples_is_told_beside_an_index_of_labels(folder):
    image = "https://x/a"
    bad = {"name": " ", "image": image}
    folder.write("index/train.jsonl", rows({"name": "a", "image": image}, bad))
    folder.write("preds/1.jsonl", rows({"name": "a", "annotations": []}))
    source = "samples: [{index: ../index/train.jsonl}]\n"
    found = folder.problem(head("{index: ../preds/1.jsonl}", source))
    assert "is no name of a sample" in found
