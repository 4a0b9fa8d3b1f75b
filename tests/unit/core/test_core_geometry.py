"""Areas, overlaps and distances of shapes."""

from math import cos, pi, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsac.core.geometry import (
    EXACT,
    Points,
    apart,
    area,
    box,
    farthest,
    iou,
    length,
    overlap,
)

SQUARE: Points = ((0, 0), (10, 0), (10, 10), (0, 10))
COORDINATES = st.integers(-50, 50).map(float)
PLACES = st.tuples(COORDINATES, COORDINATES)
RINGS = st.lists(PLACES, min_size=3, max_size=8)


def moved(ring: Points, x: float, y: float) -> Points:
    return tuple((a + x, b + y) for a, b in ring)


def circle(corners: int, radius: float = 10) -> Points:
    turns = [2 * pi * number / corners for number in range(corners)]
    return tuple((radius * cos(turn), radius * sin(turn)) for turn in turns)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (SQUARE, 1),
        (moved(SQUARE, 5, 0), 1 / 3),
        (moved(SQUARE, 0, 5), 1 / 3),
        (moved(SQUARE, 5, 5), 25 / 175),
        (moved(SQUARE, 10, 0), 0),
        (((0, 0), (10, 0), (0, 10)), 0.5),
        (((2, 2), (4, 2), (4, 4), (2, 4)), 0.04),
        ((), 0),
        (((3, 3), (3, 3)), 0),
    ],
)
def test_the_overlap_of_a_square(other: Points, expected: float) -> None:
    assert iou(SQUARE, other) == pytest.approx(expected)
    assert iou(other, SQUARE) == pytest.approx(expected)


def test_edges_that_cross_between_corners_are_exact() -> None:
    up: Points = ((0, 0), (10, 0), (5, 10))
    down: Points = ((0, 10), (10, 10), (5, 0))
    assert overlap(up, down) == pytest.approx((50, 50, 25))


def test_what_is_inside_twice_is_outside() -> None:
    bow: Points = ((0, 0), (10, 10), (10, 0), (0, 10))
    assert overlap(bow, SQUARE) == pytest.approx((50, 100, 50))


def test_polygons_of_many_corners_are_close() -> None:
    many = EXACT * 4
    ring = circle(many)
    assert iou(ring, ring) == 1
    # Two circles of radius 10, their middles 10 apart.
    shared = 2 * 100 * pi / 3 - 50 * 3**0.5
    expected = shared / (200 * pi - shared)
    assert iou(ring, moved(ring, 10, 0)) == pytest.approx(expected, abs=0.002)


@given(RINGS, RINGS)
def test_an_overlap_is_a_share_and_the_same_both_ways(one: Points, two: Points) -> None:
    found = iou(one, two)
    assert 0 <= found <= 1 + 1e-9
    assert found == pytest.approx(iou(two, one))
    mine, theirs, both = overlap(one, two)
    assert both <= min(mine, theirs) + 1e-6
    if apart(one, two):
        assert both == pytest.approx(0)


@given(PLACES, PLACES)
def test_the_area_of_a_box(one: tuple[float, float], two: tuple[float, float]) -> None:
    ring = box((one, two))
    expected = abs(one[0] - two[0]) * abs(one[1] - two[1])
    assert area(ring) == expected
    assert area(ring[::-1]) == expected


def test_lengths_and_distances() -> None:
    assert area(()) == 0
    assert length(((0, 0), (3, 4), (3, 10))) == 11
    assert farthest(((0, 0),), ((3, 4),)) == 5
    assert farthest(((0, 0), (10, 0)), ((0, 3), (10, 4))) == 4
    assert farthest(((0, 0), (10, 0)), ((2, 0), (2, 0))) == 8
    assert farthest(((0, 0), (10, 0)), ((0, 0), (5, 0), (10, 0))) == 0
