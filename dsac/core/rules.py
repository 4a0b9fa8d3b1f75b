"""Policy rules as values: what a project demands of its plans, and what it found."""

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from itertools import groupby
from typing import ClassVar

import msgspec

from dsac.core.plan import Block, Finding, Severity
from dsac.core.resources import GROUND_TRUTH, Kind
from dsac.core.values import Json


class MaxDeletes(msgspec.Struct, frozen=True, kw_only=True):
    """At most so many objects of a kind are deleted by one plan."""

    code: ClassVar[str] = "DS101"
    name: ClassVar[str] = "max-deletes"
    at_most: Mapping[Kind, int]


class Reviewed(msgspec.Struct, frozen=True, kw_only=True):
    """Before a release every sample has a label in a set that a person reviewed.

    `by` names the reviewers who count, all if empty.
    """

    code: ClassVar[str] = "DS102"
    name: ClassVar[str] = "reviewed"
    labelset: str = GROUND_TRUTH
    by: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ("REVIEWED", "VERIFIED")


class ForbiddenCategories(msgspec.Struct, frozen=True, kw_only=True):
    """Categories, by name or id, that no dataset defines and no label uses."""

    code: ClassVar[str] = "DS103"
    name: ClassVar[str] = "forbidden-categories"
    categories: tuple[int | str, ...]


class RequiredMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """Keys that metadata must have, and the values that a key may have."""

    code: ClassVar[str] = "DS104"
    name: ClassVar[str] = "required-metadata"
    keys: tuple[str, ...] = ()
    values: Mapping[str, tuple[Json, ...]] = {}
    kinds: frozenset[Kind] = frozenset({Kind.SAMPLE})


class AllowedHosts(msgspec.Struct, frozen=True, kw_only=True):
    """Hosts to which new URLs may lead; globs. What dsac uploads is not asked."""

    code: ClassVar[str] = "DS105"
    name: ClassVar[str] = "allowed-hosts"
    hosts: tuple[str, ...]


class ProtectedLabels(msgspec.Struct, frozen=True, kw_only=True):
    """Labels of people that no allowance gives up, by who reviewed or made them."""

    code: ClassVar[str] = "DS106"
    name: ClassVar[str] = "protected-labels"
    by: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()


Demand = (
    MaxDeletes
    | Reviewed
    | ForbiddenCategories
    | RequiredMetadata
    | AllowedHosts
    | ProtectedLabels
)


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A demand, for which datasets it is made, and how serious it is.

    `datasets` is a glob over full names, `message` what the project says besides.
    """

    demand: Demand
    severity: Severity = Severity.ERROR
    datasets: str = "*"
    message: str = ""

    def is_about(self, dataset: str) -> bool:
        """Tell whether a dataset is among those that are meant."""
        return fnmatchcase(dataset, self.datasets)

    def finding(self, address: object, found: str, remedy: str) -> Finding:
        """Make a finding of this rule."""
        return Finding(
            code=self.demand.code,
            rule=self.demand.name,
            severity=self.severity,
            address=str(address),
            found=found,
            remedy=remedy,
            message=self.message,
        )


FEW = 3
"""So many findings of a rule are named where all of them are told in one sentence."""


def blocks_of(findings: Iterable[Finding]) -> Iterator[Block]:
    """Block a plan for its errors: one sentence for all that a rule has to say."""
    for first, told in _sentences(findings, Severity.ERROR):
        yield Block(
            "", told, f"{_advice(first)}; only a change of dsac.yaml lifts the rule"
        )


def warnings_of(findings: Iterable[Finding]) -> Iterator[str]:
    """Warn of the rest, a sentence for each rule too."""
    for first, told in _sentences(findings, Severity.WARNING):
        yield f"{told} ({_advice(first)})"


def _advice(finding: Finding) -> str:
    """Say what the project and the rule say of what to do."""
    return "; ".join(filter(None, (finding.message.rstrip("."), finding.remedy)))


def _sentences(
    findings: Iterable[Finding], severity: Severity
) -> Iterator[tuple[Finding, str]]:
    mine = (item for item in findings if item.severity is severity)
    for _, group in groupby(mine, key=lambda item: (item.code, item.message)):
        those = list(group)
        named = "; ".join(
            f"{item.address}: {item.found}" if item.address else item.found
            for item in those[:FEW]
        )
        more = f"; and {len(those) - FEW} more" if len(those) > FEW else ""
        first = those[0]
        yield first, f"{first.code} {first.rule}: {named}{more}"
