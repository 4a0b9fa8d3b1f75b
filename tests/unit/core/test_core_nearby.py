"""Instances that may be one: what lies in one place, and nothing that is missed."""

import random

import pytest

from dsac.core.geometry import area, box, iou
from dsac.core.instances import Instance
from dsac.core.nearby import ALIKE, nearby


def bbox(key: int, x: float, y: float, side: float) -> Instance:
    ring = box(((x, y), (x + side, y + side)))
    return Instance(id=key, category=1, form="bbox", points=ring, size=area(ring))


def line(key: int, x: float, form: str = "polyline") -> Instance:
    return Instance(id=key, category=1, form=form, points=((x, 0.0), (x, 5.0)))


def found(*pairs: tuple[Instance, Instance]) -> list[tuple[int | str, int | str]]:
    return sorted((one.id, other.id) for one, other in pairs)


@pytest.mark.parametrize("seed", range(5))
def test_no_two_boxes_that_are_alike_are_missed(seed: int) -> None:
    chance = random.Random(seed)

    def some(first: int) -> list[Instance]:
        return [
            bbox(first + key, chance.uniform(0, 60), chance.uniform(0, 60), 20)
            for key in range(30)
        ]

    left, right = some(0), some(100)
    pairs = set(found(*nearby(left, right, None)))
    alike = {
        (one.id, other.id)
        for one in left
        for other in right
        if iou(one.points, other.points) >= ALIKE
    }
    assert alike
    assert alike <= pairs
    assert len(pairs) < len(left) * len(right) / 2


def test_painted_instances_are_paired_by_the_pixels_that_they_share() -> None:
    left = [Instance(id=key, category=1) for key in (1, 2)]
    right = [Instance(id=key, category=1) for key in (7, 8)]
    pixels = {(1, 7): 3, (2, 0): 5, (0, 8): 1, (9, 8): 2}
    assert found(*nearby(left, right, pixels)) == [(1, 7)]
    assert found(*nearby(left, right, None)) == []


def test_lines_are_paired_with_lines_that_are_near() -> None:
    left = [line(1, 0.0), line(2, 0.0, "point")]
    right = [line(7, 9.0), line(8, 11.0), bbox(9, 0, 0, 5)]
    assert found(*nearby(left, right, None)) == [(1, 7)]
    assert found(*nearby([bbox(3, 0, 0, 5)], [line(7, 1.0)], None)) == []


def test_cuboids_are_paired_by_their_outlines_alone() -> None:
    small = bbox(1, 0, 0, 2)
    tall = Instance(
        id=7,
        category=1,
        form="cuboid",
        points=box(((0, 0), (90, 90))),
        heights=(0.0, 2.0),
        size=16_200.0,
    )
    assert found(*nearby([small], [tall], None)) == [(1, 7)]
    assert found(*nearby([small], [bbox(8, 0, 0, 90)], None)) == []
    assert found(*nearby([small], [bbox(8, 50, 0, 2)], None)) == []
    assert found(*nearby([bbox(2, 100, 100, 2)], [tall], None)) == []
