"""The workflows, script by script, before a fake GitHub and a real local platform."""

import json
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from dsac.emulator import Account, create_app
from dsac.remote.client import Client
from dsac.remote.transport import Transport
from tests.functional.fake_hosts import FakeGitHub, FakeGitLab, serving
from tests.functional.workflows import HOME, Job, action, defaults, workflow
from tests.functional.zygote import zygote

KEY, TOKEN = "canary-of-the-platform", "canary-of-github"
BOT = "github-actions[bot]"
MANIFEST = """\
dataset: jane/flowers
category: garden
samples:
  - {name: a.jpg, image: https://x/a.png}
  - {name: b.jpg, image: https://x/b.png}
"""
WORKFLOWS = ("dsac-plan.yml", "dsac-apply.yml", "dsac-drift.yml", "ci.yml")


class Hub:
    """A repository on GitHub, its runs, and the platform of its datasets."""

    def __init__(self, root: Path, fake: FakeGitHub, api: str, platform: str) -> None:
        self.root, self.fake, self.api, self.platform = root, fake, api, platform
        self.runs, self.commands = 0, root
        root.mkdir()
        (root / "manifests").mkdir()
        (root / "dsac.yaml").write_text(
            f"project: flowers\nenvironments: {{prod: {{remote: '{platform}'}}}}\n"
        )
        (root / ".gitignore").write_text(".dsac/\n")
        self.git("init", "-q", "-b", "main")
        self.base = self.commit()

    def git(self, *arguments: str) -> str:
        """Run git in the repository."""
        who = ("-c", "user.name=jane", "-c", "user.email=jane@example.org")
        ran = subprocess.run(
            ["/usr/bin/git", *who, *arguments],
            cwd=self.root,
            capture_output=True,
            text=True,
            check=True,
        )
        return ran.stdout.strip()

    def commit(self) -> str:
        """Commit all that is there."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "more")
        return self.git("rev-parse", "HEAD")

    def write(self, text: str) -> None:
        """Write the manifest."""
        (self.root / "manifests" / "flowers.yaml").write_text(text)

    def job(self, *, event: str, head: str = "acme/data", **inputs: str) -> Job:
        """Begin a run; a fork's token may only read, as on GitHub."""
        self.runs += 1
        temp = self.root.parent / f"run-{self.runs}"
        temp.mkdir()
        pull = {
            "number": 7,
            "head": {"sha": self.base, "repo": {"full_name": head}},
            "base": {"sha": self.base, "repo": {"full_name": "acme/data"}},
        }
        told = {"pull_request": pull} if event == "pull_request" else {}
        (temp / "event.json").write_text(json.dumps(told))
        token = TOKEN if head == "acme/data" else f"{TOKEN}-that-may-read"
        environment = {
            "GITHUB_API_URL": self.api,
            "GITHUB_REPOSITORY": "acme/data",
            "GITHUB_EVENT_PATH": str(temp / "event.json"),
            "GITHUB_RUN_ID": str(1000 + self.runs),
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_SHA": self.git("rev-parse", "HEAD"),
        }
        github = {
            "token": token,
            "event": told,
            "repository": "acme/data",
            "run_attempt": "1",
            "action_path": str(HOME / ".github" / "actions" / "dsac"),
            "environment": environment,
        }
        secrets = {"SEGMENTS_API_KEY": KEY}
        return Job(github, inputs, secrets, self.root, temp, self.commands)

    def run(self, name: str, *, event: str, **more: str) -> Job:
        """Run the one job of a workflow."""
        found = workflow(name)
        given = {"environment": "prod", **more}
        head = given.pop("head", "acme/data")
        inputs = defaults(found["on"]["workflow_call"]["inputs"], given)
        job = self.job(event=event, head=head, **inputs)
        (described,) = found["jobs"].values()
        assert described["defaults"]["run"]["shell"] == "bash"
        job.run(described["steps"], described["env"])
        return job

    def keep(self, job: Job) -> None:
        """Keep the artifacts of a run for the pull request."""
        ids = {"repository_id": 1, "head_repository_id": 1}
        for name, files in job.kept.items():
            self.fake.archives[len(self.fake.archives) + 1] = {
                "name": name,
                "files": files,
                "workflow_run": {"head_sha": "f00", **ids},
            }

    def merge(self) -> None:
        """Let the commit that is checked out be what pull request 7 brought."""
        head = {"merged_at": "now", "head": {"sha": "f00"}}
        self.fake.merged[self.git("rev-parse", "HEAD")] = {"number": 7, **head}


@pytest.fixture(scope="module")
def commands(tmp_path_factory):
    """Give the folder in which scripts find dsac."""
    with zygote(tmp_path_factory.mktemp("zygote")) as folder:
        yield folder


@pytest.fixture
def hub(tmp_path, commands):
    """Make a repository, a host and a platform."""
    readers = {f"{TOKEN}-that-may-read"}
    users = dict.fromkeys((TOKEN, *readers), BOT)
    fake = FakeGitHub(users=users, readers=readers)
    app = create_app(tmp_path / "platform", accounts=[Account("jane", KEY)])
    with serving(fake.app) as api, serving(app) as platform:
        found = Hub(tmp_path / "repository", fake, api, platform)
        found.commands = commands
        yield found


def test_a_pull_request_is_planned_updated_merged_applied_and_watched(hub):
    hub.write(MANIFEST)
    first = hub.run("dsac-plan.yml", event="pull_request", head="acme/data")
    assert not first.failed, first.said
    (comment,) = hub.fake.texts
    assert comment.body.startswith("<!-- dsac:plan flowers@prod run=1001.1 -->")
    assert "Plan: 3 to add" in comment.body
    assert "Plan: 3 to add" in (first.temp / "summary.md").read_text()
    assert first.kept["dsac-plan-prod"].keys() == {"plan.dsac", "plan.html"}
    assert (first.temp / "pip.log").read_text() == "dsac\n"

    hub.write(MANIFEST.replace("garden", "fruit"))
    second = hub.run("dsac-plan.yml", event="pull_request", version="1.2")
    assert not second.failed, second.said
    assert hub.fake.texts == [comment]
    assert "run=1002.1" in comment.body
    assert second.seen["Install"]["REQUIREMENT"] == "dsac==1.2"

    # What was merged is not what the first plan was made of: nothing is done.
    hub.commit()
    hub.merge()
    hub.keep(first)
    stale = hub.run("dsac-apply.yml", event="push")
    assert stale.outcomes["Apply"] == "failure", stale.said
    assert "dsac apply failed" in hub.fake.texts[1].body
    assert "manifests/flowers" in hub.fake.texts[1].body
    assert stale.outcomes["Keep backups and journals"] == "success"

    hub.keep(second)
    applied = hub.run("dsac-apply.yml", event="push")
    assert not applied.failed, applied.said
    assert len(hub.fake.texts) == 2
    report = hub.fake.texts[1].body
    assert report.startswith("<!-- dsac:report flowers@prod run=1004.1 -->")
    assert "Apply complete! 3 added" in report
    names = applied.kept["dsac-apply-prod-1"]
    assert any(name.startswith(".dsac/runs/") for name in names)

    hub.fake.readers.clear()
    hub.fake.texts.clear()
    quiet = hub.run("dsac-drift.yml", event="schedule")
    assert not quiet.failed, quiet.said
    assert hub.fake.texts == []
    with Transport(hub.platform, key=KEY) as transport:
        client = Client(transport)
        client.delete_sample(next(iter(client.list_samples("jane/flowers")))[0].uuid)
    noisy = hub.run("dsac-drift.yml", event="schedule")
    assert not noisy.failed, noisy.said
    (issue,) = hub.fake.texts
    assert issue.title == "dsac drift: flowers in prod"
    assert "Drift: 1 missing" in issue.body


def test_a_plan_that_is_blocked_is_allowed_by_what_its_comment_says(hub):
    hub.write(MANIFEST)
    first = hub.run("dsac-plan.yml", event="pull_request")
    hub.commit()
    hub.merge()
    hub.keep(first)
    assert not hub.run("dsac-apply.yml", event="push").failed
    hub.fake.texts.clear()
    hub.fake.archives.clear()

    hub.write(MANIFEST.partition("samples:")[0] + "samples: []\n")
    job = hub.run("dsac-plan.yml", event="pull_request")
    assert job.outcomes["Plan"] == "failure"
    assert job.outcomes["Comment"] == "success", job.said
    (comment,) = hub.fake.texts
    assert "Blocked" in comment.body
    lines = re.findall(r"(?ms)^```yaml\n(.*?)^```", comment.body)
    (hub.root / "approvals.yaml").write_text(lines[0])

    job = hub.run("dsac-plan.yml", event="pull_request")
    assert not job.failed, job.said
    assert "Plan: 0 to add, 0 to change, 2 to destroy" in comment.body
    hub.commit()
    hub.merge()
    hub.keep(job)
    job = hub.run("dsac-apply.yml", event="push")
    assert not job.failed, job.said
    assert "2 destroyed" in hub.fake.texts[1].body


def test_a_forks_run_has_no_secret_in_any_step_and_says_why_there_is_no_plan(hub):
    hub.write(MANIFEST)
    # Even if the repository would hand its secrets to forks.
    job = hub.run("dsac-plan.yml", event="pull_request", head="eve/data")
    assert not job.failed, job.said
    assert job.outcomes["Plan"] == job.outcomes["Keep the plan"] == "skipped"
    assert job.seen.keys() == {"Install", "Validate", "Comment"}
    assert KEY not in json.dumps(job.seen)
    assert TOKEN not in json.dumps([job.seen["Install"], job.seen["Validate"]])
    assert KEY not in job.said
    assert "so its run has no key" in (job.temp / "summary.md").read_text()
    assert hub.fake.texts == []


def test_of_a_run_only_the_step_that_needs_it_has_the_key(hub):
    hub.write("dataset: jane/flowers\ncolor: red\n")
    job = hub.run("dsac-plan.yml", event="pull_request")
    assert job.outcomes["Validate"] == "failure"
    assert job.outcomes["Plan"] == "skipped"
    assert job.outcomes["Comment"] == "success", job.said
    assert "::error file=manifests/flowers.yaml,line=2," in job.said
    assert "dsac validate failed" in hub.fake.texts[0].body
    assert KEY not in json.dumps(job.seen)
    hub.write(MANIFEST)
    job = hub.run("dsac-plan.yml", event="pull_request")
    having = [name for name, env in job.seen.items() if KEY in env.values()]
    assert having == ["Plan"]
    having = [name for name, env in job.seen.items() if TOKEN in env.values()]
    assert having == ["Comment"]
    assert f"{KEY}" not in job.said
    assert len(hub.fake.texts) == 1


def test_ten_runs_at_the_same_time_leave_one_comment(hub):
    hub.write(MANIFEST)
    jobs = [hub.job(event="pull_request", directory=".") for _ in range(10)]
    steps = workflow("dsac-plan.yml")["jobs"]["plan"]["steps"]
    only = [step for step in steps if step["name"] == "Comment"]
    for job in jobs:
        plan = {"command": "plan", "project": "flowers", "problems": [problem()]}
        (job.temp / "plan.json").write_text(json.dumps(plan))
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda job: job.run(only, {"DSAC_ENVIRONMENT": "prod"}), jobs))
    assert [job.outcomes["Comment"] for job in jobs] == ["success"] * 10, jobs[0].said
    (left,) = hub.fake.texts
    assert "dsac plan failed" in left.body


def problem() -> dict[str, Any]:
    """Give a problem as `--errors-into` writes it."""
    where = {"file": "a.yaml", "line": 1, "column": 1}
    return {"where": where, "message": "odd", "hint": ""}


def test_the_action_does_what_the_workflows_do(hub):
    found = action()
    hub.write(MANIFEST)

    def run(command: str, *, event: str) -> Job:
        given = {"command": command, "environment": "prod", "token": TOKEN}
        inputs = defaults(found["inputs"], {**given, "api-key": KEY})
        job: Job = hub.job(event=event, **inputs)
        job.run(found["runs"]["steps"], {})
        assert not job.failed, job.said
        return job

    job = run("plan", event="pull_request")
    assert "Plan: 3 to add" in hub.fake.texts[0].body
    source = job.seen["Install"]["REQUIREMENT"]
    assert (Path(source) / "pyproject.toml").exists()
    hub.commit()
    hub.merge()
    hub.keep(job)
    run("apply", event="push")
    assert "Apply complete! 3 added" in hub.fake.texts[1].body
    run("drift", event="schedule")
    assert len(hub.fake.texts) == 2


def test_the_plan_of_another_step_is_not_kept(hub):
    found = action()
    hub.write("dataset: jane/flowers\ncolor: red\n")
    inputs = defaults(found["inputs"], {"command": "plan", "token": TOKEN})
    job = hub.job(event="pull_request", **inputs)
    for name in ("plan.dsac", "plan.html"):
        (job.temp / name).write_text("of another environment")
    job.run(found["runs"]["steps"], {})
    assert job.outcomes["Validate"] == "failure"
    assert list(job.temp.glob("plan.*")) == []


def test_steps_of_one_name_have_one_script():
    scripts: dict[tuple[str, str], set[str]] = {}
    files = [workflow(name)["jobs"] for name in WORKFLOWS[:3]]
    jobs = [job for found in files for job in found.values()]
    for steps in [action()["runs"]["steps"], *[job["steps"] for job in jobs]]:
        for step in steps:
            if "run" in step:
                kind = re.search(r"\w+\.(?:dsac|md|json)\"", step["run"])
                key = (step["name"], kind[0] if kind else "")
                scripts.setdefault(key, set()).add(step["run"])
    assert len(scripts) == 9
    assert all(len(found) == 1 for found in scripts.values())


def test_workflows_may_do_little_and_use_what_is_pinned():
    texts = {
        name: (HOME / ".github/workflows" / name).read_text() for name in WORKFLOWS
    }
    texts["action"] = (HOME / ".github/actions/dsac/action.yml").read_text()
    for name, text in texts.items():
        for used in re.findall(r"(?m)^\s*(?:- )?uses: (.*)$", text):
            assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", used)
        # An expression within a script would let a name be a command.
        for script in re.findall(r"(?m)run: (?:>-)?\n?((?:.|\n      )*)", text):
            assert "${{" not in script, name
    for name in WORKFLOWS[:3]:
        found = workflow(name)
        assert found["permissions"] == {}
        (job,) = found["jobs"].values()
        rights = {
            "dsac-plan.yml": {"contents": "read", "pull-requests": "write"},
            "dsac-apply.yml": {
                "contents": "read",
                "actions": "read",
                "pull-requests": "write",
            },
            "dsac-drift.yml": {"contents": "read", "issues": "write"},
        }
        assert job["permissions"] == rights[name]
        assert "timeout-minutes" in job
        group = job["concurrency"]["group"]
        assert "inputs.environment" in group
    jobs = workflow("dsac-apply.yml")["jobs"]
    assert jobs["apply"]["environment"] == "${{ inputs.environment }}"
    assert jobs["apply"]["concurrency"]["cancel-in-progress"] == "false"
    assert workflow("ci.yml")["permissions"] == {"contents": "read"}


GITLAB = {
    "CI_PIPELINE_ID": "500",
    "CI_JOB_ID": "9000",
    "CI_PROJECT_ID": "42",
    "GITLAB_CI": "true",
    "GITLAB_TOKEN": TOKEN,
    "SEGMENTS_API_KEY": KEY,
    "DSAC_PATHS": "",
    "DSAC_ENVIRONMENT": "prod",
}


def test_the_jobs_of_gitlab_plan_apply_and_watch(hub):
    fake = FakeGitLab(users={TOKEN: "project_42_bot"})
    jobs = read("ci/gitlab/dsac.gitlab-ci.yml")

    def run(name: str, **more: str) -> str:
        job = hub.job(event="gitlab")
        commands = [jobs[name]["script"], jobs[name]["after_script"]]
        environment = {"PATH": f"{hub.commands}:/usr/bin:/bin", "NO_PROXY": "*"}
        environment |= {**GITLAB, "CI_API_V4_URL": f"{api}/api/v4", **more}
        said = ""
        for script in commands:
            ran = subprocess.run(
                ["/bin/bash", "-eo", "pipefail", "-c", "\n".join(script)],
                cwd=job.root,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            said += ran.stdout + ran.stderr
            assert ran.returncode == 0, said
        return said

    with serving(fake.app) as api:
        hub.write(MANIFEST)
        run(
            "dsac-plan",
            CI_MERGE_REQUEST_IID="7",
            CI_MERGE_REQUEST_DIFF_BASE_SHA=hub.base,
        )
        (note,) = fake.texts
        assert "Plan: 3 to add" in note.body
        page = (hub.root / "plan.html").read_text()
        assert page.startswith("<!DOCTYPE html>")
        data = (hub.root / "plan.dsac").read_bytes()
        kept = {"name": "dsac-plan", "pipeline": 1, "files": {"plan.dsac": data}}
        fake.archives[1] = kept
        fake.merged["c0de"] = {"iid": 7, "state": "merged", "sha": "f00"}
        run("dsac-apply", CI_COMMIT_SHA="c0de")
        assert "Apply complete! 3 added" in fake.texts[1].body
        assert "No drift" in run("dsac-drift")


def test_what_the_documentation_calls_is_there_with_the_rights_it_needs():
    text = (HOME / "docs" / "gitops.md").read_text()
    (block,) = [item for item in text.split("```") if "dsac-plan.yml@COMMIT" in item]
    jobs = yaml.load(block.removeprefix("yaml"), yaml.BaseLoader)["jobs"]  # noqa: S506, TID251 - plain text
    assert len(jobs) == 3
    for job in jobs.values():
        called = workflow(job["uses"].rpartition("/")[2].partition("@")[0])
        (described,) = called["jobs"].values()
        assert job["permissions"] == described["permissions"]
        told = called["on"]["workflow_call"]
        assert job["with"].keys() <= told["inputs"].keys()
        assert job["secrets"].keys() <= told["secrets"].keys()
    for name in ("directory", "version", "lfs"):
        assert f"`{name}`" in text


def test_other_templates_hold_together():
    gitlab = read("ci/gitlab/dsac.gitlab-ci.yml")
    for job in ("dsac-plan", "dsac-apply", "dsac-drift"):
        described = {**gitlab[".dsac"], **gitlab[job]}
        assert described["script"]
        assert described["rules"]
    paths = gitlab["dsac-apply"]["artifacts"]["paths"]
    assert {".dsac/backup/", ".dsac/runs/"} <= set(paths)
    assert gitlab["dsac-apply"]["artifacts"]["when"] == "always"
    assert "resource_group" in gitlab["dsac-apply"]
    atlantis = read("ci/atlantis/repos.yaml")["workflows"]["dsac"]
    assert atlantis.keys() == {"plan", "apply"}
    (hook,) = read(".pre-commit-hooks.yaml")
    assert (hook["entry"], hook["pass_filenames"]) == ("dsac validate", "false")
    # Nothing says which files are manifests; one that is deleted starts no hook.
    assert (hook["always_run"], "files" in hook) == ("true", False)


def read(name: str) -> Any:
    """Read a file of this repository."""
    return yaml.load((HOME / name).read_text(), yaml.BaseLoader)  # noqa: S506, TID251 - plain text
