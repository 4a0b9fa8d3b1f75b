"""`plan --base`: what a change of the manifests makes, told from drift."""

import json
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from dsac.assets.digests import digest_file

HEAD = """\
dataset: jane/flowers
description: Flowers.
task_type: segmentation-bitmap
categories: [{id: 1, name: rose}, {id: 2, name: violet}]
"""
A = "  - {name: a, image: ../images/a.png, priority: 1}\n"
B = "  - {name: b, image: ../images/b.png}\n"
C = "  - {name: c, image: ../images/c.png}\n"
MANIFEST = f"{HEAD}samples:\n{A}{B}"
LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n"

Git = Callable[..., str]


@pytest.fixture
def git(monkeypatch) -> Git:
    """Run git in the working folder, whatever the machine's settings."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    program = shutil.which("git")
    assert program

    def run(*arguments: str) -> str:
        ran = subprocess.run(
            [program, *arguments], capture_output=True, text=True, check=True
        )
        return ran.stdout.strip()

    return run


@pytest.fixture
def repository(project, git):
    """Make a project with a manifest, in git, applied and tagged as `then`."""
    project.write(MANIFEST)
    # Images that differ: samples with the same content count as one, renamed.
    project.image("b.png", "orange")
    project.image("c.png", "yellow")
    (project.root / ".gitignore").write_text(".dsac/\n")
    begin(git)
    project.apply()
    return project


def begin(git: Git) -> None:
    """Put the working folder into git."""
    git("init", "-q")
    git("config", "user.name", "Jane")
    git("config", "user.email", "jane@example.org")
    git("config", "core.autocrlf", "false")
    keep(git)
    git("tag", "then")


def keep(git: Git) -> None:
    """Commit all that is not ignored."""
    git("add", "-A")
    git("commit", "-q", "-m", "Keep", "--no-verify")


def origins(project, *flags: str) -> dict[str, str]:
    """Plan against `then`, and give the origins by address."""
    plan: dict[str, Any] = project.plan("--base", "then", *flags)
    found = {change["address"]: change["origin"] for change in plan["changes"]}
    counts = plan["summary"]["origins"]
    assert counts == {
        kind: list(found.values()).count(kind) for kind in ("change", "drift")
    }
    return found


def drift(project) -> None:
    """Change the priority of `a` past the manifests."""
    with project.platform() as client:
        client.update_sample(project.sample("a").uuid, {"priority": 9})


def test_what_the_change_makes_is_told_from_drift(repository, git):
    drift(repository)
    repository.write(HEAD.replace("Flowers", "Weeds") + f"samples:\n{A}{B}{C}")
    expected = {
        "jane/flowers": "change",
        "jane/flowers:a": "drift",
        "jane/flowers:c": "change",
    }
    assert origins(repository) == expected
    digests = {repository.plan(*f)["digest"] for f in ((), ("--base", "then"))}
    assert len(digests) == 1
    keep(git)
    assert origins(repository) == expected
    assert repository.plan("--base", "then")["base"] == {
        "name": "then",
        "commit": git("rev-parse", "then"),
    }
    shown = repository.dsac("plan", "--base", "then").out
    change, heading, below = shown.partition("Drift (a plan of then, ")
    assert heading
    assert "From this change (since then, " in change
    assert "jane/flowers:c will be created" in change
    assert "jane/flowers:a will be updated in-place" in below
    assert shown.splitlines()[-1].startswith("Plan: 1 to add, 2 to change, 0 to ")


def test_a_plan_without_a_base_says_nothing_of_one(repository):
    drift(repository)
    assert "Drift" not in repository.dsac("plan").out
    plan = repository.plan()
    assert "base" not in plan
    assert "origins" not in plan["summary"]
    assert "origin" not in plan["changes"][0]
    assert repository.dsac("plan", "--out", "p.plan").code == 0
    assert "recreate" not in (repository.root / "p.plan").read_text()


def test_nothing_to_do_is_no_changes_with_a_base_too(repository):
    ran = repository.dsac("plan", "--base", "HEAD", "--detailed-exitcode")
    assert (ran.code, ran.out) == (0, "No changes.\n")


def test_the_working_folder_is_left_as_it_was(repository, git):
    drift(repository)
    repository.write(MANIFEST.replace("Flowers", "Weeds"))
    before = git("status", "--porcelain")
    image = (repository.root / "images" / "a.png").read_bytes()
    assert origins(repository)
    assert git("status", "--porcelain") == before
    assert (repository.root / "images" / "a.png").read_bytes() == image
    assert not list((repository.root / ".dsac").glob("base-*"))


def test_a_deletion_and_a_rename_are_of_the_change_that_makes_them(repository):
    renamed = A.replace("name: a", "name: z")
    repository.write(f"{HEAD}moved: [{{from: a, to: z}}]\nsamples:\n{renamed}")
    assert origins(repository) == {
        "jane/flowers:b": "change",
        "jane/flowers:z": "change",
    }


def test_what_was_left_undone_before_is_drift(repository, git):
    repository.write(f"{HEAD}moved: [{{from: b, to: y}}]\nsamples:\n{A}{C}")
    repository.write(f"{HEAD}samples:\n{A}")
    keep(git)
    git("tag", "-f", "then")
    assert origins(repository) == {"jane/flowers:b": "drift"}
    repository.write(f"{HEAD}samples:\n{A}{C}")
    assert origins(repository) == {
        "jane/flowers:b": "drift",
        "jane/flowers:c": "change",
    }


def test_one_object_that_both_changed_is_the_changes_and_says_what_drifted(repository):
    drift(repository)
    repository.write(MANIFEST.replace("priority: 1", "priority: 1, readme: hello"))
    (change,) = repository.plan("--base", "then")["changes"]
    assert change["origin"] == "change"
    assert change["also_drift"] == ["priority"]
    ran = repository.dsac("plan", "--base", "then")
    assert "# (drift as well: priority)" in ran.out


def test_a_field_that_only_now_is_stated_as_it_is_makes_no_drift_a_change(repository):
    drift(repository)
    repository.write(MANIFEST.replace("priority: 1", "priority: 1, readme: ''"))
    assert origins(repository) == {"jane/flowers:a": "drift"}


def test_an_image_that_git_keeps_is_compared_with_what_it_was(repository, git):
    repository.image("a.png", "blue")
    assert origins(repository) == {"jane/flowers:a": "change"}
    keep(git)
    assert origins(repository) == {"jane/flowers:a": "change"}
    git("tag", "-f", "then")
    assert origins(repository) == {"jane/flowers:a": "drift"}


def test_an_image_that_git_ignores_counts_as_unchanged(project, git):
    project.write(f"{HEAD}samples: [{{glob: '../images/*.png'}}]\n")
    (project.root / ".gitignore").write_text(".dsac/\nimages/\n")
    begin(git)
    project.apply()
    project.image("a.png", "blue")
    assert origins(project) == {"jane/flowers:a.png": "drift"}


def test_images_that_git_was_never_told_of_count_as_unchanged(project, git):
    project.write(f"{HEAD}samples: [{{glob: '../images/*.png'}}]\n")
    begin(git)
    git("rm", "-rq", "--cached", "images")
    git("commit", "-qm", "Images are kept elsewhere")
    git("tag", "-f", "then")
    project.apply()
    with project.platform() as client:
        client.delete_sample(project.sample("b.png").uuid)
    project.write("dataset: jane/new\n", "new/new.yaml")
    assert origins(project) == {"jane/flowers:b.png": "drift"}


def test_a_new_file_in_a_folder_of_git_is_of_the_change(project, git):
    (project.root / "images" / "c.png").unlink()
    project.write(f"{HEAD}samples: [{{glob: '../images/*.png'}}]\n")
    begin(git)
    project.apply()
    project.image("c.png")
    assert origins(project) == {"jane/flowers:c.png": "change"}
    keep(git)
    assert origins(project) == {"jane/flowers:c.png": "change"}


def test_a_source_that_matched_nothing_then_is_no_error(project, git):
    project.write(f"{HEAD}samples: [{{glob: '../images/*.png'}}]\n")
    (project.root / "images" / "kept").touch()
    begin(git)
    for name in ("a", "b", "c"):
        git("rm", "-q", "--cached", f"images/{name}.png")
    git("commit", "-qm", "Images are kept elsewhere")
    git("tag", "-f", "then")
    assert set(origins(project).values()) == {"change", "drift"}


def test_an_image_that_is_missing_at_the_base_is_no_error(repository, git):
    git("rm", "-q", "--cached", "images/a.png")
    git("commit", "-qm", "Lose an image")
    (repository.root / "images" / "a.png").unlink()
    git("tag", "-f", "then")
    repository.image("a.png", "green")
    assert origins(repository) == {"jane/flowers:a": "drift"}
    keep(git)
    assert origins(repository) == {"jane/flowers:a": "change"}


def test_a_pointer_of_git_lfs_tells_the_content(repository, git):
    path = repository.root / "images" / "a.png"
    image = path.read_bytes()
    path.write_text(LFS.format(digest_file(path).sha256, len(image)))
    keep(git)
    git("tag", "-f", "then")
    path.write_bytes(image)
    assert origins(repository) == {}
    with repository.platform() as client:
        client.delete_sample(repository.sample("a").uuid)
    assert origins(repository) == {"jane/flowers:a": "drift"}
    repository.image("a.png", "blue")
    assert origins(repository) == {"jane/flowers:a": "change"}


def test_annotations_that_git_lfs_has_fetched_are_read(repository, git):
    rows = json.dumps([{"id": 1, "category": "rose"}]).encode()
    masks = repository.root / "masks"
    masks.mkdir()
    path = masks / "a.json"
    path.write_bytes(rows)
    digest = digest_file(path).sha256
    shutil.copy(repository.root / "images" / "a.png", masks / "a.png")
    path.write_text(LFS.format(digest, len(rows)))
    labels = 'labels: {ground-truth: [{bitmaps: "../masks/{name}.png", '
    labels += 'annotations: "../masks/{name}.json"}]}\n'
    repository.write(f"{MANIFEST}{labels}")
    keep(git)
    git("tag", "-f", "then")
    repository.write(MANIFEST.replace("Flowers", "Weeds"))
    ran = repository.dsac("plan", "--base", "then")
    assert ran.code == 1
    assert "masks/a.json:1:1: broken JSON" in ran.err
    kept = repository.root / ".git" / "lfs" / "objects" / digest[:2] / digest[2:4]
    kept.mkdir(parents=True)
    (kept / digest).write_bytes(rows)
    assert origins(repository) == {"jane/flowers": "change"}


def test_content_that_dvc_keeps_is_new_where_its_pointer_is(repository, git):
    (repository.root / ".gitignore").write_text(".dsac/\nimages/a.png\n")
    git("rm", "-q", "--cached", "images/a.png")
    pointer = repository.root / "images" / "a.png.dvc"
    pointer.write_text("outs: [{md5: 1, path: a.png}]\n")
    keep(git)
    git("tag", "-f", "then")
    repository.image("a.png", "blue")
    assert origins(repository) == {"jane/flowers:a": "drift"}
    pointer.write_text("outs: [{md5: 2, path: a.png}]\n")
    assert origins(repository) == {"jane/flowers:a": "change"}


def test_a_project_may_lie_in_a_subfolder_of_the_repository(project, git, monkeypatch):
    project.write(MANIFEST)
    monkeypatch.chdir(project.root.parent)
    (project.root.parent / "notes.txt").write_text("of something else")
    begin(git)
    monkeypatch.chdir(project.root)
    project.apply()
    drift(project)
    project.image("b.png", "blue")
    project.write("dataset: jane/new\n", "manifests/sub/new.yaml")
    assert origins(project) == {
        "jane/flowers:a": "drift",
        "jane/flowers:b": "change",
        "jane/new": "change",
    }


def test_a_dataset_that_moved_to_another_file_is_found_there(repository, git):
    drift(repository)
    git("mv", "manifests/a.yaml", "manifests/b.yaml")
    assert origins(repository, "manifests/b.yaml") == {"jane/flowers:a": "drift"}
    repository.write("dataset: jane/other\n", "more/c.yaml")
    assert origins(repository, "more") == {"jane/other": "change"}
    keep(git)
    git("tag", "-f", "then")
    assert origins(repository, "more") == {"jane/other": "drift"}


def test_before_the_project_was_there_all_is_of_the_change(project, git):
    readme = project.root / "README"
    readme.touch()
    git("init", "-q")
    git("add", "README")
    git("-c", "user.name=j", "-c", "user.email=j@x", "commit", "-qm", "Begin")
    git("tag", "then")
    project.write(MANIFEST)
    assert set(origins(project).values()) == {"change"}


def test_the_same_variables_and_environment_hold_for_both(repository, git, monkeypatch):
    config = repository.root / "dsac.yaml"
    repository.write("dataset: jane/${name}${env.END}\ndescription: ${what}\n")
    config.write_text(
        "project: flowers\nvars: {what: Old}\n"
        "environments: {prod: {vars: {what: Produce}}}\n"
    )
    keep(git)
    git("tag", "-f", "then")
    monkeypatch.setenv("END", "-x")
    flags = ("--var", "name=weeds")
    assert origins(repository, *flags) == {"jane/weeds-x": "drift"}
    config.write_text(
        "project: flowers\nvars: {what: New}\n"
        "environments: {prod: {vars: {what: Produce}}, fresh: {}}\n"
    )
    assert origins(repository, *flags) == {"jane/weeds-x": "change"}
    prod = ("--environment", "prod")
    assert origins(repository, *flags, *prod) == {"jane/weeds-x": "drift"}
    fresh = ("--environment", "fresh")
    assert origins(repository, *flags, *fresh) == {"jane/weeds-x": "change"}


def test_a_removal_is_of_the_change_that_asks_for_it(repository, git):
    repository.write("removed: [jane/flowers]\n")
    assert origins(repository) == {"jane/flowers": "change"}
    keep(git)
    git("tag", "-f", "then")
    assert origins(repository) == {"jane/flowers": "drift"}
    repository.write("dataset: jane/flowers\ndescription: Again.\n")
    assert origins(repository) == {"jane/flowers": "change"}


def test_the_files_of_today_are_left_as_they_are(repository):
    """A hard link to one would change its ctime, and what is known of it by that."""
    images = sorted((repository.root / "images").iterdir())
    before = [path.stat().st_ctime_ns for path in images]
    assert origins(repository) == {}
    assert [path.stat().st_ctime_ns for path in images] == before


def test_links_and_submodules_are_followed_as_they_were(repository, git):
    root = repository.root
    (root / "links").mkdir()
    (root / "links" / "a.png").symlink_to("../images/a.png")
    (root / "links" / "b.png").symlink_to("../images/b.png")
    repository.write(f"{HEAD}samples: [{{glob: '../links/*.png'}}]\n")
    keep(git)
    git("tag", "-f", "then")
    (root / "links" / "b.png").unlink()
    (root / "links" / "b.png").symlink_to("../images/c.png")
    found = origins(repository)
    assert found["jane/flowers:a.png"] == "drift"
    assert found["jane/flowers:b.png"] == "change"


def test_the_images_of_a_submodule_count_as_unchanged(project, git, tmp_path):
    root = project.root
    project.write(f"{HEAD}samples: [{{glob: '../images/*.png'}}]\n")
    begin(git)
    git("rm", "-rq", "--cached", "images")
    git("init", "-q", "images")
    inside = ("-C", "images", "-c", "user.name=j", "-c", "user.email=j@x")
    git(*inside, "add", "-A")
    git(*inside, "commit", "-qm", "Images")
    git("add", "images")
    git("commit", "-qm", "Images are a repository of their own")
    git("tag", "-f", "then")
    assert git("ls-tree", "then", "images").startswith("160000")
    assert set(origins(project).values()) == {"drift"}
    assert (root / "images" / "a.png").is_file()


def test_a_dataset_that_was_there_and_is_gone_needs_a_word(repository):
    with repository.platform() as client:
        client.delete_dataset("jane/flowers")
    ran = repository.dsac("plan", "--base", "then", "--out", "p.plan")
    assert ran.code == 1
    assert "jane/flowers: was declared at then already" in ran.out
    assert "does not exist or is not visible to local" in ran.out
    assert "--allow-recreate if a new one is meant" in ran.out
    assert repository.dsac("apply", "--base", "then", "--auto-approve").code == 1
    assert repository.dsac("apply", "p.plan", "--allow-recreate").code == 1
    assert repository.dsac("apply", "p.plan").code == 1
    assert repository.dsac("plan").code == 0

    asked = repository.plan("--base", "then")
    assert asked["digest"] == repository.plan()["digest"]
    assert asked["approval"]["recreate"] is True
    approval = f"[{{plan: '{asked['digest']}', recreate: true}}]\n"
    (repository.root / "approvals.yaml").write_text(approval)
    assert repository.plan("--base", "then")["blocks"] == []
    (repository.root / "approvals.yaml").unlink()

    flags = ("--base", "then", "--allow-recreate")
    assert repository.dsac("plan", *flags, "--out", "q.plan").code == 0
    shown = repository.dsac("show", "q.plan")
    assert shown.out == repository.dsac("plan", *flags).out
    assert repository.dsac("apply", "q.plan").code == 0
    repository.assert_settled()


def test_a_dataset_that_is_new_needs_none(repository):
    repository.write("dataset: jane/new\n", "manifests/new.yaml")
    assert repository.dsac("plan", "--base", "then").code == 0


def test_a_base_goes_with_a_target_and_a_replacement(repository):
    drift(repository)
    repository.write(f"{HEAD}samples:\n{A}{B}{C}")
    target = ("--target", "jane/flowers:a", "--target", "jane/flowers:c")
    assert origins(repository, *target) == {
        "jane/flowers:a": "drift",
        "jane/flowers:c": "change",
    }
    # What a person asks for by name is no drift, whatever else there is.
    assert origins(repository, "--replace", "jane/flowers:a") == {
        "jane/flowers:a": "change",
        "jane/flowers:c": "change",
    }
    assert origins(repository, "--exclude", "jane/flowers:[ac]") == {}


def test_a_base_goes_with_the_end_of_all(repository):
    assert origins(repository, "--destroy") == {"jane/flowers": "change"}


def test_an_index_is_read_as_it_was(repository, git):
    row = '{{"name": "{}", "image": "https://x/{}.png", "priority": {}}}\n'
    repository.write(row.format("x", "x", 1) + row.format("y", "y", 1), "rows.jsonl")
    repository.write(f"{HEAD}samples: [{{index: ../rows.jsonl}}]\n")
    keep(git)
    git("tag", "-f", "then")
    repository.apply("--allow-delete", "2")
    with repository.platform() as client:
        client.update_sample(repository.sample("x").uuid, {"priority": 9})
    repository.write(row.format("x", "x", 1) + row.format("y", "y", 2), "rows.jsonl")
    assert origins(repository) == {
        "jane/flowers:x": "drift",
        "jane/flowers:y": "change",
    }


def test_apply_takes_a_base_as_plan_does(repository):
    drift(repository)
    ran = repository.dsac("apply", "--base", "then", "--auto-approve")
    assert ran.code == 0, ran.err
    assert "Drift (a plan of then, " in ran.out
    repository.assert_settled()
    assert repository.dsac("plan", "--out", "p.plan").code == 0
    ran = repository.dsac("apply", "p.plan", "--base", "then")
    assert ran.code == 1
    assert "a saved plan keeps what it was allowed" in ran.err


@pytest.mark.parametrize("revision", ["nowhere", "-x", "", "then:dsac.yaml"])
def test_an_unknown_revision_is_an_error_that_says_what_to_do(revision, repository):
    ran = repository.dsac("plan", f"--base={revision}")
    assert ran.code == 1
    assert f"git knows no revision {revision!r} in this clone" in ran.err
    assert "git fetch" in ran.err


def test_a_shallow_clone_says_how_to_deepen_it(repository, git, monkeypatch):
    repository.write(MANIFEST.replace("Flowers", "Weeds"))
    keep(git)
    clone = repository.root.parent / "clone"
    git("clone", "-q", "--depth", "1", f"file://{repository.root}", str(clone))
    monkeypatch.chdir(clone)
    ran = repository.dsac("plan", "--base", "HEAD~1")
    assert ran.code == 1
    assert "git fetch --unshallow" in ran.err


def test_a_project_without_git_is_an_error(project, git, monkeypatch):
    project.write(MANIFEST)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(project.root.parent))
    ran = project.dsac("plan", "--base", "HEAD")
    assert ran.code == 1
    assert "project/ is not in a git repository" in ran.err
    monkeypatch.setenv("PATH", "")
    ran = project.dsac("plan", "--base", "HEAD")
    assert "git is not installed" in ran.err


def test_manifests_that_were_not_valid_then_are_an_error(repository, git):
    repository.write(MANIFEST.replace("dataset:", "datset:"))
    keep(git)
    repository.write(MANIFEST)
    ran = repository.dsac("plan", "--base", "HEAD")
    assert ran.code == 1
    assert "the manifests at HEAD are not valid" in ran.err
    assert "HEAD:manifests/a.yaml:1:1" in ran.err


def test_files_are_copied_where_they_cannot_be_linked(repository, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError

    drift(repository)
    monkeypatch.setattr("os.link", full)
    assert origins(repository) == {"jane/flowers:a": "drift"}
