"""Holds a saved plan against the platform and the files of the moment of its apply."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from dsac.assets.digests import digest_file
from dsac.core.change import Change
from dsac.core.diff import INCOMPLETE
from dsac.core.differences import Differences
from dsac.core.fields import fields
from dsac.core.guard import (
    cost_of,
    delete_blocks,
    hold_waiting,
    risk,
    samples_going,
)
from dsac.core.labels import Machines
from dsac.core.losses import sight, touched, with_losses
from dsac.core.named import named
from dsac.core.ownership import Owner, Scope, ownership_error
from dsac.core.plan import Block, Plan, Policy
from dsac.core.resources import Address, Kind, RemoteDataset
from dsac.core.rules import blocks_of, warnings_of
from dsac.core.stages import Part, Share
from dsac.core.stale import Standing, resumed, standing, was_taken
from dsac.core.values import uploads
from dsac.engine.evidence import gather
from dsac.engine.hands import ExecutorHands
from dsac.engine.planfile import Saved
from dsac.engine.planning import Prepared
from dsac.engine.progress import Progress, Reading
from dsac.engine.ruling import findings_of
from dsac.engine.session import View, project_name
from dsac.engine.staging import check_earlier
from dsac.errors import StalePlanError, TwinsError

MOVED = "a label was made or changed since the plan"

Remotes = Mapping[str, RemoteDataset | None]

Names = Mapping[str, str]
"""The names of samples by their uuids."""


ROUNDS = 3
"""So often the remote is read while other shards are at work on it."""


Standings = list[tuple[Change, Standing]]


class Found(msgspec.Struct, frozen=True):
    """What a reading of the remote said: datasets, standings, and what has moved."""

    remotes: Remotes
    standings: Standings
    moved: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether every listing can be trusted to have all samples, once each."""
        return all(item is None or item.complete for item in self.remotes.values())


def recheck(
    view: View,
    saved: Saved,
    *,
    progress: Progress,
    part: Part | None = None,
    hands: ExecutorHands | None = None,
) -> Prepared:
    """Hold a saved plan against the remote and the files of this moment.

    1. Project, remote, user and local files are those that it was made from.
    2. Each object is as it was before (its change stands), as it should be after (it
       is done already), or has moved. What is held is not touched, and not asked for.
    3. Labels that people changed meanwhile are held, and counted with those that the
       plan held: a new plan can be given all of them.
    4. Deletes are held against the limits again, which may have become tighter, and all
       that is left to do against the rules of the project.

    With a part of the plan, what others do counts: stages before must be done, and what
    other shards may be doing at this moment is not judged. Limits are of the whole.

    Raises:
        StalePlanError: something moved, or a file changed; nothing is applied.
        PlanError: a stage before is not done.
    """
    plan = saved.plan
    scope = Scope(
        project=project_name(view.project),
        user=view.user,
        machines=Machines(frozenset()),
        take_over=frozenset(plan.take_over),
    )
    share = Share(plan.changes, part)
    found = _found(view, saved, share, scope=scope, progress=progress)
    moved = [
        *_other_project(view, plan),
        *_changed_files(saved, view.root, share, hands),
    ]
    moved += found.moved
    if moved:
        raise StalePlanError(
            "the plan is stale:\n" + "\n".join(f"  {item}" for item in moved),
            moved=tuple(moved),
            hint="make a new plan and have it reviewed",
        )
    pending = [change for change, now in found.standings if now is not Standing.DONE]
    judged = [change for change in pending if share.is_judged(change)]
    held = sorted(
        _hold_moved(view, judged, found.remotes, scope=scope),
        key=lambda item: item.address.order,
    )
    check_earlier(held, share)
    kept = tuple(item for item in held if item.address in share.mine)
    judgements = {item.address: item for item in held}
    whole = [judgements.get(change.address, change) for change in pending]
    blocks = list(plan.blocks)
    if found.complete:  # or else the stages before and behind the shards count
        blocks += _blocks(view, saved, whole, found.remotes, scope=scope)
    # Only who makes the releases reads what they ask for.
    ruled = [
        change
        for change in whole
        if change.kind is not Kind.RELEASE or change.address in share.mine
    ]
    findings = findings_of(view, ruled, found.remotes)
    blocks += blocks_of(findings)
    return Prepared(
        plan=msgspec.structs.replace(
            plan,
            changes=kept,
            blocks=tuple(map(_in_a_new_plan, dict.fromkeys(blocks))),
            warnings=tuple(dict.fromkeys((*plan.warnings, *warnings_of(findings)))),
            findings=findings,
            final=True,
        ),
        files=saved.files,
        scans=saved.scans,
        limits=saved.limits,
        done=len(share.mine) - len(kept),
    )


def _found(
    view: View, saved: Saved, share: Share, *, scope: Scope, progress: Progress
) -> Found:
    """Read the remote; again where other shards may have moved its pages."""
    left = ROUNDS if share.is_shard else 1
    while True:
        left -= 1
        try:
            found = _read(view, saved, share, scope=scope, progress=progress)
        except TwinsError:
            if not left:
                raise
        else:
            if found.complete or not (found.moved and left):
                return found


def _read(
    view: View, saved: Saved, share: Share, *, scope: Scope, progress: Progress
) -> Found:
    reading = Reading(progress, len(saved.scans))
    remotes: dict[str, RemoteDataset | None] = {}
    for name, scan in saved.scans.items():
        sieve = named(name, saved.plan.changes, scope)
        remotes[name] = view.reader.dataset(
            name, scan, sieve=sieve, seen=reading.seen(name)
        )
        reading.done()
    standings = _standings(saved.plan, remotes, scope)
    judged = [item for item in standings if share.is_judged(item[0])]
    moved = (
        *_unusable(saved.plan, remotes, scope, is_shard=share.is_shard),
        *_moved(judged, remotes, scope),
    )
    return Found(remotes, standings, moved)


def _standings(plan: Plan, remotes: Remotes, scope: Scope) -> Standings:
    """Tell what is left of each change, and how it stands; held ones are pending."""
    result = []
    for planned in plan.changes:
        remote = remotes.get(planned.address.dataset)
        if planned.held:
            result.append((planned, Standing.PENDING))
        else:
            change = resumed(planned, remote)
            result.append((change, standing(change, remote, scope=scope)))
    return result


def _moved(standings: Standings, remotes: Remotes, scope: Scope) -> Iterator[str]:
    for change, now in standings:
        if now is not Standing.MOVED or change.kind is Kind.LABEL:
            continue
        if was_taken(change, remotes.get(change.address.dataset), scope=scope):
            yield f"{change.address} is another project's, or not marked, now"
        else:
            yield f"{change.address} is not as it was when it was planned"


def _unusable(
    plan: Plan, remotes: Remotes, scope: Scope, *, is_shard: bool
) -> Iterator[str]:
    """Name datasets that are gone, another project's, or were not listed in full.

    While other shards create samples hardly any listing is whole, and nothing that
    relies on one is done.
    """
    wanted = {change.address.dataset for change in plan.to_do}
    comes_or_goes = {
        change.address.dataset
        for change in plan.to_do
        if change.kind is Kind.DATASET and (change.is_create or change.is_delete)
    }
    for name in sorted(wanted):
        remote, address = remotes.get(name), Address.of_dataset(name)
        if remote is not None:
            foreign = ownership_error(address, remote.marker, scope, adopt="changed")
            if foreign:
                yield foreign
            if not (remote.complete or is_shard):
                yield f"{address}: {INCOMPLETE}; apply again"
        elif name not in comes_or_goes:
            yield f"{address} does not exist, or is not visible to {scope.user}"


def _hold_moved(
    view: View, changes: Iterable[Change], remotes: Remotes, *, scope: Scope
) -> Iterator[Change]:
    """Hold the changes that could cost a label which somebody touched meanwhile."""
    by_dataset: dict[str, list[Change]] = {}
    for change in changes:
        by_dataset.setdefault(change.address.dataset, []).append(change)
    for name, mine in by_dataset.items():
        remote = remotes.get(name)
        if remote is None:
            yield from mine
            continue
        wanted = risk(Differences(dataset=name, changes=tuple(mine)))
        evidence = gather(view.reader, remote, wanted, desired=None)
        part = Differences(dataset=name, changes=tuple(mine))
        machines = Machines(frozenset({view.user, *view.project.automation}))
        costed = with_losses(part, evidence, machines)
        names = {item.uuid: item.sample.name for item in remote}
        held = []
        for change, now in zip(mine, costed, strict=True):
            stands = standing(change, remote, scope=scope) is Standing.PENDING
            moved = touched(sight(change, evidence), change)
            if change.held or moved or not stands:
                held.append(_held(change, now, moved, names))
            else:
                held.append(change)
        yield from hold_waiting(held)


def _held(
    change: Change, now: Change, moved: Sequence[tuple[str, str]], names: Names
) -> Change:
    """Hold a change; it costs what it cost when it was planned, and what moved.

    A label that did not move and was nobody's loss then is a machine's.
    """
    known = {loss.address for loss in change.losses}
    dataset, sample = change.address.dataset, change.address.sample
    known |= {
        Address.label(dataset, sample or names[uuid], labelset)
        for uuid, labelset in moved
        if uuid in names
    }
    gone = bool(change.uuid) and change.uuid not in names
    losses = () if gone else tuple(item for item in now.losses if item.address in known)
    after = msgspec.structs.replace(change, losses=losses, held=change.held or MOVED)
    if change.losses and losses and change.held:
        return msgspec.structs.replace(after, held=cost_of(after))
    return after


def _in_a_new_plan(block: Block) -> Block:
    """Say of a flag that it must be given to a new plan: a saved one takes none."""
    if not (block.remedy.startswith("--") or block.remedy == "drop the flag"):
        return block
    return msgspec.structs.replace(block, remedy=f"make a new plan: {block.remedy}")


def _blocks(
    view: View,
    saved: Saved,
    changes: Sequence[Change],
    remotes: Remotes,
    *,
    scope: Scope,
) -> Iterator[Block]:
    """Block deletes that pass no more, as the dataset has less than it had.

    Deletes that a person allowed are those of the plan, one by one, and no others.
    """
    if saved.plan.allow.delete is not None:
        return
    policy = view.project.policy
    total = samples_going(changes)
    for name, remote in remotes.items():
        if remote is None:
            continue
        limit = saved.limits.get(name, Policy()).stricter(
            percent=policy.max_delete_percent, count=policy.max_delete_count
        )
        mine = [item for item in changes if item.address.dataset == name]
        goes = any(item.kind is Kind.DATASET and item.is_delete for item in mine)
        ours = (scope.owner(row.marker, name) is Owner.OURS for row in remote)
        owned = len(remote.samples) if goes else sum(ours) + remote.settled.owned
        part = Differences(dataset=name, owned=owned)
        yield from delete_blocks(part, mine, policy=limit, total=total)


def _other_project(view: View, plan: Plan) -> Iterator[str]:
    name = project_name(view.project)
    if plan.project != name:
        yield f"it was made for project {plan.project!r}, this one is {name!r}"
    if plan.remote != view.remote:
        yield f"it was made for remote {plan.remote}, this one is {view.remote}"
    if plan.user != view.user:
        yield f"it was made by user {plan.user!r}, this key is {view.user!r}'s"


def _changed_files(
    saved: Saved, root: Path, share: Share, hands: ExecutorHands | None
) -> Iterator[str]:
    """Name the manifests, and the files to be uploaded, that are not as they were."""
    wanted = {
        upload.path: upload.sha256
        for change in saved.plan.to_do
        if change.address in share.mine
        for _, upload in uploads(fields(change.after))
    }
    own = sorted(saved.files if hands else wanted | saved.files)
    found = dict(zip(own, _digests(root, own), strict=True))
    if hands:
        found |= hands.digests(sorted(wanted.keys() - saved.files.keys()))
    wanted |= saved.files
    for name, (sha256, problem) in sorted(found.items()):
        if problem:
            yield f"{name} {problem}"
        elif sha256 != wanted[name]:
            yield f"{name} changed"


def _digests(root: Path, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        try:
            yield digest_file(root / name).sha256, ""
        except FileNotFoundError:
            yield "", "is gone"
        except OSError as error:
            yield "", f"can't be read: {error.strerror}"
