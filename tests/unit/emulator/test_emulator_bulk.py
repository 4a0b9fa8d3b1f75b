"""Many samples at once."""

import json

import pytest

from dsac.emulator.bulk import CHUNK

IMAGE = {"image": {"url": "https://bucket.example.com/a.jpg"}}


def test_bulk_answers_in_the_order_of_the_request(api, flowers: str):
    found = api.samples(flowers, "c", "a", "b")
    assert [item["name"] for item in found] == ["c", "a", "b"]
    for item in found:
        alone = api("GET", f"/samples/{item['uuid']}/")
        assert alone == {**item, "dataset_full_name": "jane/flowers"}


def test_names_that_exist_are_given_back_unchanged(api, flowers: str):
    old = api.sample(flowers, "a", metadata={"old": 1.0})
    body = [
        {"name": "b", "attributes": IMAGE, "priority": 1},
        {"name": "a", "attributes": {"image": {"url": "new"}}, "metadata": {"new": 1}},
    ]
    new, same = api("POST", f"{flowers}/samples_bulk/", body, expect=201)
    assert same == old
    assert (new["name"], new["priority"]) == ("b", 1)


def test_a_name_twice_is_one_sample(api, flowers: str):
    first, second = api.samples(flowers, "a", "a")
    assert first == second
    assert api("GET", flowers)["samples_count"] == 1


def test_nothing_can_be_added(api, flowers: str):
    assert api.samples(flowers) == []


def test_more_than_a_chunk_can_be_added(api, flowers: str):
    wanted = [f"{number:04}" for number in reversed(range(CHUNK + 5))]
    assert [item["name"] for item in api.samples(flowers, *wanted)] == wanted
    assert api("GET", flowers)["samples_count"] == CHUNK + 5


def test_one_that_is_wrong_refuses_all_and_says_which(api, flowers: str):
    good = {"name": "a", "attributes": IMAGE}
    body: list[object] = [good, {"name": "b"}, good]
    found = api("POST", f"{flowers}/samples_bulk/", body, expect=400)
    assert found == [{}, {"attributes": ["This field is required."]}]
    body = [*({"name": str(n), "attributes": IMAGE} for n in range(CHUNK)), 1]
    found = api("POST", f"{flowers}/samples_bulk/", body, expect=400)
    assert found[CHUNK] == {"non_field_errors": ["A JSON object is expected."]}
    assert api("GET", flowers)["samples_count"] == 0


@pytest.mark.parametrize("body", [{}, "text", None])
def test_bulk_takes_a_list(api, flowers: str, body: object):
    sent = json.dumps(body).encode()
    found = api("POST", f"{flowers}/samples_bulk/", sent, expect=400)
    assert found == {"non_field_errors": ["A JSON list is expected."]}


def test_deletion_skips_what_is_not_there(api, flowers: str):
    first, second, third = api.samples(flowers, "a", "b", "c")
    elsewhere = api.sample(api.dataset("other"), "a")
    api.label(first)
    keys = [first["uuid"], "nothing", elsewhere["uuid"], third["uuid"], third["uuid"]]
    found = api("DELETE", f"{flowers}/samples_bulk/", {"uuids": keys})
    assert found == {"deleted_count": 2}
    assert api("GET", f"{flowers}/samples/") == [second]
    api("GET", f"/samples/{elsewhere['uuid']}/")


@pytest.mark.parametrize(
    "body",
    [{}, {"uuids": None}, {"uuids": []}, {"uuids": [1]}, {"uuids": ["x"] * 1001}],
)
def test_deletion_takes_one_to_1000_uuids(api, flowers: str, body: object):
    assert "uuids" in api("DELETE", f"{flowers}/samples_bulk/", body, expect=400)
