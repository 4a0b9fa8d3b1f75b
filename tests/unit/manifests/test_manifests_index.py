"""Index sources: rows of a JSON Lines file are samples like inline ones."""

import hashlib
import json

import pytest

from dsac.core.resources import Desired
from dsac.core.values import Upload
from dsac.errors import ManifestError
from dsac.manifests.labels import LabelBuilder

SOURCE = "samples: [{index: ../index/train.jsonl}]\n"
LABEL = {"annotations": [{"id": 1, "category": "rose"}], "status": "REVIEWED"}


def index(folder, *rows: object, lines: str = SOURCE) -> Desired:
    """Write rows to an index and load a manifest that names it."""
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    folder.write("index/train.jsonl", text)
    found: Desired = folder.dataset(lines)
    return found


def test_a_row_is_what_an_inline_sample_would_be(folder):
    row = {
        "name": "a",
        "image": "../images/a.png",
        "metadata": {"city": "London"},
        "priority": 2,
        "labels": {"ground-truth": LABEL},
    }
    inline = folder.dataset(f"samples: [{json.dumps(row)}]\n")
    assert index(folder, row) == inline


def test_rows_and_other_sources_stand_side_by_side(folder):
    lines = "samples: [{name: z, image: https://x/z}, {index: ../index/train.jsonl}]\n"
    found = index(folder, {"name": "b", "image": "https://x/b"}, lines=lines)
    assert [row.sample.name for row in found.samples or ()] == ["b", "z"]


def test_nothing_in_a_row_is_expanded(folder):
    name = "${user} {stem} $${x}\u2028"[:-1]
    found = index(folder, {"name": name, "image": "https://x/b", "readme": "${a}"})
    (row,) = found.samples or ()
    assert (row.sample.name, row.sample.readme) == (name, "${a}")


def test_lines_end_with_line_feeds_alone(folder):
    text = (
        '\ufeff{"name": "a", "image": "https://x/a", "readme": "1\u2028\x85 2"}\r\n'
        '\n  \r\n{"name": "b", "image": "https://x/b"}'
    )
    folder.write("index/train.jsonl", text)
    found = folder.dataset(SOURCE)
    assert found.samples[0].sample.readme == "1\u2028\x85 2"
    assert len(found.samples) == 2


def test_the_digest_of_an_index_is_kept_as_that_of_a_manifest(folder):
    index(folder, {"name": "a", "image": "https://x/b"})
    data = (folder.root / "index" / "train.jsonl").read_bytes()
    digest = folder.load().files["index/train.jsonl"]
    assert digest == hashlib.sha256(data).hexdigest()


def test_an_empty_index_is_an_error_unless_it_is_allowed(folder):
    folder.write("index/train.jsonl", "\n\n")
    assert "'../index/train.jsonl' has no row" in folder.problem(SOURCE)
    lines = "samples: [{index: ../index/train.jsonl, allow_empty: true}]\n"
    assert folder.dataset(lines).samples == ()


def test_a_second_sample_of_one_name_is_found_with_its_line(folder):
    row = {"name": "a", "image": "https://x/b"}
    text = f"{json.dumps(row)}\n\n{json.dumps(row)}\n"
    folder.write("index/train.jsonl", text)
    found = folder.problem(SOURCE)
    assert found.startswith("index/train.jsonl:3:1: a second sample is named 'a'")
    assert "the first one at index/train.jsonl:1:1" in found


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{index: ../index/none.jsonl}", "none.jsonl can't be read: No such file"),
        ("{index: ../index}", "'index' is no index that dsac can read"),
        ("{index: ../index/train.tsv}", "write a .jsonl, .csv or .parquet file"),
        ("{index: ../../x.jsonl}", "leaves the project"),
        ("{index: 3}", "write a string"),
        ("{index: ../index/train.jsonl, colums: {}}", "unknown key 'colums'"),
    ],
)
def test_what_is_wrong_with_an_index_is_reported(source, message, folder):
    folder.write("index/train.jsonl", "")
    found = folder.problem(f"samples: [{source}]\n")
    assert found.startswith("manifests/a.yaml:4:")
    assert message in found


@pytest.mark.parametrize(
    ("line", "where", "message"),
    [
        ('{"name": "a"', "2:13", "broken JSON: Expecting ',' delimiter"),
        ('{"name": "a", "image": NaN}', "2:1", "image is null"),
        ('{"name": "a", "image": "https://x", "priority": NaN}', "2:1", "broken JSON"),
        ('{"name": "\\ud800", "image": "https://x"}', "2:1", "broken JSON: "),
        ('{"n\\ud800": "a", "image": "https://x"}', "2:1", "broken JSON: "),
        ('{"name": ' + "1" * 5000 + "}", "2:1", "broken JSON"),
        ("[" * 100_000, "2:1", "broken JSON"),
        ("[1]", "2:1", "[1] is no mapping"),
        ("3", "2:1", "3 is no mapping"),
        ('{"image": "https://x"}', "2:1", "'name' is missing"),
        ('{"name": "a", "image": "https://x", "nme": 1}', "2:1", "unknown key 'nme'"),
        ('{"name": "a"}', "2:1", "has no content"),
        (
            '{"name": "a", "image": "https://x", "labels": {"x": {"score": "y"}}}',
            "2:1",
            "write a number",
        ),
        ('{"name": "a", "image": "../none.png"}', "2:1", "there is no file none.png"),
    ],
)
def test_what_is_wrong_with_a_row_is_reported_with_its_line(
    line, where, message, folder
):
    folder.write("index/train.jsonl", f'{{"name": "z", "image": "gs://x"}}\n{line}\n')
    found = folder.problem(SOURCE)
    assert found.startswith(f"index/train.jsonl:{where}: ")
    assert message in found


def test_a_row_that_is_no_utf8_is_reported(folder):
    (folder.root / "index").mkdir()
    (folder.root / "index" / "train.jsonl").write_bytes(b'{"name": "\xff"}')
    assert "index/train.jsonl:1:1: broken JSON" in folder.problem(SOURCE)


def test_several_wrong_rows_are_reported_together(folder):
    folder.write("index/train.jsonl", "1\n{}\n")
    text = f"dataset: jane/flowers\n{SOURCE}"
    assert len(folder.problems(text)) == 2


VERBATIM = {"image": {"url": "no/file.png"}, "annotations": [{"category": 7}]}


def test_verbatim_attributes_are_looked_at_by_nobody(folder):
    row = {
        "name": "a",
        "verbatim": VERBATIM,
        "labels": {"ground-truth": {"verbatim": VERBATIM, "score": 0.5}},
    }
    (found,) = index(folder, row).samples or ()
    assert found.sample.attributes == VERBATIM
    assert found.labels["ground-truth"].attributes == VERBATIM


def test_content_is_stated_in_one_way(folder):
    row = "{name: a, image: https://x, verbatim: {}}"
    assert "image and verbatim both" in folder.problem(f"samples: [{row}]\n")
    label = "{verbatim: {}, annotations: []}"
    row = f"{{name: a, image: https://x, labels: {{x: {label}}}}}"
    assert "or attributes, or verbatim" in folder.problem(f"samples: [{row}]\n")


def test_the_image_of_a_row_need_not_be_local(folder):
    row = {"name": "a", "image": {"path": "../images/b.png", "sha256": "0" * 64}}
    (found,) = index(folder, row).samples or ()
    assert found.sample.attributes == {
        "image": {"url": Upload("images/b.png", "0" * 64)}
    }


DEEP = "[" * 900 + "]" * 900


@pytest.mark.parametrize(
    ("more", "end"),
    [("", ""), ("", ', "p": 1'), (", columns: {metadata: metadata, priority: p}", "")],
)
def test_values_that_are_nested_too_deeply_are_reported(more, end, folder):
    row = f'"image": "https://x", "metadata": {{"x": {DEEP}}}'
    text = f'{{"name": "a", {row}{end}}}\n'
    if more:
        text = f'{{"name": "a", {row}, "p": "high"}}\n{{"name": "b", {row}, "p": 1}}\n'
    folder.write("index/train.jsonl", text)
    found = folder.problems(
        f"dataset: jane/flowers\nsamples: [{{index: ../index/train.jsonl{more}}}]\n"
    )
    assert len(found) == text.count("\n")
    assert all("values are nested too deeply" in item for item in found)


def test_a_label_that_is_nested_too_deeply_is_reported(folder):
    folder.write(
        "index/train.jsonl", f'{{"name": "a", "attributes": {{"x": {DEEP}}}}}\n'
    )
    found = folder.problem(
        "samples: [{name: a, image: 'https://x'}]\n"
        "labels: {p: [{index: ../index/train.jsonl}]}\n"
    )
    assert found.startswith("index/train.jsonl:1:1: values are nested too deeply")


def test_a_label_that_can_be_kept_and_not_built_is_reported_too(folder, monkeypatch):
    def too_deep(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(LabelBuilder, "build", too_deep)
    folder.write("index/train.jsonl", '{"name": "a", "annotations": []}\n')
    found = folder.problem(
        "samples: [{name: a, image: 'https://x'}]\n"
        "labels: {p: [{index: ../index/train.jsonl}]}\n"
    )
    assert found.startswith("index/train.jsonl:1:1: values are nested too deeply")


def test_metadata_of_a_row_is_in_the_form_of_that_of_inline_samples(folder):
    signed = "https://y?X-Amz-Signature=abc&id=5"
    metadata = {"url": signed, "signed_url": signed, "n": 1}
    row = {"name": "a", "image": "https://x", "metadata": metadata}
    inline = folder.dataset(f"samples: [{json.dumps(row)}]\n")
    assert index(folder, row) == inline
    assert inline.samples[0].sample.metadata == {"url": "https://y?id=5", "n": 1}


def test_a_row_without_a_name_hides_no_other_problem(folder):
    rows = ({"name": " ", "image": "https://x/a"}, {"name": "b"})
    with pytest.raises(ManifestError) as caught:
        index(folder, *rows)
    told = [str(problem) for problem in caught.value.problems]
    assert len(told) == 2, told
    assert "' ' is no name of a sample" in told[0]
    assert "'b' has no content" in told[1]
