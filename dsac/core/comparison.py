"""One comparison under way: the manifest's side, who we are, what was found."""

import msgspec

from dsac.core.differences import Tally
from dsac.core.marker import Marker
from dsac.core.ownership import Owner, Scope
from dsac.core.resources import Address, Desired


class Comparison(msgspec.Struct, frozen=True):
    """What each part of a diff is given beside the two resources it compares."""

    desired: Desired
    scope: Scope
    tally: Tally

    @property
    def dataset(self) -> str:
        """The full name of the dataset, owner/name."""
        return self.desired.dataset.name

    def ours(self, marker: Marker | None) -> bool:
        """Tell whether an object of this dataset is ours."""
        return self.scope.owner(marker, self.dataset) is Owner.OURS

    def sample(self, name: str) -> Address:
        """Address a sample of this dataset."""
        return Address.of_sample(self.dataset, name)

    def label(self, sample: str, labelset: str) -> Address:
        """Address a label of this dataset."""
        return Address.label(self.dataset, sample, labelset)
