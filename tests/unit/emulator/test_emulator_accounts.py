"""Accounts on the command line."""

import pytest

from dsac.emulator import Account


@pytest.mark.parametrize(
    ("text", "account"),
    [
        ("jane", Account("jane", "jane")),
        ("jane:", Account("jane", "jane")),
        ("jane:a:b", Account("jane", "a:b")),
    ],
)
def test_the_key_is_the_name_unless_one_is_given(text: str, account: Account):
    assert Account.parse(text) == account


@pytest.mark.parametrize("text", ["", ":key", "a/b", "a b:key", "ä"])
def test_a_name_that_could_not_stand_in_a_path_is_refused(text: str):
    with pytest.raises(ValueError, match="NAME"):
        Account.parse(text)
