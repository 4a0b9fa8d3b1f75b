"""Single samples."""

from typing import Any

import pytest

IMAGE = {"image": {"url": "https://bucket.example.com/a.jpg"}}
NO_IMAGE = "Samples of segmentation-bitmap datasets need image: an object is expected."


def test_a_sample_is_kept_as_it_was_sent(api, flowers: str):
    body = {
        "name": "folder/a b.jpg",
        "attributes": {"image": {"url": "gs://bucket/a.jpg"}, "extra": [1.0, 1, True]},
        "metadata": {"float": 1.0, "int": 1, "null": None, "big": 10**30, "ü": "☃"},
        "priority": -2.5,
        "assigned_labeler": "bob",
        "assigned_reviewer": "acme",
        "readme": "Look.",
    }
    sample = api("POST", f"{flowers}/samples/", body, expect=201)
    assert {key: sample[key] for key in body} == body
    assert type(sample["metadata"]["float"]) is float
    assert type(sample["metadata"]["int"]) is int
    assert sample["created_by"] == "jane"
    found = api("GET", f"/samples/{sample['uuid']}/")
    assert found == {**sample, "dataset_full_name": "jane/flowers"}


def test_a_bare_sample_has_the_defaults(api, flowers: str):
    bare = {"metadata": None, "priority": None, "readme": None}
    for sample in (api.sample(flowers, "a"), api.sample(flowers, "b", **bare)):
        assert sample["metadata"] == {}
        assert sample["priority"] == 0
        assert sample["readme"] == ""
        assert sample["assigned_labeler"] is sample["assigned_reviewer"] is None


@pytest.mark.parametrize(
    "name",
    [
        "a",
        "x" * 500,
        "folder/sub folder/ü\u202f\u3000.jpg",
        "\U0001f468\u200d\U0001f52c.png",
        "%2F?#&",
    ],
)
def test_names_may_be_any_printable_text(api, flowers: str, name: str):
    sample = api.sample(flowers, name)
    assert api("GET", f"/samples/{sample['uuid']}/")["name"] == name


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("name", "", "This field may not be blank."),
        ("name", " \t", "This field may not be blank."),
        ("name", "a\nb", "Control characters are not allowed."),
        ("name", "a\x00", "Null characters are not allowed."),
        ("name", "x" * 501, "Ensure this field has no more than 500 characters."),
        ("name", 5, "Not a valid string."),
        ("attributes", None, "Value must be a JSON object."),
        ("attributes", [], "Value must be a JSON object."),
        ("attributes", {}, NO_IMAGE),
        ("attributes", {"image": "url"}, NO_IMAGE),
        ("metadata", "x", "Value must be a JSON object."),
        ("priority", "1", "A valid number is required."),
        ("priority", True, "A valid number is required."),
        ("priority", 10**400, "The number is too large."),
        ("assigned_labeler", 1, "Not a valid string."),
        ("readme", {}, "Not a valid string."),
    ],
)
def test_a_field_that_can_not_be_is_refused(
    api, flowers: str, field: str, value: Any, problem: str
):
    sample = api.sample(flowers)
    body = {"name": "b", "attributes": IMAGE, field: value}
    refusal = {field: [problem]}
    assert api("POST", f"{flowers}/samples/", body, expect=400) == refusal
    path = f"/samples/{sample['uuid']}/"
    assert api("PATCH", path, {field: value}, expect=400) == refusal
    assert api("GET", f"{flowers}/samples/") == [sample]


@pytest.mark.parametrize(
    ("task_type", "attributes"),
    [
        ("vector", {"image": {"url": "x"}}),
        ("image-vector-sequence", {"frames": []}),
        ("pointcloud-cuboid", {"pcd": {"url": "x", "type": "pcd"}}),
        ("pointcloud-cuboid-sequence", {"frames": [{"pcd": {"url": "x.pcd"}}]}),
        ("multisensor-sequence", {"sensors": []}),
    ],
)
def test_attributes_must_fit_the_task(api, task_type: str, attributes: Any):
    path = api.dataset("typed", task_type=task_type)
    api.sample(path, attributes=attributes)
    body = {"name": "b", "attributes": {"other": {}}}
    found = api("POST", f"{path}/samples/", body, expect=400)
    assert task_type in found["attributes"][0]


def test_a_name_is_taken_once_in_a_dataset(api, flowers: str):
    first, second = api.samples(flowers, "a", "b")
    body = {"name": "a", "attributes": IMAGE}
    found = api("POST", f"{flowers}/samples/", body, expect=400)
    assert "already exists" in found["detail"]
    path = f"/samples/{second['uuid']}/"
    assert "already exists" in api("PATCH", path, {"name": "a"}, expect=400)["detail"]
    assert api("PATCH", path, {"name": "b"}) == second
    other = api.dataset("other")
    assert api.sample(other, "a")["uuid"] != first["uuid"]


def test_a_change_touches_what_is_sent_and_no_more(api, flowers: str):
    sample = api.sample(flowers, metadata={"a": 1, "b": 2}, assigned_labeler="bob")
    path = f"/samples/{sample['uuid']}/"
    assert api("PATCH", path, {}) == sample
    changes: list[dict[str, Any]] = [
        {"metadata": {"b": None}},
        {"assigned_labeler": None, "priority": 7},
        {"name": "new", "attributes": {"image": {"url": "new"}}},
        {"readme": "x", "assigned_reviewer": "eve"},
    ]
    for change in changes:
        sample = {**sample, **change}
        assert api("PATCH", path, change) == sample
    found = api("GET", path)
    assert found == {**sample, "dataset_full_name": "jane/flowers"}


def test_a_change_of_the_task_does_not_lock_old_samples(api, flowers: str):
    sample = api.sample(flowers)
    api("PATCH", flowers, {"task_type": "image-vector-sequence"})
    found = api("PATCH", f"/samples/{sample['uuid']}/", {"priority": 1})
    assert found == {**sample, "priority": 1}


def test_a_deleted_sample_takes_its_labels_with_it(api, app, flowers: str):
    sample = api.sample(flowers)
    api.label(sample)
    path = f"/samples/{sample['uuid']}/"
    api("DELETE", path, expect=204)
    api("GET", path, expect=404)
    api("DELETE", path, expect=404)
    assert not app.config["store"].rows("SELECT 1 FROM labels")
    api.sample(flowers)


def test_a_sample_comes_with_the_label_that_is_asked_for(api, flowers: str):
    sample = api.sample(flowers)
    path = f"/samples/{sample['uuid']}/"
    assert "label" not in api("GET", path)
    assert api("GET", f"{path}?labelset=ground-truth")["label"] is None
    assert api("GET", f"{path}?labelset=nothing")["label"] is None
    label = api.label(sample)
    assert api("GET", f"{path}?labelset=ground-truth")["label"] == label


def test_our_own_urls_are_signed_when_that_is_asked(api):
    path = api.dataset("frames", task_type="image-vector-sequence")
    ours = api("POST", "/assets/", {"filename": "a.png"}, expect=201)["url"]
    frames = [{"image": {"url": ours}}, {"image": {"url": "s3://theirs/a.png"}}]
    sample = api.sample(path, attributes={"frames": frames, "url": 7})
    url = f"/samples/{sample['uuid']}/"
    for query in ("", "?include_signed_urls=0"):
        assert api("GET", url + query)["attributes"] == sample["attributes"]
    found = api("GET", f"{url}?include_signed_urls=1")["attributes"]["frames"]
    assert found[0]["image"]["url"] == ours
    assert found[0]["image"]["signed_url"].startswith(f"{ours}?")
    assert "signed_url" not in found[1]["image"]
