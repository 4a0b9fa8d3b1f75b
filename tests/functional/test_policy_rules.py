"""Policy rules of dsac.yaml: plans that break them are blocked, or warned of."""

from typing import Any

import pytest

HEAD = """\
dataset: jane/flowers
task_type: bboxes
categories: [{id: 1, name: rose}, {id: 2, name: face}]
"""
RULES = """\
project: flowers
policy:
  rules:
    - rule: max-deletes
      at_most: {sample: 2}
      message: Ask the data team.
    - {rule: reviewed, by: [bob]}
    - {rule: forbidden-categories, categories: [face, 9]}
    - rule: required-metadata
      keys: [license]
      values: {license: [cc0, cc-by]}
      severity: warning
    - {rule: allowed-hosts, hosts: ["*.x.test"], datasets: jane/*}
    - {rule: protected-labels, by: [bob]}
"""


def sample(name: str, more: str = "", *, host: str = "a.x.test") -> str:
    metadata = "metadata: {license: cc0}"
    image = f"image: 'https://{host}/{name}'"
    return f"  - {{name: {name}, {image}, {more or metadata}}}\n"


def manifest(names: str, *rows: str, head: str = HEAD) -> str:
    return f"{head}samples:\n{''.join(map(sample, names))}{''.join(rows)}"


@pytest.fixture
def ruled(project):
    """Apply six samples, then state rules."""
    project.write(manifest("abcdef"))
    project.apply()
    (project.root / "dsac.yaml").write_text(RULES)
    return project


def found(project, *flags: str) -> dict[str, list[tuple[str, str]]]:
    """Plan, and give what each rule found: where, and what."""
    result: dict[str, list[tuple[str, str]]] = {}
    for item in project.plan(*flags)["policy"]:
        result.setdefault(item["code"], []).append((item["address"], item["found"]))
    return result


def test_a_plan_that_keeps_to_the_rules_says_nothing_of_them(ruled):
    plan = ruled.plan()
    assert (plan["policy"], plan["blocks"], plan["warnings"]) == ([], [], [])
    ruled.write(manifest("abcdefg"))
    assert found(ruled) == {}
    ruled.apply()
    ruled.assert_settled()


def test_too_many_deletes_are_blocked_and_no_flag_lifts_that(ruled):
    ruled.write(manifest("abc"))
    assert found(ruled) == {
        "DS101": [("jane/flowers", "3 samples would be deleted, at most 2 may")]
    }
    ran = ruled.dsac("plan", "--allow-delete", "3", "--out", "p.plan")
    assert ran.code == 1
    assert "DS101 max-deletes: jane/flowers: 3 samples would be deleted" in ran.out
    assert "Ask the data team; delete fewer at a time; only a change of" in ran.out
    assert ruled.dsac("apply", "--auto-approve", "--allow-delete", "3").code == 1
    assert ruled.dsac("apply", "p.plan").code == 1
    assert "approvals.yaml" not in ran.out, "no approval lifts a rule"
    ruled.write(manifest("abcd"))
    ruled.apply()


def test_new_urls_keys_and_categories_are_looked_at(ruled):
    label = "labels: {ground-truth: {attributes: {annotations: [{id: 1, %s}]}}}"
    box = "category_id: 2, type: bbox, points: [[0, 0], [1, 1]]"
    ruled.write(
        manifest(
            "bcdef",
            sample("a", "priority: 3, metadata: {license: mine}"),
            sample("g", "metadata: {city: London}", host="evil.test/a.x.test"),
            sample("h", f"metadata: {{license: cc0}}, {label % box}"),
        )
    )
    assert found(ruled) == {
        "DS103": [("jane/flowers:h@ground-truth", "category 2 'face' is forbidden")],
        "DS104": [
            ("jane/flowers:a", "metadata 'license' is \"mine\""),
            ("jane/flowers:g", "metadata has no 'license'"),
        ],
        "DS105": [("jane/flowers:g", "a URL leads to evil.test")],
    }
    ran = ruled.dsac("plan")
    assert ran.code == 1
    assert "Warning: DS104 required-metadata: jane/flowers:a: metadata" in ran.out
    ruled.image("g.png")
    ruled.write(
        f"{HEAD}samples:\n"
        "  - {name: g, image: ../images/g.png, metadata: {license: cc-by}}\n"
    )
    assert found(ruled, "--target", "*:g") == {}, "what dsac uploads is not asked"


def test_metadata_that_is_not_stated_is_that_of_the_platform(ruled):
    ruled.write(manifest("bcdef", sample("a", "priority: 3")))
    assert found(ruled) == {}
    uuid = ruled.sample("b").uuid
    with ruled.platform() as client:
        client.update_sample(uuid, {"metadata": {}})
    ruled.write(manifest("acdef", sample("b", "priority: 3")))
    assert found(ruled) == {"DS104": [("jane/flowers:b", "metadata has no 'license'")]}
    assert ruled.dsac("plan").code == 0, "a warning blocks nothing"
    ruled.write(manifest("acdef", sample("b", "metadata: {license: null, city: x}")))
    assert found(ruled) == {"DS104": [("jane/flowers:b", "metadata has no 'license'")]}


def test_a_release_waits_for_reviews(ruled):
    more = f"{HEAD}releases: [{{name: v1}}]\n"
    for name in "abc":
        ruled.edit_label(name, {"label_status": "REVIEWED"})
    ruled.edit_label("d", {"label_status": "LABELED"})
    ruled.write(manifest("abcdg", head=more))
    waiting = dict(found(ruled)["DS102"])
    assert set(waiting) == {f"jane/flowers:{name}@ground-truth" for name in "dg"}
    assert waiting["jane/flowers:d@ground-truth"] == "is LABELED"
    assert waiting["jane/flowers:g@ground-truth"] == "has no label"
    ran = ruled.dsac("plan", "--out", "p.plan")
    assert ran.code == 1
    ruled.edit_label("d", {"label_status": "REVIEWED"})
    ruled.write(manifest("abcd", head=more))
    assert found(ruled) == {}
    assert ruled.dsac("plan", "--out", "p.plan").code == 0
    ruled.edit_label("d", {"label_status": "LABELED"})
    ran = ruled.dsac("apply", "p.plan")
    assert ran.code == 1
    assert "DS102 reviewed: jane/flowers:d@ground-truth: is LABELED" in ran.out
    ruled.edit_label("d", {"label_status": "REVIEWED"})
    assert ruled.dsac("apply", "p.plan").code == 0, "rules are asked at each apply"


def test_protected_labels_are_not_given_up(ruled):
    ruled.edit_label("a", {"label_status": "LABELED"})
    ruled.write(manifest("bcdef"))
    assert found(ruled) == {}, "what is held is not done"
    lost = [("jane/flowers:a@ground-truth", "LABELED by bob, and would be lost")]
    assert found(ruled, "--allow-label-loss", "1") == {"DS106": lost}
    assert ruled.dsac("plan", "--allow-label-loss", "1").code == 1


def test_the_rules_are_those_of_the_environment(ruled):
    environments = (
        "environments:\n  open: {policy: {rules: []}}\n"
        "  loose: {policy: {max_delete: {percent: 100}}}\n"
    )
    (ruled.root / "dsac.yaml").write_text(RULES + environments)
    ruled.write(manifest("abc"))
    codes: dict[str, Any] = {
        name: list(found(ruled, "--environment", name)) for name in ("open", "loose")
    }
    assert codes == {"open": [], "loose": ["DS101"]}


def test_a_whole_dataset_counts_with_its_samples(ruled):
    ruled.write("dataset: jane/flowers\nlifecycle: {prevent_destroy: false}\n")
    ruled.apply()
    ran = ruled.dsac("destroy", "jane/flowers", "--allow-delete", "6")
    assert ran.code == 1
    assert "6 samples would be deleted, at most 2 may" in ran.out


def test_reviews_in_a_set_or_a_dataset_that_is_not_there_are_none(project):
    (project.root / "dsac.yaml").write_text(
        "project: flowers\npolicy: {rules: [{rule: reviewed, labelset: second}]}\n"
    )
    more = f"{HEAD}releases: [{{name: v1}}]\n"
    project.write(manifest("ab", head=more))
    new = [(f"jane/flowers:{name}@second", "has no label") for name in "ab"]
    assert found(project) == {"DS102": new}
    project.write(manifest("ab"))
    project.apply()
    project.write(manifest("a", head=more))
    assert found(project) == {"DS102": new[:1]}
    project.write(f"{more}samples: []\n")
    assert found(project, "--allow-delete", "2") == {}, "an empty release is reviewed"
