"""Whose object it is: ours, another project's, or nobody's."""

import enum
from collections.abc import Mapping

import msgspec

from dsac.core.globs import Glob
from dsac.core.labels import Machines
from dsac.core.marker import Marker, Pair, settles
from dsac.core.resources import Address
from dsac.core.values import Tree, at, replace_uploads, uploads


class Owner(enum.Enum):
    """Who manages an object, as its marker tells."""

    OURS = "ours"
    FOREIGN = "another project's"
    TAKEN = "another project's, to be taken over"
    NOBODY = "nobody's"
    UNREADABLE = "marked in a way that this version does not know"


class Content(enum.Enum):
    """What a look at the bytes behind a URL told about a local file."""

    SAME = "same"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What a diff must know beside the two sides.

    `user` is the key's; `contents` tells of files whose URLs no marker speaks for;
    `take_over` names projects whose objects this one may adopt. `partial` says that
    a plan is about a part of a dataset only, so that what left and what came can't
    be told apart from what was renamed. `replace` has the samples to be made anew.
    """

    project: str
    machines: Machines
    user: str = "the key's user"
    contents: Mapping[Address, Content] = {}
    take_over: frozenset[str] = frozenset()
    partial: bool = False
    replace: tuple[Glob, ...] = ()

    def owner(self, marker: Marker | None, dataset: str) -> Owner:
        """Tell who manages an object of a dataset that carries this marker.

        A marker that names another dataset was copied by a clone: it says nothing.
        """
        if marker is None:
            return Owner.NOBODY
        if not marker.known:
            return Owner.UNREADABLE
        if marker.dataset != dataset:
            return Owner.NOBODY
        if marker.project == self.project:
            return Owner.OURS
        return Owner.TAKEN if marker.project in self.take_over else Owner.FOREIGN

    def settle(
        self,
        address: Address,
        stated: dict[str, Tree],
        *,
        remote: dict[str, Tree],
        pair: Pair | None,
    ) -> tuple[dict[str, Tree], bool]:
        """Put the remote's URLs where the files of a manifest are already there.

        Returns:
            The attributes, in which files that must be uploaded still stand, and
            whether the content could be told at all. What can't be told counts as
            there: it is kept and never updated.
        """
        if next(uploads(stated), None) is None:
            return stated, True
        verdict = settles(pair, stated, remote)
        found = self.contents.get(address, Content.DIFFERENT)
        if verdict is False and not (_has_bitmap(stated) and found is Content.SAME):
            return stated, True
        if verdict is None and found is Content.DIFFERENT:
            return stated, True
        placed = {
            key: replace_uploads(item, lambda path, _: at(remote, path), (key,))
            for key, item in stated.items()
        }
        return placed, verdict is True or found is Content.SAME

    def needs_a_look(self, stated: Tree, *, remote: Tree, pair: Pair | None) -> bool:
        """Tell whether only the bytes behind the remote's URLs can settle a file.

        A marker does not settle that bitmaps differ: its digests are those of the
        sources, and one mask has as many encodings as there are formats.
        """
        found = list(uploads(stated))
        verdict = settles(pair, stated, remote)
        unsettled = verdict is None or (verdict is False and _has_bitmap(stated))
        return (
            bool(found)
            and unsettled
            and all(isinstance(at(remote, path), str) for path, _ in found)
        )


def _has_bitmap(stated: Tree) -> bool:
    return any(upload.form == "bitmap" for _, upload in uploads(stated))


def pair_for(marker: Marker | None, dataset: str, *, label: str = "") -> Pair | None:
    """Give the pair that a marker keeps for a sample or for one of its labels.

    Args:
        marker: The marker found on the sample.
        dataset: The full name of the dataset in which it was found.
        label: The short key of a label set; empty for the sample itself.
    """
    if marker is None or not marker.known or marker.dataset != dataset:
        return None
    return marker.labels.get(label) if label else marker.sample


def ownership_error(
    address: Address, marker: Marker | None, scope: Scope, *, adopt: str
) -> str:
    """Say why an object that a manifest names can't be managed; empty if it can."""
    match scope.owner(marker, address.dataset):
        case Owner.FOREIGN:
            project = marker.project if marker else ""
            return (
                f"{address} is managed by project {project!r}, not by "
                f"{scope.project!r}; take it out of one of the two, or pass "
                f"--take-over {project}"
            )
        case Owner.UNREADABLE:
            return (
                f"{address} carries a marker that this version of dsac does not "
                "know; a newer dsac manages it: upgrade"
            )
        case Owner.NOBODY if adopt == "none":
            return (
                f"{address} exists already and is not managed by dsac; take it out "
                "of the manifest, or write lifecycle: {adopt: changed}"
            )
        case _:
            return ""
