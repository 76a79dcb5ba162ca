"""What the node itself offers to a client that has not logged in: the schemes of its 401.

Every answer of the EWS application has `X-FEServer`, its 401 included (inferred), so a 401 without it may come from a
device. Exchange 2010 has no such header, and nothing in its 401 names the server: there it proves nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from moveready.errors import UnexpectedAnswerError
from moveready.evidence.answering import is_name_of, other_server
from moveready.evidence.marking import marked
from moveready.evidence.mrsproxy_endpoint import MRSPROXY_PATH
from moveready.evidence.questions import Channel, Request
from moveready.evidence.subject import Scope, ServerSubject, declare

if TYPE_CHECKING:
    from moveready.evidence.questions import HttpAnswer

_OF_WINDOWS = ("Negotiate", "NTLM")
_LONGEST_HEADER = 4096
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]++"  # noqa: S105 - what RFC 9110 calls a token
_PARAMETER = rf'{_TOKEN}[ \t]*+=[ \t]*+(?:"(?:[^"\\]|\\.)*+"|{_TOKEN})'
_PARAMETERS = rf"{_PARAMETER}(?:[ \t]*+,[ \t]*+{_PARAMETER})*"
_CHALLENGE = re.compile(rf"[ \t,]*+({_TOKEN})(?:[ \t]++(?:{_PARAMETERS}|[A-Za-z0-9._~+/-]++=*+))?[ \t]*+(?=,|$)")
"""One challenge of `WWW-Authenticate` (RFC 9110, 11.6.1): a scheme, then parameters, or one token, or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EwsChallenge:
    """The answer to a request without a login.

    Attributes:
        schemes: The login schemes that are offered, as they are written; None if the header cannot be read.
        front_end: The node that `X-FEServer` names, or None.
    """

    server: str
    url: str
    status: int
    schemes: tuple[str, ...] | None
    front_end: str | None
    question: str
    asked_at: datetime

    @property
    def offers_windows_login(self) -> bool:
        """Whether Negotiate or NTLM is offered."""
        return bool({scheme.lower() for scheme in self.schemes or ()} & {scheme.lower() for scheme in _OF_WINDOWS})

    @property
    def offers_negotiate(self) -> bool:
        """Whether Negotiate is offered, the scheme that error texts of moves name."""
        return any(scheme.lower() == "negotiate" for scheme in self.schemes or ())

    def message(self) -> str:
        """One sentence: what is offered, and what should be."""
        offered = ", ".join(self.schemes or ()) or "no login scheme"
        return f"{self.url} offers {offered}; it should offer Negotiate or NTLM."

    def conclusive(self) -> EwsChallenge:
        """The challenge itself, if it comes from this server.

        Raises:
            UnexpectedAnswerError: Another server answered, or nothing proves which one did, or no login was asked for.
        """
        asked = f"{Channel.HTTPS.value} {self.url}"
        if self.front_end is not None and not is_name_of(self.server, self.front_end):
            raise other_server(self.server, asked, self.front_end, f"X-FEServer, status {self.status}")
        if self.status != HTTPStatus.UNAUTHORIZED:
            raise UnexpectedAnswerError(
                self.server,
                asked,
                f"status {self.status} came where a login was to be asked for",
                "Find out who answers: a proxy or firewall, or a rule of IIS. Compare it with a healthy server.",
            )
        if self.front_end is None:
            raise UnexpectedAnswerError(
                self.server,
                asked,
                "the 401 came without X-FEServer, so nothing proves that this server sent it",
                "Give the server's own `address` in the inventory. Exchange 2010 sends no X-FEServer: there control"
                " EWS-AUTH-2 asks IIS.",
            )
        if self.schemes is None:
            raise UnexpectedAnswerError(
                self.server,
                asked,
                "the header WWW-Authenticate of its 401 cannot be read",
                "Look at it with curl -i: a proxy or firewall may have rewritten it.",
            )
        return self


def read_challenge(answer: HttpAnswer, url: str) -> EwsChallenge:
    """What is offered; never raises."""
    return EwsChallenge(
        server=answer.server,
        url=url,
        status=answer.status,
        schemes=_schemes_in(answer.headers.get("www-authenticate", "")),
        front_end=answer.headers.get("x-feserver", "").strip() or None,
        question=answer.question,
        asked_at=answer.asked_at,
    )


def _schemes_in(header: str) -> tuple[str, ...] | None:
    """The schemes of a header; None if it cannot be read to its end, because a guess could become a pass."""
    if len(header) > _LONGEST_HEADER:
        return None
    schemes, place = [], 0
    while header[place:].strip(" \t,"):
        found = _CHALLENGE.match(header, place)
        if found is None:
            return None
        schemes.append(found[1])
        place = found.end()
    return tuple(schemes)


EWS_CHALLENGE = declare(
    ServerSubject(
        name="ews_challenge",
        type=EwsChallenge,
        scope=Scope.HTTPS,
        ask=lambda _, context: (Request(marked(MRSPROXY_PATH, context.run), logs_in=False),),
        read=lambda server, _, answer: read_challenge(answer, server.url_of(MRSPROXY_PATH)),
        usable=EwsChallenge.conclusive,
    )
)
