"""A project on the embedded remote, and the hands of people on its platform."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from dsac.emulator import Account, create_app
from dsac.engine import session
from dsac.remote.client import Client
from dsac.remote.transport import Transport
from tests.functional.lens import Lens

ORGANIZATIONS = ("jane", "acme")


@dataclass(frozen=True)
class Project:
    """A project's folder, its command, and its platform."""

    root: Path
    dsac: Callable[..., Any]

    def write(self, text: str, name: str = "manifests/a.yaml") -> None:
        """Write a manifest."""
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)

    def image(self, name: str, color: str = "red") -> None:
        """Write an image of 8 x 6 pixels."""
        path = self.root / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 6), color).save(path)

    @contextmanager
    def platform(self, user: str = "local") -> Iterator[Client]:
        """Act on the platform as a user; anyone but `local` must be invited first."""
        app = create_app(
            self.root / ".dsac" / "local",
            accounts=[Account("local", "local"), Account(user, user)],
            organizations=ORGANIZATIONS,
        )
        with Transport("http://dsac.invalid", key=user) as transport:
            transport.mount_wsgi(app.wsgi_app)
            yield Client(transport)

    def apply(self, *flags: str) -> None:
        """Apply, and insist that all went well."""
        ran = self.dsac("apply", "--auto-approve", *flags)
        assert ran.code == 0, ran.err + ran.out

    def plan(self, *flags: str) -> dict[str, Any]:
        """Plan, and give the plan as JSON."""
        ran = self.dsac("plan", "--format", "json", *flags)
        assert ran.out, ran.err
        found: dict[str, Any] = json.loads(ran.out)
        return found

    def actions(self, *flags: str) -> dict[str, list[str]]:
        """Plan, and give the actions by address; held changes in brackets."""
        return {
            change["address"]: (["held"] if change["held"] else change["actions"])
            for change in self.plan(*flags)["changes"]
        }

    def assert_settled(self) -> None:
        """Insist that a plan finds nothing to do."""
        ran = self.dsac("plan", "--detailed-exitcode")
        assert ran.out.splitlines()[-1] == "No changes.", ran.out
        assert ran.code == 0

    def sample(self, name: str, dataset: str = "jane/flowers") -> Any:
        """Give a sample of the platform."""
        with self.platform() as client:
            for page in client.list_samples(dataset):
                for sample in page:
                    if sample.name == name:
                        return sample
        raise LookupError(name)

    def edit_label(
        self,
        sample: str,
        fields: Mapping[str, Any],
        *,
        labelset: str = "ground-truth",
        dataset: str = "jane/flowers",
    ) -> None:
        """Change a label as bob, an annotator."""
        with self.platform("bob") as client:
            self.invite("bob", dataset)
            uuid = self.sample(sample, dataset).uuid
            client.put_label(uuid, labelset, {"attributes": {}, **fields})

    def invite(self, user: str, dataset: str) -> None:
        """Let a user work on a dataset."""
        with self.platform(user), self.platform() as client:
            people = client.transport.json(dict, "GET", f"/datasets/{dataset}/")
            if not people["collaborators_count"]:
                client.add_collaborator(dataset, user, role="labeler")


@pytest.fixture
def project(
    tmp_path: Path, dsac: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> Project:
    """Make a project with three images and no manifest."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "dsac.yaml").write_text("project: flowers\n")
    monkeypatch.chdir(root)
    found = Project(root, dsac)
    for name in ("a.png", "b.png", "c.png"):
        found.image(name)
    return found


@pytest.fixture
def lens(project: Project, monkeypatch: pytest.MonkeyPatch) -> Lens:
    """Put a lens before the embedded platform of the project's commands."""
    embedded = session._embedded
    found = Lens(app=lambda *_: [])

    def bent(*some: Any) -> Any:
        found.app = embedded(*some)
        return found

    monkeypatch.setattr(session, "_embedded", bent)
    return found
