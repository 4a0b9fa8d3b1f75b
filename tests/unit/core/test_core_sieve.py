"""What a sieve lets go of, and what it keeps for the comparison."""

from typing import Any

import msgspec
import pytest
from msgspec import UNSET, structs

from dsac.core.held import Held
from dsac.core.labels import Machines
from dsac.core.many import Rest
from dsac.core.marker import KEY, Marker, write
from dsac.core.ownership import Scope
from dsac.core.resources import (
    Dataset,
    Desired,
    DesiredLabelset,
    DesiredSample,
    Label,
    Labelset,
    Lifecycle,
    RemoteLabel,
    RemoteSample,
    Sample,
    Settled,
    Unknown,
    label_count,
    labelsets_in,
)
from dsac.core.sieve import Sieve
from dsac.core.values import Upload
from dsac.remote.wire import LabelRow, SampleRow

JANE = "jane/flowers"
MARKER = write(Marker(project="p", dataset=JANE))
FOREIGN = write(Marker(project="q", dataset=JANE))
SCOPE = Scope(project="p", machines=Machines(frozenset({"ci"})))
IMAGE: dict[str, Any] = {"image": {"url": "https://x/a"}}
BOXES: dict[str, Any] = {"annotations": [{"id": 1, "category_id": 1}]}


def wanted(label: Label | None = None, **fields: Any) -> Desired:
    sample = structs.replace(Sample(name="a", attributes=IMAGE), **fields)
    labels = {} if label is None else {"model": label}
    return Desired(
        dataset=Dataset(name=JANE),
        labelsets=(DesiredLabelset(labelset=Labelset(name="model"), owner="manifest"),),
        samples=(DesiredSample(sample=sample, labels=labels),),
    )


def there(**fields: Any) -> SampleRow:
    row = SampleRow(uuid="u", name="a", attributes=IMAGE, metadata={KEY: MARKER})
    for field, value in fields.items():
        setattr(row, field, value)
    return row


def lets_go(desired: Desired, row: SampleRow) -> bool:
    sieve = Sieve(desired, SCOPE)
    passed = sieve.passes(structs.replace(row), {})
    assert bool(list(Sieve(desired, SCOPE).sift([row]))) is not passed
    assert sieve.settled.samples == passed
    return passed


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"metadata": {"k": 1, "gone": None}},
        {"metadata": UNSET, "attributes": UNSET},
        {"priority": 2, "assigned_labeler": "bob", "readme": "x"},
        {"assigned_reviewer": None},
        {"metadata": {"nested": {"b": [1], "a": True}}},
    ],
)
def test_a_sample_that_says_what_is_wanted_is_let_go_of(fields):
    metadata = {KEY: MARKER, "k": 1, "nested": {"a": True, "b": [1]}, "other": 2}
    row = there(metadata=metadata, priority=2, assigned_labeler="bob", readme="x")
    assert lets_go(wanted(**fields), row)


@pytest.mark.parametrize(
    "fields",
    [
        {"metadata": {"k": True}},
        {"metadata": {"k": 2}},
        {"metadata": {"nested": {"a": 1, "b": [1]}}},
        {"metadata": None},
        {"priority": 3},
        {"assigned_labeler": "eve"},
        {"assigned_reviewer": "eve"},
        {"readme": "y"},
        {"attributes": {"image": {"url": "https://x/b"}}},
        {"attributes": {"image": {"url": Upload("a.png", "")}}},
    ],
)
def test_a_sample_that_says_anything_else_is_kept(fields):
    metadata = {KEY: MARKER, "k": 1, "nested": {"a": True, "b": [1]}}
    assert not lets_go(wanted(**fields), there(metadata=metadata, readme="x"))


def test_numbers_and_truths_of_attributes_are_told_apart():
    turned = {"image": {"url": "x", "turned": True}}
    row = there(attributes={"image": {"url": "x", "turned": 1}})
    assert not lets_go(wanted(attributes=turned), row)


def test_the_marker_tells_whose_sample_it_is():
    assert lets_go(wanted(), there(metadata=None))
    assert not lets_go(wanted(), there(metadata={KEY: FOREIGN}))
    every = structs.replace(wanted(), lifecycle=Lifecycle(adopt="all"))
    assert not lets_go(every, there(metadata={}))
    assert lets_go(every, there())


def test_what_is_ignored_or_moved_or_unknown_is_left_to_the_comparison():
    ignoring = structs.replace(
        wanted(), lifecycle=Lifecycle(ignore_changes=("readme",))
    )
    assert not lets_go(ignoring, there())
    assert not lets_go(structs.replace(wanted(), moved=(("a", "b"),)), there())
    assert not lets_go(wanted(), there(name="b"))
    assert not lets_go(structs.replace(wanted(), samples=None), there())


def test_a_sample_is_let_go_of_once():
    sieve = Sieve(wanted(), SCOPE)
    assert list(sieve.sift([there(), there()])) == [there()]
    assert "a" in sieve
    assert "b" not in sieve
    assert not sieve.passes(there(), {})
    assert not sieve.settles(RemoteSample(uuid="u", sample=Sample(name="a")))


LABEL = Label(attributes=BOXES, score=0.5)


def listed(**fields: Any) -> LabelRow:
    row = LabelRow(
        label_status="PRELABELED",
        attributes=msgspec.Raw(msgspec.json.encode(BOXES)),
        score=0.5,
        created_by="ci",
    )
    for field, value in fields.items():
        setattr(row, field, value)
    return row


@pytest.mark.parametrize(
    ("label", "found", "passes"),
    [
        (LABEL, listed(), True),
        (structs.replace(LABEL, attributes=UNSET, score=UNSET), listed(), True),
        (LABEL, listed(score=0.4), False),
        (LABEL, listed(label_status="LABELED"), False),
        (LABEL, listed(attributes=msgspec.Raw(b"[]")), False),
        (LABEL, None, False),
        (LABEL, Unknown(), False),
        (None, None, True),
        (None, listed(), False),
    ],
)
def test_labels_of_the_manifest_must_agree(label, found, passes):
    assert Sieve(wanted(label), SCOPE).passes(there(), {"model": found}) is passes


def test_a_label_set_that_was_not_read_keeps_the_sample():
    assert not Sieve(wanted(LABEL), SCOPE).passes(there(), {})


@pytest.mark.parametrize(
    "fields",
    [
        {"label_status": "LABELED"},
        {"reviewed_by": "eve"},
        {"rating": 1},
        {"updated_by": "eve"},
    ],
)
def test_labels_of_people_are_counted_as_kept(fields):
    desired = structs.replace(wanted(LABEL), labelsets=())
    desired = structs.replace(
        desired,
        samples=tuple(
            structs.replace(row, labels={"ground-truth": LABEL})
            for row in desired.samples or ()
        ),
    )
    sieve = Sieve(desired, SCOPE)
    other = msgspec.Raw(b"{}")
    assert sieve.passes(
        there(), {"ground-truth": listed(attributes=other, **fields), "more": None}
    )
    assert sieve.settled == Settled(samples=1, owned=1, kept=1)


def test_the_exact_way_keeps_what_is_unknown_or_needs_a_look():
    have = RemoteSample(
        uuid="u", sample=Sample(name="a", attributes=IMAGE, metadata={})
    )
    assert Sieve(wanted(), SCOPE).settles(have)
    unknown = structs.replace(have, labels={"model": Unknown()})
    assert not Sieve(wanted(), SCOPE).settles(unknown)
    local = wanted(attributes={"image": {"url": Upload("a.png", "0" * 64)}})
    assert not Sieve(local, SCOPE).settles(have)
    label = RemoteLabel(label=LABEL, created_by="eve")
    settled = Sieve(wanted(LABEL), SCOPE)
    assert settled.settles(structs.replace(have, labels={"model": label}))
    assert settled.settled.labels == 1


def test_what_only_an_earlier_reading_has_seen_stays_let_go_of():
    sieve = Sieve(wanted(), SCOPE)
    assert sieve.passes(there(), {})
    earlier = sieve.start_over()
    assert sieve.settled == Settled()
    (row,) = sieve.rest().samples or ()
    assert row.sample.name == "a"
    sieve.recall(earlier, ["a"])
    assert sieve.settled == Settled()
    sieve.recall(earlier, ["b"])
    assert (sieve.settled.samples, "a" in sieve) == (1, True)


def test_another_reading_may_let_go_of_the_same_samples():
    sieve = Sieve(wanted(), SCOPE)
    assert sieve.passes(there(), {})
    earlier = sieve.start_over()
    assert sieve.passes(there(), {})
    once = sieve.settled
    sieve.recall(earlier, [])
    assert sieve.settled == once == Settled(samples=1, owned=1)


def test_what_is_left_knows_the_label_sets_of_all():
    sieve = Sieve(wanted(LABEL), SCOPE)
    assert sieve.passes(there(), {"model": listed()})
    rest = sieve.rest().samples
    assert isinstance(rest, Rest)
    assert len(rest) == 0
    assert rest.labelsets == labelsets_in(rest) == {"model"}
    assert label_count(rest) == 0
    nothing = structs.replace(wanted(), samples=None)
    assert Sieve(nothing, SCOPE).rest() is nothing


def test_samples_in_memory_are_found_by_name_and_number():
    rows = tuple(wanted(LABEL).samples or ())
    held = Held(rows)
    assert (len(held), tuple(held)) == (1, rows)
    assert held.labelsets == {"model"}
    assert (held.label_count, label_count(rows), label_count(None)) == (1, 1, 0)
    assert held.numbers(["a", "b"]) == [0, -1]
    assert held.fingerprints([0, -1]) == [0, 0]
    assert (held.find("a"), held.find("b"), held.stated("a")) == (*rows, None, *rows)
    assert tuple(held.unmarked([1])) == ()


@pytest.mark.parametrize(
    "attributes",
    [
        None,
        {},
        {"image": "x"},
        {"image": {}},
        {"image": {"url": {}}},
        {"image": []},
        {"image": {"url": "https://x/a", "more": 1}},
        {"cloud": {"url": "x"}},
    ],
)
def test_odd_attributes_are_no_reason_to_fail(attributes):
    assert not lets_go(wanted(), there(attributes=attributes))


def test_the_exact_way_keeps_what_differs_and_lets_go_of_what_only_looks_so():
    have = RemoteSample(
        uuid="u", sample=Sample(name="a", attributes=IMAGE, metadata={"n": 1})
    )
    assert not Sieve(wanted(metadata={"n": 2}), SCOPE).settles(have)
    fraction = there(metadata={KEY: MARKER, "n": 1.0})
    assert not lets_go(wanted(metadata={"n": 1}), fraction)
    assert Sieve(wanted(metadata={"n": 1}), SCOPE).settles(have)


@pytest.mark.parametrize("names", [None, (), ("a",), ("a", "b")])
def test_what_was_said_elsewhere_is_left_without_what_was_let_go_of(names):
    desired = wanted()
    sieve = Sieve(desired, SCOPE)
    assert not list(sieve.sift([there()]))
    rows = None
    if names is not None:
        rows = tuple(DesiredSample(sample=Sample(name=name)) for name in names)
    rest = sieve.rest_of(structs.replace(desired, samples=rows)).samples
    left = None if rest is None else [row.sample.name for row in rest]
    assert left == (None if names is None else [n for n in names if n != "a"])
