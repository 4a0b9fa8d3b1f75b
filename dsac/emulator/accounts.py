"""Accounts: who may come in, and with which key."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the emulator."""

    name: str
    key: str

    @classmethod
    def parse(cls, text: str) -> "Account":
        """Read NAME[:KEY]; the key is the name where none is given.

        Raises:
            ValueError: there is no name.
        """
        name, _, key = text.partition(":")
        if not name:
            raise ValueError(f"{text!r} is not NAME or NAME:KEY")
        return cls(name, key or name)


LOCAL = Account("local", "local")
"""The account of an emulator that was given none."""
