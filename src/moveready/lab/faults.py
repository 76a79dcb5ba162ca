"""Faults that tests inject into one channel of one simulated server. Pure values; imports nothing of moveready.

A fault says what goes wrong, and with which request. Faults affect the connection, not Exchange: the state of the fleet
does not change.

    lab.inject("ex01.contoso.com", "windows", Fault(FaultKind.HANG, action="Receive"))
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class FaultKind(Enum):
    """What goes wrong."""

    SILENT = "silent"
    """Connections are accepted, TLS included, but no request is answered before `seconds`, not even with a challenge; 0
    means never. `action` does not matter."""
    HANG = "hang"
    """The request is read, but an answer never comes."""
    UNANSWERED = "unanswered"
    """The request is carried out, but an answer never comes."""
    SLOW = "slow"
    """The answer comes after `seconds`."""
    DRIP = "drip"
    """The answer comes one byte every `seconds` (0.1 where 0) and never ends in time."""
    DROP = "drop"
    """The connection is cut instead of an answer."""
    HANGS_UP = "hangs-up"
    """The answer comes whole, and then the connection is closed without a word: no `Connection: close`."""
    TRUNCATED = "truncated"
    """The answer's head announces the whole body; half of it comes, then the connection is cut."""
    ENDLESS = "endless"
    """The answer's head comes, and then `body` (64 KB if it is empty) again and again, without an end."""
    TRUNCATED_HEAD = "truncated-head"
    """The status line and the headers come; before the empty line that ends them the connection is cut."""
    STATUS = "status"
    """The answer is `status` with the unchanged `body`, of `content_type`: 500 with HTML, 200 with nothing..."""
    REDIRECT = "redirect"
    """The answer is `status` (302 if it is not a 3xx) with Location `location`."""
    UNAUTHORIZED = "unauthorized"
    """The right credentials are answered 401; `action` does not matter."""
    WSMAN_FAULT = "wsman-fault"
    """The answer is a WSMan fault with `code` and `message`."""
    IDLED_OUT = "idled-out"
    """The shells are gone when the request comes, as after their IdleTimeOut: the server then answers as to any request
    for a shell that it does not know."""
    WRONG_RELATES_TO = "wrong-relates-to"
    """The answer's RelatesTo names another message."""
    GARBAGE_FRAGMENT = "garbage-fragment"
    """A Receive answers with `body` as its only PSRP fragment."""
    BROKEN_SEAL = "broken-seal"
    """The sealed answer was changed on its way."""
    NEVER_FINISHES = "never-finishes"
    """The pipeline never ends: every Receive of it ends with the OperationTimeout fault."""
    OUTPUT_THEN_SILENCE = "output-then-silence"
    """The pipeline gives its output, then never ends."""
    IGNORED = "ignored"
    """The pipeline is answered as done, but nothing was done. What causes this on a real server is not known; for the
    client it looks like slow replication, or like somebody who writes the old value back at once."""
    LATE = "late"
    """The pipeline does its work after `seconds`, even if the client has hung up; no answer comes. It is inferred that
    a real server goes on after its client has gone."""
    CLIXML = "clixml"
    """The pipeline's output is `clixml` in place of each object: `<B>maybe</B>`, an element cut in the middle..."""
    ACCESS_DENIED = "access-denied"
    """The pipeline ends with UnauthorizedAccessException, as `Get-WinEvent` does for an account that may not read the
    log. That this ends the pipeline, and its error id, are inferred from how PowerShell wraps such an exception."""
    CLOCK = "clock"
    """The header `Date` of every answer is `seconds` ahead (behind, if negative); `action` does not matter."""
    TLS_WRONG_NAME = "tls-wrong-name"
    """The certificate is for another name."""
    TLS_OTHER_AUTHORITY = "tls-other-authority"
    """The certificate comes from an unknown authority."""
    TLS_EXPIRED = "tls-expired"
    """The certificate was valid until the end of 2019."""


LOGIN = "login"
"""The action of a fault that strikes the requests of a login."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault; the fields beyond `kind` matter for the kinds that name them.

    Attributes:
        kind: What goes wrong.
        action: With which request: `Create`, `Receive`, `Command`, `Send`, `Signal`, `Delete`, `Get`, `Identify`; on
            the https channel `GET`. None means every request after the login; `LOGIN` means those of the login itself:
            the first one, without a credential, and each of the handshake, up to the one that completes it.
        command: Only pipelines whose line contains this text (`Get-WinEvent`); of a fault that strikes requests, only
            those sent while the last pipeline that was started is such a one. None means every pipeline.
        skip: How many matching requests succeed first.
        times: How often it happens; None means always.
        seconds: For SILENT, SLOW, DRIP, LATE and CLOCK.
        status: For STATUS and REDIRECT.
        body: For STATUS, ENDLESS and GARBAGE_FRAGMENT.
        content_type: For STATUS.
        headers: For STATUS; a `Server` among them replaces that of http.sys.
        location: For REDIRECT.
        code: For WSMAN_FAULT.
        message: For WSMAN_FAULT.
        clixml: For CLIXML.
    """

    kind: FaultKind
    action: str | None = None
    command: str | None = None
    skip: int = 0
    times: int | None = None
    seconds: float = 0.0
    status: int = 500
    body: bytes = b""
    content_type: str = "text/html"
    headers: tuple[tuple[str, str], ...] = ()
    location: str = ""
    code: int = 2150858770
    message: str = "Injected by the lab."
    clixml: str = ""


_TLS = frozenset({FaultKind.TLS_WRONG_NAME, FaultKind.TLS_OTHER_AUTHORITY, FaultKind.TLS_EXPIRED})
_PIPELINE = frozenset(
    {
        FaultKind.NEVER_FINISHES,
        FaultKind.OUTPUT_THEN_SILENCE,
        FaultKind.IGNORED,
        FaultKind.LATE,
        FaultKind.CLIXML,
        FaultKind.ACCESS_DENIED,
    }
)
_NO_REQUEST = _TLS | _PIPELINE | {FaultKind.SILENT, FaultKind.UNAUTHORIZED, FaultKind.CLOCK}


class Faults:
    """The active faults, by server and channel. Used only on the lab's thread."""

    def __init__(self) -> None:
        self._faults: dict[tuple[str, str], list[Fault]] = {}
        self._lines: dict[tuple[str, str], str] = {}

    def inject(self, server: str, channel: str, fault: Fault) -> None:
        """Activate a fault, before those that are active already."""
        self._faults.setdefault((server, channel), []).insert(0, fault)

    def clear(self, server: str | None = None, channel: str | None = None) -> None:
        """Remove all faults, or those of one server, or of one channel."""
        for key in [key for key in self._faults if server in (None, key[0]) and channel in (None, key[1])]:
            del self._faults[key]

    def for_request(self, server: str, channel: str, action: str) -> Fault | None:
        """The fault for this request, counted as used once; None if there is none."""
        line = self._lines.get((server, channel), "")
        return self._taken(server, channel, lambda fault: _strikes_request(fault, action) and _is_about(fault, line))

    def for_silence(self, server: str, channel: str) -> Fault | None:
        """The fault that leaves a request unanswered, counted as used once."""
        return self._taken(server, channel, lambda fault: fault.kind is FaultKind.SILENT)

    def for_login(self, server: str, channel: str) -> Fault | None:
        """The fault for a login with the right credentials, counted as used once."""
        return self._taken(server, channel, lambda fault: fault.kind is FaultKind.UNAUTHORIZED)

    def for_pipeline(self, server: str, channel: str, line: str) -> Fault | None:
        """The fault for the pipeline of this line, which starts now, counted as used once."""
        self._lines[server, channel] = line
        return self._taken(server, channel, lambda fault: fault.kind in _PIPELINE and _is_about(fault, line))

    def for_clock(self, server: str, channel: str) -> Fault | None:
        """The fault of the clock that this answer shows, counted as used once."""
        return self._taken(server, channel, lambda fault: fault.kind is FaultKind.CLOCK)

    def for_handshake(self, server: str, channel: str) -> Fault | None:
        """The fault for this TLS handshake, counted as used once."""
        return self._taken(server, channel, lambda fault: fault.kind in _TLS)

    def _taken(self, server: str, channel: str, strikes: Callable[[Fault], bool]) -> Fault | None:
        faults = self._faults.get((server, channel), [])
        for index, fault in enumerate(faults):
            if not strikes(fault):
                continue
            if fault.skip:
                faults[index] = replace(fault, skip=fault.skip - 1)
                continue
            _use_up(faults, index)
            return fault
        return None


def _use_up(faults: list[Fault], index: int) -> None:
    fault = faults[index]
    if fault.times is None:
        return
    if fault.times > 1:
        faults[index] = replace(fault, times=fault.times - 1)
    else:
        del faults[index]


def _strikes_request(fault: Fault, action: str) -> bool:
    if fault.kind in _NO_REQUEST or (action == LOGIN and fault.action != LOGIN):
        return False
    if fault.kind is FaultKind.GARBAGE_FRAGMENT:
        return action == "Receive" and fault.action in (None, "Receive")
    return fault.action in (None, action)


def _is_about(fault: Fault, line: str) -> bool:
    return fault.command is None or fault.command in line
