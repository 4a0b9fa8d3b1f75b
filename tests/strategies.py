"""Hypothesis strategies for resources, changes, plans and reports, the odd ones too."""

from collections.abc import Callable
from typing import TypeVar

from hypothesis import strategies as st
from msgspec import UNSET, UnsetType

from dsac.core.change import Change, Loss
from dsac.core.plan import Allowances, Block, Finding, Plan, Severity
from dsac.core.report import Outcome, Report, Result
from dsac.core.resources import (
    Address,
    Collaborator,
    Dataset,
    Kind,
    Label,
    Labelset,
    Release,
    Resource,
    Sample,
)
from dsac.core.values import Json, Tree, Upload

Made = TypeVar("Made")


def made(
    make: Callable[..., Made], **parts: st.SearchStrategy[object]
) -> st.SearchStrategy[Made]:
    """Draw what a type makes of its parts.

    `builds` would first resolve the types of the parts, and a recursive one of another
    module can't be resolved.
    """
    return st.fixed_dictionaries(parts).map(lambda drawn: make(**drawn))


TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
"""Text in Unicode, with control characters and bidirectional overrides in it."""

NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
SCALARS: st.SearchStrategy[Json] = st.none() | st.booleans() | NUMBERS | TEXT
KEYS = st.sampled_from(["id", "name", "url", "city", "__private"]) | TEXT
JSON: st.SearchStrategy[Json] = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=2)
    ),
    max_leaves=5,
)
UPLOADS = made(Upload, path=TEXT, sha256=TEXT, form=st.sampled_from(["file", "bitmap"]))


def _attribute(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    with_file = st.fixed_dictionaries(
        {"url": UPLOADS}, optional={"city": inner, "id": inner}
    )
    return (
        with_file
        | st.lists(inner, max_size=2)
        | st.dictionaries(KEYS, inner, max_size=2)
    )


TREES: st.SearchStrategy[Tree] = st.recursive(SCALARS, _attribute, max_leaves=5)
"""JSON in which a file may stand, but only where a URL would."""

UNSET_ONLY: st.SearchStrategy[UnsetType] = st.just(UNSET)
ATTRIBUTES = UNSET_ONLY | st.dictionaries(KEYS, TREES, max_size=2)
METADATA = UNSET_ONLY | st.none() | st.dictionaries(KEYS, JSON, max_size=2)
MAYBE_TEXT = UNSET_ONLY | TEXT
MAYBE_USER = UNSET_ONLY | st.none() | TEXT

OWN = set(Dataset.__struct_fields__)
DATASETS = made(
    Dataset,
    name=NAMES,
    task_type=MAYBE_TEXT,
    task_attributes=UNSET_ONLY | st.dictionaries(KEYS, JSON, max_size=2),
    settings=st.dictionaries(TEXT.filter(lambda key: key not in OWN), JSON, max_size=2),
    metadata=METADATA,
    prevent_destroy=UNSET_ONLY | st.booleans(),
)
SAMPLES = made(
    Sample,
    name=NAMES,
    attributes=ATTRIBUTES,
    metadata=METADATA,
    priority=UNSET_ONLY | NUMBERS,
    assigned_labeler=MAYBE_USER,
    assigned_reviewer=MAYBE_USER,
    readme=MAYBE_TEXT,
)
LABELS = made(
    Label,
    status=TEXT,
    attributes=ATTRIBUTES,
    score=UNSET_ONLY | st.none() | NUMBERS,
)
RESOURCES: dict[Kind, st.SearchStrategy[Resource]] = {
    Kind.DATASET: DATASETS,
    Kind.LABELSET: made(Labelset, name=NAMES, description=MAYBE_TEXT),
    Kind.COLLABORATOR: made(Collaborator, user=NAMES, role=TEXT),
    Kind.SAMPLE: SAMPLES,
    Kind.LABEL: LABELS,
    Kind.RELEASE: made(Release, name=NAMES, description=MAYBE_TEXT),
}


@st.composite
def addresses(draw: st.DrawFn, kind: Kind | None = None) -> Address:
    """Draw an address, of one kind or of any."""
    kind = kind or draw(st.sampled_from(Kind))
    dataset = f"{draw(NAMES.filter(lambda name: '/' not in name))}/{draw(NAMES)}"
    sample = draw(NAMES) if kind in {Kind.SAMPLE, Kind.LABEL} else ""
    name = "" if kind in {Kind.DATASET, Kind.SAMPLE} else draw(NAMES)
    return Address(kind, dataset, sample, name)


LOSSES = made(Loss, address=addresses(Kind.LABEL), status=TEXT, author=TEXT)


@st.composite
def changes(draw: st.DrawFn) -> Change:
    """Draw a change of any kind; what it says need not make sense."""
    address = draw(addresses())
    sides = RESOURCES[address.kind]
    before, after = draw(
        st.tuples(sides, sides)
        | st.tuples(st.none(), sides)
        | st.tuples(sides, st.none())
    )
    return Change(
        address=address,
        before=before,
        after=after,
        stated=draw(TREES),
        uuid=draw(TEXT),
        previous=draw(TEXT) if address.kind is Kind.SAMPLE else "",
        adopt=draw(st.booleans()),
        owned=draw(st.booleans()),
        reason=draw(TEXT),
        losses=tuple(draw(st.lists(LOSSES, max_size=2))),
        held=draw(TEXT),
        evidence=tuple(draw(st.lists(TEXT, max_size=3))),
        covers=draw(st.integers(0, 1000)),
    )


COUNTS = st.integers(0, 10**6)
ALLOWED = st.none() | COUNTS
BLOCKS = made(Block, address=TEXT, message=TEXT, remedy=TEXT)
FINDINGS = made(
    Finding,
    code=TEXT,
    rule=TEXT,
    severity=st.sampled_from(Severity),
    address=TEXT,
    found=TEXT,
    remedy=TEXT,
    message=TEXT,
)
PLANS = made(
    Plan,
    project=TEXT,
    remote=TEXT,
    user=TEXT,
    changes=st.lists(changes(), max_size=2).map(tuple),
    blocks=st.lists(BLOCKS, max_size=2).map(tuple),
    warnings=st.lists(TEXT, max_size=2).map(tuple),
    unchanged=st.dictionaries(st.sampled_from(Kind), COUNTS),
    unmanaged=COUNTS,
    kept=COUNTS,
    unknown=COUNTS,
    allow=made(Allowances, delete=ALLOWED, label_loss=ALLOWED, category_change=ALLOWED),
    digest=st.just("sha256:" + "0" * 64),
    asks=st.none()
    | made(
        Allowances,
        delete=COUNTS,
        label_loss=COUNTS,
        category_change=COUNTS,
        recreate=st.booleans(),
    ),
    findings=st.lists(FINDINGS, max_size=2).map(tuple),
    notes=st.lists(TEXT, max_size=2).map(tuple),
)
REPORTS = made(
    Report,
    results=st.lists(
        made(
            Result,
            change=changes(),
            outcome=st.sampled_from(Outcome),
            message=TEXT,
        ),
        max_size=2,
    ).map(tuple),
    interrupted=st.booleans(),
    uploads=COUNTS,
    requests=COUNTS,
    writes=COUNTS,
    warnings=st.lists(TEXT, max_size=2).map(tuple),
)
