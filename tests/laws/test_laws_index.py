"""The law of indexes: the same rows are the same samples, in whichever form."""

import csv
import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from dsac.core.resources import Desired
from dsac.errors import ManifestError
from dsac.manifests.load import load
from dsac.manifests.project import load_project

TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=12
) | st.sampled_from(
    ['a,"b"', "x\r\ny", "\n", '"', "null", "1", "{}", " ", "\ufeff", "${x}"]
)
NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]),
    min_size=1,
    max_size=12,
).filter(str.strip)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(
    allow_nan=False, allow_infinity=False
)
ANNOTATIONS = st.lists(
    st.fixed_dictionaries({"category_id": st.sampled_from([1, 2]), "note": TEXT}),
    max_size=3,
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {"file": NAMES, "url": st.sampled_from(["https://x/1", "gs://x/2"])},
        optional={
            "priority": NUMBERS.map(float),
            "metadata.site": TEXT,
            "metadata.a\\.b": TEXT,
            "readme": TEXT,
            "split": st.sampled_from(["train", "test"]),
            "score": NUMBERS.map(float),
            "boxes": ANNOTATIONS,
        },
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda row: row["file"],
)

COLUMNS = (
    "priority",
    "metadata.site",
    "metadata.a\\.b",
    "readme",
    "split",
    "score",
    "boxes",
)

MANIFEST = """\
dataset: jane/flowers
categories: [{id: 1, name: rose}, {id: 2, name: violet}]
samples:
  - index: SAMPLES
    where: {split: [train, null]}
    allow_empty: true
    columns:
      name: file
      image: url
      priority: priority
      metadata.site: metadata.site
      metadata.a\\.b: metadata.a\\.b
      readme: readme
labels:
  predictions:
    - index: SAMPLES
      where: {split: [train]}
      allow_empty: true
      columns: {name: file, score: score, annotations: boxes}
"""

Row = dict[str, Any]


def write_jsonl(path: Path, rows: Sequence[Row]) -> None:
    """Write rows as lines; the first one names all columns, for none may be unheard."""
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_bytes(text.encode())


def write_csv(path: Path, rows: Sequence[Row]) -> None:
    """Write rows with a header; what a row has not is an empty cell."""
    header = ["file", "url", *COLUMNS]
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        for row in rows:
            cells = [row.get(name, "") for name in header]
            writer.writerow(
                json.dumps(cell) if isinstance(cell, list) else cell for cell in cells
            )


def write_parquet(path: Path, rows: Sequence[Row]) -> None:
    """Write rows as a table; what a row has not is null."""
    boxes = pa.list_(pa.struct({"category_id": pa.int64(), "note": pa.string()}))
    kinds = dict.fromkeys(("file", "url", *COLUMNS), pa.string())
    kinds |= {"priority": pa.float64(), "score": pa.float64(), "boxes": boxes}
    columns = {
        name: pa.array([row.get(name) for row in rows], kind)
        for name, kind in kinds.items()
    }
    parquet.write_table(pa.table(columns), path)


def desired(folder: Path, name: str) -> Desired:
    """Load the manifest with an index of a name."""
    path = folder / "manifests" / "a.yaml"
    path.write_text(MANIFEST.replace("SAMPLES", f"../{name}"))
    (found,) = load(load_project(folder, environ={})).datasets
    return found


@given(rows=ROWS)
def test_the_same_rows_are_the_same_samples(rows, tmp_path_factory):
    folder = tmp_path_factory.mktemp("p")
    (folder / "dsac.yaml").write_text("project: p\n")
    (folder / "manifests").mkdir()
    # Labels without annotations are no labels; and a column that no line has is an
    # error in JSON Lines, so that one line, which is not wanted, has them all.
    rows = [{**row, "boxes": row.get("boxes", [])} for row in rows]
    full: Row = {
        **dict.fromkeys(COLUMNS, "x"),
        "file": "f",
        "url": "u",
        "split": "never",
    }
    full |= {"priority": 0.0, "score": 0.0, "boxes": []}
    write_jsonl(folder / "i.jsonl", [*rows, full])
    write_csv(folder / "i.csv", [*rows, full])
    write_parquet(folder / "i.parquet", [*rows, full])
    lines = desired(folder, "i.jsonl")
    assert desired(folder, "i.csv") == lines
    assert desired(folder, "i.parquet") == lines
    wanted = {row["file"] for row in rows if row.get("split") != "test"}
    assert {row.sample.name for row in lines.samples or ()} == wanted


PIECES = st.sampled_from(
    [
        *("name", "image", "metadata", "metadata.a", "labels.p.score", "x", "1", "NaN"),
        *(
            ",",
            "\n",
            "\r\n",
            '"',
            '""',
            "{",
            "}",
            "[",
            "]",
            ":",
            "null",
            "\\ud800",
            "\x00",
        ),
        *(
            '{"name": "a", "image": "https://x"}\n',
            "name,image\na,https://x\n",
            "\ufeff",
        ),
    ]
)
CONTENT = st.lists(PIECES, max_size=20).map("".join).map(str.encode) | st.binary()


@pytest.mark.parametrize("form", ["jsonl", "csv"])
@given(data=CONTENT, where=st.booleans())
def test_whatever_stands_in_a_file_is_rows_or_problems(
    form, data, where, tmp_path_factory
):
    folder = tmp_path_factory.mktemp("p")
    (folder / "dsac.yaml").write_text("project: p\n")
    (folder / "manifests").mkdir()
    (folder / f"i.{form}").write_bytes(data)
    more = ", where: {name: [a, x, 1, null]}" if where else ""
    (folder / "manifests" / "a.yaml").write_text(
        f"dataset: jane/flowers\nsamples: [{{index: ../i.{form}{more}}}]\n"
    )
    with suppress(ManifestError):
        found = load(load_project(folder, environ={}))
        assert found.datasets[0].samples
