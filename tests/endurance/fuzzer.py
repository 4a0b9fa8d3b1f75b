"""Makes requests that nobody should send, from those that are right."""

import copy
import gzip
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.endurance import hostile
from tests.endurance.shapes import SHAPES, Shape

KEY = "APIKey jane-key"
HOLE = "@@hole@@"
"""Stands in a body where something goes that no JSON encoder writes."""

UPLOAD = "/upload"
STORAGE = (UPLOAD, "/assets/<owner>/<file>")
"""Routes that need no key."""

BOUNDARY = "b0undary"


@dataclass(frozen=True)
class Request:
    """A request, and whether no answer is right but one in the 400s."""

    method: str
    rule: str
    """The route that it was made for."""

    path: str
    """Percent-encoded, without the query; or not, as some send it."""

    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    is_wrong: bool = False

    @property
    def reads_json(self) -> bool:
        """Whether its route looks at the body."""
        bulk = self.method == "DELETE" and self.rule.endswith("/samples_bulk")
        writes = self.method in {"POST", "PUT", "PATCH"} and self.rule != UPLOAD
        return writes or bulk

    @property
    def shape(self) -> Shape:
        """What its route takes."""
        return SHAPES.get((self.method, self.rule), Shape({}))

    def with_header(self, name: str, value: str) -> "Request":
        """Give the request with a header set."""
        return replace(self, headers={**self.headers, name: value})


@dataclass(frozen=True)
class Target:
    """A method of a route, and what stands in its path if it is right."""

    method: str
    rule: str
    parts: Mapping[str, str]
    form: Mapping[str, str]
    """The fields of an upload."""

    def request(self) -> Request:
        """Give the right request."""
        path = self.rule
        for name, value in self.parts.items():
            path = path.replace(f"<{name}>", value)
        found = Request(self.method, self.rule, path, headers={"Authorization": KEY})
        if self.rule == UPLOAD:
            kind = f"multipart/form-data; boundary={BOUNDARY}"
            found = replace(found, body=multipart(self.form))
            return found.with_header("Content-Type", kind)
        if found.reads_json:
            found = replace(found, body=json.dumps(found.shape.body).encode())
            return found.with_header("Content-Type", "application/json")
        return found


def multipart(fields: Mapping[str, str], file: str = 'filename="a.png"') -> bytes:
    """Encode a form with a file."""
    parts = [f'name="{name}"\r\n\r\n{value}' for name, value in fields.items()]
    parts.append(f'name="file"; {file}\r\n\r\npixels')
    start = f"--{BOUNDARY}\r\nContent-Disposition: form-data; "
    whole = "".join(f"{start}{part}\r\n" for part in parts)
    return f"{whole}--{BOUNDARY}--\r\n".encode()


Change = Callable[[Request, Target, random.Random], Request]


def requests(
    targets: Sequence[Target], chance: random.Random
) -> Iterator[tuple[str, Request]]:
    """Yield requests without end, each with the name of what was done to it.

    Fewer are deletions, which undo what others need, and more are listings, which
    take most from a query.
    """
    weights = [_weight(target) for target in targets]
    while True:
        (target,) = chance.choices(targets, weights)
        request = target.request()
        possible = [change for change in CHANGES if applies(change, request)]
        if request.method == "GET":
            possible += [odd_query] * 4
        change = chance.choice(possible)
        made = change(request, target, chance)
        name, value = chance.choice(hostile.HEADERS)
        if chance.random() < 0.1 and name not in made.headers:
            made = made.with_header(name, value)
        yield change.__name__, made


def _weight(target: Target) -> float:
    if target.method == "DELETE":
        return 0.1
    return 6.0 if target.rule.endswith(("/samples", "/datasets")) else 1.0


def applies(change: Change, request: Request) -> bool:
    """Tell whether a change makes sense for a request."""
    if change in FORM_CHANGES:
        return request.rule == UPLOAD
    return change not in BODY_CHANGES or request.reads_json


def odd_field(request: Request, _: Target, chance: random.Random) -> Request:
    """Put an odd value in the place of a field, or add one."""
    shape = request.shape
    body = copy.deepcopy(shape.body)
    objects = body if isinstance(body, list) else [body]
    name = chance.choice([*objects[0], *shape.types, "unheard_of"])
    value = chance.choice(hostile.VALUES)
    chance.choice(objects)[name] = value
    refused = name in shape.types and type(value) not in shape.types[name]
    return replace(request, body=json.dumps(body).encode(), is_wrong=refused)


def odd_node(request: Request, _: Target, chance: random.Random) -> Request:
    """Put an odd value anywhere in the body, or in place of it all."""
    body = copy.deepcopy(request.shape.body)
    places = list(nodes({"": body}))
    holder, key = chance.choice(places)
    holder[key] = chance.choice(hostile.VALUES)
    root = places[0][0][""]
    return replace(request, body=json.dumps(root).encode())


def nodes(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place of a JSON value: what holds it, and its key there."""
    keys = list(value) if isinstance(value, dict) else range(len(value))
    for key in keys:
        yield value, key
        if isinstance(value[key], dict | list):
            yield from nodes(value[key])


def dropped_field(request: Request, _: Target, chance: random.Random) -> Request:
    """Leave a field out."""
    body = copy.deepcopy(request.shape.body)
    if not isinstance(body, dict) or not body:
        return replace(request, body=b"", is_wrong=bool(body))
    name = chance.choice(list(body))
    del body[name]
    refused = name in request.shape.required
    return replace(request, body=json.dumps(body).encode(), is_wrong=refused)


def wrong_token(request: Request, _: Target, chance: random.Random) -> Request:
    """Put what is no JSON anywhere in the body."""
    holder = {"": copy.deepcopy(request.shape.body) or {"name": ""}}
    place, key = chance.choice(list(nodes(holder)))
    place[key] = HOLE
    token = chance.choice(hostile.WRONG_JSON)
    text = json.dumps(holder[""]).replace(f'"{HOLE}"', token)
    return replace(request, body=text.encode(), is_wrong=True)


def no_json(request: Request, _: Target, chance: random.Random) -> Request:
    """Send bytes."""
    body = hostile.bytes_at_random(chance)
    return replace(request, body=body, is_wrong=True)


def damaged_body(request: Request, _: Target, chance: random.Random) -> Request:
    """Damage the body, of JSON or of a form."""
    return replace(request, body=hostile.damaged(request.body, chance))


def wrong_encoding(request: Request, _: Target, chance: random.Random) -> Request:
    """Say that the body is encoded as it is not."""
    if chance.random() < 0.5:
        name = chance.choice(("br", "deflate", "gzip, gzip", "x", "\xff"))
        return replace(request, is_wrong=True).with_header("Content-Encoding", name)
    body = hostile.wrong_gzip(request.body, chance)
    made = replace(request, body=body, is_wrong=True)
    return made.with_header("Content-Encoding", "gzip")


def zipped_twice(request: Request, _: Target, chance: random.Random) -> Request:
    """Zip the body, and what is no JSON."""
    body = gzip.compress(gzip.compress(request.body) + chance.randbytes(5))
    made = replace(request, body=body, is_wrong=True)
    return made.with_header("Content-Encoding", "GZIP")


def odd_path(request: Request, target: Target, chance: random.Random) -> Request:
    """Put an odd piece in the path, in place of what is right or elsewhere."""
    piece = chance.choice(hostile.PIECES)
    names = [name for name in target.parts if f"<{name}>" in target.rule]
    if names:
        parts = {**target.parts, chance.choice(names): piece}
        path = replace(target, parts=parts).request().path
        return replace(request, path=path, is_wrong=piece not in {"", "*"})
    at = chance.randrange(len(request.path) + 1)
    return replace(request, path=request.path[:at] + piece + request.path[at:])


def odd_query(request: Request, _: Target, chance: random.Random) -> Request:
    """Ask for odd pages, orders and filters."""
    pairs = [_pair(chance) for _ in range(chance.randrange(1, 5))]
    return replace(request, query=chance.choice(("&", "&&", ";")).join(pairs))


def _pair(chance: random.Random) -> str:
    """Give a name and a value; as often as not one that is meant for that name."""
    name = chance.choice(list(hostile.QUERY))
    values = hostile.QUERY[name] if chance.random() < 0.5 else ()
    return f"{name}={chance.choice(values or hostile.QUERY_VALUES)}"


def odd_header(request: Request, _: Target, chance: random.Random) -> Request:
    """Set an odd header."""
    return request.with_header(*chance.choice(hostile.HEADERS))


def wrong_host(request: Request, _: Target, chance: random.Random) -> Request:
    """Ask for a host that can't be one."""
    host = chance.choice(hostile.WRONG_HOSTS)
    return replace(request, is_wrong=True).with_header("Host", host)


def odd_length(request: Request, _: Target, chance: random.Random) -> Request:
    """Lie about the length of the body."""
    return request.with_header("Content-Length", chance.choice(hostile.LENGTHS))


def wrong_key(request: Request, _: Target, chance: random.Random) -> Request:
    """Come with a key that is none."""
    known = request.rule not in {*STORAGE, "/api_status"}
    key = chance.choice(hostile.WRONG_KEYS)
    return replace(request, is_wrong=known).with_header("Authorization", key)


def odd_method(request: Request, _: Target, chance: random.Random) -> Request:
    """Use another method, which may be none at all."""
    method = chance.choice(hostile.METHODS)
    known = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}
    unknown = method.upper() not in known
    return replace(request, method=method, is_wrong=unknown)


def odd_filename(request: Request, target: Target, chance: random.Random) -> Request:
    """Give the file of an upload a name, which is nobody's business."""
    name = chance.choice((*hostile.PIECES, *(str(value) for value in hostile.VALUES)))
    file = f"filename=\"{name}\"; filename*=UTF-8''{name}"
    return replace(request, body=multipart(target.form, file))


def changed_form(request: Request, target: Target, chance: random.Random) -> Request:
    """Change a field of an upload's form, or leave it out."""
    name = chance.choice(list(target.form))
    fields = {**target.form, name: chance.choice(hostile.PIECES)}
    if chance.random() < 0.3:
        del fields[name]
    return replace(request, body=multipart(fields), is_wrong=True)


def bloated_form(request: Request, target: Target, chance: random.Random) -> Request:
    """Add to an upload's form what makes it too large: fields, or one long one."""
    count = chance.choice((1, 2000))
    more = {f"more-{at}": "x" * (4_000_000 // count) for at in range(count)}
    return replace(request, body=multipart({**target.form, **more}), is_wrong=True)


def wrong_boundary(request: Request, _: Target, chance: random.Random) -> Request:
    """Say that the parts of a form are divided as they are not."""
    kind = chance.choice(("x", "", "b0undary--", "\xff" * 80, "a" * 5000))
    made = request.with_header("Content-Type", f"multipart/form-data; boundary={kind}")
    return replace(made, is_wrong=True)


BODY_CHANGES: frozenset[Change] = frozenset(
    {
        odd_field,
        odd_node,
        dropped_field,
        wrong_token,
        no_json,
        wrong_encoding,
        zipped_twice,
    }
)
FORM_CHANGES: frozenset[Change] = frozenset(
    {odd_filename, changed_form, bloated_form, wrong_boundary}
)
CHANGES: Sequence[Change] = (
    odd_field,
    odd_node,
    dropped_field,
    wrong_token,
    no_json,
    damaged_body,
    wrong_encoding,
    zipped_twice,
    odd_path,
    odd_query,
    odd_header,
    wrong_host,
    odd_length,
    wrong_key,
    odd_method,
    odd_filename,
    changed_form,
    bloated_form,
    wrong_boundary,
)
