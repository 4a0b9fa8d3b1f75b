"""Task attributes: what the platform's own SDK can read is taken, and no more."""

from typing import Any

import pydantic
import pytest
import segments.typing

CATEGORY = {"id": 1, "name": "rose"}


def with_category(**more: Any) -> dict[str, Any]:
    return {"categories": [{**CATEGORY, **more}]}


def with_attribute(**more: Any) -> dict[str, Any]:
    return with_category(attributes=[{"name": "color", **more}])


def with_link(**more: Any) -> dict[str, Any]:
    return with_category(link_attributes=[{"name": "kind", **more}])


def with_rule(**more: Any) -> dict[str, Any]:
    return {**with_category(), "warning_rules": [more]}


TAKEN: list[dict[str, Any]] = [
    with_category(),
    {**with_category(), "format_version": 0.1, "image_attributes": None},
    {**with_category(), "circle_radius": 4, "a key of ours": {"deep": [1]}},
    with_category(color=[1, 2, 3], has_instances=True, more="of ours"),
    with_category(color=[1, 2, 3, 255], attributes=[], dimensions={"x": 1, "z": 2.5}),
    with_category(color=None, has_instances=None, dimensions=None, attributes=None),
    with_category(link_category_restrictions=[]),
    with_attribute(input_type="select", values=["a"], default_value="a"),
    with_attribute(input_type="select", values=[], is_mandatory=True),
    with_attribute(input_type="multiselect", values=["a"], is_track_level=False),
    with_attribute(input_type="text", default_value="", synced_across_sensors=True),
    with_attribute(input_type="text", sensor_filter="lidar", more=1),
    with_attribute(input_type="number", min=1, max="5", step="", default_value=2.5),
    with_attribute(input_type="number", min=None, default_value="2"),
    with_attribute(input_type="checkbox", default_value=False),
    *[with_attribute(input_type=kind) for kind in ("vector3", "quaternion", "points")],
    {**with_category(), "image_attributes": [{"name": "a", "input_type": "text"}]},
    with_link(input_type="select", values=["a"]),
    with_rule(name="intersecting-cuboids", excluded_categories=[1]),
    with_rule(name="intersecting-cuboids", excluded_set_of_categories=[1, 2]),
    with_rule(name="cuboid-dimension-limits", categories=[1], min={"x": 1}, max={}),
]

REFUSED: list[dict[str, Any]] = [
    {**with_category(), "format_version": {}},
    {**with_category(), "image_attributes": {}},
    {**with_category(), "image_attributes": ["a"]},
    {**with_category(), "warning_rules": {}},
    with_category(color="red"),
    with_category(color=[1, 2]),
    with_category(color=[0.5, 1, 2]),
    with_category(color=[1, 2, 3, 4, 5]),
    with_category(has_instances=[]),
    with_category(attributes="a"),
    with_category(dimensions=[1, 2, 3]),
    with_category(dimensions={"x": "wide"}),
    with_category(link_category_restrictions=["rose"]),
    with_attribute(),
    with_attribute(input_type="nonsense"),
    with_attribute(input_type=["text"]),
    with_attribute(input_type="text", name=None),
    with_attribute(input_type="text", default_value=1),
    with_attribute(input_type="text", is_mandatory="perhaps"),
    with_attribute(input_type="text", sensor_filter=1),
    with_attribute(input_type="select"),
    with_attribute(input_type="select", values=[1]),
    with_attribute(input_type="number", max="many"),
    with_attribute(input_type="number", default_value="many"),
    with_attribute(input_type="checkbox", default_value=[]),
    with_link(input_type="points"),
    with_rule(),
    with_rule(name=["a"]),
    with_rule(name="no-such-rule"),
    with_rule(name="intersecting-cuboids", excluded_categories=["rose"]),
    with_rule(name="cuboid-dimension-limits", min=3),
]


@pytest.mark.parametrize("value", TAKEN)
def test_what_is_documented_is_taken_as_it_stands(api, value: dict[str, Any]):
    segments.typing.TaskAttributes.model_validate(value)
    body = {"name": "flowers", "task_attributes": value}
    assert api("POST", "/user/datasets/", body, expect=201)["task_attributes"] == value


@pytest.mark.parametrize("value", REFUSED)
def test_what_the_sdk_can_not_read_is_refused(api, value: dict[str, Any]):
    with pytest.raises(pydantic.ValidationError):
        segments.typing.TaskAttributes.model_validate(value)
    body = {"name": "flowers", "task_attributes": value}
    found = api("POST", "/user/datasets/", body, expect=400)
    assert found.keys() == {"task_attributes"}


def test_a_radius_is_a_number(api):
    value = {**with_category(), "circle_radius": "wide"}
    body = {"name": "flowers", "task_attributes": value}
    found = api("POST", "/user/datasets/", body, expect=400)
    expected = "task_attributes.circle_radius: a number is expected."
    assert found == {"task_attributes": [expected]}


def test_a_problem_says_where_it_is(api):
    value = with_attribute(input_type="select", values=[1])
    body = {"name": "flowers", "task_attributes": value}
    found = api("POST", "/user/datasets/", body, expect=400)
    where = "categories[0].attributes[0].values"
    assert found == {"task_attributes": [f"{where}: a list of text is expected."]}
