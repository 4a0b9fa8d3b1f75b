"""Local files that manifests name: where they may lie, what they must hold."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from dsac.assets.cache import FileCache
from dsac.assets.facts import Facts
from dsac.assets.files import Inspector, Look, Outcome
from dsac.core.values import Json, Upload
from dsac.errors import AssetError, Position
from dsac.manifests.document import Where
from dsac.manifests.paths import Found, Paths, is_relative
from dsac.manifests.problems import Problems

URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
SHA256 = re.compile(r"[0-9a-f]{64}")
SHOWN = 10


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """A place of a manifest that names a file which must be looked at, and as what."""

    upload: Upload
    where: Where
    image: bool = False


class Pairing(msgspec.Struct, frozen=True, kw_only=True):
    """A bitmap, the ids of its annotations, and the local image that it lies on."""

    bitmap: Upload
    where: Where
    ids: frozenset[int]
    image: Upload | None = None


class Watch(Protocol):
    """Is told how looking at files gets on."""

    def phase(self, name: str, total: int | None) -> None:
        """Begin a phase of so many steps."""

    def advance(self, count: int = 1) -> None:
        """Count steps of the current phase as done."""


class Files:
    """Collects what manifests say of files; looks at all of them in one go.

    A file that the stat cache knows is settled when it is named, for the price of one
    stat; the others wait as `uses`. `named` counts both. `read` holds the digests of
    what was read beside the manifests, such as annotation files.

    Args:
        root: The project's folder.
        problems: Where mistakes go.
        cache: Knows what did not change; without one all files wait.
        also: Another folder with the same files, to which links may lead.
    """

    def __init__(
        self,
        root: Path,
        problems: Problems,
        cache: FileCache | None = None,
        *,
        also: Path | None = None,
    ) -> None:
        self.root = root.resolve()
        self.problems = problems
        self.uses: list[Use] = []
        self.pairings: list[Pairing] = []
        self.read: dict[str, str] = {}
        self.named = 0
        self._cache = FileCache() if cache is None else cache
        self._paths = Paths(self.root, also)

    def locate(self, text: str, folder: Path, where: Where) -> Path | None:
        """Find where a path of a manifest leads; None, and a problem, if outside.

        Args:
            text: The path as written, relative to `folder`.
            folder: The manifest's own.
            where: Where it was written.
        """
        found = self._find(text, folder, where)
        return None if found is None else self.root / found[0]

    def is_there(self, text: str, folder: Path, where: Where) -> bool:
        """Tell whether a path leads to something; not outside, which is a problem."""
        found = self._find(text, folder, where)
        return found is not None and found[1] is not None

    def _find(self, text: str, folder: Path, where: Where) -> Found | None:
        found = self._paths.find(text, folder)
        if found is None:
            self._refuse(text, where)
        return found

    def _refuse(self, text: str, where: Where) -> None:
        """Say what is wrong with a path that leads nowhere."""
        if is_relative(text):
            self.problems.add(
                where,
                f"{text!r} leaves the project",
                f"move the file below the folder of dsac.yaml ({self.root.name}/)",
            )
        else:
            self.problems.add(
                where,
                f"{text!r} is no path beside this file",
                "write a relative path with forward slashes, or an absolute URL",
            )

    def leads_out(self, path: Path) -> bool:
        """Tell whether a manifest is a link to a file outside of the project."""
        return self._paths.leads_out(path)

    def name_of(self, path: Path) -> str:
        """Give a path relative to the project's root, with forward slashes."""
        return path.relative_to(self.root).as_posix()

    def upload(
        self,
        value: Json,
        folder: Path,
        *,
        where: Where,
        form: str = "file",
        image: bool = False,
    ) -> Json:
        """Turn what a manifest writes for a file into an upload; URLs stay.

        Args:
            value: A path, a URL, or {path, sha256}.
            folder: To which a path is relative.
            where: Where it was written.
            form: How the file goes up, see `Upload`.
            image: Whether it must be an image.
        """
        digest = ""
        if isinstance(value, dict):
            digest = str(value.get("sha256", "")).lower()
            value = value.get("path")
            if not SHA256.fullmatch(digest):
                self.problems.add(where, "sha256 is no digest", "write 64 hex digits")
                return None
        if not isinstance(value, str):
            self.problems.add(where, "a file is missing", "write a path or a URL")
            return None
        if "://" in value and URL.match(value):
            return value
        found = self._paths.find(value, folder)
        if found is None:
            self._refuse(value, where)
            return None
        name, stat = found
        self.named += 1
        # What is not here has no digest but the one that is stated, and needs none.
        settled = digest
        if stat is not None:
            settled = self._cache.digest(
                name, stat, image=image, bitmap=form == "bitmap"
            )
        if settled and (settled == digest or not digest):
            return Upload(name, settled, form)
        upload = Upload(name, digest, form)
        self.uses.append(Use(upload=upload, where=where, image=image))
        return upload

    def json(self, path: Path, where: Where) -> Json:
        """Read a JSON file that a manifest names; None, and a problem, if it fails."""
        try:
            data = path.read_bytes()
            found: Json = json.loads(data)
        except OSError as error:
            self.problems.add(
                where, f"{path.name} can't be read: {error.strerror}", "check the path"
            )
            return None
        except json.JSONDecodeError as error:
            place = Position(self.name_of(path), error.lineno, error.colno)
            self.problems.add(place, f"broken JSON: {error.msg}", "mend the file")
            return None
        except UnicodeDecodeError:
            self.problems.add(where, f"{path.name} is not UTF-8", "mend the file")
            return None
        self.read[self.name_of(path)] = hashlib.sha256(data).hexdigest()
        return found

    def inspect(
        self, inspector: Inspector, *, jobs: int, watch: Watch | None = None
    ) -> dict[Upload, str]:
        """Look at every file that waits, once; give the digests of those uploads.

        What is missing, not what it should be, or does not go together becomes a
        problem. A file whose digest the manifest states need not be here.
        """
        looks = self._looks()
        found: dict[str, Outcome] = {}
        if watch is not None and looks:
            watch.phase("read files", len(looks))
        outcomes = inspector.inspect_all(looks.values(), jobs=jobs)
        for name, outcome in zip(looks, outcomes, strict=True):
            found[name] = outcome
            if watch is not None:
                watch.advance()
        for use in self.uses:
            self._check_use(use, found[use.upload.path])
        for pairing in self.pairings:
            self._check_pairing(pairing, found, inspector)
        return {
            use.upload: _digest(found[use.upload.path])
            for use in self.uses
            if not use.upload.sha256
        }

    def _looks(self) -> dict[str, Look]:
        """Merge what is asked of each file, so that none is read twice."""
        uses = self.uses
        images = {use.upload.path for use in uses if use.image}
        bitmaps = {use.upload.path for use in uses if use.upload.form == "bitmap"}
        return {
            name: Look(self.root / name, image=name in images, bitmap=name in bitmaps)
            for name in dict.fromkeys(use.upload.path for use in uses)
        }

    def _check_use(self, use: Use, outcome: Outcome) -> None:
        stated = use.upload.sha256
        if isinstance(outcome, AssetError):
            self.problems.add(use.where, str(outcome), outcome.hint)
        elif stated and outcome.sha256 != stated:
            self.problems.add(
                use.where,
                f"{use.upload.path} is not the stated file: its sha256 is "
                f"{outcome.sha256}",
                "state its own digest, or get the file that is meant",
            )

    def _check_pairing(
        self, pairing: Pairing, found: Mapping[str, Outcome], inspector: Inspector
    ) -> None:
        facts = _facts(pairing.bitmap, found, inspector)
        if facts is None or facts.bitmap is None:
            return
        bitmap, name = facts.bitmap, pairing.bitmap.path
        ids = set(bitmap.ids)
        if ids != pairing.ids:
            self.problems.add(
                pairing.where,
                f"{name} and its annotations disagree:"
                f"{_only(ids - pairing.ids, 'only in the bitmap')}"
                f"{_only(pairing.ids - ids, 'only in the annotations')}",
                "give each id of the bitmap one annotation, and no other",
            )
        image = _facts(pairing.image, found, inspector) if pairing.image else None
        size = image.image if image is not None else None
        if size is not None and size != (bitmap.width, bitmap.height):
            self.problems.add(
                pairing.where,
                f"{name} is {bitmap.width} x {bitmap.height} pixels, its image "
                f"{size[0]} x {size[1]}",
                "make the bitmap of the size of the image",
            )


def _facts(
    upload: Upload, found: Mapping[str, Outcome], inspector: Inspector
) -> Facts | None:
    """Give what is known of a file that was read, or settled when it was named."""
    outcome = found.get(upload.path)
    if outcome is None:
        facts = inspector.cache.recall(upload.path)
        return facts if facts and facts.sha256 == upload.sha256 else None
    return None if isinstance(outcome, AssetError) else outcome


def _digest(outcome: Outcome) -> str:
    return "" if isinstance(outcome, AssetError) else outcome.sha256


def _only(ids: set[int] | frozenset[int], where: str) -> str:
    if not ids:
        return ""
    first = ", ".join(map(str, sorted(ids)[:SHOWN]))
    more = f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else ""
    return f" {first}{more} {where};"
