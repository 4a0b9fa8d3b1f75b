"""Labels that a person allowed to lose are saved before, and can be put back."""

import json
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from dsac.assets.bitmaps import decode, encode
from dsac.core.lease import write_lease
from dsac.remote.clock import Clock
from tests.functional.test_leases import lease, put

HEAD = """\
dataset: jane/flowers
task_type: segmentation-bitmap
categories: [{id: 1, name: rose}]
"""


def samples(*names: str, more: str = "") -> str:
    rows = "".join(
        f"  - {{name: {name}, image: ../images/{name}.png}}\n" for name in names
    )
    return f"{HEAD}{more}samples:\n{rows}"


PIXELS = np.zeros((6, 8), np.uint32)
PIXELS[2:4, 2:6] = 1


def paint(project, sample: str, status: str = "REVIEWED") -> str:
    """Let bob paint a mask; give its URL."""
    project.invite("bob", "jane/flowers")
    with project.platform("bob") as client:
        asset = client.upload_asset(BytesIO(encode(PIXELS)), filename="mask.png")
        attributes = {
            "format_version": "0.1",
            "annotations": [{"id": 1, "category_id": 1}],
            "segmentation_bitmap": {"url": asset.url},
        }
        fields = {"label_status": status, "attributes": attributes, "score": 0.25}
        client.put_label(project.sample(sample).uuid, "ground-truth", fields)
    return str(asset.url)


def lose(project, *flags: str) -> Path:
    """Delete sample b with its label; give the backup's folder."""
    project.write(samples("a", "c"))
    project.apply("--allow-label-loss", "1", *flags)
    root: Path = project.root
    (folder,) = (root / ".dsac" / "backup").iterdir()
    return folder


@pytest.fixture
def labelled(project):
    """Make a project of three samples; bob has painted the second."""
    project.write(samples("a", "b", "c"))
    project.apply()
    paint(project, "b")
    return project


def label_of(project, sample: str):
    with project.platform() as client:
        return client.get_label(project.sample(sample).uuid, "ground-truth")


def test_a_lost_label_is_in_the_backup_with_its_file(labelled) -> None:
    labelled.write(samples("a", "c"))
    ran = labelled.dsac("apply", "--auto-approve", "--allow-label-loss", "1")
    assert ran.code == 0
    (folder,) = (labelled.root / ".dsac" / "backup").iterdir()
    assert f"Backup: 1 label in .dsac/backup/{folder.name}; dsac restore" in ran.out
    (line,) = (folder / "labels.jsonl").read_text().splitlines()
    record = json.loads(line)
    assert record["address"] == "jane/flowers:b@ground-truth"
    assert record["reviewed_by"] == "bob"
    assert record["label"]["status"] == "REVIEWED"
    (digest,) = record["files"].values()
    assert (decode((folder / "files" / digest).read_bytes()) == PIXELS).all()


def test_nothing_is_saved_where_nothing_is_lost(labelled) -> None:
    labelled.write(samples("a", "c"))
    labelled.apply()
    assert not (labelled.root / ".dsac" / "backup").exists()


def test_a_restored_label_is_as_it_was(labelled) -> None:
    folder = lose(labelled)
    labelled.write(samples("a", "b", "c"))
    labelled.apply()
    ran = labelled.dsac("restore", folder, "--auto-approve")
    assert ran.code == 0, ran.err
    assert "from the backup" in ran.out
    assert "Apply complete! 1 added, 0 changed, 0 destroyed." in ran.out
    found = label_of(labelled, "b")
    assert (found.label_status, found.score) == ("REVIEWED", 0.25)
    with labelled.platform() as client:
        url = found.attributes["segmentation_bitmap"]["url"]
        assert (decode(client.download(url)) == PIXELS).all()
    again = labelled.dsac("restore", folder, "--auto-approve")
    assert (again.code, again.out) == (0, "No changes.\n")
    labelled.assert_settled()


def test_events_of_a_restore_and_a_destruction_go_into_a_file(labelled) -> None:
    folder = lose(labelled)
    labelled.write(samples("a", "b", "c"))
    labelled.apply()
    flags = ("--auto-approve", "--events-into", "e.jsonl")
    assert labelled.dsac("restore", folder, *flags).code == 0
    gone = labelled.dsac("destroy", "jane/flowers", *flags)
    assert gone.code == 1, "prevent_destroy keeps it"
    lines = (labelled.root / "e.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in lines]
    told = [(item["type"], item.get("operation")) for item in events]
    assert ("change_summary", "restore") in told
    assert ("operation_complete", "PutLabel") in told
    assert ("apply_summary", "apply") in told
    assert told[-1] == ("change_summary", "destroy")
    assert any("prevent_destroy" in item["message"] for item in events)


def test_a_restore_waits_for_who_is_at_work(labelled, monkeypatch) -> None:
    folder = lose(labelled)
    labelled.write(samples("a", "b", "c"))
    labelled.apply()
    put(labelled, write_lease(lease()))
    ran = labelled.dsac("restore", folder, "--auto-approve")
    assert (ran.code, "eve is applying to" in ran.err) == (1, True)
    monkeypatch.setattr(Clock, "sleep", lambda *_: put(labelled, ""))
    ran = labelled.dsac("restore", folder, "--auto-approve", "--lock-timeout", "60")
    assert ran.code == 0, ran.err
    assert label_of(labelled, "b").label_status == "REVIEWED"


def test_the_next_apply_does_not_take_a_restored_label_for_a_machines(project) -> None:
    mine = "annotations: [{id: 1, category: rose}]"
    with_label = (
        f"{samples('a', 'c')}  - name: b\n    image: ../images/b.png\n"
        f"    labels: {{ground-truth: {{{mine}}}}}\n"
    )
    project.write(with_label)
    project.apply()
    url = paint(project, "b", "PRELABELED")
    folder = lose(project)
    project.write(with_label)
    project.apply()
    ran = project.dsac("restore", folder, "--auto-approve")
    assert "LABELED so that it counts as a person's" in ran.out
    project.assert_settled()
    found = label_of(project, "b")
    assert (found.label_status, found.updated_by) == ("LABELED", "local")
    assert found.attributes["segmentation_bitmap"]["url"] == url
    again = project.dsac("restore", folder, "--auto-approve")
    assert (again.code, again.out) == (0, "No changes.\n")


def test_a_label_that_is_still_as_it_was_saved_is_left_alone(labelled) -> None:
    paint(labelled, "b", "PRELABELED")
    labelled.image("b.png", "blue")
    labelled.apply("--allow-label-loss", "1")
    (folder,) = (labelled.root / ".dsac" / "backup").iterdir()
    ran = labelled.dsac("restore", folder, "--auto-approve")
    assert (ran.code, ran.out) == (0, "No changes.\n")
    assert label_of(labelled, "b").label_status == "PRELABELED"


def test_a_file_that_is_gone_from_the_platform_goes_up_again(labelled) -> None:
    folder = lose(labelled)
    labelled.write(samples("a", "b", "c"))
    labelled.apply()
    (record,) = map(json.loads, (folder / "labels.jsonl").read_text().splitlines())
    (url,) = record["files"]
    name = url.rpartition("/")[2]
    for path in (labelled.root / ".dsac" / "local").rglob(f"{Path(name).stem}*"):
        path.unlink()
    for path in (labelled.root / ".dsac" / "local" / "assets").rglob("*"):
        if path.is_file() and path.read_bytes() == encode(PIXELS):
            path.unlink()
    ran = labelled.dsac("restore", folder, "--auto-approve")
    assert ran.code == 0, ran.err + ran.out
    found = label_of(labelled, "b").attributes["segmentation_bitmap"]["url"]
    assert found != url
    with labelled.platform() as client:
        assert (decode(client.download(found)) == PIXELS).all()
    again = labelled.dsac("restore", folder, "--auto-approve")
    assert (again.code, again.out) == (0, "No changes.\n")


def test_a_label_that_somebody_made_since_is_held_until_a_word(labelled) -> None:
    folder = lose(labelled)
    labelled.write(samples("a", "b", "c"))
    labelled.apply()
    labelled.edit_label("b", {"label_status": "LABELED"})
    ran = labelled.dsac("restore", folder, "--auto-approve")
    assert ran.code == 0
    assert "No changes. 1 held." in ran.out
    assert label_of(labelled, "b").label_status == "LABELED"
    flags = ("--auto-approve", "--allow-label-loss")
    assert labelled.dsac("restore", folder, *flags, "2").code == 1
    ran = labelled.dsac("restore", folder, *flags, "1")
    assert ran.code == 0, ran.err
    assert label_of(labelled, "b").label_status == "REVIEWED"
    assert len(list((labelled.root / ".dsac" / "backup").iterdir())) == 2


def test_a_machine_made_label_gives_way(labelled) -> None:
    folder = lose(labelled)
    row = "annotations: [{id: 1, category: rose}]"
    labelled.write(
        samples("a", "c") + "  - name: b\n    image: ../images/b.png\n"
        f"    labels: {{ground-truth: {{{row}}}}}\n"
    )
    labelled.apply()
    ran = labelled.dsac("restore", folder, "--auto-approve")
    assert "Apply complete! 0 added, 1 changed" in ran.out
    assert label_of(labelled, "b").label_status == "REVIEWED"


def test_a_label_without_its_sample_is_named_and_the_others_go_back(labelled) -> None:
    paint(labelled, "c")
    labelled.write(samples("a"))
    flags = ("--allow-label-loss", "2", "--allow-delete", "2")
    labelled.apply(*flags)
    (folder,) = (labelled.root / ".dsac" / "backup").iterdir()
    labelled.write(samples("a", "c"))
    labelled.apply()
    ran = labelled.dsac("restore", folder, "--auto-approve")
    assert ran.code == 1
    assert "jane/flowers:b@ground-truth can't go back: its sample is not" in ran.out
    assert label_of(labelled, "c").label_status == "REVIEWED"


def test_a_lost_label_set_is_made_again(labelled) -> None:
    with labelled.platform() as client:
        client.add_labelset("jane/flowers", "extra", description="")
    labelled.edit_label("a", {"label_status": "LABELED"}, labelset="extra")
    labelled.write(samples("a", "b", "c", more="removed: ['@extra']\n"))
    labelled.apply("--allow-label-loss", "1")
    (folder,) = (labelled.root / ".dsac" / "backup").iterdir()
    ran = labelled.dsac("restore", folder, "--auto-approve")
    assert ran.code == 0, ran.err + ran.out
    with labelled.platform() as client:
        found = client.get_label(labelled.sample("a").uuid, "extra")
    assert found.label_status == "LABELED"


def test_a_lost_dataset_comes_back_with_its_labels(labelled) -> None:
    more = "lifecycle: {prevent_destroy: false}\n"
    labelled.write(samples("a", "b", "c", more=more))
    labelled.apply()
    flags = ("--auto-approve", "--allow-delete", "3", "--allow-label-loss", "1")
    ran = labelled.dsac("destroy", "jane/flowers", *flags)
    assert ran.code == 0, ran.err + ran.out
    (folder,) = (labelled.root / ".dsac" / "backup").iterdir()
    gone = labelled.dsac("restore", folder, "--auto-approve")
    assert gone.code == 1
    assert "jane/flowers is not there: 1 labels can't go back" in gone.out
    labelled.apply()
    assert labelled.dsac("restore", folder, "--auto-approve").code == 0
    assert label_of(labelled, "b").label_status == "REVIEWED"


def test_another_projects_dataset_is_not_written_to(labelled) -> None:
    folder = lose(labelled)
    labelled.write("{}\n", "dsac.yaml")
    (labelled.root / "dsac.yaml").write_text("project: trees\n")
    ran = labelled.dsac("restore", folder, "--auto-approve")
    assert ran.code == 1
    assert "jane/flowers is managed by project 'flowers'" in ran.err


def test_a_file_that_nobody_can_read_leaves_its_url_and_a_warning(labelled) -> None:
    url = "http://nowhere.invalid/mask.png"
    attributes = {"annotations": [], "segmentation_bitmap": {"url": url}}
    labelled.edit_label("b", {"label_status": "LABELED", "attributes": attributes})
    labelled.write(samples("a", "c"))
    ran = labelled.dsac("apply", "--auto-approve", "--allow-label-loss", "1")
    assert ran.code == 0, ran.err + ran.out
    assert f"{url} can't be read, so the backup has its URL alone" in ran.out


def test_a_label_that_can_not_be_saved_is_not_lost(labelled) -> None:
    (labelled.root / ".dsac" / "backup").write_text("in the way")
    labelled.write(samples("a", "c"))
    ran = labelled.dsac("apply", "--auto-approve", "--allow-label-loss", "1")
    assert ran.code == 1
    assert "jane/flowers:b@ground-truth can't be saved" in ran.out
    assert label_of(labelled, "b").label_status == "REVIEWED"


@pytest.mark.parametrize("content", [None, b"{}\n", b"\xff\n", b"[1]\n"])
def test_what_is_no_backup_is_refused(content, project, tmp_path) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    if content is not None:
        (folder / "labels.jsonl").write_bytes(content)
    ran = project.dsac("restore", folder, "--auto-approve")
    assert ran.code == 1
    message = "is no backup" if content is None else "labels.jsonl:1: this is no saved"
    assert message in ran.err


def test_a_last_line_that_broke_off_is_left_out(labelled) -> None:
    folder = lose(labelled)
    path = folder / "labels.jsonl"
    path.write_bytes(path.read_bytes() + b'{"dataset": "jane/fl')
    labelled.write(samples("a", "b", "c"))
    labelled.apply()
    assert labelled.dsac("restore", folder, "--auto-approve").code == 0
