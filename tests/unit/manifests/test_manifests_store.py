"""Samples of large indexes: on disk, and the same as in memory."""

import errno
import io
import json
import random
import tempfile
from pathlib import Path
from typing import Any

import pytest

from dsac.core.labels import Machines
from dsac.core.many import Stored
from dsac.core.marker import KEY, Marker, write
from dsac.core.ownership import Scope
from dsac.core.resources import Desired, label_count
from dsac.core.sieve import Sieve
from dsac.core.values import Upload, uploads
from dsac.errors import ManifestError, OutputError
from dsac.manifests import index_jsonl, store
from dsac.manifests.load import load
from dsac.manifests.project import load_project
from dsac.remote.wire import SampleRow

HEAD = "dataset: jane/flowers\ntask_type: bboxes\ncategories: [{id: 1, name: rose}]\n"
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00"
    b"\x00:~\x9bU\x00\x00\x00\nIDATx\x9cc`\x00\x00\x00\x02\x00\x01H\xaf\xa4q\x00\x00\x00"
    b"\x00IEND\xaeB`\x82"
)
DIGEST = "ab" * 32
Rows = list[dict[str, Any]]

PLAIN: Rows = [
    {"name": f"s{number:03}.jpg", "image": f"https://x/{number}.jpg"}
    for number in range(25)
]
ODD: Rows = [
    {"name": "e", "image": "https://x/e.jpg", "metadata": {"k": 1.0, "l": [1, {}]}},
    {"name": "f", "image": "https://x/f.jpg?X-Amz-Signature=1", "priority": 2},
    {"name": "g", "image": "https://x/g.jpg", "metadata": None, "readme": None},
    {"name": "h", "image": {"path": "h.jpg", "sha256": DIGEST}},
    {"name": "i", "image": "i.png"},
    {"name": "j", "attributes": {"image": {"url": "i.png", "w": [1]}}, "priority": 0.5},
    {
        "name": "k",
        "image": "https://x/k.jpg",
        "labels": {
            "model": {
                "score": 1.0,
                "annotations": [
                    {"category": "rose", "type": "bbox", "points": [[0, 1]]}
                ],
            },
            "ground-truth": {"attributes": {"annotations": []}, "status": "LABELED"},
        },
    },
    {"name": "l", "image": "https://x/l.jpg", "assigned_labeler": "bob", "readme": "x"},
]


@pytest.fixture
def wanted(tmp_path: Path, monkeypatch):
    """Load an index of some rows, with few or many of them in memory."""
    (tmp_path / "dsac.yaml").write_text("project: p\nmanifests: [manifests]\n")
    folder = tmp_path / "manifests"
    folder.mkdir()
    (folder / "i.png").write_bytes(PNG)

    def read(text: str, *, few: int, more: str = "") -> Desired:
        monkeypatch.setattr(store, "FEW", few)
        monkeypatch.setattr(store, "BLOCK", 200)
        monkeypatch.setattr(index_jsonl, "BLOCK", 200)
        monkeypatch.setattr(index_jsonl, "FIRST", 2)
        (folder / "rows.jsonl").write_text(text)
        source = f"samples: [{{index: rows.jsonl{more}}}]\n"
        (folder / "flowers.yaml").write_text(HEAD + source)
        (found,) = load(load_project(tmp_path)).datasets
        return found

    return read


def lines(rows: Rows, end: str = "\n") -> str:
    return "\n".join(map(json.dumps, rows)) + end


FANCY: Rows = [
    {"name": "r\u00f6se.jpg", "image": "https://x/1.jpg", "metadata": {"k": "\u00fc"}},
    {"name": "a\\b", "image": "https://x/2.jpg", "metadata": {"k": 'say "url"'}},
    {"name": "n", "image": "http://x/3.jpg", "metadata": {"url": "https://y?sig=1"}},
    {"name": "o", "image": "s3://x/4.jpg", "priority": 3, "metadata": {"a": None}},
    {"name": "p", "image": "gs://x/5.jpg", "assigned_labeler": "bob"},
]

ROWS: dict[str, Rows] = {
    "fancy": FANCY,
    "fancy among plain": [*PLAIN[:4], *FANCY, *PLAIN[4:]],
    "plain": PLAIN,
    "odd": ODD,
    "odd among plain": [*PLAIN[:6], *ODD[:5], *PLAIN[6:20], *ODD[5:], *PLAIN[20:]],
}


@pytest.mark.parametrize("end", ["\n", "", "\n\n"])
@pytest.mark.parametrize("more", ["", ", priority: 3, metadata: {site: b}"])
@pytest.mark.parametrize("rows", list(ROWS))
def test_samples_on_disk_are_those_in_memory(wanted, rows, more, end):
    text = lines(ROWS[rows], end)
    memory = wanted(text, few=100_000, more=more).samples
    assert isinstance(memory, tuple)
    disk = wanted(text, few=0, more=more).samples
    assert isinstance(disk, Stored)
    assert len(disk) == len(memory) == len(ROWS[rows])
    assert tuple(disk) == memory
    assert disk.labelsets == {name for row in memory for name in row.labels}
    assert label_count(disk) == label_count(memory)
    for row in random.Random(1).sample(memory, len(memory)):
        assert disk.find(row.sample.name) == row
        stated = disk.stated(row.sample.name)
        assert stated is not None
        assert stated.priority == row.priority
    for row in memory:
        assert disk.find(row.sample.name) == row
    assert disk.find("nobody") is None
    marks = [row["name"] in {"e", "s001.jpg"} for row in ROWS[rows]]
    assert tuple(disk.unmarked(marks)) == tuple(
        row for row in memory if row.sample.name not in {"e", "s001.jpg"}
    )


def test_files_of_samples_on_disk_have_their_digests(wanted):
    found = wanted(lines(ODD), few=0).samples.find("i")
    ((_, upload),) = uploads(found.sample.attributes)
    assert (upload.path, len(upload.sha256)) == ("manifests/i.png", 64)


def test_an_index_may_be_empty_if_that_is_said(wanted):
    assert wanted("", few=0, more=", allow_empty: true").samples == ()


@pytest.mark.parametrize("first", [2, 9])
@pytest.mark.parametrize("second", [3, 17])
def test_a_second_sample_of_a_name_is_told_with_both_lines(wanted, first, second):
    rows = list(PLAIN)
    rows[second] = {**rows[second], "name": rows[first]["name"]}
    with pytest.raises(ManifestError) as caught:
        wanted(lines(rows), few=0)
    (problem,) = caught.value.problems
    assert (problem.where.file, problem.where.line) in {
        ("manifests/rows.jsonl", second + 1),
        ("manifests/rows.jsonl", first + 1),
    }
    assert f"rows.jsonl:{min(first, second) + 1}" in problem.message


class FullDisk(io.RawIOBase):
    """A file on a disk that has no room."""

    def writable(self) -> bool:
        return True

    def write(self, _: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("rows", list(ROWS))
@pytest.mark.parametrize("buffered", [1, 1 << 20])
def test_a_full_disk_is_told_as_such(wanted, monkeypatch, rows, buffered):
    """It shows at the first write, or when the last bytes are written."""
    disks = [io.BufferedWriter(FullDisk(), buffered)]
    monkeypatch.setattr(tempfile, "TemporaryFile", disks.pop)
    with pytest.raises(OutputError, match="temporary file: No space left on device"):
        wanted(lines(ROWS[rows]), few=0)


def test_no_folder_for_temporary_files_is_told_as_such(wanted, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(OutputError, match="temporary file") as caught:
        wanted(lines(PLAIN), few=0)
    assert "TMPDIR" in caught.value.hint


def test_a_line_break_in_one_url_makes_no_url_of_a_path_beside_it(wanted):
    rows = [
        {"name": "a", "image": "https://x/1.jpg\nhttps://x/2.jpg"},
        {"name": "b", "image": "i.png"},
    ]
    memory = wanted(lines(rows), few=100_000).samples
    assert tuple(wanted(lines(rows), few=0).samples) == memory
    assert isinstance(memory[1].sample.attributes["image"]["url"], Upload)


@pytest.mark.parametrize(
    "bad",
    [
        {"name": " ", "image": "https://x/1.jpg"},
        {"name": "a\u0007", "image": "https://x/1.jpg"},
        {"name": "n" * 501, "image": "https://x/1.jpg"},
        {"name": "m", "image": "https://x/1.jpg", "metadata": {KEY: "x"}},
        {"name": "m", "image": "missing.jpg"},
        {"name": "m", "image": "https://x/1.jpg", "imag": 1},
        {"name": "m"},
    ],
)
def test_what_is_wrong_among_plain_rows_is_told_with_its_line(wanted, bad):
    with pytest.raises(ManifestError) as caught:
        wanted(lines([*PLAIN[:6], bad, *PLAIN[6:]]), few=0)
    assert [problem.where.line for problem in caught.value.problems] == [7]


def test_a_sieve_lets_go_of_plain_rows_in_any_order(wanted):
    rows = [*PLAIN[:12], *ODD[7:], *PLAIN[12:]]
    desired = wanted(lines(rows), few=0)
    marker = write(Marker(project="p", dataset="jane/flowers"))
    answers = [
        SampleRow(
            uuid=str(number),
            name=str(row["name"]),
            attributes={"image": {"url": row["image"]}},
            metadata={KEY: marker, "other": 1},
            assigned_labeler="bob" if "readme" in row else None,
            readme="x" if "readme" in row else "",
        )
        for number, row in enumerate(rows)
    ]
    scope = Scope(project="p", machines=Machines(frozenset()))
    for order in (answers, answers[::-1], random.Random(2).sample(answers, 26)):
        sieve = Sieve(desired, scope)
        assert not list(sieve.sift(order[:9]))
        assert not list(sieve.sift(order[9:]))
        assert sieve.settled.samples == sieve.settled.owned == len(rows)
        assert len(sieve.rest().samples or ()) == 0
        assert len(list(sieve.sift(order[:2]))) == 2


def test_a_page_that_says_it_all_is_let_go_of_as_a_whole(wanted):
    desired = wanted(lines(PLAIN), few=0)
    marker = write(Marker(project="p", dataset="jane/flowers"))
    page = [
        SampleRow(
            uuid=str(number),
            name=row["name"],
            attributes={"image": {"url": row["image"]}},
            metadata={KEY: marker},
        )
        for number, row in enumerate(PLAIN)
    ]
    sieve = Sieve(desired, Scope(project="p", machines=Machines(frozenset())))
    assert sieve.sift(page) == ()
    assert sieve.settled.samples == sieve.settled.owned == len(PLAIN)


def test_a_sample_without_content_beside_an_index_is_told(wanted):
    with pytest.raises(ManifestError, match="has no content"):
        wanted(lines(PLAIN), few=0, more="}, {name: x")
