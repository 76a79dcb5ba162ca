"""Every status of the endpoint has one meaning, and only some of them can be judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from moveready.errors import AuthenticationError, EvidenceError, RedirectError, UnexpectedAnswerError
from moveready.evidence.endpoint import EndpointAnswer, EndpointKind, read_endpoint

if TYPE_CHECKING:
    from collections.abc import Callable

URL = "https://ex01.contoso.com/EWS/mrsproxy.svc"


@pytest.fixture
def read(http_answer: Callable[..., Any]) -> Callable[..., EndpointAnswer]:
    """What the reader makes of an answer."""
    return lambda *args, **kwargs: read_endpoint(http_answer(*args, **kwargs), URL)


@pytest.mark.parametrize("status", [200, 400, 405, 415])
def test_alive(read: Callable[..., EndpointAnswer], status: int) -> None:
    """These say: not disabled."""
    assert read(status).lets_moves_in


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, EndpointKind.BACK_END),
        (500, EndpointKind.BACK_END),
        (503, EndpointKind.BACK_END),
        (403, EndpointKind.DEVICE),
        (401, EndpointKind.LOGIN_REFUSED),
        (301, EndpointKind.REDIRECT),
        (307, EndpointKind.REDIRECT),
        (429, EndpointKind.OTHER),
        (204, EndpointKind.OTHER),
        (999, EndpointKind.BACK_END),
    ],
)
def test_other_statuses_do_not_let_moves_in(
    read: Callable[..., EndpointAnswer], status: int, kind: EndpointKind
) -> None:
    """Each has its meaning, and none of them is a pass."""
    answer = read(status)

    assert (answer.kind, answer.lets_moves_in) == (kind, False)


def test_403_with_the_front_ends_stamp_is_mrsproxys(read: Callable[..., EndpointAnswer]) -> None:
    """Exchange stamps its answers with X-FEServer."""
    assert read(403, x_feserver="EX01").kind is EndpointKind.MRSPROXY_OFF


@pytest.mark.parametrize(("sub_status", "reason"), [("403.4", "SSL"), ("403.7", "client certificate")])
def test_403_of_an_iis_rule_is_not_mrsproxys(read: Callable[..., EndpointAnswer], sub_status: str, reason: str) -> None:
    """IIS names its sub-status in the body."""
    answer = read(403, f"<h2>HTTP Error {sub_status} - Forbidden</h2>", x_feserver="EX01")

    assert answer.kind is EndpointKind.IIS_RULE
    assert reason in answer.detail


def test_503_of_http_sys_is_told(read: Callable[..., EndpointAnswer]) -> None:
    """http.sys answers itself when the site is stopped."""
    assert "http.sys" in read(503, server="Microsoft-HTTPAPI/2.0").detail


def test_back_end_is_named(read: Callable[..., EndpointAnswer]) -> None:
    """The front end says which back end it had chosen."""
    assert read(503, x_calculatedbetarget="ex02.contoso.com").detail == "back end ex02.contoso.com"


@pytest.mark.parametrize(
    ("status", "error"), [(401, AuthenticationError), (302, RedirectError), (429, UnexpectedAnswerError)]
)
def test_inconclusive_answers_raise(
    read: Callable[..., EndpointAnswer], status: int, error: type[EvidenceError]
) -> None:
    """What says nothing about MRSProxy is neither passed nor failed."""
    with pytest.raises(error, match=str(status)):
        read(status).conclusive()


def test_redirect_says_where_to(read: Callable[..., EndpointAnswer]) -> None:
    """A publishing rule is told by its target."""
    with pytest.raises(RedirectError, match=r"https://owa\.contoso\.com"):
        read(302, location="https://owa.contoso.com").conclusive()


@pytest.mark.parametrize("status", [200, 403, 404, 503])
def test_conclusive_answers_are_handed_on(read: Callable[..., EndpointAnswer], status: int) -> None:
    """What can be judged is judged by the check."""
    answer = read(status)

    assert answer.conclusive() is answer


def test_sentence_says_who_answered(read: Callable[..., EndpointAnswer]) -> None:
    """Status, front end, meaning, and what it should be."""
    assert read(403, x_feserver="EX01").told() == (
        f"{URL} answers 403 from EX01: MRSProxy is disabled in the running application;"
        " it should answer 200, 400, 405 or 415."
    )


def test_sentence_holds_the_detail(read: Callable[..., EndpointAnswer]) -> None:
    """What the kind alone does not say stands in brackets."""
    assert "(back end ex02)" in read(503, x_calculatedbetarget="ex02").told()
