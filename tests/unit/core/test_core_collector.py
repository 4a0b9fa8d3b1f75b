"""The collector is left as it was found."""

import gc

from dsac.core.collector import collector_at_rest


def test_a_collector_that_spared_things_before_spares_them_after():
    thresholds = gc.get_threshold()
    gc.freeze()
    try:
        with collector_at_rest():
            assert gc.get_threshold() != thresholds
        assert gc.get_freeze_count()
    finally:
        gc.unfreeze()
    assert gc.get_threshold() == thresholds
    with collector_at_rest():
        assert gc.get_freeze_count()
    assert not gc.get_freeze_count()
