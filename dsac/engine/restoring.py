"""Plans to write the labels of a backup back, under the guards of every plan."""

import hashlib
from collections.abc import Mapping, Sequence
from itertools import groupby, zip_longest
from pathlib import Path

import msgspec

from dsac.core.change import Change
from dsac.core.differences import Differences, Tally
from dsac.core.guard import guard, risk
from dsac.core.labels import Machines
from dsac.core.losses import Evidence
from dsac.core.ownership import Scope, ownership_error
from dsac.core.plan import Allowances, Plan, Policy
from dsac.core.resources import (
    GROUND_TRUTH,
    LABELED,
    PRELABELED,
    Address,
    Dataset,
    Kind,
    Label,
    Labelset,
    RemoteDataset,
    RemoteLabel,
    RemoteSample,
    attributes_of,
)
from dsac.core.values import Tree, Upload, covers
from dsac.engine.backup import FILES, SavedLabel, read_backup
from dsac.engine.evidence import gather
from dsac.engine.planning import Prepared
from dsac.engine.progress import Progress
from dsac.engine.session import View, project_name
from dsac.errors import PlanError
from dsac.remote.reader import Scan

REASON = "from the backup"
KEPT_A_PERSONS = f"{REASON}, {LABELED} so that it counts as a person's, not a machine's"


def owners_in(folder: Path) -> tuple[str, ...]:
    """Name the owners of the datasets of a backup.

    Raises:
        BackupError: the folder is no backup.
    """
    owners = (item.dataset.partition("/")[0] for item in read_backup(folder))
    return tuple(sorted(set(owners)))


def plan_restore(
    view: View, folder: Path, *, allow: Allowances, progress: Progress
) -> Prepared:
    """Plan to write back what is not on the platform as the backup has it.

    A label goes to the sample of its uuid, else to that of its name; a label set that
    is gone is made again. What people made since is in the way: it is held. Labels
    whose dataset or sample is gone are left out, each with a warning. One that was
    PRELABELED comes back as LABELED: the platform would tell that the key's user wrote
    it, and the next apply would take it for a machine's.

    Args:
        view: The connection.
        folder: The backup's folder.
        allow: What a person allowed.
        progress: Is told of each dataset.

    Raises:
        BackupError: the folder is no backup.
        PlanError: a dataset belongs to another project.
    """
    labels = read_backup(folder)
    scope = Scope(
        project=project_name(view.project),
        user=view.user,
        machines=Machines(frozenset({view.user, *view.project.automation})),
    )
    datasets = groupby(labels, lambda item: item.dataset)
    grouped = {name: list(items) for name, items in datasets}
    progress.phase("read", len(grouped))
    parts = []
    for name, items in grouped.items():
        restorer = _Restorer(view, scope, folder, name)
        parts.append(restorer.part(items))
        progress.advance()
    found = [part for part, _ in parts]
    errors = [error for part in found for error in part.errors]
    if errors:
        raise PlanError("\n".join(errors))
    guarded = guard(parts, machines=scope.machines, policy=Policy(), allow=allow)
    unchanged = sum(part.unchanged.get(Kind.LABEL, 0) for part in found)
    plan = Plan(
        project=scope.project,
        remote=view.remote,
        user=view.user,
        changes=guarded.changes,
        blocks=guarded.blocks,
        warnings=tuple(text for part in found for text in part.warnings),
        unchanged={Kind.LABEL: unchanged},
        allow=allow,
    )
    return Prepared(plan=plan)


Part = tuple[Differences, Evidence]


class _Restorer:
    """Compares the labels of one dataset with those of a backup."""

    def __init__(self, view: View, scope: Scope, folder: Path, dataset: str) -> None:
        self.reader = view.reader
        self.scope = scope
        self.folder = folder
        self.root = view.root
        self.tally = Tally(dataset)

    def part(self, labels: Sequence[SavedLabel]) -> Part:
        """Give what is to be written back to the dataset, and what it would cost."""
        dataset = self.tally.dataset
        labelsets = tuple(sorted({item.labelset for item in labels}))
        remote = self.reader.dataset(dataset, Scan(labelsets=labelsets))
        if remote is None:
            self.tally.warnings.append(
                f"{dataset} is not there: {len(labels)} labels can't go back; create "
                "the dataset and its samples first"
            )
            remote = RemoteDataset(dataset=Dataset(name=dataset))
        else:
            self._compare(labels, remote)
        part = self.tally.result()
        return part, gather(self.reader, remote, risk(part), desired=None)

    def _compare(self, labels: Sequence[SavedLabel], remote: RemoteDataset) -> None:
        address = Address.of_dataset(self.tally.dataset)
        error = ownership_error(address, remote.marker, self.scope, adopt="changed")
        if error:
            self.tally.errors.append(error)
            return
        by_uuid = {item.uuid: item for item in remote}
        needed = set()
        for saved in labels:
            sample = by_uuid.get(saved.uuid) or remote.samples.get(saved.sample)
            if sample is None:
                self.tally.warnings.append(
                    f"{saved.address} can't go back: its sample is not there; create "
                    "it first"
                )
            else:
                needed.add(saved.labelset)
                self._label(saved, sample)
        there = {GROUND_TRUTH, *(item.name for item in remote.labelsets)}
        for name in sorted(needed - there):
            where = Address(Kind.LABELSET, self.tally.dataset, "", name)
            labelset = Labelset(name=name)
            self.tally.add(Change(address=where, after=labelset, reason=REASON))

    def _label(self, saved: SavedLabel, sample: RemoteSample) -> None:
        there = sample.labels.get(saved.labelset)
        wanted = _a_persons(saved.label)
        attributes = self._with_files(attributes_of(wanted), saved.files)
        after = msgspec.structs.replace(wanted, attributes=attributes)
        if isinstance(there, RemoteLabel) and (
            self._is_back(there.label, after) or self._never_left(there, saved.label)
        ):
            self.tally.unchanged[Kind.LABEL] += 1
            return
        before = there.label if isinstance(there, RemoteLabel) else None
        name = sample.sample.name
        change = Change(
            address=Address.label(self.tally.dataset, name, saved.labelset),
            before=before,
            after=after,
            uuid=sample.uuid,
            reason=REASON if wanted.status == saved.label.status else KEPT_A_PERSONS,
        )
        self.tally.add(change)

    def _is_back(self, there: Label, after: Label) -> bool:
        """Tell whether a label is as it would be written, its files by their bytes."""
        attributes = {
            key: self._uploaded(item, attributes_of(there).get(key))
            for key, item in attributes_of(after).items()
        }
        return _same(there, msgspec.structs.replace(after, attributes=attributes))

    def _never_left(self, there: RemoteLabel, saved: Label) -> bool:
        """Tell whether a label is still as it was saved, and still a person's."""
        return _same(there.label, saved) and not self.scope.machines.made(there)

    def _uploaded(self, value: Tree, there: Tree) -> Tree:
        """Put URLs in place of files where the same bytes are behind them already."""
        if isinstance(value, dict) and isinstance(there, dict):
            return {
                key: self._uploaded(item, there.get(key)) for key, item in value.items()
            }
        if isinstance(value, list) and isinstance(there, list):
            pairs = zip_longest(value, there[: len(value)])
            return [self._uploaded(item, other) for item, other in pairs]
        if isinstance(value, Upload) and isinstance(there, str):
            return there if self._stands(there, value.sha256) else value
        return value

    def _with_files(
        self, attributes: dict[str, Tree], files: Mapping[str, str]
    ) -> dict[str, Tree]:
        """Put files of the backup where their URLs no longer give the same bytes."""
        lost = {url: item for url, item in files.items() if not self._stands(url, item)}
        return {key: self._placed(item, lost) for key, item in attributes.items()}

    def _stands(self, url: str, digest: str) -> bool:
        data = self.reader.content(url)
        return data is not None and hashlib.sha256(data).hexdigest() == digest

    def _placed(self, value: Tree, lost: Mapping[str, str]) -> Tree:
        if isinstance(value, dict):
            return {key: self._placed(item, lost) for key, item in value.items()}
        if isinstance(value, list):
            return [self._placed(item, lost) for item in value]
        if isinstance(value, str) and value in lost:
            path = (self.folder / FILES / lost[value]).resolve()
            return Upload(str(path), lost[value])
        return value


def _a_persons(saved: Label) -> Label:
    """Give a label a status that is no machine's: what was saved is people's."""
    if saved.status != PRELABELED:
        return saved
    return msgspec.structs.replace(saved, status=LABELED)


def _same(there: Label, saved: Label) -> bool:
    """Tell whether a label is on the platform as it was saved, no more and no less."""
    return (
        there.status == saved.status
        and covers(attributes_of(there), attributes_of(saved))
        and covers(attributes_of(saved), attributes_of(there))
        and there.score == saved.score
    )
