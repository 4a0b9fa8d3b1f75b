"""What policy rules in dsac.yaml may say, and the rules that they are."""

import re
from collections.abc import Iterable
from typing import Annotated, Literal, assert_never

from pydantic import BaseModel, ConfigDict, Field, field_validator

from dsac.core.plan import Severity
from dsac.core.resources import GROUND_TRUTH, Kind
from dsac.core.rules import (
    AllowedHosts,
    Demand,
    ForbiddenCategories,
    MaxDeletes,
    ProtectedLabels,
    RequiredMetadata,
    Reviewed,
    Rule,
)
from dsac.core.values import Json
from dsac.manifests.schema_rows import Object, Status

STRICT = ConfigDict(extra="forbid", strict=True, frozen=True)
"""Models of what people write refuse keys and types that they do not know."""


_HOST = re.compile(r"[\w.*?\[\]!-]+|[0-9a-fA-F:.*]+")
"""A glob over hosts; anything else would be one that no host ever matches."""


class RuleModel(BaseModel):
    """What every rule may say."""

    model_config = STRICT

    severity: Literal["error", "warning"] = Field(
        "error", description="an error blocks the plan"
    )
    datasets: str = Field("*", description="a glob over owner/name")
    message: str = Field("", description="shown with what the rule finds")


class AtMost(BaseModel):
    """So many objects of a kind may be deleted by one plan."""

    model_config = STRICT

    dataset: int | None = Field(None, ge=0)
    labelset: int | None = Field(None, ge=0)
    collaborator: int | None = Field(None, ge=0)
    sample: int | None = Field(None, ge=0)
    label: int | None = Field(None, ge=0)
    release: int | None = Field(None, ge=0)


class MaxDeletesModel(RuleModel):
    """DS101: how much one plan may delete."""

    rule: Literal["max-deletes"]
    at_most: AtMost

    @field_validator("at_most")
    @classmethod
    def _says_something(cls, value: AtMost) -> AtMost:
        if value == AtMost():
            raise ValueError("no kind is named; write at_most: {sample: 20}")
        return value


class ReviewedModel(RuleModel):
    """DS102: labels that people must have reviewed before a release is made."""

    rule: Literal["reviewed"]
    labelset: str = GROUND_TRUTH
    by: list[str] = Field([], description="users whose review counts; all if empty")
    statuses: list[Status] = Field(["REVIEWED", "VERIFIED"], min_length=1)


class ForbiddenCategoriesModel(RuleModel):
    """DS103: categories that nobody may use."""

    rule: Literal["forbidden-categories"]
    categories: list[int | str] = Field(min_length=1, description="names or ids")


class RequiredMetadataModel(RuleModel):
    """DS104: metadata that must be there, and what it may be."""

    rule: Literal["required-metadata"]
    keys: list[str] = Field(min_length=1)
    values: dict[str, list[Object | str | int | float | bool]] = Field(
        {}, description="the values that a key may have"
    )
    kinds: list[Literal["dataset", "sample"]] = Field(["sample"], min_length=1)


class AllowedHostsModel(RuleModel):
    """DS105: hosts to which new URLs may lead."""

    rule: Literal["allowed-hosts"]
    hosts: list[str] = Field(description="globs; none: only files that dsac uploads")

    @field_validator("hosts")
    @classmethod
    def _are_hosts(cls, value: list[str]) -> list[str]:
        for item in value:
            if not _HOST.fullmatch(item):
                raise ValueError(
                    f"{item!r} is no host; write it without scheme, port and path: "
                    "images.example.org"
                )
        return value


class ProtectedLabelsModel(RuleModel):
    """DS106: labels that no allowance gives up."""

    rule: Literal["protected-labels"]
    by: list[str] = Field([], description="who reviewed or made them; all if empty")
    statuses: list[Status] = Field([], description="all if empty")


AnyRule = Annotated[
    MaxDeletesModel
    | ReviewedModel
    | ForbiddenCategoriesModel
    | RequiredMetadataModel
    | AllowedHostsModel
    | ProtectedLabelsModel,
    Field(discriminator="rule"),
]


def rules_of(models: Iterable[AnyRule]) -> tuple[Rule, ...]:
    """Give the rules that a file states."""
    return tuple(
        Rule(
            demand=_demand(model),
            severity=Severity(model.severity),
            datasets=model.datasets,
            message=model.message,
        )
        for model in models
    )


def _demand(model: AnyRule) -> Demand:
    match model:
        case MaxDeletesModel():
            counts = {kind: getattr(model.at_most, kind) for kind in Kind}
            stated = {kind: n for kind, n in counts.items() if n is not None}
            return MaxDeletes(at_most=stated)
        case ReviewedModel():
            return Reviewed(
                labelset=model.labelset,
                by=tuple(model.by),
                statuses=tuple(model.statuses),
            )
        case ForbiddenCategoriesModel():
            return ForbiddenCategories(categories=tuple(model.categories))
        case RequiredMetadataModel():
            values: dict[str, tuple[Json, ...]] = {
                key: tuple(found) for key, found in model.values.items()
            }
            return RequiredMetadata(
                keys=tuple(model.keys),
                values=values,
                kinds=frozenset(Kind(kind) for kind in model.kinds),
            )
        case AllowedHostsModel():
            return AllowedHosts(hosts=tuple(model.hosts))
        case ProtectedLabelsModel():
            return ProtectedLabels(by=tuple(model.by), statuses=tuple(model.statuses))
        case _:
            assert_never(model)
