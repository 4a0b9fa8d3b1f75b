"""Globs over addresses: what they match, and where they could match anything."""

import pytest

from dsac.core.change import Change
from dsac.core.globs import Glob, globs, names_of
from dsac.core.resources import Address, Sample

JANE = "jane/flowers"


@pytest.mark.parametrize(
    ("text", "address", "matches"),
    [
        ("jane/flowers", Address.of_dataset(JANE), True),
        ("jane/flowers", Address.of_sample(JANE, "a"), False),
        ("jane/*", Address.label(JANE, "a/b.jpg", "x"), True),
        ("jane/flowers:?", Address.of_sample(JANE, "a"), True),
        ("jane/flowers:?", Address.of_sample(JANE, "ab"), False),
        ("jane/flowers:[ab]", Address.of_sample(JANE, "b"), True),
        ("jane/flowers:[!ab]", Address.of_sample(JANE, "b"), False),
        ("jane/Flowers", Address.of_dataset(JANE), False),
        ("*:50%25", Address.of_sample(JANE, "50%"), True),
        ("*:50%", Address.of_sample(JANE, "50%"), False),
        ("*:a%3ab", Address.of_sample(JANE, "a:b"), True),
        ("*:a%3Ab", Address.of_sample(JANE, "a:b"), True),
        ("*:%2A", Address.of_sample(JANE, "*"), True),
        ("*:%2A", Address.of_sample(JANE, "a"), False),
        ("*:a%20b", Address.of_sample(JANE, "a b"), True),
        ("*:%C3%A9", Address.of_sample(JANE, "é"), True),
        ("*:%zz", Address.of_sample(JANE, "%zz"), False),
        ("*", Address.of_sample(JANE, "a\nb"), True),
        ("", Address.of_dataset(JANE), False),
    ],
)
def test_what_a_glob_matches(text: str, address: Address, *, matches: bool) -> None:
    assert Glob.of(text).matches(address) is matches


@pytest.mark.parametrize(
    ("text", "may_touch", "lies_in"),
    [
        ("jane/flowers", True, False),
        ("jane/flower", False, False),
        ("jane/flowers2", False, False),
        ("jane/flowers2:*", False, False),
        ("jane/flowers:a", True, True),
        ("jane/flowers@a", True, True),
        ("jane/flowers+a", True, True),
        ("jane/flowers#a*", True, True),
        ("jane/flowers*", True, False),
        ("jane/f*", True, False),
        ("jane/t*", False, False),
        ("*", True, False),
        ("[j]ane", True, False),
        ("", False, False),
    ],
)
def test_where_a_glob_could_match(text: str, *, may_touch: bool, lies_in: bool) -> None:
    assert Glob.of(text).may_touch(JANE) is may_touch
    assert Glob.of(text).lies_in(JANE) is lies_in


def test_each_glob_is_read_once() -> None:
    assert [glob.text for glob in globs(("b", "a", "b"))] == ["b", "a"]


def test_a_renamed_sample_is_known_by_both_names() -> None:
    change = Change(address=Address.of_sample(JANE, "b"), after=Sample(name="b"))
    assert names_of(change) == (change.address,)
    moved = Change(address=change.address, after=change.after, previous="a")
    assert names_of(moved) == (change.address, Address.of_sample(JANE, "a"))
