"""Globs over addresses, as people write them for --target, --exclude and --replace."""

import re
from fnmatch import fnmatchcase
from urllib.parse import unquote

import msgspec

from dsac.core.change import Change
from dsac.core.resources import Address, quote

WILD = re.compile(r"[*?[]")
_ENCODED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_SIGNS = ":@+#"
"""What follows the name of a dataset in the address of something in it."""

ENCODED = "in names, @ : # + % * ? [ are written as %40 %3A %23 %2B %25 %2A %3F %5B"
"""What to say of a glob that means nothing: it may be a name, written as it is."""


class Glob(msgspec.Struct, frozen=True):
    """One glob; `*` matches any run of characters, `/` and `@` among them.

    `text` is as a person wrote it, `pattern` with what it encodes written as
    addresses write it.

    >>> Glob.of("jane/flowers:*.jpg").matches("jane/flowers:roses/1.jpg")
    True
    """

    text: str
    pattern: str

    @classmethod
    def of(cls, text: str) -> "Glob":
        """Read a glob."""
        return cls(text, _ENCODED.sub(lambda found: quote(unquote(found[0])), text))

    def matches(self, address: Address | str) -> bool:
        """Tell whether an address is among those that are meant."""
        return fnmatchcase(str(address), self.pattern)

    @property
    def wild(self) -> bool:
        """Whether more than one address may be meant."""
        return bool(WILD.search(self.pattern))

    def may_touch(self, dataset: str) -> bool:
        """Tell whether any address in a dataset, or its own, could match."""
        name, start = quote(dataset), self._start
        if name.startswith(start):
            return self.wild or name == start
        return self.lies_in(dataset)

    def lies_in(self, dataset: str) -> bool:
        """Tell whether only something in a dataset, and nowhere else, is meant."""
        head, sign = quote(dataset), self._start[len(quote(dataset)) :][:1]
        return self._start.startswith(head) and bool(sign) and sign in _SIGNS

    @property
    def _start(self) -> str:
        return WILD.split(self.pattern, maxsplit=1)[0]


def globs(texts: tuple[str, ...]) -> tuple[Glob, ...]:
    """Read several globs, each once."""
    return tuple(Glob.of(text) for text in dict.fromkeys(texts))


def names_of(change: Change) -> tuple[Address, ...]:
    """Give the addresses under which people know what changes: now, and before."""
    if not change.previous:
        return (change.address,)
    before = Address.of_sample(change.address.dataset, change.previous)
    return (change.address, before)
