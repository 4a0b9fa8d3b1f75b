"""Makes a plan: reads the remote, compares, asks what it would cost, and guards.

Nothing here can write: the planner is given a reader, which has no method for it.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

import msgspec

from dsac.assets.digests import digest_file
from dsac.core.approvals import Approval
from dsac.core.diff import diff
from dsac.core.differences import Differences
from dsac.core.globs import globs
from dsac.core.guard import limit_of, risk
from dsac.core.held import numbered
from dsac.core.labels import Machines
from dsac.core.losses import Evidence
from dsac.core.many import Stored
from dsac.core.origin import Base, with_origins
from dsac.core.ownership import Scope
from dsac.core.phases import READ
from dsac.core.plan import Allowances, Plan, Policy
from dsac.core.removal import Asked, diff_removal
from dsac.core.resources import (
    Address,
    Dataset,
    Desired,
    Kind,
    RemoteDataset,
)
from dsac.core.rules import blocks_of, warnings_of
from dsac.core.samples import unsettled
from dsac.core.selection import Selection, select
from dsac.core.sieve import Sieve
from dsac.engine.contents import settle
from dsac.engine.evidence import gather
from dsac.engine.judging import Word, judge
from dsac.engine.orphans import orphans
from dsac.engine.progress import Progress, Reading
from dsac.engine.ruling import findings_of
from dsac.engine.selecting import Selector
from dsac.engine.session import View, project_name
from dsac.errors import PlanError, UsageError
from dsac.manifests.load import Manifests
from dsac.manifests.project import FILE
from dsac.remote.reader import Scan


class PlanRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a person asked of a plan, beside the manifests.

    `destroy` names datasets that shall go; then the manifests are not planned.
    `destroy_all` says that all datasets of the manifests shall. `whole` says that the
    manifests are all that the project has, so that what is in none can be told. `base`
    is what they wanted at another revision, by which the plan is split. `approvals` are
    what reviews allowed, of this plan or of others.
    """

    allow: Allowances = Allowances()
    approvals: tuple[Approval, ...] = ()
    take_over: tuple[str, ...] = ()
    destroy: tuple[str, ...] = ()
    destroy_all: bool = False
    whole: bool = False
    selection: Selection = Selection()
    base: Base | None = None
    jobs: int = 8


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A plan, and what it was made from.

    `files` holds the sha256 of dsac.yaml, of each manifest and of each file that is a
    part of one, by its path in the project; `scans`
    what was read of each dataset, `limits` how much of it may be deleted. `done`
    counts the changes of a saved plan that were found done already.
    """

    plan: Plan
    files: dict[str, str] = {}
    scans: dict[str, Scan] = {}
    limits: dict[str, Policy] = {}
    done: int = 0


def make_plan(
    view: View,
    manifests: Manifests,
    request: PlanRequest,
    *,
    progress: Progress,
) -> Prepared:
    """Plan what manifests want against what the remote has.

    1. Read each dataset: its fields, its samples with labels, by pages.
    2. Settle the content of files that no marker speaks for.
    3. Compare, and leave out what nobody asked for.
    4. Read what the changes would cost, and guard.
    5. Hold what is to be done against the rules of the project.

    Raises:
        UsageError: what was asked for goes against itself.
        PlanError: something can't be planned; all such things of a run together.
        RemoteError: the remote could not be read.
    """
    _check(request)
    scope = scope_of(view, request)
    planner = Planner(view, scope, request, progress)
    selector = planner.selector
    targets = selector.datasets(planner.targets(manifests))
    reading = Reading(progress, len(targets))
    parts = [planner.part(name, item, reading) for name, item in targets.items()]
    errors = [error for part, _ in parts for error in part.errors]
    errors = errors or list(selector.errors())
    if errors:
        raise PlanError("\n".join(errors))
    policy = view.project.policy
    word = Word(
        allow=request.allow,
        approvals=request.approvals,
        selection=request.selection,
        base=request.base,
    )
    verdict = judge(parts, word, scope=scope, remote=view.remote, policy=policy)
    remotes = {part.dataset: evidence.remote for part, evidence in parts}
    findings = findings_of(view, verdict.changes, remotes)
    differences = [part for part, _ in parts]
    plan = Plan(
        project=scope.project,
        remote=view.remote,
        user=view.user,
        changes=verdict.changes,
        blocks=(*verdict.blocks, *blocks_of(findings)),
        warnings=(
            *verdict.warnings,
            *warnings_of(findings),
            *manifests.warnings,
            *(warning for part in differences for warning in part.warnings),
            *(orphans(view, scope, manifests) if _is_whole(request) else ()),
        ),
        unchanged={
            kind: sum(part.unchanged.get(kind, 0) for part in differences)
            for kind in Kind
        },
        unmanaged=sum(part.unmanaged for part in differences),
        kept=sum(part.kept for part in differences),
        unknown=sum(part.unknown for part in differences),
        allow=verdict.allow,
        take_over=request.take_over,
        selection=request.selection,
        left_out=sum(part.left_out for part in differences),
        unread=len(selector.unread),
        base=None if request.base is None else request.base.revision,
        digest=verdict.digest,
        asks=verdict.asks,
        findings=findings,
        notes=verdict.notes,
    )
    return Prepared(
        plan=plan,
        files={FILE: digest_file(view.root / FILE).sha256, **manifests.files},
        scans=planner.scans,
        limits={name: limit_of(desired, policy) for name, desired in targets.items()},
    )


def _check(request: PlanRequest) -> None:
    if request.destroy_all and request.selection.replace:
        raise UsageError(
            "--destroy and --replace can't be meant together: what goes with its "
            "dataset is not made anew",
            hint="drop one of the two",
        )


def _is_whole(request: PlanRequest) -> bool:
    """Tell whether a plan is about all that the project has."""
    return request.whole and not request.selection.flags


def scope_of(view: View, request: PlanRequest) -> Scope:
    """Tell who we are, as far as a comparison must know."""
    return Scope(
        project=project_name(view.project),
        user=view.user,
        machines=Machines(frozenset({view.user, *view.project.automation})),
        take_over=frozenset(request.take_over),
        partial=bool(request.selection.target),
        replace=globs(request.selection.replace),
    )


def scan_of(desired: Desired | None) -> Scan:
    """Tell what a plan must read of a dataset; all samples of one that shall go."""
    if desired is None:
        return Scan()
    removed = {
        kind: tuple(item.name for item in desired.removed if item.kind is kind)
        for kind in (Kind.COLLABORATOR, Kind.RELEASE, Kind.LABELSET)
    }
    return Scan(
        # A label set that shall go takes the labels of all samples with it.
        samples=desired.samples is not None or bool(removed[Kind.LABELSET]),
        labelsets=desired.labelsets_read(),
        collaborators=(
            *(item.user for item in desired.collaborators),
            *removed[Kind.COLLABORATOR],
        ),
        releases=bool(desired.releases or removed[Kind.RELEASE]),
    )


class Planner:
    """The reading half of a plan, a dataset at a time."""

    def __init__(
        self, view: View, scope: Scope, request: PlanRequest, progress: Progress
    ) -> None:
        self.view = view
        self.scope = scope
        self.request = request
        self.progress = progress
        self.selector = Selector(request.selection)
        self.scans: dict[str, Scan] = {}
        self.declared: dict[str, Desired | None] = {}

    def targets(self, manifests: Manifests) -> Mapping[str, Desired | None]:
        """Name the datasets of a plan; None for those that shall go."""
        if self.request.destroy:
            return dict.fromkeys(sorted(set(self.request.destroy)))
        wanted: dict[str, Desired | None] = {
            item.dataset.name: item for item in manifests.datasets
        }
        self.declared = dict(wanted) if self.request.destroy_all else {}
        wanted.update(dict.fromkeys([*manifests.removed, *self.declared]))
        return dict(sorted(wanted.items()))

    def part(
        self, name: str, desired: Desired | None, reading: Reading
    ) -> tuple[Differences, Evidence]:
        """Compare one dataset and gather what judges its changes."""
        scan = scan_of(desired)
        self.scans[name] = scan
        sieve = self.sieve(desired)
        with self.view.phase(READ):
            remote = self.view.reader.dataset(
                name, scan, sieve=sieve, seen=reading.seen(name)
            )
        stated, desired = desired, sieve.rest() if sieve else desired
        reading.done()
        part = self.compare(name, desired, remote, sieve=sieve)
        self.selector.match(part, stated, remote, self.scope)
        there = remote or RemoteDataset(dataset=Dataset(name=name))
        selection = self.request.selection
        if not selection.exclude:
            seen = Evidence(desired=desired, remote=there)
            part = select(part, selection, seen)
        told = desired or self.declared.get(name)
        with self.view.phase(READ):
            evidence = gather(self.view.reader, there, risk(part), desired=told)
        if selection.exclude:  # what lies in something tells whether it may go
            part = select(part, selection, evidence)
        return part, evidence

    def sieve(self, desired: Desired | None) -> Sieve | None:
        """Give what lets go of samples that agree, where nobody else looks at them."""
        request = self.request
        if desired is None:
            return None
        if any(item.kind is Kind.LABELSET for item in desired.removed):
            return None  # it takes the labels of all samples along
        chosen = request.selection != Selection() or request.base is not None
        if not chosen:
            return Sieve(desired, self.scope)
        rows = desired.samples
        if not isinstance(rows, Stored):
            return None  # few enough to be looked at, each
        kept = self._kept(desired.dataset.name, rows.names)
        return Sieve(desired, self.scope, kept=kept)

    def _kept(self, dataset: str, names: AbstractSet[str]) -> Iterator[str]:
        """Name the samples that are looked at though they agree."""
        replaces = globs(self.request.selection.replace)
        replaces = tuple(glob for glob in replaces if glob.may_touch(dataset))
        if replaces:
            for name in names:
                address = str(Address.of_sample(dataset, name))
                if any(glob.matches(address) for glob in replaces):
                    yield name
        base = self.request.base
        before = base.datasets.get(dataset) if base else None
        if before is not None and before.samples is not None:
            # Where they were not declared, others of their content may have been.
            yield from names - numbered(before.samples).names

    def compare(
        self,
        name: str,
        desired: Desired | None,
        remote: RemoteDataset | None,
        *,
        sieve: Sieve | None = None,
    ) -> Differences:
        """Compare one dataset with what was read of it, content settled first.

        A sieve has let go of samples on both sides.
        """
        if desired is None:
            return self._split(self._remove(name, remote), remote, self.scope, None)
        contents = {}
        if remote is not None:
            questions = unsettled(desired, remote, scope=self.scope)
            with self.view.phase(READ):
                contents = settle(
                    questions,
                    reader=self.view.reader,
                    root=self.view.root,
                    jobs=self.request.jobs,
                    progress=self.progress,
                )
        scope = msgspec.structs.replace(self.scope, contents=contents)
        return self._split(diff(desired, remote, scope=scope), remote, scope, sieve)

    def _split(
        self,
        part: Differences,
        remote: RemoteDataset | None,
        scope: Scope,
        sieve: Sieve | None,
    ) -> Differences:
        """Tell of each change where it comes from, if there is a base."""
        base = self.request.base
        if base is None:
            return part
        before = base.datasets.get(part.dataset)
        if sieve is not None and before is not None:
            rest = {**base.datasets, part.dataset: sieve.rest_of(before)}
            base = msgspec.structs.replace(base, datasets=rest)
        changes = with_origins(
            part.changes, base, dataset=part.dataset, remote=remote, scope=scope
        )
        return msgspec.structs.replace(part, changes=changes)

    def _remove(self, name: str, remote: RemoteDataset | None) -> Differences:
        asked = Asked.BY_NAME if self.request.destroy else Asked.IN_REMOVED
        if name in self.declared:
            asked = Asked.WITH_ALL
        declared = self.declared.get(name)
        return diff_removal(
            name, remote, scope=self.scope, asked=asked, desired=declared
        )
