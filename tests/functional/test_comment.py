"""`dsac comment`: one text for each plan, whatever hosts, forks and other runs do."""

import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import request

from dsac.cli import run
from dsac.hosting.board import Mark
from dsac.hosting.github import Comments
from dsac.hosting.host import Host
from dsac.hosting.sticky import Became, place
from dsac.hosting.surroundings import Surroundings
from dsac.render.markup import size
from tests.functional.fake_hosts import Canned, FakeGitHub, FakeGitLab, Text, serving

MANIFEST = """\
dataset: jane/flowers
samples: [{name: a, image: https://x/a.png}]
"""
BOT, TOKEN = "github-actions[bot]", "canary-token"
COMMENTS = "/repos/acme/data/issues/7/comments"
MARK = "<!-- dsac:plan flowers@ run=500.1 -->"


def event(root: Path, *, head: str = "acme/data") -> Path:
    """Write what GitHub says of a pull request."""
    pull = {
        "number": 7,
        "head": {"sha": "f00", "repo": {"full_name": head}},
        "base": {"sha": "ba5e", "repo": {"full_name": "acme/data"}},
    }
    path = root / "event.json"
    path.write_text(json.dumps({"pull_request": pull}))
    return path


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """Let nobody wait, and remember for how long somebody would have."""
    waits: list[float] = []
    monkeypatch.setattr(
        "dsac.remote.clock.Clock.sleep",
        lambda _, duration, *_more: waits.append(duration),
    )
    # Who would wait for a moment that never comes would look again and again.
    monkeypatch.setattr("dsac.remote.limiter.Limiter.refused", lambda *_: None)
    return waits


@pytest.fixture
def github(project, monkeypatch):
    """Run for pull request 7 of acme/data on GitHub."""
    fake = FakeGitHub(users={TOKEN: BOT, "jane-token": "jane"})
    with serving(fake.app) as url:
        values = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": url,
            "GITHUB_GRAPHQL_URL": f"{url}/graphql",
            "GITHUB_REPOSITORY": "acme/data",
            "GITHUB_RUN_ID": "500",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_SERVER_URL": "https://github.test",
            "GITHUB_EVENT_PATH": str(event(project.root)),
            "GITHUB_TOKEN": TOKEN,
        }
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        yield fake


@pytest.fixture
def gitlab(monkeypatch):
    """Run for merge request 7 of project 42 on GitLab."""
    fake = FakeGitLab(users={TOKEN: "project_42_bot", "jane-token": "jane"})
    with serving(fake.app) as url:
        values = {
            "GITLAB_CI": "true",
            "CI_API_V4_URL": f"{url}/api/v4",
            "CI_PROJECT_ID": "42",
            "CI_MERGE_REQUEST_IID": "7",
            "CI_PIPELINE_ID": "500",
            "CI_JOB_ID": "9000",
            "GITLAB_TOKEN": TOKEN,
        }
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        yield fake


@pytest.fixture(scope="module")
def saved() -> dict[str, bytes]:
    """Keep the plan that the first test makes: each would be the same."""
    return {}


@pytest.fixture
def planned(project, saved):
    """Save a plan."""
    project.write(MANIFEST)
    path = project.root / "plan.dsac"
    if not saved:
        assert project.dsac("plan", "--out", path).code == 0
        saved["plan"] = path.read_bytes()
    path.write_bytes(saved["plan"])
    return project


def test_the_first_run_creates_the_comment_and_later_ones_update_it(planned, github):
    ran = planned.dsac("comment", "plan.dsac")
    assert (ran.code, ran.out) == (0, "Created the comment on #7 of acme/data.\n"), ran
    (text,) = github.texts
    assert text.body.startswith(f"{MARK}\n### dsac plan: flowers\n")
    assert "Plan: 2 to add" in text.body
    link = "[Log and artifacts of this run](https://github.test/acme/data/actions/runs/500)"
    assert link in text.body
    planned.apply()
    planned.dsac("plan", "--out", "plan.dsac")
    ran = planned.dsac("comment", "plan.dsac", "--provider", "github", "-v")
    assert (ran.code, ran.out) == (0, "Updated the comment on #7 of acme/data.\n")
    assert "requests: 4 (2 writes)" in ran.err
    (again,) = github.texts
    assert again is text
    assert "No changes." in text.body
    assert TOKEN not in f"{ran.out}{ran.err}{text.body}"


def test_a_comment_that_says_so_already_is_not_written_again(planned, github):
    planned.dsac("comment", "plan.dsac")
    github.log.clear()
    assert planned.dsac("comment", "plan.dsac").code == 0
    assert {line for line in github.log if not line.startswith("GET")} == {
        "POST /graphql"
    }


def test_each_environment_and_project_has_a_comment_of_its_own(planned, github):
    (planned.root / "dsac.yaml").write_text(
        "project: flowers\nenvironments: {prod: {}, a@b--: {project: --> <b>}}\n"
    )
    for name in ("prod", "a@b--"):
        planned.dsac("plan", "--out", "plan.dsac", "--environment", name)
        for _ in range(2):
            ran = planned.dsac("comment", "plan.dsac", "--environment", name)
            assert ran.code == 0, ran.err
    keys = [text.body.splitlines()[0] for text in github.texts]
    assert keys == [
        "<!-- dsac:plan flowers@prod run=500.1 -->",
        "<!-- dsac:plan %2D%2D%3E%20%3Cb%3E@a%40b%2D%2D run=500.1 -->",
    ]


def test_nobody_elses_text_is_touched(planned, github, monkeypatch):
    monkeypatch.setenv("GITHUB_TOKEN", "jane-token")
    planned.dsac("comment", "plan.dsac")
    (janes,) = github.texts
    before = janes.body
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    planned.dsac("comment", "plan.dsac")
    planned.dsac("comment", "plan.dsac")
    assert [text.user for text in github.texts] == ["jane", BOT]
    assert janes.body == before


def untold(github, *, users: bool):
    """Let a host not say whose token it is; nor, if so, who wrote a comment."""
    github.canned["POST /graphql"] = [Canned(404, "{}")] * 99
    github.canned["GET /user"] = [Canned(403, "{}")] * 99
    if not users:
        github._comment = lambda text: {"id": text.number, "body": text.body}


@pytest.mark.parametrize(("bot", "users"), [(BOT, True), ("dsac-bot", True), ("", 0)])
def test_a_host_that_does_not_say_whose_token_it_is_will_do(
    planned, github, bot, users
):
    untold(github, users=bool(users))
    github.users[TOKEN] = bot or BOT
    if users:
        github.texts.append(github_text(10, "jane", f"{MARK}\nmine"))
    for _ in range(2):
        ran = planned.dsac("comment", "plan.dsac")
        assert ran.code == 0, ran.err
    ours = [text for text in github.texts if text.user != "jane"]
    assert [text.user for text in ours] == [bot or BOT]
    assert [text.body for text in github.texts if text.user == "jane"] == (
        [f"{MARK}\nmine"] if users else []
    )


def test_the_comment_is_found_on_a_later_page(planned, github):
    for number in range(130):
        github.texts.append(github_text(number, "jane", "hello"))
    planned.dsac("comment", "plan.dsac")
    for number in range(130, 260):
        github.texts.append(github_text(1000 + number, BOT, "of another program"))
    github.most_per_page = 50
    ran = planned.dsac("comment", "plan.dsac")
    assert ran.out.startswith("Updated"), ran.err
    ours = [text for text in github.texts if "dsac:plan" in text.body]
    assert len(ours) == 1


def github_text(number, user, body):
    """Make a comment on pull request 7."""
    return Text(number, "pull/7", user, body)


def test_doubles_are_removed_and_the_oldest_stays(planned, github):
    for number in (30, 10, 20):
        github.texts.append(github_text(number, BOT, f"{MARK}\nold"))
    assert planned.dsac("comment", "plan.dsac").code == 0
    (left,) = github.texts
    assert left.number == 10
    assert "Plan: 2 to add" in left.body


def test_a_double_that_another_run_removed_meanwhile_is_no_error(planned, github):
    for number in (10, 20):
        github.texts.append(github_text(number, BOT, f"{MARK}\nold"))
    line = "DELETE /repos/acme/data/issues/comments/20"
    github.canned[line] = [Canned(404, '{"message": "Not Found"}', lost=True)]
    assert planned.dsac("comment", "plan.dsac").code == 0
    assert [text.number for text in github.texts] == [10]


def test_a_comment_that_vanishes_while_it_is_updated_is_made_anew(planned, github):
    github.texts.append(github_text(10, BOT, f"{MARK}\nold"))

    def before(line):
        if line.startswith("PATCH"):
            github.texts[:] = [item for item in github.texts if item.number != 10]

    github.before = before
    ran = planned.dsac("comment", "plan.dsac")
    assert ran.code == 0, ran.err


def test_ten_runs_at_the_same_time_leave_one_comment(planned, github):
    barrier = threading.Barrier(10, timeout=60)

    def before(line):
        # All have seen that there is none before one of them posts.
        if line == f"POST {COMMENTS}":
            barrier.wait()

    github.before = before
    with ThreadPoolExecutor(10) as pool:
        codes = list(pool.map(lambda _: run(["comment", "plan.dsac"]), range(10)))
    assert codes == [0] * 10
    assert github.log.count(f"POST {COMMENTS}") == 10
    (left,) = github.texts
    assert left.number == 101
    assert "Plan: 2 to add" in left.body


def test_of_runs_at_the_same_time_the_latest_ones_text_stays(github):
    url = os.environ["GITHUB_API_URL"]
    around = Surroundings(provider="github", api=url, repository="acme/data", number=7)
    barrier = threading.Barrier(5, timeout=60)
    github.before = lambda line: line == f"POST {COMMENTS}" and barrier.wait()

    def post(number):
        mark = Mark(what="plan", project="flowers", run=(number, 1))
        host = Host("github", url, token=TOKEN)
        with host.transport:
            return place(Comments(host, around), mark, f"run {number}").became

    with ThreadPoolExecutor(5) as pool:
        became = list(pool.map(post, range(5)))
    (left,) = github.texts
    assert left.number == 101
    assert set(became) <= {Became.CREATED, Became.UPDATED, Became.KEPT}
    # Whoever comes late with an older plan leaves the newer one alone.
    assert post(4) is not Became.KEPT
    github.before = lambda _: None
    assert post(3) is Became.KEPT
    assert left.body.endswith("run 4")


def test_a_run_without_a_number_writes_over_whatever_stands_there(
    planned, github, monkeypatch
):
    planned.dsac("comment", "plan.dsac")
    monkeypatch.delenv("GITHUB_RUN_ID")
    assert planned.dsac("comment", "plan.dsac").out.startswith("Updated")
    assert " run=- -->" in github.texts[0].body


def test_a_later_runs_text_stays(planned, github, monkeypatch):
    planned.dsac("comment", "plan.dsac")
    before = github.texts[0].body
    planned.apply()
    planned.dsac("plan", "--out", "plan.dsac")
    monkeypatch.setenv("GITHUB_RUN_ID", "499")
    ran = planned.dsac("comment", "plan.dsac")
    assert ran.out == "A later run has posted already; what it said stays.\n"
    assert github.texts[0].body == before
    monkeypatch.setenv("GITHUB_RUN_ID", "501")
    planned.dsac("comment", "plan.dsac")
    assert "No changes." in github.texts[0].body


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_comment_whose_answer_was_lost_is_looked_for(planned, github, status):
    github.canned[f"POST {COMMENTS}"] = [Canned(status, "oops", lost=True)]
    ran = planned.dsac("comment", "plan.dsac")
    assert (ran.code, ran.out.split()[0]) == (0, "Created"), ran.err
    assert len(github.texts) == 1


def test_a_host_that_takes_no_comment_is_not_hammered(planned, github, no_waiting):
    github.canned[f"POST {COMMENTS}"] = [Canned(500, '{"message": "oops"}')] * 99
    ran = planned.dsac("comment", "plan.dsac")
    assert (ran.code, "500 message: oops" in ran.err) == (1, True), ran.err
    # So often as any other request, and not at once.
    assert github.log.count(f"POST {COMMENTS}") == 6
    assert len(no_waiting) == 5


def test_a_comment_that_the_list_does_not_show_yet_is_not_posted_twice(planned, github):
    github.canned[f"GET {COMMENTS}"] = [Canned(200, "[]"), Canned(200, "[]")]
    assert planned.dsac("comment", "plan.dsac").code == 0
    assert len(github.texts) == 1


def test_runs_that_never_give_way_end_with_an_error(planned, github):
    github.texts.append(github_text(10, BOT, f"{MARK}\nold"))
    older = MARK.replace("500", "400")

    def meddle(line):
        if line.startswith("GET"):
            github.texts[0].body = f"{older}\nmine"

    github.before = meddle
    ran = planned.dsac("comment", "plan.dsac")
    assert ran.code == 1
    assert "other runs keep changing what dsac posts" in ran.err


LIMITS = [
    Canned(429, '{"message": "slow down"}', {"Retry-After": "3"}),
    Canned(429, '{"message": "slow down"}'),
    Canned(403, '{"message": "no"}', {"Retry-After": "3"}),
    Canned(
        403,
        '{"message": "API rate limit exceeded"}',
        {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"},
    ),
    Canned(403, '{"message": "You have exceeded a secondary rate limit."}'),
    Canned(503, "{}"),
]


@pytest.mark.parametrize("answer", LIMITS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_rate_limits_are_waited_for(planned, github, answer, method):
    github.canned[f"{method} {COMMENTS}"] = [answer]
    ran = planned.dsac("comment", "plan.dsac")
    assert ran.code == 0, ran.err
    assert len(github.texts) == 1


def test_a_rate_limit_that_does_not_end_is_an_error(planned, github):
    github.canned[f"GET {COMMENTS}"] = [LIMITS[4]] * 50
    ran = planned.dsac("comment", "plan.dsac")
    assert ran.code == 1
    assert "secondary rate limit" in ran.err
    assert "run it again later" in ran.err


ERRORS = [
    (Canned(401, '{"message": "Bad credentials"}'), "that is valid into GITHUB_TOKEN"),
    (Canned(403, '{"message": "no"}'), "permissions: {pull-requests: write}"),
    (Canned(404, '{"message": "Not Found"}'), "is it there (--repository, --number)?"),
    (Canned(422, '{"message": "too long"}'), "pass a smaller --max-bytes"),
    (Canned(200, "<html>log in"), "check the address of the API"),
    (Canned(410, '{"message": "gone"}'), "410"),
]


@pytest.mark.parametrize(("answer", "remedy"), ERRORS)
def test_what_the_host_refuses_is_an_error_with_a_remedy(
    planned, github, answer, remedy
):
    github.canned[f"POST {COMMENTS}"] = [answer] * 9
    ran = planned.dsac("comment", "plan.dsac", "--summary", "summary.md")
    assert ran.code == 1
    assert remedy in ran.err
    assert TOKEN not in ran.err
    assert "Plan: 2 to add" in (planned.root / "summary.md").read_text()


def test_a_token_of_nobody_is_an_error(planned, github, monkeypatch):
    github.canned["POST /graphql"] = [Canned(200, '{"data": null}')]
    github.texts.append(github_text(10, "jane", f"{MARK}\nhello"))
    ran = planned.dsac("comment", "plan.dsac")
    assert (ran.code, "does not say whose token this is" in ran.err) == (1, True)
    monkeypatch.setenv("GITHUB_TOKEN", "kéy")
    ran = planned.dsac("comment", "plan.dsac")
    assert (ran.code, "into GITHUB_TOKEN" in ran.err) == (1, True)
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    ran = planned.dsac("comment", "plan.dsac")
    assert (ran.code, "check the address of the API" in ran.err) == (1, True)


def test_a_forks_run_says_in_the_summary_what_it_may_not_post(project, github):
    github.readers.add(TOKEN)
    event(project.root, head="eve/data")
    project.write(MANIFEST)
    assert project.dsac("validate", "--errors-into", "e.json").code == 0
    ran = project.dsac(
        "comment", "plan.dsac", "--errors", "e.json", "--summary", "summary.md"
    )
    assert (ran.code, ran.out) == (0, "")
    assert "comes from a fork, and its run may only read" in ran.err
    said = (project.root / "summary.md").read_text()
    assert "**No plan was made.**" in said
    assert "so its run has no key of the platform" in said
    assert "No comment was posted" in said
    # The same answer to a run that should be able to is an error.
    event(project.root)
    ran = project.dsac("comment", "plan.dsac", "--errors", "e.json")
    assert (ran.code, "permissions: {pull-requests: write}" in ran.err) == (1, True)


def test_a_fork_whose_token_may_write_gets_its_comment(project, github):
    event(project.root, head="eve/data")
    project.write(MANIFEST)
    project.dsac("validate", "--errors-into", "e.json")
    assert project.dsac("comment", "p.dsac", "--errors", "e.json").code == 0
    assert "has no key of the platform" in github.texts[0].body


def test_a_fork_without_any_token_is_no_error(project, github, monkeypatch):
    event(project.root, head="eve/data")
    monkeypatch.delenv("GITHUB_TOKEN")
    ran = project.dsac("comment", "p.dsac", "--errors", "none.json")
    assert (ran.code, github.log) == (0, [])


def test_the_errors_of_a_command_stand_in_place_of_the_plan(project, github):
    project.write("dataset: jane/flowers\nsample: []\ncolor: <b>|@jane\n")
    ran = project.dsac("validate", "--errors-into", "v.json", "--annotate", "github")
    assert ran.code == 1
    both = ("--errors", "v.json", "--errors", "p.json")
    ran = project.dsac("comment", "plan.dsac", *both)
    assert (ran.code, ran.out.split()[0]) == (0, "Created")
    (text,) = github.texts
    assert "### dsac validate failed: flowers\n\n**2 problems.**" in text.body
    assert "manifests/a&#46;yaml" in text.body or "manifests/a.yaml" in text.body
    assert "@jane" not in text.body
    project.write(MANIFEST)
    assert project.dsac("validate", "--errors-into", "v.json").code == 0
    project.dsac("plan", "--out", "plan.dsac", "--errors-into", "p.json")
    ran = project.dsac("comment", "plan.dsac", *both)
    assert ran.out.split()[0] == "Updated"
    assert "Plan: 2 to add" in text.body


def test_a_broken_project_file_keeps_the_comment(planned, github):
    planned.dsac("comment", "plan.dsac")
    (planned.root / "dsac.yaml").write_text("project: 'flowers' # ours\nremote: [\n")
    assert planned.dsac("plan", "--errors-into", "p.json").code == 1
    planned.dsac("comment", "plan.dsac", "--errors", "p.json")
    assert len(github.texts) == 1
    (planned.root / "dsac.yaml").unlink()
    assert planned.dsac("plan", "--errors-into", "p.json").code == 1
    assert json.loads((planned.root / "p.json").read_bytes())["project"] == ""


def test_a_run_that_died_before_the_plan_says_so(project, github):
    ran = project.dsac("comment", "plan.dsac", "--errors", "none.json")
    assert ran.code == 0
    assert "The run ended before there was one" in github.texts[0].body


@pytest.mark.parametrize("most", [1000, 5000, 65_536])
def test_the_text_is_within_its_bytes_with_all_that_stands_around(
    project, github, most
):
    names = "\n".join(f"  - {{name: ä{number}}}" for number in range(60))
    rows = names.replace("}", ", image: https://x/a.png}")
    project.write(f"dataset: jane/flowers\nsamples:\n{rows}\n")
    project.dsac("plan", "--out", "plan.dsac")
    flags = () if most == 65_536 else ("--max-bytes", str(most))
    assert project.dsac("comment", "plan.dsac", *flags).code == 0
    assert size(github.texts[0].body) <= most
    assert "Plan: 61 to add" in github.texts[0].body
    assert "[Log and artifacts of this run]" in github.texts[0].body


def test_a_report_is_a_comment_on_the_pull_request_that_was_merged(
    planned, github, monkeypatch
):
    monkeypatch.delenv("GITHUB_EVENT_PATH")
    monkeypatch.setenv("GITHUB_SHA", "c0de")
    ran = planned.dsac("apply", "plan.dsac", "--format", "markdown")
    (planned.root / "report.md").write_text(ran.out)
    ran = planned.dsac("comment", "report.md")
    assert (ran.code, "this run is for no pull request" in ran.err) == (1, True)
    github.merged["c0de"] = {"number": 7, "merged_at": "now", "head": {"sha": "f00"}}
    ran = planned.dsac("comment", "report.md")
    assert (ran.code, ran.out) == (0, "Created the comment of acme/data.\n")
    assert "Apply complete! 2 added" in github.texts[0].body
    # Nothing to do is said, and is something else than nothing said.
    ran = planned.dsac("apply", "plan.dsac", "--format", "markdown")
    (planned.root / "report.md").write_text(ran.out)
    planned.dsac("comment", "report.md", "--number", "7")
    assert "### dsac apply\n\n**No changes.**" in github.texts[0].body
    (planned.root / "report.md").write_text("")
    planned.dsac("comment", "report.md", "--number", "7")
    assert "**The apply ended without a report**" in github.texts[0].body
    assert len(github.texts) == 1


def test_drift_opens_an_issue_updates_it_and_closes_it(planned, github):
    planned.apply()
    on = ("comment", "drift.json", "--on", "issue")

    def nightly(*flags):
        ran = planned.dsac("drift", "--format", "json")
        (planned.root / "drift.json").write_text(ran.out)
        return planned.dsac(*on, *flags).out

    assert nightly() == "No drift, and no open issue of it.\n"
    with planned.platform() as client:
        uuid = planned.sample("a").uuid
        client.update_sample(uuid, {"priority": 99})
        planned.write(MANIFEST.replace("png}", "png, priority: 1}"))
        assert nightly() == "Created issue 101 of acme/data.\n"
        (issue,) = github.texts
        assert issue.title == "dsac drift: flowers"
        assert "Drift: 1 changed" in issue.body
        assert "priority = 1 -&gt; 99" in issue.body or "99" in issue.body
        client.update_sample(uuid, {"priority": 50})
        assert nightly("--title", "Look") == "Updated issue 101 of acme/data.\n"
        assert (issue.title, "50" in issue.body) == ("Look", True)
        github.texts.append(github_text(300, BOT, issue.body))
        github.texts[-1].place = "issues"
        nightly()
        assert [item.open for item in github.texts] == [True, False]
        client.update_sample(uuid, {"priority": 1})
    assert nightly() == "Closed issue 101 of acme/data.\n"
    assert (issue.open, "**No drift.**" in issue.body) == (False, True)


def test_drift_that_could_not_be_told_is_told_in_the_issue(project, github):
    project.write("dataset: 7\n")
    ran = project.dsac("drift", "--errors-into", "d.json", "--format", "json")
    assert ran.code == 1
    ran = project.dsac("comment", "drift.json", "--errors", "d.json", "--on", "issue")
    assert ran.code == 0
    assert github.texts[0].body.startswith("<!-- dsac:drift flowers@ ")
    assert "dsac drift failed" in github.texts[0].body


def test_notes_on_gitlab_are_as_sticky(planned, gitlab):
    for number in range(120):
        gitlab.post("merge/7", f"{number}", user="jane")
    assert planned.dsac("comment", "plan.dsac").out.startswith("Created"), gitlab.log
    planned.apply()
    planned.dsac("plan", "--out", "plan.dsac")
    ran = planned.dsac("comment", "plan.dsac", "--provider", "gitlab")
    assert ran.out == "Updated the comment on #7 of 42.\n"
    ours = [text for text in gitlab.texts if "dsac:plan" in text.body]
    assert len(ours) == 1
    assert "No changes." in ours[0].body
    copy = gitlab.post("merge/7", ours[0].body, user="project_42_bot")
    planned.dsac("comment", "plan.dsac")
    assert copy not in gitlab.texts


def test_a_gitlab_that_does_not_say_whose_token_it_is_will_do(planned, gitlab):
    gitlab.canned["GET /api/v4/user"] = [Canned(404, "{}")] * 9
    janes = gitlab.post("merge/7", f"{MARK}\nmine", user="jane")
    for _ in range(2):
        assert planned.dsac("comment", "plan.dsac").code == 0
    assert [text.user for text in gitlab.texts] == ["jane", "project_42_bot"]
    assert janes.body == f"{MARK}\nmine"


def test_pages_of_gitlab_are_found_by_number_where_links_are_dropped(planned, gitlab):
    for number in range(7):
        gitlab.post("merge/7", f"{number}", user="jane")
    gitlab.most_per_page = 3
    linked = gitlab.page

    def page(rows, wrap=""):
        response = linked(rows, wrap)
        following = str(int(request.args.get("page", 1)) + 1)
        more = response.headers.pop("Link", "")
        response.headers["X-Next-Page"] = following if more else ""
        return response

    gitlab.page = page
    for _ in range(2):
        assert planned.dsac("comment", "plan.dsac").code == 0, gitlab.log
    assert [text.user for text in gitlab.texts].count("project_42_bot") == 1


def test_issues_on_gitlab_are_opened_updated_and_closed(planned, gitlab):
    planned.apply()

    def nightly():
        ran = planned.dsac("drift", "--format", "json")
        (planned.root / "drift.json").write_text(ran.out)
        return planned.dsac("comment", "drift.json", "--on", "issue").out

    planned.write(MANIFEST + "description: roses\n")
    assert nightly() == "Created issue 101 of 42.\n"
    gitlab.post("issues", gitlab.texts[0].body, user="project_42_bot")
    assert nightly() == "Updated issue 101 of 42.\n"
    assert [item.open for item in gitlab.texts] == [True, False]
    planned.apply()
    assert nightly() == "Closed issue 101 of 42.\n"


def test_gitlab_says_what_its_token_needs(planned, gitlab, monkeypatch):
    notes = "/api/v4/projects/42/merge_requests/7/notes"
    gitlab.canned[f"POST {notes}"] = [Canned(403, "{}")]
    ran = planned.dsac("comment", "plan.dsac")
    assert "the scope api and the role Reporter" in ran.err
    gitlab.canned[f"GET {notes}"] = [
        Canned(429, "{}", {"RateLimit-Remaining": "0", "RateLimit-Reset": "1"})
    ]
    assert planned.dsac("comment", "plan.dsac").code == 0
    monkeypatch.delenv("GITLAB_TOKEN")
    monkeypatch.setenv("CI_JOB_TOKEN", "job")
    ran = planned.dsac("comment", "plan.dsac")
    assert (ran.code, "a CI_JOB_TOKEN may not write comments" in ran.err) == (1, True)
    monkeypatch.setenv("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "43")
    monkeypatch.setenv("CI_MERGE_REQUEST_PROJECT_ID", "42")
    assert planned.dsac("comment", "plan.dsac").code == 0


MISTAKES = [
    (("comment",), "there is nothing to post"),
    (("comment", "none.dsac"), "can't read none.dsac"),
    (("comment", "none.md"), "can't read none.md"),
    (("comment", "odd.json"), "is not a saved plan"),
    (("comment", "drift.json"), "this is no drift as dsac writes it"),
    (("comment", "plan.dsac", "--errors", "odd.json"), "does not hold the errors"),
    (("comment", "plan.dsac", "--repository", "acme"), "'acme' is no repository"),
    (("comment", "plan.dsac", "--api-url", "example.org"), "is no address of an API"),
    (("comment", "plan.dsac", "--summary", "none/x.md"), "can't add the page to"),
    (("comment", "plan.dsac", "--max-bytes", "10"), "Invalid value"),
    (("comment", "plan.dsac", "--number", "0"), "Invalid value"),
    (("comment", "plan.dsac", "--provider", "gitea"), "Invalid value"),
]


@pytest.mark.parametrize(("arguments", "said"), MISTAKES)
def test_mistakes_are_told_plainly(planned, github, arguments, said):
    (planned.root / "odd.json").write_text("[1]")
    (planned.root / "drift.json").write_text('{"summary": {"missing": 1}}')
    ran = planned.dsac(*arguments)
    assert (ran.code, said in ran.err) == (1, True), ran.err


def test_a_run_that_says_nothing_of_itself_is_told_what_is_missing(
    planned, monkeypatch
):
    (planned.root / "event.json").write_text("{")
    steps = [
        ({}, "name it: --provider github"),
        ({"GITHUB_ACTIONS": "true"}, "there is no token for github in GITHUB_TOKEN"),
        ({"GITHUB_TOKEN": TOKEN}, "this run is for no pull request"),
        ({"GITHUB_REF": "refs/pull/7/merge"}, "the repository is not known"),
        ({"GITHUB_EVENT_PATH": "event.json"}, "can't read the event in event.json"),
        ({"GITHUB_ACTIONS": "", "GITLAB_CI": "true"}, "token for gitlab"),
        ({"GITLAB_TOKEN": TOKEN, "CI_MERGE_REQUEST_IID": "7"}, "project is not known"),
    ]
    for values, said in steps:
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        ran = planned.dsac("comment", "plan.dsac")
        assert (ran.code, said in ran.err) == (1, True), (said, ran.err)


def test_flags_go_before_the_environment(planned, github, monkeypatch):
    url = os.environ["GITHUB_API_URL"]
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("GITHUB_GRAPHQL_URL", "http://127.0.0.1:9/graphql")
    monkeypatch.setenv("GITHUB_REPOSITORY", "acme/other")
    flags = ("--api-url", f"{url}/", "--repository", "acme/data", "--number", "8")
    for _ in range(2):
        assert planned.dsac("comment", "plan.dsac", *flags).code == 0
    assert [text.place for text in github.texts] == ["pull/8"]
