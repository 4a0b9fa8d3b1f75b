"""--replace: a sample is deleted and made anew, with care and under the guards."""

import json
import signal
import subprocess
import sys
from typing import Any

import pytest
from PIL import Image

from dsac.core.resources import Address
from dsac.errors import TransportError
from dsac.remote.client import Client
from tests.functional.meddling import Meddler

MANIFEST = """\
dataset: jane/flowers
task_type: segmentation-bitmap
categories: [{id: 1, name: rose}]
labelsets: {predictions: {owner: manifest}, more: {owner: manifest}}
samples:
  - name: a
    image: ../images/a.png
    labels:
      predictions: {bitmap: ../masks/a.png, annotations: [{id: 1, category: rose}]}
  - {name: b, image: ../images/b.png, metadata: {n: 1}}
  - {name: c, image: ../images/c.png}
"""
A = "jane/flowers:a"
LABEL = "jane/flowers:a@predictions"


@pytest.fixture
def settled(project):
    """Apply three samples, one with a label of the manifest's."""
    (project.root / "masks").mkdir()
    Image.new("L", (8, 6), 1).save(project.root / "masks" / "a.png")
    project.write(MANIFEST)
    project.apply()
    return project


def changes(project, *flags: str) -> dict[str, dict[str, Any]]:
    """Plan, and give the changes by address."""
    return {item["address"]: item for item in project.plan(*flags)["changes"]}


def test_a_replaced_sample_comes_again_with_its_labels(settled) -> None:
    before = settled.sample("a")
    found = changes(settled, "--replace", A)
    assert {key: item["actions"] for key, item in found.items()} == {
        A: ["delete", "create"],
        LABEL: ["create"],
    }
    assert found[A]["before"]["attributes"]["image"]["url"]
    assert found[A]["after"]["attributes"]["image"]["url"]["path"] == "images/a.png"
    assert found[A]["reason"] == "requested by --replace"
    ran = settled.dsac("apply", "--auto-approve", "--replace", A, "--no-color")
    assert ran.code == 0, ran.err
    assert "  # jane/flowers:a will be replaced, as requested\n" in ran.out
    assert "  -/+ sample a\n" in ran.out
    assert "Plan: 2 to add, 0 to change, 1 to destroy; " in ran.out
    assert "Apply complete! 2 added, 0 changed, 1 destroyed." in ran.out
    after = settled.sample("a")
    assert after.uuid != before.uuid
    assert after.attributes != before.attributes  # its files went up again
    assert " s=" in after.metadata["dsac"]
    assert " l=" in after.metadata["dsac"]
    with settled.platform() as client:
        assert client.get_label(after.uuid, "predictions").attributes is not None
    settled.assert_settled()


def test_what_the_manifest_does_not_state_is_gone_and_machines_labels_too(
    settled,
) -> None:
    uuid = settled.sample("b").uuid
    with settled.platform() as client:
        fields = {"priority": 9, "readme": "mine"}
        client.update_sample(uuid, fields)
        client.put_label(uuid, "more", {"attributes": {}})
    ran = settled.dsac("plan", "--replace", "*:b")
    assert "- priority = 9" in ran.out
    settled.apply("--replace", "*:b")
    found = settled.sample("b")
    assert (found.priority, found.readme or "") == (0, "")
    assert found.metadata["n"] == 1
    settled.assert_settled()


@pytest.mark.parametrize("labelset", ["ground-truth", "predictions", "more", "wild"])
def test_peoples_labels_hold_a_replacement_in_any_label_set(labelset, settled) -> None:
    if labelset == "wild":
        with settled.platform() as client:
            client.add_labelset("jane/flowers", "wild", description="")
    settled.edit_label("a", {"label_status": "REVIEWED"}, labelset=labelset)
    uuid = settled.sample("a").uuid
    ran = settled.dsac("apply", "--auto-approve", "--replace", A)
    assert ran.code == 0, ran.err
    assert "would be replaced, as requested, but is held: 1 label that" in ran.out
    assert settled.sample("a").uuid == uuid
    assert settled.actions("--replace", A)[LABEL] == ["held"]
    for count in ("0", "2"):
        plan = settled.plan("--replace", A, "--allow-label-loss", count)
        assert bool(plan["blocks"]) is True
    settled.apply("--replace", A, "--allow-label-loss", "1")
    assert settled.sample("a").uuid != uuid
    (folder,) = (settled.root / ".dsac" / "backup").iterdir()
    (line,) = (folder / "labels.jsonl").read_text().splitlines()
    assert json.loads(line)["address"] == f"{A}@{labelset}"
    settled.assert_settled()


def test_replacements_count_as_deletes_and_all_of_them_never_pass(settled) -> None:
    assert settled.plan("--replace", "*:[a]")["blocks"] == []
    (block,) = settled.plan("--replace", "*:[ab]")["blocks"]
    assert block["message"].startswith(
        "2 samples would be deleted (2 of them to be made anew), dsac manages 3: "
        "more than 10 %"
    )
    (block,) = settled.plan("--replace", "jane/flowers:*")["blocks"]
    assert "all that dsac manages there" in block["message"]
    for count in ("2", "4"):
        flags = ("--replace", "jane/flowers:*", "--allow-delete", count)
        assert settled.plan(*flags)["blocks"] != []
    settled.apply("--replace", "jane/flowers:*", "--allow-delete", "3")
    settled.assert_settled()


def test_deletes_and_replacements_are_one_sum_and_held_ones_are_not_in_it(
    settled,
) -> None:
    settled.edit_label("a", {"label_status": "REVIEWED"})
    settled.write(MANIFEST.replace("  - {name: c, image: ../images/c.png}\n", ""))
    flags = ("--replace", "*:a", "--replace", "*:b")
    (block,) = settled.plan(*flags)["blocks"]
    assert block["message"].startswith("2 samples would be deleted (1 of them to be")
    plan = settled.plan(*flags, "--allow-delete", "2")
    assert plan["blocks"] == []
    assert plan["summary"]["held"] == 2


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("jane/flowers", "is a dataset"),
        ("jane/flowers:a@predictions", "is a label"),
        ("jane/flowers@predictions", "is a labelset"),
        ("jane/flowers:*@predictions", "is a label"),
        ("jane/flowers+bob", "is a collaborator"),
        ("jane/flowers#v1", "is a release"),
        ("a", "names nothing"),
        ("", "names nothing"),
        ("jane/flowers:", "names nothing"),
    ],
)
def test_only_samples_can_be_replaced(address, why, settled) -> None:
    ran = settled.dsac("plan", "--replace", address)
    assert ran.code == 1
    assert f"--replace {address!r} {why}" in ran.err
    assert "only samples can be replaced: write OWNER/NAME:SAMPLE" in ran.err


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("jane/flowers:new", "it is not there under this name"),
        ("jane/flowers:alien", "it is not managed by this project; adopt it first"),
        ("jane/flowers:stray", "the manifest does not have it"),
        ("jane/flowers:zzz", "the manifest does not have it"),
        ("jane/trees:a", "it matches no sample"),
        ("*:zzz*", "it matches no sample"),
        ("*:alie?", "it matches no sample"),
    ],
)
def test_what_can_not_be_replaced_says_why(address, why, settled) -> None:
    image = {"attributes": {"image": {"url": "https://x.test/1.jpg"}}}
    with settled.platform() as client:
        rows = [{"name": name, **image} for name in ("alien", "stray")]
        client.add_samples("jane/flowers", rows)
    more = "".join(
        f"  - {{name: {name}, image: 'https://x.test/1.jpg'}}\n"
        for name in ("new", "alien")
    )
    settled.write(MANIFEST + more)
    ran = settled.dsac("apply", "--auto-approve", "--replace", address, "-v")
    assert ran.code == 1
    assert f"--replace {address!r} can't be done: {why}" in ran.err
    assert "(0 writes)" in ran.err


@pytest.mark.parametrize("name", ["br[1].png", "50%.png", "a#1.png", "a@1.png"])
def test_a_name_with_signs_is_told_how_to_write_it_and_then_replaced(
    name, project
) -> None:
    image = "image: https://x.test/1.jpg"
    row = f'{{name: "{name}", {image}}}'
    project.write(f"dataset: jane/odd\nsamples: [{row}, {{name: b, {image}}}]\n")
    project.apply()
    ran = project.dsac("plan", "--replace", f"jane/odd:{name}")
    assert ran.code == 1
    assert "in names, @ : # + % * ? [ are written as %40" in ran.err
    right = str(Address.of_sample("jane/odd", name))
    assert project.actions("--replace", right) == {right: ["delete", "create"]}


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_to_destroy_and_to_replace_can_not_be_meant_together(command, settled) -> None:
    ran = settled.dsac(command, "--destroy", "--replace", A)
    assert ran.code == 1
    assert "--destroy and --replace can't be meant together" in ran.err
    assert settled.sample("a")


def test_a_sample_that_is_being_renamed_is_not_replaced(settled) -> None:
    moved = MANIFEST.replace("samples:", "moved: [{from: b, to: z}]\nsamples:").replace(
        "name: b", "name: z"
    )
    settled.write(moved)
    ran = settled.dsac("plan", "--replace", "jane/flowers:z")
    assert "it is not there under this name" in ran.err
    ran = settled.dsac("plan", "--replace", "jane/flowers:b")
    assert "the manifest does not have it" in ran.err


def test_a_chain_of_renames_is_done_first(settled) -> None:
    text = (
        MANIFEST.replace(
            "samples:", "moved: [{from: c, to: d}, {from: b, to: c}]\nsamples:"
        )
        .replace("name: c", "name: d")
        .replace("name: b", "name: c")
    )
    settled.write(text)
    ran = settled.dsac("plan", "--replace", "jane/flowers:c")
    assert "it is being renamed; do that first" in ran.err


def test_a_selection_leaves_out_a_replacement_with_its_labels(settled) -> None:
    replace = ("--replace", "*:a", "--replace", "*:b", "--allow-delete")
    found = settled.actions(*replace, "1", "--target", A)
    assert found == {A: ["delete", "create"], LABEL: ["create"]}
    found = settled.actions(*replace, "1", "--exclude", LABEL)
    assert found == {"jane/flowers:b": ["delete", "create"]}
    ran = settled.dsac("plan", *replace, "0", "--target", LABEL)
    assert ran.out.splitlines()[-1] == "No changes."
    assert f"{LABEL} is left out: it needs the change of {A}" in ran.out


def test_no_sample_goes_whose_files_did_not_come_up(settled, monkeypatch) -> None:
    upload = Client.upload_asset

    def flaky(self, file, *, filename):
        if filename == "a.png":
            raise TransportError("the line is dead")
        return upload(self, file, filename=filename)

    monkeypatch.setattr(Client, "upload_asset", flaky)
    before = {name: settled.sample(name).uuid for name in "abc"}
    # The mask of sample a goes up under the name of its image.
    settled.image("b.png", "blue")
    flags = ("--replace", "*:a", "--replace", "*:b", "--allow-delete", "2")
    ran = settled.dsac("apply", "--auto-approve", *flags)
    assert ran.code == 1
    assert "did not go up: the line is dead" in ran.out
    assert settled.sample("a").uuid == before["a"]
    assert settled.sample("b").uuid != before["b"]
    monkeypatch.undo()
    monkeypatch.chdir(settled.root)
    settled.assert_settled()


def test_a_create_that_fails_says_that_the_sample_is_gone_and_converges(
    settled, monkeypatch
) -> None:
    def refuse(self, dataset, rows):
        raise TransportError("the line is dead")

    monkeypatch.setattr(Client, "create_samples", refuse)
    ran = settled.dsac("apply", "--auto-approve", "--replace", A)
    assert ran.code == 1
    assert "it was deleted to be made anew, and is not there: the line" in ran.out
    monkeypatch.undo()
    monkeypatch.chdir(settled.root)
    assert settled.actions() == {A: ["create"], LABEL: ["create"]}
    settled.apply()
    settled.assert_settled()


def test_a_delete_that_did_nothing_is_found_out(settled, monkeypatch) -> None:
    monkeypatch.setattr(Client, "delete_samples", lambda *_: 0)
    ran = settled.dsac("apply", "--auto-approve", "--replace", A)
    assert ran.code == 1
    assert "the platform said that it was deleted, and still has it" in ran.out


def test_a_saved_replacement_is_applied_once(settled) -> None:
    uuid = settled.sample("a").uuid
    shown = settled.dsac("plan", "--replace", A, "--out", "p.plan").out
    assert settled.dsac("show", "p.plan").out == shown
    assert settled.dsac("apply", "p.plan").code == 0
    again = settled.sample("a").uuid
    assert again != uuid
    ran = settled.dsac("apply", "p.plan")
    assert (ran.code, ran.out) == (0, "No changes.\n"), ran.err
    assert settled.sample("a").uuid == again


@pytest.mark.parametrize("stop", ["deleted", "created"])
def test_a_saved_replacement_that_was_stopped_halfway_goes_on(
    stop, settled, monkeypatch
) -> None:
    assert settled.dsac("plan", "--replace", A, "--out", "p.plan").code == 0

    def refuse(self, *args, **kwargs):
        raise TransportError("the line is dead")

    method = "create_samples" if stop == "deleted" else "put_label"
    monkeypatch.setattr(Client, method, refuse)
    assert settled.dsac("apply", "p.plan").code == 1
    monkeypatch.undo()
    monkeypatch.chdir(settled.root)
    ran = settled.dsac("apply", "p.plan")
    assert ran.code == 0, ran.out + ran.err
    settled.assert_settled()


def test_a_saved_replacement_of_a_sample_that_changed_is_refused(settled) -> None:
    assert settled.dsac("plan", "--replace", A, "--out", "p.plan").code == 0
    with settled.platform() as client:
        client.update_sample(settled.sample("a").uuid, {"priority": 4})
    ran = settled.dsac("apply", "p.plan", "-v")
    assert ran.code == 1
    assert f"{A} is not as it was when it was planned" in ran.err
    assert "(0 writes)" in ran.err


def test_a_saved_replacement_is_held_by_a_label_made_meanwhile(settled) -> None:
    assert settled.dsac("plan", "--replace", A, "--out", "p.plan").code == 0
    settled.edit_label("a", {"label_status": "LABELED"})
    uuid = settled.sample("a").uuid
    ran = settled.dsac("apply", "p.plan")
    assert ran.code == 0, ran.err
    assert "held" in ran.out
    assert settled.sample("a").uuid == uuid


class Race:
    """A project against a server on which somebody is quick."""

    ROW = "  - {{name: {0}, image: https://x.test/{0}.jpg}}\n"
    HEAD = "dataset: jane/flowers\ntask_type: bboxes\nsamples:\n"

    def __init__(self, project, meddler: Meddler, url: str) -> None:
        self.project, self.meddler = project, meddler
        self.flags = ("--auto-approve", "--remote", url, "--jobs", "1")
        names = [f"s{number:02}" for number in range(70)]
        text = self.HEAD + "".join(self.ROW.format(name) for name in names)
        self.project.write(text)
        ran = self.apply()
        assert ran.code == 0, ran.err

    def apply(self, *flags: str):
        return self.project.dsac("apply", *self.flags, *flags)


@pytest.fixture
def race(project, tmp_path, listening, monkeypatch) -> Race:
    monkeypatch.setenv("SEGMENTS_API_KEY", "jane-key")
    meddler = Meddler(tmp_path / "server")
    return Race(project, meddler, listening(meddler))


def test_a_sample_that_is_labelled_after_the_plan_is_not_replaced(race) -> None:
    uuids = {name: race.meddler.uuid(name) for name in ("s00", "s01")}
    text = race.project.root / "manifests" / "a.yaml"
    text.write_text("description: new\n" + text.read_text())
    race.meddler.when("PATCH", "/datasets/", lambda: race.meddler.edit("s00"))
    ran = race.apply("--replace", "*:s0[01]")
    assert ran.code == 0, ran.err + ran.out
    assert "held     jane/flowers:s00" in ran.out
    assert race.meddler.uuid("s00") == uuids["s00"]
    assert race.meddler.uuid("s01") != uuids["s01"]
    assert race.meddler.label("s00").label_status == "LABELED"


def test_the_creates_follow_the_deletes_at_once(race) -> None:
    ran = race.apply("--replace", "*:s0[01]")
    assert ran.code == 0, ran.err
    log = race.meddler.log
    at = next(place for place, line in enumerate(log) if line.startswith("DELETE"))
    assert log[at + 1].startswith("POST ")


def test_a_delete_whose_reply_is_lost_is_followed_by_the_creates(race) -> None:
    """Sixty are read by listing, which is silent about those that are gone."""
    uuid = race.meddler.uuid("s00")
    race.meddler.when("DELETE", "/samples_bulk/", lambda: None, lose=True)
    ran = race.apply("--replace", "*:s[0-5]*", "--allow-delete", "60")
    assert ran.code == 0, ran.err + ran.out
    assert "Apply complete! 60 added, 0 changed, 60 destroyed" in ran.out
    assert race.meddler.count("DELETE", "/samples_bulk/") == 2
    assert race.meddler.uuid("s00") != uuid


def test_a_run_that_is_killed_after_the_delete_leaves_what_the_next_one_creates(
    race,
) -> None:
    command = [sys.executable, "-m", "dsac", "apply", *race.flags, "--replace", "*:s00"]
    process = subprocess.Popen(
        command, cwd=race.project.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    race.meddler.when("DELETE", "/samples_bulk/", process.kill, lose=True)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    with pytest.raises(LookupError):
        race.meddler.uuid("s00")
    ran = race.apply()
    assert ran.code == 0, ran.err
    assert "Apply complete! 1 added, 0 changed, 0 destroyed" in ran.out
    assert race.meddler.uuid("s00")


def test_an_interruption_leaves_nothing_deleted_that_is_to_be_made_anew(race) -> None:
    """What was deleted is made again; nothing else is begun any more."""
    uuid = race.meddler.uuid("s00")
    text = race.project.root / "manifests" / "a.yaml"
    text.write_text(text.read_text() + Race.ROW.format("new"))
    race.meddler.when(
        "DELETE", "/samples_bulk/", lambda: signal.raise_signal(signal.SIGINT)
    )
    ran = race.apply("--replace", "*:s00")
    assert ran.code == 1
    assert "Apply interrupted: 1 done, 1 skipped." in ran.out
    assert race.meddler.uuid("s00") != uuid
    with pytest.raises(LookupError):
        race.meddler.uuid("new")


def test_an_interruption_before_the_delete_deletes_nothing(
    settled, monkeypatch
) -> None:
    uuid = settled.sample("a").uuid
    upload = Client.upload_asset

    def interrupted(self, file, *, filename):
        signal.raise_signal(signal.SIGINT)
        return upload(self, file, filename=filename)

    monkeypatch.setattr(Client, "upload_asset", interrupted)
    ran = settled.dsac("apply", "--auto-approve", "--replace", A, "--jobs", "1")
    assert ran.code == 1
    assert "Apply interrupted: 2 skipped." in ran.out
    assert settled.sample("a").uuid == uuid
