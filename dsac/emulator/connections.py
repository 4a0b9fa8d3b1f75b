"""Connections of the server: what is read from them, refused, answered and reset."""

import socket
import struct
from http import HTTPStatus

import msgspec
from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import ErrorTask, WSGITask

RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""The SO_LINGER that makes a close a reset."""


class _Parser(HTTPRequestParser):  # type: ignore[misc] # waitress has no types
    """Reads a request; what waitress does not expect is the client's mistake, too."""

    def parse_header(self, header_plus: bytes) -> None:
        """Read the head.

        Raises:
            ParsingError: it is malformed; an address or a length that Python can't
                read would hang up without a word.
        """
        try:
            super().parse_header(header_plus)
        except ValueError as error:
            raise ParsingError(str(error)) from error

    def received(self, data: bytes) -> int:
        """Take bytes; give how many of them were of this request."""
        count: int = super().received(data)
        if self.completed:
            # Nothing is left to send: waitress would wait for it, and so would both.
            self.expect_continue = False
        return count


class _Refusal(ErrorTask):  # type: ignore[misc] # as above
    """Answers what is no HTTP: with JSON, and as the client's fault."""

    def execute(self) -> None:
        """Write the answer."""
        error = self.request.error
        status, reason = error.code, error.reason
        if status == HTTPStatus.NOT_IMPLEMENTED:
            # A transfer coding that nobody knows; it is no failure of ours.
            status, reason = 400, "Bad Request"
        body = msgspec.json.encode({"detail": f"{reason}: {error.body}"})
        self.status = f"{status} {reason}"
        self.response_headers.append(("Content-Type", "application/json"))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Task(WSGITask):  # type: ignore[misc] # as above
    """A request; one whose app raises ConnectionResetError ends in a reset."""

    def execute(self) -> None:
        """Call the app, and write its answer."""
        try:
            super().execute()
        except ConnectionResetError as error:
            self.channel.socket.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE
            )
            raise ClientDisconnected from error


class Connection(HTTPChannel):  # type: ignore[misc] # as above
    """A connection of the server."""

    parser_class = _Parser
    task_class = _Task
    error_task_class = _Refusal
