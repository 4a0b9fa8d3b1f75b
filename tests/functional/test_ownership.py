"""Whose it is, through the command line: taken over, cloned, unreadable, nobody's."""

import pytest

OWN = "dataset: jane/flowers\n"
IMAGE = {"image": {"url": "https://x/a.png"}}


def manifest(*names: str, more: str = "", dataset: str = "jane/flowers") -> str:
    rows = "".join(
        f"  - {{name: {name}, image: 'https://x/a.png'}}\n" for name in names
    )
    samples = f"samples:\n{rows}" if rows else "samples: []\n"
    return f"dataset: {dataset}\n{more}{samples}"


def marker(project, name: str, dataset: str = "jane/flowers") -> str:
    return str(project.sample(name, dataset).metadata.get("dsac", ""))


def add(project, name: str, mark: str = "", dataset: str = "jane/flowers") -> None:
    metadata = {"dsac": mark} if mark else {}
    row = {"name": name, "attributes": IMAGE, "metadata": metadata}
    with project.platform() as client:
        client.add_sample(dataset, row)


def rename_project(project, name: str) -> None:
    (project.root / "dsac.yaml").write_text(f"project: {name}\n")


@pytest.fixture
def theirs(project):
    """Give a dataset of two samples that project `flowers` made; we are `trees`."""
    project.write(manifest("a", "b"))
    project.apply()
    rename_project(project, "trees")
    return project


def test_what_is_taken_over_is_marked_at_once_whatever_adopt_says(theirs):
    theirs.write(manifest("a"))
    ran = theirs.dsac("plan")
    assert ran.code == 1
    assert "jane/flowers is managed by project 'flowers', not by 'trees'" in ran.err
    flag = ("--take-over", "flowers")
    assert theirs.actions(*flag) == {
        "jane/flowers": ["adopt"],
        "jane/flowers:a": ["adopt"],
    }
    theirs.apply(*flag)
    theirs.assert_settled()
    assert marker(theirs, "a").startswith("v1 trees ")
    assert marker(theirs, "b").startswith("v1 flowers "), "no manifest names it"
    assert theirs.plan()["summary"]["unmanaged"] == 1
    rename_project(theirs, "flowers")
    assert "managed by project 'trees'" in theirs.dsac("plan").err


def test_another_project_to_take_over_from_does_not_help(theirs):
    ran = theirs.dsac("plan", "--take-over", "flower")
    assert ran.code == 1
    assert "--take-over flowers" in ran.err


def test_samples_of_another_project_are_taken_over_alone(project):
    project.write(manifest())
    project.apply()
    add(project, "a", "v1 other jane/flowers")
    project.write(manifest("a"))
    assert "jane/flowers:a is managed by project 'other'" in project.dsac("plan").err
    project.apply("--take-over", "other")
    project.assert_settled()
    assert marker(project, "a").startswith("v1 flowers ")


def test_a_clone_is_nobodys_and_may_be_adopted(project):
    project.write(manifest("a", "b"))
    project.apply()
    with project.platform() as client:
        client.clone_dataset("jane/flowers", {"name": "copy", "owner": "jane"})
    text = manifest("a", dataset="jane/copy")
    project.write(text, "manifests/copy.yaml")
    project.assert_settled()
    assert project.plan()["summary"]["unmanaged"] == 1
    project.write(text + "lifecycle: {adopt: all}\n", "manifests/copy.yaml")
    project.apply()
    project.assert_settled()
    assert marker(project, "a", "jane/copy") == "v1 flowers jane/copy"
    assert marker(project, "a") == "v1 flowers jane/flowers"


@pytest.mark.parametrize("mark", ["v2 flowers jane/flowers", "v1", "", 7])
def test_a_marker_that_can_not_be_read_is_a_newer_versions(project, mark):
    project.write(manifest())
    project.apply()
    with project.platform() as client:
        row = {"name": "a", "attributes": IMAGE, "metadata": {"dsac": mark}}
        client.add_sample("jane/flowers", row)
    project.write(manifest("a"))
    for flags in ((), ("--take-over", "flowers")):
        ran = project.dsac("plan", *flags)
        assert ran.code == 1
        assert "jane/flowers:a carries a marker that this version" in ran.err
        assert "upgrade" in ran.err
    project.write(manifest(more="lifecycle: {prune: all}\n"))
    assert project.actions() == {}


@pytest.mark.parametrize(
    ("prune", "goes"), [("owned", "ours"), ("none", ""), ("all", "ours nobodys copied")]
)
def test_prune_takes_what_it_says_and_never_anothers(project, prune, goes):
    kept = [f"k{number}" for number in range(10)]
    project.write(manifest("ours", *kept))
    project.apply()
    for name, mark in (
        ("nobodys", ""),
        ("copied", "v1 flowers jane/original"),
        ("others", "v1 other jane/flowers"),
        ("newer", "v9"),
    ):
        add(project, name, mark)
    project.write(manifest(*kept, more=f"lifecycle: {{prune: {prune}}}\n"))
    plan = project.plan()
    assert {item["address"] for item in plan["changes"]} == {
        f"jane/flowers:{name}" for name in goes.split()
    }
    assert plan["summary"]["unmanaged"] == 5 - len(goes.split())
    left = 5 - len(goes.split())
    note = f"{left} samples are not managed here and left alone"
    assert note in project.dsac("plan").out
    project.apply()
    project.assert_settled()


def test_without_markers_nothing_is_marked_and_nothing_pruned(project):
    off = "lifecycle: {marker: false}\n"
    project.write(manifest("a", "b", more=off))
    project.apply()
    assert marker(project, "a") == ""
    project.write(manifest("a", more=off))
    assert project.plan()["summary"]["unmanaged"] == 1
    project.assert_settled()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("lifecycle: {marker: false, prune: owned}\nsamples: []\n", "prune nor moved"),
        ("lifecycle: {marker: false, prune: all}\nsamples: []\n", "prune nor moved"),
        (
            "lifecycle: {marker: false}\nmoved: [{from: a, to: b}]\nsamples: []\n",
            "prune nor moved",
        ),
        (
            "lifecycle: {marker: false}\nsamples: [{glob: ../images/*.png}]\n",
            "goes with URLs only",
        ),
    ],
)
def test_what_needs_a_marker_is_refused_without(project, text, problem):
    project.write(OWN + text)
    ran = project.dsac("validate")
    assert ran.code == 1
    assert problem in ran.err


def test_a_dataset_that_can_not_be_seen_is_created_with_a_word(project):
    project.write(OWN)
    ran = project.dsac("plan")
    assert "(does not exist or is not visible to local)" in ran.out
    assert project.actions() == {"jane/flowers": ["create"]}
