"""Samples and labels from indexes, from the first plan to a changed file."""

import json
import sys

import pyarrow as pa
import pytest
from pyarrow import parquet

HEAD = """\
dataset: jane/flowers
task_type: segmentation-bitmap
categories: [{id: 1, name: rose}, {id: 2, name: violet}]
"""

MANIFEST = f"""{HEAD}
samples:
  - index: ../index/train-*.csv
    where: {{split: train}}
    columns: {{name: file_name, image: url, metadata.site: location, priority: prio}}
    metadata: {{crop: tulip}}
  - index: ../index/more.parquet
labels:
  predictions:
    - index: ../preds/*.jsonl
      columns: {{score: conf, annotations: boxes}}
"""


@pytest.fixture
def indexed(project):
    """Write a manifest whose samples and labels stand in files of all three forms."""
    project.write(MANIFEST)
    header = "file_name,url,location,prio,split\n"
    project.write(
        f"{header}a,../images/a.png,north,1,train\nx,nowhere.png,,,test\n",
        "index/train-1.csv",
    )
    project.write(f"{header}b,../images/b.png,,,train\n", "index/train-2.csv")
    rows = [{"name": "c", "image": "https://x/c.png", "metadata": {"n": 2**53 + 1}}]
    parquet.write_table(
        pa.Table.from_pylist(rows), project.root / "index" / "more.parquet"
    )
    label = {"name": "a", "conf": 0.5, "boxes": [{"id": 1, "category": "rose"}]}
    project.write(json.dumps(label) + "\n", "preds/1.jsonl")
    return project


def test_indexes_are_applied_and_settle(indexed):
    actions = indexed.actions()
    samples = {address for address in actions if ":" in address}
    assert samples == {
        *("jane/flowers:a", "jane/flowers:b", "jane/flowers:c"),
        "jane/flowers:a@predictions",
    }
    indexed.apply()
    indexed.assert_settled()
    found = indexed.sample("a")
    assert found.metadata["site"] == "north"
    assert found.metadata["crop"] == "tulip"
    assert found.priority == 1
    assert indexed.sample("c").metadata["n"] == 2**53 + 1


def test_a_changed_row_changes_its_sample_alone(indexed):
    indexed.apply()
    path = indexed.root / "index" / "train-1.csv"
    path.write_text(path.read_text().replace("north", "south"))
    assert indexed.actions() == {"jane/flowers:a": ["update"]}


@pytest.mark.parametrize(
    "name", ["index/train-2.csv", "index/more.parquet", "preds/1.jsonl"]
)
def test_a_saved_plan_notices_that_an_index_changed(name, indexed):
    assert indexed.dsac("plan", "--out", "p.plan").code == 0
    path = indexed.root / name
    path.write_bytes(path.read_bytes() + b"\n")
    ran = indexed.dsac("apply", "p.plan")
    assert ran.code == 1
    assert name in ran.err


def test_validate_reports_all_that_is_wrong_in_all_files(indexed):
    indexed.write("file_name,url,location,prio,split\nb,u\n", "index/train-2.csv")
    indexed.write('{"name": "z", "boxes": [], "conf": "x"}\n{', "preds/1.jsonl")
    ran = indexed.dsac("validate")
    assert ran.code == 1
    assert "index/train-2.csv:2:1: 2 cells, where the header names 5" in ran.err
    assert 'preds/1.jsonl:1:1: score is "x"' in ran.err
    assert "preds/1.jsonl:2:" in ran.err
    assert "Traceback" not in ran.err


def test_without_pyarrow_the_command_names_the_extra(indexed, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    ran = indexed.dsac("validate")
    assert ran.code == 1
    assert "more.parquet needs pyarrow, which is not installed" in ran.err
    assert "pip install 'dsac[parquet]'" in ran.err


def test_the_schema_knows_the_keys_of_an_index(dsac):
    schema = json.loads(dsac("schema", "manifest").out)
    entry = schema["$defs"]["IndexEntry"]
    assert {"index", "columns", "where", "allow_empty", "metadata"} <= {
        *entry["properties"]
    }
    where = schema["$defs"]["LabelIndex"]["properties"]["where"]
    assert (
        where["additionalProperties"]
        == entry["properties"]["where"]["additionalProperties"]
    )


def test_labels_of_an_index_are_joined_to_many_samples_as_to_few(indexed, monkeypatch):
    for name, text in (
        ("2", '{"name": "b", "conf": 1, "boxes": []}'),
        ("3", '{"name": "c", "boxes": [{"id": 2, "category": "violet", "n": 1.0}]}'),
    ):
        indexed.write(text + "\n", f"preds/{name}.jsonl")
    few = indexed.dsac("plan", "--format", "json")
    monkeypatch.setattr("dsac.manifests.store.FEW", 0)
    many = indexed.dsac("plan", "--format", "json")
    assert (many.code, many.out, many.err) == (few.code, few.out, few.err)
    assert few.out.count('"kind": "label"') == 3
    indexed.apply()
    indexed.assert_settled()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["a", "x", "y"], "2 labels are of no sample: x (preds/1.jsonl:2:1), y (preds"),
        (["a", "b", "a"], "preds/1.jsonl:3:1: a second label of 'a' in predictions"),
        (["x", "x"], "2 labels are of no sample: x (preds/1.jsonl:1:1), x (preds/1"),
    ],
)
@pytest.mark.parametrize("few", [0, 1 << 22])
def test_labels_of_no_sample_and_second_ones_are_named(
    rows, said, few, indexed, monkeypatch
):
    monkeypatch.setattr("dsac.manifests.store.FEW", few)
    lines = (json.dumps({"name": name, "boxes": []}) for name in rows)
    indexed.write("".join(line + "\n" for line in lines), "preds/1.jsonl")
    ran = indexed.dsac("validate")
    assert ran.code == 1
    assert said in ran.err


def test_a_sample_with_a_label_of_its_own_takes_none_of_an_index(indexed):
    own = "{predictions: {annotations: []}}"
    inline = f"  - {{name: i, image: 'https://x/i.png', labels: {own}}}\n"
    more = MANIFEST.replace("samples:\n", f"samples:\n{inline}")
    indexed.write(more)
    indexed.write('{"name": "i", "conf": 1, "boxes": []}\n', "preds/1.jsonl")
    ran = indexed.dsac("validate")
    assert ran.code == 1
    assert "preds/1.jsonl:1:1: 'i' has a label in predictions already" in ran.err


def test_an_index_of_samples_goes_with_masks_by_pattern(project):
    project.image("mask-a.png", "black")
    project.write("[]", "images/a.json")
    masks = "{bitmaps: '../images/mask-{name}.png', annotations: '../images/a.json'}"
    project.write(
        f"{HEAD}samples: [{{index: ../index/all.jsonl}}]\n"
        f"labels: {{masks: [{masks}], boxes: [{{index: ../index/boxes.jsonl}}]}}\n"
    )
    rows = ({"name": name, "image": "../images/a.png"} for name in "ab")
    project.write("".join(json.dumps(row) + "\n" for row in rows), "index/all.jsonl")
    label = {"name": "b", "annotations": [{"id": 1, "category": "rose"}]}
    project.write(json.dumps(label) + "\n", "index/boxes.jsonl")
    assert {"jane/flowers:a@masks", "jane/flowers:b@boxes"} <= {*project.actions()}
    project.write('{"name": " ", "image": "../images/a.png"}\n', "index/all.jsonl")
    assert "index/all.jsonl:1:1: ' ' is no name" in project.dsac("validate").err
    manifest = project.root / "manifests" / "a.yaml"
    manifest.write_text(
        manifest.read_text().replace("all.jsonl}", "all.jsonl, where: 3}")
    )
    assert "manifests/a.yaml:4:" in project.dsac("validate").err
