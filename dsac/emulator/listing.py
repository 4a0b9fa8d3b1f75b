"""Finds the samples of a page; a deep one costs what the first one does."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from sqlite3 import Row
from typing import NamedTuple

from flask import request

from dsac.emulator.access import Dataset
from dsac.emulator.bookmarks import Mark
from dsac.emulator.choices import GROUND_TRUTH
from dsac.emulator.context import store
from dsac.emulator.errors import invalid
from dsac.emulator.paging import Page
from dsac.emulator.shapes import json_text

SORTS = {
    "name": ("samples.name",),
    "created_at": ("samples.id",),  # ids grow with time
    "priority": ("samples.priority", "samples.name"),
    "gt_label__updated_at": ("gt.updated_at", "samples.name"),
    "updated_at": ("gt.updated_at", "samples.name"),
}
GT_SORTS = frozenset({"gt_label__updated_at", "updated_at"})
GT_LABEL = (
    f"LEFT JOIN labels gt ON gt.sample = samples.id AND gt.labelset = '{GROUND_TRUTH}' "
)


@dataclass(frozen=True, slots=True)
class Order:
    """What a listing is sorted by."""

    sort: str
    descending: bool

    @property
    def words(self) -> str:
        """The ORDER BY of a query."""
        way = " DESC" if self.descending else ""
        return ", ".join(f"{column}{way}" for column in SORTS[self.sort])


def order_asked() -> Order:
    """Read `sort`; one that nobody knows is the default, names."""
    asked = request.args.get("sort", "name")
    sort = asked.removeprefix("-")
    return Order(sort if sort in SORTS else "name", descending=asked.startswith("-"))


def ids_of_page(dataset: Dataset, page: Page) -> list[int]:
    """Give the ids of the samples on a page, in the order that is asked for.

    Runs within a read transaction: the page and the bookmarks belong to one state.
    """
    order, conditions = order_asked(), _conditions()
    if conditions or order.sort != "name":
        return _sorted(dataset, page, order=order, conditions=conditions)
    return _walked(dataset, page, descending=order.descending)


Condition = tuple[str, tuple[object, ...]]
"""What a row must keep to, in SQL, and the values that stand in it."""


def _sorted(
    dataset: Dataset, page: Page, *, order: Order, conditions: tuple[Condition, ...]
) -> list[int]:
    """Cut a page from a listing that is sorted once for all of them.

    The first page is looked for alone: many want no other.
    """
    row = store().row(
        "SELECT version, changes FROM counts WHERE dataset = ?", dataset.id
    )
    listing = (dataset.id, *(tuple(row) if row else ()), order, conditions)
    orders = store().orders
    ids = orders.find(listing)
    if ids is None:
        query, values = _query(dataset, order, conditions)
        if page.number == 1:
            return list(_ids(f"{query} LIMIT ?", [*values, page.size]))
        ids = orders.add(listing, _ids(query, values))
    return list(ids[page.offset : page.offset + page.size])


def _query(
    dataset: Dataset, order: Order, conditions: tuple[Condition, ...]
) -> tuple[str, list[object]]:
    """Put a listing into SQL, without the LIMIT.

    One that is none costs, too: with it SQLite does not sort as large tables need.
    """
    joined = GT_LABEL if order.sort in GT_SORTS else ""
    where = "".join(f" AND {words}" for words, _ in conditions)
    # The conditions and the order are put together from words of this module.
    query = (
        f"SELECT samples.id FROM samples {joined}"  # noqa: S608 - see above
        f"WHERE samples.dataset = ?{where} ORDER BY {order.words}"
    )
    return query, [dataset.id, *(value for _, some in conditions for value in some)]


def _ids(query: str, values: Sequence[object]) -> Iterator[int]:
    """Yield the first column of a query, without a list of all its rows."""
    cursor = store().connection().execute(query, tuple(values))
    return (row[0] for row in cursor)


def _conditions() -> tuple[Condition, ...]:
    """Give the conditions of a listing, which all must hold."""
    result: list[Condition] = []
    part = request.args.get("name__contains", "")
    if part:
        result.append(("instr(samples.name, ?)", (part,)))
    for pair in _items("filters"):
        key, colon, value = pair.partition(":")
        if colon:
            result.append((METADATA_IS, (key, value)))
    if len(result) > MOST_CONDITIONS:
        raise invalid("filters", f"No more than {MOST_CONDITIONS} are possible.")
    statuses = _items("label_status")
    if statuses:
        labelset = request.args.get("labelset", "") or GROUND_TRUTH
        result.append((STATUS_IN, (labelset, json_text(statuses))))
    return tuple(result)


METADATA_IS = (
    "EXISTS (SELECT 1 FROM json_each(samples.metadata) item WHERE item.key = ? "
    "AND CASE item.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' "
    "ELSE CAST(item.value AS TEXT) END = ?)"
)
STATUS_IN = (
    "coalesce((SELECT status FROM labels "
    "WHERE sample = samples.id AND labelset = ?), 'UNLABELED') "
    "IN (SELECT value FROM json_each(?))"
)
MOST_CONDITIONS = 100
"""SQLite takes a thousand at most (SQLITE_MAX_EXPR_DEPTH)."""


def _items(name: str) -> list[str]:
    return [item for item in request.args.get(name, "").split(",") if item]


def _walked(dataset: Dataset, page: Page, *, descending: bool) -> list[int]:
    """Walk along the index of names, from the bookmark or the end that is nearest."""
    row = store().row(
        "SELECT samples, version FROM counts WHERE dataset = ?", dataset.id
    )
    total, version = tuple(row) if row else (0, 0)
    size = min(page.size, total - page.offset)
    if size <= 0:
        return []
    listing, marks = (dataset.id, version, descending), store().bookmarks
    mark = marks.nearest(listing, page.offset) or Mark(0, "")
    ahead, behind = page.offset - mark.offset, total - page.offset - size
    if behind < ahead:
        step = Step("", skip=behind, size=size, descending=not descending)
        rows = _walk(dataset, step)[::-1]
    else:
        step = Step(mark.first, skip=ahead, size=size, descending=descending)
        rows = _walk(dataset, step)
    marks.add(listing, Mark(page.offset, rows[0]["name"]))
    return [row["id"] for row in rows]


class Step(NamedTuple):
    """A part of a walk: from a name on (empty: from the end), after some rows."""

    first: str
    skip: int
    size: int
    descending: bool


def _walk(dataset: Dataset, step: Step) -> list[Row]:
    start = [step.first] if step.first else []
    behind = f"AND name {'<=' if step.descending else '>='} ?" if start else ""
    way = "DESC" if step.descending else "ASC"
    # The condition and the way are words of this module.
    query = (
        f"SELECT id, name FROM samples WHERE dataset = ? {behind} "  # noqa: S608 - see above
        f"ORDER BY name {way} LIMIT ? OFFSET ?"
    )
    return store().rows(query, dataset.id, *start, step.size, step.skip)
