"""Releases: frozen once, so only of a dataset that is as its manifest says."""

from collections.abc import Iterable
from typing import Any

import pytest

from tests.functional.stage import Stage
from tests.functional.truth import state

MANIFEST = """\
dataset: jane/flowers
task_type: segmentation-bitmap
releases: [{name: v1}]
samples:
  - {name: a, image: "https://x.test/a.png"}
  - {name: b, image: "https://x.test/b.png"}
"""


@pytest.fixture
def stage(tmp_path, monkeypatch) -> Stage:
    found = Stage(tmp_path / "project", tmp_path / "server", patch=monkeypatch)
    (found.root / "manifests").mkdir(parents=True)
    (found.root / "dsac.yaml").write_text("project: flowers\n")
    (found.root / "manifests" / "a.yaml").write_text(MANIFEST)
    return found


def test_no_release_is_made_of_a_dataset_that_lacks_a_sample(stage) -> None:
    whole = stage.app.wsgi_app

    def refuses_samples(environ: Any, start_response: Any) -> Iterable[bytes]:
        if "samples_bulk" in environ["PATH_INFO"]:
            start_response("403 Forbidden", [("Content-Length", "2")])
            return [b"{}"]
        answer: Iterable[bytes] = whole(environ, start_response)
        return answer

    stage.mount(refuses_samples)
    ran = stage.apply()
    assert ran.code == 1
    assert "jane/flowers#v1" in ran.out
    assert "something before it failed" in ran.out
    assert "jane/flowers#v1" not in state(stage.app, ["jane/flowers"])
    stage.mount(whole)
    assert stage.apply().code == 0
    _, frozen = state(stage.app, ["jane/flowers"])["jane/flowers#v1"]
    assert [sample["name"] for sample in frozen] == ["a", "b"]
