"""The files behind the URLs of a dataset, written beside its manifest."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec

from dsac.assets.files import Inspector, Look
from dsac.assets.names import safe_names, split_suffix
from dsac.core.resources import RemoteDataset, RemoteLabel, attributes_of
from dsac.core.values import Path as Place
from dsac.core.values import Tree
from dsac.engine.progress import Progress
from dsac.errors import AssetError
from dsac.manifests.categories import Categories
from dsac.manifests.writing_samples import Where, must_be_verbatim, url_places
from dsac.remote.reader import Reader

IMAGE: Place = ("image", "url")
BITMAP: Place = ("segmentation_bitmap", "url")
FEW = 10
"""So many reasons why files stay behind their URLs are told, each with one of them."""

Found = dict[Where, dict[Place, str]]


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A URL to be read: whose it is, where it stands, and the file it goes to.

    `image` and `bitmap` say what a manifest would take the file for; `ids` which ids a
    bitmap must have, None where nobody says so.
    """

    where: Where
    place: Place
    url: str
    file: str
    image: bool
    bitmap: bool
    ids: frozenset[int] | None = None


class Downloads(msgspec.Struct, frozen=True):
    """What was written, by its places, and what stayed behind its URL, and why."""

    files: Found
    left: tuple[str, ...]


class Downloader:
    """Writes files of one dataset into a folder beside its manifest."""

    def __init__(self, reader: Reader, folder: Path, *, jobs: int) -> None:
        self._reader = reader
        self._folder = folder
        self._jobs = jobs
        self._inspector = Inspector(folder)

    def run(self, remote: RemoteDataset, progress: Progress) -> Downloads:
        """Read every file that a manifest can name; check that it may do so.

        A file stays behind its URL where that can't be read, or where the file is
        not what a manifest takes it for: an image, a bitmap of the annotations' ids,
        of the size of its image.
        """
        targets = list(_targets(remote))
        progress.phase("download", len(targets))
        files: Found = {}
        sizes: dict[str, Size] = {}
        left: dict[str, dict[str, None]] = {}
        with ThreadPoolExecutor(self._jobs) as pool:
            outcomes = pool.map(self._fetch, targets)
            for target, outcome in zip(targets, outcomes, strict=True):
                progress.advance()
                problem = _problem(target, outcome, sizes)
                if problem:
                    (self._folder / target.file).unlink(missing_ok=True)
                    left.setdefault(problem, {})[target.url] = None
                else:
                    name = f"{self._folder.name}/{target.file}"
                    files.setdefault(target.where, {})[target.place] = name
        return Downloads(files, tuple(_notes(left)))

    def _fetch(self, target: Target) -> tuple[int, int] | str:
        """Write a file; give its size in pixels, or why it can't be used."""
        data = self._reader.content(target.url)
        if data is None:
            return "it can't be read"
        path = self._folder / target.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        look = Look(path, image=target.image, bitmap=target.bitmap)
        try:
            facts = self._inspector.inspect(look)
        except AssetError as error:
            return str(error)
        bitmap = facts.bitmap
        if bitmap is None:
            return facts.image or (0, 0)
        if target.ids is not None and frozenset(bitmap.ids) != target.ids:
            return "its ids are not those of the annotations"
        return bitmap.width, bitmap.height


Size = tuple[int, int]


def _notes(left: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """Say why files stay behind their URLs: a line for each reason, and few lines.

    A private bucket may hold every file of a dataset.
    """
    for problem, urls in islice(left.items(), FEW):
        first, *others = urls
        also = f" (and {len(others)} more like it)" if others else ""
        yield f"{first} stays a URL: {problem}{also}"
    rest = sum(len(list(urls)) for urls in list(left.values())[FEW:])
    if rest:
        yield f"{rest} more files stay URLs, for other reasons"


def _problem(target: Target, outcome: Size | str, sizes: dict[str, Size]) -> str:
    """Say why a file can't be used, nothing if it can; note the size of an image."""
    if isinstance(outcome, str):
        return outcome
    sample, labelset = target.where
    if target.place == IMAGE and not labelset:
        sizes[sample] = outcome
    wanted = sizes.get(sample, outcome)
    fits = target.place != BITMAP or not labelset or wanted == outcome
    return "" if fits else "the bitmap is not of the size of its image"


def _targets(remote: RemoteDataset) -> Iterator[Target]:
    """List the files of a dataset; the image of a sample before its bitmaps."""
    found = list(_files(remote))
    folders = safe_names({labelset: _folder(labelset) for labelset, *_ in found})
    names = {
        (labelset, sample, place): _name(sample, place, url)
        for labelset, sample, place, url, *_ in found
    }
    taken: dict[tuple[str, str, Place], str] = {}
    for labelset in folders:
        own = {key: name for key, name in names.items() if key[0] == labelset}
        taken.update(safe_names(own))
    for labelset, sample, place, url, parent, ids in found:
        yield Target(
            where=(sample, labelset),
            place=place,
            url=url,
            file=f"{folders[labelset]}/{taken[labelset, sample, place]}",
            image=parent == "image",
            bitmap=parent == "segmentation_bitmap",
            ids=ids if place == BITMAP and labelset else None,
        )


Named = tuple[str, str, Place, str, str, frozenset[int]]


def _files(remote: RemoteDataset) -> Iterator[Named]:
    stated = remote.dataset.task_attributes
    items = stated.get("categories") if isinstance(stated, dict) else None
    categories = Categories(items, stated=bool(stated))
    for name in sorted(remote.samples):
        found = remote.samples[name]
        attributes = attributes_of(found.sample)
        if not must_be_verbatim(attributes):
            for place, url, parent in url_places(dict(attributes)):
                yield "", name, place, url, parent, frozenset()
        for labelset, label in sorted(found.labels.items()):
            if not isinstance(label, RemoteLabel):
                continue
            attributes = attributes_of(label.label)
            if must_be_verbatim(attributes, categories):
                continue
            for place, url, parent in url_places(dict(attributes)):
                if len(place) > 1:  # the label's own `url` is read as plain text
                    yield labelset, name, place, url, parent, _ids(attributes)


def _ids(attributes: Mapping[str, Tree]) -> frozenset[int]:
    rows = attributes.get("annotations")
    ids = (
        [row.get("id") for row in rows if isinstance(row, dict)]
        if (isinstance(rows, list))
        else []
    )
    return frozenset(key for key in ids if isinstance(key, int))


def _folder(labelset: str) -> str:
    return f"labels-{labelset}" if labelset else "samples"


def _name(sample: str, place: Place, url: str) -> str:
    """Name a file after its sample and, unless it is all there is, its place."""
    parts = [] if place in {IMAGE, BITMAP} else [str(step) for step in place[:-1]]
    suffix = split_suffix(unquote(urlsplit(url).path).rpartition("/")[2])[1]
    text = ".".join([sample, *parts])
    return text if text.casefold().endswith(suffix.casefold()) else f"{text}{suffix}"
