"""Finds what changed on the platform against the manifests, through GET alone."""

import msgspec

from dsac.core.drift import Drift, drift_of
from dsac.core.phases import READ
from dsac.engine.orphans import orphans
from dsac.engine.planning import Planner, PlanRequest, scan_of, scope_of
from dsac.engine.progress import Progress, Reading
from dsac.engine.session import View
from dsac.errors import PlanError
from dsac.manifests.load import Manifests


def find_drift(
    view: View,
    manifests: Manifests,
    *,
    whole: bool,
    jobs: int,
    progress: Progress,
) -> Drift:
    """Compare the platform with manifests, the way a plan does, and read it backwards.

    What the differences would cost is not asked: nothing is going to happen.

    Args:
        view: The connection.
        manifests: What there should be.
        whole: Whether that is all that the project has, so that datasets of its that
            are in no manifest can be told; they are warned of, as by a plan.
        jobs: So many files are compared at the same time.
        progress: Is told of each dataset.

    Raises:
        PlanError: something can't be compared; all such things of a run together.
        RemoteError: the remote could not be read.
    """
    request = PlanRequest(jobs=jobs)
    scope = scope_of(view, request)
    planner = Planner(view, scope, request, progress)
    targets = planner.targets(manifests)
    reading = Reading(progress, len(targets))
    found, parts = [], []
    for name, stated in targets.items():
        scan = msgspec.structs.replace(scan_of(stated), authors=True)
        sieve = planner.sieve(stated)
        with view.phase(READ):
            remote = view.reader.dataset(
                name, scan, sieve=sieve, seen=reading.seen(name)
            )
        desired = sieve.rest() if sieve else stated
        reading.done()
        part = planner.compare(name, desired, remote)
        found.append(part)
        parts.append(drift_of(part, desired, remote, machines=scope.machines))
    errors = [error for part in found for error in part.errors]
    if errors:
        raise PlanError("\n".join(errors))
    unchanged = sum(sum(part.unchanged.values()) for part in found)
    return Drift(
        project=scope.project,
        remote=view.remote,
        user=view.user,
        objects=tuple(item for part in parts for item in part.objects),
        unchanged=unchanged + sum(part.same for part in parts),
        kept=sum(part.kept for part in parts),
        unmanaged=sum(part.unmanaged for part in found),
        unknown=sum(part.unknown for part in found),
        warnings=(
            *manifests.warnings,
            *(warning for part in found for warning in part.warnings),
            *(orphans(view, scope, manifests) if whole else ()),
        ),
    )
