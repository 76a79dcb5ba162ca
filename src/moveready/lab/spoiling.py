"""Applies an injected fault to an answer before it is sent."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from aiohttp import web

from moveready.lab.faults import FaultKind

if TYPE_CHECKING:
    from datetime import datetime

    from moveready.lab.faults import Fault

_DRIP_SECONDS = 0.1
_ENDLESS = bytes(64 * 1024)


class Connection(NamedTuple):
    """The target of an answer: its request, and the connection of that request."""

    request: web.BaseRequest
    transport: asyncio.Transport


async def spoiled(way: Connection, response: web.Response, body: bytes, fault: Fault | None) -> web.StreamResponse:
    """The response, changed by an injected fault if there is one."""
    kind = fault.kind if fault else None
    if kind is FaultKind.DROP:
        way.transport.abort()
        await for_ever()
    if kind is FaultKind.UNANSWERED:
        await for_ever()
    if kind is FaultKind.TRUNCATED_HEAD:
        await _half_a_head(way.transport, response)
    if kind is FaultKind.HANGS_UP:
        await response.prepare(way.request)
        await response.write_eof()
        way.transport.close()
    if fault is None or kind not in (FaultKind.DRIP, FaultKind.TRUNCATED, FaultKind.ENDLESS):
        return response
    return await _body_in_parts(way, response, body, fault)


def show_time(response: web.Response, fault: Fault | None, now: datetime) -> None:
    """Let the answer tell the time of a wrong clock, if there is such a fault; aiohttp tells the right one."""
    if fault is not None:
        response.headers["Date"] = format_datetime(now + timedelta(seconds=fault.seconds), usegmt=True)


async def for_ever() -> NoReturn:
    """Wait until the connection is gone."""
    await asyncio.Event().wait()
    raise AssertionError


async def _half_a_head(transport: asyncio.Transport, response: web.Response) -> NoReturn:
    """The status line and the headers, without the empty line that ends them."""
    named = (f"{name}: {value}" for name, value in response.headers.items())
    lines = (f"HTTP/1.1 {response.status} {response.reason}", *named, "")
    transport.write("\r\n".join(lines).encode())
    transport.close()
    await for_ever()


async def _body_in_parts(way: Connection, response: web.Response, body: bytes, fault: Fault) -> web.StreamResponse:
    stream = web.StreamResponse(status=response.status, headers=response.headers)
    if fault.kind is not FaultKind.ENDLESS:
        stream.content_length = len(body)
    await stream.prepare(way.request)
    while fault.kind is FaultKind.ENDLESS and not way.transport.is_closing():
        await stream.write(fault.body or _ENDLESS)
        await asyncio.sleep(0)  # otherwise nobody notices that the client has gone
    if fault.kind is FaultKind.TRUNCATED:
        await stream.write(body[: len(body) // 2])
        way.transport.close()
        await for_ever()
    for at in range(len(body)):
        if way.transport.is_closing():
            break
        await stream.write(body[at : at + 1])
        await asyncio.sleep(fault.seconds or _DRIP_SECONDS)
    return stream
