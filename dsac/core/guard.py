"""What may not happen without a person's word: labels lost, mass deletes, categories.

Pure: the engine reads what `risk` asks for, `guard` decides. Losing a label holds
the change that would cost it; everything else that is guarded blocks the plan.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec
from msgspec import UnsetType

from dsac.core.approvals import Approval, inexact, misapproved, together
from dsac.core.change import Change
from dsac.core.differences import Differences
from dsac.core.labels import Machines
from dsac.core.losses import Evidence, costs_sample, with_losses
from dsac.core.plan import Allowances, Block, Policy
from dsac.core.resources import Dataset, Desired, Kind, Lifecycle
from dsac.core.values import by_id


class Risk(msgspec.Struct, frozen=True, kw_only=True):
    """What must be read of a dataset before its changes can be judged.

    `samples` are uuids whose labels in every label set count, `labelsets` names whose
    labels all count; `any_label` asks whether the dataset has a label at all.
    """

    samples: frozenset[str] = frozenset()
    labelsets: frozenset[str] = frozenset()
    everything: bool = False
    any_label: bool = False


class Guarded(msgspec.Struct, frozen=True):
    """Changes with what they would cost, and what blocks them.

    `costs` are the counts that allow all of it, `waits` tells whether any is asked for.
    """

    changes: tuple[Change, ...]
    blocks: tuple[Block, ...]
    costs: Allowances = Allowances()
    waits: bool = False


def risk(part: Differences) -> Risk:
    """Tell what must be read to know what a dataset's changes would cost."""
    samples, labelsets = set(), set()
    everything = any_label = False
    for change in part.changes:
        if change.kind is Kind.SAMPLE and costs_sample(change):
            samples.add(change.uuid)
        elif change.kind is Kind.LABELSET and change.is_delete:
            labelsets.add(change.address.name)
        elif change.kind is Kind.DATASET:
            everything = everything or change.is_delete
            any_label = bool(
                any_label or category_changes(change) or changes_task_type(change)
            )
    return Risk(
        samples=frozenset(samples),
        labelsets=frozenset(labelsets),
        everything=everything,
        any_label=any_label,
    )


def changes_task_type(change: Change) -> bool:
    """Tell whether a dataset would get another task type."""
    before, after = change.before, change.after
    return (
        isinstance(before, Dataset)
        and isinstance(after, Dataset)
        and before.task_type != after.task_type
    )


def category_changes(change: Change) -> tuple[str, ...]:
    """Name the categories that a dataset would lose or give another name."""
    before, after = category_names(change.before), category_names(change.after)
    if not isinstance(change.after, Dataset):
        return ()
    lost = []
    for key, name in before.items():
        if key not in after:
            lost.append(f"{key} {name!r} removed")
        elif after[key] != name:
            lost.append(f"{key} {name!r} becomes {after[key]!r}")
    return tuple(lost)


def category_names(dataset: object) -> dict[str, str]:
    """Give the names of a dataset's categories by their ids, as text."""
    if not isinstance(dataset, Dataset) or isinstance(
        dataset.task_attributes, UnsetType
    ):
        return {}
    items = dataset.task_attributes.get("categories")
    keyed = by_id(items) if isinstance(items, list) else None
    return {
        key: str(item.get("name"))
        for key, item in (keyed or {}).items()
        if isinstance(item, dict)
    }


Judged = tuple[Differences, Evidence, tuple[Change, ...]]
"""A dataset's differences, and its changes with what they cost, held or not."""


def guard(
    parts: Sequence[tuple[Differences, Evidence]],
    *,
    machines: Machines,
    policy: Policy,
    allow: Allowances,
    approval: Approval | None = None,
) -> Guarded:
    """Hold what would cost a person's label; block what needs another word.

    1. Each change gets the labels that it would cost; those changes are held unless
       `allow.label_loss`, or the approval's, is exactly the number of labels.
    2. Sample deletes are counted against the policy, categories and task types
       against the labels that exist, dataset deletes against prevent_destroy.
    3. A count that was allowed must be exact, even where nothing asked for it.
    """
    word = together(allow, approval)
    costed = [
        (part, evidence, with_losses(part, evidence, machines))
        for part, evidence in parts
    ]
    every = [change for _, _, changes in costed for change in changes]
    lost = {loss.address for change in every for loss in change.losses}
    lifted = word.label_loss == len(lost)
    judged: list[Judged] = [
        (part, evidence, changes if lifted else tuple(_hold(changes)))
        for part, evidence, changes in costed
    ]
    deletes = sum(samples_going(changes) for _, _, changes in judged)
    exact = Allowances(
        delete=deletes,
        label_loss=len(lost),
        category_change=sum(
            len(_lost_categories(changes, evidence)) for _, evidence, changes in judged
        ),
    )
    firm = tuple(block for item in judged for block in _dataset_blocks(*item))
    beyond = samples_going(every) - deletes
    asking = (
        *_unsaid(judged, policy=policy, word=word, exact=exact),
        *inexact(allow, exact, held=beyond),
        *misapproved(approval, exact),
    )
    return Guarded(
        tuple(change for _, _, changes in judged for change in changes),
        (*firm, *asking),
        costs=msgspec.structs.replace(exact, delete=deletes + beyond),
        waits=bool(asking or (lost and not lifted)),
    )


def _unsaid(
    judged: Iterable[Judged], *, policy: Policy, word: Allowances, exact: Allowances
) -> Iterator[Block]:
    """Block what a person may allow, and of which no count was said."""
    for part, evidence, changes in judged:
        if word.delete is None:
            limit = limit_of(evidence.desired, policy)
            total = exact.delete or 0
            yield from delete_blocks(part, changes, policy=limit, total=total)
        found = _lost_categories(changes, evidence)
        if found and word.category_change is None:
            yield Block(
                part.dataset,
                "labels exist, and categories would change under them: "
                f"{'; '.join(found)}",
                f"--allow-category-change {exact.category_change} if that is meant "
                "(the sum of the whole plan)",
            )


def _hold(changes: Iterable[Change]) -> Iterator[Change]:
    """Hold the changes that cost labels, and those that can't go on without them."""
    held = []
    for change in changes:
        why = cost_of(change)
        held.append(msgspec.structs.replace(change, held=why) if why else change)
    return hold_waiting(held)


def cost_of(change: Change) -> str:
    """Say how many labels of people's a change would cost; nothing if none."""
    count = len(change.losses)
    noun = "label that a person" if count == 1 else "labels that people"
    return f"{count} {noun} worked on would be lost" if count else ""


def hold_waiting(changes: Sequence[Change]) -> Iterator[Change]:
    """Hold what can't go on without the changes of one dataset that are held.

    The labels of a sample wait for it, a rename for the one that gives up its name.
    """
    waiting = _waiting(changes)
    for change in changes:
        why = "" if change.held else waiting.get(change.address.sample, "")
        if why and change.kind is Kind.LABEL:
            why = "its sample is held"
        yield msgspec.structs.replace(change, held=why) if why else change


def _waiting(changes: Iterable[Change]) -> dict[str, str]:
    """Tell why samples wait, by name: they are held, or a name is not yet given up."""
    samples = {
        item.address.sample: item for item in changes if item.kind is Kind.SAMPLE
    }
    waiting: dict[str, str] = {}
    for change in samples.values():
        if change.held:
            waiting[change.address.sample] = change.held
            behind = samples.get(change.previous)
            while behind is not None and behind.previous:
                name = behind.address.sample
                waiting.setdefault(name, "the sample that has its new name is held")
                behind = samples.get(behind.previous)
    return waiting


def _samples_gone(change: Change) -> int:
    """Count the samples that go, those among them that are to be made anew."""
    if not change.takes_away:
        return 0
    return 1 if change.kind is Kind.SAMPLE else change.covers


FEW = 5
"""So many deletes pass the percentage, as long as half of the samples remain."""


def samples_going(changes: Iterable[Change]) -> int:
    """Count the samples that changes delete; what is held does not count."""
    return sum(_samples_gone(change) for change in changes if not change.held)


def limit_of(desired: Desired | None, policy: Policy) -> Policy:
    """Give the stricter of the project's limit and the dataset's own."""
    lifecycle = desired.lifecycle if desired else Lifecycle()
    return policy.stricter(
        percent=lifecycle.max_delete_percent, count=lifecycle.max_delete_count
    )


def delete_blocks(
    part: Differences, changes: Sequence[Change], *, policy: Policy, total: int
) -> Iterator[Block]:
    """Block deletes of samples that are more than a policy lets pass.

    Args:
        part: Tells how many samples of the dataset are ours.
        changes: The dataset's changes; what is held does not count.
        policy: The limit.
        total: So many samples go in the whole plan, which is what may be allowed.
    """
    going = [change for change in changes if not change.held]
    count = samples_going(going)
    if not count:
        return
    remain = part.owned - sum(
        change.covers or change.owned for change in going if _samples_gone(change)
    )
    few = count <= FEW and remain > 0 and remain * 2 >= part.owned
    if count > policy.max_delete_count:
        limit = f"more than the limit of {policy.max_delete_count} samples"
    elif part.owned and remain <= 0:
        limit = "all that dsac manages there"
    elif count * 100 > policy.max_delete_percent * part.owned and not few:
        limit = f"more than {policy.max_delete_percent:g} % of what dsac manages there"
    else:
        return
    anew = sum(change.is_replacement for change in going)
    noun = "sample" if count == 1 else "samples"
    again = f" ({anew} of them to be made anew)" if anew else ""
    yield Block(
        part.dataset,
        f"{count} {noun} would be deleted{again}, dsac manages {part.owned}: {limit}",
        f"--allow-delete {total} if that is meant (the sum of the whole plan)",
    )


def _lost_categories(changes: Iterable[Change], evidence: Evidence) -> tuple[str, ...]:
    if not evidence.labelled:
        return ()
    return tuple(
        found
        for change in changes
        if change.kind is Kind.DATASET
        for found in category_changes(change)
    )


def _dataset_blocks(
    part: Differences, evidence: Evidence, changes: Iterable[Change]
) -> Iterator[Block]:
    for change in changes:
        if change.kind is not Kind.DATASET:
            continue
        if change.is_delete and change.owned and _prevents_destroy(change):
            yield Block(
                part.dataset,
                "prevent_destroy keeps this dataset",
                "apply a manifest with lifecycle: {prevent_destroy: false} first",
            )
        if changes_task_type(change) and evidence.labelled:
            yield Block(
                part.dataset,
                "the task type can't change while the dataset has labels",
                "make a new dataset, or write the task type that it has",
            )


def _prevents_destroy(change: Change) -> bool:
    return isinstance(change.before, Dataset) and change.before.prevent_destroy is True
