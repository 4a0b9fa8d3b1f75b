"""Whose object it is, and what its marker tells of files."""

import pytest
from msgspec import structs

from dsac.core.labels import Machines
from dsac.core.marker import Marker, Pair, label_key
from dsac.core.ownership import Owner, Scope, ownership_error, pair_for
from dsac.core.resources import Address
from dsac.core.values import Tree, Upload

JANE = "jane/flowers"
SCOPE = Scope(
    project="p", machines=Machines(frozenset()), take_over=frozenset({"r", "p"})
)
PAIR = Pair("c", "u")


@pytest.mark.parametrize(
    ("marker", "owner"),
    [
        (None, Owner.NOBODY),
        (Marker(project="p", dataset=JANE), Owner.OURS),
        (Marker(project="q", dataset=JANE), Owner.FOREIGN),
        (Marker(project="r", dataset=JANE), Owner.TAKEN),
        (Marker(project="p", dataset="jane/clone"), Owner.NOBODY),
        (Marker(project="q", dataset="jane/clone"), Owner.NOBODY),
        (Marker(project="p", dataset=JANE, known=False), Owner.UNREADABLE),
    ],
)
def test_the_marker_tells_whose_it_is(marker: Marker | None, owner: Owner) -> None:
    assert SCOPE.owner(marker, JANE) is owner


def test_what_is_ours_needs_no_leave() -> None:
    address = Address.of_dataset(JANE)
    marker = Marker(project="p", dataset=JANE)
    assert ownership_error(address, marker, SCOPE, adopt="none") == ""


@pytest.mark.parametrize(
    ("marker", "pair"),
    [
        (Marker(project="q", dataset=JANE, sample=PAIR), PAIR),
        (Marker(project="p", dataset="jane/clone", sample=PAIR), None),
        (Marker(project="p", dataset=JANE, sample=PAIR, known=False), None),
        (Marker(project="p", dataset=JANE), None),
        (None, None),
    ],
)
def test_a_pair_counts_in_the_dataset_that_it_was_written_for(
    marker: Marker | None, pair: Pair | None
) -> None:
    assert pair_for(marker, JANE) == pair


def test_labels_have_pairs_of_their_own() -> None:
    marker = Marker(project="p", dataset=JANE, labels={label_key("x"): PAIR})
    assert pair_for(marker, JANE, label=label_key("x")) == PAIR
    assert pair_for(marker, JANE, label=label_key("y")) is None
    assert pair_for(marker, JANE) is None


def test_only_files_whose_urls_are_there_are_worth_a_look() -> None:
    file: Tree = {"url": Upload("a.jpg", "0" * 64)}
    there: dict[str, Tree] = {"image": {"url": "x"}}
    assert SCOPE.needs_a_look({"image": file}, remote=there, pair=None)
    assert not SCOPE.needs_a_look({"image": file}, remote={}, pair=None)
    assert not SCOPE.needs_a_look(there, remote=there, pair=None)


def test_an_object_taken_over_may_be_adopted_whatever_the_manifest_says() -> None:
    marker = Marker(project="q", dataset=JANE)
    address = Address.of_dataset(JANE)
    taking = structs.replace(SCOPE, take_over=frozenset({"q"}))
    assert ownership_error(address, marker, taking, adopt="none") == ""
    assert ownership_error(address, marker, SCOPE, adopt="all") != ""
