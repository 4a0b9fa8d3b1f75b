"""Plain scalars as YAML 1.2's core schema reads them."""

import re
from collections.abc import Callable, Mapping

from dsac.core.values import Json

CONSTANTS: Mapping[str, Json] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
PREFIXED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
NUMBER = re.compile(r"[-+]?(?:[0-9]+(\.[0-9]*)?|(\.[0-9]+))([eE][-+]?[0-9]+)?")
"""A decimal number; none of its groups is there in a whole one."""

NO_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
MOST_DIGITS = 4000
"""Python reads no longer numbers."""

INFINITE = frozenset({float("inf"), float("-inf")})

FIRST_OF_NUMBERS = frozenset("+-.0123456789")


def resolve(text: str) -> Json:
    """Give the value of a plain scalar.

    `no`, `on`, dates and `1_000` are strings, `010` is ten.

    Raises:
        ValueError: it is a number that JSON can't carry.
    """
    if text in CONSTANTS:
        return CONSTANTS[text]
    if text[0] not in FIRST_OF_NUMBERS:
        return text
    found = NUMBER.fullmatch(text)
    if found is not None:
        return _number(text) if found.lastindex else _whole(text)
    if PREFIXED.fullmatch(text):
        return int(text, 0)
    if NO_NUMBER.fullmatch(text):
        raise ValueError(f"{text} is no number that JSON can carry")
    return text


def _whole(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise ValueError(f"a number of {len(text)} digits is too long")
    return int(text)


def _number(text: str) -> float:
    number = float(text)
    if number in INFINITE:
        raise ValueError(f"{text} is larger than any number that JSON carries")
    return number


NAME = re.compile(r"\$(\$)?\{([^{}]*)\}")


SECRETS = frozenset(
    {"SEGMENTS_API_KEY", "GITHUB_TOKEN", "GH_TOKEN", "GITLAB_TOKEN", "CI_JOB_TOKEN"}
)
"""What a plan must never hold: it is posted, and kept as an artifact."""


class SecretError(LookupError):
    """A manifest names what may stand in no plan."""


class Variables:
    """What `${name}` and `${env.NAME}` stand for; `$${` writes `${` itself."""

    def __init__(self, values: Mapping[str, Json], environ: Mapping[str, str]) -> None:
        self.values = values
        self.environ = environ

    def expand(self, text: str) -> Json:
        """Put values where a string names variables.

        A string that is one variable and nothing else takes its value's own type.

        Raises:
            LookupError: a name is not defined.
            SecretError: it is that of a secret.
        """
        whole = NAME.fullmatch(text)
        if whole and not whole[1]:
            return self._value(whole[2])
        return NAME.sub(self._replacement(), text)

    def _replacement(self) -> Callable[[re.Match[str]], str]:
        def replace(match: re.Match[str]) -> str:
            if match[1]:
                return match[0][1:]
            value = self._value(match[2])
            if isinstance(value, str):
                return value
            raise TypeError(f"${{{match[2]}}} is no string and can't stand in one")

        return replace

    def _value(self, name: str) -> Json:
        if name.startswith("env."):
            key = name.removeprefix("env.")
            if key in SECRETS:
                raise SecretError(f"${{{name}}} is a secret, which no plan may show")
            if key not in self.environ:
                raise LookupError(f"the environment has no {key}, named by ${{{name}}}")
            return self.environ[key]
        if name not in self.values:
            raise LookupError(f"${{{name}}} is not defined")
        return self.values[name]
