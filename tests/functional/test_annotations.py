"""Errors beside the lines they are of, and in a file for who posts them."""

import json

import pytest

BAD = "dataset: jane/flowers\nsample: []\ncolor: 1\n"


def annotations(ran):
    return [line for line in ran.err.splitlines() if line.startswith("::")]


@pytest.mark.parametrize("command", ["validate", "plan", "drift", "apply"])
def test_every_problem_is_an_annotation_of_its_line(project, command, monkeypatch):
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project.root.parent))
    project.write(BAD)
    ran = project.dsac(command, "--annotate", "github", "--errors-into", "e.json")
    assert (ran.code, ran.out) == (1, "")
    first, second = annotations(ran)
    place = "::error file=project/manifests/a.yaml,line=2,col=1,title=dsac::"
    assert first.startswith(place)
    assert "%0A" in first
    assert "line=3" in second
    told = json.loads((project.root / "e.json").read_bytes())
    assert (told["command"], told["project"]) == (command, "flowers")
    assert [item["where"]["line"] for item in told["problems"]] == [2, 3]
    assert ran.err.rstrip().endswith("Error: 2 problems.")


def test_what_would_be_another_command_is_written_out(project, monkeypatch):
    name = "manifests/a,b:c%\n::add-mask::x.yaml"
    project.write("dataset: jane/flowers\ncolor: '%0A::error::'\n", name)
    ran = project.dsac("validate", "--annotate", "github")
    (told,) = annotations(ran)
    assert told.startswith(
        "::error file=manifests/a%2Cb%3Ac%25%0A%3A%3Aadd-mask%3A%3Ax.yaml,line=2,"
    )
    (project.root / name).write_text("")
    project.write("dataset: jane/flowers\nsamples: []\n")
    ran = project.dsac("validate")
    assert (ran.code, annotations(ran)) == (0, [])
    assert "a,b:c%\\n::add-mask::x.yaml is empty" in ran.err
    image = '"a\\n::warning::b\\x1b[31m.png"'
    project.write(f"dataset: jane/flowers\nsamples: [{{name: a, image: {image}}}]\n")
    ran = project.dsac("plan")
    assert (ran.code, annotations(ran)) == (1, [])
    assert r"there is no file a\n::warning::b\x1b[31m.png" in ran.err


def test_more_problems_than_github_shows_are_counted(project):
    rows = "\n".join(f"colour{number}: 1" for number in range(30))
    project.write(f"dataset: jane/flowers\n{rows}\n")
    ran = project.dsac("validate", "--annotate", "github")
    found = annotations(ran)
    assert len(found) == 10
    assert (
        found[-1] == "::error title=dsac::21 more problems; the log lists all of them"
    )


def test_an_error_that_is_of_no_file_is_one_too(project, monkeypatch):
    monkeypatch.setenv("DSAC_REMOTE", "https://api.segments.test")
    project.write("dataset: jane/flowers\n")
    ran = project.dsac("plan", "--annotate", "github", "--errors-into", "e.json")
    (told,) = annotations(ran)
    assert told.startswith("::error title=dsac::there is no API key%0Aset SEGMENTS_API")
    assert json.loads((project.root / "e.json").read_bytes())["problems"]
    # What an earlier run left is gone once a command begins.
    monkeypatch.delenv("DSAC_REMOTE")
    assert project.dsac("plan", "--errors-into", "e.json").code == 0
    assert json.loads((project.root / "e.json").read_bytes())["problems"] == []


def test_a_folder_without_a_project_and_one_that_is_elsewhere(
    project, monkeypatch, tmp_path
):
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project.root / "images"))
    project.write(BAD)
    ran = project.dsac("validate", "--annotate", "github")
    assert "file=manifests/a.yaml" in annotations(ran)[0]
    ran = project.dsac("-C", tmp_path, "validate", "--annotate", "github")
    assert len(annotations(ran)) == 1


def test_errors_that_can_not_be_written_are_told(project):
    ran = project.dsac("validate", "--errors-into", "none/e.json")
    assert (ran.code, "can't write errors into none/e.json" in ran.err) == (1, True)
