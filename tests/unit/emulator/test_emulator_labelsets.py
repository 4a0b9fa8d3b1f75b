"""Label sets and work units."""

from typing import Any

import pytest


def test_the_ground_truth_is_always_there(api, flowers: str):
    (found,) = api("GET", f"{flowers}/labelsets/")
    assert (found["name"], found["is_groundtruth"]) == ("ground-truth", True)
    assert api("GET", f"{flowers}/labelsets/ground-truth/") == found
    api("DELETE", f"{flowers}/labelsets/ground-truth/", expect=400)
    assert api("GET", f"{flowers}/labelsets/") == [found]


def test_a_label_set_comes_and_goes_with_its_labels(api, flowers: str):
    path = f"{flowers}/labelsets/"
    body = {"name": "model", "description": "v3", "attributes": "{}"}
    found = api("POST", path, body, expect=201)
    assert (found["description"], found["is_groundtruth"]) == ("v3", False)
    assert api("GET", f"{path}model/") == found
    assert "already exists" in api("POST", path, body, expect=400)["detail"]
    sample = api.sample(flowers)
    truth = api.label(sample)
    api.label(sample, "model")
    api("DELETE", f"{path}model/", expect=204)
    api("GET", f"{path}model/", expect=404)
    api("DELETE", f"{path}model/", expect=404)
    api("POST", path, body, expect=201)
    api("GET", f"/labels/{sample['uuid']}/model/", expect=404)
    assert api("GET", f"/labels/{sample['uuid']}/ground-truth/") == truth


@pytest.mark.parametrize(
    "body", [{}, {"name": "a/b"}, {"name": ".."}, {"name": "a", "description": 1}]
)
def test_a_label_set_that_can_not_be_is_refused(api, flowers: str, body: Any):
    api("POST", f"{flowers}/labelsets/", body, expect=400)


def test_there_are_no_work_units(api, flowers: str):
    assert api("GET", f"{flowers}/workunits/?sort=-created_at&page=1") == []
    api("GET", "/datasets/jane/none/workunits/", expect=404)
