"""Renames by `moved`: pending, done, half done, and the ones that can't be meant."""

import pytest

from dsac.core.moves import settle_moves, waves

Names = set[str]
CHAIN = [("a", "b"), ("c", "a")]


@pytest.mark.parametrize(
    ("there", "pending"),
    [
        ({"a", "c"}, {"b": "a", "a": "c"}),
        ({"b", "c"}, {"a": "c"}),
        ({"a", "b"}, {}),
        ({"b"}, {}),
        (set(), {}),
    ],
    ids=["not begun", "half done", "finished", "finished and one gone", "new"],
)
def test_a_chain_goes_on_where_it_stopped(
    there: Names, pending: dict[str, str]
) -> None:
    moves = settle_moves(CHAIN, wanted={"a", "b"}, there=there)
    assert moves.pending == pending
    assert moves.errors == ()
    assert moves.sources == set(pending.values())


@pytest.mark.parametrize(
    ("there", "pending"),
    [
        ({"a", "c", "d"}, {"b": "a", "a": "c", "c": "d"}),
        ({"b", "c", "d"}, {"a": "c", "c": "d"}),
        ({"b", "a", "d"}, {"c": "d"}),
        ({"b", "a", "c"}, {}),
    ],
)
def test_a_chain_of_three_can_stop_anywhere(
    there: Names, pending: dict[str, str]
) -> None:
    moves = settle_moves([*CHAIN, ("d", "c")], wanted={"a", "b", "c"}, there=there)
    assert moves.pending == pending
    assert moves.errors == ()


def test_the_source_of_a_name_is_its_name_before() -> None:
    moves = settle_moves([("a", "b")], wanted={"b"}, there={"a"})
    assert moves.source_of("b") == "a"
    assert moves.source_of("x") == "x"


def test_a_target_that_exists_is_an_error() -> None:
    moves = settle_moves([("a", "b")], wanted={"b"}, there={"a", "b"})
    assert moves.pending == {}
    assert "'a' can't become 'b', which exists on the platform" in moves.errors[0]


def test_a_target_that_exists_is_free_once_it_is_renamed_away_itself() -> None:
    moves = settle_moves([("a", "b"), ("b", "c")], wanted={"b", "c"}, there={"a", "b"})
    assert moves.pending == {"c": "b", "b": "a"}


def test_a_target_that_is_not_in_the_manifest_is_an_error() -> None:
    moves = settle_moves([("a", "b")], wanted=set(), there={"a"})
    assert moves.pending == {}
    assert "no sample of the manifest is called so; write that" in moves.errors[0]


@pytest.mark.parametrize("there", [{"a"}, {"b"}, {"a", "b"}, set()])
def test_a_source_that_is_still_in_the_manifest_is_an_error(there: Names) -> None:
    moves = settle_moves([("a", "b")], wanted={"a", "b"}, there=there)
    assert moves.pending == {}
    assert "the manifest still has a sample 'a'" in moves.errors[0]


@pytest.mark.parametrize(
    ("moved", "message"),
    [
        ([("a", "b"), ("a", "c")], "'a' is renamed 2 times"),
        ([("a", "c"), ("b", "c")], "'c' is a new name 2 times"),
        ([("a", "b"), ("b", "a")], "'a' -> 'b' -> 'a' is a cycle"),
        ([("a", "a")], "'a' -> 'a' is a cycle"),
        ([("x", "a"), ("a", "b"), ("b", "a")], "'a' -> 'b' -> 'a' is a cycle"),
    ],
)
def test_renames_that_exclude_each_other_are_errors(
    moved: list[tuple[str, str]], message: str
) -> None:
    moves = settle_moves(moved, wanted={"a", "b", "c"}, there={"a", "b", "c"})
    assert moves.pending == {}
    assert any(message in error for error in moves.errors)


def test_a_cycle_is_named_once() -> None:
    ring = [("a", "b"), ("b", "c"), ("c", "a")]
    moves = settle_moves(ring, wanted={"a", "b", "c"}, there=set())
    assert len(moves.errors) == 1


def test_unrelated_renames_run_at_once_and_chains_last_first() -> None:
    renames = [("a", "b"), ("c", "a"), ("x", "y"), ("d", "e"), ("f", "d")]
    assert waves(renames) == [
        [("a", "b"), ("d", "e"), ("x", "y")],
        [("c", "a"), ("f", "d")],
    ]


def test_nothing_to_rename_is_no_wave() -> None:
    assert waves([]) == []
