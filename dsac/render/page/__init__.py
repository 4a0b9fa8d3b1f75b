"""A page of HTML that holds all it needs, and may ask for nothing from anywhere."""

import base64
import hashlib
import html
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import msgspec

from dsac.render.lines import safe

HERE = Path(__file__).parent
SCRIPTS = ("list.js", "pictures.js", "labels.js")


def escaped(text: str) -> str:
    """Write text for HTML and its attributes; what is not printable as its escape."""
    return html.escape(safe(text))


def code(text: str) -> str:
    """Write a name."""
    return f"<code>{escaped(text)}</code>"


@cache
def style() -> str:
    """Give the style sheet of every page."""
    return (HERE / "page.css").read_text(encoding="utf-8")


@cache
def script() -> str:
    """Give the script of every page, closed in a function of its own."""
    parts = "\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS)
    return f"(() => {{\n{parts}\n}})();\n"


def document(title: str, body: str, data: msgspec.Struct) -> str:
    """Write a page.

    Its policy lets run and look what is in it, by digest, and nothing else: no address
    is asked for anything, whatever a name in it may say.

    Args:
        title: The title, as text.
        body: What stands above the list, as HTML.
        data: What the list is made of.
    """
    policy = "; ".join(
        (
            "default-src 'none'",
            "img-src data:",
            f"style-src '{_digest(style())}'",
            f"script-src '{_digest(script())}'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    return "".join(
        (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            '<meta name="color-scheme" content="light dark">\n',
            '<meta name="referrer" content="no-referrer">\n',
            '<link rel="icon" href="data:,">\n',
            f"<title>{escaped(title)}</title>\n<style>{style()}</style>\n</head>\n",
            f"<body>\n{body}{LIST}",
            f'<script type="application/json" id="data">\n{_encoded(data)}\n',
            "</script>\n",
            f"<script>{script()}</script>\n</body>\n</html>\n",
        )
    )


LIST = """\
<noscript><p class="finding">The list below is made by a script of this page, which may
not run here; what stands above is all that can be shown without it.</p></noscript>
<main aria-label="what changes">
<div class="bar" role="search">
<label class="search" for="search">Search
<input id="search" type="search" autocomplete="off" spellcheck="false"></label>
<span id="facets" class="facets"></span>
</div>
<div class="count"><span id="count" role="status" aria-live="polite"></span>
<span><kbd>/</kbd> search <kbd>&uarr;</kbd> <kbd>&darr;</kbd> move
<kbd>Enter</kbd> open <button type="button" id="open">Open all shown</button>
<button type="button" id="close">Close all</button></span></div>
<ol id="list"></ol>
<button type="button" id="more" hidden></button>
</main>
"""
"""Where the script puts the list, and what steers it."""


def _digest(text: str) -> str:
    """Give the digest by which a policy knows a part of its page."""
    found = base64.b64encode(hashlib.sha256(text.encode()).digest())
    return f"sha256-{found.decode()}"


UNSAFE = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"}
"""What would end a script or begin a comment, as JSON may write it as well."""


def _encoded(data: msgspec.Struct) -> str:
    return msgspec.json.encode(data).decode().translate(UNSAFE)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Write a table; its cells are HTML already."""
    top = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    lines = "\n".join(
        f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows
    )
    return (
        f'<div class="scroll"><table>\n<thead><tr>{top}</tr></thead>\n'
        f"<tbody>\n{lines}\n</tbody>\n</table></div>\n"
    )
