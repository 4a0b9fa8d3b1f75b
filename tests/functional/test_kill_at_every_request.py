"""An apply that is killed at any of its requests: the next one finishes its work.

What a killed process leaves behind is what is on the disks: the server's, and its
own. So one undisturbed apply is enough to have it all: both are copied before each
request is sent, and again when the server did the work and the answer is not yet on
its way. Each of these moments is then the start of a next run. Real processes and
real signals: `test_kill_processes`.
"""

import hashlib
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from dsac.core import batches
from dsac.emulator.faults import kind_of
from tests.functional.everything import DATASETS, differences, moved, prepare
from tests.functional.stage import Stage, VirtualTime
from tests.functional.truth import state

pytestmark = pytest.mark.search

SHARDS = 4
BATCH = 4
"""So many samples are a batch here, so that there are several."""


@dataclass(frozen=True)
class Moment:
    """What was on the disks at one moment of a run, and what had been uploaded."""

    name: str
    server: Path
    own: Path
    uploads: tuple[str, ...]
    digest: str


class Recording:
    """An undisturbed apply, with all moments at which it could have been killed.

    The apply is one of a saved plan where `planned` says so.
    """

    def __init__(
        self, folder: Path, patch: pytest.MonkeyPatch, *, planned: bool = False
    ) -> None:
        self.arguments: tuple[Path, ...] = ()
        self.stage = Stage(folder / "project", folder / "server", patch=patch)
        prepare(self.stage)
        self.uuids = self.stage.uuids("jane/flowers")
        self.folder = folder
        if planned:
            self.arguments = (folder / "p.plan",)
            assert self.stage.run("plan", "--out", *self.arguments).code == 0
        self.moments: list[Moment] = []
        self.seam = self.stage.open(self.stage.server)
        self.seam.before = lambda line: self._note(f"before {line}")
        self.seam.after = lambda line: self._note(f"after {line}")
        ran = self.stage.apply(*self.arguments)
        assert ran.code == 0, ran.out + ran.err
        self.end = state(self.stage.app, DATASETS)

    @property
    def own(self) -> Path:
        return self.stage.root / ".dsac"

    def _note(self, name: str) -> None:
        place = self.folder / "moments" / str(len(self.moments))
        shutil.copytree(self.stage.server, place / "server")
        if self.own.exists():
            shutil.copytree(self.own, place / "own")
        self.moments.append(
            Moment(
                name=f"{len(self.seam.log)}: {name}",
                server=place / "server",
                own=place / "own",
                uploads=tuple(self.seam.uploads),
                digest=_digest(place),
            )
        )

    def distinct(self) -> list[Moment]:
        """Give the moments, those left out that nothing on any disk tells apart."""
        return list({moment.digest: moment for moment in self.moments}.values())

    def resume(self, moment: Moment, *, keep: bool) -> Iterator[str]:
        """Run again from a moment on, with `.dsac` or not; yield what is wrong."""
        shutil.rmtree(self.own, ignore_errors=True)
        if keep and moment.own.exists():
            shutil.copytree(moment.own, self.own)
        server = self.folder / "resumed"
        shutil.copytree(moment.server, server)
        seam = self.stage.open(server)
        ran = self.stage.apply(*self.arguments)
        if ran.code:
            yield f"it ended with {ran.code}: {ran.out}{ran.err}"
        yield from differences(self.end, state(self.stage.app, DATASETS))
        yield from moved(self.uuids, self.stage.uuids("jane/flowers"))
        yield from twice(moment, seam.uploads, keep=keep)
        shutil.rmtree(server)


def _digest(folder: Path) -> str:
    """Digest all files of a folder."""
    hashed = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            hashed.update(str(path.relative_to(folder)).encode())
            hashed.update(hashlib.sha256(path.read_bytes()).digest())
    return hashed.hexdigest()


def twice(moment: Moment, after: list[str], *, keep: bool) -> Iterator[str]:
    """Name what was uploaded twice, but the one in flight; without memory, a batch."""
    counts = Counter([*moment.uploads, *after])
    again = {name for name, count in counts.items() if count > 1}
    in_flight = moment.uploads[-1:] if "after POST /upload" in moment.name else ()
    if keep and not again <= set(in_flight):
        yield f"uploaded twice: {again}"
    if len(again) > 2 * BATCH or len(set(after)) < len(after):
        yield f"uploaded more than a batch again: {again}"


@contextmanager
def recorded(folder: Path, *, planned: bool = False) -> Iterator[Recording]:
    """Record an apply in batches of a few samples, without waiting for anything."""
    with pytest.MonkeyPatch.context() as patch:
        VirtualTime().install(patch)
        patch.setattr(batches, "BATCH", BATCH)
        yield Recording(folder, patch, planned=planned)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recording]:
    with recorded(tmp_path_factory.mktemp("killed")) as found:
        yield found


def problems(recording: Recording, moments: list[Moment], *, keep: bool):
    """Say for each moment what is wrong after the next run."""
    found = {
        moment.name: list(recording.resume(moment, keep=keep)) for moment in moments
    }
    return {name: wrong for name, wrong in found.items() if wrong}


def test_the_apply_has_operations_of_all_kinds(recording) -> None:
    kinds = {kind_of(*line.split(" ", 1)) for line in recording.seam.log}
    assert len(recording.moments) == 2 * len(recording.seam.log)
    assert recording.seam.writes > 30
    assert {kind for kind in kinds if not kind.startswith(("GET", "HEAD"))} == {
        "POST organizations",
        "PATCH datasets",
        "POST datasets labelsets",
        "DELETE datasets labelsets",
        "POST datasets collaborators",
        "PATCH datasets collaborators",
        "DELETE datasets collaborators",
        "POST assets",
        "POST upload",
        "POST datasets samples_bulk",
        "DELETE datasets samples_bulk",
        "PATCH samples",
        "PUT labels",
        "DELETE labels",
        "POST datasets releases",
        "DELETE datasets releases",
    }


@pytest.mark.parametrize("shard", range(SHARDS))
def test_whenever_an_apply_dies_the_next_one_ends_as_if_nothing_had_been(
    shard, recording
) -> None:
    assert problems(recording, recording.distinct()[shard::SHARDS], keep=True) == {}


def test_whoever_loses_what_dsac_keeps_uploads_a_batch_again_at_most(
    recording,
) -> None:
    uploading = [moment for moment in recording.distinct() if moment.uploads]
    assert problems(recording, uploading[::4], keep=False) == {}


def test_a_saved_plan_whose_apply_dies_is_applied_again(tmp_path) -> None:
    with recorded(tmp_path, planned=True) as recording:
        assert problems(recording, recording.distinct()[::2], keep=True) == {}
