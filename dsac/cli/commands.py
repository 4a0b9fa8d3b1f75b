"""The table of commands; a command's module is imported when it is asked for."""

import keyword
from importlib import import_module

import click

from dsac.cli.options import global_options

COMMANDS = {
    "init": "Make a project that plans and applies at once.",
    "validate": "Check the manifests and the files they name, offline.",
    "plan": "Show what apply would do.",
    "apply": "Do what plan shows.",
    "drift": "Show what changed on the platform against the manifests.",
    "show": "Show a saved plan, offline.",
    "comment": "Post a plan, report or drift on a pull request or issue.",
    "reviewed": "Fetch the plan that a merged pull request was reviewed with.",
    "destroy": "Delete datasets that this project manages.",
    "import": "Write manifests of datasets that are on the platform.",
    "restore": "Write the labels of a backup back.",
    "runs": "List what applies did, also those that were killed.",
    "unlock": "Remove the lease that a dead apply left on a dataset.",
    "serve": "Serve a local Segments API on a port.",
    "schema": "Print the JSON Schema of manifests or of dsac.yaml.",
    "version": "Print the version.",
}
"""Commands with the sentences that `dsac --help` lists."""


class LazyGroup(click.Group):
    """A group that imports a command's module only to run or explain it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands, in the order of a project's life."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        # A module can't have the name of a keyword of Python.
        module = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
        found: click.Command = import_module(f"dsac.cli.{module}").command
        return found

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """List the commands from the table, importing none of them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dsac", message="dsac %(version)s")
@global_options
def cli() -> None:
    """Datasets as code: manage labelled datasets from YAML manifests."""
