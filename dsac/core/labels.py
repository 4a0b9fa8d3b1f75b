"""Whose label it is: a machine's, or a person's, which nobody may lose."""

from typing import Protocol

import msgspec

from dsac.core.resources import PRELABELED, RemoteLabel, Unknown


class Written(Protocol):
    """What tells who has worked on a label, in any form that can be read."""

    @property
    def created_by(self) -> str | None:
        """Who made it."""

    @property
    def updated_by(self) -> str | None:
        """Who changed it last."""

    @property
    def reviewed_by(self) -> str | None:
        """Who reviewed it."""

    @property
    def rating(self) -> float | None:
        """How it was rated."""


class Machines(msgspec.Struct, frozen=True):
    """The platform users whose labels are machine-made."""

    names: frozenset[str]

    def made(
        self,
        label: RemoteLabel | Unknown,
        *,
        owner: str = "annotators",
        stated: str | None = None,
    ) -> bool:
        """Tell whether a machine made a label, and nobody has touched it since.

        Args:
            label: The label on the platform; an unknown one is a person's.
            owner: To whom the label set belongs, "annotators" or "manifest".
            stated: The status that the manifest gives the label, where it does.

        Its status must be PRELABELED, or in a set of the manifest's the one that
        the manifest gives; nobody reviewed or rated it; and one of these users
        wrote it last.
        """
        if isinstance(label, Unknown):
            return False
        statuses = {PRELABELED}
        if owner == "manifest" and stated is not None:
            statuses.add(stated)
        return label.label.status in statuses and self.wrote(label)

    def wrote(self, label: Written) -> bool:
        """Tell whether one of these users wrote a label last, and nobody judged it."""
        return (
            not label.reviewed_by
            and label.rating is None
            and (label.updated_by or label.created_by) in self.names
        )
