"""A folder as it was: what is linked, what is written, and what is never touched."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from dsac.assets.pointers import pointer_digest
from dsac.assets.revision import past_of
from dsac.errors import RevisionError

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 3\n"


class Repository:
    """A repository in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.program = shutil.which("git") or "git"
        root.mkdir()
        self.git("init", "-q")
        self.git("config", "user.name", "Jane")
        self.git("config", "user.email", "jane@example.org")

    def git(self, *arguments: str) -> None:
        """Run git."""
        subprocess.run([self.program, *arguments], cwd=self.root, check=True)

    def write(self, name: str, text: str) -> Path:
        """Write a file."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def keep(self) -> None:
        """Commit all that is not ignored."""
        self.git("add", "-A")
        self.git("commit", "-qm", "Keep")

    def past(self, scratch: Path | None = None) -> dict[str, str]:
        """Read all files as they were at HEAD."""
        scratch = scratch or self.root / ".dsac"
        with past_of(self.root, "HEAD", scratch=scratch) as past:
            return {
                path.relative_to(past.root).as_posix(): path.read_text()
                for path in sorted(past.root.rglob("*"))
                if path.is_file()
            }


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """Make a repository with three files, whatever the machine's settings."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    found = Repository(tmp_path / "repository")
    for name in ("a.txt", "sub/b.txt", "sub/c.txt"):
        found.write(name, "old")
    found.keep()
    return found


OLD = {"a.txt": "old", "sub/b.txt": "old", "sub/c.txt": "old"}


def test_what_is_the_same_is_linked_and_what_differs_is_read_from_git(
    repository: Repository,
) -> None:
    repository.write("a.txt", "new")
    repository.write("sub/d.txt", "new")
    (repository.root / "sub" / "c.txt").unlink()
    assert repository.past() == OLD
    with past_of(repository.root, "HEAD", scratch=repository.root) as past:
        assert past.changed == {"a.txt", "sub/c.txt"}
        assert (past.root / "sub/b.txt").samefile(repository.root / "sub/b.txt")
        place = past.root
    assert not place.exists()
    assert (repository.root / "a.txt").read_text() == "new"


def test_a_file_that_git_gave_up_and_ignores_is_not_written_to(
    repository: Repository,
) -> None:
    path = repository.write("a.txt", "new")
    repository.write(".gitignore", "a.txt\n")
    repository.git("rm", "-q", "--cached", "a.txt")
    assert repository.past() == OLD
    assert path.read_text() == "new"


def test_what_git_ignores_is_there_but_for_what_is_hidden(
    repository: Repository,
) -> None:
    repository.write(".gitignore", "kept/\n.cache/\n")
    repository.keep()
    repository.write("kept/e.txt", "any")
    repository.write("kept/.f/g.txt", "any")
    repository.write(".cache/h.txt", "any")
    assert repository.past() == {
        ".gitignore": "kept/\n.cache/\n",
        "kept/e.txt": "any",
        **OLD,
    }


def test_a_folder_that_git_never_saw_is_there_but_for_manifests(
    repository: Repository,
) -> None:
    repository.write("tool/i.txt", "any")
    repository.write("tool/new.yaml", "dataset: a/b")
    repository.write("sub/j.txt", "new")
    assert repository.past() == {**OLD, "tool/i.txt": "any"}


def test_a_link_of_then_leads_nothing_of_today_out_of_the_past(
    repository: Repository, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    link = repository.root / "data"
    link.symlink_to(outside)
    repository.keep()
    link.unlink()
    repository.write("data/k.txt", "any")
    repository.write(".git/info/exclude", "data/\n")
    assert repository.past() == OLD
    assert list(outside.iterdir()) == []


def test_a_file_of_then_stays_where_a_folder_is_today(repository: Repository) -> None:
    (repository.root / "a.txt").unlink()
    repository.write("a.txt/l.txt", "any")
    repository.write(".git/info/exclude", "l.txt\n")
    assert repository.past() == OLD


def test_a_file_that_a_sparse_checkout_left_out_is_read_from_git(
    repository: Repository,
) -> None:
    repository.git("update-index", "--skip-worktree", "a.txt")
    (repository.root / "a.txt").unlink()
    assert repository.past() == OLD


def test_a_fetched_file_takes_the_place_of_its_pointer_in_the_past_alone(
    repository: Repository,
) -> None:
    digest = "ab" * 32
    path = repository.write("a.txt", POINTER.format(digest))
    repository.write("sub/b.txt", POINTER.format("cd" * 32))
    repository.keep()
    repository.write(f".git/lfs/objects/ab/ab/{digest}", "big")
    found = repository.past()
    assert found["a.txt"] == "big"
    assert found["sub/b.txt"] == POINTER.format("cd" * 32)
    assert path.read_text() == POINTER.format(digest)


def test_where_nothing_can_be_laid_out_beside_the_project_it_is_elsewhere(
    repository: Repository,
) -> None:
    assert repository.past(scratch=repository.root / "a.txt") == OLD


def test_content_that_a_clone_does_not_have_is_an_error(
    repository: Repository,
) -> None:
    (repository.root / "a.txt").unlink()
    for path in (repository.root / ".git" / "objects").glob("??/*"):
        kind = subprocess.run(
            [repository.program, "cat-file", "-t", path.parent.name + path.name],
            cwd=repository.root,
            capture_output=True,
            check=True,
        ).stdout
        if kind.strip() == b"blob":
            path.unlink()
    with pytest.raises(RevisionError, match=r"does not have .* as it was then"):
        repository.past()


def test_what_git_cannot_answer_is_an_error(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.write(".git/index", "damaged")
    with pytest.raises(RevisionError, match="git diff failed"):
        repository.past()
    monkeypatch.chdir(repository.root)
    with (
        pytest.raises(RevisionError, match="this is the inside of one"),
        past_of(repository.root / ".git", "HEAD", scratch=repository.root),
    ):
        pass


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        (POINTER.format("ab" * 32), "ab" * 32),
        (POINTER.format("ab"), ""),
        ("oid sha256:" + "ab" * 32 + "\n", ""),
    ],
)
def test_a_pointer_tells_a_digest(text: str, digest: str, tmp_path: Path) -> None:
    (tmp_path / "p").write_text(text)
    assert pointer_digest(tmp_path / "p") == digest
    assert pointer_digest(tmp_path / "none") == ""
