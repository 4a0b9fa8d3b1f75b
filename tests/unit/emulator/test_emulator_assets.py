"""Assets: the place, the form, and the file."""

import hashlib
import io
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dsac.emulator import assets, create_app, uploads
from dsac.emulator.store import Store


def place(api, filename: str = "violet.png") -> Any:
    return api("POST", "/assets/", {"filename": filename}, expect=201)


def fill(
    nobody,
    asset: Any,
    content: bytes = b"pixels",
    changes: Any = None,
    *,
    drop: str = "",
) -> Any:
    """Post the form of an asset, with fields changed or one left out."""
    fields = {**asset["presignedPostFields"]["fields"], **(changes or {})}
    fields.pop(drop, None)
    form = {**fields, "file": (io.BytesIO(content), "violet.png")}
    return nobody.send("POST", asset["presignedPostFields"]["url"], data=form)


def test_a_file_is_put_in_its_place_and_read_back(api, nobody):
    asset = place(api)
    assert asset["filename"] == "violet.png"
    uuid.UUID(asset["uuid"])
    assert asset["url"] == f"http://localhost/assets/jane/{asset['uuid']}.png"
    assert nobody.send("GET", asset["url"]).status_code == 403

    answer = fill(nobody, asset)
    assert (answer.status_code, answer.data) == (204, b"")

    answer = nobody.send("GET", asset["url"])
    assert (answer.status_code, answer.data) == (200, b"pixels")
    assert answer.mimetype == "image/png"
    etag = f'"{hashlib.md5(b"pixels", usedforsecurity=False).hexdigest()}"'
    assert answer.headers["ETag"] == etag
    head = nobody.send("HEAD", asset["url"])
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["ETag"] == etag
    assert head.headers["Content-Length"] == "6"
    same = nobody.send("GET", asset["url"], headers={"If-None-Match": etag})
    assert (same.status_code, same.data) == (304, b"")


def test_a_file_that_is_not_the_expected_one_is_not_sent(api, nobody):
    asset = place(api)
    fill(nobody, asset)
    answer = nobody.send("GET", asset["url"], headers={"If-Match": '"other"'})
    assert answer.status_code == 412
    assert "preconditions" in answer.json["detail"]


def test_urls_follow_the_host_of_the_request(api):
    body = {"filename": "a"}
    answer = api.send("POST", "/assets/", body, base_url="http://box.example:8787")
    assert answer.json["url"].startswith("http://box.example:8787/assets/jane/")
    url = answer.json["presignedPostFields"]["url"]
    assert url == "http://box.example:8787/upload/"


def test_each_asset_is_new(api):
    assert place(api)["url"] != place(api)["url"]


@pytest.mark.parametrize(
    ("filename", "extension", "kind"),
    [
        ("a.JPG", ".JPG", "image/jpeg"),
        ("folder/b.unheardof", ".unheardof", "application/octet-stream"),
        ("noextension", "", "application/octet-stream"),
        ("../../etc/passwd", "", "application/octet-stream"),
        ("x.p/../ng", "", "application/octet-stream"),
        ("x.", "", "application/octet-stream"),
        ("x.ü", "", "application/octet-stream"),
    ],
)
def test_extension_and_type_come_from_the_filename(
    api, nobody, filename: str, extension: str, kind: str
):
    asset = place(api, filename)
    assert asset["url"].rpartition("/")[2] == asset["uuid"] + extension
    assert asset["presignedPostFields"]["fields"]["Content-Type"] == kind
    assert fill(nobody, asset).status_code == 204
    assert nobody.send("GET", asset["url"]).mimetype == kind


@pytest.mark.parametrize("name", [None, "", 1, "a" * 501])
def test_a_file_needs_a_name(api, name: Any):
    assert "filename" in api("POST", "/assets/", {"filename": name}, expect=400)


@pytest.mark.parametrize("field", uploads.FIELDS)
def test_every_field_of_the_form_is_needed_and_can_not_be_changed(
    api, nobody, field: str
):
    asset = place(api)
    assert fill(nobody, asset, drop=field).status_code == 403
    assert fill(nobody, asset, changes={field: "ü"}).status_code == 403
    assert nobody.send("GET", asset["url"]).status_code == 403


def test_a_form_is_for_its_own_asset_alone(api, nobody):
    asset, other = place(api), place(api)
    key = other["presignedPostFields"]["fields"]["key"]
    assert fill(nobody, asset, changes={"key": key}).status_code == 403


def test_a_form_expires(api, nobody, monkeypatch):
    monkeypatch.setattr(uploads, "VALID_FOR", timedelta(seconds=-2))
    answer = fill(nobody, place(api))
    assert (answer.status_code, answer.json) == (403, {"detail": "Policy expired."})


def test_a_form_of_another_emulator_is_refused(api, nobody, tmp_path: Path):
    client = create_app(tmp_path / "other").test_client()
    theirs = type(api)(client, "local")
    assert fill(nobody, place(theirs)).status_code == 403


def test_a_form_needs_a_file(api, nobody):
    form = place(api)["presignedPostFields"]["fields"]
    assert nobody.send("POST", "/upload/", data=form).status_code == 400


def test_a_body_that_is_no_form_is_refused(nobody):
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    for body in (b"", b"nonsense", b"--x\r\n\xff\r\n"):
        answer = nobody.send("POST", "/upload", body, headers=headers)
        assert answer.status_code in {400, 403}


def test_a_file_that_is_too_large_leaves_nothing(api, nobody, data: Path, monkeypatch):
    monkeypatch.setattr(assets, "LARGEST_FILE", 5)
    asset = place(api)
    assert fill(nobody, asset).status_code == 400
    assert nobody.send("GET", asset["url"]).status_code == 403
    assert not [path for path in (data / "assets").rglob("*") if path.is_file()]
    assert fill(nobody, asset, b"five!").status_code == 204


def test_a_form_can_be_sent_again(api, nobody):
    asset = place(api)
    first = fill(nobody, asset, b"one")
    second = fill(nobody, asset, b"two")
    assert (first.status_code, second.status_code) == (204, 204)
    assert nobody.send("GET", asset["url"]).data == b"two"


def test_an_upload_that_breaks_off_leaves_the_file_before_it(
    api, nobody, monkeypatch: pytest.MonkeyPatch
):
    asset = place(api)
    fill(nobody, asset, b"before")
    monkeypatch.setattr(Store, "write", broken)
    assert fill(nobody, asset, b"after").status_code == 500
    answer = nobody.send("GET", asset["url"])
    assert answer.data == b"before"
    etag = hashlib.md5(b"before", usedforsecurity=False).hexdigest()
    assert answer.headers["ETag"] == f'"{etag}"'


def broken(store: Store) -> Any:
    raise ConnectionAbortedError


def test_what_is_no_asset_is_denied(api, nobody, data: Path):
    asset = place(api)
    fill(nobody, asset)
    url = asset["url"]
    for wrong in (
        url.replace("jane", "bob"),
        url.removesuffix("png") + "jpg",
        "/assets/jane/none.png",
        "/assets/jane/..%2f..%2femulator.sqlite",
        "/assets/jane/%00",
    ):
        assert nobody.send("GET", wrong).status_code in {403, 404}
    (file,) = [path for path in (data / "assets").rglob("*") if path.is_file()]
    file.unlink()
    assert nobody.send("GET", url).status_code == 403
