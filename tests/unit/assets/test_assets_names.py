"""File names that every file system takes."""

import pytest

from dsac.assets.names import safe_names


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.png", "a.png"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..", "_"),
        ("...png", "_.png"),
        ("con.PNG", "_con.PNG"),
        ("dsac.yaml", "_dsac.yaml"),
        ("-rf", "rf"),
        ("é b?.jpg", "_b_.jpg"),
        ("x" * 500 + ".jpg", "x" * 96 + ".jpg"),
        ("a.", "a"),
        ("", "_"),
    ],
)
def test_names_keep_what_is_harmless(name, expected):
    assert safe_names({0: name}) == {0: expected}


def test_names_that_would_be_one_get_digests_whatever_the_order():
    wanted = {"A": "A.png", "a": "a.png", "b": "b.png", "?": "_.png", "!": "!.png"}
    found = safe_names(wanted)
    assert found == safe_names(dict(reversed(wanted.items())))
    assert len({name.casefold() for name in found.values()}) == len(wanted)
    assert found["b"] == "b.png"
    assert found["a"].endswith(".png")


def test_a_digest_that_is_taken_grows():
    first = safe_names({"A": "A", "a": "a"})
    found = safe_names({"A": "A", "a": "a", "x": first["a"].upper()})
    assert len({name.casefold() for name in found.values()}) == 3
