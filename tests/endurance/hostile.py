"""Values that nobody should send: JSON, parts of paths and queries, headers, bytes."""

import gzip
import json
import random
from collections.abc import Mapping, Sequence

WRONG_JSON: Sequence[str] = (
    "NaN",
    "-Infinity",
    "1e400",
    "-1e400",
    "0123",
    "+1",
    ".5",
    "'single'",
    "undefined",
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\\u00"',
    '"\\x00"',
    '"line\nbreak"',
    '{"a": 1,}',
    "[1, 2",
    "{'a': 1}",
    '{"a": 1 /* why */}',
    "[" * 101 + "]" * 101,
    '{"a":' * 2000 + "1" + "}" * 2000,
    "[" * 100_000,
)
"""What is no JSON, or is nested too deeply: never taken, wherever it stands."""

VALUES: Sequence[object] = (
    None,
    True,
    False,
    0,
    -1,
    2**31,
    2**53 + 1,
    2**63,
    2**64,
    -(2**63) - 1,
    10**40,
    10**400,
    1.5,
    -0.0,
    1e308,
    5e-324,
    "",
    " ",
    "\x00",
    "a\x00b",
    "a" * 501,
    "a" * 100_000,
    "..",
    ".",
    "../../../etc/passwd",
    "..\\..\\windows",
    "/etc/passwd",
    "%2e%2e%2f",
    "a/b",
    "a\nb",
    "a\x7f",
    "\u202egpj.a",
    "\ufeff",
    "\U0010ffff",
    "'; DROP TABLE samples; --",
    "${env.HOME}",
    "{{7*7}}",
    "1",
    "true",
    "2024-02-30",
    [],
    {},
    [None],
    [[[]]],
    {"": ""},
    {"a" * 1000: 1},
    {"url": None},
    ["a"] * 2000,
    list(range(1001)),
    {str(at): at for at in range(2000)},
    json.loads("[" * 60 + "]" * 60),
)
"""JSON that is well-formed; whether it is taken is for the field to say."""

PIECES: Sequence[str] = (
    "",
    ".",
    "..",
    "...",
    "%2e%2e",
    "..%2f..%2f..%2fetc%2fpasswd",
    "..%5c..%5cemulator.sqlite",
    "%2fetc%2fpasswd",
    "....%2f%2f",
    "%00",
    "a%00.png",
    "%0d%0aX-Injected:%201",
    "%ff%fe",
    "%ed%a0%80",
    "%f0%9f%8c%b7",
    "%C0%AE%C0%AE",
    "%",
    "%zz",
    "%u002e",
    "%25%32%65",
    "a" * 300,
    "a" * 5000,
    ";",
    "'%20OR%201=1",
    '"',
    "*",
    "~",
    "//",
    "\\",
    "null",
    "0",
    "-1",
    "emulator.sqlite",
    "emulator.sqlite-wal",
    "00000000-0000-0000-0000-000000000000",
)
"""Parts of paths, percent-encoded or not."""

NUMBERS: Sequence[str] = (
    "1",
    "2",
    "0",
    "-1",
    "9" * 9,
    "9" * 10,
    "9" * 400,
    "1e5",
    "1.5",
    "0x10",
    "+1",
    "%C2%B2",
    "%D9%A1",
    "1_000",
    "NaN",
)

QUERY: Mapping[str, Sequence[str]] = {
    "page": NUMBERS,
    "per_page": NUMBERS,
    "sort": (
        "name",
        "-name",
        "--name",
        "created_at",
        "-priority",
        "-gt_label__updated_at",
        "name%00",
        "name%20DESC",
    ),
    "labelset": ("ground-truth", "model", "%00"),
    "include_full_label": ("1", "0", "yes"),
    "include_signed_urls": ("1", "0", "yes"),
    "label_status": ("LABELED", "UNLABELED", ",", "LABELED," * 40_000, "%00", "'"),
    "name__contains": ("a", "%25_%5c", "%00", "a" * 50_000),
    "filters": ("city:Ghent", ":", ":::", "$.x:1", "a:b," * 1500, "%00:%00", "n:1,n:1"),
    "start": ("2024-01-01T00:00:00", "yesterday", "2024-13-45T99:99:99"),
    "end": ("2024-01-01T00:00:00", "tomorrow"),
    "lib_version": ("1.33.0", "..."),
    "unheard_of": (),
}
"""Parameters, and values that their routes look at."""

QUERY_VALUES: Sequence[str] = (*PIECES, *NUMBERS, "a:b,c:d", ",", "ground-truth")

HEADERS: Sequence[tuple[str, str]] = (
    ("Content-Type", ""),
    ("Content-Type", "text/plain; charset=utf-16"),
    ("Content-Type", "application/json; charset=\x00"),
    ("Content-Type", "multipart/form-data"),
    ("Content-Type", 'multipart/form-data; boundary="'),
    ("Content-Type", "application/x-www-form-urlencoded"),
    ("Content-Type", ";" * 200),
    ("Accept", "text/html"),
    ("Accept-Encoding", "br;q=nonsense"),
    ("Host", "evil.example.com:99999"),
    ("Host", "[::1]:80"),
    ("Host", ""),
    ("X-Forwarded-Host", "evil.example.com"),
    ("X-HTTP-Method-Override", "DELETE"),
    ("Range", "bytes=0-"),
    ("Range", "bytes=-1"),
    ("Range", "bytes=9-1"),
    ("Range", "bytes=999999999999999999999-"),
    ("Range", "bytes=" + "0-1," * 500),
    ("Range", "lines=1"),
    ("If-None-Match", '"' * 99),
    ("If-None-Match", "*"),
    ("If-Range", "yesterday"),
    ("If-Modified-Since", "Sat, 99 Foo 99999 99:99:99 GMT"),
    ("If-Match", "W/"),
    ("Cookie", "a=\x00; ; ="),
    ("Expect", "100-continue"),
    ("Transfer-Encoding", "identity"),
    ("Origin", "null"),
    ("Referer", "\xff\xfe"),
    ("X-Long", "a" * 50_000),
)
"""Headers that change nothing, or are refused."""

WRONG_HOSTS: Sequence[str] = (
    "a b",
    "[::1",
    "::1",
    "\xff",
    "a/b",
    "a@b",
    "a:b",
    "a:999999",
    "a,b",
    "'",
    "a?",
)
"""Values of Host that are none."""

WRONG_KEYS: Sequence[str] = (
    "",
    "APIKey",
    "APIKey ",
    "APIKey wrong",
    "APIKey \x00",
    "APIKey jane-key\x00",
    "APIKey jane-key jane-key",
    "APIKey \xff\xfe",
    "apikey' OR '1'='1",
    "Bearer jane-key",
    "Basic amFuZTprZXk=",
    "jane-key",
    "APIKey " + "k" * 50_000,
)
"""Values of Authorization that let nobody in."""

LENGTHS: Sequence[str] = ("-1", "1e3", "abc", "", " ", "0x10", "+5", "1,1", "9" * 30)
"""Values of Content-Length that are no length, or that of no body."""

METHODS: Sequence[str] = (
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "PROPFIND",
    "get",
    "GE\x00T",
    "X" * 300,
)


def bytes_at_random(chance: random.Random) -> bytes:
    """Give bytes that are no JSON."""
    return b"\xff" + chance.randbytes(chance.choice((0, 1, 10, 1000, 100_000)))


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Damage a body: cut it, turn a bit, or repeat a part of it."""
    at = chance.randrange(len(data) + 1)
    turned = bytearray(data or b"{")
    turned[at % len(turned)] ^= 1 << chance.randrange(8)
    return chance.choice(
        (data[:at], bytes(turned), data[:at] + data[:at] + data[at:], data + data)
    )


def wrong_gzip(data: bytes, chance: random.Random) -> bytes:
    """Give a body that says that it is gzip, and is not."""
    whole = gzip.compress(data)
    return chance.choice(
        (data, whole[: chance.randrange(len(whole) - 1)], whole[:12] + whole[13:])
    )
