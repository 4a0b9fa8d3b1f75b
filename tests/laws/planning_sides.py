"""What the cases of docs/planning.md are built of: two sides, and what a plan does."""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType, structs

from dsac.core.diff import diff
from dsac.core.differences import Differences
from dsac.core.globs import Glob, globs
from dsac.core.guard import guard
from dsac.core.labels import Machines
from dsac.core.losses import Evidence, Found
from dsac.core.marker import Marker
from dsac.core.ownership import Scope
from dsac.core.plan import Allowances, Policy
from dsac.core.removal import Asked, diff_removal
from dsac.core.replacing import replaced, why_not
from dsac.core.resources import (
    GROUND_TRUTH,
    Address,
    Dataset,
    Desired,
    DesiredLabelset,
    DesiredSample,
    Label,
    Labelset,
    RemoteDataset,
    RemoteLabel,
    RemoteSample,
    Sample,
)
from dsac.core.values import Tree

JANE = "jane/flowers"
OURS = Marker(project="p", dataset=JANE)
THEIRS = Marker(project="q", dataset=JANE)
CLONED = Marker(project="p", dataset="jane/original")
NEWER = Marker(project="", dataset="", known=False)
SCOPE = Scope(project="p", machines=Machines(frozenset({"ci"})))
MACHINE = RemoteLabel(label=Label(attributes={"a": 1}), created_by="ci")
PERSON = RemoteLabel(
    label=Label(status="REVIEWED", attributes={"a": 1}), created_by="bob"
)
ROSE: dict[str, Tree] = {"categories": [{"id": 1, "name": "rose"}]}
TULIP: dict[str, Tree] = {"categories": [{"id": 1, "name": "tulip"}]}
MODEL = "predictions"


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Two sides, and the object in question.

    `asked` makes it the deletion of the dataset; `labels` are those of each sample,
    by label set, in sets that the manifest does not read. `replace` is an address that
    is to be made anew.
    """

    subject: str
    desired: Desired
    remote: RemoteDataset | None
    asked: Asked | None = None
    labels: dict[str, Found] = {}
    replace: str = ""

    def part(self) -> Differences:
        """Compare the two sides."""
        if self.asked is None:
            scope = structs.replace(SCOPE, replace=self.replaces())
            return diff(self.desired, self.remote, scope=scope)
        return diff_removal(JANE, self.remote, scope=SCOPE, asked=self.asked)

    def replaces(self) -> tuple[Glob, ...]:
        return globs((self.replace,) if self.replace else ())

    def refuses(self, part: Differences) -> bool:
        """Tell whether there is no plan: something, or what is asked, can't be."""
        undone = [item for item in self.replaces() if not replaced(item, part.changes)]
        for glob in undone:
            assert list(why_not(glob, self.desired, self.remote, SCOPE))
        return bool(part.errors or undone)

    def outcome(self) -> str:
        """Say what a plan does to the object, in the words of the table."""
        part = self.part()
        if self.refuses(part):
            return "refuse"
        remote = self.remote or RemoteDataset(dataset=Dataset(name=JANE))
        read = {GROUND_TRUTH: None, **self.labels}
        labels = {item.uuid: {**read, **item.labels} for item in remote}
        every = [label for row in labels.values() for label in row.values()]
        evidence = Evidence(
            desired=self.desired,
            remote=remote,
            labels=labels,
            labelled=any(label is not None for label in every),
        )
        guarded = guard(
            [(part, evidence)],
            machines=SCOPE.machines,
            policy=Policy(),
            allow=Allowances(),
        )
        for change in guarded.changes:
            if str(change.address) == self.subject:
                if change.held:
                    return "hold"
                if guarded.blocks:
                    return "block"
                return "+".join(map(str, change.actions))
        return "keep"


CASES: dict[str, Callable[[], Case]] = {}


def case(build: Callable[[], Case]) -> Callable[[], Case]:
    """Note a case under its name."""
    CASES[build.__name__.removeprefix("_").replace("_", "-")] = build
    return build


def desired(
    *samples: Sample | DesiredSample,
    dataset: Dataset | None = None,
    managed: bool = True,
    **more: Any,
) -> Desired:
    rows = tuple(
        item if isinstance(item, DesiredSample) else DesiredSample(sample=item)
        for item in samples
    )
    wanted = Desired(dataset=dataset or Dataset(name=JANE))
    return structs.replace(wanted, samples=rows if managed else None, **more)


def remote(
    *samples: RemoteSample,
    marker: Marker | None = OURS,
    dataset: Dataset | None = None,
    keep: bool | UnsetType = UNSET,
    **more: Any,
) -> RemoteDataset:
    there = structs.replace(dataset or Dataset(name=JANE), prevent_destroy=keep)
    found = RemoteDataset(
        dataset=there,
        marker=marker,
        samples={item.sample.name: item for item in samples},
    )
    return structs.replace(found, **more)


def guarded_remote(*samples: RemoteSample, **more: Any) -> RemoteDataset:
    """Give a dataset as an apply left it: with prevent_destroy in its marker."""
    return structs.replace(remote(*samples, keep=True), **more)


def image(number: int = 1) -> dict[str, Tree]:
    return {"image": {"url": f"https://x/{number}.png"}}


def want(name: str, number: int = 1) -> Sample:
    return Sample(name=name, attributes=image(number))


def have(
    name: str,
    number: int = 1,
    *,
    marker: Marker | None = OURS,
    labels: dict[str, Found] | None = None,
) -> RemoteSample:
    return RemoteSample(
        uuid=f"u-{name}",
        sample=Sample(name=name, attributes=image(number), metadata={}, priority=0),
        marker=marker,
        labels=labels or {},
    )


def address_of(kind: str = "", name: str = "") -> str:
    return f"{JANE}{kind}{name}"


def about_dataset(wanted: Desired, there: RemoteDataset | None, **more: Any) -> Case:
    return structs.replace(Case(subject=JANE, desired=wanted, remote=there), **more)


def about_sample(name: str, wanted: Desired, there: RemoteDataset, **more: Any) -> Case:
    subject = str(Address.of_sample(JANE, name))
    return structs.replace(Case(subject=subject, desired=wanted, remote=there), **more)


def about_label(
    stated: Label | None,
    there: Found,
    *,
    owner: str = "manifest",
    number: int = 1,
    **more: Any,
) -> Case:
    labels = {} if stated is None else {MODEL: stated}
    row = DesiredSample(sample=want("a", number), labels=labels)
    declared = DesiredLabelset(labelset=Labelset(name=MODEL), owner=owner)
    wanted = desired(row, labelsets=(declared,), **more)
    return Case(
        subject=str(Address.label(JANE, "a", MODEL)),
        desired=wanted,
        remote=guarded_remote(
            have("a", labels={MODEL: there}), labelsets=(Labelset(name=MODEL),)
        ),
    )
