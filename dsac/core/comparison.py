"""One comparison under way: the manifest's side, who we are, what was found."""

import msgspec

from dsac.core.differences import Tally
from dsac.core.marker import Marker
from dsac.core.ownership import Owner, Scope
from dsac.core.resources import Address, Desired, RemoteSample


class Comparison(msgspec.Struct, frozen=True):
    """What each part of a diff is given beside the two resources it compares.

    `complete` is false where the listing can't be trusted: then nothing is deleted.
    """

    desired: Desired
    scope: Scope
    tally: Tally
    complete: bool = True

    @property
    def dataset(self) -> str:
        """The full name of the dataset, owner/name."""
        return self.desired.dataset.name

    def ours(self, marker: Marker | None) -> bool:
        """Tell whether an object of this dataset is ours."""
        return self.scope.owner(marker, self.dataset) is Owner.OURS

    def adopts(self, marker: Marker | None, *, changed: bool) -> bool:
        """Tell whether an object that a manifest names gets our marker now.

        What is taken over is marked at once, or the next plan would refuse it again.
        """
        lifecycle = self.desired.lifecycle
        owner = self.scope.owner(marker, self.dataset)
        if not lifecycle.marker or owner is Owner.OURS:
            return False
        return changed or lifecycle.adopt == "all" or owner is Owner.TAKEN

    def stuck(self, marker: Marker | None) -> frozenset[str]:
        """Give the metadata of an object of ours that the platform does not let go."""
        return marker.stuck if marker and self.ours(marker) else frozenset()

    def replaces(self, name: str, have: RemoteSample) -> bool:
        """Tell whether a sample that a manifest names shall be made anew.

        It must be ours: what is nobody's is adopted first. One that is to be renamed
        is none; nor is anything where the listing can't be trusted.
        """
        address = self.sample(name)
        return (
            self.complete
            and have.sample.name == name
            and self.ours(have.marker)
            and any(glob.matches(address) for glob in self.scope.replace)
        )

    def sample(self, name: str) -> Address:
        """Address a sample of this dataset."""
        return Address.of_sample(self.dataset, name)

    def label(self, sample: str, labelset: str) -> Address:
        """Address a label of this dataset."""
        return Address.label(self.dataset, sample, labelset)
