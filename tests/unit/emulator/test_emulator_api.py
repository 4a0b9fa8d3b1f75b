"""The emulator's answers: what it takes, what it refuses, and in which words."""

import gzip
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from dsac.emulator import Account, create_app

IMAGE = {"image": {"url": "https://x/a.png"}}
DATASET = "/datasets/jane/flowers/"


class Caller:
    """Calls the API as somebody."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str = "jane-key",
        headers: dict[str, str] | None = None,
    ) -> tuple[int, Any]:
        sent = {"Authorization": f"APIKey {key}"} if key else {}
        data = body if isinstance(body, bytes) else json.dumps(body)
        answer = self.client.open(
            path,
            method=method,
            headers={**sent, **(headers or {})},
            data=None if body is None else data,
            buffered=True,
        )
        found = answer.get_data()
        return answer.status_code, json.loads(found) if found else None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def call(folder: Path) -> Caller:
    people = [Account(name, f"{name}-key") for name in ("jane", "bob", "eve")]
    app = create_app(folder, accounts=people, organizations=["acme"])
    return Caller(app.test_client())


@pytest.fixture
def sample(call: Caller) -> str:
    """Make jane/flowers with one sample, and give its uuid."""
    assert call("POST", "/user/datasets/", {"name": "flowers"})[0] == 201
    row = {"name": "a", "attributes": IMAGE}
    status, found = call("POST", f"{DATASET}samples/", row)
    assert status == 201
    uuid: str = found["uuid"]
    return uuid


def test_who_may_come_in(call):
    assert call("GET", "/api_status/", key="")[0] == 200
    status, found = call("GET", "/user", key="")
    assert status == 401
    assert "credentials were not provided" in found["detail"]
    assert call("GET", "/user/", key="wrong")[0] == 401
    assert call("GET", "/user")[1]["username"] == "jane"
    assert call("GET", "/users/acme")[1]["is_organization"]
    assert call("GET", "/users/nobody")[0] == 404
    assert call("OPTIONS", "/user", key="")[0] == 200


def test_an_account_is_a_name_and_a_key():
    assert Account.parse("jane") == Account("jane", "jane")
    assert Account.parse("jane:k:1") == Account("jane", "k:1")
    with pytest.raises(ValueError, match="is not NAME"):
        Account.parse(":k")


def test_without_accounts_there_is_one(tmp_path):
    for _ in range(2):
        call = Caller(create_app(tmp_path / "x").test_client())
        assert call("GET", "/user", key="local")[1]["username"] == "local"


def test_a_new_dataset_has_the_platforms_defaults(call):
    status, found = call("POST", "/user/datasets/", {"name": "flowers"})
    assert status == 201
    assert found["full_name"] == "jane/flowers"
    assert found["task_type"] == "segmentation-bitmap"
    assert found["labelsets"][0]["name"] == "ground-truth"
    assert (found["enable_skip_labeling"], found["enable_ratings"]) == (True, False)
    assert found["label_stats"] == {"TOTAL": 0}
    assert (found["role"], found["samples_count"]) == ("admin", 0)


def test_roles_say_what_one_may_do(call, sample):
    assert call("GET", DATASET, key="bob-key")[0] == 404
    assert call("PATCH", DATASET, {"public": True})[0] == 200
    assert call("GET", DATASET, key="bob-key")[0] == 200
    assert call("PATCH", DATASET, {"public": False}, key="bob-key")[0] == 403
    people = f"{DATASET}collaborators/"
    member = {"user": "bob", "role": "labeler"}
    assert call("POST", people, member)[0] == 201
    status, found = call("POST", people, member)
    assert status == 400
    assert "is already a collaborator" in found["detail"]
    assert call("POST", people, {"user": "nobody", "role": "labeler"})[0] == 400
    assert call("GET", f"{people}bob")[1]["role"] == "labeler"
    assert call("GET", f"{people}eve")[0] == 404
    label = f"/labels/{sample}/ground-truth/"
    assert call("PUT", label, {"attributes": {}}, key="bob-key")[0] == 201
    assert call("PUT", label, {"attributes": {}}, key="eve-key")[0] == 403
    assert call("DELETE", f"/samples/{sample}/", key="bob-key")[0] == 403
    assert call("PATCH", f"{people}bob", {"role": "admin"})[1]["role"] == "admin"
    assert call("PATCH", DATASET, {"public": False}, key="bob-key")[0] == 200
    assert call("DELETE", f"{people}bob")[0] == 204
    assert call("GET", DATASET, key="bob-key")[0] == 404
    assert call("GET", "/users/jane/datasets/", key="bob-key") == (200, [])
    assert len(call("GET", "/user/datasets/")[1]) == 1


def test_organisations_belong_to_the_first_account(call):
    path = "/organizations/acme/datasets/"
    assert call("POST", path, {"name": "a"})[0] == 201
    assert call("POST", path, {"name": "b"}, key="bob-key")[0] == 403
    assert call("POST", "/organizations/bob/datasets/", {"name": "b"})[0] == 404


def categories(*items: object) -> dict[str, object]:
    return {"name": "a", "task_attributes": {"categories": [*items]}}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": 3},
        {"name": "a b"},
        {"name": ".."},
        {"name": "x\x00"},
        {"name": "a", "category": "x"},
        {"name": "a", "task_type": "x"},
        {"name": "a", "public": 1},
        {"name": "a", "readme": 3},
        {"name": "a", "metadata": []},
        {"name": "a", "task_attributes": {}},
        categories(3),
        categories({"name": "x"}),
        categories({"id": 1, "name": "x"}, {"id": 1, "name": "y"}),
        {"name": "a", "labeling_inactivity_timeout_seconds": "x"},
        [],
        b"{",
        b"\xff",
        b"[" * 100_000,
        b'{"name": 1e999}',
        b'{"name": "\\ud800"}',
        b"\x00",
    ],
)
def test_bad_datasets_are_refused(call, body):
    assert call("POST", "/user/datasets/", body)[0] == 400


def test_datasets_are_changed_field_by_field_and_deleted(call, sample):
    change = {
        "description": "x",
        "region_of_interest": {"a": 1},
        "labeling_inactivity_timeout_seconds": 7,
        "task_type": "vector",
    }
    status, found = call("PATCH", DATASET, change)
    assert (status, found["description"], found["task_type"]) == (200, "x", "vector")
    assert found["labeling_inactivity_timeout_seconds"] == 7
    change = {"metadata": {"a": 1}, "region_of_interest": None}
    found = call("PATCH", DATASET, change)[1]
    assert (found["metadata"], found["region_of_interest"]) == ({"a": 1}, None)
    assert found["description"] == "x"
    assert call("POST", "/user/datasets/", {"name": "flowers"})[0] == 400
    assert call("DELETE", DATASET)[0] == 204
    assert call("GET", f"/samples/{sample}/")[0] == 404


def test_a_clone_has_metadata_and_on_request_labels(call, sample):
    call("PATCH", DATASET, {"metadata": {"dsac": "v1 p jane/flowers"}})
    call("PUT", f"/labels/{sample}/ground-truth/", {"attributes": {"a": 1}})
    call("POST", f"{DATASET}labelsets/", {"name": "extra"})
    path = f"{DATASET}clone/"
    status, found = call("POST", path, {"name": "copy", "clone_labels": True})
    assert (status, found["cloned_from"]) == (201, "jane/flowers")
    assert found["metadata"] == {"dsac": "v1 p jane/flowers"}
    assert found["label_stats"] == {"PRELABELED": 1, "TOTAL": 1}
    assert [item["name"] for item in found["labelsets"]] == ["ground-truth", "extra"]
    bare = call("POST", path, {"name": "bare", "owner": "acme"})[1]
    assert (bare["full_name"], bare["label_stats"]) == ("acme/bare", {"TOTAL": 1})
    assert call("POST", path, {"name": "x", "owner": "bob"})[0] == 403


def test_samples_are_listed_by_pages_and_filters(call, sample):
    path = f"{DATASET}samples/"
    rows = [
        {"name": name, "attributes": IMAGE, "priority": order, "metadata": {"n": name}}
        for order, name in enumerate(("b", "ca", "d"))
    ]
    assert call("POST", f"{DATASET}samples_bulk/", rows)[0] == 201
    call("PUT", f"/labels/{sample}/ground-truth/", {"attributes": {}})

    def names(query: str) -> list[str]:
        return [row["name"] for row in call("GET", f"{path}?{query}")[1]]

    assert names("") == ["a", "b", "ca", "d"]
    assert names("per_page=2&page=2") == ["ca", "d"]
    assert names("sort=-priority") == ["d", "ca", "b", "a"]
    assert names("sort=-created") == ["d", "ca", "b", "a"]
    assert names("name__contains=a") == ["a", "ca"]
    assert names("filters=n:d,odd") == ["d"]
    assert names("label_status=PRELABELED,LABELED") == ["a"]
    assert names("label_status=UNLABELED") == ["b", "ca", "d"]
    assert names("per_page=desc") == ["a", "b", "ca", "d"]
    assert call("GET", f"{path}?page=9")[1] == {"detail": "Invalid page."}
    assert call("GET", f"{path}?page=x")[1] == {"detail": "Invalid page."}
    summary = {"label_status", "score", "updated_at", "created_by", "reviewed_by"}
    (first, *_) = call("GET", f"{path}?labelset=ground-truth")[1]
    assert set(first["label"]) == summary
    found = call("GET", f"{path}?labelset=ground-truth&include_full_label=1")[1]
    assert [row["label"] is None for row in found] == [False, True, True, True]


def test_a_bulk_call_gives_back_what_exists_unchanged(call, sample):
    path = f"{DATASET}samples_bulk/"
    other = {"image": {"url": "https://x/other.png"}}
    rows = [{"name": name, "attributes": other} for name in ("z", "a", "z")]
    found = call("POST", path, rows)[1]
    assert [row["name"] for row in found] == ["z", "a", "z"]
    assert found[1]["uuid"] == sample
    assert found[1]["attributes"] == IMAGE
    assert found[0]["uuid"] == found[2]["uuid"]
    bad: Any
    for bad in ({}, [3], [{"name": "x"}], [{"name": "x", "attributes": {}}]):
        assert call("POST", path, bad)[0] == 400
    gone = {"uuids": [sample, "unknown"]}
    assert call("DELETE", path, gone) == (200, {"deleted_count": 1})
    for bad in ({}, {"uuids": []}, {"uuids": [3]}, {"uuids": ["x"] * 1001}, [1]):
        assert call("DELETE", path, bad)[0] == 400


@pytest.mark.parametrize(
    "body",
    [
        {"attributes": IMAGE},
        {"name": "x", "attributes": 3},
        {"name": "x", "attributes": {"frames": []}},
        {"name": "x", "attributes": {"image": []}},
        {"name": "x" * 501, "attributes": IMAGE},
        {"name": "x\n", "attributes": IMAGE},
        {"name": "x", "attributes": IMAGE, "priority": "1"},
        {"name": "x", "attributes": IMAGE, "priority": True},
        {"name": "x", "attributes": IMAGE, "priority": 1e300},
        {"name": "x", "attributes": IMAGE, "readme": 3},
        {"name": "x", "attributes": IMAGE, "assigned_labeler": 3},
        {"name": "a", "attributes": IMAGE},
    ],
)
def test_bad_samples_are_refused(call, sample, body):
    assert call("POST", f"{DATASET}samples/", body)[0] == 400


def test_samples_are_changed_field_by_field(call, sample):
    path = f"/samples/{sample}/"
    found = call("PATCH", path, {"priority": 3, "assigned_labeler": "bob"})[1]
    assert (found["priority"], found["assigned_labeler"]) == (3.0, "bob")
    found = call("PATCH", path, {"assigned_labeler": None, "metadata": {"n": None}})[1]
    assert (found["assigned_labeler"], found["metadata"]) == (None, {"n": None})
    assert (found["name"], found["attributes"]) == ("a", IMAGE)
    assert call("PATCH", path, {})[0] == 200
    row = {"name": "b", "attributes": IMAGE, "readme": "r"}
    call("POST", f"{DATASET}samples/", row)
    assert "already exists" in call("PATCH", path, {"name": "b"})[1]["detail"]
    assert call("DELETE", path)[0] == 204
    assert call("GET", path)[0] == 404


def test_a_sample_comes_with_its_label_and_signed_urls_if_asked(call, sample):
    path = f"/samples/{sample}/"
    call("PUT", f"/labels/{sample}/ground-truth/", {"attributes": {}})
    found = call("GET", f"{path}?labelset=ground-truth&include_signed_urls=1")[1]
    assert found["dataset_full_name"] == "jane/flowers"
    assert found["label"]["label_status"] == "PRELABELED"
    assert found["attributes"] == IMAGE
    assert call("GET", f"{path}?labelset=none")[1]["label"] is None
    ours = {"url": "http://localhost/assets/jane/a.png"}
    listed = {"attributes": {"image": {"url": "u"}, "list": [ours]}}
    call("PATCH", path, listed)
    signed = call("GET", f"{path}?include_signed_urls=1")[1]["attributes"]
    assert "signed_url" in signed["list"][0]


def test_labels_tell_who_wrote_and_who_reviewed_them(call, sample):
    path = f"/labels/{sample}/ground-truth/"
    people = f"{DATASET}collaborators/"
    call("POST", people, {"user": "bob", "role": "reviewer"})
    assert call("GET", path)[0] == 404
    assert call("PATCH", path, {})[0] == 404
    assert call("DELETE", path)[0] == 404
    status, made = call("PUT", path, {"attributes": {"a": 1}, "score": 0.5})
    assert (status, made["created_by"], made["updated_by"]) == (201, "jane", None)
    status, found = call("PUT", path, {"attributes": {}}, key="bob-key")
    assert (status, found["created_by"], found["updated_by"]) == (200, "jane", "bob")
    assert found["score"] is None
    assert found["created_at"] == made["created_at"]
    review = {"label_status": "REVIEWED", "rating": 4}
    found = call("PATCH", path, review, key="bob-key")[1]
    assert (found["reviewed_by"], found["rating"]) == ("bob", 4.0)
    found = call("PATCH", path, {"attributes": {"b": 2}})[1]
    assert (found["reviewed_by"], found["attributes"]) == ("bob", {"b": 2})
    bad: dict[str, Any]
    for bad in ({"label_status": "X"}, {"attributes": 3}, {"score": "x"}):
        assert call("PUT", path, {"attributes": {}, **bad})[0] == 400
    assert call("PUT", f"/labels/{sample}/none/", {"attributes": {}})[0] == 404
    assert call("PUT", "/labels/none/ground-truth/", {"attributes": {}})[0] == 404
    assert call("DELETE", path)[0] == 204


def test_label_sets_come_and_go_but_for_the_ground_truth(call, sample):
    path = f"{DATASET}labelsets/"
    body = {"name": "model", "description": "x", "attributes": "{}"}
    assert call("POST", path, body)[0] == 201
    assert "already exists" in call("POST", path, body)[1]["detail"]
    call("PUT", f"/labels/{sample}/model/", {"attributes": {}})
    assert call("GET", f"{path}model/")[1]["description"] == "x"
    assert call("DELETE", f"{path}model/")[0] == 204
    assert call("GET", f"/labels/{sample}/model/")[0] == 404
    assert call("DELETE", f"{path}ground-truth/")[0] == 400
    assert call("GET", f"{path}none/")[0] == 404


def test_a_release_is_a_file_of_the_documented_structure(call, sample):
    call("PUT", f"/labels/{sample}/ground-truth/", {"attributes": {"a": 1}})
    call("POST", f"{DATASET}labelsets/", {"name": "model"})
    path = f"{DATASET}releases/"
    status, made = call("POST", path, {"name": "v1", "description": "First."})
    assert (status, made["status"], made["samples_count"]) == (201, "PENDING", 1)
    made = call("GET", f"{path}v1/")[1]
    assert made["status"] == "SUCCEEDED"
    assert "already exists" in call("POST", path, {"name": "v1"})[1]["detail"]
    found = call("GET", made["attributes"]["url"], key="")[1]
    (row,) = found["dataset"]["samples"]
    assert row["labels"]["model"] is None
    assert row["labels"]["ground-truth"]["attributes"] == {"a": 1}
    assert call("GET", f"{path}v1/")[1] == call("GET", path)[1][0]
    assert call("DELETE", f"{path}v1/")[0] == 204
    assert call("GET", f"{path}v1/")[0] == 404
    assert call("GET", f"{DATASET}issues/") == (200, [])


def upload(call: Caller, data: bytes = b"abc", **changed: str) -> tuple[int, str]:
    made = call("POST", "/assets/", {"filename": "a.png"})[1]
    target = made["presignedPostFields"]
    form: dict[str, Any] = {**target["fields"], **changed}
    form = {key: value for key, value in form.items() if value}
    if data:
        form["file"] = (io.BytesIO(data), "a.png")
    return call.client.post(target["url"], data=form).status_code, made["url"]


def test_a_file_is_there_once_its_form_was_sent(call):
    made = call("POST", "/assets/", {"filename": "a.png"})[1]
    assert call.client.get(made["url"], buffered=True).status_code == 403
    status, url = upload(call)
    assert status == 204
    answer = call.client.get(url, buffered=True)
    assert answer.get_data() == b"abc"
    assert answer.headers["ETag"] == '"900150983cd24fb0d6963f7d28e17f72"'
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.mimetype == "image/png"
    cached = call.client.get(
        url, buffered=True, headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert cached.status_code == 304
    bare = call("POST", "/assets/", {"filename": "no-ending"})[1]["url"]
    assert "." not in bare.rpartition("/")[2]
    assert call("POST", "/assets/", {})[0] == 400


@pytest.mark.parametrize(
    "changed",
    [
        {"policy": ""},
        {"x-amz-signature": "00"},
        {"key": "assets/jane/other"},
        {"Content-Type": "text/html"},
    ],
)
def test_a_form_that_was_tampered_with_is_refused(call, changed):
    assert upload(call, **changed)[0] == 403


def test_a_form_without_a_file_or_with_too_much_of_one_is_refused(call, monkeypatch):
    assert upload(call, data=b"")[0] == 400
    monkeypatch.setattr("dsac.emulator.assets.LARGEST_FILE", 2)
    assert upload(call)[0] == 400


def test_a_form_that_expired_is_refused(call, monkeypatch):
    monkeypatch.setattr("dsac.emulator.uploads.VALID_FOR", timedelta(seconds=-5))
    assert upload(call)[0] == 403


def test_bodies_may_be_zipped_within_bounds(call, monkeypatch):
    zipped = gzip.compress(json.dumps({"name": "z"}).encode())
    headers = {"Content-Encoding": "gzip"}
    assert call("POST", "/user/datasets/", zipped, headers=headers)[0] == 201
    for bad in (b"no gzip", zipped[:-9]):
        assert call("POST", "/user/datasets/", bad, headers=headers)[0] == 400
    monkeypatch.setattr("dsac.emulator.body.LARGEST_BODY", 3)
    assert call("POST", "/user/datasets/", zipped, headers=headers)[0] == 400


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("POST", "/user", 405),
        ("GET", "/datasets/jane/../x/", 404),
        ("GET", "/datasets/%ff/x/", 404),
        ("GET", "/samples/%00/", 404),
        ("GET", "/assets/jane/../../secret", 404),
    ],
)
def test_paths_that_lead_nowhere(call, method, path, status):
    assert call(method, path)[0] == status


def test_everything_survives_a_restart(call, sample, folder):
    call("PUT", f"/labels/{sample}/ground-truth/", {"attributes": {"a": 1}})
    _, url = upload(call)
    again = Caller(create_app(folder).test_client())
    assert again("GET", DATASET)[1]["samples_count"] == 1
    assert again("GET", f"/labels/{sample}/ground-truth/")[1]["attributes"] == {"a": 1}
    assert again.client.get(url, buffered=True).get_data() == b"abc"
