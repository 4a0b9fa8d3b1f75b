"""Accounts: who may come in, and with which key."""

import re
from dataclasses import dataclass

NAME = re.compile(r"[A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the emulator: a name, and the API key that stands for it."""

    name: str
    key: str

    @classmethod
    def parse(cls, text: str) -> "Account":
        """Read NAME[:KEY]; the key is the name where none is given.

        Raises:
            ValueError: the name is missing, or could not stand in a path, or the key
                could not stand in a header.
        """
        name, _, key = text.partition(":")
        if not NAME.fullmatch(name):
            raise ValueError(
                f"{text!r} is not NAME or NAME:KEY; "
                "names have letters, digits, '.', '_' and '-'"
            )
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise ValueError(f"the key of {name} is not in plain letters and digits")
        return cls(name, key or name)


LOCAL = Account("local", "local")
"""The account of an emulator that was given none."""
