"""Rendering a long plan: JSON against bare encoding, words against a limit."""

import argparse
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import msgspec

from dsac.core.change import Change
from dsac.core.document import plan_document
from dsac.core.plan import Plan
from dsac.core.resources import Address, Kind, Label, Sample
from dsac.core.values import Tree, Upload
from dsac.render import plan_parts, render_plan

RATIO = 1.5
"""JSON may take so many times as long as `msgspec.json.encode` of the same data: of the
plain objects that it decodes to. Both go to a file that keeps nothing, JSON part by
part, as the command writes it."""

SECONDS = 2.0
"""Text and markdown may take so long, each."""

MEGABYTES = 300
"""Rendering may need so much memory beside the plan."""

DATASET = "jane/flowers"


def sample(number: int) -> Change:
    """Create a sample of an image, with metadata."""
    name = f"camera-0/{number:06}.jpg"
    return Change(
        address=Address.of_sample(DATASET, name),
        after=Sample(
            name=name,
            attributes={"image": {"url": Upload(f"images/{name}", "9f1c" * 16)}},
            metadata={"city": "London", "camera": number % 8, "night": False},
        ),
    )


def label(number: int) -> Change:
    """Update a label of a dozen boxes, one of which moved."""
    name = f"camera-1/{number:06}.jpg"
    return Change(
        address=Address.label(DATASET, name, "predictions"),
        before=Label(attributes={"annotations": boxes(number, moved=0)}),
        after=Label(attributes={"annotations": boxes(number, moved=4)}),
        uuid=f"uuid-{number}",
    )


def boxes(number: int, *, moved: int) -> list[Tree]:
    """Draw a dozen boxes, as objects that were decoded, like those of a platform."""
    drawn = [
        {
            "id": key,
            "category_id": key % 3,
            "type": "bbox",
            "points": [
                [number % 100 + 10 * key + (moved if key == 1 else 0), 7.5 * key],
                [number % 100 + 10 * key + 8.25, 7.5 * key + 30],
            ],
        }
        for key in range(1, 13)
    ]
    decoded: list[Tree] = msgspec.json.decode(msgspec.json.encode(drawn))
    return decoded


def plan_of(count: int) -> Plan:
    """Make a plan, half of it samples that are new and half labels that change."""
    half = count // 2
    changes = (
        *(sample(number) for number in range(half)),
        *(label(number) for number in range(half, count)),
    )
    return Plan(
        project="flowers",
        remote="https://api.segments.example",
        user="jane",
        changes=changes,
        unchanged={Kind.SAMPLE: count},
    )


def seconds(work: Callable[[], object]) -> float:
    """Time a piece of work, in seconds of this process."""
    start = time.process_time()
    work()
    return time.process_time() - start


def megabytes() -> float:
    """Give the most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def missed_in_words(plan: Plan, times: int) -> Iterator[str]:
    """Time text and markdown; yield the bars that are missed."""
    before = megabytes()
    for form in ("text", "markdown"):
        render = partial(render_plan, plan, form=form)
        took = min(seconds(render) for _ in range(times))
        print(f"{form:10} {took:8.3f} s (limit {SECONDS} s)")
        if took > SECONDS:
            yield form
    more = megabytes() - before
    print(f"{'memory':10} {more:8.1f} MB more than the plan (limit {MEGABYTES} MB)")
    if more > MEGABYTES:
        yield "memory"


def missed_in_json(plan: Plan, times: int) -> Iterator[str]:
    """Time JSON against the bare encoding of what it says; check what it says."""
    text = render_plan(plan, form="json")
    document = msgspec.json.decode(text)
    if document != plan_document(plan):
        yield "json: it says something else"
    size = len(text) / 2**20
    bare, took, whole = [], [], []
    with Path(os.devnull).open("w", encoding="utf-8") as sink:
        for _ in range(times):
            bare.append(
                seconds(lambda: sink.buffer.write(msgspec.json.encode(document)))
            )
            took.append(seconds(lambda: sink.writelines(plan_parts(plan, form="json"))))
            whole.append(seconds(lambda: render_plan(plan, form="json")))
    ratio = min(took) / min(bare)
    print(
        f"{'json':10} {min(took):8.3f} s for {size:.0f} MiB, {ratio:.2f} times the "
        f"{min(bare):.3f} s of the bare encoding (limit {RATIO}); "
        f"as one text {min(whole):.3f} s"
    )
    if ratio > RATIO:
        yield "json"


def main() -> int:
    """Print figures; fail if a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="50,000 changes")
    quick = parser.parse_args().quick
    plan = plan_of(50_000 if quick else 100_000)
    times = 3 if quick else 5
    missed = [*missed_in_words(plan, times), *missed_in_json(plan, times)]
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
