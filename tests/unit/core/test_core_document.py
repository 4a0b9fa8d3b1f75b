"""Plans as JSON documents, and back."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from msgspec import structs

from dsac.core.change import Action, Change
from dsac.core.document import (
    SHAPES,
    TYPES,
    change_document,
    pictures_from,
    plan_document,
    plan_from,
    saved_plan_document,
)
from dsac.core.label_changes import How, InstanceChange, LabelDifference
from dsac.core.pictures import Pictures
from dsac.core.plan import Plan
from dsac.core.resources import Address, Kind
from dsac.core.selection import Selection
from dsac.core.shown import FORMAT_VERSION
from dsac.core.values import canonical
from dsac.errors import PlanError
from tests.factories import (
    JANE,
    make_change,
    make_dataset,
    make_label,
    make_loss,
    make_plan,
    make_sample,
    make_upload,
)
from tests.strategies import PLANS

# A document is JSON, and tests reach into it.
Document = dict[str, Any]


def saved(plan: Plan) -> Document:
    """Save a plan and read the text, but not yet the plan."""
    text = msgspec.json.encode(saved_plan_document(plan))
    return msgspec.json.decode(text, type=dict[str, Any])


@given(PLANS)
def test_a_saved_plan_reads_back_as_it_was(plan: Plan) -> None:
    assert canonical(plan_from(saved(plan))) == canonical(plan)
    assert plan_from(saved(plan)) == plan


@given(PLANS)
def test_a_shown_plan_is_part_of_the_saved_one(plan: Plan) -> None:
    document = msgspec.json.decode(msgspec.json.encode(saved_plan_document(plan)))
    for change in document["changes"]:
        del change["saved"]
    shown = plan_document(plan)
    assert {key: document[key] for key in shown} == shown


def test_every_field_of_a_resource_has_a_shape() -> None:
    fields = {field for each in TYPES.values() for field in each.__struct_fields__}
    assert fields - {"settings"} == set(SHAPES)


def test_a_shown_change_says_what_it_does_and_to_what() -> None:
    change = make_change(
        Action.RENAME, name="a:b", reason="why", held="no", losses=(make_loss(),)
    )
    assert change_document(change) == {
        "address": "jane/flowers:a%3Ab",
        "kind": "sample",
        "actions": ["rename"],
        "reason": "why",
        "held": "no",
        "losses": [
            {
                "address": "jane/flowers:violet.jpg@ground-truth",
                "status": "REVIEWED",
                "author": "bob",
            }
        ],
        "before": {"name": "a:b", "priority": 1},
        "after": {"name": "a:b", "priority": 1},
        "previous_address": "jane/flowers:old-a%3Ab",
    }


def test_what_is_not_there_is_null_and_what_is_unset_is_absent() -> None:
    document = change_document(make_change(Action.CREATE))
    assert document["before"] is None
    assert document["held"] is None
    assert "previous_address" not in document
    assert "metadata" not in document["after"]
    cleared = Change(
        address=Address.of_sample(JANE, "a"), after=make_sample(metadata=None)
    )
    assert change_document(cleared)["after"]["metadata"] is None


def test_files_settings_and_unset_fields_survive_being_saved() -> None:
    plan = make_plan(
        Change(
            address=Address.of_dataset(JANE),
            before=make_dataset(settings={"url": {"a": 1}, "description": None}),
            after=make_dataset(settings={"settings": {}}, prevent_destroy=False),
        ),
        Change(
            address=Address.label(JANE, "a", "b"),
            before=make_label(),
            after=make_label(url=make_upload(form="bitmap"), score=None),
            stated={"frames": [{"url": make_upload()}, {"url": {"path": 1}}]},
        ),
    )
    assert plan_from(saved(plan)) == plan


@pytest.mark.parametrize("version", ["2.0", "3", "10.1"])
def test_a_newer_format_is_refused_with_the_word_to_upgrade(version: str) -> None:
    with pytest.raises(PlanError, match=f"format {version}") as caught:
        plan_from({**saved(make_plan()), "format_version": version})
    assert caught.value.hint.startswith("upgrade dsac")


@pytest.mark.parametrize("document", [{}, {"format_version": "0.9"}])
def test_an_older_format_or_none_is_refused(document: Document) -> None:
    with pytest.raises(PlanError, match=f"dsac reads {FORMAT_VERSION}") as caught:
        plan_from(document)
    assert caught.value.hint == "make a new plan"


def test_a_newer_minor_format_is_read_and_its_members_ignored() -> None:
    plan = make_plan(make_change(losses=(make_loss(),)))
    document = saved(plan)
    document |= {"format_version": "1.7", "novel": 1}
    document["changes"][0] |= {"novel": 1}
    document["changes"][0]["saved"] |= {"novel": 1}
    document["changes"][0]["losses"][0] |= {"novel": 1}
    document["allow"] |= {"novel": 1}
    assert plan_from(document) == plan


Damage = Callable[[Document], object]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda plan: plan.pop("project"), "missing required field `project`"),
        (lambda plan: plan.update(changes={}), r"Expected `array`, .*\$.changes"),
        (lambda plan: plan.update(unchanged={"x": 1}), "enum value 'x'"),
        (lambda plan: plan.update(blocks=[{"address": "a"}]), "field `message`"),
        (lambda plan: plan.update(allow={"delete": "1"}), r"\$.allow.delete"),
    ],
)
def test_a_damaged_plan_says_what_is_wrong(damage: Damage, message: str) -> None:
    document = saved(make_plan(make_change()))
    damage(document)
    with pytest.raises(PlanError, match=f"the plan is damaged: .*{message}"):
        plan_from(document)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda item: item.pop("saved"), r"field `saved` - at `\$.changes\[0\]"),
        (lambda item: item["saved"].pop("uuid"), "field `uuid`"),
        (lambda item: item.update(address="flowers"), "'flowers' does not name"),
        (lambda item: item.update(before=None, after=None), "has neither before"),
        (lambda item: item["after"].pop("name"), "argument 'name'"),
        (lambda item: item["after"].update(priority=True), "priority can't be True"),
        (lambda item: item["after"].update(metadata=[]), r"metadata can't be \[\]"),
        (lambda item: item["after"].update(x=1, y=2), "a sample has no x, y"),
        (lambda item: item.update(losses=[{"address": "x"}]), "field `status`"),
    ],
)
def test_a_damaged_change_says_what_is_wrong(damage: Damage, message: str) -> None:
    document = saved(make_plan(make_change()))
    damage(document["changes"][0])
    with pytest.raises(PlanError, match=f"the plan is damaged: .*{message}"):
        plan_from(document)


def test_every_kind_has_its_type() -> None:
    assert set(TYPES) == set(Kind)


def test_a_selection_is_told_and_read_back() -> None:
    selection = Selection(target=("a*",), exclude=("b",), replace=("c",))
    plan = structs.replace(make_plan(), selection=selection, left_out=3, unread=2)
    assert plan_document(plan)["selection"] == {
        "target": ["a*"],
        "exclude": ["b"],
        "replace": ["c"],
        "left_out": 3,
        "datasets_not_read": 2,
    }
    assert plan_from(saved(plan)) == plan
    assert "selection" not in plan_document(make_plan())


def test_a_replacement_is_told_as_a_delete_and_a_create() -> None:
    change = structs.replace(make_change(), replaces="uuid-violet.jpg")
    document = change_document(change)
    assert document["actions"] == ["delete", "create"]
    assert document["before"] != document["after"]
    assert plan_from(saved(make_plan(change))) == make_plan(change)


def test_what_is_known_of_labels_is_saved_and_read_back() -> None:
    label = Change(
        address=Address.label(JANE, "a.jpg", "predictions"),
        before=make_label(),
        after=make_label(annotations=2),
    )
    found = LabelDifference(
        instances=(
            InstanceChange(id=2, change=How.ADDED, category_after="dog", size_after=5),
            InstanceChange(id="a", change=How.CHANGED, iou=0.5, fields=("track_id",)),
        ),
        unchanged=1,
        problem="why",
    )
    plan = make_plan(make_change(), label)
    pictures = Pictures(differences={label.address: found})
    encoded = msgspec.json.encode(saved_plan_document(plan, pictures))
    document = msgspec.json.decode(encoded)
    assert pictures_from(document) == pictures
    assert plan_from(document) == plan
    document["changes"][1]["label_difference"] = 7
    with pytest.raises(PlanError, match="the plan is damaged"):
        pictures_from(document)


def test_a_shown_label_tells_what_is_known_of_it() -> None:
    label = Change(
        address=Address.label(JANE, "a.jpg", "predictions"), after=make_label()
    )
    known = {label.address: LabelDifference(unchanged=3)}
    told = change_document(label, Pictures(differences=known))
    assert (told["label_difference"], told["label_instances_unchanged"]) == ([], 3)
    assert "label_problem" not in told
    assert "label_difference" not in change_document(label)
