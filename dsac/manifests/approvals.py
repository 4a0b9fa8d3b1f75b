"""approvals.yaml: what reviews allowed, read with the place of each word."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import Field, RootModel, field_validator

from dsac.core.approvals import COUNTS, FILE, Approval
from dsac.core.plan import Allowances
from dsac.errors import Position
from dsac.manifests.document import Document, Items, Map, Steps
from dsac.manifests.models import check, shown
from dsac.manifests.paths import COPY, LEADS_OUT, Paths
from dsac.manifests.problems import Problems
from dsac.manifests.scalars import Variables
from dsac.manifests.schema import Strict
from dsac.manifests.yaml_loader import load

DIGEST = "sha256:[0-9a-f]{64}"

UNSAID = -1
"""A count that is not there: null in its place is a mistake."""


class ApprovalModel(Strict):
    """What is allowed of the plan of a digest, with exact counts."""

    plan: str = Field(
        description="the digest that dsac plan shows",
        json_schema_extra={"pattern": f"^{DIGEST}$"},
    )
    delete: int = Field(UNSAID, ge=0, description="so many samples go")
    label_loss: int = Field(
        UNSAID, ge=0, description="so many labels that people worked on are lost"
    )
    category_change: int = Field(
        UNSAID, ge=0, description="so many categories change under labels"
    )
    recreate: bool = Field(
        default=False, description="datasets that --base declares are made anew"
    )

    @field_validator("plan")
    @classmethod
    def _is_whole(cls, value: str) -> str:
        if not re.fullmatch(DIGEST, value):
            raise ValueError(
                f"{value!r} is no whole digest; copy the line that dsac plan shows"
            )
        return value


class ApprovalsModel(RootModel[list[ApprovalModel]]):
    """Several approvals, of one plan each."""


def approvals_schema() -> dict[str, Any]:
    """Give the JSON Schema of a document of approvals.yaml."""
    one = ApprovalModel.model_json_schema()
    for name in COUNTS:
        del one["properties"][name]["default"]
    several = {"type": "array", "items": {"$ref": "#/$defs/ApprovalModel"}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "dsac approvals",
        "anyOf": [{"$ref": "#/$defs/ApprovalModel"}, several],
        "$defs": {"ApprovalModel": one},
    }


def load_approvals(root: Path) -> tuple[Approval, ...]:
    """Read the approvals beside dsac.yaml; none where there is no such file.

    The file holds one approval, a list of them, or documents of either.

    Raises:
        ManifestError: something in it is wrong.
    """
    problems = Problems()
    data = _read(root / FILE, problems)
    problems.raise_any()
    if data is None:
        return ()
    documents = load(data, FILE, variables=Variables({}, {}), problems=problems)
    found = [item for each in documents for item in _approvals(each, problems)]
    _refuse_twins(found, problems)
    problems.raise_any()
    return tuple(approval for approval, _ in found)


def _read(path: Path, problems: Problems) -> bytes | None:
    if Paths(path.parent.resolve()).leads_out(path):
        problems.add(Position(FILE), LEADS_OUT, COPY)
        return None
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        problems.add(
            Position(FILE),
            f"can't be read: {error.strerror}",
            "make it a file that can be read, or take it away",
        )
        return None


Placed = tuple[Approval, Position]


def _approvals(document: Document, problems: Problems) -> Iterator[Placed]:
    root = document.root
    if isinstance(root, Map):
        before = len(problems.found)
        one = check(ApprovalModel, document, problems)
        if one is not None and len(problems.found) == before:
            yield from _approval(one, document, (), problems)
    elif isinstance(root, Items):
        several = check(ApprovalsModel, document, problems)
        for index, item in enumerate(several.root if several else ()):
            yield from _approval(item, document, (index,), problems)
    else:
        problems.add(
            document.position(),
            f"{shown(root)} is no approval",
            "write plan: DIGEST, and the counts that dsac plan shows",
        )


def _approval(
    model: ApprovalModel, document: Document, path: Steps, problems: Problems
) -> Iterator[Placed]:
    stated = {name for name in COUNTS if getattr(model, name) != UNSAID}
    where = document.position(*path, "plan")
    if not (stated or model.recreate):
        problems.add(
            where,
            "this approval allows nothing",
            f"write what it allows: {', '.join(f'{name}: N' for name in COUNTS)}",
        )
        return
    said: dict[str, Any] = {name: getattr(model, name) for name in stated}
    places = {
        name: str(document.position(*path, name)) for name in ("plan", *sorted(stated))
    }
    allow = Allowances(**said, recreate=model.recreate)
    yield Approval(plan=model.plan, allow=allow, places=places), where


def _refuse_twins(found: Iterable[Placed], problems: Problems) -> None:
    seen: dict[str, Position] = {}
    for approval, where in found:
        first = seen.setdefault(approval.plan, where)
        if first is not where:
            problems.add(
                where,
                f"plan {approval.plan} has another approval at {first}",
                "keep one of the two",
            )
