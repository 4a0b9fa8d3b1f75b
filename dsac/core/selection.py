"""Which of the changes that were found a plan is about: --target and --exclude.

What is taken and what is left out follows from the changes alone; the guards judge
what is left, against the whole dataset.
"""

from collections.abc import Iterable, Iterator

import msgspec
from msgspec import structs

from dsac.core.change import Change
from dsac.core.differences import Differences
from dsac.core.globs import Glob, globs, names_of
from dsac.core.losses import Evidence
from dsac.core.many import Stored
from dsac.core.needs import Needs, contents, inside, sample_of
from dsac.core.resources import GROUND_TRUTH, Address, Desired, Kind, RemoteDataset


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What a person asked a plan to be about; globs over addresses.

    An empty `target` means everything. `replace` names samples to be made anew.
    """

    target: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.target or self.exclude or self.replace)

    @property
    def flags(self) -> str:
        """Name the flags that leave changes out; empty where there are none."""
        given = (("--target", self.target), ("--exclude", self.exclude))
        return " and ".join(flag for flag, texts in given if texts)

    def reads(self, dataset: str) -> bool:
        """Tell whether anything in a dataset could be wanted."""
        address = Address.of_dataset(dataset)
        touched = (glob.may_touch(dataset) for glob in globs(self.target))
        if self.target and not any(touched):
            return False
        return not _matches(globs(self.exclude), (address,))


def select(part: Differences, selection: Selection, evidence: Evidence) -> Differences:
    """Take out of a dataset's changes those that are not wanted.

    1. What a target matches is wanted, and with it the parents that must be there:
       their creation, no other change of theirs. A sample that is made anew takes
       its labels along.
    2. What is excluded goes, with all that lies in it; so does the deletion of what
       has something excluded in it.
    3. What needs a change that is not wanted goes too, and so on.
    """
    if not selection.flags:
        return part
    needs, excludes = Needs(part.changes), globs(selection.exclude)
    asked = {
        address
        for address in _targeted(needs, globs(selection.target))
        if not _excluded(needs.changes[address], needs, excludes, evidence)
    }
    parents = {
        address
        for address in _parents(needs, asked) - asked
        if not _excluded(needs.changes[address], needs, excludes, evidence)
    }
    kept = needs.closed(asked | parents)
    kept -= parents - _parents(needs, kept & asked)
    changes = tuple(item for item in part.changes if item.address in kept)
    left_out = len(part.changes) - len(changes)
    warnings = [*part.warnings, *_warnings(needs, asked, kept, selection)]
    warnings += _early_releases(changes, left_out)
    return structs.replace(
        part, changes=changes, left_out=left_out, warnings=tuple(warnings)
    )


def _targeted(needs: Needs, targets: tuple[Glob, ...]) -> set[Address]:
    """Name the changes that the targets match, and the labels of what is replaced."""
    if not targets:
        return set(needs.changes)
    changes = needs.changes.values()
    wanted = {
        change.address for change in changes if _matches(targets, names_of(change))
    }
    labels = {
        change.address
        for change in changes
        if change.replaces and sample_of(change.address) in wanted
    }
    return wanted | labels


def _parents(needs: Needs, asked: Iterable[Address]) -> set[Address]:
    return {
        parent.address
        for address in asked
        for parent in needs.of(needs.changes[address])
        if parent.is_create
    }


def _matches(patterns: Iterable[Glob], addresses: Iterable[Address]) -> bool:
    found = [str(address) for address in addresses]
    return any(glob.matches(text) for glob in patterns for text in found)


def _excluded(
    change: Change,
    needs: Needs,
    excludes: tuple[Glob, ...],
    evidence: Evidence,
) -> bool:
    if not excludes:
        return False
    if _matches(excludes, needs.names(change)):
        return True
    return change.takes_away and _matches(excludes, inside(change, evidence))


def _warnings(
    needs: Needs,
    asked: set[Address],
    kept: set[Address],
    selection: Selection,
) -> Iterator[str]:
    """Say of what was asked for why it can't be done by itself."""
    for address in sorted(asked - kept, key=lambda item: item.order):
        every = needs.of(needs.changes[address])
        need = next(item.address for item in every if item.address not in kept)
        yield (
            f"{address} is left out: it needs the change of {need}, which is outside "
            f"of {selection.flags}"
        )


def _early_releases(changes: Iterable[Change], left_out: int) -> Iterator[str]:
    for change in changes:
        if left_out and change.kind is Kind.RELEASE and change.is_create:
            yield (
                f"{change.address} is made once and for all: without the changes "
                "that are left out"
            )


def unmatched(
    patterns: Iterable[Glob],
    part: Differences,
    desired: Desired | None,
    remote: RemoteDataset | None,
) -> list[Glob]:
    """Give those globs that match nothing about a dataset.

    What counts is each change, and each object that is declared or exists. Of samples
    that are too many to be in memory any label may exist: nobody has it at hand.
    """
    rest = list(patterns)
    for address in _known(part, desired, remote):
        if not rest:
            break
        text = str(address)
        rest = [glob for glob in rest if not glob.matches(text)]
    return rest


def _known(
    part: Differences, desired: Desired | None, remote: RemoteDataset | None
) -> Iterator[Address]:
    yield Address.of_dataset(part.dataset)
    for change in part.changes:
        yield from names_of(change)
    if remote is not None:
        yield from contents(remote)
    if desired is None:
        return
    if isinstance(desired.samples, Stored):
        yield from _stored(desired, desired.samples, remote)
    else:
        yield from declared(desired)


def _stored(
    desired: Desired, samples: Stored, remote: RemoteDataset | None
) -> Iterator[Address]:
    dataset = desired.dataset.name
    yield from declared(structs.replace(desired, samples=None))
    for name in samples.names:
        yield Address.of_sample(dataset, name)
    labelsets = {item.name for item in remote.labelsets} if remote else set()
    for labelset in sorted({GROUND_TRUTH, *labelsets, *samples.labelsets}):
        for name in samples.names:
            yield Address.label(dataset, name, labelset)


def declared(desired: Desired) -> Iterator[Address]:
    """Yield all that a manifest speaks of in a dataset."""
    dataset = desired.dataset.name
    names = {GROUND_TRUTH, *(item.labelset.name for item in desired.labelsets)}
    for name in sorted(names):
        yield Address(Kind.LABELSET, dataset, "", name)
    for who in desired.collaborators:
        yield Address(Kind.COLLABORATOR, dataset, "", who.user)
    for release in desired.releases:
        yield Address(Kind.RELEASE, dataset, "", release.name)
    yield from desired.removed
    for row in desired.samples or ():
        yield Address.of_sample(dataset, row.sample.name)
        for labelset in row.labels:
            yield Address.label(dataset, row.sample.name, labelset)
