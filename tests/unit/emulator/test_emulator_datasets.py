"""Datasets: create, read, change, delete, list, clone."""

from typing import Any

import pytest

CATEGORIES = {"categories": [{"id": 1, "name": "rose"}, {"id": 2, "name": "violet"}]}
BAD_NAME = "Enter a valid name: letters, digits, '.', '_' and '-'."
NO_CATEGORY = "There must be at least one category."
NO_ID = 'Category "a" must have an integer id.'
TIMEOUT = "labeling_inactivity_timeout_seconds"


def test_a_new_dataset_has_the_platforms_defaults(api):
    found = api("POST", "/user/datasets/", {"name": "flowers"}, expect=201)
    assert found["full_name"] == "jane/flowers"
    assert found["owner"]["username"] == "jane"
    assert found["category"] == "other"
    assert found["task_type"] == "segmentation-bitmap"
    assert found["task_attributes"]["categories"] == [{"id": 1, "name": "object"}]
    assert found["metadata"] == {}
    assert found["public"] is False
    assert found["enable_skip_labeling"] is True
    assert found[TIMEOUT] == 300
    assert found["label_stats"] == {"TOTAL": 0}
    assert found["samples_count"] == found["collaborators_count"] == 0
    assert [item["name"] for item in found["labelsets"]] == ["ground-truth"]
    assert found["cloned_from"] is None
    assert api("GET", "/datasets/jane/flowers/") == found


def test_what_is_stated_is_kept(api):
    stated = {
        "description": "All kinds.",
        "category": "garden",
        "task_type": "vector",
        "task_attributes": {**CATEGORIES, "extra": {"kept": 1.0}},
        "metadata": {"team": "botany", "nothing": None},
        "readme": "# Flowers",
        "enable_ratings": True,
        TIMEOUT: None,
        "region_of_interest": {"type": "circle"},
    }
    api.dataset(**stated)
    found = api("GET", "/datasets/jane/flowers/")
    assert {key: found[key] for key in stated} == stated
    assert type(found["task_attributes"]["extra"]["kept"]) is float


def test_a_name_is_taken_once(api, bob, flowers: str):
    found = api("POST", "/user/datasets/", {"name": "flowers"}, expect=400)
    assert "already exists" in found["detail"]
    bob("POST", "/user/datasets/", {"name": "flowers"}, expect=201)


def test_a_change_touches_what_is_sent_and_no_more(api):
    path = api.dataset(description="old", metadata={"a": 1}, task_type="vector")
    before = api("GET", path)
    after = api("PATCH", path, {"description": "new", "unknown": 1, "name": "other"})
    assert after == {**before, "description": "new"}
    after = api("PATCH", path, {"metadata": {"b": None}})
    assert after == {**before, "description": "new", "metadata": {"b": None}}
    assert api("PATCH", path, {"region_of_interest": None}) == after
    assert api("PATCH", path, {TIMEOUT: 60})[TIMEOUT] == 60
    for switch in ("enable_3d_cuboid_rotation", "enable_confirm_on_submit"):
        assert api("PATCH", path, {switch: None})[switch] is None


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("name", None, "Not a valid string."),
        ("name", "", "This field may not be blank."),
        ("name", 7, "Not a valid string."),
        ("name", "a/b", BAD_NAME),
        ("name", "..", BAD_NAME),
        ("name", "a\n", BAD_NAME),
        ("name", "a" * 256, BAD_NAME),
        ("description", None, "Not a valid string."),
        ("description", "\x00", "Null characters are not allowed."),
        ("category", "custom", '"custom" is not a valid choice.'),
        ("task_type", "text", '"text" is not a valid choice.'),
        ("task_type", 1, "Not a valid string."),
        ("public", "yes", "Must be a valid boolean."),
        ("metadata", [], "Value must be a JSON object."),
        ("readme", 1, "Not a valid string."),
        ("region_of_interest", 1, "Value must be a JSON object."),
        (TIMEOUT, 1.5, "A valid integer is required."),
        (TIMEOUT, True, "A valid integer is required."),
        (TIMEOUT, 10**30, "Between 0 and 2147483647 is required."),
        ("task_attributes", {}, NO_CATEGORY),
        ("task_attributes", {"categories": []}, NO_CATEGORY),
        ("task_attributes", {"categories": ["a"]}, "A category must have a name."),
        ("task_attributes", {"categories": [{}]}, "A category must have a name."),
        ("task_attributes", {"categories": [{"name": "a", "id": "1"}]}, NO_ID),
        ("task_attributes", {"categories": [{"name": "a", "id": True}]}, NO_ID),
        (
            "task_attributes",
            {"categories": [{"name": "a", "id": 1}, {"name": "b", "id": 1}]},
            "Two categories have the id 1.",
        ),
    ],
)
def test_a_field_that_can_not_be_is_refused(api, field: str, value: Any, problem: str):
    body = {"name": "flowers", field: value}
    found = api("POST", "/user/datasets/", body, expect=400)
    assert found == {field: [problem]}
    api("GET", "/datasets/jane/flowers/", expect=404)


def test_a_name_is_required(api):
    found = api("POST", "/user/datasets/", {}, expect=400)
    assert found == {"name": ["This field is required."]}


def test_a_refused_change_changes_nothing(api, flowers: str):
    before = api("GET", flowers)
    body = {"description": "new", "metadata": None}
    assert "metadata" in api("PATCH", flowers, body, expect=400)
    assert api("GET", flowers) == before


def test_counts_follow_samples_and_labels(api, flowers: str):
    first, second, _ = api.samples(flowers, "a", "b", "c")
    api("POST", f"{flowers}/labelsets/", {"name": "model"}, expect=201)
    api.label(first, label_status="LABELED")
    api.label(second, label_status="LABELED")
    api.label(second, "model", label_status="SKIPPED")
    found = api("GET", flowers)
    assert found["samples_count"] == 3
    assert found["label_stats"] == {"LABELED": 2, "TOTAL": 3}

    api.label(first, label_status="REVIEWED")
    stats = api("GET", flowers)["label_stats"]
    assert stats == {"LABELED": 1, "REVIEWED": 1, "TOTAL": 3}

    api("DELETE", f"/samples/{second['uuid']}/", expect=204)
    assert api("GET", flowers)["label_stats"] == {"REVIEWED": 1, "TOTAL": 2}

    api("DELETE", f"/labels/{first['uuid']}/ground-truth/", expect=204)
    assert api("GET", flowers)["label_stats"] == {"TOTAL": 2}


def test_a_deleted_dataset_takes_everything_with_it(api, app, flowers: str):
    sample = api.sample(flowers)
    api.label(sample)
    api("POST", f"/samples/{sample['uuid']}/issues/", {"description": "x"}, expect=201)
    api("POST", f"{flowers}/releases/", {"name": "v1"}, expect=201)
    api("DELETE", flowers, expect=204)
    api("GET", flowers, expect=404)
    api("GET", f"/samples/{sample['uuid']}/", expect=404)
    store = app.config["store"]
    for table in ("samples", "labels", "issues", "releases", "counts", "label_counts"):
        assert not store.rows(f"SELECT 1 FROM {table}")  # noqa: S608 - names above
    api.dataset()
    assert api("GET", flowers)["samples_count"] == 0


def test_datasets_are_listed_by_pages(api):
    for name in "cab":
        api.dataset(name)

    def page(query: str) -> list[str]:
        return [item["name"] for item in api("GET", f"/user/datasets/?{query}")]

    assert page("") == ["a", "b", "c"]
    assert page("per_page=2&page=1") == ["a", "b"]
    assert page("per_page=2&page=2") == ["c"]
    found = api("GET", "/user/datasets/?per_page=2&page=3", expect=404)
    assert found == {"detail": "Invalid page."}


def test_a_clone_has_the_samples_and_no_labels_unless_asked(api, flowers: str):
    body = {"public": True, "metadata": {"team": "botany"}, "description": "Old."}
    api("PATCH", flowers, body)
    first, second = api.samples(flowers, "a", "b")
    api("PATCH", f"/samples/{first['uuid']}/", {"metadata": {"k": 1}, "priority": 3})
    api("POST", f"{flowers}/labelsets/", {"name": "model"}, expect=201)
    api.label(first, label_status="REVIEWED", score=0.5, attributes={"x": [1.0]})
    api.label(second, "model")

    copy = api("POST", f"{flowers}/clone/", {"name": "copy"}, expect=201)
    assert copy["cloned_from"] == "jane/flowers"
    assert copy["public"] is False
    assert copy["metadata"] == {"team": "botany"}
    assert copy["description"] == "Old."
    assert copy["label_stats"] == {"TOTAL": 2}
    assert [item["name"] for item in copy["labelsets"]] == ["ground-truth", "model"]
    samples = api("GET", "/datasets/jane/copy/samples/")
    assert [item["name"] for item in samples] == ["a", "b"]
    assert (samples[0]["metadata"], samples[0]["priority"]) == ({"k": 1}, 3)
    assert samples[0]["uuid"] != first["uuid"]


def test_a_clone_with_labels_has_them_as_they_are(api, flowers: str):
    first, second = api.samples(flowers, "a", "b")
    api("POST", f"{flowers}/labelsets/", {"name": "model"}, expect=201)
    api.label(first, label_status="REVIEWED", score=0.5, attributes={"x": [1.0]})
    api.label(second, "model")
    body = {"name": "full", "clone_labels": True, "public": True}
    full = api("POST", f"{flowers}/clone/", body, expect=201)
    assert full["public"] is True
    assert full["label_stats"] == {"REVIEWED": 1, "TOTAL": 2}
    path = "/datasets/jane/full/samples/"
    query = "labelset=ground-truth&include_full_label=1"
    label = api("GET", f"{path}?{query}")[0]["label"]
    original = api("GET", f"/labels/{first['uuid']}/ground-truth/")
    assert {**label, "sample_uuid": ""} == {**original, "sample_uuid": ""}
    labels = [item["label"] for item in api("GET", f"{path}?labelset=model")]
    assert labels[0] is None
    assert labels[1]["label_status"] == "PRELABELED"


def test_whether_labels_are_cloned_is_yes_or_no(api, flowers: str):
    body = {"name": "copy", "clone_labels": "yes"}
    found = api("POST", f"{flowers}/clone/", body, expect=400)
    assert found == {"clone_labels": ["Must be a valid boolean."]}
    api("GET", "/datasets/jane/copy/", expect=404)
    api("POST", f"{flowers}/clone/", {**body, "clone_labels": None}, expect=201)


def test_a_clone_may_have_another_task_and_gets_a_name(api, flowers: str):
    copy = api("POST", f"{flowers}/clone/", {"task_type": "vector"}, expect=201)
    assert (copy["name"], copy["task_type"]) == ("flowers-clone", "vector")
    found = api("POST", f"{flowers}/clone/", {"name": "flowers"}, expect=400)
    assert "already exists" in found["detail"]
