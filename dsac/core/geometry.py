"""Plane geometry of drawn shapes: areas, overlaps, lengths and distances, in floats."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from math import dist, hypot

Point = tuple[float, float]
Points = Sequence[Point]
Edge = tuple[Point, Point]
Bounds = tuple[float, float, float, float]

EXACT = 64
"""Polygons of up to so many edges together are cut into strips in which no two edges
cross, which makes their overlap exact; others are cut into `STRIPS` even ones."""

STRIPS = 256


def area(ring: Points) -> float:
    """Give the area of a simple polygon; of a closed path that turns either way."""
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in edges(ring))) / 2


def edges(ring: Points) -> Iterator[Edge]:
    """Yield the edges of a closed path."""
    if ring:
        yield from pairwise((*ring, ring[0]))


def length(line: Points) -> float:
    """Give the length of an open path."""
    return sum(dist(a, b) for a, b in pairwise(line))


def bounds(points: Points) -> Bounds:
    """Give the box around points: left, top, right, bottom."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def box(corners: Points) -> Points:
    """Give the ring of a box from any two opposite corners."""
    left, top, right, bottom = bounds(corners)
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def apart(one: Points, other: Points) -> bool:
    """Tell whether the boxes around two shapes have no area in common."""
    a, b = bounds(one), bounds(other)
    return a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def overlap(one: Points, other: Points) -> tuple[float, float, float]:
    """Give the areas of two polygons and of what they share, inside by even-odd.

    Both are cut into the same horizontal strips. In a strip without a crossing the
    width of each piece changes evenly, so its width half way down times its height
    is its area.
    """
    lines = sorted(set(_cuts(one, other)))
    middles = [(top + bottom) / 2 for top, bottom in pairwise(lines)]
    rows = list(zip(_rows(one, middles), _rows(other, middles), strict=True))
    areas = [0.0, 0.0, 0.0]
    for (top, bottom), (mine, theirs) in zip(pairwise(lines), rows, strict=True):
        height = bottom - top
        areas[0] += height * sum(end - start for start, end in mine)
        areas[1] += height * sum(end - start for start, end in theirs)
        areas[2] += height * _shared(mine, theirs)
    return areas[0], areas[1], areas[2]


def iou(one: Points, other: Points) -> float:
    """Give the intersection over union of two polygons: 1 for the same, 0 for none."""
    if not one or not other or apart(one, other):
        return 0.0
    mine, theirs, both = overlap(one, other)
    whole = mine + theirs - both
    return both / whole if whole > 0 else 0.0


def _cuts(one: Points, other: Points) -> Iterator[float]:
    every = [*edges(one), *edges(other)]
    if len(every) <= EXACT:
        yield from (y for _, y in (*one, *other))
        for index, edge in enumerate(every):
            for against in every[:index]:
                yield from _crossing(edge, against)
    else:
        _, top, _, bottom = bounds((*one, *other))
        step = (bottom - top) / STRIPS
        yield from (top + step * number for number in range(STRIPS + 1))


def _crossing(one: Edge, other: Edge) -> Iterator[float]:
    """Yield the height at which two edges cross, if they do."""
    (ax, ay), (bx, by) = one
    (cx, cy), (dx, dy) = other
    across = (bx - ax) * (dy - cy) - (by - ay) * (dx - cx)
    if not across:
        return
    here = ((cx - ax) * (dy - cy) - (cy - ay) * (dx - cx)) / across
    there = ((cx - ax) * (by - ay) - (cy - ay) * (bx - ax)) / across
    if 0 < here < 1 and 0 < there < 1:
        yield ay + here * (by - ay)


Span = tuple[float, float]


def _rows(ring: Points, heights: Sequence[float]) -> list[list[Span]]:
    """Give, for each height, the spans that lie inside a polygon, left to right."""
    crossings: list[list[float]] = [[] for _ in heights]
    for (ax, ay), (bx, by) in edges(ring):
        first = bisect_left(heights, min(ay, by))
        last = bisect_left(heights, max(ay, by))
        for index in range(first, last):
            share = (heights[index] - ay) / (by - ay)
            crossings[index].append(ax + share * (bx - ax))
    return [_spans(sorted(found)) for found in crossings]


def _spans(crossings: Sequence[float]) -> list[Span]:
    return list(zip(crossings[::2], crossings[1::2], strict=False))


def _shared(one: Sequence[Span], other: Sequence[Span]) -> float:
    """Give the length that two rows of spans have in common."""
    total, left, right = 0.0, 0, 0
    while left < len(one) and right < len(other):
        start = max(one[left][0], other[right][0])
        end = min(one[left][1], other[right][1])
        total += max(0.0, end - start)
        if one[left][1] <= other[right][1]:
            left += 1
        else:
            right += 1
    return total


def farthest(one: Points, other: Points) -> float:
    """Give how far two open paths lie apart at most, from corner to line."""
    return max(_one_way(one, other), _one_way(other, one))


def _one_way(points: Points, line: Points) -> float:
    return max(min(_to_line(point, line)) for point in points)


def _to_line(point: Point, line: Points) -> Iterable[float]:
    if len(line) == 1:
        yield dist(point, line[0])
    for a, b in pairwise(line):
        yield _to_edge(point, a, b)


def _to_edge(point: Point, a: Point, b: Point) -> float:
    across, down = b[0] - a[0], b[1] - a[1]
    square = across * across + down * down
    share = 0.0
    if square:
        share = ((point[0] - a[0]) * across + (point[1] - a[1]) * down) / square
    share = min(1.0, max(0.0, share))
    return hypot(point[0] - a[0] - share * across, point[1] - a[1] - share * down)
