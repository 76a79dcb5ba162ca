"""Requests that are no HTTP, over a socket."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from moveready.lab.http_sys import LONGEST_FIELD_BYTES

if TYPE_CHECKING:
    from moveready.lab.server import Lab

StartLab = Callable[..., "Lab"]
EX01 = "ex01.contoso.com"
HEAD = b"POST /wsman HTTP/1.1\r\nHost: x\r\n"


def answer_to(lab: Lab, data: bytes) -> bytes:
    """Send bytes to the Windows endpoint; all that comes back until the lab hangs up."""
    with socket.create_connection(("127.0.0.1", lab.ports[EX01]["windows"]), timeout=20) as connection:
        connection.sendall(data)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    ("data", "title"),
    [
        (b"garbage\r\n\r\n", b"Invalid Verb"),
        (b"POST /wsman HTTP/9.9\r\nHost: x\r\n\r\n", b"Invalid Verb"),
        (HEAD + b"Content-Length: many\r\n\r\n", b"Invalid Header"),
        (HEAD + b"A: " + b"x" * (LONGEST_FIELD_BYTES + 1) + b"\r\n\r\n", b"Request Too Long"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", b"Invalid Header"),
    ],
    ids=["verb", "version", "header", "length", "chunk"],
)
def test_what_is_no_http_gets_the_page_of_http_sys(start_lab: StartLab, data: bytes, title: bytes) -> None:
    """With the name of Windows' server, and nothing of Python."""
    head, _, page = answer_to(start_lab(), data).partition(b"\r\n\r\n")

    assert head.startswith((b"HTTP/1.0 400 ", b"HTTP/1.1 400 "))
    assert b"Server: Microsoft-HTTPAPI/2.0" in head
    assert b"Bad Request - " + title in page
    assert not any(word in (head + page).lower() for word in (b"python", b"aiohttp", b"b'", b"invalid character"))


def test_long_tickets_fit(start_lab: StartLab) -> None:
    """A header of 16,000 characters, as a Kerberos ticket of a user in many groups needs, is read."""
    ticket = b"Authorization: Negotiate " + b"A" * 16_000 + b"\r\n"
    answer = answer_to(start_lab(), HEAD + ticket + b"Content-Length: 0\r\nConnection: close\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 401 ")
