"""Reads a page of HTML as a browser does: its elements, and the data of its list."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import msgspec

VOID = frozenset({"meta", "link", "input", "br"})


@dataclass
class Page:
    """What is in a page: names of elements with their attributes, text, and data."""

    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    raw: str = ""

    @property
    def data(self) -> Any:
        """The document of which the list is made."""
        return msgspec.json.decode(self.raw)

    @property
    def rows(self) -> dict[str, Any]:
        """The rows of the list by their addresses."""
        return {row["address"]: row for row in self.data["rows"]}

    @property
    def words(self) -> str:
        """All that can be read above the list."""
        return " ".join(" ".join(self.text).split())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self.open: list[str] = []
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {key: value or "" for key, value in attrs}
        self.page.elements.append((tag, found))
        self.inside = found.get("id", tag) if tag in {"script", "style"} else ""
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside == "data":
            self.page.raw += data
        elif not self.inside:
            self.page.text.append(data)


def read_page(text: str) -> Page:
    """Read a page; insist that what is opened is closed, in order."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert not reader.open
    return reader.page
