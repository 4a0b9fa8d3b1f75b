"""`dsac schema`: JSON Schemas, for editors and for who reads plans."""

import click

from dsac.cli.options import global_options, settings
from dsac.cli.terminal import Terminal

KINDS = ("manifest", "project", "approvals", "plan", "report", "drift", "events")


@click.command("schema")
@click.argument("kind", default="manifest", type=click.Choice(KINDS))
@global_options
def command(kind: str) -> None:
    """Print a JSON Schema.

    Of manifests, dsac.yaml (project) and approvals.yaml, for editors; of what
    --format json writes of a plan, of the report of an apply and of a drift; of a line
    of events.
    """
    import msgspec

    from dsac.manifests.approvals import approvals_schema
    from dsac.manifests.schema import json_schema
    from dsac.render import schemas

    if kind in schemas.KINDS:
        found = schemas.schema_of(kind)
    elif kind == "approvals":
        found = approvals_schema()
    else:
        found = json_schema("project" if kind == "project" else "manifest")
    text = msgspec.json.format(msgspec.json.encode(found), indent=2).decode()
    Terminal(color=settings().color).result(text)
