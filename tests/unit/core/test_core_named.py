"""Of a dataset only the samples are kept that a plan speaks of."""

from dsac.core.change import Change
from dsac.core.labels import Machines
from dsac.core.marker import KEY, Marker, Pair, write
from dsac.core.named import Named, named
from dsac.core.ownership import Scope
from dsac.core.resources import (
    Address,
    Dataset,
    Labelset,
    RemoteSample,
    Sample,
    Settled,
)
from dsac.remote.wire import SampleRow

JANE = "jane/flowers"
SCOPE = Scope(project="p", machines=Machines(frozenset()))
OURS = Marker(project="p", dataset=JANE)


def row(name: str, marker: Marker | None = OURS) -> SampleRow:
    metadata = {} if marker is None else {KEY: write(marker)}
    return SampleRow(uuid=f"u-{name}", name=name, metadata=metadata)


def change(name: str, *, previous: str = "", uuid: str = "") -> Change:
    return Change(
        address=Address.of_sample(JANE, name),
        before=Sample(name=previous or name),
        after=Sample(name=name, priority=1),
        previous=previous,
        uuid=uuid,
    )


def sieve(*changes: Change) -> Named:
    found = named(JANE, changes, SCOPE)
    assert found is not None
    return found


def test_what_changes_speak_of_is_kept_by_name_former_name_and_uuid():
    found = sieve(change("a"), change("b", previous="c", uuid="u-moved"))
    rows = [row(name) for name in ("a", "b", "c", "d", "moved", "e")]
    assert [item.name for item in found.sift(rows)] == ["a", "b", "c", "moved"]
    assert found.settled == Settled(samples=2, owned=2)


def test_others_are_counted_and_those_of_ours_among_them():
    pair = Marker(project="p", dataset=JANE, sample=Pair("x", "y"))
    foreign = Marker(project="q", dataset=JANE)
    found = sieve(change("a"))
    for number, marker in enumerate((OURS, pair, foreign, None)):
        assert found.passes(row(str(number), marker), {})
    assert not found.passes(row("a"), {})
    assert found.settled == Settled(samples=4, owned=2)
    assert not found.settles(RemoteSample(uuid="u-a", sample=Sample(name="a")))
    assert "a" not in found


def test_another_reading_counts_anew():
    found = sieve(change("a"))
    found.passes(row("x"), {})
    earlier = found.start_over()
    assert found.settled == Settled()
    found.passes(row("y"), {})
    found.recall(earlier, ["a"])
    assert found.settled.samples == 1


def test_all_samples_are_kept_where_all_of_them_are_at_stake():
    whole = Change(address=Address.of_dataset(JANE), before=Dataset(name=JANE))
    labelset = Change(address=Address.parse(f"{JANE}@old"), before=Labelset(name="old"))
    assert named(JANE, [whole], SCOPE) is None
    assert named(JANE, [labelset], SCOPE) is None
    assert named("jane/trees", [whole, labelset], SCOPE) is not None
