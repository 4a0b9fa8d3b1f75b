"""Laws of a plan's digest: the same for the same plan, another for any other."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from dsac.core.change import Change, Origin
from dsac.core.plan_digest import plan_digest
from dsac.core.resources import Address
from dsac.core.selection import Selection
from tests.factories import JANE, make_loss, make_sample, make_upload
from tests.strategies import changes

LISTS = st.lists(changes(), min_size=1, max_size=4, unique_by=lambda x: x.address.order)
OTHER = Change(address=Address.of_sample("another/one", "x"), after=make_sample("x"))
RICH = Change(
    address=Address.of_sample(JANE, "a.jpg"),
    before=make_sample("a.jpg", url="https://a.example/1.jpg", priority=1),
    after=make_sample("a.jpg", url=make_upload(), priority=1),
    stated={"image": {"url": make_upload()}},
    uuid="uuid-a",
    owned=True,
    losses=(make_loss("a.jpg"), make_loss("b.jpg")),
    evidence=("one", "two"),
)


def digest(*found: Change, **more: Any) -> str:
    about: dict[str, Any] = {"project": "flowers", "remote": "local", **more}
    return plan_digest(found, **about)


@given(LISTS, st.randoms(use_true_random=False), st.booleans())
def test_neither_order_nor_words_nor_what_is_held_counts(found, chance, held):
    otherwise = [
        structs.replace(
            change,
            held="" if held else "it waits",
            reason="in other words",
            origin=Origin.DRIFT,
            also=("metadata",),
            losses=change.losses[::-1],
            evidence=change.evidence[::-1],
        )
        for change in found
    ]
    chance.shuffle(otherwise)
    assert digest(*found) == digest(*otherwise)


@given(LISTS, st.data())
def test_one_change_more_or_less_is_another_plan(found, data):
    less = [*found]
    less.remove(data.draw(st.sampled_from(found)))
    assert len({digest(*found), digest(*less), digest(*found, OTHER)}) == 3


@pytest.mark.parametrize(
    "otherwise",
    [
        {"address": Address.of_sample(JANE, "c.jpg")},
        {"before": make_sample("a.jpg", url="https://a.example/1.jpg", priority=2)},
        {"after": make_sample("a.jpg", url=make_upload("b.jpg"), priority=1)},
        {"after": make_sample("a.jpg", url=make_upload(), priority=True)},
        {"after": None},
        {"stated": {"image": {"url": make_upload("b.jpg")}}},
        {"uuid": "uuid-b"},
        {"previous": "old.jpg"},
        {"adopt": True},
        {"owned": False},
        {"covers": 7},
        {"replaces": "uuid-a"},
        {"losses": (make_loss("a.jpg"),)},
        {"losses": (make_loss("a.jpg", status="LABELED"), make_loss("b.jpg"))},
        {"losses": (make_loss("a.jpg", author="eve"), make_loss("b.jpg"))},
        {"evidence": ("one", "three")},
        {"evidence": ("one",)},
    ],
)
def test_whatever_differs_in_a_change_makes_it_another_plan(otherwise):
    assert digest(structs.replace(RICH, **otherwise)) != digest(RICH)


@pytest.mark.parametrize(
    "otherwise",
    [
        {"project": "trees"},
        {"remote": "https://api.segments.example"},
        {"take_over": ["trees"]},
        {"selection": Selection(target=("*",))},
        {"selection": Selection(exclude=("*",))},
        {"selection": Selection(replace=("*",))},
    ],
)
def test_another_project_platform_or_question_is_another_plan(otherwise):
    assert digest(RICH, **otherwise) != digest(RICH)


def test_flags_count_once_and_in_any_order():
    there, back = ("a", "b", "a"), ("b", "a")
    assert digest(take_over=there, selection=Selection(target=there)) == digest(
        take_over=back, selection=Selection(target=back)
    )
