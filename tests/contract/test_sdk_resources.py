"""The resource objects of the platform's own SDK work against the emulator."""

import functools
import inspect
import json
from collections.abc import Callable
from typing import Any

import pytest
import segments
from segments import resource_api
from segments.dataset import SegmentsDataset
from segments.exceptions import NotFoundError

from dsac.remote.client import Client

IMAGE = {"image": {"url": "https://images.example.com/a.jpg"}}
BITMAP = {
    "annotations": [{"id": 1, "category_id": 1}],
    "segmentation_bitmap": {"url": "https://images.example.com/a.png"},
}

Method = tuple[str, str]


def methods() -> set[Method]:
    """Name the public methods of the SDK's resource objects, by class."""
    return {
        (kind.__name__, name)
        for _, kind in inspect.getmembers(resource_api, inspect.isclass)
        if issubclass(kind, resource_api.HasClient)
        and kind is not resource_api.HasClient
        for name, found in vars(kind).items()
        if inspect.isfunction(found) and not name.startswith("_")
    }


@pytest.fixture
def called(monkeypatch) -> set[Method]:
    """Note which methods of the resource objects are called."""
    seen: set[Method] = set()

    def noted(key: Method, method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def call(*arguments: Any, **named: Any) -> Any:
            seen.add(key)
            return method(*arguments, **named)

        return call

    for kind, name in methods():
        owner = getattr(resource_api, kind)
        monkeypatch.setattr(owner, name, noted((kind, name), getattr(owner, name)))
    return seen


@pytest.fixture
def client(server):
    """Open the SDK's client."""
    with segments.SegmentsClient("jane-key", api_url=f"{server.url}/") as found:
        yield found


def test_every_method_of_the_resource_objects_works(client, called):
    dataset = client.add_dataset("flowers")
    drive_samples(dataset)
    drive_labels(dataset)
    drive_issues(dataset)
    drive_parts(dataset)
    clone = dataset.clone()
    assert clone.full_name == "jane/flowers-clone"
    assert dataset.update(description="new").description == "new"
    dataset.delete()
    with pytest.raises(NotFoundError):
        client.get_dataset("jane/flowers")
    assert called == methods()


def drive_samples(dataset: Any) -> None:
    sample = dataset.add_sample("a", IMAGE, priority=2)
    assert sample.dataset.full_name == "jane/flowers"
    assert sample.update(metadata={"x": 1}).metadata == {"x": 1}
    assert [item.name for item in dataset.get_samples(sort="priority")] == ["a"]
    others = [dataset.add_sample(name, IMAGE) for name in "bc"]
    assert dataset.delete_samples([others[0].uuid]).deleted_count == 1
    others[1].delete()
    assert [item.name for item in dataset.get_samples()] == ["a"]


def drive_labels(dataset: Any) -> None:
    (sample,) = dataset.get_samples()
    label = sample.add_label("ground-truth", BITMAP)
    assert label.label_status == "PRELABELED"
    assert sample.get_label().attributes.annotations[0].id == 1
    assert sample.update_label("ground-truth", score=0.5).score == 0.5
    assert label.update(label_status="LABELED").label_status == "LABELED"
    label.delete()
    sample.add_label("ground-truth", BITMAP)
    sample.delete_label("ground-truth")
    with pytest.raises(NotFoundError):
        sample.get_label()


def drive_issues(dataset: Any) -> None:
    (sample,) = dataset.get_samples()
    issue = sample.add_issue("A leaf is missing.")
    assert issue.update(status="CLOSED").status == "CLOSED"
    (found,) = dataset.get_issues()
    assert found.sample_name == "a"
    # The SDK asks for the issues of a dataset that has the sample's uuid as its name.
    with pytest.raises(NotFoundError):
        sample.get_issues()
    issue.delete()
    assert dataset.get_issues() == []


def drive_parts(dataset: Any) -> None:
    labelset = dataset.add_labelset("model", "A model.")
    assert [item.name for item in dataset.get_labelsets()] == ["ground-truth", "model"]
    assert dataset.get_labelset("model").description == "A model."
    labelset.delete()
    collaborator = dataset.add_collaborator("bob")
    assert dataset.get_collaborator("bob").role == "labeler"
    collaborator.update("admin")
    assert dataset.get_collaborator("bob").role == "admin"
    collaborator.delete()
    release = dataset.add_release("v1")
    assert dataset.get_release("v1").status == "SUCCEEDED"
    assert [item.name for item in dataset.get_releases()] == ["v1"]
    release.delete()
    assert dataset.get_workunits() == []


def test_the_file_of_a_release_is_what_the_sdk_reads(client, server, tmp_path):
    dataset = client.add_dataset("flowers")
    sample = dataset.add_sample("a", IMAGE, {"city": "Rome"})
    sample.add_label("ground-truth", BITMAP, label_status="LABELED")
    dataset.add_sample("b", IMAGE)
    dataset.add_release("v1", "First.")
    release = client.get_release("jane/flowers", "v1")
    with server.client() as transport:
        content = Client(transport).download(release.attributes.url)
    (tmp_path / "v1.json").write_bytes(content)
    found = SegmentsDataset(
        str(tmp_path / "v1.json"), segments_dir=str(tmp_path), preload=False
    )
    assert [item["name"] for item in found.samples] == ["a", "b"]
    frozen = json.loads(content)
    assert frozen["name"] == "v1"
    assert frozen["dataset"]["samples"][1]["labels"] == {"ground-truth": None}
