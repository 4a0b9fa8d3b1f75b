"""The project: dsac.yaml, its environments, and what a command line says of it."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from dsac.core.plan import Policy
from dsac.core.rules import Rule
from dsac.core.values import Json
from dsac.errors import ManifestError, Position, Problem
from dsac.manifests.document import Document, Map, Text
from dsac.manifests.models import check
from dsac.manifests.paths import COPY, LEADS_OUT, Paths
from dsac.manifests.problems import Problems, did_you_mean
from dsac.manifests.scalars import Variables, resolve
from dsac.manifests.schema import EnvironmentModel, PolicyModel, ProjectModel
from dsac.manifests.schema_rules import rules_of
from dsac.manifests.yaml_loader import load
from dsac.version import __version__

FILE = "dsac.yaml"
LOCAL = "local"


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """A project as one run sees it.

    `remote_from` says where the remote was set, for errors about it; `name` is empty
    where the file has none; `environments` names those that it describes.
    """

    root: Path
    name: str = ""
    remote: str = LOCAL
    remote_from: str = "default"
    manifests: tuple[str, ...] = ("manifests",)
    manifests_at: Position = Position(FILE)
    variables: dict[str, Json] = {}
    environ: dict[str, str] = {}
    policy: Policy = Policy()
    rules: tuple[Rule, ...] = ()
    automation: tuple[str, ...] = ()
    environment: str = ""
    environments: tuple[str, ...] = ()


def find_root(directory: Path, also: Path | None = None) -> Path:
    """Find the folder of dsac.yaml: this one or the nearest above it.

    Args:
        directory: Where to begin.
        also: A folder into which a link that is found may lead.

    Raises:
        ManifestError: there is none, or it is a link out of the folder.
    """
    start = directory.absolute()
    for folder in (start, *start.parents):
        if (folder / FILE).is_file():
            if Paths(folder.resolve(), also).leads_out(folder / FILE):
                raise ManifestError((Problem(Position(FILE), LEADS_OUT, COPY),))
            return folder
    problem = Problem(
        Position(str(directory / FILE)),
        "there is no dsac.yaml here or above",
        "make a project with dsac init, or name its folder with -C",
    )
    raise ManifestError((problem,))


def load_project(  # noqa: PLR0913 - all but the first are keyword-only
    directory: Path,
    *,
    environment: str = "",
    remote: str = "",
    variables: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
    also: Path | None = None,
) -> Project:
    """Read the project of a folder.

    Args:
        directory: Where to begin to look for dsac.yaml.
        environment: Which of its environments is meant; none by default.
        remote: What --remote says, which wins over DSAC_REMOTE and the file.
        variables: What --var says, values read as YAML scalars.
        environ: The process's environment.
        also: A folder into which links of the project may lead.

    Raises:
        ManifestError: the file is missing or wrong.
    """
    root = find_root(directory, also)
    told = dict(os.environ if environ is None else environ)
    problems = Problems()
    document = _document(root, Variables({}, told), problems)
    problems.raise_any()
    model = check(ProjectModel, document, problems) or ProjectModel()
    problems.raise_any()
    overlay = _environment(model, environment, document, problems)
    _check_version(model.required_version, document, problems)
    where = _remote(model, overlay, remote=remote, environ=told, document=document)
    name = overlay.project or model.project or ""
    address = _checked_remote(where, name, document, problems)
    problems.raise_any()
    automation = model.automation if overlay.automation is None else overlay.automation
    given = {key: resolve(text) for key, text in (variables or {}).items()}
    return Project(
        root=root,
        name=name,
        remote=address,
        remote_from=where[1],
        manifests=tuple(model.manifests),
        manifests_at=document.position("manifests"),
        variables={**model.vars, **overlay.vars, **given},
        environ=told,
        policy=_policy(overlay.policy or model.policy),
        rules=_rules(overlay.policy, model.policy),
        automation=tuple(automation),
        environment=environment,
        environments=tuple(model.environments),
    )


def bare_project(
    directory: Path, *, name: str, remote: str, environ: Mapping[str, str]
) -> Project:
    """Give what a project would be in a folder that has none yet.

    Args:
        directory: The folder, which becomes the root.
        name: The project's name.
        remote: What --remote says; DSAC_REMOTE is taken without it.
        environ: The process's environment.

    Raises:
        ManifestError: neither says which platform, or what they say is no address.
    """
    told, document = dict(environ), Document(Text(FILE), Map())
    problems = Problems()
    where = _remote(
        ProjectModel(),
        EnvironmentModel(),
        remote=remote,
        environ=told,
        document=document,
    )
    if where[1] == "default":
        problems.add(
            Position(str(directory / FILE)),
            "there is no dsac.yaml here or above, so the platform is not known",
            "name it: --remote https://api.segments.ai",
        )
    address = _checked_remote(where, name, document, problems)
    problems.raise_any()
    return Project(
        root=directory.absolute(),
        name=name,
        remote=address,
        remote_from=where[1],
        environ=told,
    )


def _document(root: Path, variables: Variables, problems: Problems) -> Document:
    data = (root / FILE).read_bytes()
    documents = load(data, FILE, variables=variables, problems=problems)
    if len(documents) > 1:
        where = documents[1].position()
        problems.add(where, "dsac.yaml has a second document", "keep the first alone")
    return documents[0] if documents else Document(Text(FILE), Map())


def _policy(model: PolicyModel) -> Policy:
    default, given = Policy(), model.max_delete
    return Policy(
        max_delete_percent=(
            default.max_delete_percent if given.percent is None else given.percent
        ),
        max_delete_count=(
            default.max_delete_count if given.count is None else given.count
        ),
    )


def _rules(overlay: PolicyModel | None, own: PolicyModel) -> tuple[Rule, ...]:
    """Give an environment's rules; limits alone do not lift those of the project."""
    stated = own.rules if overlay is None or overlay.rules is None else overlay.rules
    return rules_of(stated or ())


def _environment(
    model: ProjectModel, name: str, document: Document, problems: Problems
) -> EnvironmentModel:
    if not name:
        return EnvironmentModel()
    found = model.environments.get(name)
    if found is None:
        hint = did_you_mean(name, model.environments)
        problems.add(
            document.position("environments"),
            f"there is no environment {name!r}",
            hint or f"write environments: {{{name}: ...}}",
        )
    return found or EnvironmentModel()


def _remote(
    model: ProjectModel,
    overlay: EnvironmentModel,
    *,
    remote: str,
    environ: Mapping[str, str],
    document: Document,
) -> tuple[str, str]:
    """Give the remote, and where it was set."""
    told = environ.get("DSAC_REMOTE", "")
    if remote:
        return remote, "--remote"
    if told:
        return told, "DSAC_REMOTE"
    if overlay.remote:
        return overlay.remote, str(document.position("environments"))
    if model.remote:
        return model.remote, str(document.position("remote"))
    return LOCAL, "default"


def _checked_remote(
    where: tuple[str, str], name: str, document: Document, problems: Problems
) -> str:
    remote, origin = where
    position = document.position("remote")
    if remote != LOCAL and not re.match(r"https?://[^/\s]+", remote):
        problems.add(
            position,
            f"the remote {remote!r} (from {origin}) is no address",
            "write local, or an address such as https://api.segments.ai",
        )
    elif remote != LOCAL and "@" in urlsplit(remote).netloc:
        # Nothing of it is repeated: what stands before the sign may be a secret.
        problems.add(
            position,
            f"the remote (from {origin}) has a user or a password in its address",
            "write the address alone, and put the key into SEGMENTS_API_KEY",
        )
    elif remote != LOCAL and not name:
        problems.add(
            position,
            f"the remote {remote} (from {origin}) is shared, and this project has no "
            "name to mark its datasets with",
            "write project: NAME at the top of dsac.yaml",
        )
    return remote.rstrip("/")


SPECIFIER = re.compile(r"(>=|<=|==|!=|~=|>|<)\s*(\d+(?:\.\d+)*)")


def _check_version(
    required: str | None, document: Document, problems: Problems
) -> None:
    if required is None:
        return
    where = document.position("required_version")
    for part in required.split(","):
        match = SPECIFIER.fullmatch(part.strip())
        if match is None:
            problems.add(
                where, f"{part.strip()!r} is no version range", 'write ">=0.1,<2"'
            )
        elif not _satisfies(_version(__version__), match[1], _version(match[2])):
            problems.add(
                where,
                f"this project asks for dsac {required}, this is {__version__}",
                "install a version in that range",
            )


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text))


def _satisfies(have: tuple[int, ...], sign: str, want: tuple[int, ...]) -> bool:
    length = max(len(have), len(want))
    left = have + (0,) * (length - len(have))
    right = want + (0,) * (length - len(want))
    if sign == "~=":
        return left >= right and have[: len(want) - 1] == want[:-1]
    outcomes = {
        ">=": left >= right,
        "<=": left <= right,
        "==": left == right,
        "!=": left != right,
        ">": left > right,
        "<": left < right,
    }
    return outcomes[sign]
