"""JSON Schemas of what is written for machines, made of the types of the documents."""

from typing import Any

import msgspec

from dsac.core.shown import ShownPlan, ShownReport
from dsac.core.shown_drift import ShownDrift
from dsac.render.event_shapes import AnyEvent
from dsac.render.events import LEFT_OUT

DIALECT = "https://json-schema.org/draft/2020-12/schema"

DOCUMENTS = {"plan": ShownPlan, "report": ShownReport, "drift": ShownDrift}

EVENTS = "events"

KINDS = (*DOCUMENTS, EVENTS)
"""What there are schemas of."""


# Any: a schema is JSON.
def schema_of(kind: str) -> dict[str, Any]:
    """Give the JSON Schema of a document; of events, that of one line."""
    if kind != EVENTS:
        return {"$schema": DIALECT, **msgspec.json.schema(DOCUMENTS[kind])}
    found = msgspec.json.schema(AnyEvent)
    change = found["$defs"]["ShownChange"]
    for name in LEFT_OUT:
        del change["properties"][name]
        change["required"].remove(name)
    return {"$schema": DIALECT, **found}
