"""What differs in labels, in words."""

import pytest

from dsac.core.label_changes import How, InstanceChange, LabelDifference
from dsac.render.instances import changed_instance, difference_lines


def changed(**more: object) -> InstanceChange:
    return InstanceChange(id=9, change=How.CHANGED, **more)  # type: ignore[arg-type]


def sized(before: float, after: float, **more: object) -> InstanceChange:
    more = {"unit": "pixels", **more}
    return changed(size_before=before, size_after=after, **more)


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (sized(100, 112, iou=0.8399), "instance 9 grew by 12 % (IoU 0.83)"),
        (sized(100, 50, iou=0.5), "instance 9 shrank by 50 % (IoU 0.50)"),
        (sized(1000, 1001, iou=0.999), "instance 9 grew by less than 1 % (IoU 0.99)"),
        (sized(100, 100, iou=0.25), "instance 9 moved (IoU 0.25)"),
        (sized(100, 0, iou=0), "instance 9 lost all its pixels"),
        (sized(0, 100, iou=0), "instance 9 got its first pixels"),
        (sized(7, 0, unit="points"), "instance 9 lost all its points"),
        (sized(7, 0, unit="area", iou=0), "instance 9 shrank to nothing"),
        (sized(0, 7, unit="area", iou=0), "instance 9 grew from nothing"),
        (sized(0, 0, unit="area", iou=0), "instance 9 moved"),
        (
            sized(7, 7, unit="area", iou=1),
            "instance 9 has other points in the same place",
        ),
        (changed(iou=0.2), "instance 9 changed (IoU 0.20)"),
        (sized(10, 20, distance=0), "instance 9 grew by 100 %"),
        (sized(10, 20), "instance 9 grew by 100 %"),
        (changed(distance=4.56), "instance 9 moved by up to 4.56"),
        (
            changed(category_before="cat", category_after="dog", iou=1.0),
            "instance 9: cat -> dog",
        ),
        (
            sized(4, 5, category_after="dog", iou=0.8, fields=("attributes",)),
            (
                "instance 9: (no category) -> dog, grew by 25 % (IoU 0.80), "
                "with other attributes"
            ),
        ),
        (
            sized(4, 5, iou=0.8, fields=("a", "b\x1b")),
            "instance 9 grew by 25 % (IoU 0.80), with other a, b\\x1b",
        ),
        (changed(fields=("track_id",)), "instance 9: with other track_id"),
        (changed(previous_id=3, iou=1.0), "instance 9: was instance 3"),
        (
            sized(4, 5, iou=0.8, place="frames[3]"),
            "instance 9 in frames[3] grew by 25 % (IoU 0.80)",
        ),
    ],
)
def test_a_changed_instance(item: InstanceChange, text: str) -> None:
    assert changed_instance(item) == text


def came(key: int, how: How, **more: object) -> InstanceChange:
    return InstanceChange(id=key, change=how, **more)  # type: ignore[arg-type]


def test_what_came_and_went_is_one_line_each() -> None:
    items = (
        came(1, How.ADDED, category_after="dog"),
        came(2, How.ADDED, place="frames[1]"),
        *(came(key, How.REMOVED, category_before="cat") for key in range(10)),
    )
    lines = [
        line.text.strip() for line in difference_lines(LabelDifference(instances=items))
    ]
    assert lines == [
        "+ 2 instances added: 1 (dog), 2 (frames[1])",
        (
            "- 10 instances removed: 0 (cat), 1 (cat), 2 (cat), 3 (cat), 4 (cat), "
            "5 (cat), 6 (cat), 7 (cat) and 2 more"
        ),
    ]
    only = (came(5, How.ADDED),)
    (line,) = difference_lines(LabelDifference(instances=only))
    assert line.text.strip() == "+ 1 instance added: 5"


def test_pixels_that_could_not_be_read_are_said_so() -> None:
    (line,) = difference_lines(LabelDifference(problem="it is \x1b private"))
    assert line.text.strip() == "(pixels are not compared: it is \\x1b private)"


def test_each_instance_that_changed_has_a_line() -> None:
    items = (changed(distance=1), sized(1, 2))
    lines = [line.text for line in difference_lines(LabelDifference(instances=items))]
    assert lines == [
        "      ~ instance 9 moved by up to 1",
        "      ~ instance 9 grew by 100 %",
    ]
