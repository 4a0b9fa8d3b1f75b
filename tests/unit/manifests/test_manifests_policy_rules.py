"""Policy rules in dsac.yaml: what they may say, and where they are wrong."""

import jsonschema
import pytest

from dsac.core.plan import Severity
from dsac.core.resources import Kind
from dsac.core.rules import (
    AllowedHosts,
    ForbiddenCategories,
    MaxDeletes,
    ProtectedLabels,
    RequiredMetadata,
    Reviewed,
    Rule,
)
from dsac.errors import ManifestError
from dsac.manifests.project import load_project
from dsac.manifests.schema import json_schema

ALL = """\
policy:
  rules:
    - rule: max-deletes
      at_most: {sample: 20, dataset: 0}
      severity: warning
      datasets: acme/*
      message: Ask first.
    - {rule: reviewed, labelset: second, by: [bob], statuses: [VERIFIED]}
    - {rule: forbidden-categories, categories: [face, 17]}
    - rule: required-metadata
      keys: [license]
      values: {license: [cc0, 1, true]}
      kinds: [dataset, sample]
    - {rule: allowed-hosts, hosts: []}
    - {rule: protected-labels, by: [bob], statuses: [REVIEWED]}
"""


def test_all_rules_are_read(folder):
    folder.write("dsac.yaml", ALL)
    assert load_project(folder.root, environ={}).rules == (
        Rule(
            demand=MaxDeletes(at_most={Kind.DATASET: 0, Kind.SAMPLE: 20}),
            severity=Severity.WARNING,
            datasets="acme/*",
            message="Ask first.",
        ),
        Rule(demand=Reviewed(labelset="second", by=("bob",), statuses=("VERIFIED",))),
        Rule(demand=ForbiddenCategories(categories=("face", 17))),
        Rule(
            demand=RequiredMetadata(
                keys=("license",),
                values={"license": ("cc0", 1, True)},
                kinds=frozenset({Kind.DATASET, Kind.SAMPLE}),
            )
        ),
        Rule(demand=AllowedHosts(hosts=())),
        Rule(demand=ProtectedLabels(by=("bob",), statuses=("REVIEWED",))),
    )


def test_an_environment_states_its_own_rules_or_has_those_of_the_project(folder):
    folder.write(
        "dsac.yaml",
        f"{ALL}environments:\n  none: {{policy: {{rules: []}}}}\n"
        "  limits: {policy: {max_delete: {count: 1}}}\n  plain: {}\n",
    )
    counts = {
        name: len(load_project(folder.root, environment=name, environ={}).rules)
        for name in ("none", "limits", "plain")
    }
    assert counts == {"none": 0, "limits": 6, "plain": 6}


@pytest.mark.parametrize(
    ("rule", "where", "message"),
    [
        ("{rule: max-delete, at_most: {sample: 1}}", 25, "mean 'max-deletes'?"),
        ("{rule: 3}", 25, "rules.0.rule can't be '3'"),
        ("{at_most: {sample: 1}}", 18, "'rule' is missing"),
        ("3", 18, "policy.rules.0 is 3\n  write a mapping"),
        ("{rule: max-deletes}", 18, "'at_most' is missing"),
        ("{rule: max-deletes, at_most: {}}", 47, "no kind is named"),
        ("{rule: max-deletes, at_most: {smple: 1}}", 48, "mean 'sample'?"),
        ("{rule: max-deletes, at_most: {sample: -1}}", 56, "greater than or equal"),
        ("{rule: allowed-hosts, host: [a]}", 40, "mean 'hosts'?"),
        ("{rule: allowed-hosts, hosts: a}", 47, "write a list"),
        ("{rule: allowed-hosts, hosts: ['https://a/']}", 47, "without scheme, port"),
        ("{rule: allowed-hosts, hosts: ['a.test:80']}", 47, "without scheme, port"),
        ("{rule: allowed-hosts, hosts: ['*.a.test', '']}", 47, "'' is no host"),
        ("{rule: protected-labels, statuses: [REVIEWD]}", 54, "'REVIEWED'"),
        ("{rule: reviewed, severity: fatal}", 45, "'error', 'warning'"),
        ("{rule: reviewed, statuses: []}", 45, "at least 1 item"),
        ("{rule: forbidden-categories, categories: []}", 59, "at least 1 item"),
        ("{rule: required-metadata, keys: [1]}", 51, "write a string"),
    ],
)
def test_a_wrong_rule_is_named_with_its_place(rule, where, message, folder):
    folder.write("dsac.yaml", f"policy: {{rules: [{rule}]}}\n")
    with pytest.raises(ManifestError) as caught:
        load_project(folder.root, environ={})
    found = str(caught.value)
    assert f"dsac.yaml:1:{where}: " in found, found
    assert message in found or "known are: error, warning" in found, found


def test_the_schema_of_the_project_knows_the_rules():
    validator = jsonschema.Draft202012Validator(json_schema("project"))
    rule = {"rule": "allowed-hosts", "hosts": ["a"]}
    assert validator.is_valid({"policy": {"rules": [rule]}})
    assert not validator.is_valid({"policy": {"rules": [{**rule, "x": 1}]}})
    assert not validator.is_valid({"policy": {"rules": [{"rule": "x"}]}})
