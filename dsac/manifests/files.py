"""Local files that manifests name: where they may lie, what they must hold."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from dsac.assets.cache import Facts
from dsac.assets.files import Inspector, Look
from dsac.core.values import Json, Upload
from dsac.errors import AssetError, Position
from dsac.manifests.document import Where
from dsac.manifests.problems import Problems

URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
SHA256 = re.compile(r"[0-9a-f]{64}")
SHOWN = 10


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """One place of a manifest that names a file, and as what."""

    upload: Upload
    where: Where
    image: bool = False


class Pairing(msgspec.Struct, frozen=True, kw_only=True):
    """A bitmap, the ids of its annotations, and the local image that it lies on."""

    bitmap: Upload
    where: Where
    ids: frozenset[int]
    image: Upload | None = None


class Files:
    """Collects what manifests say of files; looks at all of them in one go.

    `read` holds the digests of what was read beside the manifests, such as
    annotation files.
    """

    def __init__(self, root: Path, problems: Problems) -> None:
        self.root = root.resolve()
        self.problems = problems
        self.uses: list[Use] = []
        self.pairings: list[Pairing] = []
        self.read: dict[str, str] = {}

    def locate(self, text: str, folder: Path, where: Where) -> Path | None:
        """Find where a path of a manifest leads; None, and a problem, if outside.

        Args:
            text: The path as written, relative to `folder`.
            folder: The manifest's own.
            where: Where it was written.
        """
        if not text or Path(text).is_absolute() or "\\" in text or "\0" in text:
            self.problems.add(
                where,
                f"{text!r} is no path beside this file",
                "write a relative path with forward slashes, or an absolute URL",
            )
            return None
        path = (folder / text).resolve()
        if not path.is_relative_to(self.root):
            self.problems.add(
                where,
                f"{text!r} leaves the project",
                f"move the file below the folder of dsac.yaml ({self.root.name}/)",
            )
            return None
        return path

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
        if URL.match(value):
            return value
        path = self.locate(value, folder, where)
        if path is None:
            return None
        upload = Upload(self.name_of(path), digest, form)
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

    def inspect(self, inspector: Inspector, *, jobs: int) -> dict[Upload, str]:
        """Look at every file once; give the digest of each upload's content.

        What is missing, not what it should be, or does not go together becomes a
        problem. A file whose digest the manifest states need not be here.
        """
        looks = self._looks()
        outcomes = inspector.inspect_all(looks.values(), jobs=jobs)
        found: dict[str, Facts | AssetError] = dict(zip(looks, outcomes, strict=True))
        for use in self.uses:
            self._check_use(use, found[use.upload.path])
        for pairing in self.pairings:
            self._check_pairing(pairing, found)
        return {
            use.upload: use.upload.sha256 or _digest(found[use.upload.path])
            for use in self.uses
        }

    def _looks(self) -> dict[str, Look]:
        """Merge what is asked of each file, so that none is read twice."""
        images = {use.upload.path for use in self.uses if use.image}
        bitmaps = {use.upload.path for use in self.uses if use.upload.form == "bitmap"}
        return {
            name: Look(self.root / name, image=name in images, bitmap=name in bitmaps)
            for name in dict.fromkeys(use.upload.path for use in self.uses)
        }

    def _check_use(self, use: Use, outcome: Facts | AssetError) -> None:
        stated = use.upload.sha256
        if isinstance(outcome, AssetError):
            if not (stated and not (self.root / use.upload.path).exists()):
                self.problems.add(use.where, str(outcome), outcome.hint)
        elif stated and outcome.sha256 != stated:
            self.problems.add(
                use.where,
                f"{use.upload.path} is not the stated file: its sha256 is "
                f"{outcome.sha256}",
                "state its own digest, or get the file that is meant",
            )

    def _check_pairing(
        self, pairing: Pairing, found: Mapping[str, Facts | AssetError]
    ) -> None:
        outcome = found[pairing.bitmap.path]
        if isinstance(outcome, AssetError) or outcome.bitmap is None:
            return
        bitmap, name = outcome.bitmap, pairing.bitmap.path
        ids = set(bitmap.ids)
        if ids != pairing.ids:
            self.problems.add(
                pairing.where,
                f"{name} and its annotations disagree:"
                f"{_only(ids - pairing.ids, 'only in the bitmap')}"
                f"{_only(pairing.ids - ids, 'only in the annotations')}",
                "give each id of the bitmap one annotation, and no other",
            )
        image = found.get(pairing.image.path) if pairing.image else None
        size = image.image if isinstance(image, Facts) else None
        if size is not None and size != (bitmap.width, bitmap.height):
            self.problems.add(
                pairing.where,
                f"{name} is {bitmap.width} x {bitmap.height} pixels, its image "
                f"{size[0]} x {size[1]}",
                "make the bitmap of the size of the image",
            )


def _digest(outcome: Facts | AssetError) -> str:
    return "" if isinstance(outcome, AssetError) else outcome.sha256


def _only(ids: set[int] | frozenset[int], where: str) -> str:
    if not ids:
        return ""
    first = ", ".join(map(str, sorted(ids)[:SHOWN]))
    more = f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else ""
    return f" {first}{more} {where};"
