"""Values for tests: each with defaults that make sense together, by keyword."""

from typing import Any

from msgspec import UNSET, UnsetType

from dsac.core.change import Action, Change, Loss
from dsac.core.marker import Marker
from dsac.core.plan import Allowances, Block, Plan
from dsac.core.plan_digest import plan_digest
from dsac.core.report import Report, Result
from dsac.core.resources import (
    PRELABELED,
    Address,
    Dataset,
    Desired,
    DesiredLabelset,
    DesiredSample,
    Kind,
    Label,
    Labelset,
    Lifecycle,
    RemoteDataset,
    RemoteLabel,
    RemoteSample,
    Sample,
)
from dsac.core.values import Json, Tree, Upload

JANE = "jane/flowers"
PROJECT = "flowers"
REMOTE = "https://api.segments.example"
ROSE: Tree = {"id": 1, "name": "rose", "color": [220, 40, 40]}


def make_upload(path: str = "images/violet.jpg", *, form: str = "file") -> Upload:
    """Make a file to be uploaded; its digest follows from nothing and is fixed."""
    return Upload(path, "9f1c" * 16, form)


def make_dataset(
    name: str = JANE,
    *,
    task_attributes: dict[str, Tree] | UnsetType = UNSET,
    settings: dict[str, Json] | None = None,
    metadata: dict[str, Json] | UnsetType | None = UNSET,
    prevent_destroy: bool | UnsetType = UNSET,
) -> Dataset:
    """Make a dataset of bitmaps."""
    return Dataset(
        name=name,
        task_type="segmentation-bitmap",
        task_attributes=task_attributes,
        settings={"category": "garden"} if settings is None else settings,
        metadata=metadata,
        prevent_destroy=prevent_destroy,
    )


def make_sample(
    name: str = "violet.jpg",
    *,
    url: str | Upload | None = None,
    metadata: dict[str, Json] | UnsetType | None = UNSET,
    priority: float | UnsetType = UNSET,
) -> Sample:
    """Make an image sample; without a `url` its attributes are unset."""
    return Sample(
        name=name,
        attributes=UNSET if url is None else {"image": {"url": url}},
        metadata=metadata,
        priority=priority,
    )


def make_annotations(count: int) -> list[Tree]:
    """Make annotations of ids 1 to `count`."""
    return [{"id": number, "category_id": 1} for number in range(1, count + 1)]


def make_label(
    status: str = PRELABELED,
    *,
    annotations: int = 1,
    url: str | Upload = "https://assets.example/violet.png",
    score: float | UnsetType | None = UNSET,
) -> Label:
    """Make a bitmap label with that many annotations."""
    return Label(
        status=status,
        attributes={
            "annotations": make_annotations(annotations),
            "segmentation_bitmap": {"url": url},
        },
        score=score,
    )


def make_desired(
    *samples: DesiredSample,
    dataset: Dataset | None = None,
    labelsets: dict[str, str] | None = None,
    lifecycle: Lifecycle | None = None,
) -> Desired:
    """Make a dataset as a manifest wants it; `labelsets` gives owners by name."""
    return Desired(
        dataset=dataset or make_dataset(),
        labelsets=tuple(
            DesiredLabelset(labelset=Labelset(name=name), owner=owner)
            for name, owner in (labelsets or {}).items()
        ),
        samples=samples,
        lifecycle=lifecycle or Lifecycle(),
    )


def make_remote_sample(
    sample: Sample | None = None,
    *,
    project: str = PROJECT,
    labels: dict[str, Label | None] | None = None,
    author: str = "bob",
) -> RemoteSample:
    """Make a sample on the platform; `author` wrote all of its labels."""
    sample = sample or make_sample()
    return RemoteSample(
        uuid=f"uuid-{sample.name}",
        sample=sample,
        marker=Marker(project=project, dataset=JANE),
        labels={
            name: None if label is None else RemoteLabel(label=label, created_by=author)
            for name, label in (labels or {}).items()
        },
    )


def make_remote(
    *samples: RemoteSample, dataset: Dataset | None = None, project: str = PROJECT
) -> RemoteDataset:
    """Make a dataset on the platform that a project manages."""
    return RemoteDataset(
        dataset=dataset or make_dataset(prevent_destroy=True),
        marker=Marker(project=project, dataset=JANE, prevent_destroy=True),
        samples={item.sample.name: item for item in samples},
    )


def make_change(
    action: Action = Action.UPDATE,
    *,
    name: str = "violet.jpg",
    reason: str = "",
    held: str = "",
    losses: tuple[Loss, ...] = (),
) -> Change:
    """Make the change of a sample that does one thing: `action`."""
    there = make_sample(name, priority=1)
    before = None if action is Action.CREATE else there
    after = None if action is Action.DELETE else there
    if action is Action.UPDATE:
        after = make_sample(name, priority=2)
    return Change(
        address=Address.of_sample(JANE, name),
        before=before,
        after=after,
        previous=f"old-{name}" if action is Action.RENAME else "",
        adopt=action is Action.ADOPT,
        uuid="" if action is Action.CREATE else f"uuid-{name}",
        reason=reason,
        held=held,
        losses=losses,
    )


def make_loss(
    sample: str = "violet.jpg", *, status: str = "REVIEWED", author: str = "bob"
) -> Loss:
    """Make a person's ground truth that is at stake."""
    return Loss(Address.label(JANE, sample, "ground-truth"), status, author)


def make_plan(
    *changes: Change,
    blocks: tuple[Block, ...] = (),
    warnings: tuple[str, ...] = (),
    unchanged: dict[Kind, int] | None = None,
    allow: Allowances | None = None,
) -> Plan:
    """Make a plan of the project `flowers` for its user jane."""
    return Plan(
        project=PROJECT,
        remote=REMOTE,
        user="jane",
        changes=changes,
        blocks=blocks,
        warnings=warnings,
        unchanged=unchanged or {},
        allow=allow or Allowances(),
        digest=plan_digest(changes, project=PROJECT, remote=REMOTE),
    )


def make_report(*results: Result, **more: Any) -> Report:
    """Make the report of an apply that ended so."""
    return Report(results=results, uploads=1, requests=9, writes=4, **more)
