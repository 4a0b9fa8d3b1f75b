"""Indexes in Parquet: values of Arrow are JSON, nulls absent, errors name the row."""

import datetime as dt
import decimal
import hashlib
import sys
import uuid
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest
from msgspec import UNSET
from pyarrow import parquet

from dsac.manifests import index_parquet

IMAGE = "https://x/i.png"
SOURCE = "samples: [{index: ../index/i.parquet}]\n"


def write(folder, table: pa.Table, **more: Any) -> None:
    """Write a table as the index."""
    (folder.root / "index").mkdir(exist_ok=True)
    parquet.write_table(table, folder.root / "index" / "i.parquet", **more)


def rows(folder, table: pa.Table, lines: str = SOURCE) -> list[Any]:
    """Write an index and load the samples of a manifest that names it."""
    write(folder, table)
    return list(folder.dataset(lines).samples)


def values(folder, array: pa.Array | pa.ChunkedArray) -> list[Any]:
    """Give what stands in the metadata of samples, for the values of a column."""
    names = [f"{number:02}" for number in range(len(array))]
    table = pa.table(
        {"name": names, "image": [IMAGE] * len(array), "metadata.x": array}
    )
    found = rows(folder, table)
    metadata = [row.sample.metadata for row in found]
    return [item["x"] if isinstance(item, dict) else UNSET for item in metadata]


def problems(folder, table: pa.Table, lines: str = SOURCE) -> list[str]:
    """Write an index and give what is wrong with it."""
    write(folder, table)
    return list(folder.problems(f"dataset: jane/flowers\n{lines}"))


def table_of(kind: pa.DataType, items: Sequence[Any], column: str = "metadata.x"):
    """Give a table of samples with a column of a type."""
    names = [f"{number:02}" for number in range(len(items))]
    return pa.table(
        {"name": names, "image": [IMAGE] * len(items), column: pa.array(items, kind)}
    )


def test_a_row_is_what_a_line_of_json_would_be(folder):
    row = {
        "name": "a",
        "image": IMAGE,
        "priority": 1.5,
        "metadata": {"city": "London", "tags": ["x", "y"], "none": None},
        "labels": {
            "p": {"score": 0.5, "annotations": [{"id": 1, "category": "rose"}]},
            "q": None,
        },
    }
    second = {"name": "b", "image": IMAGE, "metadata": {"city": None}}
    first, other = rows(folder, pa.Table.from_pylist([row, second]))
    assert first.sample.metadata == {"city": "London", "tags": ["x", "y"]}
    assert first.sample.priority == 1.5
    assert [*first.labels] == ["p"]
    assert first.labels["p"].attributes == {
        "annotations": [{"id": 1, "category_id": 1}]
    }
    assert other.sample.metadata == {}
    assert (other.sample.priority, other.labels) == (UNSET, {})


NAIVE = dt.datetime(2026, 3, 1, 12, 30, 5)  # noqa: DTZ001 - it has no zone
ZONED = dt.datetime(2026, 3, 1, 12, 30, 5, 250_000, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("kind", "items", "expected"),
    [
        (pa.int64(), [2**53 + 1, -(2**63), None], [2**53 + 1, -(2**63), UNSET]),
        (pa.uint64(), [2**64 - 1], [2**64 - 1]),
        (pa.bool_(), [True, False], [True, False]),
        (pa.null(), [None], [UNSET]),
        (pa.string(), ["x", ""], ["x", ""]),
        (pa.large_string(), ["x"], ["x"]),
        (pa.string_view(), ["x"], ["x"]),
        (pa.float64(), [0.1, 2.0], [0.1, 2]),
        (pa.float32(), [0.9, 16777217.0, 3.4028235e38, -103.217316, 1e-45], None),
        (pa.float16(), [0.1, 65504.0], [0.1, 65500]),
        (pa.decimal128(10, 2), [decimal.Decimal("1.50"), decimal.Decimal(2)], [1.5, 2]),
        (pa.decimal128(38, 0), [decimal.Decimal(10**37)], [10**37]),
        (pa.date32(), [dt.date(2026, 3, 1)], ["2026-03-01"]),
        (pa.date64(), [dt.date(2026, 3, 1)], ["2026-03-01"]),
        (pa.timestamp("s"), [NAIVE], ["2026-03-01T12:30:05"]),
        (pa.timestamp("ms", "UTC"), [ZONED], ["2026-03-01T12:30:05.250Z"]),
        (pa.timestamp("us", "Europe/Berlin"), [ZONED], ["2026-03-01T12:30:05.250Z"]),
        (pa.timestamp("ns"), [1, -1], None),
        (pa.time32("s"), [dt.time(1, 2, 3)], ["01:02:03"]),
        (pa.time64("us"), [dt.time(1, 2, 3, 4)], ["01:02:03.000004"]),
        (pa.time64("ns"), [1], ["00:00:00.000000001"]),
        (pa.list_(pa.int8()), [[1, None], [], None], [[1, None], [], UNSET]),
        (
            pa.large_list(pa.date32()),
            [[dt.date(2026, 3, 1), None]],
            [["2026-03-01", None]],
        ),
        (pa.list_(pa.float32(), 2), [[0.9, 1]], [[0.9, 1]]),
        (
            pa.map_(pa.string(), pa.date32()),
            [[("k", dt.date(2026, 3, 1))]],
            [{"k": "2026-03-01"}],
        ),
        (pa.map_(pa.string(), pa.int8()), [[("k", 1), ("n", None)]], [{"k": 1}]),
        (pa.uuid(), [uuid.UUID(int=1).bytes], [str(uuid.UUID(int=1))]),
    ],
    ids=str,
)
def test_values_of_arrow_become_json(kind, items, expected, folder):
    known = {
        pa.float32(): [0.9, 16777216, 3.4028235e38, -103.217316, 1e-45],
        pa.timestamp("ns"): [
            "1970-01-01T00:00:00.000000001",
            "1969-12-31T23:59:59.999999999",
        ],
    }
    found = values(folder, pa.array(items, kind))
    wanted = known[kind] if expected is None else expected
    assert found == wanted
    assert [type(item) for item in found] == [type(item) for item in wanted]


def test_times_in_structs_are_written_as_those_in_columns(folder):
    kind = pa.struct(
        {
            "at": pa.timestamp("ms"),
            "zoned": pa.timestamp("us", "Europe/Berlin"),
            "time": pa.time64("us"),
            "day": pa.date32(),
            "parts": pa.list_(pa.struct({"n": pa.int8(), "x": pa.string()})),
        }
    )
    item = {
        "at": NAIVE,
        "zoned": ZONED,
        "time": dt.time(1, 2, 3, 500),
        "day": None,
        "parts": [{"n": 1, "x": None}, None],
    }
    (found,) = values(folder, pa.array([item], kind))
    assert found == {
        "at": "2026-03-01T12:30:05",
        "zoned": "2026-03-01T12:30:05.250Z",
        "time": "01:02:03.000500",
        "parts": [{"n": 1}, None],
    }


def test_dictionaries_are_their_values(folder):
    array = pa.array(["x", "y", None, "x"]).dictionary_encode()
    assert values(folder, array) == ["x", "y", UNSET, "x"]


def test_text_is_json_where_a_document_is_wanted(folder):
    table = pa.table(
        {
            "name": ["a"],
            "image": [IMAGE],
            "metadata": ['{"x": 1}'],
            "labels.p.annotations": ['[{"id": 1, "category": "rose"}]'],
            "labels.q.attributes.kind": ["1"],
        }
    )
    (found,) = rows(folder, table)
    assert found.sample.metadata == {"x": 1}
    assert found.labels["p"].attributes == {
        "annotations": [{"id": 1, "category_id": 1}]
    }
    assert found.labels["q"].attributes == {"kind": "1"}


def test_columns_and_where_reach_into_structs(folder):
    table = pa.table(
        {
            "file": ["a", "b", "c", "d"],
            "info": [{"url": IMAGE, "site": {"x": 1}}] * 3 + [None],
            "info.split": ["train", "train", "test", "train"],
            "day": pa.array([0, 1, 0, 0], pa.date32()),
            "raw": [b"not asked for"] * 4,
        }
    )
    lines = (
        "samples: [{index: ../index/i.parquet,\n"
        "  columns: {name: file, image: info.url, metadata.x: info.site.x},\n"
        "  where: {info.split: train, day: 1970-01-01, info.site.x: [1, 2]}}]\n"
    )
    (found,) = rows(folder, table, lines)
    assert (found.sample.name, found.sample.metadata) == ("a", {"x": 1})


def test_rows_come_in_batches_over_row_groups(folder, monkeypatch):
    monkeypatch.setattr(index_parquet, "BATCH", 3)
    names = [f"{number:02}" for number in range(10)]
    table = pa.table({"name": names, "image": [IMAGE] * 9 + ["none.png"]})
    write(folder, table, row_group_size=4)
    (found,) = folder.problems(f"dataset: jane/flowers\n{SOURCE}")
    assert found.startswith("index/i.parquet:10:1: there is no file none.png")


def test_the_digest_of_the_file_is_kept(folder):
    rows(folder, table_of(pa.int8(), [1]))
    data = (folder.root / "index" / "i.parquet").read_bytes()
    digest = folder.load().files["index/i.parquet"]
    assert digest == hashlib.sha256(data).hexdigest()


def test_a_table_without_a_row_is_an_error_unless_that_is_allowed(folder):
    (found,) = problems(folder, table_of(pa.int8(), []))
    assert "'../index/i.parquet' has no row" in found
    lines = "samples: [{index: ../index/i.parquet, allow_empty: true}]\n"
    assert rows(folder, table_of(pa.int8(), []), lines) == []


@pytest.mark.parametrize(
    ("kind", "hint"),
    [
        (pa.binary(), "decode it to text"),
        (pa.large_binary(), "decode it to text"),
        (pa.binary(2), "decode it to text"),
        (pa.duration("s"), "cast it to text or to numbers"),
        (pa.list_(pa.binary()), "decode it to text"),
        (pa.struct({"b": pa.binary()}), "decode it to text"),
    ],
    ids=str,
)
def test_types_that_json_has_nothing_for_are_an_error_with_a_remedy(kind, hint, folder):
    (found,) = problems(folder, table_of(kind, [None]))
    assert found.startswith("index/i.parquet: column 'metadata.x' is ")
    assert hint in found


def test_a_type_that_can_not_be_compared_is_an_error_too(folder):
    lines = (
        "samples: [{index: ../index/i.parquet, columns: {metadata.y: name},\n"
        "  where: {raw: x}}]\n"
    )
    (found,) = problems(folder, table_of(pa.binary(), [b"x"], "raw"), lines)
    assert "column 'raw' is binary" in found


@pytest.mark.parametrize(
    ("kind", "item", "hint"),
    [
        (pa.float64(), float("nan"), "JSON has no nan"),
        (pa.float32(), float("inf"), "JSON has no inf"),
        (
            pa.decimal128(38, 10),
            decimal.Decimal("12345678901234567890.123"),
            "cast it to text",
        ),
        (pa.timestamp("s"), 2**40, "write a year from 1 to 9999"),
        (pa.map_(pa.int8(), pa.int8()), [(1, 2)], "write keys of maps as text"),
    ],
    ids=str,
)
def test_values_that_json_has_nothing_for_are_reported_by_row(kind, item, hint, folder):
    (found,) = problems(folder, table_of(kind, [None, item]))
    assert found.startswith("index/i.parquet:2:1: metadata.x is ")
    assert hint in found
    lines = (
        "samples: [{index: ../index/i.parquet, where: {metadata.x: z},\n"
        "  allow_empty: true}]\n"
    )
    assert rows(folder, table_of(kind, [item]), lines) == []


@pytest.mark.parametrize(
    ("column", "kind", "item", "message"),
    [
        ("priority", pa.string(), "3", 'priority is "3"\n  write a number'),
        ("metadata", pa.string(), "x", "write JSON ("),
        ("metadata", pa.int8(), 3, "metadata is 3"),
        ("labels.p.status", pa.string(), "GOOD", "GOOD"),
    ],
)
def test_what_is_wrong_with_a_row_is_reported_with_its_number(
    column, kind, item, message, folder
):
    found = problems(folder, table_of(kind, [None, item], column))
    assert found[0].startswith("index/i.parquet:2:1: ")
    assert message in found[0]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("", "unknown column 'nme'\n  did you mean 'name'?"),
        ("columns: {name: nm}", "there is no column 'nm' in index/i.parquet"),
        ("columns: {name: nme.x}", "there is no column 'nme.x'"),
        ("columns: {name: s.y}", "there is no column 's.y'"),
        ("columns: {name: nme}, where: {t: 1}", "there is no column 't'"),
    ],
)
def test_columns_that_are_not_there_are_reported(lines, message, folder):
    table = pa.table({"nme": ["a"], "image": [IMAGE], "s": [{"x": 1}]})
    source = f"samples: [{{index: ../index/i.parquet, {lines}}}]\n"
    found = problems(folder, table, source)
    assert any(message in item for item in found), found


def test_two_columns_of_one_name_are_an_error(folder):
    table = pa.Table.from_arrays(
        [pa.array(["a"]), pa.array(["b"]), pa.array([IMAGE])],
        names=["name", "name", "image"],
    )
    (found,) = problems(folder, table)
    assert "index/i.parquet: 2 columns are named 'name'" in found


@pytest.mark.parametrize("data", [b"", b"name,image\n", b"PAR1xxxxPAR1"])
def test_what_is_no_parquet_is_reported(data, folder):
    (folder.root / "index").mkdir()
    (folder.root / "index" / "i.parquet").write_bytes(data)
    found = folder.problem(SOURCE)
    assert found.startswith("index/i.parquet: can't be read as Parquet: ")


def test_a_table_that_is_damaged_inside_is_reported(folder):
    write(folder, table_of(pa.int64(), list(range(1000))), compression="zstd")
    path = folder.root / "index" / "i.parquet"
    data = bytearray(path.read_bytes())
    data[4:400] = bytes(396)
    path.write_bytes(data)
    (found,) = folder.problems(f"dataset: jane/flowers\n{SOURCE}")
    assert found.startswith("index/i.parquet:1:1: can't be read as Parquet: ")


def test_nanoseconds_in_structs_are_reported(folder):
    kind = pa.struct({"at": pa.timestamp("ns")})
    (found,) = problems(folder, table_of(kind, [{"at": 1}]))
    assert found.startswith("index/i.parquet:1:1: can't be read as Parquet: ")


def test_without_pyarrow_the_extra_is_named(folder, monkeypatch):
    write(folder, table_of(pa.int8(), [1]))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    found = folder.problem(SOURCE)
    assert found.startswith("manifests/a.yaml:4:19: i.parquet needs pyarrow")
    assert "pip install 'dsac[parquet]'" in found
