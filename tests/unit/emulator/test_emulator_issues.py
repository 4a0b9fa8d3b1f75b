"""Issues."""

from typing import Any

import pytest
import segments.typing


def test_an_issue_comes_changes_and_goes(api, bob, flowers: str):
    body: dict[str, Any] = {"user": "bob", "role": "labeler"}
    api("POST", f"{flowers}/collaborators/", body, expect=201)
    sample = api.sample(flowers)
    path = f"/samples/{sample['uuid']}/issues/"
    issue = api("POST", path, {"description": "blurred"}, expect=201)
    assert issue["status"] == "OPEN"
    assert issue["anchor"] is None
    assert issue["comments"] == []
    assert (issue["sample_uuid"], issue["sample_name"]) == (sample["uuid"], "a.jpg")
    assert issue["created_by"] == issue["updated_by"] == "jane"

    anchor = {"type": "location", "location": {"type": "2d", "x": 1, "y": 2.0}}
    changed = bob("PATCH", f"/issues/{issue['uuid']}/", {"anchor": anchor})
    updates = {"updated_at": changed["updated_at"], "updated_by": "bob"}
    assert changed == {**issue, **updates, "anchor": anchor}
    body = {"status": "CLOSED", "description": "sharp", "anchor": None}
    changed = api("PATCH", f"/issues/{issue['uuid']}/", body)
    assert {key: changed[key] for key in body} == body
    second = api("POST", path, {**body, "anchor": {"type": "basic"}}, expect=201)
    assert api("GET", f"{flowers}/issues/") == [changed, second]

    api("DELETE", f"/issues/{issue['uuid']}/", expect=204)
    api("DELETE", f"/issues/{issue['uuid']}/", expect=404)
    api("PATCH", f"/issues/{issue['uuid']}/", {}, expect=404)
    assert api("GET", f"{flowers}/issues/") == [second]


NO_ANCHORS: list[dict[str, Any]] = [
    {},
    {"type": "moon"},
    {"type": ["basic"]},
    {"type": "basic", "sensor": 1},
    {"type": "basic", "frame": "first"},
    {"type": "location"},
    {"type": "location", "location": {"x": 1, "y": 2}},
    {"type": "location", "location": {"type": ["2d"], "x": 1, "y": 2}},
    {"type": "location", "location": {"type": "2d", "x": 1}},
    {"type": "location", "location": {"type": "3d", "x": 1, "y": 2, "z": "3"}},
    {"type": "track"},
    {"type": "track", "trackNumber": 1.5},
    {"type": "track", "trackNumber": 1, "trackAttribute": 1},
    {"type": "sceneAttribute"},
]


@pytest.mark.parametrize(
    "anchor",
    [
        {"type": "basic", "sensor": "lidar", "frame": 3},
        {"type": "basic", "sensor": None, "frame": None},
        {"type": "location", "location": {"type": "3d", "x": 1, "y": 2, "z": 3.5}},
        {"type": "track", "trackNumber": 4},
        {"type": "track", "trackNumber": 4, "trackAttribute": "color"},
        {"type": "sceneAttribute", "sceneAttribute": "weather"},
    ],
)
def test_an_issue_may_be_about_any_part(api, flowers: str, anchor: Any):
    sample = api.sample(flowers)
    body = {"description": "x", "anchor": anchor}
    made = api("POST", f"/samples/{sample['uuid']}/issues/", body, expect=201)
    assert made["anchor"] == anchor
    read = segments.typing.Issue.model_validate(made)
    assert read.anchor is not None
    assert read.anchor.type == anchor["type"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"description": ""},
        {"description": 1},
        {"description": "x", "status": "DONE"},
        {"description": "x", "anchor": "basic"},
        *[{"description": "x", "anchor": anchor} for anchor in NO_ANCHORS],
    ],
)
def test_an_issue_that_can_not_be_is_refused(api, flowers: str, body: Any):
    sample = api.sample(flowers)
    api("POST", f"/samples/{sample['uuid']}/issues/", body, expect=400)
    assert api("GET", f"{flowers}/issues/") == []


def test_an_issue_needs_a_sample(api):
    api("POST", "/samples/none/issues/", {"description": "x"}, expect=404)
