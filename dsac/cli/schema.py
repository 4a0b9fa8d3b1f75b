"""`dsac schema`: JSON Schemas, for editors and for who reads plans."""

import click

from dsac.cli.options import global_options, settings
from dsac.cli.terminal import Terminal

KINDS = ("manifest", "project", "approvals", "plan", "report")


@click.command("schema")
@click.argument("kind", default="manifest", type=click.Choice(KINDS))
@global_options
def command(kind: str) -> None:
    """Print a JSON Schema: of files that people write, a plan or a report as JSON."""
    import msgspec

    from dsac.core.shown import schema_of
    from dsac.manifests.approvals import approvals_schema
    from dsac.manifests.schema import json_schema

    if kind == "approvals":
        found = approvals_schema()
    elif kind in {"plan", "report"}:
        found = schema_of(kind)
    else:
        found = json_schema("project" if kind == "project" else "manifest")
    text = msgspec.json.format(msgspec.json.encode(found), indent=2).decode()
    Terminal(color=settings().color).result(text)
