"""Holds a plan against the rules of its project, and reads what they must know."""

from collections.abc import Mapping, Sequence

from dsac.core.change import Change
from dsac.core.plan import Finding
from dsac.core.resources import GROUND_TRUTH, Kind, RemoteDataset
from dsac.core.reviews import Reviews, reviews_wanted
from dsac.core.rule_checks import Seen, check_rules
from dsac.engine.evidence import labelsets_of
from dsac.engine.session import View
from dsac.remote.reader import Reader


def findings_of(
    view: View,
    changes: Sequence[Change],
    remotes: Mapping[str, RemoteDataset | None],
) -> tuple[Finding, ...]:
    """Give what the rules of a project find in changes; what is held is not done.

    The labels of a dataset are read once more where a release of it is to be made and
    a rule asks for reviews: a plan keeps none that agree.
    """
    rules = view.project.rules
    new = {
        change.address.dataset
        for change in changes
        if change.kind is Kind.DATASET and change.is_create
    }
    reviews = {
        (name, labelset): _read(view.reader, remote, labelset)
        for name, labelset in reviews_wanted(rules, changes)
        if (remote := remotes.get(name)) is not None and name not in new
    }
    return check_rules(rules, changes, Seen(remotes=remotes, reviews=reviews))


def _read(reader: Reader, remote: RemoteDataset, labelset: str) -> Reviews:
    """List the labels of a set; the samples alone where there is no such set."""
    exists = labelset in labelsets_of(remote)
    rows = reader.label_rows(remote.dataset.name, labelset if exists else GROUND_TRUTH)
    labels = rows.labels if exists else {}
    return Reviews(labels=labels, names=rows.names, complete=rows.complete)
