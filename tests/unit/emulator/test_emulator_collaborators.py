"""Collaborators of a dataset."""

from typing import Any

import pytest


def test_a_collaborator_comes_changes_and_goes(api, flowers: str):
    body = {"user": "bob", "role": "reviewer"}
    found = api("POST", f"{flowers}/collaborators/", body, expect=201)
    assert (found["user"]["username"], found["role"]) == ("bob", "reviewer")
    assert api("GET", f"{flowers}/collaborators/bob") == found
    assert api("GET", flowers)["collaborators_count"] == 1
    found = api("PATCH", f"{flowers}/collaborators/bob", {"role": "admin"})
    assert found["role"] == "admin"
    assert api("GET", f"{flowers}/collaborators/bob/")["role"] == "admin"
    api("DELETE", f"{flowers}/collaborators/bob", expect=204)
    api("GET", f"{flowers}/collaborators/bob", expect=404)
    api("PATCH", f"{flowers}/collaborators/bob", {"role": "admin"}, expect=404)
    api("DELETE", f"{flowers}/collaborators/bob", expect=404)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"role": "admin"}, "This field is required."),
        ({"user": "bob"}, "This field is required."),
        ({"user": "bob", "role": "viewer"}, "is not a valid choice"),
        ({"user": "nobody", "role": "admin"}, "does not exist"),
        ({"user": "jane", "role": "admin"}, "cannot be added as collaborator"),
    ],
)
def test_who_can_not_collaborate_is_refused(api, flowers: str, body: Any, text: str):
    found = api("POST", f"{flowers}/collaborators/", body, expect=400)
    assert text in str(found)


def test_nobody_collaborates_twice(api, flowers: str):
    body = {"user": "bob", "role": "reviewer"}
    api("POST", f"{flowers}/collaborators/", body, expect=201)
    found = api("POST", f"{flowers}/collaborators/", body, expect=400)
    assert "is already a collaborator" in found["detail"]
