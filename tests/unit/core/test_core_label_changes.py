"""What differs between two labels, instance by instance."""

from math import pi
from typing import Any

import pytest
from msgspec import UNSET

from dsac.core import nearby
from dsac.core.change import Change
from dsac.core.instances import Id, layers
from dsac.core.label_changes import How, LabelDifference, Places, label_difference
from dsac.core.resources import Address, Label
from dsac.core.values import Tree
from tests.factories import JANE

Drawn = dict[str, Tree]
NAMES: dict[Id, str] = {1: "cat", 2: "dog"}


def compared(
    before: dict[str, Tree] | None,
    after: dict[str, Tree] | None,
    *,
    pixels: Places | None = None,
    problem: str = "",
) -> LabelDifference:
    change = Change(
        address=Address.label(JANE, "a.jpg", "predictions"),
        before=None if before is None else Label(attributes=before),
        after=None if after is None else Label(attributes=after),
    )
    return label_difference(change, NAMES, pixels=pixels, problem=problem)


def drawn(key: Id, points: Tree, form: str = "bbox", **more: Tree) -> Drawn:
    return {"id": key, "category_id": 1, "type": form, "points": points, **more}


def box(key: Id, x: float, y: float, side: float = 10, **more: Tree) -> Tree:
    corners: Tree = [[x, y], [x + side, y + side]]
    return drawn(key, corners, "bbox", **more)


def told(found: LabelDifference) -> list[dict[str, Any]]:
    """Give what is known of each instance, without what is not."""
    return [
        {
            name: value
            for name in item.__struct_fields__
            if (value := getattr(item, name)) not in {None, "", ()}
        }
        for item in found.instances
    ]


def labelled(*annotations: Tree, **more: Tree) -> dict[str, Tree]:
    return {"annotations": list(annotations), **more}


def test_another_class() -> None:
    found = compared(labelled(box(7, 0, 0)), labelled(box(7, 0, 0, category_id=2)))
    assert told(found) == [
        {
            "id": 7,
            "change": How.CHANGED,
            "category_before": "cat",
            "category_after": "dog",
            "size_before": 100,
            "size_after": 100,
            "unit": "area",
            "iou": 1,
        }
    ]


def test_another_size() -> None:
    found = compared(labelled(box(9, 0, 0)), labelled(box(9, 0, 0, 20), box(1, 0, 0)))
    changed, added = found.instances
    assert (changed.id, changed.iou, changed.size_after) == (9, 0.25, 400)
    assert (added.id, added.change, added.category_after) == (1, How.ADDED, "cat")
    assert (added.category_before, added.size_before, added.size_after) == (
        None,
        None,
        100,
    )


def test_what_is_the_same_is_counted() -> None:
    both = labelled(box(1, 0, 0), box(2, 5, 5))
    assert compared(both, both) == LabelDifference(unchanged=2)


def test_the_id_decides_before_the_place() -> None:
    found = compared(
        labelled(box(1, 0, 0), box(2, 50, 50)), labelled(box(1, 50, 50), box(2, 0, 0))
    )
    assert [(item.id, item.iou) for item in found.instances] == [(1, 0), (2, 0)]


def test_of_other_ids_the_most_alike_are_one() -> None:
    before = labelled(box(1, 0, 0), box(2, 100, 0), box(3, 200, 0))
    after = labelled(box(11, 1, 0), box(12, 0, 0), box(13, 102, 0), box(14, 209, 0))
    found = compared(before, after)
    pairs = {(item.previous_id, item.id) for item in found.instances}
    assert pairs == {(1, 12), (2, 13), (None, 11), (None, 14), (None, 3)}
    hows = {item.id: item.change for item in found.instances}
    assert hows[14] is hows[11] is How.ADDED
    assert hows[3] is How.REMOVED


def test_too_many_pairs_are_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = labelled(box(1, 0, 0)), labelled(box(2, 0, 0))
    assert [item.previous_id for item in compared(before, after).instances] == [1]
    monkeypatch.setattr(nearby, "MANY", 0)
    hows = [item.change for item in compared(before, after).instances]
    assert hows == [How.ADDED, How.REMOVED]


def test_what_else_differs_is_named() -> None:
    before = labelled(box(1, 0, 0, attributes={"color": "red"}, track_id=1, zone=3))
    after = labelled(
        box(1, 0, 0, attributes={"color": "blue"}, is_keyframe=True, zone=3)
    )
    (item,) = compared(before, after).instances
    assert item.fields == ("attributes", "is_keyframe", "track_id")
    assert item.iou == 1


def test_another_form_has_no_unit_but_an_overlap() -> None:
    ring: Tree = [[0, 0], [10, 0], [10, 10], [0, 10]]
    (item,) = compared(
        labelled(box(1, 0, 0)), labelled(drawn(1, ring, "polygon"))
    ).instances
    assert (item.unit, item.iou, item.fields) == (None, 1, ("type",))


def test_a_polygon_that_shrinks() -> None:
    before: Tree = [[0, 0], [10, 0], [10, 10], [0, 10]]
    after: Tree = [[0, 0], [10, 0], [0, 10]]
    (item,) = compared(
        labelled(drawn("a", before, "polygon")), labelled(drawn("a", after, "polygon"))
    ).instances
    assert (item.size_before, item.size_after) == (100, 50)
    assert item.iou == pytest.approx(0.5)


def test_lines_and_points_are_measured_by_distance() -> None:
    line: Tree = [[0, 0], [10, 0]]
    before = labelled(drawn(1, line, "polyline"), drawn(2, [[5, 5]], "point"))
    after = labelled(
        drawn(1, [[0, 3], [10, 4]], "polyline"), drawn(8, [[5, 9]], "point")
    )
    one, two = compared(before, after).instances
    assert (one.distance, one.iou, one.unit) == (4, None, "length")
    assert (two.previous_id, two.id, two.distance) == (2, 8, 4)
    assert (two.unit, two.size_before) == (None, None)


def test_points_that_lie_apart_are_two() -> None:
    found = compared(
        labelled(drawn(2, [[5, 5]], "point")), labelled(drawn(8, [[5, 16]], "point"))
    )
    assert len(found.instances) == 2


PIXELS = {"": {(0, 0): 1000, (1, 1): 60, (1, 0): 40, (0, 1): 20, (2, 3): 50, (4, 4): 5}}


def ids(*keys: int, url: str) -> dict[str, Tree]:
    rows: list[Tree] = [{"id": key, "category_id": 1} for key in keys]
    return {"annotations": rows, "segmentation_bitmap": {"url": url}}


def test_pixels_tell_area_and_overlap() -> None:
    found = compared(ids(1, 2, 4, 5, url="a"), ids(1, 3, 4, 6, url="b"), pixels=PIXELS)
    one, two, *others = found.instances
    assert (one.size_before, one.size_after, one.unit) == (100, 80, "pixels")
    assert one.iou == 0.5
    assert (two.previous_id, two.id, two.iou) == (2, 3, 1)
    assert [(item.id, item.change) for item in others] == [
        (6, How.ADDED),
        (5, How.REMOVED),
    ]
    assert found.unchanged == 1


def test_the_same_bitmap_is_the_same_pixels() -> None:
    found = compared(ids(1, 2, url="a"), ids(1, 3, url="a"))
    assert [(item.id, item.change) for item in found.instances] == [
        (3, How.ADDED),
        (2, How.REMOVED),
    ]
    assert found.unchanged == 1


def test_pixels_that_nobody_read_are_not_called_the_same() -> None:
    after = ids(1, 2, url="b")
    rows = after["annotations"]
    assert isinstance(rows, list)
    rows[1] = {"id": 2, "category_id": 2}
    found = compared(ids(1, 2, url="a"), after, problem="it is private")
    assert told(found) == [
        {
            "id": 2,
            "change": How.CHANGED,
            "category_before": "cat",
            "category_after": "dog",
        }
    ]
    assert (found.unchanged, found.problem) == (0, "it is private")


def test_ids_that_are_no_numbers_have_no_pixels() -> None:
    rows: list[Tree] = [{"id": "a", "category_id": 1}]
    attributes: dict[str, Tree] = {"annotations": rows}
    found = compared(attributes, None, pixels=PIXELS)
    assert [(item.id, item.size_before) for item in found.instances] == [("a", None)]
    assert compared(attributes, attributes, pixels=PIXELS) == LabelDifference()


def test_points_of_a_cloud_are_counted() -> None:
    before: dict[str, Tree] = labelled(
        {"id": 1, "category_id": 1},
        {"id": 2, "category_id": 9},
        point_annotations=[1, 1, 1, 2, 0],
    )
    after = labelled(
        {"id": 1, "category_id": 1},
        {"id": 3, "category_id": None},
        point_annotations=[1, 1, 0, 3, 3, 3],
    )
    found = compared(before, after)
    assert told(found) == [
        {
            "id": 1,
            "change": How.CHANGED,
            "category_before": "cat",
            "category_after": "cat",
            "size_before": 3,
            "size_after": 2,
            "unit": "points",
            "iou": 2 / 3,
        },
        {"id": 3, "change": How.ADDED, "size_after": 3, "unit": "points"},
        {
            "id": 2,
            "change": How.REMOVED,
            "category_before": "category 9",
            "size_before": 1,
            "unit": "points",
        },
    ]
    assert len(compared(None, after).instances) == 2


def cuboid(x: float = 0.0, z: float = 0.0, *, yaw: float = 0, high: float = 2) -> Drawn:
    return {
        "id": 1,
        "category_id": 1,
        "type": "cuboid",
        "position": {"x": x, "y": 0, "z": z},
        "dimensions": {"x": 4, "y": 2, "z": high},
        "yaw": yaw,
    }


@pytest.mark.parametrize(
    ("after", "iou"),
    [
        (cuboid(2), 1 / 3),
        (cuboid(z=1), 1 / 3),
        (cuboid(z=2), 0),
        (cuboid(9), 0),
        (cuboid(yaw=pi), 1),
        (cuboid(yaw=pi / 2), 1 / 3),
        (cuboid(high=4), 0.5),
        (cuboid(high=0), 0),
    ],
)
def test_cuboids_overlap_in_space(after: Tree, iou: float) -> None:
    (item,) = compared(labelled(cuboid()), labelled(after)).instances
    assert item.iou == pytest.approx(iou)
    assert (item.size_before, item.unit) == (16, "volume")


def test_a_cuboid_without_volume_overlaps_nothing() -> None:
    (item,) = compared(labelled(cuboid(high=0)), labelled(cuboid(1, high=0))).instances
    assert item.iou == 0


def test_a_box_and_a_cuboid_are_compared_from_above() -> None:
    flat = box(1, -2, -2, 4)
    (item,) = compared(labelled(cuboid()), labelled(flat)).instances
    assert item.iou == pytest.approx(0.5)


def test_frames_and_sensors_are_matched_by_place() -> None:
    def frames(*rows: dict[str, Tree]) -> list[Tree]:
        return list(rows)

    before: dict[str, Tree] = {
        "frames": frames(labelled(box(1, 0, 0)), labelled(box(1, 0, 0)))
    }
    after: dict[str, Tree] = {
        "frames": [labelled(box(1, 0, 0)), labelled(box(1, 5, 0)), labelled(), None]
    }
    found = compared(before, after)
    assert [item.place for item in found.instances] == ["frames[1]"]
    assert found.unchanged == 1
    sensors: dict[str, Tree] = {
        "sensors": [
            {"name": "front", "attributes": before},
            {"attributes": labelled(box(3, 0, 0))},
            {"name": "empty", "attributes": []},
        ]
    }
    places = {item.place for item in compared(sensors, None).instances}
    assert places == {
        "sensors[front].frames[0]",
        "sensors[front].frames[1]",
        "sensors[1]",
    }


@pytest.mark.parametrize(
    "odd",
    [
        {"id": 1},
        {"id": 1, "type": 7, "points": [[1, 2]]},
        {"id": 1, "type": "bbox"},
        {"id": 1, "type": "bbox", "points": []},
        {"id": 1, "type": "bbox", "points": [[1], [2]]},
        {"id": 1, "type": "bbox", "points": [["a", 2], [3, 4]]},
        {"id": 1, "type": "bbox", "points": [[True, 2], [3, 4]]},
        {"id": 1, "type": "bbox", "points": [[1e300, 2], [3, 4]]},
        {"id": 1, "type": "bbox", "points": [5]},
        {"id": 1, "type": "star", "points": [[1, 2], [3, 4]]},
        {"id": 1, "type": "polyline", "points": [[1, 2, 3], [3, 4, 5]]},
        {"id": 1, "type": "cuboid"},
        {"id": 1, "type": "cuboid", "position": {"x": 1}, "dimensions": {"x": 1}},
    ],
)
def test_odd_annotations_have_no_shape(odd: Tree) -> None:
    label = Label(attributes=labelled(odd))
    (instance,) = layers(label)[""].instances.values()
    assert (instance.form, instance.size) == ("", None)


@pytest.mark.parametrize(
    ("before", "after", "fields"),
    [
        (
            drawn(1, [[0, 0, 0], [9, 0, 0]], "polyline"),
            drawn(1, [[0, 0, 0], [9, 5, 0]], "polyline"),
            ("points",),
        ),
        (drawn(1, [[1e12, 0]], "point"), drawn(1, [[2e12, 0]], "point"), ("points",)),
        (drawn(1, [], "polygon"), drawn(1, [[0, 0], [9, 0]], "polygon"), ("points",)),
        (drawn(1, [], "star"), drawn(1, [], "moon"), ("type",)),
        (
            cuboid() | {"rotation": {"qx": 0, "qy": 0, "qz": 0, "qw": 1}},
            cuboid() | {"rotation": {"qx": 1, "qy": 0, "qz": 0, "qw": 0}},
            ("rotation",),
        ),
        (cuboid(), cuboid() | {"type": "cuboid-sync"}, ("type",)),
    ],
)
def test_what_has_no_shape_here_may_be_drawn_otherwise(
    before: Drawn, after: Drawn, fields: tuple[str, ...]
) -> None:
    (item,) = compared(labelled(before), labelled(after)).instances
    assert (item.change, item.fields) == (How.CHANGED, fields)
    same = compared(labelled(before), labelled(before))
    assert same.instances == ()


def test_of_one_id_each_instance_is_compared() -> None:
    before = labelled(box(7, 0, 0), box(7, 20, 0), box(7, 40, 0))
    after = labelled(box(7, 0, 0), box(7, 20, 0, 20), box(7, 40, 0, category_id=2))
    found = compared(before, after)
    assert [(item.id, item.iou) for item in found.instances] == [
        ("7 (2)", 0.25),
        ("7 (3)", 1.0),
    ]
    assert found.unchanged == 1


def test_annotations_without_an_id_are_passed_over() -> None:
    label = Label(attributes=labelled(None, {"id": None}, {"id": [1]}, {"id": 2}))
    assert list(layers(label)[""].instances) == [2]
    assert layers(Label(attributes=UNSET)) == layers(None) == {}
