"""Every status of the endpoint has one meaning where its proofs are there, and none where they are not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from moveready.errors import AuthenticationError, EvidenceError, RedirectError, UnexpectedAnswerError
from moveready.evidence.mrsproxy_endpoint import EndpointAnswer, EndpointKind, read_endpoint

if TYPE_CHECKING:
    from collections.abc import Callable

    Read = Callable[..., EndpointAnswer]

URL = "https://ex01.contoso.com/EWS/mrsproxy.svc"
OWN = {"x_feserver": "EX01"}
ASP_NET = {"x_aspnet_version": "4.0.30319"}
ASP_NET_PAGE = "<span><H1>Serverfehler in der Anwendung /EWS.<hr width=100% size=1 color=silver></H1></span>"
IIS_PAGE = "<h2>HTTP Error 403.7 - Forbidden</h2>"
EXCHANGE_2010, EXCHANGE_2019 = "Version 14.3 (Build 123.4)", "Version 15.2 (Build 1748.10)"


@pytest.fixture
def read(http_answer: Callable[..., Any]) -> Read:
    """What the reader makes of an answer."""
    return lambda *args, **kwargs: read_endpoint(http_answer(*args, **kwargs), URL)


@pytest.mark.parametrize("status", [200, 400, 405, 415])
def test_alive_is_proved_by_login_and_name(read: Read, status: int) -> None:
    """A good status counts where this conversation logged in and the header names the node that was asked."""
    assert read(status, logged_in=True, **OWN).lets_moves_in


@pytest.mark.parametrize("status", [200, 400, 405, 415])
@pytest.mark.parametrize(("logged_in", "headers"), [(False, {}), (False, OWN | ASP_NET), (True, {}), (True, ASP_NET)])
def test_a_good_status_without_both_proofs_is_no_pass(
    read: Read, status: int, logged_in: bool, headers: dict[str, str]
) -> None:
    """Any device, http.sys and any other web site answer so."""
    answer = read(status, logged_in=logged_in, **headers)

    assert answer.kind is EndpointKind.UNPROVEN
    with pytest.raises(UnexpectedAnswerError, match=f"status {status} came "):
        answer.conclusive()


def test_an_unproven_answer_tells_what_was_seen(read: Read) -> None:
    """Who reads the message knows what answered, and what is missing."""
    with pytest.raises(UnexpectedAnswerError, match=r"200 came without asking for a login \(from `BigIP`\)"):
        read(200, server="BigIP").conclusive()
    with pytest.raises(
        UnexpectedAnswerError, match=r"400 came after a login without X-FEServer.*run a control of the flag"
    ):
        read(400, logged_in=True, **ASP_NET).conclusive()


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 500, 503, 999])
def test_another_servers_answer_is_inconclusive(read: Read, status: int) -> None:
    """Whatever it says, it says it about another server; the three usual reasons are told."""
    answer = read(status, logged_in=True, x_feserver="EX02", **ASP_NET)

    with pytest.raises(
        UnexpectedAnswerError, match=r"EX02 answered, not EX01 \(X-FEServer, .*`address`.*DNS.*load bal"
    ):
        answer.conclusive()
    assert answer.note == "EX02 answered"


@pytest.mark.parametrize("name", ["EX01", "ex01", " EX01 "])
def test_the_name_is_compared_without_case(read: Read, name: str) -> None:
    """NetBIOS names have none."""
    assert read(400, logged_in=True, x_feserver=name).lets_moves_in


def test_a_netbios_name_has_fifteen_characters(http_answer: Callable[..., Any]) -> None:
    """A longer host name is cut in the header."""
    answer = http_answer(400, logged_in=True, of="exchange-frankfurt-01.contoso.com", x_feserver="EXCHANGE-FRANKF")

    assert read_endpoint(answer, URL).lets_moves_in


@pytest.mark.parametrize(("body", "headers"), [("", ASP_NET), (ASP_NET_PAGE, {})])
def test_403_of_mrsproxy_is_aspnets_after_login(read: Read, body: str, headers: dict[str, str]) -> None:
    """Its header or its own error page is the mark."""
    answer = read(403, body, logged_in=True, **OWN, **headers)

    assert answer.kind is EndpointKind.MRSPROXY_OFF
    assert answer.conclusive() is answer


@pytest.mark.parametrize(
    ("logged_in", "body", "headers"),
    [(False, "", {}), (True, "", {"x_powered_by": "ASP.NET"}), (False, "", ASP_NET), (True, IIS_PAGE, ASP_NET)],
)
def test_any_other_403_of_the_node_is_a_rule_of_iis(
    read: Read, logged_in: bool, body: str, headers: dict[str, str]
) -> None:
    """IIS refuses before login and before ASP.NET; `X-Powered-By` is IIS's own header."""
    assert read(403, body, logged_in=logged_in, **OWN, **headers).kind is EndpointKind.IIS_RULE


@pytest.mark.parametrize(("sub_status", "reason"), [("403.4", "SSL"), ("403.7", "client certificate")])
def test_a_visible_sub_status_is_told(read: Read, sub_status: str, reason: str) -> None:
    """Where IIS shows a page, its rule is named."""
    assert reason in read(403, f"<h2>HTTP Error {sub_status} - Forbidden</h2>", **OWN).detail


@pytest.mark.parametrize("logged_in", [True, False])
def test_403_without_the_header_is_a_devices(read: Read, logged_in: bool) -> None:
    """On 2013 and newer, and where the version is not known."""
    answer = read(403, logged_in=logged_in, **ASP_NET)

    assert answer.kind is EndpointKind.DEVICE
    assert answer.judged_for(EXCHANGE_2019).kind is EndpointKind.DEVICE


@pytest.mark.parametrize(
    ("status", "kind"), [(400, EndpointKind.ALIVE), (403, EndpointKind.MRSPROXY_OFF), (404, EndpointKind.BACK_END)]
)
def test_exchange_2010_is_known_by_login_and_mark(read: Read, status: int, kind: EndpointKind) -> None:
    """It has no X-FEServer."""
    assert read(status, logged_in=True, **ASP_NET).judged_for(EXCHANGE_2010).kind is kind


@pytest.mark.parametrize("status", [200, 400, 403, 404])
@pytest.mark.parametrize(("logged_in", "headers"), [(False, ASP_NET), (True, {}), (False, {})])
def test_exchange_2010_without_both_is_unproven(
    read: Read, status: int, logged_in: bool, headers: dict[str, str]
) -> None:
    """Device or IIS: nothing tells, so it is not called a device."""
    assert read(status, logged_in=logged_in, **headers).judged_for(EXCHANGE_2010).kind is EndpointKind.UNPROVEN


@pytest.mark.parametrize("status", [404, 500, 503])
def test_the_nodes_own_failure_needs_no_login(read: Read, status: int) -> None:
    """That the node does not serve moves is said by the node; without its name nobody has said it."""
    assert read(status, **OWN).kind is EndpointKind.BACK_END
    assert read(status, logged_in=True).kind is EndpointKind.UNPROVEN


@pytest.mark.parametrize(("status", "kind"), [(503, EndpointKind.BACK_END), (400, EndpointKind.UNPROVEN)])
def test_http_sys_speaks_for_a_stopped_site_only(read: Read, status: int, kind: EndpointKind) -> None:
    """Its 503 is a stopped pool; its 400 is a machine that has no such site."""
    answer = read(status, server="Microsoft-HTTPAPI/2.0")

    assert (answer.kind, "http.sys" in answer.detail) == (kind, status == 503)


def test_back_end_is_named(read: Read) -> None:
    """The front end says which back end it had chosen."""
    answer = read(503, x_calculatedbetarget="ex02.contoso.com", **OWN)

    assert answer.detail == "back end ex02.contoso.com"
    assert "(back end ex02.contoso.com)" in answer.message()


@pytest.mark.parametrize("status", [204, 418, 429, 501, 502, 504, 999])
def test_a_status_that_nobody_documents_is_inconclusive(read: Read, status: int) -> None:
    """Never a failure, whoever sent it."""
    with pytest.raises(UnexpectedAnswerError, match=f"status {status} says nothing about MRSProxy"):
        read(status, logged_in=True, **OWN, **ASP_NET).conclusive()


@pytest.mark.parametrize(("status", "error"), [(401, AuthenticationError), (301, RedirectError), (307, RedirectError)])
def test_refused_logins_and_redirects_raise(read: Read, status: int, error: type[EvidenceError]) -> None:
    """They say nothing about MRSProxy."""
    with pytest.raises(error, match=str(status)):
        read(status, **OWN).conclusive()


def test_redirect_says_where_to(read: Read) -> None:
    """A publishing rule is told by its target."""
    with pytest.raises(RedirectError, match=r"https://owa\.contoso\.com"):
        read(302, location="https://owa.contoso.com").conclusive()


def test_sentence_says_who_answered(read: Read) -> None:
    """Status, front end, meaning, and what it should be."""
    assert read(403, logged_in=True, **OWN, **ASP_NET).message() == (
        f"{URL} answers 403 from EX01: MRSProxy is disabled in the running application;"
        " it should answer 200, 400, 405 or 415."
    )
