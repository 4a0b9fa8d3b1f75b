"""Indexes in CSV: cells are text, targets say what they are, errors name the line."""

import csv
import hashlib
import io
import json
from typing import Any

import pytest
from msgspec import UNSET

from dsac.core.values import Upload
from dsac.manifests import index_csv

IMAGE = "https://x/i.png"
SOURCE = "samples: [{index: ../index/i.csv}]\n"


def written(*rows: list[str]) -> str:
    """Write rows of CSV as the csv module of Python does."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def samples(folder, text: str | bytes, lines: str = SOURCE) -> tuple[Any, ...]:
    """Write an index and load the samples of a manifest that names it."""
    data = text.encode() if isinstance(text, str) else text
    (folder.root / "index").mkdir(exist_ok=True)
    (folder.root / "index" / "i.csv").write_bytes(data)
    found: tuple[Any, ...] = folder.dataset(lines).samples
    return found


def problems(folder, text: str | bytes, lines: str = SOURCE) -> list[str]:
    """Write an index and give what is wrong with it."""
    data = text.encode() if isinstance(text, str) else text
    (folder.root / "index").mkdir(exist_ok=True)
    (folder.root / "index" / "i.csv").write_bytes(data)
    return list(folder.problems(f"dataset: jane/flowers\n{lines}"))


def test_cells_become_what_their_target_is(folder):
    header = [
        *("name", "image", "priority", "metadata.site", "metadata.count", "readme"),
        *("labels.p.score", "labels.p.status", "labels.p.annotations"),
        *("labels.q.attributes.annotations", "labels.q.attributes.x.url"),
        *("assigned_labeler", "labels.r"),
    ]
    row = [
        *("007", IMAGE, " 2.50 ", "yes", "12", "x"),
        *(".5", "LABELED", '[{"id": 1, "category_id": 2}]'),
        *("[]", "http://y/z"),
        *("bob", '{"annotations": [], "score": 1}'),
    ]
    (found,) = samples(folder, written(header, row))
    sample, labels = found.sample, found.labels
    assert (sample.name, sample.priority) == ("007", 2.5)
    assert sample.metadata == {"site": "yes", "count": "12"}
    assert sample.assigned_labeler == "bob"
    assert (labels["p"].score, labels["p"].status) == (0.5, "LABELED")
    assert labels["p"].attributes == {"annotations": [{"id": 1, "category_id": 2}]}
    assert labels["q"].attributes == {"annotations": [], "x": {"url": "http://y/z"}}
    assert labels["r"].score == 1


def test_an_empty_cell_is_absent(folder):
    header = ["name", "image", "priority", "metadata.a", "readme", "labels.p.score"]
    (found,) = samples(folder, written(header, ["a", IMAGE, "", "", "", ""]))
    sample = found.sample
    assert (sample.priority, sample.metadata, sample.readme) == (UNSET, UNSET, UNSET)
    assert found.labels == {}


def test_a_digest_may_be_left_out_in_some_rows(folder):
    text = written(
        ["image.sha256", "name", "image"],
        ["0" * 64, "a", "../images/none.png"],
        ["", "b", "../images/a.png"],
        ["0" * 64, "c", IMAGE],
    )
    first, second, third = samples(folder, text)
    url = {"url": Upload("images/none.png", "0" * 64)}
    assert first.sample.attributes == {"image": url}
    assert second.sample.attributes["image"]["url"].path == "images/a.png"
    assert third.sample.attributes == {"image": {"url": IMAGE}}


def test_what_programs_write_is_read(folder):
    text = (
        "\ufeffname,image,readme\r\n"
        f'a,{IMAGE},"one\r\ntwo, ""three""\n\rfour"\r\n'
        "\r\n"
        f'"b",{IMAGE},5" pipe \u2028 x'
    )
    first, second = samples(folder, text)
    assert first.sample.readme == 'one\r\ntwo, "three"\n\rfour'
    assert second.sample.readme == '5" pipe \u2028 x'


def test_a_cell_may_be_longer_than_the_limit_of_python(folder):
    long = json.dumps([{"id": 1, "category": "rose", "note": "x" * 200_000}])
    header = ["name", "image", "labels.p.annotations"]
    (found,) = samples(folder, written(header, ["a", IMAGE, long]))
    (row,) = found.labels["p"].attributes["annotations"]
    assert len(row["note"]) == 200_000


def test_columns_and_where_go_by_the_header(folder):
    text = written(
        ["file", "url", "", "split", "split2", "split2", "prio"],
        ["a", IMAGE, "0", "train", "", "", "1"],
        ["b", IMAGE, "1", "test", "", "", "x"],
    )
    lines = (
        "samples: [{index: ../index/i.csv, where: {split: train},\n"
        "  columns: {name: file, image: url, priority: prio}}]\n"
    )
    (found,) = samples(folder, text, lines)
    assert (found.sample.name, found.sample.priority) == ("a", 1)


@pytest.mark.parametrize(
    ("where", "names"),
    [
        ("{fold: 1}", "abc"),
        ('{fold: "1"}', "a"),
        ("{fold: [1, x]}", "abcd"),
        ("{fold: null}", "e"),
        ("{fold: true}", "fg"),
        ("{fold: false}", "h"),
        ("{fold: [null, 0.5]}", "ei"),
    ],
)
def test_where_compares_cells_with_values(where, names, folder):
    folds = ["1", "01", "1.0", "x", "", "true", "TRUE", "False", ".50"]
    rows = [[name, IMAGE, fold] for name, fold in zip("abcdefghi", folds, strict=True)]
    lines = f"samples: [{{index: ../index/i.csv, where: {where}}}]\n"
    found = samples(folder, written(["name", "image", "fold"], *rows), lines)
    assert "".join(row.sample.name for row in found) == names


def test_the_digest_is_that_of_the_whole_file(folder):
    text = written(["name", "image"], ["a", IMAGE])
    samples(folder, text)
    digest = folder.load().files["index/i.csv"]
    assert digest == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("text", ["", "\n\n", "name,image\n", "\ufeff"])
def test_a_file_without_a_row_is_an_error_unless_that_is_allowed(text, folder):
    (found,) = problems(folder, text)
    assert found.startswith("manifests/a.yaml:2:19: '../index/i.csv' has no row\n")
    lines = "samples: [{index: ../index/i.csv, allow_empty: true}]\n"
    assert samples(folder, text, lines) == ()


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("name,image,nme\n", 1, "unknown column 'nme'\n  did you mean 'name'?"),
        ("name,image,metdata.x\n", 1, "unknown column 'metdata.x'"),
        ("nam,image\n", 1, "unknown column 'nam'"),
        ("image\n", 1, "there is no column 'name'"),
        ("name,image,name\n", 1, "2 columns are named 'name'"),
        ("name,image,image.path\n", 1, "image and image.path both"),
        ("name,metadata,metadata.x\n", 1, "metadata and metadata.x both"),
        (",name,image\n", 1, "column 1 has no name"),
        ("name;image\na;b\n", 1, "cells are not separated by commas"),
        ("name,image\na\n", 2, "1 cells, where the header names 2"),
        ('name,image\n"a\nb",x,y\n', 2, "3 cells, where the header names 2"),
        (f'name,image\n"a\n\nb",{IMAGE}\nc\n', 5, "1 cells"),
        (f'"na\nme",image\na,{IMAGE}\n', 1, "unknown column 'na\\nme'"),
        (f"name,image,priority\na,{IMAGE},high\n", 2, 'priority is "high"'),
        (f"name,image,priority\na,{IMAGE},1_0\n", 2, "write a number"),
        (f"name,image,priority\na,{IMAGE},nan\n", 2, "write a number"),
        (f"name,image,priority\na,{IMAGE},\u0663\n", 2, "write a number"),
        (f"name,image,priority\na,{IMAGE},{'9' * 400}\n", 2, "write a number"),
        (f"name,image,priority\na,{IMAGE},1e999\n", 2, "write a number"),
        (f"name,image,priority\na,{IMAGE},'0,9'\n", 2, "4 cells"),
        (f"name,image,metadata\na,{IMAGE},x\n", 2, "write JSON ("),
        (f"name,image,metadata\na,{IMAGE},[]\n", 2, "metadata is []"),
        (f"name,image,labels.p.status\na,{IMAGE},GOOD\n", 2, '"GOOD"'),
        (f'name,image\na,{IMAGE}\n"b,c\nd,e\n', 3, "a quote here never ends"),
        (f'name,image\n"a"b,{IMAGE}\n', 2, "something follows the quote"),
        (f"name,image\ra,{IMAGE}\r", 1, "carriage returns alone"),
        ("name,image\na\n", 2, "1 cells"),
        (b"name,image\na,b\n\xff,x\n", 3, "no UTF-8"),
        (b"\xff\xfen\x00a\x00", 1, "no UTF-8"),
        (f"name,image\na,{IMAGE}\nb,none.png\n", 3, "there is no file none.png"),
        (f"name,image\na,{IMAGE}\na,{IMAGE}\n", 3, "a second sample is named 'a'"),
    ],
)
def test_what_is_wrong_with_a_file_is_reported_with_its_line(
    text, where, message, folder
):
    found = [item for item in problems(folder, text) if message in item]
    assert found[0].startswith(f"index/i.csv:{where}:1: ")


def test_a_cell_without_end_is_not_read_for_ever(folder, monkeypatch):
    before = csv.field_size_limit(100)
    monkeypatch.setattr(index_csv, "LONGEST", 100)
    try:
        (found,) = problems(folder, f'name,image\na,"{"x" * 200}"\n')
    finally:
        csv.field_size_limit(before)
    assert found.startswith("index/i.csv:2:1: a cell is longer than any label is")


def test_a_column_that_is_mapped_and_not_there_is_reported_at_the_mapping(folder):
    lines = (
        "samples: [{index: ../index/i.csv, columns: {name: fil, image: url},\n"
        "  where: {splt: train}}]\n"
    )
    found = problems(folder, "file,url,split\n", lines)
    assert len(found) == 2
    assert "there is no column 'fil' in index/i.csv\n  did you mean 'file'?" in found[0]
    assert (
        "there is no column 'splt' in index/i.csv\n  did you mean 'split'?" in found[1]
    )
    assert found[0].startswith("manifests/a.yaml:2:")
    assert found[1].startswith("manifests/a.yaml:3:")


def test_bad_cells_name_their_column_and_are_all_reported(folder):
    text = f"name,image,p,m\na,{IMAGE},x,{{\nb,{IMAGE},y,\n"
    lines = "samples: [{index: ../index/i.csv, columns: {priority: p, metadata: m}}]\n"
    found = problems(folder, text, lines)
    assert len(found) == 3
    assert "index/i.csv:2:1: metadata (column 'm') is \"{\"" in found[0]
    assert "index/i.csv:2:1: priority (column 'p') is \"x\"" in found[1]
    assert "index/i.csv:3:1: priority (column 'p') is \"y\"" in found[2]


def test_each_file_of_an_index_has_a_header_of_its_own(folder):
    folder.write("index/1.csv", f"name,image\na,{IMAGE}\n")
    folder.write("index/2.csv", f"image,priority,name\n{IMAGE},4,b\n")
    first, second = folder.dataset("samples: [{index: ../index/*.csv}]\n").samples
    assert (first.sample.name, first.sample.priority) == ("a", UNSET)
    assert (second.sample.name, second.sample.priority) == ("b", 4)


def test_suffixes_may_be_in_capitals(folder):
    folder.write("index/I.CSV", f"name,image\na,{IMAGE}\n")
    assert len(folder.dataset("samples: [{index: ../index/I.CSV}]\n").samples) == 1
