"""The endpoint: what `/EWS/mrsproxy.svc` of one server answers after login. May import errors, inventory, questions.

The 403 of KB 3063913 appears only after authentication, so an answer counts only when the login went through. Which 403
is MRSProxy's own is inferred from the front end's stamp `X-FEServer`: a device in front does not set it (field
observation).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from http import HTTPStatus
from typing import TYPE_CHECKING

from moveready.errors import AuthenticationError, RedirectError, UnexpectedAnswerError
from moveready.questions import Channel

if TYPE_CHECKING:
    from moveready.questions import HttpAnswer

MRSPROXY_PATH = "/EWS/mrsproxy.svc"


class EndpointKind(Enum):
    """What an answer means; the value is what people read."""

    ALIVE = "MRSProxy is not disabled"
    MRSPROXY_OFF = "MRSProxy is disabled in the running application"
    DEVICE = "a device in front refused"
    IIS_RULE = "a rule of IIS refused"
    BACK_END = "the MRS service or a back end does not answer"
    LOGIN_REFUSED = "the login was refused"
    REDIRECT = "a publishing rule redirects"
    OTHER = "an answer that says nothing about MRSProxy"


_ALIVE = frozenset({200, 400, 405, 415})
_PLAIN_KINDS: dict[int, EndpointKind] = {
    HTTPStatus.UNAUTHORIZED: EndpointKind.LOGIN_REFUSED,
    HTTPStatus.NOT_FOUND: EndpointKind.BACK_END,
}
_IIS_RULES = {
    "403.4": "SSL is required",
    "403.5": "128-bit SSL is required",
    "403.6": "the client's address is rejected",
    "403.7": "a client certificate is required",
}
_SUB_STATUS = re.compile(r"\b403\.[4-7]\b")


@dataclass(frozen=True, slots=True)
class EndpointAnswer:
    """What the endpoint answered to an authenticated GET.

    `detail` names what the kind alone does not say: the IIS sub-status, the redirect's target, the back end.
    """

    server: str
    url: str
    status: int
    kind: EndpointKind
    front_end: str | None
    detail: str
    question: str
    asked_at: datetime

    @property
    def lets_moves_in(self) -> bool:
        """Whether the endpoint is not disabled. It does not prove that a move would work."""
        return self.kind is EndpointKind.ALIVE

    def told(self) -> str:
        """One sentence: what it answers, what that means, and what it should be."""
        by = f" from {self.front_end}" if self.front_end else ""
        detail = f" ({self.detail})" if self.detail else ""
        return (
            f"{self.url} answers {self.status}{by}: {self.kind.value}{detail}; it should answer 200, 400, 405 or 415."
        )

    def conclusive(self) -> EndpointAnswer:
        """The answer itself, if it can be judged.

        Raises:
            AuthenticationError: 401 although a credential was sent.
            RedirectError: 3xx.
            UnexpectedAnswerError: A status that says nothing about MRSProxy.
        """
        if self.kind is EndpointKind.LOGIN_REFUSED:
            raise AuthenticationError(
                self.server,
                self._asked(),
                "401 after the credential was sent; this says nothing about MRSProxy",
                "Check the account and its password, Windows authentication on the EWS directory, and Extended"
                " Protection (a device that opens TLS in front of the server breaks channel binding).",
            )
        if self.kind is EndpointKind.REDIRECT:
            raise RedirectError(
                self.server,
                self._asked(),
                f"{self.status} redirects to {self.detail}; redirects are not followed",
                "A publishing rule answers here, not the server. Give the server's own `address` in the inventory.",
            )
        if self.kind is EndpointKind.OTHER:
            raise UnexpectedAnswerError(
                self.server,
                self._asked(),
                f"status {self.status} says nothing about MRSProxy",
                "Find out who answers: compare the header `Server` with that of a healthy server.",
            )
        return self

    def _asked(self) -> str:
        return f"{Channel.HTTPS.value} {self.url}"


def read_endpoint(answer: HttpAnswer, url: str) -> EndpointAnswer:
    """The endpoint's answer with its meaning; pure, never raises."""
    kind = _kind_of(answer)
    return EndpointAnswer(
        server=answer.server,
        url=url,
        status=answer.status,
        kind=kind,
        front_end=answer.headers.get("x-feserver"),
        detail=_detail_of(answer, kind),
        question=answer.question,
        asked_at=answer.asked_at,
    )


def _kind_of(answer: HttpAnswer) -> EndpointKind:
    status = answer.status
    if status in _ALIVE:
        return EndpointKind.ALIVE
    if status == HTTPStatus.FORBIDDEN:
        return _kind_of_forbidden(answer)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return EndpointKind.REDIRECT
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return EndpointKind.BACK_END
    return _PLAIN_KINDS.get(status, EndpointKind.OTHER)


def _kind_of_forbidden(answer: HttpAnswer) -> EndpointKind:
    if _SUB_STATUS.search(answer.body):
        return EndpointKind.IIS_RULE
    return EndpointKind.MRSPROXY_OFF if answer.headers.get("x-feserver") else EndpointKind.DEVICE


def _detail_of(answer: HttpAnswer, kind: EndpointKind) -> str:
    if kind is EndpointKind.REDIRECT:
        return answer.headers.get("location", "nowhere")
    if kind is EndpointKind.IIS_RULE and (found := _SUB_STATUS.search(answer.body)):
        return f"{found[0]}: {_IIS_RULES[found[0]]}"
    if kind is EndpointKind.BACK_END:
        return _back_end_of(answer)
    return ""


def _back_end_of(answer: HttpAnswer) -> str:
    """Who failed: http.sys itself (site or pool stopped), or the back end that the front end names."""
    if answer.headers.get("server", "").startswith("Microsoft-HTTPAPI"):
        return "http.sys itself answered: the site or its application pool is stopped"
    target = answer.headers.get("x-calculatedbetarget")
    return f"back end {target}" if target else ""
