"""dsac.yaml: environments, variables, versions, and what is wrong with it."""

import pytest

from dsac.errors import ManifestError, UsageError
from dsac.manifests.load import load
from dsac.manifests.project import find_root, load_project

FULL = """\
project: flowers
remote: http://localhost:1/
manifests: [manifests, more/b.yml]
vars: {org: jane, n: 1}
environments:
  prod: {remote: "https://api.example", vars: {org: acme}, project: prod,
         automation: [bot], policy: {max_delete: {count: 5}}}
  plain: {}
policy: {max_delete: {percent: 20}}
automation: [ci]
"""


def test_a_project_is_found_from_any_folder_below(folder):
    folder.write("dsac.yaml", FULL)
    found = load_project(folder.root / "images", environ={})
    assert found.root == folder.root
    assert (found.name, found.remote) == ("flowers", "http://localhost:1")
    assert found.remote_from == "dsac.yaml:2:9"
    assert (found.policy.max_delete_percent, found.policy.max_delete_count) == (
        20,
        1000,
    )
    assert found.automation == ("ci",)


def test_an_environment_overlays_the_project(folder):
    folder.write("dsac.yaml", FULL)
    found = load_project(folder.root, environment="prod", environ={})
    assert (found.name, found.remote) == ("prod", "https://api.example")
    assert found.variables == {"org": "acme", "n": 1}
    assert found.automation == ("bot",)
    assert (found.policy.max_delete_percent, found.policy.max_delete_count) == (10, 5)
    plain = load_project(folder.root, environment="plain", environ={})
    assert plain.remote == "http://localhost:1"


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(folder):
    folder.write("dsac.yaml", FULL)
    told = {"DSAC_REMOTE": "http://told"}
    found = load_project(folder.root, environ=told)
    assert (found.remote, found.remote_from) == ("http://told", "DSAC_REMOTE")
    found = load_project(folder.root, environ=told, remote="local")
    assert (found.remote, found.remote_from) == ("local", "--remote")
    found = load_project(folder.root, environ={}, variables={"n": "7", "x": "a"})
    assert found.variables == {"org": "jane", "n": 7, "x": "a"}


def test_an_empty_file_is_a_project_on_the_embedded_remote(folder):
    folder.write("dsac.yaml", "")
    found = load_project(folder.root, environ={})
    assert (found.name, found.remote, found.remote_from) == ("", "local", "default")


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("projct: p\n", "dsac.yaml:1:1", "did you mean 'project'?"),
        ("project: a b\n", "dsac.yaml:1:10", "String should match pattern"),
        ("remote: ftp://x\n", "dsac.yaml:1:9", "the remote 'ftp://x'"),
        ("remote: https://u:p@x\n", "dsac.yaml:1:9", "has a user or a password"),
        ("remote: https://x\n", "dsac.yaml:1:9", "this project has no name"),
        ("required_version: '>=99'\n", "dsac.yaml:1:19", "asks for dsac >=99"),
        ("required_version: new\n", "dsac.yaml:1:19", "'new' is no version range"),
        ("a: [\n", "dsac.yaml:2:1", "broken YAML"),
        ("project: p\n---\nproject: q\n", "dsac.yaml:3:1", "second document"),
        ("policy: {max_delete: {percent: 101}}\n", "dsac.yaml:1:32", "less than"),
        ("policy: {max_delete: {count: 1.5}}\n", "dsac.yaml:1:30", "whole number"),
        ("policy: {max_delete: {cuont: 1}}\n", "dsac.yaml:1:23", "mean 'count'?"),
        ("environments: {a: {vras: {}}}\n", "dsac.yaml:1:20", "did you mean 'vars'?"),
        ("automation: [1]\n", "dsac.yaml:1:14", "write a string"),
        ("[1]\n", "dsac.yaml:1:1", "write a mapping"),
    ],
)
def test_what_is_wrong_with_the_file_is_reported(text, where, message, folder):
    folder.write("dsac.yaml", text)
    with pytest.raises(ManifestError) as caught:
        load_project(folder.root, environ={})
    assert where in str(caught.value)
    assert message in str(caught.value)


def test_a_password_in_the_address_of_a_remote_is_never_repeated(folder):
    folder.write("dsac.yaml", "project: p\n")
    with pytest.raises(ManifestError, match="DSAC_REMOTE") as caught:
        load_project(
            folder.root, environ={"DSAC_REMOTE": "https://jane:canary@x.example"}
        )
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "version", [">=0.1", "==0.1.0,<2", "~=0.1", "!=0.2", "<=1", ">0.0.9"]
)
def test_a_version_in_range_is_welcome(version, folder):
    folder.write("dsac.yaml", f"required_version: '{version}'\n")
    assert load_project(folder.root, environ={})


def test_an_unknown_environment_is_refused(folder):
    folder.write("dsac.yaml", FULL)
    with pytest.raises(ManifestError, match="did you mean 'prod'"):
        load_project(folder.root, environment="prd", environ={})
    folder.write("dsac.yaml", "project: p\n")
    with pytest.raises(ManifestError, match=r"write environments: \{prd: "):
        load_project(folder.root, environment="prd", environ={})


def test_no_project_anywhere_is_an_error_that_names_init(tmp_path):
    with pytest.raises(ManifestError, match="make a project with dsac init"):
        load_project(tmp_path, environ={})


def test_manifests_are_taken_from_where_the_project_says(folder):
    folder.write("dsac.yaml", "manifests: [manifests, b.yml]\n")
    folder.write("manifests/deep/a.yaml", "dataset: jane/a\n")
    folder.write("manifests/.hidden/x.yaml", "broken: [\n")
    folder.write("manifests/dsac.yaml", "broken: [\n")
    folder.write("manifests/notes.txt", "broken: [\n")
    folder.write("b.yml", "dataset: jane/b\n---\nremoved: [jane/c]\n")
    found = folder.load()
    assert [item.dataset.name for item in found.datasets] == ["jane/a", "jane/b"]
    assert found.removed == ("jane/c",)
    assert set(found.files) == {"b.yml", "manifests/deep/a.yaml"}


def test_a_link_out_of_the_project_is_not_read(folder, tmp_path_factory):
    secret = tmp_path_factory.mktemp("elsewhere") / "secret.yaml"
    secret.write_text("canary: 1\n")
    folder.write("manifests/b.yaml", "dataset: jane/flowers\n")
    link = folder.root / "manifests" / "a.yaml"
    link.symlink_to(secret)
    (found,) = folder.problems("")
    assert found.startswith("manifests/a.yaml: is a link that leaves the project")
    assert "canary" not in found
    link.unlink()
    folder.write("more.txt", "dataset: jane/trees\n")
    link.symlink_to("../more.txt")
    assert len(folder.load().datasets) == 2
    (folder.root / "dsac.yaml").rename(folder.root / "ours.yaml")
    (folder.root / "dsac.yaml").symlink_to("ours.yaml")
    assert find_root(folder.root) == folder.root
    (folder.root / "dsac.yaml").unlink()
    (folder.root / "dsac.yaml").symlink_to(secret)
    with pytest.raises(ManifestError, match="is a link that leaves the project"):
        find_root(folder.root)


def test_an_empty_manifest_is_a_warning(folder):
    folder.write("manifests/a.yaml", "# nothing yet\n")
    assert folder.load().warnings == (
        "manifests/a.yaml is empty: nothing in it is planned",
    )


def test_paths_narrow_what_is_loaded(folder):
    folder.write("manifests/a.yaml", "dataset: jane/a\n")
    folder.write("manifests/b.yaml", "broken: [\n")
    project = load_project(folder.root, environ={})
    found = load(project, paths=[folder.root / "manifests" / "a.yaml"])
    assert len(found.datasets) == 1
    (folder.root / "empty").mkdir()
    for path, message in (
        (folder.root / "c.yaml", "there is no"),
        (folder.root.parent, "is not in the project"),
        (folder.root / "empty", "there is no manifest in"),
    ):
        with pytest.raises(UsageError, match=message):
            load(project, paths=[path])


@pytest.mark.parametrize(
    ("manifests", "message"),
    [
        ("[manifests]", "'manifests' is not there"),
        ("[images]", "'images' has no manifest in it"),
        ("[../p2]", "'../p2' leaves the project"),
    ],
)
def test_a_place_without_manifests_is_refused(manifests, message, folder):
    folder.write("dsac.yaml", f"manifests: {manifests}\n")
    with pytest.raises(ManifestError) as caught:
        folder.load()
    assert message in str(caught.value)
    assert "dsac.yaml:1:12" in str(caught.value)
