"""The last look: what people do between the plan and a request is never undone."""

import json

import pytest

from tests.functional.meddling import Meddler

HEAD = """\
dataset: jane/flowers
description: {description}
task_type: bboxes
categories: [{{id: 1, name: rose}}]
labelsets: {{predictions: {{owner: manifest}}}}
samples:
"""
BOX = "[{id: 1, category_id: 1, type: bbox, points: [[0, 0], [9, 9]]}]"
LABEL = f"{{attributes: {{format_version: '0.1', annotations: {BOX}}}}}"


def manifest(description: str, *rows: str) -> str:
    return HEAD.format(description=description) + "".join(
        f"  - {row}\n" for row in rows
    )


def row(name: str, *, url: str = "https://x.test/1.jpg", more: str = "") -> str:
    return f"{{name: {name}, image: {url}{more}}}"


def labelled(name: str, *, score: float = 0.5) -> str:
    label = LABEL.replace("{attributes", f"{{score: {score}, attributes", 1)
    return row(name, more=f", labels: {{predictions: {label}}}")


class Race:
    """A project against a server on which somebody is quick."""

    def __init__(self, project, meddler: Meddler, url: str) -> None:
        self.project = project
        self.meddler = meddler
        self.url = url

    def apply(self, text: str, *flags: str):
        self.project.write(text)
        command = ("apply", "--auto-approve", "--remote", self.url, "--jobs", "1")
        return self.project.dsac(*command, *flags)

    def settle(self, text: str) -> None:
        ran = self.apply(text)
        assert ran.code == 0, ran.err + ran.out

    def last_line(self, text: str) -> str:
        self.project.write(text)
        ran = self.project.dsac("plan", "--remote", self.url)
        return str(ran.out.splitlines()[-1])


@pytest.fixture
def race(project, tmp_path, listening, monkeypatch) -> Race:
    monkeypatch.setenv("SEGMENTS_API_KEY", "jane-key")
    meddler = Meddler(tmp_path / "server")
    return Race(project, meddler, listening(meddler))


def quick(race: Race, sample: str, labelset: str = "ground-truth") -> None:
    """Let bob label a sample as soon as the run has begun to write."""
    race.meddler.when(
        "PATCH", "/datasets/", lambda: race.meddler.edit(sample, labelset)
    )


def test_a_label_that_is_edited_after_the_plan_is_held(race) -> None:
    race.settle(manifest("one", labelled("a"), labelled("b")))
    quick(race, "a", "predictions")
    ran = race.apply(
        manifest("two", labelled("a", score=0.6), labelled("b", score=0.6))
    )
    assert ran.code == 0, ran.err
    assert "held     jane/flowers:a@predictions" in ran.out
    assert "a label was made or changed since the plan" in ran.out
    assert "Apply complete! 0 added, 2 changed, 0 destroyed; 1 held." in ran.out
    assert race.meddler.label("a", "predictions").label_status == "LABELED"
    assert race.meddler.label("b", "predictions").score == 0.6


def test_a_label_that_appears_where_one_was_to_be_made_is_held(race) -> None:
    race.settle(manifest("one", row("a")))
    quick(race, "a", "predictions")
    ran = race.apply(manifest("two", labelled("a")))
    assert "held     jane/flowers:a@predictions" in ran.out
    assert race.meddler.label("a", "predictions").updated_by in {None, "bob"}
    assert race.meddler.count("PUT", "/labels/") == 0


def test_a_label_to_be_deleted_that_is_edited_stays(race) -> None:
    race.settle(manifest("one", labelled("a")))
    quick(race, "a", "predictions")
    ran = race.apply(manifest("two", row("a")))
    assert "held     jane/flowers:a@predictions" in ran.out
    assert race.meddler.label("a", "predictions").label_status == "LABELED"


def test_an_image_is_not_replaced_under_a_label_that_appeared(race) -> None:
    race.settle(manifest("one", row("a")))
    quick(race, "a")
    ran = race.apply(manifest("two", row("a", url="https://x.test/2.jpg")))
    assert "held     jane/flowers:a" in ran.out
    with race.meddler.hands("jane") as client:
        found = client.get_sample(race.meddler.uuid("a"))
    assert found.attributes["image"]["url"] == "https://x.test/1.jpg"


def test_the_labels_of_a_sample_that_came_to_be_held_are_held_with_it(race) -> None:
    race.settle(manifest("one", row("a")))
    quick(race, "a")
    changed = labelled("a").replace("x.test/1", "x.test/2")
    ran = race.apply(manifest("two", changed))
    assert "held     jane/flowers:a@predictions" in ran.out
    assert "jane/flowers:a is held" in ran.out


def test_a_rename_waits_behind_the_one_that_came_to_be_held(race) -> None:
    race.settle(manifest("one", row("a"), row("b", url="https://x.test/b.jpg")))
    quick(race, "b")
    moved = "moved: [{from: b, to: c}, {from: a, to: b}]\n"
    ran = race.apply(moved + manifest("two", row("b"), row("c")))
    assert "held     jane/flowers:b" in ran.out
    assert "held     jane/flowers:c" in ran.out
    assert race.meddler.uuid("a") != race.meddler.uuid("b")


def test_only_the_samples_on_which_somebody_worked_stay(race) -> None:
    names = [f"s{number}" for number in range(8)]
    race.settle(manifest("one", *map(row, names)))
    quick(race, "s0")
    ran = race.apply(manifest("two", *map(row, names[4:])))
    assert ran.code == 0, ran.out + ran.err
    assert "held     jane/flowers:s0" in ran.out
    assert "3 destroyed; 1 held." in ran.out
    assert race.meddler.label("s0").label_status == "LABELED"
    assert race.meddler.count("DELETE", "/samples_bulk/") == 1


def test_a_bulk_delete_whose_reply_is_lost_looks_again_before_it_is_repeated(
    race,
) -> None:
    names = [f"s{number}" for number in range(8)]
    race.settle(manifest("one", *map(row, names)))
    race.meddler.when(
        "DELETE", "/samples_bulk/", lambda: race.meddler.edit("s7"), lose=True
    )
    before = race.meddler.count("GET", "/labels/")
    ran = race.apply(manifest("one", *map(row, names[4:])))
    assert ran.code == 0, ran.out + ran.err
    assert race.meddler.count("DELETE", "/samples_bulk/") == 2
    looks = race.meddler.count("GET", "/labels/") - before
    # The plan knows one label set from its listing; each attempt reads both.
    assert looks == 4 + 2 * 4 * 2


def test_a_label_set_in_which_somebody_worked_meanwhile_stays(race) -> None:
    race.settle(manifest("one", labelled("a")))
    quick(race, "a", "predictions")
    gone = manifest("two", row("a")).replace(
        "labelsets: {predictions: {owner: manifest}}", "removed: ['@predictions']"
    )
    ran = race.apply(gone)
    assert "held     jane/flowers@predictions" in ran.out
    assert race.meddler.label("a", "predictions").label_status == "LABELED"


def test_a_dataset_in_which_somebody_worked_meanwhile_stays(race) -> None:
    text = "lifecycle: {prevent_destroy: false}\n" + manifest("one", row("a"))
    race.settle(text)
    race.settle("dataset: jane/other\n")
    race.meddler.edit("a", status="PRELABELED")
    quick(race, "a")
    ran = race.apply(
        "removed: [jane/flowers]\n---\ndataset: jane/other\ndescription: x\n",
        "--allow-delete",
        "1",
        "--allow-label-loss",
        "1",
    )
    assert "held     jane/flowers" in ran.out, ran.out + ran.err
    assert race.meddler.label("a").label_status == "LABELED"


def test_categories_stay_when_a_first_label_appears(race) -> None:
    race.settle(manifest("one", row("a")))
    race.settle("dataset: jane/aaa\n")
    quick(race, "a")
    other = manifest("one", row("a")).replace("{id: 1, name: rose}", "{id: 2, name: x}")
    ran = race.apply(f"{other}---\ndataset: jane/aaa\ndescription: x\n")
    assert "held     jane/flowers" in ran.out, ran.out + ran.err
    assert "a label was made since the plan" in ran.out


def test_a_put_whose_reply_was_lost_is_not_repeated_over_a_persons_edit(race) -> None:
    race.settle(manifest("one", row("a")))
    race.meddler.when(
        "PUT", "/labels/", lambda: race.meddler.edit("a", "predictions"), lose=True
    )
    ran = race.apply(manifest("one", labelled("a")))
    assert "held     jane/flowers:a@predictions" in ran.out
    assert race.meddler.label("a", "predictions").label_status == "LABELED"


@pytest.mark.parametrize("name", ["a", "new"])
def test_a_put_whose_reply_was_lost_and_that_was_done_is_not_repeated(
    name, race
) -> None:
    race.settle(manifest("one", row("a")))
    race.meddler.when("PUT", "/labels/", lambda: None, lose=True)
    rows = [labelled(name)] if name == "a" else [row("a"), labelled(name)]
    text = manifest("one", *rows)
    ran = race.apply(text)
    assert ran.code == 0, ran.err + ran.out
    assert race.meddler.count("PUT", "/labels/") == 1
    assert race.last_line(text) == "No changes."


def test_a_label_of_a_new_sample_is_looked_at_before_a_second_attempt(race) -> None:
    race.settle(manifest("one", row("a")))
    race.meddler.when(
        "PUT", "/labels/", lambda: race.meddler.edit("new", "predictions"), lose=True
    )
    ran = race.apply(manifest("one", row("a"), labelled("new")))
    assert "held     jane/flowers:new@predictions" in ran.out
    assert race.meddler.label("new", "predictions").label_status == "LABELED"


def test_a_label_that_somebody_is_quick_to_make_on_a_new_sample_stays(race) -> None:
    race.settle(manifest("one", row("a")))
    race.meddler.when(
        "GET", "/labels/", lambda: race.meddler.edit("new", "predictions")
    )
    ran = race.apply(manifest("one", row("a"), labelled("new")))
    assert "held     jane/flowers:new@predictions" in ran.out
    assert race.meddler.label("new", "predictions").label_status == "LABELED"


def test_a_label_set_whose_listing_lacks_a_row_stays(race) -> None:
    race.settle(manifest("one", labelled("a"), row("b")))
    quick(race, "a", "predictions")
    race.meddler.omits = True
    gone = manifest("two", row("a"), row("b")).replace(
        "labelsets: {predictions: {owner: manifest}}", "removed: ['@predictions']"
    )
    ran = race.apply(gone)
    assert "held     jane/flowers@predictions" in ran.out
    assert "a label could not be read again" in ran.out
    assert race.meddler.label("a", "predictions").label_status == "LABELED"


def test_a_listing_that_lacks_a_row_counts_as_one_with_labels(race) -> None:
    race.settle(manifest("one", row("a"), row("b")))
    race.meddler.edit("a")
    race.meddler.omits = True
    other = manifest("two", row("a"), row("b")).replace("name: rose", "name: violet")
    ran = race.apply(other)
    assert ran.code == 1
    assert "labels exist, and categories would change under them" in ran.out


def test_a_label_that_can_not_be_read_again_is_held(race, monkeypatch) -> None:
    from dsac.core.resources import Unknown
    from dsac.remote.reader import Reader

    race.settle(manifest("one", labelled("a")))
    monkeypatch.setattr(Reader, "label", lambda *_: Unknown())
    ran = race.apply(manifest("one", labelled("a", score=0.6)))
    assert "a label could not be read again" in ran.out


def test_a_held_change_is_told_in_json_too(race) -> None:
    race.settle(manifest("one", labelled("a")))
    quick(race, "a", "predictions")
    ran = race.apply(manifest("two", labelled("a", score=0.6)), "--format", "json")
    ended = {
        item["address"]: item["outcome"] for item in json.loads(ran.out)["results"]
    }
    assert ended["jane/flowers:a@predictions"] == "held"
