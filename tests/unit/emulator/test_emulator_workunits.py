"""Work units: recorded for who acts as a person on the platform's pages."""

import pytest

LABELS = "/labels/{}/ground-truth/"


@pytest.fixture
def worked(api, flowers: str):
    """Label two samples as a person does, one as a script does."""
    samples = api.samples(flowers, "a", "b", "c")
    for sample, status in zip(samples[:2], ("LABELED", "REVIEWED"), strict=True):
        body = {"attributes": {}, "label_status": status, "rating": 4}
        path = LABELS.format(sample["uuid"])
        api.send("PUT", path, body, headers={"X-source": "web"})
    api("PUT", LABELS.format(samples[2]["uuid"]), body, expect=201)
    return f"{flowers}/workunits/"


def test_work_on_the_pages_is_recorded_the_newest_first(api, worked: str):
    second, first = api("GET", worked)
    assert (first["sample_name"], first["work_type"]) == ("a", "label")
    assert (second["sample_name"], second["work_type"]) == ("b", "review")
    assert (second["created_by"], second["next_label_status"]) == ("jane", "REVIEWED")
    assert (second["label_rating"], second["session_time_metrics"]) == (4, None)
    assert api("GET", f"{worked}?sort=created_at") == [first, second]


def test_work_units_are_paged_and_bounded_by_time(api, worked: str):
    (second,) = api("GET", f"{worked}?per_page=1")
    (first,) = api("GET", f"{worked}?per_page=1&page=2")
    api("GET", f"{worked}?per_page=1&page=3", expect=404)
    now = first["created_at"][:19]
    assert len(api("GET", f"{worked}?start={now}")) == 2
    assert api("GET", f"{worked}?start=2999-01-01T00:00:00") == []
    assert api("GET", f"{worked}?end=1999-01-01T00:00:00") == []
    ended = api("GET", f"{worked}?end={second['created_at'][:19]}")
    assert len(ended) == 2
    api("GET", f"{worked}?start=yesterday", expect=400)


def test_metrics_come_along_when_they_are_asked_for(api, worked: str):
    found = api("GET", f"{worked}?include_session_time_metrics=true")
    assert [item["session_time_metrics"] for item in found] == [{}, {}]


def test_work_units_go_with_their_sample(api, flowers: str, worked: str):
    for sample in api("GET", f"{flowers}/samples/"):
        api("DELETE", f"/samples/{sample['uuid']}/", expect=204)
    assert api("GET", worked) == []
