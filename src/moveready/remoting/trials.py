"""What is known of a credential that was not accepted yet, and what a request or an answer says about it. Pure."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field, replace
from enum import Enum
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_AT_ONCE = 2
MOST_REFUSALS = 2
MOST_UNANSWERED = 2


class TrialResult(Enum):
    """The result of sending a credential."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNANSWERED = "unanswered"
    OPEN = "open"
    """The handshake goes on; nothing is known yet."""


@dataclass(frozen=True, slots=True)
class TrialRecord:
    """What the run knows about one credential; plain data.

    Attributes:
        accepted: A server (or the domain controller) accepted it.
        refused_by: The servers that refused it, in order.
        unanswered_by: The servers that got it and never answered.
        under_way: Trials that have not ended, by their number: the server, and until when (epoch) others wait.
    """

    accepted: bool = False
    refused_by: tuple[str, ...] = ()
    unanswered_by: tuple[str, ...] = ()
    under_way: Mapping[str, tuple[str, float]] = field(default_factory=dict)

    @property
    def held_against(self) -> int:
        """The number of refusals, and of results that count like one."""
        return len(self.refused_by) + max(0, len(self.unanswered_by) - MOST_UNANSWERED)

    @property
    def is_given_up(self) -> bool:
        """Whether the credential is not sent any more."""
        return not self.accepted and self.held_against >= MOST_REFUSALS

    @property
    def may_be_tried(self) -> bool:
        """Whether one more may be sent, even if all that are under way are refused."""
        at_stake = self.held_against + len(self.under_way)
        return not self.accepted and at_stake < MOST_REFUSALS and len(self.under_way) < MOST_AT_ONCE

    def begun(self, trial: str, server: str, until: float) -> TrialRecord:
        """The record with one more open trial, if one more is allowed."""
        return replace(self, under_way={**self.under_way, trial: (server, until)}) if self.may_be_tried else self

    def ended(self, trial: str, server: str, ending: TrialResult) -> TrialRecord:
        """The record after that trial; a trial that counted as unanswered may still be answered."""
        unanswered = list(self.unanswered_by)
        if trial not in self.under_way and server in unanswered:
            unanswered.remove(server)
        return replace(
            self,
            under_way={number: entry for number, entry in self.under_way.items() if number != trial},
            accepted=self.accepted or ending is TrialResult.ACCEPTED,
            refused_by=self.refused_by + (server,) * (ending is TrialResult.REFUSED),
            unanswered_by=(*unanswered, *(server,) * (ending is TrialResult.UNANSWERED)),
        )

    def at(self, now: float) -> TrialRecord:
        """The record at that time: trials that take too long, or whose process died, count as unanswered."""
        record = self
        for trial, (server, until) in self.under_way.items():
            if until < now:
                record = record.ended(trial, server, TrialResult.UNANSWERED)
        return record

    def message(self) -> str:
        """Who refused it and who did not answer it: `was refused by ex01 and ex03`."""
        refused = f"was refused by {_listed(self.refused_by)}" if self.refused_by else ""
        waiting = [*self.unanswered_by, *(server for server, _ in self.under_way.values())]
        unanswered = f"was not answered by {_listed(waiting)}" if waiting else ""
        return " and ".join(part for part in (refused, unanswered) if part)


def header_text(header: str | bytes | None) -> str | None:
    """A header of a request as text, because some libraries set bytes."""
    return header.decode("latin-1") if isinstance(header, bytes) else header


def carries_credential(authorization: str | None) -> bool:
    """Whether an Authorization header may hold a credential; an NTLM NEGOTIATE_MESSAGE (MS-NLMP 2.2.1.1) does not.

    In case of doubt it does, so that no account is locked.
    """
    return authorization is not None and _ntlm_type(authorization) != _NTLM_NEGOTIATE


def proves_who_we_are(authorization: str | None) -> bool:
    """Whether an Authorization header holds a whole credential; of NTLM, only an AUTHENTICATE_MESSAGE is one.

    In case of doubt it does not, so that nothing is wrongly counted as a login.
    """
    is_read = authorization is not None and bool(_token_of(authorization))
    return is_read and _ntlm_type(authorization or "") in {None, _NTLM_AUTHENTICATE}


def is_last_word(authorization: str | None) -> bool:
    """Whether the login has no further message: Basic, and an NTLM AUTHENTICATE_MESSAGE (MS-NLMP 2.2.1.3)."""
    return authorization is not None and (
        authorization[:6].lower() == "basic " or _ntlm_type(authorization) == _NTLM_AUTHENTICATE
    )


def is_of_one_connection(authorization: str | None) -> bool:
    """Whether the message answers a challenge of the same connection (MS-NTHT)."""
    return authorization is not None and _ntlm_type(authorization) == _NTLM_AUTHENTICATE


def ending_of(status: int, challenge: str, *, is_last_word: bool) -> TrialResult:
    """What an answer says about the credential that was sent; pure.

    A 5xx or a redirect may come from something that does not check the credential (http.sys, a proxy), so it proves
    nothing. A login that the server continues has no result yet.
    """
    if status == HTTPStatus.UNAUTHORIZED:
        return TrialResult.OPEN if not is_last_word and _TOKEN.search(challenge) else TrialResult.REFUSED
    return (
        TrialResult.UNANSWERED if status in _PROVES_NOTHING or status // 100 == _REDIRECTION else TrialResult.ACCEPTED
    )


_REDIRECTION = 3
_PROVES_NOTHING = {
    HTTPStatus.PROXY_AUTHENTICATION_REQUIRED,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
_TOKEN = re.compile(r"(?i)\b(?:negotiate|kerberos|ntlm) +[a-z0-9+/]{4,}")
_NTLM = b"NTLMSSP\0"
_NTLM_NEGOTIATE, _NTLM_AUTHENTICATE = 1, 3


def _ntlm_type(authorization: str) -> int | None:
    """The type of the NTLM message in the header, with or without SPNEGO around it; None if there is none."""
    _, found, message = _token_of(authorization).partition(_NTLM)
    return int.from_bytes(message[:4], "little") if found else None


def _token_of(authorization: str) -> bytes:
    """The token in the header; empty if there is none, or it cannot be read."""
    try:
        return base64.b64decode(authorization.partition(" ")[2])
    except ValueError:
        return b""


def _listed(names: Sequence[str]) -> str:
    each = list(dict.fromkeys(names))
    return " and ".join(part for part in (", ".join(each[:-1]), each[-1]) if part)
