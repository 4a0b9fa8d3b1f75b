"""Builders of guarded datasets, for the tests of the guards."""

from msgspec import structs

from dsac.core.change import Change
from dsac.core.differences import Differences
from dsac.core.guard import Guarded, guard
from dsac.core.labels import Machines
from dsac.core.losses import Evidence
from dsac.core.plan import Allowances, Policy
from dsac.core.resources import (
    GROUND_TRUTH,
    Address,
    Dataset,
    Desired,
    Label,
    Lifecycle,
    RemoteDataset,
    RemoteLabel,
    RemoteSample,
    Sample,
)
from dsac.core.values import Tree

JANE = "jane/flowers"
TREES = "jane/trees"
MACHINES = Machines(frozenset({"ci"}))
PERSON = RemoteLabel(label=Label(status="LABELED"), created_by="bob")
OLD: dict[str, Tree] = {"image": {"url": "https://x/1.jpg"}}
NEW: dict[str, Tree] = {"image": {"url": "https://x/2.jpg"}}
Part = tuple[Differences, Evidence]


def delete(name: str, *, owned: bool = True, dataset: str = JANE) -> Change:
    return Change(
        address=Address.of_sample(dataset, name),
        before=Sample(name=name),
        uuid=f"u-{name}",
        owned=owned,
    )


def replace(name: str) -> Change:
    return structs.replace(delete(name), after=Sample(name=name), replaces=f"u-{name}")


def deletes(count: int, *, owned: bool = True, dataset: str = JANE) -> list[Change]:
    return [
        delete(f"{number:05}", owned=owned, dataset=dataset) for number in range(count)
    ]


def part(
    *changes: Change,
    owned: int = 100,
    labelled: frozenset[str] = frozenset(),
    exist: bool = True,
    lifecycle: Lifecycle | None = None,
    dataset: str = JANE,
) -> Part:
    """Build a dataset's changes; `labelled` names samples with a person's label."""
    uuids = {change.uuid for change in changes} | {f"u-{name}" for name in labelled}
    rows = {
        uuid: RemoteSample(uuid=uuid, sample=Sample(name=uuid.removeprefix("u-")))
        for uuid in uuids
    }
    labels = {
        uuid: {GROUND_TRUTH: PERSON if uuid.removeprefix("u-") in labelled else None}
        for uuid in uuids
    }
    desired = Desired(dataset=Dataset(name=dataset), lifecycle=lifecycle or Lifecycle())
    return (
        Differences(
            dataset=dataset,
            changes=tuple(sorted(changes, key=lambda item: item.address.order)),
            owned=owned,
        ),
        Evidence(
            desired=desired,
            remote=RemoteDataset(dataset=Dataset(name=dataset), samples=rows),
            labels=labels,
            labelled=exist,
        ),
    )


def guarded(*parts: Part, **allow: int) -> Guarded:
    return under(Policy(), *parts, **allow)


def under(policy: Policy, *parts: Part, **allow: int) -> Guarded:
    return guard(
        parts,
        machines=MACHINES,
        policy=policy,
        allow=structs.replace(Allowances(), **allow),
    )
