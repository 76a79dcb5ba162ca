"""The endpoint: what `/EWS/mrsproxy.svc` of one server answers, and what that proves.

`X-FEServer` is a static header of the whole front-end EWS application of Exchange 2013 and newer (its `web.config`), so
every answer of that application carries it, IIS's own 401 and 403 included (inferred), and it names the node that
answered. Exchange 2010 has no such header (field observation): there a login and ASP.NET's mark stand in for it. Where
the version is not known, the rule of 2013 holds, because it is the stricter one.

    | status             | it counts where                                       | as                             |
    |--------------------|-------------------------------------------------------|--------------------------------|
    | any                | X-FEServer names another node                         | another server                 |
    | 200, 400, 405, 415 | login, X-FEServer (2010: login, ASP.NET's mark)       | MRSProxy is not disabled       |
    | 403                | login, X-FEServer and ASP.NET's mark (2010: no header)| MRSProxy is disabled           |
    | 403                | X-FEServer alone                                      | a rule of IIS                  |
    | 403                | no X-FEServer, 2013 and newer                         | a proxy or firewall            |
    | 404, 500, 503      | X-FEServer (2010: login, mark), or http.sys by 404/503| the MRS service or a back end  |
    | 401, 3xx           | always                                                | login refused, redirect        |

Everything else proves nothing and is neither a pass nor a failure. The proofs differ for these reasons: a good status
can also come from a device, http.sys or any web site, so it needs both proofs. MRSProxy's 403 comes after login only
and is ASP.NET's. IIS's own 403 (.4 SSL, .6 address, .7 client certificate) comes before login and before managed code,
so X-FEServer is all it can show; its body is empty, and its sub-status is seldom seen (inferred). A 404, 500 or 503
says that the node does not serve moves, for which the node's name is enough. When the site or its pool is stopped there
is no application to set headers: then the kernel, http.sys, answers before any login and names itself in `Server`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from moveready.errors import AuthenticationError, EvidenceError, RedirectError, UnexpectedAnswerError
from moveready.evidence.answering import is_name_of, other_server
from moveready.evidence.questions import Channel

if TYPE_CHECKING:
    from moveready.evidence.questions import HttpAnswer

MRSPROXY_PATH = "/EWS/mrsproxy.svc"


class EndpointKind(Enum):
    """What an answer means; people read the value."""

    ALIVE = "MRSProxy is not disabled"
    MRSPROXY_OFF = "MRSProxy is disabled in the running application"
    DEVICE = "a proxy or firewall refused"
    IIS_RULE = "a rule of IIS refused"
    BACK_END = "the MRS service or a back end does not answer"
    LOGIN_REFUSED = "the login was refused"
    REDIRECT = "a publishing rule redirects"
    OTHER_SERVER = "another server answered"
    UNPROVEN = "nothing proves that Exchange itself answered"
    OTHER = "an answer that says nothing about MRSProxy"


_ALIVE = frozenset({200, 400, 405, 415})
_BACK_END = frozenset({404, 500, 503})
_REDIRECTS = range(300, 400)
_OF_HTTP_SYS = frozenset({404, 503})
"""Status codes of http.sys itself when a web site, or its application pool, is stopped."""
_IIS_RULES = {
    "403.4": "SSL is required",
    "403.5": "128-bit SSL is required",
    "403.6": "the client's address is rejected",
    "403.7": "a client certificate is required",
}
_SUB_STATUS = re.compile(r"\b403\.[4-7]\b")
_ASP_NET_PAGE = re.compile(r"<hr width=100% size=1 color=silver>|\bASP\.NET Version:|\[HttpException\b", re.IGNORECASE)
"""Text of ASP.NET's own error pages in every language (Microsoft's published reference source, ErrorFormatter)."""
_EXCHANGE_2010 = re.compile(r"(?:Version )?14\.")


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointAnswer:
    """The endpoint's answer to a GET by a client that logs in when asked.

    Attributes:
        kind: What it means, by the rule for the version of Exchange that was known when it was judged.
        front_end: The node that `X-FEServer` names, or None.
        detail: Details that the kind does not say: the IIS sub-status, the redirect's target, the back end.
        logged_in: Whether the server asked for a login in this conversation, and accepted ours.
        asp_net: Whether ASP.NET left its mark: the header `X-AspNet-Version`, or its own error page.
        software: The header `Server`, or "".
    """

    server: str
    url: str
    status: int
    kind: EndpointKind
    front_end: str | None
    detail: str
    question: str
    asked_at: datetime
    logged_in: bool = False
    asp_net: bool = False
    software: str = ""

    @property
    def lets_moves_in(self) -> bool:
        """Whether the endpoint is not disabled. It does not prove that a move would work."""
        return self.kind is EndpointKind.ALIVE

    @property
    def is_of_something_that_runs(self) -> bool:
        """Whether it differs from the answers that are normal while the application starts: 404, 5xx."""
        return self.status != HTTPStatus.NOT_FOUND and self.status < HTTPStatus.INTERNAL_SERVER_ERROR

    @property
    def note(self) -> str:
        """A few words for a table, shown with the kind."""
        if self.kind is EndpointKind.OTHER_SERVER:
            return f"{self.front_end} answered"
        if self.kind is EndpointKind.UNPROVEN:
            return f"{self.status} {'without X-FEServer' if self.logged_in else 'without a login'}"
        return self.detail

    def judged_for(self, version: str | None) -> EndpointAnswer:
        """The same answer with its meaning for a version of Exchange, as the directory writes it; None: not known."""
        return replace(self, kind=_kind_of(self, is_2010=bool(version and _EXCHANGE_2010.match(version))))

    def message(self) -> str:
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
            UnexpectedAnswerError: Another server answered, or nothing proves which one did, or the status means
            nothing.
        """
        asked = f"{Channel.HTTPS.value} {self.url}"
        if self.kind is EndpointKind.OTHER_SERVER:
            raise other_server(self.server, asked, self.front_end or "", f"X-FEServer, status {self.status}")
        if (doubt := _doubt_about(self)) is not None:
            raise doubt.error(self.server, asked, doubt.happened, doubt.next_step)
        return self


def read_endpoint(answer: HttpAnswer, url: str) -> EndpointAnswer:
    """The endpoint's answer, judged as that of an unknown version; pure, never raises."""
    seen = EndpointAnswer(
        server=answer.server,
        url=url,
        status=answer.status,
        kind=EndpointKind.OTHER,
        front_end=answer.headers.get("x-feserver", "").strip() or None,
        detail=_detail_of(answer),
        question=answer.question,
        asked_at=answer.asked_at,
        logged_in=answer.logged_in,
        asp_net="x-aspnet-version" in answer.headers or bool(_ASP_NET_PAGE.search(answer.body)),
        software=answer.headers.get("server", ""),
    )
    return seen.judged_for(None)


def _kind_of(seen: EndpointAnswer, *, is_2010: bool) -> EndpointKind:
    """The rule of the module's docstring."""
    if seen.front_end is not None and not is_name_of(seen.server, seen.front_end):
        return EndpointKind.OTHER_SERVER
    if seen.status == HTTPStatus.FORBIDDEN:
        return _kind_of_forbidden(seen, is_2010=is_2010)
    is_the_nodes = seen.front_end is not None or (is_2010 and seen.logged_in and seen.asp_net)
    if seen.status in _ALIVE:
        return EndpointKind.ALIVE if is_the_nodes and seen.logged_in else EndpointKind.UNPROVEN
    if seen.status in _BACK_END:
        return EndpointKind.BACK_END if is_the_nodes or _is_of_http_sys(seen) else EndpointKind.UNPROVEN
    if seen.status == HTTPStatus.UNAUTHORIZED:
        return EndpointKind.LOGIN_REFUSED
    return EndpointKind.REDIRECT if seen.status in _REDIRECTS else EndpointKind.OTHER


def _kind_of_forbidden(seen: EndpointAnswer, *, is_2010: bool) -> EndpointKind:
    if seen.front_end is None and not is_2010:
        return EndpointKind.DEVICE
    if seen.logged_in and seen.asp_net and not seen.detail:
        return EndpointKind.MRSPROXY_OFF
    # Without the header, only IIS's sub-status in the page shows that IIS of Exchange 2010 answered, not a device.
    return EndpointKind.IIS_RULE if seen.front_end or seen.detail else EndpointKind.UNPROVEN


def _is_of_http_sys(seen: EndpointAnswer) -> bool:
    return seen.status in _OF_HTTP_SYS and seen.software.startswith("Microsoft-HTTPAPI")


def _detail_of(answer: HttpAnswer) -> str:
    if answer.status in _REDIRECTS:
        return answer.headers.get("location", "nowhere")
    if answer.status == HTTPStatus.FORBIDDEN and (found := _SUB_STATUS.search(answer.body)):
        return f"{found[0]}: {_IIS_RULES[found[0]]}"
    if answer.status in _BACK_END:
        return _back_end_of(answer)
    return ""


def _back_end_of(answer: HttpAnswer) -> str:
    """What failed: http.sys itself (site or pool stopped), or the back end that the front end names."""
    if answer.status in _OF_HTTP_SYS and answer.headers.get("server", "").startswith("Microsoft-HTTPAPI"):
        return "http.sys itself answered: the site or its application pool is stopped"
    target = answer.headers.get("x-calculatedbetarget")
    return f"back end {target}" if target else ""


class _Doubt(NamedTuple):
    """Why an answer cannot be judged."""

    error: type[EvidenceError]
    happened: str
    next_step: str


def _doubt_about(seen: EndpointAnswer) -> _Doubt | None:
    """Why the answer is neither a pass nor a failure; None if it is one of them."""
    match seen.kind:
        case EndpointKind.LOGIN_REFUSED:
            return _Doubt(
                AuthenticationError,
                "401 after the credential was sent; this says nothing about MRSProxy",
                "Check the account and its password, Windows authentication on the EWS directory, and Extended"
                " Protection (a device that opens TLS in front of the server breaks channel binding).",
            )
        case EndpointKind.REDIRECT:
            return _Doubt(
                RedirectError,
                f"{seen.status} redirects to {seen.detail}; redirects are not followed",
                "A publishing rule answers here, not the server. Give the server's own `address` in the inventory.",
            )
        case EndpointKind.UNPROVEN:
            return _Doubt(UnexpectedAnswerError, _unproven(seen), _who_else(seen))
        case EndpointKind.OTHER:
            return _Doubt(
                UnexpectedAnswerError,
                f"status {seen.status} says nothing about MRSProxy{_by(seen)}",
                "Find out who answers: compare the header `Server` with that of a healthy server.",
            )
    return None


def _unproven(seen: EndpointAnswer) -> str:
    if not seen.logged_in:
        return f"status {seen.status} came without asking for a login{_by(seen)}, so it says nothing about MRSProxy"
    lacking = "nor ASP.NET's mark" if not seen.asp_net else "Exchange's own header"
    return f"status {seen.status} came after a login without X-FEServer, {lacking}{_by(seen)}"


def _who_else(seen: EndpointAnswer) -> str:
    steps = (
        "A proxy or firewall, http.sys or another web site answers here: give the server's own `address` in the"
        " inventory, or let /EWS/mrsproxy.svc through to it."
    )
    if seen.logged_in and seen.asp_net:
        steps += " Exchange 2010 sends no X-FEServer: run a control of the flag with this one, which reads the version."
    return steps


def _by(seen: EndpointAnswer) -> str:
    return f" (from `{seen.software}`)" if seen.software else ""
