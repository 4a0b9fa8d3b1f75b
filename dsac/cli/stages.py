"""The options that split the apply of one saved plan over several machines."""

import re
from pathlib import Path

import click

from dsac.cli.options import Function
from dsac.core.stages import Part, Stage
from dsac.errors import UsageError
from dsac.render.lines import cut

SHARD = re.compile(r"([0-9]{1,9})/([0-9]{1,9})")
SHARDS = "write K/N, two whole numbers, K from 1 to N: --shard 2/3"


def stage_options(function: Function) -> Function:
    """Add the options that say which part of a saved plan is applied."""
    for option in (
        click.option(
            "--shard",
            metavar="K/N",
            help="With --stage samples: only the K-th of N shards of the samples.",
        ),
        click.option(
            "--stage",
            type=click.Choice([str(stage) for stage in Stage]),
            help="Apply only a stage of PLANFILE: prepare and finish once, samples in "
            "between on as many machines as there are shards.",
        ),
    ):
        function = option(function)
    return function


def part_of(
    stage: str | None, shard: str | None, *, planfile: Path | None
) -> Part | None:
    """Tell which part of a plan is meant; None for all of it.

    Raises:
        UsageError: the options can't be meant together.
    """
    if stage is None:
        if shard is None:
            return None
        raise UsageError(
            "--shard is a part of a stage", hint=f"--stage samples --shard {shard}"
        )
    if planfile is None:
        raise UsageError(
            "--stage applies a part of a saved plan, the same one on each machine",
            hint="dsac plan --out FILE, then dsac apply FILE --stage ...",
        )
    if shard is None:
        return Part(Stage(stage))
    if stage != Stage.SAMPLES:
        raise UsageError(
            f"stage {stage} is done once, by one machine; it has no shards",
            hint="drop --shard",
        )
    found = SHARD.fullmatch(shard)
    if found is None:
        raise UsageError(f"--shard {cut(shard)} is no shard", hint=SHARDS)
    number, count = int(found[1]), int(found[2])
    if not 1 <= number <= count:
        raise UsageError(f"--shard {shard}: there is no such shard", hint=SHARDS)
    return Part(Stage.SAMPLES, number, count)


def share_token(part: Part | None, digest: str) -> str:
    """Give the token of the leases that the shards of one plan hold together."""
    is_shard = part is not None and part.stage is Stage.SAMPLES
    return f"shards-{digest[:16]}" if is_shard else ""
