"""What http.sys, the kernel's part of Windows' HTTP, answers itself to requests that it cannot read.

Its words and limits are those of Microsoft's page "Http.sys registry settings for Windows"; which of its errors belongs
to which of aiohttp's is inferred. What was wrong is written to Python's log and never to the client.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import http_exceptions, web

from moveready.lab.ews import http_sys_page

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_LOGGER = logging.getLogger(__name__)
LONGEST_FIELD_BYTES = 16384
"""MaxFieldLength, which a Kerberos ticket in Authorization has to fit into."""
_INVALID_HEADER = ("Bad Request - Invalid Header", "The request has an invalid header name.")
_TITLES: dict[type[BaseException] | None, tuple[str, str]] = {
    http_exceptions.LineTooLong: ("Bad Request - Request Too Long", "The size of the request headers is too long."),
    http_exceptions.BadStatusLine: ("Bad Request - Invalid Verb", "The request verb is invalid."),
    http_exceptions.BadHttpMethod: ("Bad Request - Invalid Verb", "The request verb is invalid."),
}


class HttpSys(web.Server):
    """aiohttp's server, which answers in its own name where no handler is asked."""

    def __init__(self, handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]) -> None:
        """`handler` answers every request that can be read."""
        # A client that hangs up ends its request, so that nothing waits without a client.
        super().__init__(
            handler,
            handler_cancellation=True,
            access_log=None,
            max_field_size=LONGEST_FIELD_BYTES,
            max_line_size=LONGEST_FIELD_BYTES,
        )

    def __call__(self) -> web.RequestHandler:
        """The protocol of one connection."""
        return _HttpSysConnection(self, loop=self._loop, **self._kwargs)


class _HttpSysConnection(web.RequestHandler):
    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to a request that cannot be read, or that fails outside the handler; the connection ends."""
        _LOGGER.warning("a request from %s ended with %s: %s", request.remote, status, exc or message)
        if request.writer.output_size > 0:
            raise ConnectionResetError
        title, sentence = _TITLES.get(None if exc is None else type(exc), _INVALID_HEADER)
        body = http_sys_page(status, title, sentence) if status == HTTPStatus.BAD_REQUEST else b""
        response = web.Response(status=status, body=body)
        response.headers["Content-Type"] = "text/html; charset=us-ascii"
        response.headers["Server"] = "Microsoft-HTTPAPI/2.0"
        response.force_close()
        return response
