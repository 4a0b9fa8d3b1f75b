"""Columns of an index: which is which field, which rows are wanted, constants."""

import json
from typing import Any

import pytest
from msgspec import UNSET

from dsac.core.values import Upload
from dsac.manifests import index_columns

IMAGE = "https://x/i.png"


def samples(folder, source: str, *rows: object) -> dict[str, Any]:
    """Write an index and give the samples that a source makes of it, by name."""
    folder.write("index/i.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    found: tuple[Any, ...] = folder.dataset(f"samples: [{source}]\n").samples
    return {row.sample.name: row for row in found}


def problems(folder, source: str, *rows: object) -> list[str]:
    """Write an index and give what is wrong with a source."""
    folder.write("index/i.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    text = f"dataset: jane/flowers\nsamples: [{source}]\n"
    return list(folder.problems(text))


def test_columns_give_each_target_its_column(folder):
    columns = (
        "{name: file_name, image: url, metadata.site: location, priority: prio, "
        "image.sha256: digest, labels.predictions.score: conf, "
        "labels.predictions.annotations: boxes, metadata.camera.lens: lens}"
    )
    row = {
        "file_name": "a",
        "url": "../images/z.png",
        "location": "westland",
        "prio": 3,
        "digest": "0" * 64,
        "conf": 0.5,
        "boxes": [],
        "lens": {"mm": 50},
        "further": "columns are not read",
    }
    found = samples(folder, f"{{index: ../index/i.jsonl, columns: {columns}}}", row)
    sample = found["a"].sample
    assert sample.attributes == {"image": {"url": Upload("images/z.png", "0" * 64)}}
    assert sample.metadata == {"site": "westland", "camera": {"lens": {"mm": 50}}}
    assert sample.priority == 3
    assert found["a"].labels["predictions"].score == 0.5


def test_name_and_image_need_no_column_of_another_name(folder):
    source = "{index: ../index/i.jsonl, columns: {priority: p}}"
    row = {"name": "a", "image": IMAGE, "p": 1, "readme": "not asked for"}
    sample = samples(folder, source, row)["a"].sample
    assert (sample.priority, sample.readme) == (1, UNSET)
    source = "{index: ../index/i.jsonl, columns: {attributes.image.url: u}}"
    row = {"name": "a", "image": "not asked for", "u": IMAGE}
    sample = samples(folder, source, row)["a"].sample
    assert sample.attributes == {"image": {"url": IMAGE}}


def test_a_dotted_column_is_looked_up_by_its_name_then_inside_objects(folder):
    source = "{index: ../index/i.jsonl, columns: {metadata.s: info.site, readme: r.t}}"
    rows = [
        {"name": "a", "image": IMAGE, "info": {"site": "x"}, "r": "text"},
        {"name": "b", "image": IMAGE, "info.site": "y", "info": {}, "r": {"t": "t"}},
        {"name": "c", "image": IMAGE, "info": {"else": "z"}},
    ]
    found = samples(folder, source, *rows)
    assert found["a"].sample.metadata == {"s": "x"}
    assert found["b"].sample.metadata == {"s": "y"}
    assert found["c"].sample.metadata is UNSET
    assert [row.sample.readme for row in found.values()] == [UNSET, "t", UNSET]


def test_without_columns_dotted_names_are_targets(folder):
    row = {
        "name": "a",
        "image.sha256": "0" * 64,
        "image.path": "../images/z.png",
        "metadata.site": "x",
        "metadata.a\\.b": 1,
        "labels.v1\\.2.annotations": [],
        "labels.v1\\.2.bitmap.sha256": "1" * 64,
        "labels.v1\\.2.bitmap": "../masks/z.png",
    }
    found = samples(folder, "{index: ../index/i.jsonl}", row)["a"]
    assert found.sample.metadata == {"site": "x", "a.b": 1}
    assert found.sample.attributes == {
        "image": {"url": Upload("images/z.png", "0" * 64)}
    }
    assert found.labels["v1.2"].attributes["segmentation_bitmap"] == {
        "url": Upload("masks/z.png", "1" * 64, "bitmap")
    }


def test_a_digest_without_its_file_is_an_error(folder):
    row = {"name": "a", "image.sha256": "0" * 64}
    (found,) = problems(folder, "{index: ../index/i.jsonl}", row)
    assert found.startswith("index/i.jsonl:1:1: image is {")
    assert "path" in found


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"metadata": {}, "metadata.a": 1}, "metadata and metadata.a both"),
        ({"image.path": "x"}, "image and image.path both"),
        ({"labels": {}, "labels.x.score": 1}, "labels and labels.x.score both"),
        ({"labels.x": {}, "labels.x.bitmap.sha256": ""}, "labels.x and labels.x.b"),
        ({"metdata.a": 1}, "unknown key 'metdata'"),
        ({"metadata.": 1, "": 1}, "unknown key ''"),
    ],
)
def test_dotted_names_that_do_not_go_together_are_reported(row, message, folder):
    found = problems(
        folder, "{index: ../index/i.jsonl}", {"name": "a", "image": IMAGE, **row}
    )
    assert message in found[0]
    assert found[0].startswith("index/i.jsonl:1:1: ")


@pytest.mark.parametrize(
    ("where", "names"),
    [
        ("{split: train}", "ab"),
        ("{split: [train, val]}", "abc"),
        ("{split: train, fold: 1}", "a"),
        ("{fold: [1, 2]}", "abd"),
        ("{fold: 1}", "ad"),
        ("{fold: true}", "c"),
        ('{fold: "1"}', "e"),
        ("{fold: null}", "f"),
        ("{info.site: x}", "a"),
        ("{split: [train, null]}", "abf"),
    ],
)
def test_where_selects_rows_by_values(where, names, folder):
    rows: list[dict[str, object]] = [
        {"name": "a", "split": "train", "fold": 1, "info": {"site": "x"}},
        {"name": "b", "split": "train", "fold": 2},
        {"name": "c", "split": "val", "fold": True},
        {"name": "d", "split": "test", "fold": 1.0},
        {"name": "e", "split": "test", "fold": "1"},
        {"name": "f", "fold": None},
        {"name": "g", "fold": [1], "split": {"train": 1}},
    ]
    source = f"{{index: ../index/i.jsonl, where: {where}, columns: {{image: i}}}}"
    found = samples(folder, source, *({"i": IMAGE, **row} for row in rows))
    assert "".join(found) == names


def test_a_column_that_only_selects_is_no_field(folder):
    rows = [
        {"name": "a", "image": IMAGE, "split": "train", "priority": 1},
        {"name": "b", "image": IMAGE, "split": "test", "priority": 1},
        {"name": "c", "image": IMAGE, "split": "train", "metadata.x": 2, "priority": 1},
        {"name": "d", "image": IMAGE, "split": "train", "priority": 2},
    ]
    source = "{index: ../index/i.jsonl, where: {split: train, priority: 1}}"
    found = samples(folder, source, *rows)
    assert [*found] == ["a", "c"]
    assert found["a"].sample.priority == 1
    assert found["c"].sample.metadata == {"x": 2}


@pytest.mark.parametrize(
    ("source", "place", "message"),
    [
        ("columns: {nme: n}", "columns", "'nme' is nothing that a column can stand"),
        ("columns: {nme: n}", "columns", "did you mean 'name'?"),
        ("columns: {image.md5: n}", "columns", "did you mean 'image'?"),
        ("columns: {priority.x: n}", "columns", "'priority.x' is nothing"),
        ("columns: {labels.p.scor: n}", "columns", "did you mean 'labels.p.score'?"),
        ("columns: {metadata..x: n}", "columns", "'metadata..x' is nothing"),
        ("columns: {metadata: n, metadata.x: s}", "columns", "metadata.x both"),
        ("columns: {image: n, image.path: s}", "columns", "image and image.path both"),
        ("columns: {metadata.x: sit}", "columns", "has 'sit'\n  did you mean 'site'?"),
        ("where: {sit: x}", "where", "has 'sit'\n  did you mean 'site'?"),
        ("where: {site: {a: 1}}", "where", 'where: site is {"a":1}'),
        ("where: {site: []}", "where", "where: site is []"),
        ("where: {site: [[x]]}", "where", 'where: site is [["x"]]'),
        ("where: {site: z}", "where", "has no row that where: asks for"),
        ("where: [x]", "where", "where is"),
        ("columns: {name: 3}", "columns", "columns is"),
    ],
)
def test_what_is_wrong_with_columns_is_reported_where_it_is_written(
    source, place, message, folder
):
    row = {"name": "a", "image": IMAGE, "n": "x", "site": "y"}
    line = f"{{index: ../index/i.jsonl, {source}}}"
    (found,) = problems(folder, line, row)
    assert found.startswith("manifests/a.yaml:2:")
    column = int(found.split(":")[2])
    assert column >= len("samples: [") + line.index(place) + 1
    assert message in found


def test_an_unsound_mapping_is_reported_once_and_no_file_is_read(folder):
    found = problems(
        folder, "{index: ../index/none.csv, columns: {nme: n, imag: i}}", {}
    )
    assert len(found) == 2


def test_a_key_that_is_null_everywhere_is_there(folder):
    source = "{index: ../index/i.jsonl, columns: {metadata.x: site, readme: text}}"
    row = {"name": "a", "image": IMAGE, "site": None, "text": "t"}
    found = samples(folder, source, row)
    assert found["a"].sample.metadata == {"x": None}


def test_where_may_select_nothing_if_that_is_allowed(folder):
    source = "{index: ../index/i.jsonl, where: {split: x}, allow_empty: true}"
    assert samples(folder, source, {"name": "a", "split": "y"}) == {}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[1]", "[1] is no mapping"),
        ('{"u": NaN}', "broken JSON: "),
        ('{"u": 1', "broken JSON: Expecting ','"),
        ('{"u": "x"}', "'name' is missing"),
        ('{"name": 1, "u": "x"}', "name is 1"),
    ],
)
def test_rows_that_are_mapped_are_explained_too(line, message, folder):
    folder.write("index/i.jsonl", f'{{"name": "z", "u": "{IMAGE}"}}\n{line}\n')
    found = folder.problem("samples: [{index: ../index/i.jsonl, columns: {image: u}}]")
    assert found.startswith("index/i.jsonl:2:")
    assert message in found


def test_a_source_says_what_its_rows_do_not(folder):
    folder.write(
        "index/i.jsonl",
        f'{{"name": "a", "image": "{IMAGE}"}}\n'
        f'{{"name": "b", "image": "{IMAGE}", "priority": 9, '
        '"metadata": {"s": "own"}}',
    )
    found = folder.dataset(
        "defaults: {readme: general, priority: 1, metadata: {t: 1, u: 1}}\n"
        "samples:\n"
        "  - index: ../index/i.jsonl\n"
        "    priority: 2\n"
        "    assigned_labeler: bob\n"
        "    metadata: {s: all, u: 2}\n"
        f"  - {{name: z, image: '{IMAGE}'}}\n"
    ).samples
    first, second, third = (row.sample for row in found)
    assert first.metadata == {"t": 1, "u": 2, "s": "all"}
    assert (first.priority, first.readme) == (2, "general")
    assert first.assigned_labeler == "bob"
    assert second.metadata == {"t": 1, "u": 2, "s": "own"}
    assert second.priority == 9
    assert (third.metadata, third.priority) == ({"t": 1, "u": 1}, 1)


@pytest.mark.parametrize(
    ("defaults", "own", "expected"),
    [
        ("{metadata: {a: 1}}", "", {"a": 1}),
        ("{}", ", metadata: {b: 2}", {"b": 2}),
        ("{metadata: {a: 1}}", ", metadata: null", None),
        ("{}", "", UNSET),
    ],
)
def test_metadata_of_a_source_goes_over_that_of_the_document(
    defaults, own, expected, folder
):
    folder.write("index/i.jsonl", f'{{"name": "a", "image": "{IMAGE}"}}')
    lines = f"defaults: {defaults}\nsamples: [{{index: ../index/i.jsonl{own}}}]\n"
    assert folder.dataset(lines).samples[0].sample.metadata == expected


def row(name: str) -> str:
    """Give a line of an index."""
    return json.dumps({"name": name, "image": IMAGE}) + "\n"


def test_an_index_may_be_split_over_files(folder):
    for name in ("b", "a", "c"):
        folder.write(f"index/{name}/part.jsonl", row(name))
    folder.write("index/.hidden/part.jsonl", row("h"))
    folder.write("index/d/part.csv", f"name,image\nd,{IMAGE}\n")
    found = folder.load(
        "dataset: jane/flowers\nsamples: [{index: ../index/**/part.*}]\n"
    )
    assert [item.sample.name for item in found.datasets[0].samples] == [*"abcd"]
    assert [name for name in found.files if name.startswith("index/")] == [
        "index/a/part.jsonl",
        "index/b/part.jsonl",
        "index/c/part.jsonl",
        "index/d/part.csv",
    ]


def test_a_file_may_be_called_like_a_pattern(folder):
    folder.write("index/[a].jsonl", row("a"))
    folder.write("index/a.jsonl", row("b"))
    (found,) = folder.dataset("samples: [{index: '../index/[a].jsonl'}]").samples
    assert found.sample.name == "a"


def test_a_pattern_that_matches_nothing_is_an_error_unless_that_is_allowed(folder):
    found = folder.problem("samples: [{index: ../index/*.jsonl}]\n")
    assert found.startswith("manifests/a.yaml:4:19: '../index/*.jsonl' matches no file")
    lines = "samples: [{index: ../index/*.jsonl, allow_empty: true}]\n"
    assert folder.dataset(lines).samples == ()


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("../../*.jsonl", "leaves the project"),
        ("/*.jsonl", "is no path beside this file"),
        ("../index/**.jsonl", "'../index/**.jsonl' is no pattern"),
        ("../index/*", "'notes.txt' is no index that dsac can read"),
        ("../out/*.jsonl", "leaves the project"),
    ],
)
def test_patterns_keep_the_rules_of_paths(pattern, message, folder):
    folder.write("index/notes.txt", "")
    folder.write("../elsewhere/x.jsonl", row("a"))
    (folder.root / "out").mkdir()
    (folder.root / "out" / "x.jsonl").symlink_to(
        folder.root.parent / "elsewhere" / "x.jsonl"
    )
    found = folder.problem(f"samples: [{{index: '{pattern}'}}]\n")
    assert found.startswith("manifests/a.yaml:4:")
    assert message in found


def test_pointers_of_other_tools_name_the_command_that_brings_the_file(folder):
    folder.write("index/a.csv", "version https://git-lfs.github.com/spec/v1\n")
    folder.write("index/b.parquet.dvc", "outs: []\n")
    source = "samples: [{index: ../index/a.csv}, {index: ../index/b.parquet}]\n"
    first, second = folder.problems(f"dataset: jane/flowers\n{source}")
    assert "a.csv is a git-lfs pointer" in first
    assert 'run: git lfs pull --include "a.csv"' in first
    assert "run: dvc pull b.parquet.dvc" in second


def test_a_folder_that_is_called_like_an_index_is_none(folder):
    (folder.root / "index" / "a.jsonl").mkdir(parents=True)
    found = folder.problem("samples: [{index: ../index/a.jsonl}]\n")
    assert "a.jsonl can't be read: Is a directory" in found


def test_suggestions_come_from_the_first_rows_alone(folder, monkeypatch):
    monkeypatch.setattr(index_columns, "MANY", 3)
    rows = [{"name": "a", "image": IMAGE, "x": 1}, {"name": "b", "sites": 1}]
    source = "{index: ../index/i.jsonl, columns: {metadata.s: site}, where: {name: a}}"
    (found,) = problems(folder, source, *rows)
    assert found.endswith("known are: image, name, x")
