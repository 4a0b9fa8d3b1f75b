"""A saved plan against a world that moved: refused whole, or held, and only read."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.functional import everything
from tests.functional.everything import DATASETS, differences, prepare
from tests.functional.stage import Seam, Stage
from tests.functional.truth import state

Act = Callable[[Stage], object]
FLOWERS = "jane/flowers"


@pytest.fixture
def stage(tmp_path, monkeypatch) -> Stage:
    """Make a project with a saved plan that has changes of every kind."""
    found = Stage(tmp_path / "project", tmp_path / "server", patch=monkeypatch)
    prepare(found)
    plan(found)
    return found


def plan(stage: Stage, *flags: str) -> None:
    ran = stage.run("plan", "--out", stage.root / "p.plan", *flags)
    assert ran.code == 0, ran.out + ran.err


def apply(stage: Stage) -> tuple[Any, Seam]:
    seam = stage.mount(stage.app.wsgi_app)
    return stage.run("apply", stage.root / "p.plan"), seam


def refusal(stage: Stage) -> str:
    """Apply the plan; insist that it is refused and that nothing was written."""
    before = state(stage.app, DATASETS)
    ran, seam = apply(stage)
    assert ran.code == 1, ran.out
    assert seam.writes == 0, seam.log
    assert state(stage.app, DATASETS) == before
    return str(ran.err + ran.out)


def patch_sample(sample: str, **fields: Any) -> Act:
    def act(stage: Stage) -> None:
        with stage.hands() as client:
            client.update_sample(stage.uuids(FLOWERS)[sample], fields)

    return act


def on_platform(act: Callable[[Any], object]) -> Act:
    def acting(stage: Stage) -> None:
        with stage.hands() as client:
            act(client)

    return acting


def test_a_plan_with_changes_of_all_kinds_does_what_an_apply_does(
    stage, tmp_path
) -> None:
    ran, _ = apply(stage)
    assert ran.code == 0, ran.out + ran.err
    by_plan = state(stage.app, DATASETS)
    other = Stage(tmp_path / "other", tmp_path / "elsewhere", patch=stage.patch)
    prepare(other)
    assert other.apply().code == 0
    assert list(differences(state(other.app, DATASETS), by_plan)) == []
    stage.open(stage.server)
    ran, seam = apply(stage)
    assert (ran.code, ran.out) == (0, "No changes.\n")
    assert "30 changes of the plan are done already." in ran.err
    assert seam.writes == 0


IMAGE = {"image": {"url": "https://x.test/other.png"}}
BUSY = {"attributes": IMAGE}
MOVED: dict[str, tuple[Act, str]] = {
    "a dataset": (
        on_platform(lambda it: it.update_dataset(FLOWERS, {"description": "Mine."})),
        FLOWERS,
    ),
    "a sample to be updated": (patch_sample("fields", priority=9), f"{FLOWERS}:fields"),
    "a sample that gets a file": (patch_sample("picture", **BUSY), f"{FLOWERS}:pict"),
    "a sample to be deleted": (patch_sample("gone1", priority=9), f"{FLOWERS}:gone1"),
    "a sample to be renamed": (patch_sample("before", name="x"), f"{FLOWERS}:after"),
    "a name that a rename needs": (
        on_platform(lambda it: it.add_sample(FLOWERS, {"name": "new2", **BUSY})),
        f"{FLOWERS}:new2",
    ),
    "the marker of a sample": (
        patch_sample("fields", metadata={"city": "Rome"}),
        f"{FLOWERS}:fields",
    ),
    "a role": (
        on_platform(lambda it: it.update_collaborator(FLOWERS, "bob", role="admin")),
        f"{FLOWERS}+bob",
    ),
    "a label set that is to be made": (
        on_platform(lambda it: it.add_labelset(FLOWERS, "fresh", description="No.")),
        f"{FLOWERS}@fresh",
    ),
    "a release that is to be made": (
        on_platform(lambda it: it.add_release(FLOWERS, "v1", description="No.")),
        f"{FLOWERS}#v1",
    ),
    "a dataset that is to be made": (
        on_platform(
            lambda it: it.add_dataset(
                "jane/trees", {"task_type": "segmentation-bitmap"}
            )
        ),
        "jane/trees",
    ),
    "a dataset that went": (
        on_platform(lambda it: it.delete_dataset(FLOWERS)),
        "does not exist, or is not visible to local",
    ),
}


@pytest.mark.parametrize("name", MOVED)
def test_one_object_that_moved_refuses_all_of_it(name, stage) -> None:
    act, told = MOVED[name]
    act(stage)
    said = refusal(stage)
    assert "the plan is stale" in said
    assert told in said


@pytest.mark.parametrize("gone", [True, False])
@pytest.mark.parametrize(
    "name", ["dsac.yaml", "manifests/all.yaml", "images/other.png", "masks/d.png"]
)
def test_one_local_file_that_moved_refuses_all_of_it(name, stage, *, gone) -> None:
    path = stage.root / name
    data = path.read_bytes()
    path.unlink()
    if gone and name != "dsac.yaml":
        assert f"{name} is gone" in refusal(stage)
    else:
        path.write_bytes(data + b"\n")
        assert f"{name} changed" in refusal(stage)


def test_a_file_that_can_not_be_read_refuses_it(stage) -> None:
    path = stage.root / "images" / "other.png"
    path.unlink()
    path.mkdir()
    assert "images/other.png can't be read: Is a directory" in refusal(stage)


def test_all_that_moved_is_listed(stage) -> None:
    patch_sample("fields", priority=9)(stage)
    patch_sample("gone1", priority=9)(stage)
    (stage.root / "images" / "other.png").write_bytes(b"")
    said = refusal(stage)
    for told in (f"{FLOWERS}:fields is", f"{FLOWERS}:gone1 is", "other.png changed"):
        assert told in said


def test_what_the_plan_does_not_touch_may_move(stage) -> None:
    patch_sample("unlabelled", priority=9)(stage)
    (stage.root / "images" / "fields.png").write_bytes(b"")
    ran, _ = apply(stage)
    assert ran.code == 0, ran.out + ran.err


def test_labels_that_people_touched_are_held_and_the_rest_goes_on(stage) -> None:
    for name in ("labelled", "gone1"):
        stage.label(FLOWERS, name, everything.REVIEWED)
    ran, _ = apply(stage)
    assert ran.code == 0, ran.out + ran.err
    assert "2 held" in ran.out
    found = state(stage.app, DATASETS)
    kept = found[f"{FLOWERS}:labelled@ground-truth"][0]
    assert (kept["label_status"], kept["updated_by"]) == ("REVIEWED", "bob")
    assert f"{FLOWERS}:gone1@ground-truth" in found
    assert f"{FLOWERS}:gone2" not in found
    assert "jane/trees" in found


MANY = """\
dataset: jane/many
task_type: segmentation-bitmap
lifecycle: {max_delete: {percent: 20}}
samples:
"""


def many(stage: Stage, count: int, *, first: int = 0, more: str = "") -> None:
    rows = "".join(
        f'  - {{name: s{number:02}, image: "https://x.test/{number}.png"}}\n'
        for number in range(first, count)
    )
    everything.write(stage.root, MANY + (rows or "  []\n") + more)


@pytest.fixture
def crowd(tmp_path, monkeypatch) -> Stage:
    """Make a project whose dataset has a hundred samples."""
    found = Stage(tmp_path / "project", tmp_path / "server", patch=monkeypatch)
    many(found, 100)
    policy = "policy: {max_delete: {percent: 50}}\n"
    (found.root / "dsac.yaml").write_text(f"project: flowers\n{policy}")
    assert found.apply().code == 0
    return found


def thin_out(stage: Stage, *, keep: int) -> None:
    """Let somebody delete samples, the last ones first."""
    uuids = stage.uuids("jane/many")
    with stage.hands() as client:
        client.delete_samples("jane/many", [uuids[n] for n in sorted(uuids)[keep:]])


def shrink(stage: Stage, *flags: str) -> Any:
    """Plan that the first ten samples go."""
    many(stage, 100, first=10)
    policy = "policy: {max_delete: {percent: 50}}\n"
    (stage.root / "dsac.yaml").write_text(f"project: flowers\n{policy}")
    return plan(stage, *flags)


def test_deletes_are_counted_again_against_what_is_left(crowd) -> None:
    shrink(crowd)
    thin_out(crowd, keep=30)
    ran, seam = apply(crowd)
    assert ran.code == 1
    assert "10 samples would be deleted, dsac manages 30: more than 20 %" in ran.out
    assert seam.writes == 0


def test_deletes_within_the_limits_go(crowd) -> None:
    shrink(crowd)
    thin_out(crowd, keep=50)
    ran, _ = apply(crowd)
    assert ran.code == 0, ran.out + ran.err
    assert len(crowd.uuids("jane/many")) == 40


def test_deletes_that_a_person_allowed_are_those_of_the_plan(crowd) -> None:
    shrink(crowd, "--allow-delete", "10")
    thin_out(crowd, keep=10)
    ran, _ = apply(crowd)
    assert ran.code == 0, ran.out + ran.err
    assert crowd.uuids("jane/many") == {}


def test_a_listing_that_is_not_complete_refuses_it(crowd) -> None:
    shrink(crowd)
    whole = crowd.app.wsgi_app

    def lies(environ: Any, start_response: Any) -> Any:
        """Count one sample more than there is."""
        body = b"".join(whole(environ, start_response))
        return [body.replace(b'"samples_count":100', b'"samples_count":101')]

    seam = crowd.mount(lies)
    ran = crowd.run("apply", crowd.root / "p.plan")
    assert ran.code == 1
    assert "jane/many: the listing of samples was not complete" in ran.err
    assert seam.writes == 0


def test_a_dataset_that_another_project_took_over_refuses_it(crowd) -> None:
    shrink(crowd)
    many(crowd, 100, more="lifecycle: {adopt: all}\n")
    plan_file = (crowd.root / "p.plan").read_bytes()
    manifest = (crowd.root / "manifests" / "all.yaml").read_text()
    (crowd.root / "dsac.yaml").write_text("project: trees\n")
    text = manifest.replace("lifecycle: {max_delete: {percent: 20}}\n", "", 1)
    (crowd.root / "manifests" / "all.yaml").write_text(text)
    assert crowd.apply("--take-over", "flowers").code == 0
    shrink_files(crowd)
    (crowd.root / "p.plan").write_bytes(plan_file)
    assert "jane/many is managed by project 'trees'" in refusal(crowd)


def shrink_files(stage: Stage) -> None:
    """Write the files that `shrink` planned from."""
    many(stage, 100, first=10)
    policy = "policy: {max_delete: {percent: 50}}\n"
    (stage.root / "dsac.yaml").write_text(f"project: flowers\n{policy}")


def test_a_plan_that_takes_over_is_applied_and_then_done(crowd) -> None:
    text = MANY.replace("{max_delete: {percent: 20}}", "{adopt: all}")
    rows = '  - {name: s00, image: "https://x.test/0.png"}\n'
    everything.write(crowd.root, text + rows)
    (crowd.root / "dsac.yaml").write_text("project: trees\n")
    ran = crowd.run("plan", "--out", crowd.root / "p.plan", "--take-over", "flowers")
    assert ran.code == 0, ran.err
    ran, _ = apply(crowd)
    assert ran.code == 0, ran.out + ran.err
    ran, seam = apply(crowd)
    assert ran.out.splitlines()[-1] == "No changes."
    assert (ran.code, seam.writes) == (0, 0)


def test_a_plan_to_destroy_is_refused_once_the_dataset_has_more_or_is_kept(
    crowd,
) -> None:
    everything.write(
        crowd.root, "dataset: jane/old\nlifecycle: {prevent_destroy: false}\n"
    )
    assert crowd.apply().code == 0
    everything.write(crowd.root, "removed: [jane/old]\n")
    plan(crowd)
    with crowd.hands() as client:
        found = client.add_sample("jane/old", {"name": "a", "attributes": IMAGE})
    assert "jane/old is not as it was" in refusal(crowd)
    with crowd.hands() as client:
        client.delete_sample(found.uuid)
    ran, _ = apply(crowd)
    assert ran.code == 0, ran.out + ran.err
    ran, seam = apply(crowd)
    assert ran.out.splitlines()[-1] == "No changes."
    assert (ran.code, seam.writes) == (0, 0)


def test_a_plan_to_destroy_is_refused_once_the_dataset_is_protected(crowd) -> None:
    everything.write(
        crowd.root, "dataset: jane/old\nlifecycle: {prevent_destroy: false}\n"
    )
    assert crowd.apply().code == 0
    everything.write(crowd.root, "removed: [jane/old]\n")
    plan(crowd)
    saved = {name: (crowd.root / name).read_bytes() for name in ("p.plan",)}
    everything.write(crowd.root, "dataset: jane/old\n")
    assert crowd.apply().code == 0
    everything.write(crowd.root, "removed: [jane/old]\n")
    (crowd.root / "p.plan").write_bytes(saved["p.plan"])
    assert "jane/old is not as it was" in refusal(crowd)


def test_a_blocked_plan_is_saved_shown_and_never_applied(crowd) -> None:
    many(crowd, 100, first=60)
    ran = crowd.run("plan", "--out", crowd.root / "p.plan")
    assert ran.code == 1
    assert "--allow-delete 60" in refusal(crowd)


def test_a_held_change_is_not_asked_for_and_stays_held(crowd) -> None:
    with crowd.hands() as client:
        client.add_collaborator("jane/many", "bob", role="labeler")
    crowd.label("jane/many", "s00", everything.REVIEWED)
    shrink(crowd)
    with crowd.hands() as client:
        client.update_sample(crowd.uuids("jane/many")["s00"], {"priority": 3})
    ran, _ = apply(crowd)
    assert ran.code == 0, ran.out + ran.err
    assert "9 destroyed; 1 held" in ran.out
    assert "s00" in crowd.uuids("jane/many")


def test_a_plan_holds_no_key_and_no_signature(tmp_path, monkeypatch) -> None:
    stage = Stage(tmp_path / "project", tmp_path / "server", patch=monkeypatch)
    secret = "X-Amz-Signature=canary&X-Amz-Credential=canary"
    everything.write(
        stage.root,
        "dataset: jane/signed\nsamples:\n"
        f"  - {{name: a, image: 'https://x.test/a.png?{secret}'}}\n",
    )
    monkeypatch.setenv("SEGMENTS_API_KEY", "canary-key")
    plan(stage)
    saved = (stage.root / "p.plan").read_text()
    assert json.loads(saved)["changes"]
    assert "canary" not in saved
