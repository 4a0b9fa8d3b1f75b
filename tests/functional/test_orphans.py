"""Datasets that this project manages and no manifest speaks of any more."""

import pytest

from tests.functional.lens import Asked

FLOWERS = "dataset: jane/flowers\n"
OLD = "dataset: {}\nlifecycle: {{prevent_destroy: false}}\n"
TOLD = "is managed by project 'flowers' and in no manifest: it stays as it is"


def forget(project, *names: str) -> None:
    """Make datasets, and take them out of the manifests again."""
    for number, name in enumerate(names):
        project.write(OLD.format(name), f"manifests/old{number}.yaml")
    project.write(FLOWERS)
    project.apply()
    for number, _ in enumerate(names):
        (project.root / f"manifests/old{number}.yaml").unlink()


def test_a_forgotten_dataset_is_told_of_and_stays(project):
    forget(project, "jane/old")
    ran = project.dsac("plan", "--detailed-exitcode")
    assert ran.code == 0
    assert f"Warning: jane/old {TOLD}" in ran.out
    assert "dsac destroy jane/old" in ran.out
    assert "write removed: [jane/old]" in ran.out
    assert ran.out.splitlines()[-1] == "No changes."
    project.apply()
    with project.platform() as client:
        assert client.get_dataset("jane/old")


def test_both_ways_out_that_it_names_work(project):
    forget(project, "jane/old", "jane/older")
    assert len(project.plan()["warnings"]) == 2
    project.write("removed: [jane/old]\n", "manifests/removed.yaml")
    (warning,) = project.plan()["warnings"]
    assert warning.startswith("jane/older ")
    project.apply()
    assert project.dsac("destroy", "jane/older", "--auto-approve").code == 0
    assert project.plan()["warnings"] == []


def test_the_datasets_of_the_user_and_of_all_owners_are_looked_at(project, lens):
    forget(project, "local/old", "jane/old", "acme/old")
    project.write("dataset: acme/trees\n", "manifests/trees.yaml")
    lens.log.clear()
    told = [warning.split()[0] for warning in project.plan()["warnings"]]
    assert told == ["acme/old", "jane/old", "local/old"]
    assert lens.count("GET /user/datasets") == 1
    assert lens.count("GET /users/jane/datasets") == 1
    assert lens.count("GET /users/acme/datasets") == 1
    assert lens.count("GET /user") == 1 + 3


def test_what_is_not_ours_is_no_matter(project):
    forget(project, "jane/old")
    with project.platform() as client:
        client.add_dataset("jane/plain", {})
        for name, marker in (
            ("theirs", "v1 other jane/theirs"),
            ("newer", "v9 flowers jane/newer"),
        ):
            client.add_dataset(f"jane/{name}", {"metadata": {"dsac": marker}})
        client.clone_dataset("jane/old", {"name": "copy", "owner": "jane"})
    told = [warning.split()[0] for warning in project.plan()["warnings"]]
    assert told == ["jane/old"]


def test_with_paths_nothing_is_looked_for(project, lens):
    forget(project, "jane/old")
    lens.log.clear()
    assert project.plan("manifests/a.yaml")["warnings"] == []
    assert project.plan("--destroy")["warnings"] == []
    assert lens.count("GET /user") == 2


@pytest.mark.parametrize(
    "answer", [{"detail": "Not found."}, [{"full_name": 1}], {"what": "ever"}]
)
def test_a_listing_that_fails_is_told_of_and_fails_no_plan(project, lens, answer):
    forget(project, "jane/old")

    def answered(asked: Asked, body: object) -> object:
        return answer if "/users/" in asked.path else body

    lens.answered = answered
    ran = project.dsac("plan")
    assert ran.code == 0
    assert "the datasets of jane could not be listed" in ran.out
    assert ran.out.splitlines()[-1] == "No changes."


def test_many_datasets_are_listed_by_pages_and_told_of_in_number(project, lens):
    project.write(FLOWERS)
    project.apply()
    with project.platform() as client:
        for number in range(105):
            name = f"jane/d{number:03}"
            marker = f"v1 flowers {name}"
            client.add_dataset(name, {"metadata": {"dsac": marker}})
    lens.log.clear()
    warnings = project.plan()["warnings"]
    assert len(warnings) == 21
    assert warnings[-1] == "85 more datasets are so, in no manifest"
    assert lens.count("GET /users/jane/datasets") == 2
