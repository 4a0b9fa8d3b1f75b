"""Saved plans: written, read offline, and held against the remote before an apply."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from dsac.assets.digests import digest_file
from dsac.core.change import Change
from dsac.core.diff import INCOMPLETE
from dsac.core.differences import Differences
from dsac.core.document import plan_from, saved_plan_document
from dsac.core.fields import fields
from dsac.core.guard import blocks_again, hold_waiting, risk
from dsac.core.labels import Machines
from dsac.core.losses import Evidence, sight, touched
from dsac.core.ownership import Owner, Scope
from dsac.core.plan import Block, Plan
from dsac.core.resources import Kind, RemoteDataset
from dsac.core.stale import Standing, resumed, standing
from dsac.core.values import canonical, uploads
from dsac.engine.evidence import gather
from dsac.engine.planning import Prepared
from dsac.engine.progress import Progress
from dsac.engine.session import View, project_name
from dsac.errors import PlanError, StalePlanError
from dsac.remote.reader import Scan


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """A plan as it was saved, with what it was made from."""

    plan: Plan
    files: dict[str, str]
    scans: dict[str, Scan]


def save(path: Path, prepared: Prepared) -> None:
    """Write a plan to a file, which no key and no signed URL ever enters.

    Raises:
        PlanError: the file can't be written.
    """
    body = {
        **saved_plan_document(prepared.plan),
        "files": prepared.files,
        "scans": msgspec.to_builtins(prepared.scans),
    }
    try:
        path.write_bytes(_sealed(body))
    except OSError as error:
        raise PlanError(f"can't write the plan to {path}: {error.strerror}") from error


def _sealed(body: dict[str, object]) -> bytes:
    """Encode a document with the digest of all the rest of it as its last member."""
    seal = hashlib.sha256(canonical(body)).hexdigest()
    text = msgspec.json.encode({**body, "sha256": seal})
    return msgspec.json.format(text, indent=1) + b"\n"


def load(path: Path) -> Saved:
    """Read a saved plan; needs neither a key nor a network.

    Raises:
        PlanError: there is no such file, it is no plan, of a newer format, or any
            byte of it is not as it was written.
    """
    hint = "write a new one with dsac plan --out"
    try:
        data = path.read_bytes()
        body = msgspec.json.decode(data)
    except OSError as error:
        raise PlanError(f"can't read {path}: {error.strerror}", hint=hint) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PlanError(f"{path} is not a saved plan", hint=hint) from error
    if not isinstance(body, dict) or "format_version" not in body:
        raise PlanError(f"{path} is not a saved plan", hint=hint)
    plan = plan_from(body)
    body.pop("sha256", None)
    if _sealed(body) != data:
        raise PlanError(
            f"{path} was changed after it was written, or is damaged", hint=hint
        )
    return Saved(
        plan=plan,
        files=msgspec.convert(body.get("files", {}), dict[str, str]),
        scans=msgspec.convert(body.get("scans", {}), dict[str, Scan]),
    )


def recheck(view: View, saved: Saved, *, progress: Progress) -> Prepared:
    """Hold a saved plan against the remote and the files of this moment.

    Each object is as it was before (its change stands), as it should be after (it is
    done already), or has moved; what another project took meanwhile has. Labels that
    people changed are held by the guards, which are asked again, also what share of a
    dataset would go, and never allow more than the plan did.

    Raises:
        StalePlanError: something moved, or a file changed; nothing is applied.
    """
    plan = saved.plan
    moved = [*_other_project(view, plan), *_changed_files(saved, view.root)]
    remotes = {}
    progress.phase("read", len(saved.scans))
    for name, scan in saved.scans.items():
        remotes[name] = view.reader.dataset(name, scan)
        progress.advance()
    pending: list[Change] = []
    done: list[Change] = []
    scope = Scope(project=plan.project, machines=Machines(frozenset()))
    for planned in plan.changes:
        remote = remotes.get(planned.address.dataset)
        change = resumed(planned, remote)
        if _was_taken(change, remote, scope):
            moved.append(f"{change.address} is another project's, or not marked, now")
            continue
        match standing(change, remote):
            case Standing.PENDING:
                pending.append(change)
            case Standing.DONE:
                done.append(change)
            case Standing.MOVED if change.kind is Kind.LABEL:
                pending.append(change)
            case Standing.MOVED:
                moved.append(f"{change.address} is not as it was when it was planned")
    moved.extend(_unlisted(pending, remotes))
    if moved:
        raise StalePlanError(
            "the plan is stale:\n" + "\n".join(f"  {item}" for item in moved),
            moved=tuple(moved),
            hint="make a new plan and have it reviewed",
        )
    kept = tuple(_hold_moved(view, pending, remotes))
    blocks = _blocks(view, plan, kept, remotes=remotes, scope=scope)
    return Prepared(
        plan=msgspec.structs.replace(
            plan,
            changes=tuple(sorted(kept, key=lambda item: item.address.order)),
            blocks=(*plan.blocks, *blocks),
        ),
        files=saved.files,
        scans=saved.scans,
        done=len(done),
    )


def _was_taken(change: Change, remote: RemoteDataset | None, scope: Scope) -> bool:
    """Tell whether what was this project's is not any more.

    Another project may have taken it over, or somebody taken its marker away. Of a
    dataset that goes nobody can tell: it may be one that is to be taken over.
    """
    if remote is None or not change.owned or change.before is None:
        return False
    marker = remote.marker
    if change.kind is Kind.SAMPLE:
        row = remote.samples.get(change.previous or change.address.sample)
        if row is None or row.uuid != change.uuid:
            return False
        marker = row.marker
    elif change.kind is not Kind.DATASET or change.is_delete:
        return False
    return scope.owner(marker, change.address.dataset) is not Owner.OURS


def _blocks(
    view: View,
    plan: Plan,
    changes: tuple[Change, ...],
    *,
    remotes: dict[str, RemoteDataset | None],
    scope: Scope,
) -> Iterator[Block]:
    """Ask whether too much of a dataset would go, samples having gone meanwhile."""
    if plan.allow.delete is not None:
        return
    parts = []
    for name, remote in remotes.items():
        if remote is None:
            continue
        mine = tuple(item for item in changes if item.address.dataset == name)
        goes = any(item.kind is Kind.DATASET and item.is_delete for item in mine)
        owned = sum(
            goes or scope.owner(row.marker, name) is Owner.OURS for row in remote
        )
        part = Differences(dataset=name, changes=mine, owned=owned)
        parts.append((part, Evidence(desired=None, remote=remote)))
    yield from blocks_again(parts, policy=view.project.policy)


def _unlisted(
    changes: list[Change], remotes: dict[str, RemoteDataset | None]
) -> Iterator[str]:
    """Name the datasets of which something would go while not all of it was seen."""
    deleting = {item.address.dataset for item in changes if item.is_delete}
    for name in sorted(deleting):
        remote = remotes.get(name)
        if remote is not None and not remote.complete:
            yield f"{name}: {INCOMPLETE}, so nothing may be deleted; try again"


def _hold_moved(
    view: View,
    changes: list[Change],
    remotes: dict[str, RemoteDataset | None],
) -> Iterator[Change]:
    """Hold the changes that could cost a label which somebody touched meanwhile."""
    for name, remote in remotes.items():
        mine = [item for item in changes if item.address.dataset == name]
        if remote is None:
            yield from mine
            continue
        wanted = risk(Differences(dataset=name, changes=tuple(mine)))
        evidence = gather(view.reader, remote, wanted, desired=None)
        held = []
        for change in mine:
            now = standing(change, remote)
            moved = bool(touched(sight(change, evidence), change))
            if not change.held and (moved or now is not Standing.PENDING):
                why = "a label was made or changed since the plan"
                held.append(msgspec.structs.replace(change, held=why))
            else:
                held.append(change)
        yield from hold_waiting(held)


def _other_project(view: View, plan: Plan) -> Iterator[str]:
    name = project_name(view.project)
    if plan.project != name:
        yield f"it was made for project {plan.project!r}, this one is {name!r}"
    if plan.remote != view.remote:
        yield f"it was made for remote {plan.remote}, this one is {view.remote}"
    if plan.user != view.user:
        yield f"it was made by user {plan.user!r}, this key is {view.user!r}'s"


def _changed_files(saved: Saved, root: Path) -> Iterator[str]:
    """Name the manifests, and the files to be uploaded, that are not as they were."""
    wanted = dict(saved.files)
    for change in saved.plan.to_do:
        for _, upload in uploads(fields(change.after)):
            wanted[upload.path] = upload.sha256
    for name, expected in sorted(wanted.items()):
        path = root / name
        if not path.is_file():
            yield f"{name} is gone"
        elif digest_file(path).sha256 != expected:
            yield f"{name} changed"
