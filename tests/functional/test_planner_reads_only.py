"""The planner can't write: not by what it is given, and not against any server."""

import inspect
import threading
from collections.abc import Iterator

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from dsac.emulator import Account, create_app
from dsac.engine.planning import make_plan
from dsac.engine.session import View
from dsac.remote.client import Client
from dsac.remote.reader import Reader

MANIFEST = """\
dataset: jane/flowers
task_type: segmentation-bitmap
categories: [{id: 1, name: rose}]
samples:
  - name: a
    image: ../images/a.png
    labels: {ground-truth: {annotations: [{id: 1, category: rose}]}}
"""


@pytest.fixture
def stern_server(tmp_path) -> Iterator[str]:
    """Serve the emulator; answer 500 to everything but GET and HEAD."""
    app = create_app(tmp_path / "stern", accounts=[Account("jane", "jane-key")])

    @Request.application
    def stern(request: Request) -> Response:
        if request.method not in {"GET", "HEAD"}:
            return Response("no", status=500)
        return Response.from_app(app.wsgi_app, request.environ, buffered=True)

    listening = make_server("127.0.0.1", 0, stern, threaded=True)
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{listening.server_port}"
    listening.shutdown()
    listening.server_close()
    thread.join()


def test_a_plan_works_where_nothing_can_be_written(project, stern_server, monkeypatch):
    monkeypatch.setenv("SEGMENTS_API_KEY", "jane-key")
    project.write(MANIFEST)
    ran = project.dsac("plan", "--remote", stern_server)
    assert ran.code == 0, ran.err
    assert "Plan: 3 to add" in ran.out


def test_the_planner_is_given_a_reader_without_a_method_that_writes():
    assert inspect.get_annotations(make_plan)["view"] is View
    public = {name for name in vars(Reader) if not name.startswith("_")}
    assert public == {
        "collaborators",
        "content",
        "dataset",
        "datasets",
        "download",
        "etag",
        "label",
        "label_rows",
        "labels",
        "labelset_names",
        "user",
    }
    writing = {
        name
        for name in dir(Client)
        if name.startswith(("add_", "put_", "update_", "delete_", "upload_"))
    }
    assert writing
    source = inspect.getsource(Reader)
    assert not [name for name in writing if f".{name}(" in source]
