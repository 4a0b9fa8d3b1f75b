"""Samples that a person wants to have made anew, under the same name."""

from collections.abc import Iterable, Iterator

from msgspec import structs

from dsac.core.change import Change
from dsac.core.comparison import Comparison
from dsac.core.globs import ENCODED, Glob
from dsac.core.label_diff import create_label
from dsac.core.ownership import Owner, Scope
from dsac.core.resources import (
    Address,
    Desired,
    DesiredSample,
    Kind,
    RemoteDataset,
    RemoteSample,
    attributes_of,
)
from dsac.errors import UsageError

REQUESTED = "requested by --replace"

ONLY_SAMPLES = f"only samples can be replaced: write OWNER/NAME:SAMPLE ({ENCODED})"


def replace_sample(
    comparison: Comparison, row: DesiredSample, have: RemoteSample
) -> None:
    """Delete a sample and create it as the manifest has it, its labels with it.

    Its files go up again: nobody knows what the platform does with those of a sample
    that was deleted. What the manifest does not state is gone afterwards.
    """
    tally, address = comparison.tally, comparison.sample(row.sample.name)
    tally.add(
        Change(
            address=address,
            before=have.sample,
            after=row.sample,
            stated=attributes_of(row.sample),
            uuid=have.uuid,
            replaces=have.uuid,
            owned=True,
            reason=REQUESTED,
        )
    )
    for labelset, label in sorted(row.labels.items()):
        where = comparison.label(row.sample.name, labelset)
        change = create_label(where, label, owned=True)
        reason = f"its sample is replaced, {REQUESTED}"
        tally.add(structs.replace(change, replaces=have.uuid, reason=reason))


def check_replace(texts: Iterable[str]) -> None:
    """Insist that globs can mean samples.

    Raises:
        UsageError: one means something else; says what.
    """
    for text in texts:
        glob = Glob.of(text)
        if glob.wild and not set("@+#") & set(glob.pattern):
            continue
        try:
            kind = Address.parse(glob.pattern).kind
        except ValueError:
            raise UsageError(
                f"--replace {text!r} names nothing", hint=ONLY_SAMPLES
            ) from None
        if kind is not Kind.SAMPLE:
            raise UsageError(f"--replace {text!r} is a {kind}", hint=ONLY_SAMPLES)


def replaced(glob: Glob, changes: Iterable[Change]) -> bool:
    """Tell whether any of the changes replaces what a glob means."""
    return any(
        change.is_replacement and glob.matches(change.address) for change in changes
    )


def why_not(
    glob: Glob, desired: Desired, remote: RemoteDataset | None, scope: Scope
) -> Iterator[str]:
    """Say why the one sample of a dataset that is meant can't be replaced.

    Yields nothing where the glob means many samples, or one of another dataset.
    """
    if glob.wild or not glob.may_touch(desired.dataset.name):
        return
    address = Address.parse(glob.pattern)
    name = address.sample
    wanted = {row.sample.name for row in desired.samples or ()}
    have = remote.samples.get(name) if remote else None
    owner = scope.owner(have.marker, desired.dataset.name) if have else None
    if name not in wanted:
        yield "the manifest does not have it, so it could not be made again"
    elif str(address) != glob.pattern:
        yield f"write it {str(address)!r}: {ENCODED}"
    elif have is None:
        yield "it is not there under this name; a plain plan creates or renames it"
    elif owner is not Owner.OURS:
        yield "it is not managed by this project; adopt it first"
    elif remote is not None and not remote.complete:
        yield "the listing of samples was not complete; run again"
    else:
        yield "it is being renamed; do that first"
