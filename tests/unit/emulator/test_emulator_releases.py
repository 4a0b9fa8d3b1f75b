"""Releases, and the files that they are."""

import json

from dsac.emulator import assets


def test_a_release_is_a_file_of_all_that_there_is(api, nobody, flowers: str):
    second, first = api.samples(flowers, "b", "a")
    api("POST", f"{flowers}/labelsets/", {"name": "model"}, expect=201)
    api.label(first, label_status="LABELED", attributes={"x": [1.0]}, score=0.5)
    api.label(first, "model")
    body = {"name": "v1", "description": "First."}
    made = api("POST", f"{flowers}/releases/", body, expect=201)
    assert made["status"] == "PENDING"
    release = api("GET", f"{flowers}/releases/v1/")
    assert (release["name"], release["description"]) == ("v1", "First.")
    assert (release["status"], release["release_type"]) == ("SUCCEEDED", "JSON")
    assert release["samples_count"] == 2
    api.samples(flowers, "later")

    answer = nobody.send("GET", release["attributes"]["url"])
    assert answer.mimetype == "application/json"
    found = json.loads(answer.data)
    assert (found["name"], found["description"]) == ("v1", "First.")
    dataset = found["dataset"]
    assert (dataset["name"], dataset["owner"]) == ("flowers", "jane")
    assert dataset["task_type"] == "segmentation-bitmap"
    assert dataset["task_attributes"]["categories"] == [{"id": 1, "name": "object"}]
    assert dataset["labelsets"] == [
        {"name": "ground-truth", "description": ""},
        {"name": "model", "description": ""},
    ]
    one, two = dataset["samples"]
    assert (one["uuid"], one["name"]) == (first["uuid"], "a")
    assert (one["attributes"], one["metadata"]) == (first["attributes"], {})
    assert one["labels"]["ground-truth"] == {
        "label_status": "LABELED",
        "attributes": {"x": [1.0]},
        "score": 0.5,
    }
    assert one["labels"]["model"]["label_status"] == "PRELABELED"
    assert two["uuid"] == second["uuid"]
    assert two["labels"] == {"ground-truth": None, "model": None}


def test_a_release_of_nothing_is_json_too(api, nobody, flowers: str):
    made = api("POST", f"{flowers}/releases/", {"name": "v0"}, expect=201)
    assert (made["status"], made["attributes"]) == ("PENDING", {})
    release = api("GET", f"{flowers}/releases/v0/")
    answer = nobody.send("GET", release["attributes"]["url"])
    assert json.loads(answer.data)["dataset"]["samples"] == []


def test_a_release_may_be_larger_than_an_upload(api, flowers: str, monkeypatch):
    monkeypatch.setattr(assets, "LARGEST_FILE", 5)
    api("POST", f"{flowers}/releases/", {"name": "v0"}, expect=201)


def test_releases_are_listed_found_and_deleted(api, flowers: str):
    path = f"{flowers}/releases/"
    assert api("GET", path) == []
    for name in ("v2", "v1"):
        api("POST", path, {"name": name}, expect=201)
    made = [api("GET", f"{path}{name}/") for name in ("v2", "v1")]
    assert api("GET", path) == made
    assert api("GET", f"{path}v1/") == made[1]
    assert "already exists" in api("POST", path, {"name": "v1"}, expect=400)["detail"]
    api("POST", path, {"name": "a/b"}, expect=400)
    api("DELETE", f"{path}v1/", expect=204)
    api("GET", f"{path}v1/", expect=404)
    api("DELETE", f"{path}v1/", expect=404)
    assert api("GET", path) == made[:1]
