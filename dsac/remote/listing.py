"""Reads listings of samples to their end, and tells whether they can be trusted."""

from collections.abc import Set as AbstractSet

import msgspec

from dsac.core.resources import RemoteLabel, Unknown
from dsac.remote import wire
from dsac.remote.client import Client
from dsac.remote.resources import label

PAGE = 1000
"""So many samples are asked for in one page."""

READINGS = 2
"""So often a listing is read that is odd."""


class LabelRows(msgspec.Struct, frozen=True, kw_only=True):
    """Labels and names of samples by uuid; `complete` is false for an odd listing."""

    labels: dict[str, RemoteLabel | Unknown | None]
    names: dict[str, str]
    complete: bool


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of a listing by uuid, and whether one of them came twice."""

    rows: dict[str, wire.Sample]
    repeated: bool

    def is_whole(self, count: int | str | None = None) -> bool:
        """Tell whether nothing speaks against all samples being there, each once.

        Args:
            count: How many there are, as the platform says; None where it does not.
        """
        names = {row.name for row in self.rows.values()}
        once = not self.repeated and len(names) == len(self.rows)
        return once and _agrees(len(self.rows), count)

    def with_names_of(self, earlier: "Listing") -> "Listing":
        """Add the samples that only an earlier reading saw; it is no whole one then."""
        names = {row.name for row in self.rows.values()}
        missed = {
            uuid: row for uuid, row in earlier.rows.items() if row.name not in names
        }
        return Listing(rows={**missed, **self.rows}, repeated=True)


def read_listing(client: Client, dataset: str, labelset: str = "") -> Listing:
    """Read a listing to its end, which is an empty page or "Invalid page".

    One that goes in circles is left off at the first page that brings nothing new.
    """
    rows: dict[str, wire.Sample] = {}
    read = 0
    for page in client.list_samples(
        dataset,
        labelset=labelset,
        include_full_label=bool(labelset),
        per_page=PAGE,
    ):
        before = len(rows)
        rows.update((row.uuid, row) for row in page)
        read += len(page)
        if len(rows) == before:
            break
    return Listing(rows=rows, repeated=read > len(rows))


def read_whole(client: Client, dataset: str, labelset: str = "") -> LabelRows:
    """Read the labels of all samples; again where they are not as many as there are."""
    for _ in range(READINGS):
        listing = read_listing(client, dataset, labelset)
        whole = listing.is_whole(client.get_dataset(dataset).samples_count)
        if whole:
            break
    return _labels(listing.rows, complete=whole)


def read_labels(
    client: Client, dataset: str, labelset: str, *, samples: AbstractSet[str]
) -> LabelRows:
    """Read the labels of samples that are known; again where the reading is odd.

    What either reading tells counts; what neither does is for the caller unknown.

    Args:
        client: The client.
        dataset: The dataset's full name.
        labelset: The label set.
        samples: The uuids that must be there.
    """
    first = read_listing(client, dataset, labelset)
    if first.is_whole() and samples <= first.rows.keys():
        return _labels(first.rows, complete=True)
    second = read_listing(client, dataset, labelset)
    whole = second.is_whole() and samples <= second.rows.keys()
    rows = second.rows if whole else {**first.rows, **second.rows}
    return _labels(rows, complete=whole)


def _labels(rows: dict[str, wire.Sample], *, complete: bool) -> LabelRows:
    return LabelRows(
        labels={uuid: label(row.label) for uuid, row in rows.items()},
        names={uuid: row.name for uuid, row in rows.items()},
        complete=complete,
    )


def _agrees(found: int, count: int | str | None) -> bool:
    return count is None or not str(count).isdigit() or int(count) == found
