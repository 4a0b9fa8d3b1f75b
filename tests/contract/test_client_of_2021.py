"""The public client of 2021 against a server on a port, results read both ways."""

import io

import numpy as np
import pytest

import dsac
from dsac import SegmentsClient, bitmap2file
from dsac.assets.bitmaps import decode
from dsac.errors import (
    AuthenticationError,
    ConflictError,
    NotFoundError,
    ProtocolError,
)
from dsac.remote.client import Client


@pytest.fixture
def client(server):
    with SegmentsClient("jane-key", api_url=server.url) as found:
        yield found


def test_datasets(client):
    made = client.add_dataset("flowers", "All kinds.", "garden")
    assert made["full_name"] == made.full_name == "jane/flowers"
    assert (made.description, made.category) == ("All kinds.", "garden")
    assert [item.name for item in client.get_datasets()] == ["flowers"]
    assert [item["name"] for item in client.get_datasets(user="jane")] == ["flowers"]
    assert client.get_dataset("jane/flowers").task_type == "segmentation-bitmap"
    assert client.update_dataset("jane/flowers", description="x").description == "x"
    with pytest.raises(ConflictError):
        client.add_dataset("flowers", "", "garden")
    client.add_dataset("trees", organization="acme", metadata={"a": 1}, public=True)
    assert client.get_dataset("acme/trees").metadata == {"a": 1}
    assert client.add_dataset("acme/more").full_name == "acme/more"
    client.delete_dataset("jane/flowers")
    with pytest.raises(NotFoundError):
        client.get_dataset("jane/flowers")


def test_samples(client):
    client.add_dataset("flowers", "", "garden")
    attributes = {"image": {"url": "https://x/violet.jpg"}}
    sample = client.add_sample("jane/flowers", "violet.jpg", attributes)
    assert sample["name"] == "violet.jpg"
    assert sample.attributes == attributes
    assert client.get_sample(uuid=sample["uuid"])["uuid"] == sample.uuid
    other = client.add_sample(
        "jane/flowers", "rose.jpg", attributes, {"city": "Rome"}, priority=2
    )
    assert (other.metadata, other.priority) == ({"city": "Rome"}, 2)
    names = [item.name for item in client.get_samples("jane/flowers", per_page=1)]
    assert names == ["rose.jpg", "violet.jpg"]
    found = client.get_samples("jane/flowers", name="rose")
    assert [item.name for item in found] == ["rose.jpg"]
    assert client.update_sample(other.uuid, name="tulip.jpg").name == "tulip.jpg"
    client.delete_sample(uuid=sample["uuid"])
    rows = [{"name": str(number), "attributes": attributes} for number in range(3)]
    made = client.add_samples("jane/flowers", rows)
    gone = client.delete_samples("jane/flowers", [item.uuid for item in made])
    assert gone.deleted_count == 3
    assert len(client.get_samples("jane/flowers")) == 1


def test_labels(client):
    client.add_dataset("flowers", "", "garden")
    attributes = {"image": {"url": "https://x/a.jpg"}}
    uuid = client.add_sample("jane/flowers", "a", attributes)["uuid"]
    label = {"annotations": [{"id": 1, "category_id": 1}]}
    made = client.add_label(uuid, "ground-truth", label)
    assert (made["label_status"], made.score) == ("PRELABELED", None)
    again = client.add_label(uuid, "ground-truth", label, "REVIEWED", score=0.5)
    assert (again.label_status, again.score) == ("REVIEWED", 0.5)
    assert client.get_label(uuid, "ground-truth")["attributes"] == label
    changed = client.update_label(uuid, "ground-truth", label_status="REJECTED")
    assert (changed.label_status, changed.reviewed_by) == ("REJECTED", "jane")
    assert client.get_sample(uuid, labelset="ground-truth").label.score == 0.5
    (listed,) = client.get_samples(
        "jane/flowers", labelset="ground-truth", include_full_label=True
    )
    assert listed.label.attributes == label
    client.delete_label(uuid, "ground-truth")
    with pytest.raises(NotFoundError):
        client.get_label(uuid)


def test_label_sets(client):
    client.add_dataset("flowers", "", "garden")
    client.add_labelset("jane/flowers", "model", "A model.")
    assert client.get_labelset("jane/flowers", "model")["description"] == "A model."
    names = [item.name for item in client.get_labelsets("jane/flowers")]
    assert names == ["ground-truth", "model"]
    client.delete_labelset("jane/flowers", "model")
    assert len(client.get_labelsets("jane/flowers")) == 1


def test_assets_and_bitmaps(client, server):
    ids = np.arange(12, dtype=np.uint32).reshape(3, 4) * 70000
    asset = client.upload_asset(bitmap2file(ids), filename="label.png")
    assert asset["url"].endswith(".png")
    with server.client() as transport:
        plain = Client(transport)
        assert np.array_equal(decode(plain.download(asset.url)), ids)
        assert len(plain.etag(asset.url)) == 32
        with pytest.raises(ProtocolError, match="only http and https"):
            plain.download("gs://bucket/x")
    assert client.upload_asset(b"abc")["filename"] == "label.png"


def test_users(client):
    assert client.get_user().username == "jane"
    assert client.get_user("bob")["username"] == "bob"


def test_a_wrong_or_missing_key_is_noticed_at_once(server, monkeypatch, tmp_path):
    with pytest.raises(AuthenticationError):
        SegmentsClient("wrong", api_url=server.url)
    with pytest.raises(AuthenticationError, match="there is no API key"):
        SegmentsClient(api_url=server.url)
    (tmp_path / "key").write_text("jane-key\n")
    monkeypatch.setenv("SEGMENTS_API_KEY_FILE", str(tmp_path / "key"))
    with SegmentsClient(api_url=server.url) as client:
        assert client.get_user().username == "jane"
    unchecked = SegmentsClient("wrong", api_url=server.url, check=False)
    with unchecked, pytest.raises(AuthenticationError):
        unchecked.get_user()


def test_results_read_like_mappings_too(client):
    user = client.get_user()
    assert user["username"] == user.get("username") == "jane"
    assert user.get("nothing", 3) == 3
    assert "username" in user
    assert "nothing" not in user
    assert set(user) == set(user.keys())
    assert len(user) == len(user.keys())
    with pytest.raises(KeyError):
        user["nothing"]


def test_the_package_offers_what_it_says():
    assert dsac.SegmentsClient is SegmentsClient
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        dsac.nothing  # noqa: B018 - the access is the test
    assert isinstance(bitmap2file(np.zeros((1, 1), np.uint8)), io.BytesIO)
