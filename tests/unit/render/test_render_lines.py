"""How names, values and changes are written on a line."""

import pytest
from hypothesis import given
from msgspec import structs

from dsac.core.change import Action, Change
from dsac.core.fields import ABSENT
from dsac.core.values import Json
from dsac.render.lines import (
    HELD,
    LOOKS,
    WIDEST,
    counted,
    cut,
    look_of,
    safe,
    sentence,
    shown,
)
from tests.factories import make_change, make_loss, make_sample, make_upload
from tests.strategies import JSON, TEXT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("violet één 紫.jpg", "violet één 紫.jpg"),
        ("\x1b[31m", "\\x1b[31m"),
        ("a\nb\r\t\0", "a\\nb\\r\\t\\x00"),
        ("\x9b2J", "\\x9b2J"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("\u2066a\u2069", "\\u2066a\\u2069"),
        ("\u200bzero\ufeff", "\\u200bzero\\ufeff"),
        ("\u2028", "\\u2028"),
        ("\udcff", "\\udcff"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_what_would_move_a_terminal_is_escaped(text: str, expected: str) -> None:
    assert safe(text) == expected


@given(TEXT)
def test_safe_text_is_printable_and_safe_twice_is_safe_once(text: str) -> None:
    assert safe(text).isprintable()
    assert safe(safe(text)) == safe(text)


@given(JSON)
def test_any_value_is_shown_on_one_short_printable_line(value: Json) -> None:
    assert shown(value).isprintable()
    assert len(shown(value)) <= WIDEST


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (ABSENT, "(none)"),
        (None, "null"),
        (True, "true"),
        (1, "1"),
        ("1", '"1"'),
        ({"b": 1, "a": [1.5]}, '{"a":[1.5],"b":1}'),
        ("\u202e", '"\\u202e"'),
    ],
)
def test_values_are_shown_as_json_with_sorted_keys(value: Json, expected: str) -> None:
    assert shown(value) == expected


def test_a_file_shows_its_path_and_the_head_of_its_digest() -> None:
    assert shown(make_upload("a\x1b.jpg")) == "(file a\\x1b.jpg, sha256 9f1c9f1c9f1c)"


def test_a_long_text_keeps_both_of_its_ends() -> None:
    assert cut("x" * WIDEST) == "x" * WIDEST
    short = cut("a" + "x" * WIDEST + "b")
    assert (short[0], short[-1]) == ("a", "b")
    assert " ... " in short
    assert len(short) <= WIDEST


@pytest.mark.parametrize(("count", "text"), [(0, "s"), (1, ""), (2, "s")])
def test_a_count_of_one_is_singular(count: int, text: str) -> None:
    assert counted(count, "label") == f"{count} label{text}"


@pytest.mark.parametrize("action", Action)
def test_a_change_looks_like_its_first_action_and_held_before_all(
    action: Action,
) -> None:
    assert look_of(make_change(action)) == LOOKS[action]
    assert look_of(make_change(action, held="why")) == HELD


def test_the_symbols_of_changes_are_all_different() -> None:
    symbols = [look.symbol for look in (*LOOKS.values(), HELD)]
    assert len(set(symbols)) == len(symbols)


MANY = structs.replace(make_change(), adopt=True, previous="old")
NONE = Change(address=make_change().address, before=make_sample(), after=make_sample())


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (make_change(Action.CREATE), "will be created"),
        (make_change(Action.UPDATE), "will be updated in-place"),
        (make_change(Action.DELETE), "will be destroyed"),
        (make_change(Action.ADOPT), "will be adopted"),
        (make_change(Action.RENAME), "will be renamed (labels kept)"),
        (make_change(Action.RENAME, losses=(make_loss(),)), "will be renamed"),
        (make_change(Action.DELETE, held="why"), "would be destroyed"),
        (MANY, "will be renamed and adopted and updated in-place (labels kept)"),
        (NONE, "will be updated in-place"),
    ],
)
def test_a_change_is_said_in_fixed_words(change: Change, expected: str) -> None:
    assert sentence(change) == expected
