"""The ownership marker: one short, versioned string in the metadata key `dsac`."""

import msgspec

from dsac.core.values import Tree, at, digest, has_uploads, normal, uploads

KEY = "dsac"
"""The reserved metadata key."""

VERSION = "1"
LIMIT = 1000
"""A marker stays below this many bytes; what does not fit is left off."""


class Pair(msgspec.Struct, frozen=True):
    """Which content stands behind which URLs: digests of the sources and the URLs."""

    content: str
    urls: str


class Marker(msgspec.Struct, frozen=True, kw_only=True):
    """What the platform can't tell by itself about an object that dsac manages.

    `sample` and `labels` (by label set digest) record uploaded content. A marker
    whose `dataset` is not the one that it is found in was copied by a clone and
    counts as none. `stuck` has a key for each entry of the metadata that the platform
    did not let go. `known` is false for a version that this dsac can't read.
    """

    project: str
    dataset: str
    sample: Pair | None = None
    labels: dict[str, Pair] = {}
    prevent_destroy: bool = False
    lease: str = ""
    stuck: frozenset[str] = frozenset()
    known: bool = True


def write(marker: Marker) -> str:
    """Write a marker as the string that the platform keeps."""
    parts = [f"v{VERSION}", _escape(marker.project), _escape(marker.dataset)]
    if marker.prevent_destroy:
        parts.append("keep")
    if marker.lease:
        parts.append(f"lease={_escape(marker.lease)}")
    if marker.sample is not None:
        parts.append(f"s={marker.sample.content}.{marker.sample.urls}")
    text = " ".join(parts)
    optional = [f"m={key}" for key in sorted(marker.stuck)]
    optional += [
        f"l={key}.{pair.content}.{pair.urls}"
        for key, pair in sorted(marker.labels.items())
    ]
    for part in optional:
        longer = f"{text} {part}"
        if len(longer.encode()) >= LIMIT:
            break
        text = longer
    return text


def read(text: object) -> Marker | None:
    """Read a marker; None where the key is absent.

    A text that is there but can't be read is a marker of an unknown version, so
    that nobody takes its object for unowned.
    """
    if text is None:
        return None
    parts = text.split(" ") if isinstance(text, str) else []
    if len(parts) < 3 or parts[0] != f"v{VERSION}":  # noqa: PLR2004 - the fixed parts
        return Marker(project="", dataset="", known=False)
    sample, labels, keep, lease = None, {}, False, ""
    stuck = set()
    for part in parts[3:]:
        key, _, value = part.partition("=")
        if key == "keep":
            keep = True
        elif key == "lease":
            lease = _unescape(value)
        elif key == "s":
            sample = Pair(*value.partition(".")[::2])
        elif key == "m":
            stuck.add(value)
        elif key == "l":
            name, _, rest = value.partition(".")
            labels[name] = Pair(*rest.partition(".")[::2])
    return Marker(
        project=_unescape(parts[1]),
        dataset=_unescape(parts[2]),
        sample=sample,
        labels=labels,
        prevent_destroy=keep,
        lease=lease,
        stuck=frozenset(stuck),
    )


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace(" ", "%20")


def _unescape(text: str) -> str:
    return text.replace("%20", " ").replace("%25", "%")


def label_key(labelset: str) -> str:
    """Give the short key under which a label set's pair is kept."""
    return digest(labelset, length=6)


def stuck_key(key: str, value: Tree) -> str:
    """Give the short key of an entry of the metadata that can't be removed.

    One that gets another value is another entry, and is tried again.
    """
    return digest([key, normal(value)], length=6)


def content_digest(tree: Tree) -> str:
    """Digest which files stand where in a tree, and how they are read."""
    found = [
        ["/".join(map(str, path)), upload.form, upload.sha256]
        for path, upload in uploads(tree)
    ]
    return digest(found)


def urls_digest(stated: Tree, remote: Tree) -> str:
    """Digest the URLs that stand in `remote` where `stated` has files."""
    return digest([at(remote, path) for path, _ in uploads(stated)], length=8)


def pair_of(stated: Tree, remote: Tree) -> Pair | None:
    """Pair the files of `stated` with the URLs of `remote`; None without files."""
    if not has_uploads(stated):
        return None
    return Pair(content_digest(stated), urls_digest(stated, remote))


def settles(pair: Pair | None, stated: Tree, remote: Tree) -> bool | None:
    """Tell whether the URLs in `remote` hold the files of `stated`.

    None: the pair is missing, or stale because the URLs are others than those it
    was written for, so that only a look at the content can tell.
    """
    if pair is None or pair.urls != urls_digest(stated, remote):
        return None
    return pair.content == content_digest(stated)
