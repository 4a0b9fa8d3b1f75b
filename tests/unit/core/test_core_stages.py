"""Stages and shards: every change has one place, and the places are the whole."""

from collections import Counter

import pytest

from dsac.core.change import Change
from dsac.core.resources import (
    Address,
    Collaborator,
    Dataset,
    Kind,
    Label,
    Labelset,
    Release,
    Resource,
    Sample,
)
from dsac.core.stages import Part, Share, Split, Stage, shard_of

JANE, TREES = "jane/flowers", "jane/trees"


def sample(name: str, *, previous: str = "", dataset: str = JANE) -> Change:
    return Change(
        address=Address.of_sample(dataset, name),
        before=Sample(name=previous) if previous else None,
        after=Sample(name=name),
        previous=previous,
    )


def label(name: str) -> Change:
    return Change(address=Address.label(JANE, name, "ground-truth"), after=Label())


def part(kind: Kind, resource: Resource, *, gone: bool) -> Change:
    address = Address(kind, JANE, "", "" if kind is Kind.DATASET else "x")
    if gone:
        return Change(address=address, before=resource)
    return Change(address=address, after=resource)


@pytest.mark.parametrize(
    ("kind", "resource", "comes", "goes"),
    [
        (Kind.DATASET, Dataset(name=JANE), Stage.PREPARE, Stage.FINISH),
        (Kind.LABELSET, Labelset(name="x"), Stage.PREPARE, Stage.FINISH),
        (
            Kind.COLLABORATOR,
            Collaborator(user="x", role="admin"),
            Stage.PREPARE,
            Stage.PREPARE,
        ),
        (Kind.RELEASE, Release(name="x"), Stage.FINISH, Stage.FINISH),
    ],
)
def test_what_is_no_sample_is_done_once(kind, resource, comes, goes) -> None:
    split = Split([])
    assert split.stage_of(part(kind, resource, gone=False)) is comes
    assert split.stage_of(part(kind, resource, gone=True)) is goes


def test_samples_and_labels_are_of_shards_and_deletes_of_samples_are_not() -> None:
    gone = Change(address=Address.of_sample(JANE, "g"), before=Sample(name="g"))
    without = Change(
        address=Address.label(JANE, "a", "predictions"), before=Label(), uuid="u"
    )
    split = Split([sample("a"), gone, without])
    assert split.stage_of(sample("a")) is Stage.SAMPLES
    assert split.stage_of(label("a")) is Stage.SAMPLES
    assert split.stage_of(without) is Stage.SAMPLES
    assert split.stage_of(gone) is Stage.FINISH


def test_renames_that_wait_for_each_other_come_before_the_shards() -> None:
    chain = [sample("b", previous="a"), sample("c", previous="b")]
    lone = sample("y", previous="x")
    namesake = sample("b", previous="z", dataset=TREES)
    split = Split([*chain, lone, namesake])
    assert [split.stage_of(item) for item in chain] == [Stage.PREPARE] * 2
    assert split.stage_of(label("c")) is Stage.PREPARE
    assert split.stage_of(label("a")) is Stage.SAMPLES
    assert split.stage_of(lone) is Stage.SAMPLES
    assert split.stage_of(namesake) is Stage.SAMPLES


def test_shards_are_alike_in_size_and_the_same_everywhere() -> None:
    sizes = Counter(shard_of(f"image{number}.jpg", 4) for number in range(4000))
    assert set(sizes) == {1, 2, 3, 4}
    assert max(sizes.values()) < 1.15 * min(sizes.values())
    names = ("violet.jpg", "a", "\ud800", "Überraschung")
    assert [shard_of(name, 7) for name in names] == [4, 5, 2, 4]


CHANGES = [
    part(Kind.DATASET, Dataset(name=JANE), gone=False),
    part(Kind.LABELSET, Labelset(name="x"), gone=True),
    part(Kind.RELEASE, Release(name="x"), gone=False),
    sample("b", previous="a"),
    sample("c", previous="b"),
    *(item for name in "defghijk" for item in (sample(name), label(name))),
    Change(address=Address.of_sample(JANE, "z"), before=Sample(name="z")),
]
PARTS = [
    Part(Stage.PREPARE),
    *(Part(Stage.SAMPLES, number, 3) for number in (1, 2, 3)),
    Part(Stage.FINISH),
]


def test_the_shares_are_the_whole_and_none_has_what_another_has() -> None:
    shares = [Share(CHANGES, item).mine for item in PARTS]
    every = [address for share in shares for address in share]
    assert sorted(map(str, every)) == sorted(str(item.address) for item in CHANGES)
    assert Share(CHANGES, None).mine == {item.address for item in CHANGES}
    assert Share(CHANGES, Part(Stage.SAMPLES)).mine == frozenset().union(*shares[1:4])


def test_a_label_is_in_the_shard_of_its_sample() -> None:
    for item in PARTS[1:4]:
        mine = Share(CHANGES, item).mine
        names = Counter(address.sample for address in mine)
        assert set(names.values()) <= {2}


def test_each_stage_waits_for_those_before_and_judges_what_is_at_rest() -> None:
    whole, prepare, first, *_, finish = (
        Share(CHANGES, item) for item in (None, *PARTS)
    )
    assert not whole.earlier
    assert not prepare.earlier
    assert first.earlier == prepare.mine
    assert finish.earlier == {item.address for item in CHANGES} - finish.mine
    assert [item.is_shard for item in (whole, prepare, first, finish)] == [
        False,
        False,
        True,
        False,
    ]
    for share in (whole, prepare, finish):
        assert all(map(share.is_judged, CHANGES))
    judged = {item.address for item in CHANGES if first.is_judged(item)}
    assert judged == first.mine | prepare.mine


def test_a_part_says_what_it_is() -> None:
    assert [str(item) for item in PARTS[:2]] == [
        "stage prepare",
        "stage samples, shard 1 of 3",
    ]
