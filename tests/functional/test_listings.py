"""Listings that can't be trusted: read once more, and nothing is pruned by them."""

from collections.abc import Callable
from typing import Any

import pytest

from dsac.remote import listing, paging
from dsac.remote.resources import remote_sample
from tests.functional.lens import Asked

Rows = list[dict[str, Any]]
HEAD = """\
dataset: jane/flowers
task_type: bboxes
categories: [{id: 1, name: rose}]
"""
SETS = "labelsets: {predictions: {owner: manifest}, drafts: {owner: manifest}}\n"
BOX = "{id: 1, category_id: 1, type: bbox, points: [[0, 0], [9, 9]]}"
LABEL = f"{{attributes: {{annotations: [{BOX}]}}}}"
NOT_COMPLETE = "the listing of samples was not complete, so nothing is deleted"


@pytest.fixture(autouse=True)
def short_pages(monkeypatch):
    """Read short pages, one after the other: what happens between two is the point."""
    monkeypatch.setattr(listing, "PAGE", 2)
    monkeypatch.setattr(paging, "IN_FLIGHT", 1)


def manifest(*names: str, labels: str = "") -> str:
    rows = [
        f"  - {{name: {name}, image: 'https://x/{name}.png'{labels}}}\n"
        for name in names
    ]
    return HEAD + (SETS if labels else "") + "samples:\n" + "".join(rows)


NAMES = [f"s{number:02}" for number in range(12)]


@pytest.fixture
def dozen(project, lens):
    """Give a dataset of twelve samples, of which the last left the manifest."""
    project.write(manifest(*NAMES))
    project.apply()
    project.write(manifest(*NAMES[:-1]))
    lens.log.clear()
    return project


GOING = {"jane/flowers:s11": ["delete"]}


def delete(project, name: str) -> None:
    with project.platform() as client:
        client.delete_sample(project.sample(name).uuid)


def add(project, name: str) -> None:
    with project.platform() as client:
        attributes = {"image": {"url": f"https://x/{name}.png"}}
        client.add_sample("jane/flowers", {"name": name, "attributes": attributes})


def once(act: Callable[[], object], page: int) -> Callable[[Asked], None]:
    """Act before a page is answered, the first time it is asked for."""
    pending = [act]

    def before(asked: Asked) -> None:
        if asked.lists_samples and asked.page == page and pending:
            pending.pop()()

    return before


def listings(lens) -> int:
    return sum("/samples" in line for line in lens.log)


ONE_LISTING = 7
"""Six pages of two samples, and one that is behind the end."""


def test_a_whole_listing_is_read_once(dozen, lens):
    assert dozen.actions() == GOING
    assert listings(lens) == ONE_LISTING


def test_a_sample_that_goes_between_two_pages_hides_none(dozen, lens):
    lens.before = once(lambda: delete(dozen, "s00"), page=3)
    assert dozen.actions() == {"jane/flowers:s00": ["create"], **GOING}
    assert listings(lens) == 2 * ONE_LISTING


def test_a_sample_that_comes_between_two_pages_doubles_none(dozen, lens):
    lens.before = once(lambda: add(dozen, "a"), page=3)
    found = dozen.plan()
    assert [item["address"] for item in found["changes"]] == list(GOING)
    assert found["summary"]["unmanaged"] == 1
    assert found["warnings"] == []
    assert listings(lens) == 2 * (ONE_LISTING + 1)


def test_nothing_is_deleted_while_pages_go_on_shifting(dozen, lens):
    there = [False]

    def shift(asked: Asked) -> None:
        if asked.lists_samples and asked.page == 3:
            (delete if there[0] else add)(dozen, "a")
            there[0] = not there[0]

    lens.before = shift
    found = dozen.plan()
    assert found["changes"] == []
    assert found["warnings"] == [f"jane/flowers: {NOT_COMPLETE}"]
    lens.before = lambda _: None
    dozen.apply()
    assert dozen.dsac("plan").out.endswith("No changes.\n")


def bend(change: Callable[[Asked, Rows], Rows]) -> Callable[[Asked, Any], Any]:
    """Bend the pages of samples."""

    def answered(asked: Asked, body: Any) -> Any:
        if asked.lists_samples and isinstance(body, list):
            return change(asked, body)
        return body

    return answered


def test_a_repeated_uuid_is_no_complete_listing(dozen, lens):
    seen: Rows = []

    def repeat(asked: Asked, rows: Rows) -> Rows:
        seen.extend(rows)
        return [seen[0], *rows] if asked.page == 4 else rows

    lens.answered = bend(repeat)
    found = dozen.plan()
    assert (found["changes"], len(found["warnings"])) == ([], 1)
    assert listings(lens) == 2 * ONE_LISTING


def test_a_server_that_goes_in_circles_is_left_off(dozen, lens):
    first: Rows = []

    def circle(asked: Asked, rows: Rows) -> Rows:
        first[:] = first or rows
        return first

    lens.answered = bend(circle)
    found = dozen.plan()
    assert "delete" not in str([item["actions"] for item in found["changes"]])
    assert NOT_COMPLETE in found["warnings"][0]
    assert listings(lens) == 4


def hide(name: str) -> Callable[[Asked, Any], Any]:
    """Leave a sample out of all pages of samples."""
    return bend(lambda _, rows: [row for row in rows if row["name"] != name])


def test_a_listing_that_is_short_of_the_count_deletes_nothing(dozen, lens):
    lens.answered = hide("s03")
    found = dozen.plan()
    assert [item["actions"] for item in found["changes"]] == [["create"]]
    assert NOT_COMPLETE in found["warnings"][0]


@pytest.mark.parametrize("count", [None, "12", 12, 12.0, "many"])
def test_a_count_may_be_missing_or_a_text_or_a_float(dozen, lens, count):
    def counted(asked: Asked, body: Any) -> Any:
        if "samples_count" in body:
            body["samples_count"] = count
        return body

    lens.answered = counted
    assert dozen.actions() == GOING
    assert listings(lens) == ONE_LISTING


def miscounted(asked: Asked, body: Any) -> Any:
    if "samples_count" in body:
        body["samples_count"] += 1
    return body


def test_samples_that_agree_are_let_go_of_in_the_second_reading_too(
    dozen, lens, monkeypatch
):
    built = []

    def build(row, labels):
        built.append(row.name)
        return remote_sample(row, labels)

    monkeypatch.setattr(listing, "remote_sample", build)
    lens.answered = miscounted
    found = dozen.plan()
    assert (found["changes"], found["unchanged"]["sample"]) == ([], 11)
    assert listings(lens) == 2 * ONE_LISTING
    assert built == ["s11", "s11"]


@pytest.mark.parametrize("first", [1, 1 + ONE_LISTING])
def test_twins_are_an_error_in_whichever_reading_they_come_up(dozen, lens, first):
    def doubled(asked: Asked, body: Any) -> Any:
        late = listings(lens) >= first
        if asked.lists_samples and late and asked.page == 3:
            return [*body, {**body[0], "uuid": "another"}]
        return miscounted(asked, body)

    lens.answered = doubled
    ran = dozen.dsac("plan")
    assert ran.code == 1
    assert "has two samples named 's04'" in ran.err


def test_a_list_may_end_with_an_empty_page(dozen, lens):
    def ended(asked: Asked, body: Any) -> Any:
        return [] if body == {"detail": "Invalid page."} else body

    lens.answered = ended
    assert dozen.actions() == GOING
    assert listings(lens) == ONE_LISTING


def test_the_label_of_a_sample_that_was_not_listed_is_never_written_over(dozen, lens):
    """The bulk call gives the sample that is there; its label is a person's."""
    with dozen.platform() as client:
        client.add_labelset("jane/flowers", "predictions")
    dozen.edit_label("s03", {"label_status": "REVIEWED"}, labelset="predictions")
    dozen.write(manifest(*NAMES, labels=f", labels: {{predictions: {LABEL}}}"))
    lens.answered = hide("s03")
    assert "1 labels of samples that were not listed wait" in dozen.dsac("plan").out
    dozen.dsac("apply", "--auto-approve")
    assert lens.count("PUT /labels/") == len(NAMES) - 1
    uuid = dozen.sample("s03").uuid
    with dozen.platform() as client:
        found = client.get_label(uuid, "predictions")
    assert (found.label_status, found.created_by) == ("REVIEWED", "bob")


LABELS = f", labels: {{predictions: {LABEL}, drafts: {LABEL}}}"


def hide_row(labelset: str, name: str, *, times: int) -> Callable[[Asked, Any], Any]:
    """Leave a row out of the listing of one label set, so many times."""
    left = [times]

    def change(asked: Asked, rows: Rows) -> Rows:
        if asked.query.get("labelset") != labelset or not left[0]:
            return rows
        kept = [row for row in rows if row["name"] != name]
        left[0] -= len(kept) < len(rows)
        return kept

    return bend(change)


def test_a_label_row_that_was_missing_once_is_read_again(dozen, lens):
    dozen.write(manifest(*NAMES[:-1], labels=LABELS))
    dozen.apply()
    lens.log.clear()
    lens.answered = hide_row("predictions", "s03", times=1)
    dozen.assert_settled()


@pytest.mark.parametrize("labelset", ["drafts", "predictions"])
def test_a_label_row_that_stays_missing_is_a_persons(dozen, lens, labelset):
    """One label set comes with the samples, the others beside them: both are tried."""
    dozen.write(manifest(*NAMES, labels=LABELS))
    dozen.apply()
    dozen.edit_label("s03", {"label_status": "LABELED"}, labelset=labelset)
    dozen.write(manifest(*NAMES[:-1], labels=LABELS.replace("[0, 0]", "[1, 1]")))
    lens.answered = hide_row(labelset, "s03", times=99)
    found = dozen.plan()
    actions = {item["address"]: item["actions"] for item in found["changes"]}
    assert f"jane/flowers:s03@{labelset}" not in actions
    assert f"jane/flowers:s02@{labelset}" in actions
    assert "jane/flowers:s11" not in actions
    assert NOT_COMPLETE in str(found["warnings"])
    dozen.dsac("apply", "--auto-approve")
    with dozen.platform() as client:
        label = client.get_label(dozen.sample("s03").uuid, labelset)
    assert (label.label_status, label.updated_by) == ("LABELED", "bob")


@pytest.mark.parametrize("labelset", ["drafts", "predictions"])
def test_without_a_count_one_listing_may_miss_what_the_other_has(dozen, lens, labelset):
    """Such a sample is there, and a person may have worked on its labels."""
    dozen.write(manifest(*NAMES, labels=LABELS))
    dozen.apply()
    dozen.edit_label("s03", {"label_status": "LABELED"}, labelset="predictions")
    dozen.write(manifest(*NAMES[:-1], labels=LABELS))
    hidden = hide_row(labelset, "s03", times=99)

    def answered(asked: Asked, body: Any) -> Any:
        if "samples_count" in body:
            body["samples_count"] = None
        return hidden(asked, body)

    lens.answered = answered
    found = dozen.plan()
    addresses = [item["address"] for item in found["changes"]]
    assert "jane/flowers:s03@drafts" not in addresses
    assert "jane/flowers:s03@predictions" not in addresses
    assert "jane/flowers:s11" not in addresses
    assert NOT_COMPLETE in str(found["warnings"])


def test_a_label_that_no_listing_shows_still_guards_categories(dozen, lens):
    dozen.edit_label("s03", {"label_status": "LABELED"})
    dozen.write(manifest(*NAMES).replace("name: rose", "name: tulip"))
    assert "1 'rose' becomes 'tulip'" in dozen.dsac("plan").out
    lens.answered = hide("s03")
    assert "1 'rose' becomes 'tulip'" in dozen.dsac("plan").out


def test_a_dataset_is_not_destroyed_by_an_incomplete_listing(dozen, lens):
    dozen.write(manifest(*NAMES) + "lifecycle: {prevent_destroy: false}\n")
    dozen.apply()
    lens.answered = hide("s03")
    ran = dozen.dsac("destroy", "jane/flowers", "--allow-delete", "11")
    assert ran.code == 1
    assert "can't be deleted: the listing of samples was not complete" in ran.err


def test_a_saved_plan_deletes_nothing_by_an_incomplete_listing(dozen, lens):
    assert dozen.dsac("plan", "--out", "p.json").code == 0
    lens.answered = hide("s03")
    ran = dozen.dsac("apply", "p.json")
    assert ran.code == 1
    assert "the listing of samples was not complete; apply again" in ran.err
    assert dozen.sample("s11")
    lens.answered = lambda _, body: body
    assert dozen.dsac("apply", "p.json").code == 0
    dozen.assert_settled()


def test_label_sets_are_asked_for_where_the_dataset_does_not_tell_them(dozen, lens):
    def untold(asked: Asked, body: Any) -> Any:
        if isinstance(body, dict):
            body.pop("labelsets", None)
        return body

    lens.answered = untold
    assert dozen.actions() == GOING
    assert lens.count("GET /datasets/jane/flowers/labelsets") == 1


@pytest.mark.parametrize("labelsets", [1, 2])
def test_a_plan_without_changes_asks_for_little(dozen, lens, monkeypatch, labelsets):
    """max(1, L) x (pages + 1) + collaborators + 5 is what a dataset may cost."""
    labels = LABELS if labelsets == 2 else f", labels: {{predictions: {LABEL}}}"
    with dozen.platform("bob"):
        text = manifest(*NAMES, labels=labels)
    dozen.write(text)
    dozen.apply()
    text += "collaborators: {bob: reviewer}\nreleases: [{name: v1, description: a}]\n"
    if labelsets == 1:
        text = text.replace(", drafts: {owner: manifest}", "")
    dozen.write(text)
    dozen.apply()
    lens.log.clear()
    dozen.assert_settled()
    assert len(lens.log) <= labelsets * ONE_LISTING + 1 + 5
    assert lens.count("GET") == len(lens.log)
