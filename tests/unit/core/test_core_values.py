"""Values: normal form, equality, what covers what, overlay."""

import importlib
import math
import pkgutil
from collections.abc import Iterator

import msgspec
import pytest

import dsac.core
from dsac.core.values import (
    Tree,
    Upload,
    at,
    by_id,
    canonical,
    covers,
    digest,
    has_url,
    is_object,
    normal,
    normal_tree,
    overlay,
    replace_uploads,
    same,
    single,
    text64,
    uploads,
    without_nulls,
)

PHOTO = Upload("a.jpg", "0" * 64)


def test_whole_floats_become_integers_wherever_they_stand() -> None:
    assert canonical(normal({"a": [1.0, {"b": -0.0}], "c": 2.5})) == (
        b'{"a":[1,{"b":0}],"c":2.5}'
    )


def test_floats_beyond_exact_integers_stay_floats() -> None:
    assert isinstance(normal(float(2**53)), int)
    assert isinstance(normal(float(-(2**53))), int)
    assert isinstance(normal(float(2**53 + 2)), float)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_numbers_that_json_cannot_carry_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="is not a number that JSON can carry"):
        normal([value])


def test_what_the_platform_signs_is_no_part_of_a_value() -> None:
    value: Tree = {
        "url": "https://x/a.jpg?X-Amz-Date=1&X-Amz-Signature=2",
        "signed_url": "https://x/a.jpg?sig=3",
    }
    assert normal(value) == {"url": "https://x/a.jpg"}


@pytest.mark.parametrize(
    ("signed", "stored"),
    [
        ("X-Amz-Date=1&versionId=a%2Fb&X-Amz-Signature=2", "?versionId=a%2Fb"),
        ("X-Goog-Signature=2&generation=7&X-Goog-Expires=3", "?generation=7"),
        ("AWSAccessKeyId=a&Expires=1&Signature=2&response-expires=0", ""),
        ("snapshot=2020&sv=1&sr=b&sig=x%3D&se=3", "?snapshot=2020"),
        ("id=5&st=2&sig=abc", "?id=5&st=2"),
        ("id=5&id=5&SIG=abc&id=6&flag", "?id=5&id=5&id=6&flag"),
    ],
)
def test_the_query_beside_a_signature_stays(signed: str, stored: str) -> None:
    assert normal({"url": f"https://x/a?{signed}"}) == {"url": f"https://x/a{stored}"}


@pytest.mark.parametrize(
    "url",
    [
        "https://x/a.jpg?version=3",
        "https://x/a?sv=1&expires=2",
        "https://x/a.jpg?design=2",
        "gs://b/a?b",
        "a.jpg",
    ],
)
def test_a_query_that_is_no_signature_stays(url: str) -> None:
    assert normal({"url": url}) == {"url": url}


def test_a_file_that_stands_for_a_url_stays() -> None:
    assert normal({"url": PHOTO}) == {"url": PHOTO}


def test_a_query_outside_of_urls_is_left_alone() -> None:
    assert normal({"name": "a?sig=1"}) == {"name": "a?sig=1"}


def test_equal_means_equal_in_canonical_form() -> None:
    value_of_a_switch = True
    assert same({"a": 1, "b": 2}, {"b": 2, "a": 1})
    assert not same({"a": 1}, {"a": True})
    assert not same({"a": 1}, {})
    assert not same({"a": None}, {})
    assert not same(1, value_of_a_switch)
    assert not same(PHOTO, "a.jpg")


def test_nulls_equal_absent_keys_on_the_platform() -> None:
    assert without_nulls({"a": None, "b": 0, "c": ""}) == {"b": 0, "c": ""}


def test_a_digest_does_not_depend_on_the_order_of_keys() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest({"a": 1}) != digest({"a": True})
    assert len(digest("x")) == 12
    assert len(digest("x", length=6)) == 6


@pytest.mark.parametrize(
    ("data", "text"),
    [(b"", ""), (b"\x00", "AA"), (b"\xff\xff\xff", "____"), (b"\x04\x20", "BCA")],
)
def test_bytes_are_written_six_bits_a_character(data: bytes, text: str) -> None:
    assert text64(data) == text


def test_only_objects_are_objects() -> None:
    assert is_object({})
    assert not is_object([])
    assert not is_object(None)


class TestCovers:
    """What is there covers what a manifest states."""

    @pytest.mark.parametrize(
        ("before", "stated"),
        [
            ({"a": 1, "b": 2}, {"a": 1}),
            ({}, {"a": None}),
            ({"x": [{"id": 2, "k": 1}, {"id": 1}]}, {"x": [{"id": 1}, {"id": 2}]}),
            ([{"a": 1, "b": 2}], [{"a": 1}]),
            ([], []),
            ([{"id": 1, "k": 2}], [{"k": 2}]),
            (single(0.1), 0.1),
            (0.1, 0.1),
            (1e39, 1e39),
        ],
    )
    def test_it_does(self, before: Tree, stated: Tree) -> None:
        assert covers(before, stated)

    @pytest.mark.parametrize(
        ("before", "stated"),
        [
            ({"a": 1}, {"a": True}),
            ({"a": 1}, {"a": "1"}),
            ({"a": 1}, {"a": None}),
            ([1, 2], {}),
            ({}, []),
            ([1, 2], [2, 1]),
            ([1], [1, 2]),
            ([{"id": 1}], [{"id": "1"}]),
            ([{"k": 1}], [{"id": 1}]),
            ([{"id": 1}, {"id": 2}], [{"id": 1}, {"id": 3}]),
            ([{"id": 1}], [{"id": 1}, {"id": 2}]),
            (0.1, 0.2),
            (1e39, 2e39),
            (True, 1.5),
            (16777216, 16777217),
            ("https://x/a.jpg", PHOTO),
            (None, {}),
        ],
    )
    def test_it_does_not(self, before: Tree, stated: Tree) -> None:
        assert not covers(before, stated)

    def test_a_coordinate_that_became_whole_in_32_bits_is_the_same(self) -> None:
        northing = 4649776.2246
        assert normal(single(northing)) == 4649776
        assert covers(normal(single(northing)), northing)


class TestOverlay:
    """What a manifest states laid over what is there."""

    def test_keys_that_are_not_stated_stay(self) -> None:
        before: Tree = {"a": {"x": 1, "y": 2}, "b": 3}
        assert overlay(before, {"a": {"x": 5}}) == {"a": {"x": 5, "y": 2}, "b": 3}

    def test_items_with_ids_are_a_set(self) -> None:
        before: Tree = [{"id": 2, "k": 1}, {"id": 1, "k": 1}, {"id": 3}]
        stated: Tree = [{"id": 4}, {"id": 1, "n": 2}, {"id": 2}]
        assert overlay(before, stated) == [
            {"id": 2, "k": 1},
            {"id": 1, "k": 1, "n": 2},
            {"id": 4},
        ]

    def test_items_with_names_keep_their_unstated_keys_in_the_order_stated(
        self,
    ) -> None:
        before: Tree = [{"name": "a", "is_mandatory": True}, {"name": "b", "k": 1}]
        stated: Tree = [{"name": "b"}, {"name": "a", "values": ["x"]}, {"name": "c"}]
        assert overlay(before, stated) == [
            {"name": "b", "k": 1},
            {"name": "a", "is_mandatory": True, "values": ["x"]},
            {"name": "c"},
        ]

    @pytest.mark.parametrize(
        "before", [[{"name": "a", "k": 1}, {"name": "a"}], [{"k": 1}], [1], {}, None]
    )
    def test_other_lists_are_replaced(self, before: Tree) -> None:
        assert overlay(before, [{"name": "a"}]) == [{"name": "a"}]

    @pytest.mark.parametrize(
        ("before", "stated"),
        [([{"id": 1}], [{"k": 1}]), ([{"k": 1}], [{"id": 1}])],
    )
    def test_lists_of_which_one_has_ids_are_replaced(
        self, before: Tree, stated: Tree
    ) -> None:
        assert overlay(before, stated) == stated

    def test_an_emptied_list_is_empty(self) -> None:
        assert overlay([{"id": 1}], []) == []


@pytest.mark.parametrize(
    "items", [[{"id": 1}, {"id": "1"}], [{"id": None}], [{}], [1], [{"id": 1.5}]]
)
def test_a_list_without_ids_of_its_own_is_not_keyed(items: list[Tree]) -> None:
    assert by_id(items) is None


def test_files_are_found_where_they_stand_and_replaced_there() -> None:
    tree: Tree = {"frames": [{"url": PHOTO}, {"url": "x"}], "a": 1}
    assert list(uploads(tree)) == [(("frames", 0, "url"), PHOTO)]
    assert replace_uploads(tree, lambda path, upload: f"{path}{upload.path}") == {
        "frames": [{"url": "('frames', 0, 'url')a.jpg"}, {"url": "x"}],
        "a": 1,
    }


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (("a", 0, "url"), "x"),
        (("a", 1), None),
        (("b",), None),
        (("a", "url"), None),
        ((0,), None),
        ((), {"a": [{"url": "x"}]}),
    ],
)
def test_a_place_that_is_not_there_holds_nothing(
    path: tuple[str | int, ...], found: Tree
) -> None:
    assert at({"a": [{"url": "x"}]}, path) == found


def test_every_public_value_of_core_is_frozen() -> None:
    found = {
        item
        for module in pkgutil.iter_modules(dsac.core.__path__, "dsac.core.")
        for name, item in vars(importlib.import_module(module.name)).items()
        if isinstance(item, type)
        and issubclass(item, msgspec.Struct)
        and not name.startswith("_")
    }
    assert len(found) > 40
    assert [item for item in found if not item.__struct_config__.frozen] == []


@pytest.mark.parametrize(
    "value",
    [
        {"points": [[1.0, 2.5], [3, 10.05]]},
        {"points": [[1.5, 2]], "text": '"url":', "big": 2**70},
        {"a": {"url": "https://x?X-Amz-Signature=1"}, "signed_url": "y"},
        {"bitmap": {"url": Upload("a.png", "")}, "n": None},
        [1e300, -0.0, 1e15, 1e16, True, "1.0"],
        {"half": "\ud800"},
    ],
)
def test_a_large_value_has_the_same_normal_form_found_sooner(value):
    assert normal_tree(value) == normal(value)
    assert list(map(type, leaves(normal_tree(value)))) == list(
        map(type, leaves(normal(value)))
    )


def test_a_value_that_is_nested_deeply_is_walked():
    value: Tree = [2.0]
    for _ in range(100):
        value = [value]
    assert canonical(normal_tree(value)) == canonical(normal(value))
    assert has_url(value)


def leaves(value: Tree) -> Iterator[Tree]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from leaves(item)
    else:
        yield value


@pytest.mark.parametrize("value", [math.inf, [math.nan]])
def test_what_json_can_not_say_is_refused_in_large_values_too(value):
    with pytest.raises(ValueError, match="JSON"):
        normal_tree({"points": value})


def test_a_key_url_is_found_anywhere_and_in_no_text():
    assert has_url([{"a": [{"url": 1}]}])
    assert not has_url({"a": '{"url":1}', "urls": 1, "b": "url"})
    assert has_url({"half": "\ud800"})  # nobody knows
