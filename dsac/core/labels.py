"""Whose label it is: a machine's, or a person's, which nobody may lose."""

import msgspec

from dsac.core.resources import PRELABELED, RemoteLabel, Unknown


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
        return (
            label.label.status in statuses
            and not label.reviewed_by
            and label.rating is None
            and (label.updated_by or label.created_by) in self.names
        )
