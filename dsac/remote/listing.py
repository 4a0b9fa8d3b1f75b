"""Reads listings of samples to their end, and tells whether they can be trusted."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import msgspec

from dsac.core.collector import collector_off
from dsac.core.phases import DIFF, Phases, unmeasured
from dsac.core.resources import RemoteLabel, RemoteSample, Settled, Unknown
from dsac.core.sieve import Sifter
from dsac.remote.client import Client
from dsac.remote.paging import Pages, Rows
from dsac.remote.resources import label_of_row, remote_sample
from dsac.remote.wire import AuthoredRow, LabelRow, SampleRow

PAGE = 1000
"""So many samples are asked for in one page."""

AHEAD = 2
"""So many times the requests at a time are pages that are asked for or not yet used, so
that no thread idles while one page is late or looked at."""

READINGS = 2
"""So often a listing is read that is odd."""

Count = float | str | None
"""How many samples there are, as the platform says; None where it does not."""


Seen = Callable[[int, int | None], None]
"""Is told how many samples a page had, and how many there are in all, if known."""


def unseen(rows: int, count: int | None) -> None:
    """Tell nobody."""


class LabelRows(msgspec.Struct, frozen=True, kw_only=True):
    """Labels and names of samples by uuid; `complete` is false for an odd listing."""

    labels: dict[str, RemoteLabel | Unknown | None]
    names: dict[str, str]
    complete: bool


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The samples of a dataset by uuid, those left out that a sieve let go of."""

    samples: dict[str, RemoteSample]
    settled: Settled = Settled()
    complete: bool = True


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What to read of the samples of a dataset.

    The labels of `labelsets` come along; `absent` are label sets that do not exist,
    in which no sample has a label. `authors` asks who made the samples.
    """

    dataset: str
    labelsets: tuple[str, ...] = ()
    absent: frozenset[str] = frozenset()
    authors: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The listings to read: one for each label set, at least one."""
        return self.labelsets or ("",)

    @property
    def kind(self) -> type[SampleRow]:
        """What the rows of the listings are read as."""
        return AuthoredRow if self.authors else SampleRow


class Join:
    """Joins the rows of several listings of the same samples, as they come.

    As long as the listings agree in their order it holds a page of each. `new` counts
    the rows of each listing that were not there before, `repeated` tells which gave
    one twice.
    """

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._joined: set[int] = set()
        self.pending: dict[str, list[SampleRow | None]] = {}
        self.new = [0] * columns
        self.repeated = [False] * columns

    def add(self, column: int, row: SampleRow) -> list[SampleRow] | None:
        """Take a row; give the rows of its sample in all listings once it is whole."""
        # 64 bits stand for a uuid. Two that collide make a listing odd, no worse.
        mark = hash(row.uuid)
        if mark in self._joined:
            self.repeated[column] = True
            return None
        rows = self.pending.setdefault(row.uuid, [None] * self._columns)
        if rows[column] is None:
            self.new[column] += 1
        else:
            self.repeated[column] = True
        rows[column] = row
        whole = [item for item in rows if item is not None]
        if len(whole) < self._columns:
            return None
        del self.pending[row.uuid]
        self._joined.add(mark)
        return whole

    def add_alone(self, page: Rows) -> Rows:
        """Take a page of the only listing; give the rows that were not there before."""
        joined = self._joined
        marks = {*map(hash, [row.uuid for row in page])}
        new = page
        if len(marks) < len(page) or not joined.isdisjoint(marks):
            rows = {hash(row.uuid): row for row in page}
            new = [rows[mark] for mark in rows if mark not in joined]
            self.repeated[0] = True
        joined |= marks
        self.new[0] += len(new)
        return new


class Lister:
    """Reads listings through one client, some requests at a time."""

    def __init__(
        self, client: Client, *, jobs: int, phase: Phases = unmeasured
    ) -> None:
        self._client = client
        self._jobs = jobs
        self._phase = phase

    def samples(
        self,
        wanted: Wanted,
        count: Count,
        *,
        sieve: Sifter | None = None,
        seen: Seen = unseen,
    ) -> Found:
        """Read all samples with their labels; a listing that is odd, twice.

        Args:
            wanted: What to read.
            count: How many there are.
            sieve: Lets go of samples, which are counted then and not kept.
            seen: Is told of each page.
        """
        first = _Reading(wanted, sieve)
        self._read(first, count, seen)
        if first.is_whole(count):
            return first.found(complete=True)
        count = self._client.get_dataset(wanted.dataset).samples_count
        twins = first.has_twins
        earlier = b"" if sieve is None else sieve.start_over()
        again = _Reading(wanted, None if twins else sieve)
        self._read(again, count, seen)
        if sieve is not None and again.has_twins and not twins:
            sieve.start_over()  # both are kept, to say which they are
            again = _Reading(wanted, None)
            self._read(again, count, seen)
        whole = again.is_whole(count)
        if not whole:
            again.add_names_of(first)
            if sieve is not None:
                sieve.recall(earlier, again.names)
        settled = None if sieve is None else sieve.settled
        return again.found(complete=whole, settled=settled)

    def _read(self, reading: "_Reading", count: Count, seen: Seen = unseen) -> None:
        """Read all listings side by side, the one that is behind first."""
        columns = reading.wanted.columns
        with self._pages(reading.wanted, columns, count) as listings:
            going = dict(enumerate(listings))
            read = [0] * len(columns)
            while going:
                column = min(going, key=read.__getitem__)
                # What a page is made of goes with it: nothing for the collector.
                with collector_off():
                    page = next(going[column], [])
                    read[column] += len(page)
                    with self._phase(DIFF):
                        new = reading.add(column, page)
                seen(0 if column else len(page), _number(count))
                page = []
                if not new:  # the end, or a listing that goes in circles
                    del going[column]
        for column in reading.incomplete():
            labelset = columns[column]
            with self._pages(reading.wanted, (labelset,), count) as (pages,):
                reading.fill(column, pages)
        reading.finish()

    def labels(self, dataset: str, labelset: str) -> LabelRows:
        """Read the labels of all samples; again where the listing is odd."""
        wanted = Wanted(dataset=dataset, labelsets=(labelset,))
        for _ in range(READINGS):
            reading = _Reading(wanted, None)
            count = self._client.get_dataset(dataset).samples_count
            self._read(reading, count)
            whole = reading.is_whole(self._client.get_dataset(dataset).samples_count)
            if whole:
                break
        samples = reading.samples
        return LabelRows(
            labels={uuid: item.labels[labelset] for uuid, item in samples.items()},
            names={uuid: item.sample.name for uuid, item in samples.items()},
            complete=whole,
        )

    @contextmanager
    def _pages(
        self, wanted: Wanted, columns: Sequence[str], count: Count
    ) -> Iterator[list[Generator[Rows]]]:
        """Open a listing for each label set; they share the requests at a time."""
        with ThreadPoolExecutor(self._jobs) as pool:
            listings = [
                iter(
                    Pages(
                        self._client.transport,
                        self._client.samples_path(wanted.dataset),
                        params=listing_params(labelset),
                        kind=wanted.kind,
                        count=_number(count),
                        pool=pool,
                        window=max(1, AHEAD * self._jobs // len(columns)),
                        per_page=PAGE,
                    )
                )
                for labelset in columns
            ]
            try:
                yield listings
            finally:
                for listing in listings:
                    listing.close()


def listing_params(labelset: str) -> dict[str, str]:
    """Give the parameters of a listing of samples with their labels."""
    return {"labelset": labelset, "include_full_label": "1"} if labelset else {}


class _Reading:
    """One reading of the samples of a dataset."""

    def __init__(self, wanted: Wanted, sieve: Sifter | None) -> None:
        self.wanted = wanted
        self._sieve = sieve
        self._join = Join(len(wanted.columns))
        self._absent: Mapping[str, None] = dict.fromkeys(wanted.absent)
        self._twice = False
        self._unknown = False
        self.samples: dict[str, RemoteSample] = {}
        self.names: dict[str, str] = {}

    def add(self, column: int, page: Rows) -> bool:
        """Take a page of one listing; tell whether it has anything new."""
        join = self._join
        before = join.new[column]
        if self.wanted.labelsets:
            for row in page:
                rows = join.add(column, row.whole())
                if rows is not None:
                    self._take(rows)
        else:
            new = join.add_alone(page)
            sieve = self._sieve
            for row in new if sieve is None or self._absent else sieve.sift(new):
                self._take((row.whole(),))
        return join.new[column] > before

    def _take(self, rows: Sequence[SampleRow | None]) -> None:
        row, wanted = rows[0], self.wanted
        if row is None:
            return
        labels: dict[str, LabelRow | Unknown | None] = {
            labelset: Unknown() if item is None else item.label
            for labelset, item in zip(wanted.labelsets, rows, strict=False)
        }
        if self._absent:
            labels = {**labels, **self._absent}
        sieve = self._sieve
        if sieve is not None and sieve.passes(row, labels):
            return
        found = remote_sample(
            row,
            {name: label_of_row(item) for name, item in labels.items()},
        )
        if sieve is not None and sieve.settles(found):
            return
        self.samples[row.uuid] = found
        self._twice |= row.name in self.names
        self.names[row.name] = row.uuid

    def incomplete(self) -> list[int]:
        """Name the listings of labels that are odd: each is read once more."""
        odd = {
            column for column, repeated in enumerate(self._join.repeated) if repeated
        }
        for rows in self._join.pending.values():
            if rows[0] is not None:
                odd.update(column for column, row in enumerate(rows) if row is None)
        return sorted(odd - {0})

    def fill(self, column: int, pages: Iterable[Rows]) -> None:
        """Take what another reading of a listing tells of samples that it left out."""
        seen: set[str] = set()
        read = 0
        for page in pages:
            before = len(seen)
            read += len(page)
            for row in page:
                seen.add(row.uuid)
                rows = self._join.pending.get(row.uuid)
                if rows is not None:
                    rows[column] = row.whole()
            if len(seen) == before:
                break
        self._join.repeated[column] = read > len(seen)

    def finish(self) -> None:
        """Take the samples of which some listing still does not tell."""
        for rows in self._join.pending.values():
            if rows[0] is not None:
                self._unknown |= any(row is None for row in rows)
                self._take(rows)

    def is_whole(self, count: Count) -> bool:
        """Tell whether nothing speaks against all samples being there, each once."""
        wanted = _number(count)
        twice = self.has_twins or self._join.repeated[0]
        if wanted is None:
            # Nobody else tells of a sample that only listings of labels have.
            return not twice and all(rows[0] for rows in self._join.pending.values())
        return not twice and wanted == self._join.new[0]

    @property
    def has_twins(self) -> bool:
        """Whether two samples have one name."""
        sieve = self._sieve
        return self._twice or (
            sieve is not None and any(name in sieve for name in self.names)
        )

    @property
    def knows_labels(self) -> bool:
        """Whether each listing of labels told of each sample, once."""
        return not (self._unknown or any(self._join.repeated[1:]))

    def add_names_of(self, earlier: "_Reading") -> None:
        """Add the samples that only an earlier reading saw."""
        sieve = self._sieve
        for uuid, item in earlier.samples.items():
            name = item.sample.name
            if name not in self.names and (sieve is None or name not in sieve):
                self.samples.setdefault(uuid, item)
        self.names.update(earlier.names)

    def found(self, *, complete: bool, settled: Settled | None = None) -> Found:
        """Give what was read, `settled` where more is known of that."""
        if settled is None:
            settled = Settled() if self._sieve is None else self._sieve.settled
        complete = complete and self.knows_labels
        return Found(samples=self.samples, settled=settled, complete=complete)


def _number(count: Count) -> int | None:
    if isinstance(count, float) and count.is_integer():
        count = int(count)  # JSON has one type of number
    return int(count) if count is not None and str(count).isdigit() else None
