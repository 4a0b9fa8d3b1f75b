"""A lens before the embedded platform: what goes in and comes out can be bent."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from werkzeug.wrappers import Request, Response

App = Callable[[Any, Any], Iterable[bytes]]


@dataclass
class Asked:
    """A request as a bend sees it."""

    method: str
    path: str
    query: dict[str, str]

    @property
    def lists_samples(self) -> bool:
        """Whether it asks for a page of samples."""
        return self.method == "GET" and self.path.rstrip("/").endswith("/samples")

    @property
    def page(self) -> int:
        """Which page it asks for."""
        return int(self.query.get("page", "1"))


@dataclass
class Lens:
    """Bends requests and answers; `log` has method and path of each request.

    `before` acts before a request is answered, `sent` gives another body to it,
    `answered` another body to its answer; each of them may leave all as it is.
    """

    app: App
    log: list[str] = field(default_factory=list)
    before: Callable[[Asked], object] = lambda _: None
    sent: Callable[[Asked, Any], Any] = lambda _, body: body
    answered: Callable[[Asked, Any], Any] = lambda _, body: body

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        """Answer a request through the lens."""
        request = Request(environ)
        asked = Asked(request.method, request.path, dict(request.args))
        self.log.append(f"{asked.method} {asked.path}")
        self.before(asked)
        if request.is_json and not request.content_encoding:
            body = json.dumps(self.sent(asked, request.get_json())).encode()
            environ["wsgi.input"] = BytesIO(body)
            environ["CONTENT_LENGTH"] = str(len(body))
        response = Response.from_app(self.app, environ, buffered=True)
        if response.is_json:
            bent = self.answered(asked, json.loads(response.get_data()))
            if isinstance(bent, list):
                response.status_code = 200
            response.set_data(json.dumps(bent))
        return response(environ, start_response)

    def count(self, start: str) -> int:
        """Count the requests that begin so."""
        return sum(line.startswith(start) for line in self.log)
