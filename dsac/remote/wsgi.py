"""Calls a WSGI app in-process where a server would be: one code path for both."""

import io
import sys
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from urllib.parse import unquote_to_bytes, urlsplit

import requests
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

Headers = list[tuple[str, str]]
ExcInfo = tuple[type[BaseException], BaseException, TracebackType]
StartResponse = Callable[..., Callable[[bytes], object]]
App = Callable[[dict[str, object], StartResponse], Iterable[bytes]]
"""What PEP 3333 calls an application."""


class WsgiAdapter(BaseAdapter):
    """A transport adapter of requests that hands a request to a WSGI app."""

    def __init__(self, app: App) -> None:
        super().__init__()
        self._app = app

    def send(  # noqa: PLR0913, PLR0917 - the signature of requests
        self,
        request: PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002
        timeout: object = None,
        verify: object = True,  # noqa: FBT002
        cert: object = None,
        proxies: Mapping[str, str] | None = None,
    ) -> Response:
        """Run the app on a request and give its answer as a response."""
        del stream, timeout, verify, cert, proxies
        captured: list[tuple[str, Headers]] = []

        def start_response(
            status: str, headers: Headers, exc_info: ExcInfo | None = None
        ) -> Callable[[bytes], object]:
            if exc_info is not None:
                raise exc_info[1]
            captured.append((status, headers))
            return written.append

        written: list[bytes] = []
        try:
            answer = self._app(environ(request), start_response)
        except ConnectionResetError as error:
            raise requests.exceptions.ConnectionError(error, request=request) from error
        try:
            body = b"".join([*written, *answer])
        finally:
            close = getattr(answer, "close", None)
            if close is not None:
                close()
        status, headers = captured[-1]
        return _response(request, status, headers, body)

    def close(self) -> None:
        """Hold nothing that would have to be closed."""


def environ(request: PreparedRequest) -> dict[str, object]:
    """Build the environment that PEP 3333 asks for from a prepared request."""
    parts = urlsplit(request.url or "")
    body = _body(request)
    result: dict[str, object] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(parts.path).decode("latin-1"),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname or "",
        "SERVER_PORT": str(parts.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for key, value in request.headers.items():
        name = key.upper().replace("-", "_")
        if name == "CONTENT_TYPE":
            result[name] = value
        elif name != "CONTENT_LENGTH":
            result[f"HTTP_{name}"] = value
    result.setdefault("HTTP_HOST", parts.netloc)
    return result


def _body(request: PreparedRequest) -> bytes:
    body = request.body
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    return body


def _response(
    request: PreparedRequest, status: str, headers: Headers, body: bytes
) -> Response:
    from urllib3 import HTTPResponse

    code, _, reason = status.partition(" ")
    response = Response()
    response.status_code = int(code)
    response.reason = reason
    response.headers = CaseInsensitiveDict(headers)
    response.url = request.url or ""
    response.request = request
    response.raw = HTTPResponse(
        body=io.BytesIO(body),
        headers=dict(headers),
        status=int(code),
        preload_content=False,
        request_method=request.method,
    )
    return response
