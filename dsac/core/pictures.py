"""What is shown beside the words of a plan: made by the engine, for renderers."""

from collections.abc import Mapping

import msgspec

from dsac.core.label_changes import LabelDifference
from dsac.core.resources import Address


class Pictures(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the changes of a plan beside the changes themselves.

    `differences` tells of labels, by their addresses, what differs instance by
    instance. Changes beyond the first so many have none; `left_out` counts them.
    """

    differences: Mapping[Address, LabelDifference] = {}
    left_out: int = 0


NO_PICTURES = Pictures()
