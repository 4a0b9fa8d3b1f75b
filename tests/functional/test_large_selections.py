"""Samples too many for memory: plans of all kinds are what they would be of few."""

import json
import shutil
import subprocess
from typing import Any

import pytest

from dsac.manifests.store import SampleStore

MANIFEST = """\
dataset: jane/flowers
task_type: bboxes
categories: [{id: 1, name: rose}]
labelsets: {model: {owner: manifest}}
moved: [{from: r-00, to: moved}]
samples: [{index: ../many.jsonl}]
lifecycle: {max_delete: {percent: 90}}
"""
FLAGS = [
    ("plan",),
    ("plan", "--target", "jane/flowers:n-*"),
    ("plan", "--target", "jane/flowers:s-03"),
    ("plan", "--target", "jane/flowers:s-03@model"),
    ("plan", "--target", "jane/flowers:*@ground-truth"),
    ("plan", "--target", "jane/flowers@model", "--target", "jane/flowers:c-*"),
    ("plan", "--exclude", "jane/flowers:c-*"),
    ("plan", "--exclude", "jane/flowers@model"),
    ("plan", "--replace", "jane/flowers:s-03"),
    ("plan", "--replace", "jane/flowers:s-05"),
    ("plan", "--replace", "jane/flowers:s-0[1-3]", "--allow-label-loss", "1"),
    ("plan", "--replace", "jane/flowers:n-01"),
    ("plan", "--replace", "jane/flowers:nothing"),
    ("plan", "--target", "jane/flowers:nothing*"),
    ("plan", "--base", "then"),
    ("plan", "--base", "then", "--target", "jane/flowers:c-*"),
    ("drift",),
]


def row(name: str, url: str, **more: object) -> dict[str, object]:
    return {"name": name, "image": f"https://a.example/{url}.jpg", **more}


def write(project, rows: list[dict[str, object]], labelled: list[str]) -> None:
    box = {"id": 1, "category": "rose", "type": "bbox", "points": [[0, 0], [1, 1]]}
    labels = {"labels": {"model": {"annotations": [box]}}}
    found = [{**item, **(labels if item["name"] in labelled else {})} for item in rows]
    (project.root / "many.jsonl").write_text(
        "".join(json.dumps(item) + "\n" for item in found)
    )


@pytest.fixture
def changed(project, monkeypatch):
    """Apply samples, keep that in git, and change both sides in all ways."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    project.write(MANIFEST.replace("moved: [{from: r-00, to: moved}]\n", ""))
    (project.root / ".gitignore").write_text(".dsac/\n")
    same = [row(f"s-{n:02}", f"s{n}", metadata={"n": n}) for n in range(6)]
    others = [row(f"{kind}-{n:02}", f"{kind}{n}") for kind in "cdr" for n in range(4)]
    labelled = ["s-01", "s-03", "c-00", "d-00"]
    write(project, [*same, *others], labelled)
    project.apply()
    git = shutil.which("git") or "git"
    who = ("-c", "user.name=Jane", "-c", "user.email=jane@example.org")
    for line in ("init -q", "add -A", "commit -q -m x --no-verify", "tag then"):
        subprocess.run([git, *who, *line.split()], check=True, capture_output=True)
    project.write(MANIFEST)
    found = [row(f"c-{n:02}", f"c{n}", priority=n + 1) for n in range(4)]
    found += [row("moved", "r0"), row("r-01-new", "r1"), row("r-02", "r2")]
    found += [row("n-00", "n0"), row("n-01", "n1")]
    write(project, [*same, *found], ["s-01", "s-02", "c-00"])
    with project.platform() as client:
        client.update_sample(project.sample("c-01").uuid, {"priority": 9})
        client.update_sample(project.sample("r-02").uuid, {"metadata": {"n": 1}})
        for name in ("s-03", "s-04", "c-02"):
            uuid = project.sample(name).uuid
            fields: dict[str, Any] = {
                "attributes": {"format_version": "0.1", "annotations": []},
                "label_status": "REVIEWED",
            }
            client.put_label(uuid, "ground-truth", fields)
    return project


@pytest.mark.parametrize("flags", FLAGS, ids=" ".join)
def test_a_plan_of_many_is_the_plan_of_few(flags, changed, monkeypatch):
    few = changed.dsac(*flags, "--format", "json")
    monkeypatch.setattr("dsac.manifests.store.FEW", 0)
    stored: list[SampleStore] = []
    finish = SampleStore.finish

    def noting(self: SampleStore) -> object:
        stored.append(self)
        return finish(self)

    monkeypatch.setattr(SampleStore, "finish", noting)
    many = changed.dsac(*flags, "--format", "json")
    assert stored
    assert all(isinstance(finish(store), SampleStore) for store in stored)
    assert (many.code, many.out, many.err) == (few.code, few.out, few.err)
    assert '"unchanged"' in few.out or few.err
