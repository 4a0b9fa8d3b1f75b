"""An emulator with jane, who owns acme, with bob and with eve; and calls as each."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dsac.emulator import Account, create_app

IMAGE = {"image": {"url": "https://bucket.example.com/a.jpg"}}


@dataclass(frozen=True)
class Api:
    """Calls an app as one user; an empty key sends none."""

    client: FlaskClient
    key: str

    def send(
        self, method: str, path: str, body: object = None, **more: Any
    ) -> TestResponse:
        """Send a request; bytes are sent as they are, anything else as JSON."""
        headers: dict[str, str] = dict(more.pop("headers", {}))
        if self.key:
            headers["Authorization"] = f"APIKey {self.key}"
        if body is not None:
            more["data"] = body if isinstance(body, bytes) else json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        more.setdefault("buffered", True)
        return self.client.open(path, method=method, headers=headers, **more)

    def __call__(
        self, method: str, path: str, body: object = None, *, expect: int = 200
    ) -> Any:
        """Send a request, insist on its status, and decode its answer."""
        answer = self.send(method, path, body)
        assert answer.status_code == expect, answer.data
        return json.loads(answer.data) if answer.data else None

    def dataset(self, name: str = "flowers", **fields: Any) -> str:
        """Create a dataset of jane's; give its path."""
        self("POST", "/user/datasets/", {"name": name, **fields}, expect=201)
        return f"/datasets/jane/{name}"

    def sample(self, dataset: str, name: str = "a.jpg", **fields: Any) -> Any:
        """Create a sample."""
        body = {"name": name, "attributes": IMAGE, **fields}
        return self("POST", f"{dataset}/samples/", body, expect=201)

    def samples(self, dataset: str, *names: str) -> list[Any]:
        """Create samples in bulk."""
        body = [{"name": name, "attributes": IMAGE} for name in names]
        found: list[Any] = self("POST", f"{dataset}/samples_bulk/", body, expect=201)
        return found

    def label(
        self, sample: Mapping[str, Any], labelset: str = "ground-truth", **fields: Any
    ) -> Any:
        """Create or replace a label."""
        path = f"/labels/{sample['uuid']}/{labelset}/"
        answer = self.send("PUT", path, {"attributes": {"annotations": []}, **fields})
        assert answer.status_code in {200, 201}, answer.data
        return json.loads(answer.data)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Name the folder of the emulator's data."""
    return tmp_path / "data"


@pytest.fixture
def app(data: Path) -> Flask:
    """Make an emulator of three people and an organisation."""
    accounts = [Account(name, f"{name}-key") for name in ("jane", "bob", "eve")]
    return create_app(data, accounts=accounts, organizations=["acme"])


@pytest.fixture
def api(app: Flask) -> Api:
    """Call as jane."""
    return Api(app.test_client(), "jane-key")


@pytest.fixture
def bob(app: Flask) -> Api:
    """Call as bob."""
    return Api(app.test_client(), "bob-key")


@pytest.fixture
def eve(app: Flask) -> Api:
    """Call as eve, a stranger."""
    return Api(app.test_client(), "eve-key")


@pytest.fixture
def nobody(app: Flask) -> Api:
    """Call without a key."""
    return Api(app.test_client(), "")


@pytest.fixture
def flowers(api) -> str:
    """Create a dataset of jane's; give its path."""
    return str(api.dataset())
