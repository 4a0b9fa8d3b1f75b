"""What a platform adds, rounds, reorders or keeps is never a difference."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.functional.lens import Asked

MANIFEST = """\
dataset: jane/flowers
description: Flowers of all kinds.
category: garden
task_type: vector
settings: {enable_ratings: true, readme: Hello.}
categories:
  - {id: 1, name: rose, color: [220, 40, 40], attributes: [{name: ripe, \
input_type: number, min: 0, max: 1.5}]}
  - {id: 2, name: violet}
metadata: {team: botany, depth: {a: 1, b: [1, 2.5, null]}, whole: 3, part: 0.1}
labelsets: {predictions: {owner: manifest, description: A model's.}}
samples:
  - name: a
    image: ../images/a.png
    priority: 0.1
    readme: Read me.
    metadata: {city: London, n: 1, x: 0.30000000000000004, none: null}
    assigned_labeler: null
    labels:
      predictions:
        score: 0.7
        attributes:
          format_version: "0.1"
          annotations:
            - {id: 1, category_id: 1, type: polygon, points: [[0, 0.1], [9.25, 9]]}
            - {id: 2, category_id: 2, type: point, points: [[3, 4]], \
attributes: {seen: true, text: "1"}}
  - {name: b, attributes: {image: {url: "https://x/b.png"}}, priority: 2}
"""

Bend = Callable[[Any], Any]


def each(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Bend:
    """Change every object of an answer, from the inside out."""

    def bent(value: Any) -> Any:
        if isinstance(value, dict):
            return change({key: bent(item) for key, item in value.items()})
        return [bent(item) for item in value] if isinstance(value, list) else value

    return bent


def numbers(change: Callable[[float], float]) -> Bend:
    """Change every number of an answer but ids."""

    def bent(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: bent(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [bent(item, key) for item in value]
        plain = isinstance(value, int | float) and not isinstance(value, bool)
        return change(value) if plain and key in FLOATS else value

    return bent


FLOATS = {"points", "score", "priority", "min", "max", "x", "part", "whole", "n"}


def reversed_keys(value: dict[str, Any]) -> dict[str, Any]:
    return dict(reversed(list(value.items())))


def with_more(value: dict[str, Any]) -> dict[str, Any]:
    """Add what a newer server might: fields of its own, everywhere."""
    return {**value, "is_new": True, "created_with": {"version": 2}}


def with_nulls(value: dict[str, Any]) -> dict[str, Any]:
    return {**value, "a_default": None}


def without_nulls(value: dict[str, Any]) -> dict[str, Any]:
    return {key: item for key, item in value.items() if item is not None}


def signed(value: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(value.get("url"), str):
        return value
    query = "?X-Amz-Date=20260101T000000Z&X-Amz-Signature=c0ffee"
    return {"url": value["url"] + query, "signed_url": value["url"] + query}


def single(value: float) -> float:
    """Go through the 32-bit floats in which a platform may keep numbers."""
    import struct

    found: float = struct.unpack("<f", struct.pack("<f", value))[0]
    return found


BENDS: dict[str, Bend] = {
    "key order": each(reversed_keys),
    "fields of its own": each(with_more),
    "nulls for what is absent": each(with_nulls),
    "nothing for nulls": each(without_nulls),
    "signed URLs": each(signed),
    "whole numbers as floats": numbers(float),
    "32-bit floats": numbers(single),
}


@pytest.fixture
def settled(project, lens):
    project.write(MANIFEST)
    project.apply()
    project.assert_settled()
    return project


@pytest.mark.parametrize("bend", BENDS)
def test_it_is_no_difference(settled, lens, bend):
    def answered(asked: Asked, body: Any) -> Any:
        return BENDS[bend](body) if asked.method == "GET" else body

    lens.answered = answered
    lens.log.clear()
    settled.assert_settled()
    settled.apply()
    assert lens.count("GET") == len(lens.log)


@pytest.mark.parametrize("bend", BENDS)
def test_it_does_not_hide_what_does_differ(settled, lens, bend):
    lens.answered = lambda asked, body: (
        BENDS[bend](body) if asked.method == "GET" else body
    )
    settled.write(
        MANIFEST.replace("London", "Paris")
        .replace("[3, 4]", "[3, 5]")
        .replace("Flowers of", "Trees of")
        .replace("priority: 2", "priority: 3")
    )
    assert settled.actions() == {
        "jane/flowers": ["update"],
        "jane/flowers:a": ["update"],
        "jane/flowers:a@predictions": ["update"],
        "jane/flowers:b": ["update"],
    }


# Metadata that a PATCH does not remove.

Merge = Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]


def null_removes(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    return {key: item for key, item in {**old, **new}.items() if item is not None}


def null_stays(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    return {**old, **new}


def nothing_removes(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    return {**old, **{key: item for key, item in new.items() if item is not None}}


def merging(lens, merge: Merge) -> None:
    """Let a PATCH of metadata be merged into what is there."""

    def sent(asked: Asked, body: Any) -> Any:
        if asked.method != "PATCH" or "metadata" not in body:
            return body
        now = stored(lens, asked.path)
        return {**body, "metadata": merge(now, body["metadata"])}

    lens.sent = sent


def stored(lens, path: str) -> dict[str, Any]:
    from werkzeug.test import Client

    answer = Client(lens.app).get(path, headers={"Authorization": "APIKey local"})
    found: dict[str, Any] = json.loads(answer.get_data())["metadata"]
    return found


PLACES = {
    "dataset": "dataset: jane/flowers\nmetadata: {meta}\n",
    "sample": "dataset: jane/flowers\n"
    "samples: [{{name: a, image: 'https://x/1.png', metadata: {meta}}}]\n",
    "sample with a file": "dataset: jane/flowers\n"
    "samples: [{{name: a, image: ../images/a.png, metadata: {meta}}}]\n",
}
ADDRESS = {"dataset": "jane/flowers"}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("clear", ["{old: null}", "null"])
@pytest.mark.parametrize("merge", [null_removes, null_stays])
def test_metadata_that_survives_its_removal_is_sent_as_null(
    project, lens, place, clear, merge
):
    text = PLACES[place]
    project.write(text.format(meta="{old: 1}"))
    project.apply()
    merging(lens, merge)
    project.write(text.format(meta=clear))
    ran = project.dsac("apply", "--auto-approve")
    assert (ran.code, "does not let go" in ran.out + ran.err) == (0, False)
    project.assert_settled()


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("clear", ["{old: null, other: null}", "null"])
def test_metadata_that_survives_null_is_reported_once_and_no_difference(
    project, lens, place, clear
):
    text = PLACES[place]
    address = ADDRESS.get(place, "jane/flowers:a")
    project.write(text.format(meta="{old: 1, other: [2.0]}"))
    project.apply()
    merging(lens, nothing_removes)
    project.write(text.format(meta=clear))
    assert project.actions() == {address: ["update"]}
    ran = project.dsac("apply", "--auto-approve")
    assert ran.code == 0
    told = f"{address}: the platform does not let go of metadata old, other"
    assert (ran.out + ran.err).count(told) == 1
    project.assert_settled()
    ran = project.dsac("apply", "--auto-approve")
    assert (ran.code, ran.out) == (0, "No changes.\n")
    assert told not in ran.err
    project.write(text.format(meta="{old: 5}"))
    project.apply()
    project.write(text.format(meta="{old: null}"))
    assert project.actions() == {address: ["update"]}


def test_without_a_marker_what_survives_is_told_at_each_apply(project, lens):
    text = (
        "dataset: jane/flowers\nlifecycle: {{marker: false}}\n"
        "samples: [{{name: a, image: 'https://x/1.png', metadata: {meta}}}]\n"
    )
    project.write(text.format(meta="{old: 1}"))
    project.apply()
    merging(lens, nothing_removes)
    project.write(text.format(meta="{old: null}"))
    for _ in range(2):
        ran = project.dsac("apply", "--auto-approve")
        assert ran.code == 0
        assert "does not let go of metadata old" in ran.out + ran.err
    assert project.sample("a").metadata == {"old": 1}


def test_what_a_person_writes_beside_it_is_kept(project, lens):
    text = PLACES["sample"]
    project.write(text.format(meta="{old: 1}"))
    project.apply()
    merging(lens, nothing_removes)
    with project.platform() as client:
        sample = project.sample("a")
        client.update_sample(
            sample.uuid, {"metadata": {**sample.metadata, "note": "mine"}}
        )
    project.write(text.format(meta="{old: null}"))
    project.apply()
    assert project.sample("a").metadata["note"] == "mine"
    project.assert_settled()
