"""Requests and answers as files for people: `python -m moveready.lab --dump FOLDER`.

One file for each exchange, numbered in the order of the answers. The body is decrypted, its XML is indented, and PSRP's
messages (MS-PSRP 2.2.1, 2.2.4) are decoded from base64. The data of logins is left out.
"""

from __future__ import annotations

import base64
import binascii
import logging
import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.dom import minidom
from xml.parsers.expat import ExpatError

from psrpcore.types import PSRPMessageType

from moveready.errors import LabError
from moveready.lab.fragments import FRAGMENT_HEAD, MESSAGE_HEAD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_LOGGER = logging.getLogger(__name__)
_STARTS, _ENDS = 1, 2
_PSRP = re.compile(r"(<(?:\w+:)?(?:Arguments|Stream|creationXml)\b[^>]*>)([^<]+)(?=</)")
_OF_LOGINS = frozenset({"authorization", "www-authenticate"})

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its answer.

    Attributes:
        what: What it was, in the words of the request log.
        asked: The request's body, unsealed; so is `answered`.
        status: HTTP status of the answer; 0 if the connection was cut instead.
    """

    server: str
    channel: str
    kind: str
    what: str
    request_line: str
    request_headers: Headers
    asked: bytes
    status: int
    headers: Headers
    answered: bytes


class Dump:
    """A folder that gets one file for each exchange."""

    def __init__(self, folder: Path) -> None:
        """Make the folder; raises `LabError` if that fails, or if the folder is not empty."""
        self._folder = folder
        self._count = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            is_empty = next(folder.iterdir(), None) is None
        except OSError as error:
            raise LabError(f"The exchanges cannot be written to {folder}: {error.strerror}.") from error
        if not is_empty:
            raise LabError(f"The exchanges are not written to {folder}: it is not empty. Name a new folder.")

    def add(self, exchange: Exchange) -> None:
        """Write the next file; if that fails, the lab goes on, and Python's log has the reason."""
        self._count += 1
        name = f"{self._count:05}-{exchange.server.partition('.')[0]}-{exchange.channel}-{exchange.kind}.txt"
        try:
            (self._folder / name).write_text(text_of(exchange), encoding="utf-8")
        except OSError as error:
            _LOGGER.error("%s was not written to %s: %s", name, self._folder, error.strerror)  # noqa: TRY400 - the trace says no more


def text_of(exchange: Exchange) -> str:
    """The exchange as readable text."""
    answer = f"HTTP {exchange.status}" if exchange.status else "the connection was cut"
    parts = (
        f"{exchange.server}, {exchange.channel}: {exchange.kind} {exchange.what}",
        _message(f"asked: {exchange.request_line}", exchange.request_headers, exchange.asked),
        _message(f"answered: {answer}", exchange.headers, exchange.answered),
    )
    return "\n\n".join(parts) + "\n"


def _message(title: str, headers: Headers, body: bytes) -> str:
    head = "\n".join([title, *(f"{name}: {_shown(name, value)}" for name, value in headers)])
    return "\n\n".join([head, *_body_parts(body)])


def _shown(name: str, value: str) -> str:
    scheme, _, secret = value.partition(" ")
    return f"{scheme} (not shown)" if secret and name.lower() in _OF_LOGINS else value


def _body_parts(body: bytes) -> Iterator[str]:
    """The body without its PSRP, followed by each PSRP fragment."""
    text = body.decode("utf-8", "replace")
    if not text:
        return
    yield _indented(_PSRP.sub(r"\1(PSRP, see below)", text))
    for match in _PSRP.finditer(text):
        yield from _fragments(match[2])


def _indented(text: str) -> str:
    try:
        lines = minidom.parseString(text.encode()).toprettyxml("  ").splitlines()[1:]  # noqa: S318 - of a client on loopback
    except ExpatError:
        return text
    return "\n".join(line for line in lines if line.strip())


def _fragments(encoded: str) -> Iterable[str]:
    try:
        return list(_unpacked(base64.b64decode(encoded, validate=False)))
    except (binascii.Error, struct.error):
        return [f"This is no PSRP: {encoded}"]


def _unpacked(data: bytes) -> Iterator[str]:
    while data:
        number, part, flags, length = FRAGMENT_HEAD.unpack_from(data)
        blob, data = data[FRAGMENT_HEAD.size :][:length], data[FRAGMENT_HEAD.size + length :]
        name = "(continued)"
        if flags & _STARTS:
            _, kind, *_ = MESSAGE_HEAD.unpack_from(blob)
            name, blob = _name_of(kind), blob[MESSAGE_HEAD.size :]
        more = "" if flags & _ENDS else ", to be continued"
        text = blob.decode("utf-8-sig", "replace")
        yield f"PSRP message {number}, fragment {part}{more}: {name}\n{_indented(text)}"


def _name_of(kind: int) -> str:
    try:
        return PSRPMessageType(kind).name
    except ValueError:
        return f"type {kind:#010x}"
