"""Settles whether URLs that no marker speaks for hold the bytes of local files."""

import hashlib
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dsac.core.ownership import Content
from dsac.core.resources import Address
from dsac.core.samples import Unsettled
from dsac.core.values import Upload, at, uploads
from dsac.engine.progress import Progress
from dsac.errors import AssetError
from dsac.remote.reader import Reader

_MD5 = re.compile(r"[0-9a-f]{32}")


def settle(
    items: Iterable[Unsettled],
    *,
    reader: Reader,
    root: Path,
    jobs: int,
    progress: Progress,
) -> dict[Address, Content]:
    """Look at the content behind the URLs of each item.

    By ETag where it is the MD5 of the bytes, else by download and comparison of
    bytes, or of pixels where the file is a bitmap. What can't be read is unknown.

    Args:
        items: What a diff could not settle from markers.
        reader: Reads ETags and content.
        root: The project's root, to which the files' paths are relative.
        jobs: So many items are looked at at the same time.
        progress: Is told of each item.
    """
    looks = list(items)
    if not looks:
        return {}
    progress.phase("compare content", len(looks))
    found: dict[Address, Content] = {}
    with ThreadPoolExecutor(jobs) as pool:
        verdicts = pool.map(lambda item: _settle(item, reader, root), looks)
        for item, verdict in zip(looks, verdicts, strict=True):
            progress.advance()
            found[item.address] = verdict
    return found


def _settle(item: Unsettled, reader: Reader, root: Path) -> Content:
    verdicts = {
        _compare(upload, str(at(item.remote, path)), reader=reader, root=root)
        for path, upload in uploads(item.stated)
    }
    for verdict in (Content.DIFFERENT, Content.UNKNOWN):
        if verdict in verdicts:
            return verdict
    return Content.SAME


def _compare(upload: Upload, url: str, *, reader: Reader, root: Path) -> Content:
    path = root / upload.path
    if path.is_file():
        etag = reader.etag(url).strip('"').lower()
        if _MD5.fullmatch(etag) and etag == _md5(path):
            return Content.SAME
    data = reader.content(url)
    if data is None:
        return Content.UNKNOWN
    if hashlib.sha256(data).hexdigest() == upload.sha256:
        return Content.SAME
    if upload.form == "file":
        return Content.DIFFERENT
    return _compare_pixels(data, path)


def _md5(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(
            stream, lambda: hashlib.md5(usedforsecurity=False)
        ).hexdigest()


def _compare_pixels(data: bytes, path: Path) -> Content:
    """Compare the ids of a bitmap on the platform with those of a local one."""
    if not path.is_file():
        return Content.UNKNOWN
    from dsac.assets import bitmaps

    try:
        there = bitmaps.decode(data)
    except AssetError:
        return Content.DIFFERENT
    here = bitmaps.read(path)
    same = here.shape == there.shape and bool((here == there).all())
    return Content.SAME if same else Content.DIFFERENT
