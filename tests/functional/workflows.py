"""Runs the steps of a workflow here, as GitHub would: expressions, `if`, scripts."""

import ast
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

HOME = Path(__file__).parents[2]

PYTHON = """#!/bin/sh
test "$*" = "-m pip install --quiet $REQUIREMENT" && echo "$REQUIREMENT" > pip.log
"""
"""Stands in for the one that would install dsac, which is installed."""

TOKENS = re.compile(r"'(?:[^']|'')*'|&&|\|\||!=|==|!|[\w.-]+|[(),]")
WORDS = {"&&": " and ", "||": " or ", "!": " not "}


class Context(dict[str, Any]):
    """An object of GitHub's: what it has not is nothing, and so is what is in that."""

    def __missing__(self, key: str) -> "Context":
        """Give nothing."""
        return Context()


def contexts(value: Any) -> Any:
    """Turn dictionaries into contexts."""
    if isinstance(value, Mapping):
        return Context({key: contexts(item) for key, item in value.items()})
    return Context() if value is None else value


@dataclass
class Job:
    """A job that runs step by step; a step's `env` and scripts may be looked at.

    Scripts find dsac in the folder `commands`. `kept` has the files of each artifact.
    `seen` has the environment of each step that ran, without what GitHub gives to all.
    """

    github: Mapping[str, Any]
    inputs: Mapping[str, Any]
    secrets: Mapping[str, str]
    root: Path
    temp: Path
    commands: Path
    names: dict[str, Any] = field(default_factory=dict)
    outcomes: dict[str, str] = field(default_factory=dict)
    seen: dict[str, dict[str, str]] = field(default_factory=dict)
    kept: dict[str, dict[str, bytes]] = field(default_factory=dict)
    said: str = ""
    failed: bool = False

    def run(self, steps: list[dict[str, Any]], env: Mapping[str, str]) -> None:
        """Run the steps in order; after a failure only those that say so."""
        self.temp.mkdir(parents=True, exist_ok=True)
        (self.temp / "bin").mkdir(exist_ok=True)
        python = self.temp / "bin" / "python"
        python.write_text(PYTHON)
        python.chmod(0o755)
        for step in steps:
            self._step(step, env)

    def _step(self, step: dict[str, Any], env: Mapping[str, str]) -> None:
        condition = str(step.get("if", "success()"))
        if "always()" not in condition and "cancelled()" not in condition:
            condition = f"success() && ({_inner(condition)})"
        if not self.value(_inner(condition)):
            outcome = "skipped"
        elif "run" in step:
            outcome = "success" if self._script(step, env) else "failure"
        else:
            outcome = "success"
            if "upload-artifact" in step["uses"]:
                self._keep(step["with"])
        self.failed = self.failed or outcome == "failure"
        self.outcomes[step["name"]] = outcome
        if "id" in step:
            self.names[step["id"]] = {"outcome": outcome}

    def _script(self, step: dict[str, Any], env: Mapping[str, str]) -> bool:
        told = {**env, **step.get("env", {})}
        seen = {name: self.text(str(value)) for name, value in told.items()}
        self.seen[step["name"]] = seen
        where = self.text(step.get("working-directory", "${{ inputs.directory }}"))
        ran = subprocess.run(
            [
                "/bin/bash",
                "--noprofile",
                "--norc",
                "-eo",
                "pipefail",
                "-c",
                step["run"],
            ],
            cwd=self.root / where,
            env={**self.surroundings(), **seen},
            capture_output=True,
            text=True,
            check=False,
        )
        self.said += f"--- {step['name']} ({ran.returncode})\n{ran.stdout}{ran.stderr}"
        return ran.returncode == 0

    def surroundings(self) -> dict[str, str]:
        """Give the environment that GitHub gives every step."""
        return {
            "PATH": f"{self.temp / 'bin'}:{self.commands}:/usr/bin:/bin",
            "HOME": str(self.temp),
            "NO_PROXY": "*",
            "PYTHONDONTWRITEBYTECODE": "1",
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.root),
            "GITHUB_STEP_SUMMARY": str(self.temp / "summary.md"),
            **self.github["environment"],
        }

    def _keep(self, told: Mapping[str, Any]) -> None:
        files = {}
        for line in self.text(told["path"]).splitlines():
            path = self.root / line
            rows = [path] if path.is_file() else path.rglob("*")
            for row in rows:
                if row.is_file():
                    name = row.relative_to(self.root if path.is_dir() else row.parent)
                    files[name.as_posix()] = row.read_bytes()
        if files:
            self.kept[self.text(told["name"])] = files

    def text(self, text: str) -> str:
        """Put the values of expressions in their place."""
        return re.sub(r"\$\{\{(.*?)\}\}", lambda found: self._shown(found[1]), text)

    def _shown(self, expression: str) -> str:
        value = self.value(expression)
        return value if isinstance(value, str) else str(value) if value else ""

    def value(self, expression: str) -> Any:
        """Evaluate an expression of GitHub's."""
        source = "".join(self._python(token) for token in TOKENS.findall(expression))
        tree = ast.parse(source.strip(), mode="eval")
        names = {
            "github": contexts(self.github),
            "inputs": contexts(self.inputs),
            "secrets": contexts(self.secrets),
            "steps": contexts(self.names),
            "runner": {"temp": str(self.temp)},
            "success": lambda: not self.failed,
            "always": lambda: True,
            "cancelled": lambda: False,
            "format": lambda text, *values: text.format(*values),
        }
        return eval(compile(tree, "expression", "eval"), {}, names)  # noqa: S307 - ours

    def _python(self, token: str) -> str:
        if token in WORDS:
            return WORDS[token]
        if token.startswith("'"):
            return repr(token[1:-1].replace("''", "'"))
        name, *members = token.split(".")
        return name + "".join(f"[{member!r}]" for member in members)


def _inner(condition: str) -> str:
    """Take the braces off a condition that may do without them."""
    return condition.strip().removeprefix("${{").removesuffix("}}").strip()


def workflow(name: str) -> dict[str, Any]:
    """Read a workflow of this repository."""
    path = HOME / ".github" / "workflows" / name
    found: dict[str, Any] = yaml.load(path.read_text(), yaml.BaseLoader)  # noqa: S506, TID251 - `on` is no boolean here
    return found


def action() -> dict[str, Any]:
    """Read the action of this repository."""
    path = HOME / ".github" / "actions" / "dsac" / "action.yml"
    found: dict[str, Any] = yaml.load(path.read_text(), yaml.BaseLoader)  # noqa: S506, TID251 - the same
    return found


def defaults(inputs: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, str]:
    """Give the inputs of a workflow, as somebody calls it."""
    return {name: item.get("default", "") for name, item in inputs.items()} | {**given}
