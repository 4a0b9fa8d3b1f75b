"""`dsac schema`: JSON Schemas, for editors."""

import click

from dsac.cli.options import global_options, settings
from dsac.cli.terminal import Terminal


@click.command("schema")
@click.argument("kind", default="manifest", type=click.Choice(["manifest", "project"]))
@global_options
def command(kind: str) -> None:
    """Print the JSON Schema of manifests, or of dsac.yaml."""
    import msgspec

    from dsac.manifests.schema import json_schema

    found = json_schema("project" if kind == "project" else "manifest")
    text = msgspec.json.format(msgspec.json.encode(found), indent=2).decode()
    Terminal(color=settings().color).result(text)
