"""Laws of values: equality, normal form, what covers what, overlay."""

import json

from hypothesis import given
from hypothesis import strategies as st

from dsac.core.values import (
    Tree,
    Upload,
    at,
    canonical,
    covers,
    normal,
    overlay,
    replace_uploads,
    same,
    single,
    uploads,
)

KEYS = st.sampled_from(["a", "b", "id", "name", "url", "signed_url"])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(
        ["", "1", "x", "https://x/a?sig=1", "https://x/a??sig=1&sig=2&k=1"]
    )
)
IDS = st.integers(0, 3) | st.sampled_from(["0", "1", "a"])


def containers(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    """Make lists, objects, and lists of objects that carry ids or names."""
    lists: st.SearchStrategy[Tree] = st.lists(inner, max_size=3)
    objects: st.SearchStrategy[Tree] = st.dictionaries(KEYS, inner, max_size=3)
    keyed: st.SearchStrategy[Tree] = st.builds(
        lambda key, marks, rest: [{**rest, key: mark} for mark in marks],
        st.sampled_from(["id", "name"]),
        st.lists(IDS, max_size=3, unique_by=str),
        st.dictionaries(KEYS, inner, max_size=2),
    )
    return lists | objects | keyed


TREES: st.SearchStrategy[Tree] = st.recursive(SCALARS, containers, max_leaves=8)
FILES = st.builds(Upload, st.sampled_from(["a", "b"]), st.just("0" * 64))
WITH_FILES: st.SearchStrategy[Tree] = st.recursive(
    SCALARS | FILES, containers, max_leaves=8
)


@given(TREES)
def test_normal_is_idempotent(value: Tree) -> None:
    once = normal(value)
    assert canonical(normal(once)) == canonical(once)


@given(TREES)
def test_normal_is_the_same_after_a_journey_as_json(value: Tree) -> None:
    back = json.loads(json.dumps(value, sort_keys=True, indent=2))
    assert canonical(normal(back)) == canonical(normal(value))


@given(st.integers(-(2**53), 2**53))
def test_the_five_are_different_and_whole_floats_are_integers(number: int) -> None:
    five: list[Tree] = [{"k": number}, {"k": str(number)}, {"k": None}, {}, {"k": True}]
    assert len({canonical(normal(item)) for item in five}) == 5
    assert same(normal(float(number)), normal(number))


@given(TREES)
def test_a_value_covers_itself(value: Tree) -> None:
    assert covers(value, value)
    assert covers(normal(value), normal(value))


@given(TREES, TREES)
def test_an_overlay_covers_what_was_stated(before: Tree, stated: Tree) -> None:
    assert covers(overlay(before, stated), stated)


@given(TREES, TREES)
def test_an_overlay_is_idempotent(before: Tree, stated: Tree) -> None:
    once = overlay(before, stated)
    assert same({"value": overlay(once, stated)}, {"value": once})


@given(st.dictionaries(KEYS, TREES), st.dictionaries(KEYS, TREES))
def test_an_overlay_keeps_the_keys_that_are_not_stated(
    before: dict[str, Tree], stated: dict[str, Tree]
) -> None:
    laid = overlay(before, stated)
    assert isinstance(laid, dict)
    assert laid.keys() == before.keys() | stated.keys()
    for key in before.keys() - stated.keys():
        assert laid[key] is before[key]


@given(TREES, TREES)
def test_what_differs_by_more_than_keys_and_rounding_is_not_covered(
    before: Tree, stated: Tree
) -> None:
    if covers(before, stated) and covers(stated, before):
        assert rounded(before) == rounded(stated)


def rounded(value: Tree) -> bytes:
    """Give the form in which nulls are absent, sets are ordered and floats short."""
    return canonical(_rounded(value))


def _rounded(value: Tree) -> Tree:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return sorted(map(_rounded, value), key=canonical)
    if isinstance(value, float):
        return normal(single(value))
    return value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_coordinate_is_covered_once_it_went_through_32_bits(value: float) -> None:
    assert covers(normal(single(value)), normal(value)) or float(value).is_integer()


@given(WITH_FILES)
def test_every_file_stands_where_it_is_said_to(value: Tree) -> None:
    for path, upload in uploads(value):
        assert at(value, path) == upload


@given(WITH_FILES)
def test_no_file_is_left_once_all_are_replaced(value: Tree) -> None:
    urls = replace_uploads(value, lambda _, upload: upload.path)
    assert list(uploads(urls)) == []
    for path, upload in uploads(value):
        assert at(urls, path) == upload.path
