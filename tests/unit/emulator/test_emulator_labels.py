"""Labels, and who wrote and reviewed them."""

from typing import Any

import pytest


@pytest.fixture
def sample(api, flowers: str) -> Any:
    body = {"user": "bob", "role": "reviewer"}
    api("POST", f"{flowers}/collaborators/", body, expect=201)
    return api.sample(flowers)


@pytest.fixture
def path(sample) -> str:
    return f"/labels/{sample['uuid']}/ground-truth/"


def test_a_new_label(api, sample, path: str):
    api("GET", path, expect=404)
    attributes = {"annotations": [{"id": 1, "category_id": 99}], "float": 1.0}
    body = {"attributes": attributes, "label_status": "LABELED", "score": 0.5}
    label = api("PUT", path, body, expect=201)
    assert label == {
        "sample_uuid": sample["uuid"],
        "label_type": "segmentation-bitmap",
        "label_status": "LABELED",
        "labelset": "ground-truth",
        "attributes": attributes,
        "score": 0.5,
        "rating": None,
        "created_at": label["updated_at"],
        "created_by": "jane",
        "updated_at": label["updated_at"],
        "updated_by": None,
        "reviewed_at": None,
        "reviewed_by": None,
    }
    assert api("GET", path) == label


def test_the_status_of_a_put_is_prelabeled_if_none_is_given(api, path: str):
    found = api("PUT", path, {"attributes": {}}, expect=201)
    assert found["label_status"] == "PRELABELED"


def test_a_put_replaces_all_but_the_creation(api, bob, path: str):
    body: dict[str, Any] = {"attributes": {"a": 1}, "score": 0.5, "rating": 4}
    before = api("PUT", path, {**body, "label_status": "REVIEWED"}, expect=201)
    assert before["reviewed_by"] == "jane"
    after = bob("PUT", path, {"attributes": {"b": 2}})
    assert after["created_by"] == "jane"
    assert after["created_at"] == before["created_at"]
    assert after["updated_by"] == "bob"
    assert after["updated_at"] > before["updated_at"]
    assert after["attributes"] == {"b": 2}
    assert after["label_status"] == "PRELABELED"
    for field in ("score", "rating", "reviewed_by", "reviewed_at"):
        assert after[field] is None


@pytest.mark.parametrize("status", ["REVIEWED", "REJECTED"])
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_who_sets_a_verdict_is_the_reviewer(
    api, bob, sample, path: str, method: str, status: str
):
    api.label(sample)
    found = bob(method, path, {"label_status": status, "attributes": {}})
    assert found["reviewed_by"] == found["updated_by"] == "bob"
    assert found["reviewed_at"] == found["updated_at"]
    again = api(method, path, {"label_status": status, "attributes": {}})
    assert again["reviewed_by"] == "jane"
    other = api(method, path, {"label_status": "LABELED", "attributes": {}})
    assert other["reviewed_by"] is other["reviewed_at"] is None


def test_a_patch_touches_what_is_sent_and_who_sent_it(api, bob, sample, path: str):
    before = api.label(sample, label_status="REVIEWED", score=0.5)
    after = bob("PATCH", path, {"rating": 3})
    changed = {"updated_by": "bob", "updated_at": after["updated_at"]}
    assert after == {**before, **changed, "rating": 3}
    after = api("PATCH", path, {"attributes": {"new": 1}, "score": None})
    assert (after["attributes"], after["score"]) == ({"new": 1}, None)
    assert after["reviewed_by"] == "jane"


def test_a_label_that_is_not_there_can_not_be_changed_or_deleted(api, path: str):
    api("PATCH", path, {"score": 1}, expect=404)
    api("DELETE", path, expect=404)


def test_a_deleted_label_is_gone(api, sample, path: str):
    api.label(sample)
    api("DELETE", path, expect=204)
    api("GET", path, expect=404)


def test_a_label_needs_a_label_set(api, flowers: str, sample):
    path = f"/labels/{sample['uuid']}/model/"
    api("PUT", path, {"attributes": {}}, expect=404)
    api("POST", f"{flowers}/labelsets/", {"name": "model"}, expect=201)
    api("PUT", path, {"attributes": {}}, expect=201)
    api("GET", f"/labels/{sample['uuid']}/ground-truth/", expect=404)


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("attributes", None, "Value must be a JSON object."),
        ("attributes", [], "Value must be a JSON object."),
        ("label_status", "DONE", '"DONE" is not a valid choice.'),
        ("label_status", None, "Not a valid string."),
        ("score", "high", "A valid number is required."),
        ("rating", [], "A valid number is required."),
    ],
)
def test_a_field_that_can_not_be_is_refused(
    api, sample, path: str, field: str, value: Any, problem: str
):
    before = api.label(sample)
    for method in ("PUT", "PATCH"):
        body = {"attributes": {}, field: value}
        assert api(method, path, body, expect=400) == {field: [problem]}
    assert api("GET", path) == before


def test_a_put_needs_attributes(api, path: str):
    found = api("PUT", path, {"label_status": "LABELED"}, expect=400)
    assert found == {"attributes": ["This field is required."]}
