"""`dsac import` from the command line: where it writes, what it refuses and says."""

import json

import pytest

from dsac.core.marker import Marker, write
from dsac.emulator import Account, create_app
from dsac.errors import ServerError
from dsac.remote.reader import Reader
from tests import states

NAME = "jane/flowers"


def make(project, name: str = NAME, count: int = 1, **fields: object) -> None:
    """Make a dataset of some samples through the API."""
    with project.platform() as client:
        client.add_dataset(name, {"task_attributes": states.PLAIN, **fields})
        rows = [
            {"name": f"s{number}", "attributes": states.IMAGE}
            for number in range(count)
        ]
        client.add_samples(name, rows)


def test_help_names_the_command(dsac):
    assert "import    Write manifests of datasets" in dsac("--help").out
    words = " ".join(dsac("import", "--help").out.split())
    assert "Nothing on the platform is changed" in words


def test_a_project_gets_a_manifest_that_plans_empty(project):
    make(project, count=2)
    ran = project.dsac("import", NAME)
    assert ran.out == (
        "Imported jane/flowers: 2 samples, 0 labels into manifests/jane/flowers.yaml\n"
    )
    assert ran.err.splitlines()[-1] == "Next: dsac plan"
    project.assert_settled()


def test_only_get_requests_are_sent(project, dsac, listening, tmp_path, monkeypatch):
    make(project, count=3)
    app = create_app(project.root / ".dsac" / "local", accounts=[Account("local", "k")])
    methods = set()
    inner = app.wsgi_app

    def seen(environ, start_response):
        methods.add(environ["REQUEST_METHOD"])
        return inner(environ, start_response)

    app.wsgi_app = seen  # type: ignore[method-assign]
    monkeypatch.setenv("SEGMENTS_API_KEY", "k")
    url = listening(app)
    ran = dsac("import", NAME, "--remote", url, "--out", tmp_path / "new", "--download")
    assert ran.code == 0, ran.err
    assert methods == {"GET"}
    assert (tmp_path / "new" / "dsac.yaml").read_text() == (
        f"project: flowers\nremote: {url}\n"
        if ":" not in url.partition("://")[2]
        else f'project: flowers\nremote: "{url}"\n'
    )
    ran = dsac("-C", tmp_path / "new", "plan", "--detailed-exitcode")
    assert (ran.code, ran.out) == (0, "No changes.\n")


def test_adopting_what_was_imported_changes_markers_alone(project):
    make(project, count=2)
    project.dsac("import", NAME)
    (manifest,) = project.root.rglob("flowers.yaml")
    assert project.actions() == {}
    manifest.write_text(manifest.read_text() + "lifecycle: {adopt: all}\n")
    assert set(map(tuple, project.actions().values())) == {("adopt",)}
    assert len(project.actions()) == 3


def test_several_datasets_get_a_file_each(project):
    for name in ("jane/a", "jane/A", "acme/a", "jane/dsac"):
        make(project, name)
    ran = project.dsac("import", "jane/a", "jane/A", "acme/a", "jane/dsac", "jane/a")
    assert ran.code == 0, ran.err
    found = [
        path.relative_to(project.root / "manifests").as_posix()
        for path in project.root.rglob("*.yaml")
        if path.parent != project.root
    ]
    assert len({name.casefold() for name in found}) == 4
    assert {"acme/a.yaml", "jane/_dsac.yaml"} < set(found)
    project.assert_settled()


def test_nothing_is_overwritten(project):
    make(project)
    place = project.root / "manifests" / "jane" / "flowers.samples.jsonl"
    place.parent.mkdir(parents=True)
    place.write_text("")
    ran = project.dsac("import", NAME)
    assert ran.code == 1
    assert "flowers.samples.jsonl is there already" in ran.err
    assert sorted(item.name for item in place.parent.iterdir()) == [place.name]


def test_a_second_manifest_for_a_dataset_is_refused(project):
    make(project)
    project.write("dataset: jane/flowers\nnonsense: 1\n")
    ran = project.dsac("import", NAME)
    assert ran.code == 1
    assert "is in a manifest of this project already, at manifests/a.yaml:1:10" in (
        ran.err
    )


def test_what_was_written_is_taken_away_if_a_later_dataset_fails(project):
    make(project)
    ran = project.dsac("import", NAME, "jane/none", "--download")
    assert ran.code == 1
    assert "jane/none does not exist, or is not visible to local" in ran.err
    assert not [path for path in project.root.rglob("flowers*") if path.is_file()]


@pytest.mark.parametrize("name", ["flowers", "/flowers", "jane/", "a/b/c"])
def test_a_name_without_an_owner_is_refused(name, project):
    ran = project.dsac("import", name)
    assert ran.code == 1
    assert "is not OWNER/NAME" in ran.err


def test_where_no_project_is_the_platform_must_be_named(dsac, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = dsac("import", NAME)
    assert ran.code == 1
    assert "--remote https://api.segments.ai" in ran.err


def test_a_folder_outside_of_the_projects_manifests_is_planned_by_name(project):
    make(project)
    ran = project.dsac("import", NAME, "--out", "elsewhere")
    assert ran.err.splitlines()[-1].endswith("/elsewhere")
    assert project.dsac("plan", "elsewhere").out == "No changes.\n"
    (project.root / "link").symlink_to(project.root.parent)
    ran = project.dsac("import", NAME, "--out", "link")
    assert (ran.code, "leaves the project" in ran.err) == (1, True)


def test_a_project_of_single_files_must_be_told_where_to(project):
    make(project)
    (project.root / "dsac.yaml").write_text("project: p\nmanifests: [a.yaml]\n")
    ran = project.dsac("import", NAME)
    assert (ran.code, "names no folder of manifests" in ran.err) == (1, True)


def test_another_projects_dataset_is_imported_and_that_is_noted(project):
    marker = write(Marker(project="trees", dataset=NAME))
    make(project, metadata={"dsac": marker})
    ran = project.dsac("import", NAME)
    assert ran.code == 0
    assert "the next plan will not be empty: jane/flowers is managed by project" in (
        ran.err
    )
    assert "dsac" not in (project.root / "manifests/jane/flowers.yaml").read_text()
    away = project.root.parent / "away"
    ran = project.dsac("import", NAME, "--out", away)
    assert (away / "dsac.yaml").read_text() == "project: trees\nremote: local\n"
    assert "has an embedded remote of its own, which is empty" in ran.err


def test_collaborators_are_found_by_assignments_and_counted(project):
    make(project)
    with project.platform("bob"), project.platform("eve"), project.platform() as client:
        client.add_collaborator(NAME, "bob", role="reviewer")
        client.add_collaborator(NAME, "eve", role="labeler")
        (row,) = next(client.list_samples(NAME))
        client.update_sample(row.uuid, {"assigned_reviewer": "bob"})
    ran = project.dsac("import", NAME)
    assert "1 of 2 collaborators are not in the manifest" in ran.err
    text = (project.root / "manifests/jane/flowers.yaml").read_text()
    assert "collaborators: {bob: reviewer}" in text
    project.assert_settled()


def test_the_owner_is_not_looked_for_among_the_collaborators(project, monkeypatch):
    """A platform may say that the owner is one; a manifest can't."""
    make(project, "local/flowers")
    with project.platform() as client:
        (row,) = next(client.list_samples("local/flowers"))
        client.update_sample(row.uuid, {"assigned_labeler": "local"})
    asked: list[str] = []
    read = Reader.collaborators

    def spy(self, name, users):
        asked.extend(users)
        return read(self, name, users)

    monkeypatch.setattr(Reader, "collaborators", spy)
    assert project.dsac("import", "local/flowers").code == 0
    assert asked == []
    project.assert_settled()


def test_peoples_labels_are_kept_whatever_becomes_of_them(project):
    make(project, count=2)
    with project.platform() as client:
        client.add_labelset(NAME, "model")
    for labelset in ("ground-truth", "model"):
        project.edit_label("s0", {"label_status": "REVIEWED"}, labelset=labelset)
    project.dsac("import", NAME)
    for labelset in ("ground-truth", "model"):
        project.edit_label("s0", {"label_status": "LABELED"}, labelset=labelset)
        project.edit_label("s1", {"label_status": "LABELED"}, labelset=labelset)
    ran = project.dsac("plan", "--detailed-exitcode", "--fail-on-held")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "No changes.")


def test_long_lists_go_to_an_index(project):
    make(project, count=21)
    project.dsac("import", NAME)
    index = project.root / "manifests" / "jane" / "flowers.samples.jsonl"
    rows = [json.loads(line) for line in index.read_text().splitlines()]
    assert len(rows) == 21
    assert rows[0] == {"name": "s0", "image": states.IMAGE["image"]["url"]}
    project.assert_settled()


def test_a_listing_that_is_not_complete_is_refused(project, monkeypatch):
    make(project, count=2)
    monkeypatch.setattr("dsac.remote.listing._Reading.is_whole", lambda *_: False)
    ran = project.dsac("import", NAME)
    assert (ran.code, "is not complete" in ran.err) == (1, True)
    assert not (project.root / "manifests").exists()


def test_a_server_that_fails_leaves_nothing_behind(project, monkeypatch):
    make(project)

    def fail(*_: object) -> None:
        raise ServerError("no", status=500)

    monkeypatch.setattr("dsac.remote.reader.Reader.collaborators", fail)
    assert project.dsac("import", NAME).code == 1
    assert not (project.root / "manifests").exists()


@pytest.mark.parametrize("more", [(), ("--download",)])
def test_a_folder_that_cannot_be_made_is_an_error(project, tmp_path, more):
    make(project)
    (tmp_path / "file").write_text("no folder")
    ran = project.dsac("import", NAME, "--out", tmp_path / "file" / "in", *more)
    assert (ran.code, ran.out) == (1, "")
    assert "Not a directory\n  check the path, its permissions" in ran.err
