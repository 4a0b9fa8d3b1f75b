"""--target and --exclude: what they take, what they leave, and what they say of it."""

import json

import pytest

TWO = """\
dataset: jane/flowers
task_type: segmentation-bitmap
categories: [{id: 1, name: rose}]
labelsets: {predictions: {owner: manifest}}
samples:
  - name: a
    image: ../images/a.png
    labels:
      ground-truth: {annotations: [{id: 1, category: rose}]}
      predictions: {annotations: [{id: 1, category: rose}]}
  - {name: b, image: ../images/b.png}
---
dataset: jane/trees
samples: [{name: t, image: ../images/c.png}]
"""

MASKED = """\
dataset: jane/flowers
task_type: segmentation-bitmap
categories: [{id: 1, name: rose}]
labelsets: {predictions: {owner: manifest}}
samples:
  - name: a
    image: ../images/a.png
    labels:
      predictions: {bitmap: ../masks/a.png, annotations: [{id: 1, category: rose}]}
"""


def rows(*names: str, more: str = "") -> str:
    """Write a dataset of samples by URL."""
    lines = (f"  - {{name: {name}, image: 'https://x.test/1.jpg'}}" for name in names)
    return "\n".join(("dataset: jane/flowers", more, "samples:", *lines, ""))


def test_a_label_takes_along_the_parents_that_must_be_created(project) -> None:
    project.write(TWO)
    found = project.actions("--target", "jane/flowers:a@predictions")
    assert found == {
        "jane/flowers": ["create"],
        "jane/flowers@predictions": ["create"],
        "jane/flowers:a": ["create"],
        "jane/flowers:a@predictions": ["create"],
    }
    project.apply("--target", "jane/flowers:a@predictions")
    assert project.actions() == {
        "jane/flowers:a@ground-truth": ["create"],
        "jane/flowers:b": ["create"],
        "jane/trees": ["create"],
        "jane/trees:t": ["create"],
    }
    project.apply()
    project.assert_settled()


def test_other_changes_of_parents_and_siblings_stay_out(project) -> None:
    project.write(TWO)
    project.apply()
    other = (
        TWO.replace("dataset: jane/flowers", "dataset: jane/flowers\ndescription: x")
        .replace("name: a\n", "name: a\n    priority: 7\n")
        .replace("{name: b,", "{name: b, priority: 3,")
        .replace("predictions: {annotations", "predictions: {score: 0.5, annotations")
    )
    project.write(other)
    label = ("--target", "jane/flowers:a@predictions")
    assert project.actions(*label) == {"jane/flowers:a@predictions": ["update"]}
    sample = ("--target", "jane/flowers:b")
    assert project.actions(*sample) == {"jane/flowers:b": ["update"]}
    project.apply(*label)
    assert project.sample("a").priority == 0
    assert set(project.actions()) == {
        "jane/flowers",
        "jane/flowers:a",
        "jane/flowers:b",
    }


def test_only_what_matches_is_deleted(project) -> None:
    names = [f"s{number}" for number in range(8)]
    project.write(rows(*names))
    project.apply()
    project.write(rows(*names[4:]))
    ran = project.dsac(
        "apply", "--auto-approve", "--target", "jane/flowers:s0", "--no-color"
    )
    assert ran.code == 0, ran.err
    assert "Note: 3 changes are outside of --target.\n" in ran.out
    assert "0 added, 0 changed, 1 destroyed." in ran.out
    assert list(project.actions()) == [f"jane/flowers:s{n}" for n in (1, 2, 3)]


def test_nothing_is_said_of_changes_outside_where_there_are_none(project) -> None:
    project.write(rows("a", "b"))
    assert "outside of" not in project.dsac("plan", "--target", "jane/*").out
    assert project.plan("--target", "jane/*")["selection"]["left_out"] == 0
    project.apply()
    ran = project.dsac("plan", "--exclude", "*:a")
    assert (ran.code, ran.out) == (0, "No changes.\n")


PARENTS = {"jane/flowers", "jane/flowers@predictions", "jane/flowers:a"}
LABELS = {"jane/flowers:a@ground-truth", "jane/flowers:a@predictions"}


@pytest.mark.parametrize(
    ("glob", "taken"),
    [
        ("jane/flowers", {"jane/flowers"}),
        ("jane/flowers:*", PARENTS | LABELS | {"jane/flowers:b"}),
        ("*:b", {"jane/flowers", "jane/flowers:b"}),
        ("jane/flowers:?", {"jane/flowers", "jane/flowers:a", "jane/flowers:b"}),
        ("jane/f*@predictions", PARENTS | {"jane/flowers:a@predictions"}),
        ("*[!b-z]", {"jane/flowers", "jane/flowers:a"}),
        ("*", PARENTS | LABELS | {"jane/flowers:b", "jane/trees", "jane/trees:t"}),
    ],
)
def test_a_star_crosses_everything_and_a_dataset_is_itself_alone(
    glob, taken, project
) -> None:
    project.write(TWO)
    assert set(project.actions("--target", glob)) == taken


def test_what_is_excluded_stays_out_with_all_that_lies_in_it(project) -> None:
    project.write(TWO)
    assert set(project.actions("--exclude", "jane/flowers:a")) == {
        "jane/flowers",
        "jane/flowers@predictions",
        "jane/flowers:b",
        "jane/trees",
        "jane/trees:t",
    }
    assert set(project.actions("--exclude", "jane/flowers")) == {
        "jane/trees",
        "jane/trees:t",
    }
    assert set(project.actions("--exclude", "*@predictions")) == {
        "jane/flowers",
        "jane/flowers:a",
        "jane/flowers:a@ground-truth",
        "jane/flowers:b",
        "jane/trees",
        "jane/trees:t",
    }
    assert project.actions("--exclude", "*") == {}


def test_a_parent_that_only_an_excluded_label_needs_is_not_taken_along(
    project,
) -> None:
    project.write(TWO)
    flags = ("--target", "*:a@*", "--exclude", "*@predictions")
    assert set(project.actions(*flags)) == {
        "jane/flowers",
        "jane/flowers:a",
        "jane/flowers:a@ground-truth",
    }
    none = ("--target", "*:a@predictions", "--exclude", "*@predictions")
    assert project.actions(*none) == {}


def test_datasets_that_no_target_can_mean_are_not_read(project) -> None:
    project.write(TWO)
    ran = project.dsac("plan", "--target", "jane/trees*")
    assert "Note: 1 dataset outside of --target was not read.\n" in ran.out
    assert "outside of --target." not in ran.out
    assert project.plan("--target", "jane/trees*")["selection"] == {
        "target": ["jane/trees*"],
        "exclude": [],
        "replace": [],
        "left_out": 0,
        "datasets_not_read": 1,
    }


@pytest.mark.parametrize("flag", ["--target", "--exclude"])
@pytest.mark.parametrize(
    "glob",
    [
        "jane/flower",
        "jane/flowers:",
        "jane/flowers:c",
        "jane/flowers:a@truth",
        "JANE/flowers",
        "*:z*",
        "",
        "[",
        "jane/trees:a",
    ],
)
def test_a_glob_that_matches_nothing_is_an_error(flag, glob, project) -> None:
    project.write(TWO)
    for command in (("plan",), ("apply", "--auto-approve")):
        ran = project.dsac(*command, flag, glob, flag, "jane/trees:t", "-v")
        assert ran.code == 1
        assert ran.out == ""
        assert f"{flag} {glob!r} matches nothing that is declared or exists" in ran.err
        assert "jane/trees:t" not in ran.err
        assert "(0 writes)" in ran.err


def test_what_exists_or_is_declared_is_a_match_even_without_a_change(project) -> None:
    project.write(TWO)
    project.apply()
    with project.platform() as client:
        client.add_samples(
            "jane/flowers",
            [{"name": "alien", "attributes": {"image": {"url": "https://x.test/1"}}}],
        )
    for glob in ("jane/flowers:b", "*:alien", "*:a@ground-truth", "*@predictions"):
        ran = project.dsac("plan", "--target", glob, "--detailed-exitcode")
        assert (ran.code, ran.out.splitlines()[-1]) == (0, "No changes."), ran.err


def test_names_are_matched_as_addresses_write_them(project) -> None:
    project.write(rows('"50%*.jpg"', '"a@b:c.jpg"', '"50-x.jpg"'))
    assert list(project.actions("--target", "jane/flowers:50%25%2A.jpg")) == [
        "jane/flowers",
        "jane/flowers:50%25%2A.jpg",
    ]
    assert list(project.actions("--target", "*:a%40b%3ac.jpg"))[1:] == [
        "jane/flowers:a%40b%3Ac.jpg"
    ]
    assert len(project.actions("--target", "*:50*")) == 3


def test_guards_measure_against_the_whole_dataset(project) -> None:
    names = [f"s{number:02}" for number in range(60)]
    project.write(rows(*names))
    project.apply()
    project.write(rows(*names[20:]))
    six = ("--target", "*:s0[0-5]")
    seven = ("--target", "*:s0[0-6]")
    assert project.plan(*six)["blocks"] == []
    (block,) = project.plan(*seven)["blocks"]
    assert block["message"].startswith("7 samples would be deleted, dsac manages 60")
    assert project.plan(*seven, "--allow-delete", "7")["blocks"] == []
    assert project.plan(*seven, "--allow-delete", "20")["blocks"] != []


def test_an_excluded_label_leaves_no_trace_in_the_marker(project) -> None:
    project.write(MASKED)
    (project.root / "masks").mkdir()
    from PIL import Image

    Image.new("L", (8, 6), 1).save(project.root / "masks" / "a.png")
    project.apply("--exclude", "*:a@predictions")
    marker = project.sample("a").metadata["dsac"]
    assert " s=" in marker
    assert " l=" not in marker
    assert project.actions() == {"jane/flowers:a@predictions": ["create"]}
    project.apply("--target", "*:a@predictions")
    assert " l=" in project.sample("a").metadata["dsac"]
    project.assert_settled()


def test_renames_are_known_by_both_names_and_wait_for_each_other(project) -> None:
    project.write(rows("a", "b"))
    project.apply()
    moved = "moved: [{from: b, to: c}, {from: a, to: b}]"
    project.write(rows("b", "c", more=moved))
    assert project.actions("--exclude", "*:c") == {}
    assert project.actions("--exclude", "*:a") == {"jane/flowers:c": ["rename"]}
    assert project.actions("--target", "*:a") == {}
    ran = project.dsac("plan", "--target", "*:a")
    assert (
        "Warning: jane/flowers:b is left out: it needs the change of jane/flowers:c, "
        "which is outside of --target" in ran.out
    )
    assert len(project.actions("--target", "*:a", "--target", "*:c")) == 2
    project.apply("--target", "*:b")
    project.assert_settled()


def test_renames_by_content_are_off_where_only_a_part_is_seen(project) -> None:
    project.write(rows("a", "b").replace("1.jpg", "2.jpg", 1))
    project.apply()
    project.write(rows("z", "b").replace("1.jpg", "2.jpg", 1))
    assert project.actions() == {"jane/flowers:z": ["rename"]}
    assert project.actions("--exclude", "*:b") == {"jane/flowers:z": ["rename"]}
    assert project.actions("--target", "*:z") == {"jane/flowers:z": ["create"]}
    assert project.actions("--target", "*:a") == {"jane/flowers:a": ["delete"]}


def test_a_label_is_not_written_onto_an_image_that_is_still_to_come(project) -> None:
    project.write(TWO)
    project.apply()
    project.image("a.png", "blue")
    project.write(TWO.replace("predictions: {annot", "predictions: {score: 1, annot"))
    ran = project.dsac("plan", "--target", "*:a@predictions")
    assert ran.out.splitlines()[-1] == "No changes."
    assert "jane/flowers:a@predictions is left out: it needs the change of" in ran.out
    both = project.actions("--target", "*:a", "--target", "*:a@predictions")
    assert both == {
        "jane/flowers:a": ["update"],
        "jane/flowers:a@predictions": ["update"],
    }


def test_nothing_is_deleted_that_has_something_excluded_in_it(project) -> None:
    names = [f"s{number}" for number in range(8)]
    project.write(rows(*names))
    project.apply()
    project.edit_label("s0", {"label_status": "PRELABELED"})
    project.write(rows(*names[2:]))
    assert len(project.actions()) == 2
    found = project.actions("--exclude", "*@ground-truth")
    assert found == {"jane/flowers:s1": ["delete"]}


def test_a_dataset_that_shall_go_must_be_meant_itself(project) -> None:
    loose = "lifecycle: {prevent_destroy: false}"
    project.write(rows("a", "b", more=loose))
    project.apply()
    project.write("removed: [jane/flowers]\n")
    allow = ("--allow-delete", "2")
    assert project.actions("--target", "*:a") == {}
    assert project.actions("--exclude", "*:a") == {}
    found = project.actions("--target", "jane/flowers", *allow)
    assert found == {"jane/flowers": ["delete"]}


def test_a_release_made_of_half_the_changes_is_warned_of(project) -> None:
    project.write(rows("a", "b", more="releases: [{name: v1}]"))
    ran = project.dsac("plan", "--exclude", "*:b")
    assert "jane/flowers#v1 is made once and for all: without" in ran.out
    assert "is made once" not in project.dsac("plan").out


def test_a_saved_plan_keeps_what_it_is_about(project) -> None:
    project.write(TWO)
    flags = ("--exclude", "*:b", "--target", "jane/flowers*")
    shown = project.dsac("plan", *flags, "--out", "p.plan").out
    assert "Note: 1 change is outside of --target and --exclude.\n" in shown
    assert project.dsac("show", "p.plan").out == shown
    as_json = json.loads(project.dsac("show", "p.plan", "--format", "json").out)
    assert as_json == project.plan(*flags)
    ran = project.dsac("apply", "p.plan", "--target", "*:b")
    assert ran.code == 1
    assert "can't be given more, or narrowed" in ran.err
    assert project.dsac("apply", "p.plan").code == 0
    assert set(project.actions()) == {
        "jane/flowers:b",
        "jane/trees",
        "jane/trees:t",
    }


def test_a_targeted_label_of_an_unmarked_sample_is_not_deleted(project) -> None:
    text = TWO.partition("---\n")[0]
    project.write(text)
    project.apply()
    with project.platform() as client:
        client.update_sample(project.sample("a").uuid, {"metadata": {}})
    plain = {"jane/flowers:a@predictions": ["delete"], "jane/flowers:a": ["adopt"]}
    project.write(
        text.replace(
            "      predictions: {annotations: [{id: 1, category: rose}]}\n", ""
        ).replace("samples:", "lifecycle: {adopt: all}\nsamples:")
    )
    assert project.actions() == plain
    assert project.actions("--target", "*@predictions") == {}
    assert project.actions("--target", "*:a*") == plain
