"""`dsac reviewed`: the plan that people saw in the pull request, or none."""

import os

import pytest
from flask import Flask, request

from tests.functional.fake_hosts import Canned, FakeGitHub, FakeGitLab, serving

MANIFEST = "dataset: jane/flowers\nsamples: [{name: a, image: https://x/a.png}]\n"
TOKEN = "canary-token"
OWN = {"head_sha": "f00", "repository_id": 1, "head_repository_id": 1}
FORK = {**OWN, "head_repository_id": 2}


@pytest.fixture
def github(monkeypatch):
    """Run for the commit c0de of acme/data, which pull request 7 brought."""
    fake = FakeGitHub(users={TOKEN: "github-actions[bot]"}, readers={TOKEN})
    fake.merged["c0de"] = {"number": 7, "merged_at": "now", "head": {"sha": "f00"}}
    with serving(fake.app) as url:
        values = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": url,
            "GITHUB_REPOSITORY": "acme/data",
            "GITHUB_SHA": "c0de",
            "GITHUB_TOKEN": TOKEN,
        }
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        yield fake


@pytest.fixture
def planned(project):
    """Save a plan, and take it away."""
    project.write(MANIFEST)
    project.dsac("plan", "--out", "plan.dsac")
    path = project.root / "plan.dsac"
    data = path.read_bytes()
    path.unlink()
    return project, data


def kept(data, *, name="dsac-plan", run=OWN, file="plan.dsac", **more):
    """Give an artifact."""
    return {"name": name, "workflow_run": run, "files": {file: data}, **more}


def test_the_plan_of_the_last_run_for_the_head_is_fetched_and_applied(planned, github):
    project, data = planned
    github.archives = {
        1: kept(b"older"),
        5: kept(data),
        6: kept(b"of a fork", run=FORK),
        7: kept(b"of another commit", run={**OWN, "head_sha": "bad"}),
        8: kept(b"of another environment", name="dsac-plan-prod"),
        9: kept(b"expired", expired=True),
        10: kept(b"of nobody", run=None),
    }
    ran = project.dsac("reviewed", "--out", "got.dsac")
    assert ran.code == 0, ran.err
    said = "Fetched the plan that was reviewed in #7 to got.dsac; apply it with: "
    assert ran.out == f"{said}dsac apply got.dsac\n"
    assert (project.root / "got.dsac").read_bytes() == data
    ran = project.dsac("apply", "got.dsac")
    assert "Apply complete! 2 added" in ran.out


def test_each_environment_has_a_plan_of_its_own(planned, github):
    project, data = planned
    (project.root / "dsac.yaml").write_text(
        "project: flowers\nenvironments: {prod: {}}\n"
    )
    github.archives = {5: kept(data, name="dsac-plan-prod", file="p")}
    flags = ("--environment", "prod", "--file", "p", "--out", "got.dsac")
    assert project.dsac("reviewed", *flags).code == 0
    flags = ("--artifact", "dsac-plan-prod", "--file", "p", "--out", "got.dsac")
    assert project.dsac("reviewed", *flags).code == 0


@pytest.mark.parametrize(
    ("archives", "said"),
    [
        ({}, "no run for #7 kept a plan (the artifact 'dsac-plan' with plan.dsac)"),
        ({6: kept(b"evil", run=FORK)}, "no run for #7 kept a plan"),
        ({6: kept(b"x", file="other")}, "no run for #7 kept a plan"),
        ({6: kept(b"no plan")}, "got.dsac is not a saved plan"),
    ],
)
def test_without_a_plan_that_was_reviewed_nothing_is_fetched(
    planned, github, archives, said
):
    project, _ = planned
    github.archives = archives
    ran = project.dsac("reviewed", "--out", "got.dsac")
    assert (ran.code, said in ran.err) == (1, True), ran.err


def test_a_commit_that_no_pull_request_brought_has_none(planned, github, monkeypatch):
    project, data = planned
    github.archives = {5: kept(data)}
    github.merged["0pen"] = {"number": 8, "merged_at": None, "head": {"sha": "f00"}}
    for commit in ("c0ffee", "0pen"):
        ran = project.dsac("reviewed", "--out", "got.dsac", "--commit", commit)
        assert (ran.code, "nobody reviewed a plan" in ran.err) == (1, True)
        assert "git commit --allow-empty" in ran.err
    monkeypatch.delenv("GITHUB_SHA")
    ran = project.dsac("reviewed", "--out", "got.dsac")
    assert (ran.code, "that was merged is not known" in ran.err) == (1, True)
    assert not (project.root / "got.dsac").exists()


def test_an_archive_that_is_damaged_or_went_away(planned, github, monkeypatch):
    project, data = planned
    github.archives = {5: kept(data)}
    monkeypatch.setattr(FakeGitHub, "zipped", lambda *_, **__: b"no archive")
    broken = FakeGitHub(users=github.users, merged=github.merged)
    broken.archives = github.archives
    with serving(broken.app) as url:
        ran = project.dsac("reviewed", "--out", "got.dsac", "--api-url", url)
    assert (ran.code, "the archive of the plan is damaged" in ran.err) == (1, True)
    line = "GET /repos/acme/data/actions/artifacts/6/zip"

    github.archives[6] = kept(b"went away")
    github.canned[line] = [Canned(404)]
    assert project.dsac("reviewed", "--out", "got.dsac").code == 0
    assert project.dsac("reviewed", "--out", os.sep).code == 1
    ran = project.dsac("reviewed", "--out", "none/got.dsac")
    assert (ran.code, "can't write none/got.dsac" in ran.err) == (1, True)


def test_the_token_does_not_go_where_the_host_sends_one(planned, github):
    project, data = planned
    github.archives = {5: kept(data)}
    line = "GET /repos/acme/data/actions/artifacts/5/zip"
    storage = Flask("storage")
    heard = []

    @storage.get("/zip")
    def zipped():
        heard.append(request.headers.get("Authorization"))
        with github.app.test_request_context():
            return github.zipped(5)

    with serving(storage) as url:
        there = {"Location": f"{url}/zip?signature=of-its-own"}
        github.canned[line] = [Canned(302, "", there)]
        ran = project.dsac("reviewed", "--out", "got.dsac", "-v")
    assert ran.code == 0, ran.err
    assert heard == [None]
    assert "of-its-own" not in ran.err


@pytest.fixture
def gitlab(monkeypatch):
    """Run for the commit c0de of project 42, which merge request 7 brought."""
    fake = FakeGitLab(users={TOKEN: "project_42_bot"})
    fake.merged["c0de"] = merged_from(42)
    with serving(fake.app) as url:
        values = {
            "GITLAB_CI": "true",
            "CI_API_V4_URL": f"{url}/api/v4",
            "CI_PROJECT_ID": "42",
            "CI_COMMIT_SHA": "c0de",
            "GITLAB_TOKEN": TOKEN,
        }
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        yield fake


def merged_from(source):
    """Give a merge request from a project into project 42."""
    sides = {"source_project_id": source, "target_project_id": 42}
    return {"iid": 7, "state": "merged", "sha": "f00", **sides}


def test_gitlab_keeps_the_plan_in_the_newest_job_of_its_name(planned, gitlab):
    project, data = planned
    gitlab.archives = {
        1: {**kept(b"older"), "pipeline": 10},
        2: {**kept(b"of an earlier try"), "pipeline": 11},
        3: {**kept(data), "pipeline": 11},
        4: {**kept(b"of another job", name="test"), "pipeline": 12},
        5: {**kept(b"elsewhere"), "pipeline": 13, "iid": 8},
    }
    ran = project.dsac("reviewed", "--out", "got.dsac")
    assert ran.code == 0, ran.err
    assert (project.root / "got.dsac").read_bytes() == data
    # The newest one failed: an older plan was not what people saw last.
    gitlab.archives[6] = {**kept(b""), "pipeline": 14, "file": None}
    ran = project.dsac("reviewed", "--out", "got.dsac")
    assert (ran.code, "no run for #7 kept a plan" in ran.err) == (1, True)


def test_gitlab_takes_no_plan_of_a_fork(planned, gitlab):
    project, data = planned
    gitlab.archives = {1: {**kept(data), "pipeline": 10}}
    gitlab.merged["c0de"] = merged_from(43)
    ran = project.dsac("reviewed", "--out", "got.dsac")
    assert (ran.code, "no run for #7 kept a plan" in ran.err) == (1, True)
    gitlab.merged.clear()
    ran = project.dsac("reviewed", "--out", "got.dsac")
    assert (ran.code, "nobody reviewed a plan" in ran.err) == (1, True)


def test_a_report_finds_its_merge_request_by_the_commit(planned, gitlab):
    project, _ = planned
    (project.root / "report.md").write_text("### dsac apply\n")
    assert project.dsac("comment", "report.md").code == 0
    assert gitlab.texts[0].place == "merge/7"
