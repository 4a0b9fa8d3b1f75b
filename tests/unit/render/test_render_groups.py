"""Many changes that are alike become a few lines, without a look at each in depth."""

import pytest
from msgspec import UNSET, structs

from dsac.core.change import Action, Change
from dsac.core.fields import field_changes
from dsac.render import render_plan, view
from dsac.render.groups import MOST, fields_of, fold
from tests.factories import make_change, make_plan, make_sample


def changed(before: dict[str, object], after: dict[str, object]) -> Change:
    sample = make_sample()
    return structs.replace(
        make_change(),
        before=structs.replace(sample, **before),
        after=structs.replace(sample, **after),
    )


def text_of(*changes: Change, form: str = "text") -> str:
    return render_plan(make_plan(*changes), form=form)


def test_names_that_are_alike_but_for_digits_are_one_pattern() -> None:
    names = ["cam0/01", "cam0/2", "cam1/300", "front", "rear"]
    folded = fold(make_change(name=name) for name in names)
    found = [[item.address.sample for item in one.changes] for one in folded.patterns]
    assert found == [["cam0/01", "cam0/2", "cam1/300"], ["front"], ["rear"]]
    assert (folded.others, folded.changes) == (0, 0)


@pytest.mark.parametrize(
    ("names", "ends"),
    [
        (["s0", "s1", "s10", "s11", "s2", "s9"], ("s0", "s11")),
        (["s10", "s9"], ("s9", "s10")),
        (["s01", "s02", "s10"], ("s01", "s10")),
        (["s1"], ("s1", "s1")),
    ],
)
def test_a_pattern_goes_from_its_lowest_number_to_its_highest(names, ends) -> None:
    (pattern,) = fold(make_change(name=name) for name in names).patterns
    found = (pattern.first.address.sample, pattern.last.address.sample)
    assert found == ends


def test_the_largest_patterns_are_shown_in_the_order_of_their_first_changes() -> None:
    letters = "abcdefghijkl"
    names = [f"{letter}-{key}" for key in (1, 2) for letter in letters[-MOST:]]
    folded = fold(make_change(name=name) for name in [*letters, *names])
    starts = [item.first.address.sample for item in folded.patterns]
    assert starts == [f"{letter}-1" for letter in letters[-MOST:]]
    assert (folded.others, folded.changes) == (len(letters), len(letters))


@pytest.mark.parametrize(
    ("before", "after", "paths"),
    [
        ({"priority": 1}, {"priority": 2}, ["priority"]),
        ({"priority": 1}, {"priority": 1}, []),
        ({"priority": UNSET}, {"priority": 0}, ["priority"]),
        ({"readme": "x"}, {"readme": UNSET}, []),
        ({"metadata": {"a": 1, "b": 2}}, {"metadata": {"a": 1}}, ["metadata.b"]),
        ({"metadata": {"a": 1}}, {"metadata": {"a": True}}, ["metadata.a"]),
        ({"metadata": {}}, {"metadata": {"b": None}}, ["metadata.b"]),
        ({"metadata": {"a": 1}}, {"metadata": None}, ["metadata"]),
        ({"metadata": UNSET}, {"metadata": {"a": 1}}, ["metadata"]),
        (
            {"attributes": {"image": {"url": "x", "w": 1}}, "priority": 1},
            {"attributes": {"image": {"url": "y", "w": 1}}, "priority": 2},
            ["attributes.image", "priority"],
        ),
    ],
)
def test_fields_that_differ_are_named_down_to_their_keys(
    before: dict[str, object], after: dict[str, object], paths: list[str]
) -> None:
    assert [path for path, _ in fields_of([changed(before, after)])] == paths


def test_what_comes_or_goes_has_no_fields_that_differ() -> None:
    gone = [make_change(Action.CREATE), make_change(Action.DELETE)]
    assert fields_of(gone) == []


def test_a_group_tells_the_patterns_of_its_names_and_the_fields_that_differ() -> None:
    cams = [make_change(name=f"cam{number}") for number in range(20)]
    more = structs.replace(
        changed({"metadata": {"a": 1}}, {"metadata": {"a": 2, "b": 1}}),
        address=make_change(name="rear").address,
    )
    assert (
        "  # 21 samples will be updated in-place in jane/flowers\n"
        "  ~ sample cam0 .. cam19  (20)\n"
        "  ~ sample rear  (1)\n"
        "      (--verbose lists them)\n"
        "      ~ priority (20), metadata.a (1), metadata.b (1)\n"
    ) in text_of(*cams, more)


def test_patterns_and_fields_beyond_the_bound_are_counted() -> None:
    metadata = {f"key{number:02}": number for number in range(MOST + 2)}
    changes = [
        structs.replace(
            changed({"metadata": {}}, {"metadata": metadata}),
            address=make_change(name=name).address,
        )
        for name in "abcdefghijklmnopqrstu"
    ]
    text = text_of(*changes)
    assert text.count("  ~ sample ") == MOST
    assert f"      ({21 - MOST} more of {21 - MOST} other patterns, --verbose" in text
    assert f"metadata.key{MOST - 1:02} (21), and 2 more fields\n" in text


@pytest.mark.parametrize(
    ("form", "most"), [("text", view.MANY), ("markdown", 4 * view.MANY)]
)
def test_of_a_plan_of_thousands_only_what_is_shown_is_compared_in_depth(
    form: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = (Action.CREATE, Action.UPDATE, Action.DELETE, Action.UPDATE)
    changes = [make_change(kinds[key % 4], name=f"s{key:05}") for key in range(10_000)]
    few = [make_change(Action.RENAME, name=f"t{key}") for key in range(view.MANY)]
    asked = []

    def noted(before: object, after: object) -> object:
        asked.append(after)
        return field_changes(before, after)  # type: ignore[arg-type]

    monkeypatch.setattr(view, "field_changes", noted)
    text_of(*changes, *few, form=form)
    assert 0 < len(asked) <= most


def test_the_text_of_a_plan_of_thousands_is_short() -> None:
    kinds = (Action.CREATE, Action.UPDATE, Action.DELETE)
    names = [f"{'ab'[key % 2]}{'/x' * (key % 40)}-{key:05}" for key in range(10_000)]
    changes = [make_change(kinds[key % 3], name=name) for key, name in enumerate(names)]
    assert len(text_of(*changes).splitlines()) < len(kinds) * (MOST + 6)
