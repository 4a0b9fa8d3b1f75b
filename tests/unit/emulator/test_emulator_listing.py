"""Pages of samples: order, filters, labels, and what is cheap about them."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st


def names(api, path: str, query: str = "") -> list[str]:
    return [item["name"] for item in api("GET", f"{path}/samples/?{query}")]


def test_an_empty_dataset_has_one_empty_page(api, flowers: str):
    assert names(api, flowers) == []
    for query in ("sort=name", "sort=priority"):
        found = api("GET", f"{flowers}/samples/?{query}&page=2", expect=404)
        assert found == {"detail": "Invalid page."}


def test_listings_are_lenient_about_what_they_are_asked(api, flowers: str):
    api.samples(flowers, "b", "a")
    query = "sort=-None&per_page=desc&labelset=none&filters=nocolon&page="
    found = api("GET", f"{flowers}/samples/?{query}")
    assert [(item["name"], item["label"]) for item in found] == [
        ("b", None),
        ("a", None),
    ]
    for query in ("sort=created", "page=1&per_page=-1", "per_page=0", "page=01"):
        assert names(api, flowers, query) == ["a", "b"]


@pytest.mark.parametrize("page", ["0", "-1", "x", "1.0", "\u0661", "9" * 9, "9" * 30])
def test_a_page_that_can_not_be_is_invalid(api, flowers: str, page: str):
    """The first page in place of one that is far behind the last would be no end."""
    api.samples(flowers, "a")
    for path in (f"{flowers}/samples/", "/user/datasets/", f"{flowers}/workunits/"):
        for size in ("1", "9" * 9, "x"):
            query = f"page={page}&per_page={size}"
            found = api("GET", f"{path}?{query}", expect=404)
            assert found == {"detail": "Invalid page."}


def test_a_size_that_is_too_long_is_the_largest(api, flowers: str):
    api("POST", f"{flowers}/samples_bulk/", rows(102), expect=201)
    assert len(names(api, flowers, f"per_page={'9' * 30}")) == 102
    assert len(names(api, flowers, "per_page=x")) == 100


def rows(count: int) -> list[dict[str, Any]]:
    image = {"image": {"url": "https://bucket.example.com/a.jpg"}}
    return [{"name": str(at), "attributes": image} for at in range(count)]


def test_samples_can_be_sorted(api, flowers: str):
    first, second, third = api.samples(flowers, "b", "a", "c")
    for sample, priority in ((first, 1), (second, 3), (third, 2)):
        api("PATCH", f"/samples/{sample['uuid']}/", {"priority": priority})
    for sample in (third, first):
        api.label(sample)
    assert names(api, flowers) == ["a", "b", "c"]
    assert names(api, flowers, "sort=-name") == ["c", "b", "a"]
    assert names(api, flowers, "sort=created_at") == ["b", "a", "c"]
    assert names(api, flowers, "sort=-created_at") == ["c", "a", "b"]
    assert names(api, flowers, "sort=priority") == ["b", "c", "a"]
    assert names(api, flowers, "sort=-priority") == ["a", "c", "b"]
    assert names(api, flowers, "sort=gt_label__updated_at") == ["a", "c", "b"]
    assert names(api, flowers, "sort=-gt_label__updated_at") == ["b", "c", "a"]


def test_samples_can_be_filtered(api, flowers: str):
    rows = {
        "a_1.jpg": {"city": "London", "n": 1},
        "a%1.jpg": {"city": "Paris", "n": 1, "ok": True},
        "b.jpg": {"city": "London", "n": 1.5, "ok": False},
    }
    for name, metadata in rows.items():
        api.sample(flowers, name, metadata=metadata)
    assert names(api, flowers, "name__contains=_1") == ["a_1.jpg"]
    assert names(api, flowers, "name__contains=%251") == ["a%1.jpg"]
    assert names(api, flowers, "filters=city:London") == ["a_1.jpg", "b.jpg"]
    assert names(api, flowers, "filters=city:London,n:1") == ["a_1.jpg"]
    assert names(api, flowers, "filters=n:1.5") == ["b.jpg"]
    assert names(api, flowers, "filters=ok:true") == ["a%1.jpg"]
    assert names(api, flowers, "filters=ok:false,nocolon") == ["b.jpg"]
    assert names(api, flowers, "filters=city:Rome") == []
    assert names(api, flowers, "name__contains=jpg&per_page=2&page=2") == ["b.jpg"]


def test_samples_can_be_chosen_by_label_status(api, flowers: str):
    first, second, _ = api.samples(flowers, "a", "b", "c")
    api("POST", f"{flowers}/labelsets/", {"name": "model"}, expect=201)
    api.label(first, label_status="REVIEWED")
    api.label(second, "model", label_status="SKIPPED")
    assert names(api, flowers, "label_status=UNLABELED") == ["b", "c"]
    assert names(api, flowers, "label_status=REVIEWED,LABELED") == ["a"]
    assert names(api, flowers, "label_status=UNLABELED&labelset=model") == ["a", "c"]
    assert names(api, flowers, "label_status=SKIPPED&labelset=model") == ["b"]


def test_filters_have_a_limit_and_statuses_have_none(api, flowers: str):
    api.samples(flowers, "a")
    assert names(api, flowers, "filters=" + "n:1," * 100) == []
    path = f"{flowers}/samples/?filters={'n:1,' * 101}"
    assert "filters" in api("GET", path, expect=400)
    assert names(api, flowers, "label_status=" + "LABELED," * 40_000) == []
    statuses = "LABELED," * 40_000 + "UNLABELED"
    assert names(api, flowers, f"label_status={statuses}") == ["a"]


def test_labels_come_short_or_whole(api, flowers: str):
    first, _ = api.samples(flowers, "a", "b")
    whole = api.label(first, score=0.5, label_status="REVIEWED")
    short = {
        key: whole[key]
        for key in ("label_status", "score", "updated_at", "created_by", "reviewed_by")
    }
    path = f"{flowers}/samples/"
    assert "label" not in api("GET", path)[0]
    found = api("GET", f"{path}?labelset=ground-truth")
    assert [item["label"] for item in found] == [short, None]
    found = api("GET", f"{path}?labelset=ground-truth&include_full_label=1")
    assert [item["label"] for item in found] == [whole, None]


def statements(app: Flask, act: Callable[[], object]) -> list[str]:
    """Give the queries that run while something is done."""
    seen: list[str] = []
    connection = app.config["store"].connection()
    connection.set_trace_callback(seen.append)
    act()
    connection.set_trace_callback(None)
    return seen


def test_deep_pages_skip_no_more_than_a_page_once_they_were_near(
    api, app, flowers: str
):
    api.samples(flowers, *(f"{number:03}" for number in range(100)))

    def skipped(page: int) -> int:
        path = f"{flowers}/samples/?per_page=10&page={page}"
        queries = statements(app, lambda: api("GET", path))
        walk = next(query for query in queries if "OFFSET" in query)
        return int(walk.rpartition(" ")[2])

    assert skipped(4) == 30
    assert skipped(5) == 10
    assert skipped(6) == 10
    assert skipped(6) == 0
    assert skipped(8) == 20
    assert skipped(10) == 0  # from the end
    api.sample(flowers, "new")
    assert skipped(6) == 41  # from the end, for the bookmarks are of another state


def test_other_orders_are_sorted_once_for_all_their_pages(api, app, flowers: str):
    api.samples(flowers, *(f"{number:02}" for number in range(30)))

    def sorts(page: int, query: str = "sort=-priority") -> list[bool]:
        """Tell of each sorting whether it was of the whole listing."""
        path = f"{flowers}/samples/?per_page=10&page={page}&{query}"
        queries = statements(app, lambda: api("GET", path))
        return ["LIMIT" not in query for query in queries if "ORDER BY" in query]

    assert sorts(1) == [False]
    assert sorts(3) == [True]
    assert sorts(1) == sorts(2) == sorts(3) == []
    assert sorts(2, "sort=priority") == [True]
    assert sorts(2, "name__contains=0&per_page=1") == [True]
    assert sorts(2) == []


PAGES = st.lists(
    st.tuples(
        st.integers(1, 12), st.integers(1, 9), st.booleans(), st.sampled_from("nard")
    ),
    max_size=25,
)


UNCHECKED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
"""One app serves all examples; how fast it does so depends on the machine."""


@settings(max_examples=30, suppress_health_check=UNCHECKED)
@given(st.integers(0, 40), PAGES)
def test_any_page_at_any_time_is_that_slice_of_the_whole(
    api, count: int, steps: Sequence[tuple[int, int, bool, str]]
):
    """Whatever was read and written before: add, rename, delete, or nothing."""
    api.send("DELETE", "/datasets/jane/sliced/")
    path = api.dataset("sliced")
    made = api.samples(path, *(f"{number:03}" for number in range(count)))
    known = {item["name"]: item["uuid"] for item in made}
    for page, size, descending, write in steps:
        if write == "a":
            name = f"{page:03}.{size}.{len(known)}"
            known[name] = api.samples(path, name)[0]["uuid"]
        elif write in "rd" and known:
            name = sorted(known)[page % len(known)]
            sample = f"/samples/{known[name]}/"
            if write == "r":
                new = f"{size:03}.{page}.{name[:3]}"
                if api.send("PATCH", sample, {"name": new}).status_code == 200:
                    known[new] = known.pop(name)
            else:
                api("DELETE", sample, expect=204)
                del known[name]
        whole = sorted(known, reverse=descending)
        expected = whole[(page - 1) * size : page * size]
        query = f"page={page}&per_page={size}&sort={'-' * descending}name"
        if expected or page == 1:
            assert names(api, path, query) == expected
        else:
            api("GET", f"{path}/samples/?{query}", expect=404)


SORTS = {
    "name": lambda row: row["name"],
    "created_at": lambda row: row["at"],
    "priority": lambda row: (row["priority"], row["name"]),
    "gt_label__updated_at": lambda row: (row["touched"], row["name"]),
}
CHANGES = ("priority", "metadata", "put", "patch", "delete", "rename", "add", "remove")
LISTINGS = st.tuples(
    st.sampled_from(sorted(SORTS)),
    st.booleans(),
    st.sampled_from(["", "REVIEWED", "UNLABELED", "camera"]),
)
STEPS = st.lists(
    st.tuples(st.sampled_from(CHANGES), st.integers(0, 9)), min_size=4, max_size=12
)
Row = dict[str, Any]


def kept(row: Row, chosen: str) -> bool:
    """Tell whether a row is in the listing of a status, or of the camera 1."""
    if chosen == "camera":
        return bool(row["camera"] == 1)
    return chosen in {"", row["status"]}


def change(api, path: str, rows: list[Row], step: tuple[str, int], now: int) -> None:
    """Change one of some samples, and the row that stands for it."""
    what, at = step
    if what == "add":
        (made,) = api.samples(path, f"new {now}")
        rows.append(new_row(made, now))
        return
    row = rows[at % len(rows)]
    sample, label = f"/samples/{row['uuid']}/", f"/labels/{row['uuid']}/ground-truth/"
    if what == "remove" and len(rows) > 1:
        api("DELETE", sample, expect=204)
        rows.remove(row)
    elif what == "rename":
        row["name"] = f"{at} {now}"
        api("PATCH", sample, {"name": row["name"]})
    elif what == "priority":
        row["priority"] = at
        api("PATCH", sample, {"priority": at})
    elif what == "metadata":
        row["camera"] = at % 2
        api("PATCH", sample, {"metadata": {"camera": at % 2}})
    elif what == "put":
        api.label(row, label_status="REVIEWED")
        row.update(status="REVIEWED", touched=now)
    elif what == "patch" and row["touched"]:
        api("PATCH", label, {"label_status": "LABELED"})
        row.update(status="LABELED", touched=now)
    elif what == "delete" and row["touched"]:
        api("DELETE", label, expect=204)
        row.update(status="UNLABELED", touched=0)


def new_row(sample: Row, now: int) -> Row:
    unlabeled = {"status": "UNLABELED", "touched": 0}
    return {**sample, **unlabeled, "at": now, "camera": None}


@settings(max_examples=40, suppress_health_check=UNCHECKED)
@given(LISTINGS, STEPS)
@example(
    ("name", False, "REVIEWED"),
    [*(("put", at) for at in range(5)), ("delete", 4), ("patch", 3), ("add", 0)],
)
def test_sorted_and_filtered_pages_follow_every_change(api, listing, steps):
    """Page 2 is asked for first: then the listing is one that is remembered."""
    api.send("DELETE", "/datasets/jane/sorted/")
    path = api.dataset("sorted")
    rows = [new_row(item, 0) for item in api.samples(path, *"edcba")]
    for number, row in enumerate(rows):
        row["at"] = number - len(rows)
    sort, descending, chosen = listing
    query = f"per_page=1&sort={'-' * descending}{sort}"
    if chosen:
        filters = "filters=camera:1" if chosen == "camera" else f"label_status={chosen}"
        query += f"&{filters}"
    for now, step in enumerate(steps, 1):
        whole = [row for row in rows if kept(row, chosen)]
        whole.sort(key=SORTS[sort], reverse=descending)
        for page in (2, 1, 3, 4, 5):
            expected = [row["name"] for row in whole[page - 1 : page]]
            if expected or page == 1:
                assert names(api, path, f"{query}&page={page}") == expected
        change(api, path, rows, step, now)
