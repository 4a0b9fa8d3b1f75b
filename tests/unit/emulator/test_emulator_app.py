"""Who comes in, and how errors are answered."""

import sqlite3
import subprocess
import sys

import pytest

from dsac.emulator.access import Dataset


def test_importing_the_emulator_imports_no_server():
    code = (
        "import sys, dsac.emulator\n"
        "assert not {'flask', 'werkzeug', 'waitress', 'sqlite3'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_status_needs_no_key_but_no_wrong_one_either(api, nobody):
    assert nobody("GET", "/api_status/?lib_version=1.33.0")
    assert api("GET", "/api_status")
    wrong = type(api)(api.client, "wrong")
    assert wrong("GET", "/api_status/", expect=401) == {"detail": "Invalid API key."}


def test_without_a_key_nothing_else_is_answered(nobody):
    found = nobody("GET", "/user", expect=401)
    assert found == {"detail": "Authentication credentials were not provided."}


def test_another_scheme_counts_as_no_key(nobody):
    answer = nobody.send("GET", "/user", headers={"Authorization": "Token jane-key"})
    assert answer.status_code == 401
    assert b"not provided" in answer.data


@pytest.mark.parametrize("path", ["/user", "/user/", "/user/datasets", "/users/bob/"])
def test_a_slash_at_the_end_is_optional(api, path: str):
    api("GET", path)


def test_a_method_that_a_path_lacks_is_405(api):
    found = api("POST", "/datasets/jane/clone/", {}, expect=405)
    assert found == {"detail": 'Method "POST" not allowed.'}


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "//user",
        "/datasets/%ff/%00",
        "/datasets/jane/%ed%a0%80",
        "/datasets/jane/..%2f..",
        "/datasets/jane/%zz",
        "/datasets/../user",
        "/samples/%00/",
        "/labels/x/ground-truth",
        "/users/nobody",
        "/users/nobody/datasets",
    ],
)
def test_paths_to_nothing_are_not_found(api, path: str):
    assert api("GET", path, expect=404) == {"detail": "Not found."}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"), 400),
        (sqlite3.IntegrityError("FOREIGN KEY constraint failed"), 404),
        (ZeroDivisionError(), 500),
    ],
)
def test_what_goes_wrong_inside_is_answered_in_json(
    api, app, monkeypatch, flowers: str, error: Exception, status: int
):
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(Dataset, "require", fail)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = api.send("GET", flowers)
    assert answer.status_code == status
    assert answer.is_json


@pytest.mark.parametrize("host", ["a b", "[::1", "a/b", "a@b", "a:b", "a,b", "ü"])
def test_a_host_that_can_not_stand_in_a_url_is_refused(api, host: str):
    answer = api.send("GET", "/user", headers={"Host": host})
    assert (answer.status_code, answer.json) == (
        400,
        {"detail": "Invalid host header."},
    )


@pytest.mark.parametrize("host", ["", "localhost", "127.0.0.1:8787", "[::1]:8787"])
def test_a_host_may_have_a_port(api, host: str):
    assert api.send("GET", "/user", headers={"Host": host}).status_code == 200


def test_other_pages_may_read_files_but_not_the_api(api, nobody):
    asset = api("POST", "/assets/", {"filename": "a.png"}, expect=201)
    path = asset["url"].removeprefix("http://localhost")
    for method in ("GET", "HEAD", "OPTIONS"):
        answer = nobody.send(method, path)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "GET" in answer.headers["Access-Control-Allow-Methods"]
    for method in ("GET", "OPTIONS"):
        answer = api.send(method, "/user")
        assert answer.status_code == 200
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_who_has_no_key_is_told_how_one_comes_in(api, nobody):
    refused = nobody.send("GET", "/user")
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == "APIKey"
    assert "WWW-Authenticate" not in api.send("GET", "/user").headers
