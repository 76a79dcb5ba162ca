"""No change of one byte makes MRSProxy's 403 a pass, and a head that is read has the headers that stand in it."""

from __future__ import annotations

import socket
from http.client import HTTPException
from pathlib import Path

import pytest
from hypothesis import strategies as st

from moveready.errors import EvidenceError, Place
from moveready.evidence.mrsproxy_endpoint import EndpointKind, read_endpoint
from moveready.evidence.questions import HttpAnswer
from moveready.inventory import Credential, Server
from moveready.kb.ews_auth.challenge import read_challenge
from moveready.remoting.heads import WholeHeadResponse
from tests.builders import NOON
from tests.fuzzing.changes import BUDGETS, Budget, changes_of_part, cuts, edited_texts, single_changes

OFF = (
    "HTTP/1.1 403 Forbidden\r\nCache-Control: private\r\nContent-Length: 0\r\nServer: Microsoft-IIS/10.0\r\n"
    "X-AspNet-Version: 4.0.30319\r\nX-Powered-By: ASP.NET\r\nX-FEServer: EX01\r\n\r\n"
)
ALIVE = OFF.replace("403 Forbidden", "400 Bad Request")
DEAD = OFF.replace("403 Forbidden", "503 Service Unavailable")
OTHERS = "0123456789 :xE\r\n\t"
PAGE = (
    "<html><title>Forbidden</title><hr width=100% size=1 color=silver><b>ASP.NET Version:4.8</b> 403.6 [HttpException"
)
CHALLENGE = 'Negotiate, NTLM, Basic realm="ex01, \\"a\\"", Bearer x=y, Digest abc=='
URL = "https://ex01.contoso.com/EWS/mrsproxy.svc"


def head_of(wire: str) -> tuple[int, dict[str, str]] | None:
    """Status and headers as our client reads them from a connection; None for an error."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(wire.encode("latin-1"))
        theirs.shutdown(socket.SHUT_WR)
        response = WholeHeadResponse(ours)
        try:
            response.begin()
        except HTTPException:
            return None
        finally:
            response.close()
        return response.status, {name.lower(): value.strip(" \t") for name, value in response.headers.items()}


def plain_head(wire: str) -> tuple[int, dict[str, str]]:
    """The same by cutting the text at line ends and at the first colon of each line."""
    status, *lines = wire.partition("\r\n\r\n")[0].split("\r\n")
    pairs = [line.partition(":") for line in lines]
    return int(status[9:12]), {name.lower(): value.strip(" \t") for name, _, value in pairs}


def kind_of(status: int, headers: dict[str, str], body: str = "") -> EndpointKind:
    """What it means after a login; whatever is asked of the answer, it only raises errors of ours."""
    answer = HttpAnswer("ex01.contoso.com", "GET", status, headers, body, NOON, logged_in=True)
    seen = read_endpoint(answer, URL)
    for judged in (seen, seen.judged_for("Version 14.3 (Build 123.4)")):
        try:
            judged.conclusive()
        except EvidenceError:
            assert not judged.lets_moves_in
        assert judged.message()
    return seen.kind


@BUDGETS
@pytest.mark.parametrize("wire", [OFF, ALIVE, DEAD], ids=["off", "alive", "dead"])
def test_a_head_is_what_stands_in_it(budget: Budget, wire: str) -> None:
    """Or an error: no header is left out."""
    for changed in budget.of(single_changes(wire, OTHERS)):
        if (found := head_of(changed)) is not None:
            assert found == plain_head(changed)
    assert head_of(wire) == plain_head(wire)


@BUDGETS
@pytest.mark.parametrize("wire", [OFF, DEAD], ids=["off", "dead"])
def test_no_change_of_one_character_makes_it_a_pass(budget: Budget, wire: str) -> None:
    """A status line says twice what it means."""
    heads = [head_of(changed) for changed in budget.of(single_changes(wire, OTHERS))]
    kinds = {kind_of(*head) for head in heads if head is not None}

    assert EndpointKind.ALIVE not in kinds
    assert kind_of(*plain_head(wire)) in kinds


@pytest.mark.parametrize("wire", [OFF, DEAD], ids=["off", "dead"])
def test_no_change_of_its_status_line_makes_it_a_pass(wire: str) -> None:
    """Each change of each character, as 400 is one character away from 403."""
    heads = [head_of(changed) for changed in changes_of_part(wire, wire.partition("\r")[0], OTHERS)]

    assert EndpointKind.ALIVE not in {kind_of(*head) for head in heads if head is not None}


@pytest.mark.parametrize("part", ["\r\nX-AspNet-Version: 4", "\r\nContent-Length: 0\r\n", "X-FEServer: EX01\r\n\r\n"])
def test_headers_are_what_stands_there(part: str) -> None:
    """Each change of each character of these, line ends and colons included."""
    for changed in changes_of_part(OFF, part, OTHERS):
        if (found := head_of(changed)) is not None:
            assert found == plain_head(changed)


@BUDGETS
def test_what_is_cut_is_an_error(budget: Budget) -> None:
    """At any character of the head."""
    assert [cut for cut in budget.of(cuts(OFF)) if head_of(cut)] == []


@BUDGETS
def test_an_edited_head_is_what_stands_in_it(budget: Budget) -> None:
    """After any edits."""

    def is_what_stands_in_it(changed: str) -> None:
        wire = changed.encode("latin-1", "replace").decode("latin-1")
        if (found := head_of(wire)) is not None:
            assert found == plain_head(wire)

    budget.explore(edited_texts(OFF) | edited_texts(ALIVE), is_what_stands_in_it)


@BUDGETS
def test_no_body_makes_a_403_a_pass(budget: Budget) -> None:
    """It tells MRSProxy's from that of a rule of IIS, and nothing more."""
    expected = {EndpointKind.MRSPROXY_OFF, EndpointKind.IIS_RULE}
    bodies = [*budget.of(single_changes(PAGE)), *budget.of(cuts(PAGE))]
    assert {kind_of(403, {"x-feserver": "EX01"}, body) for body in bodies} <= expected

    def is_no_pass(body: str) -> None:
        assert kind_of(403, {"x-feserver": "EX01"}, body) in expected
        assert kind_of(404, {"x-feserver": "EX01"}, body) is EndpointKind.BACK_END

    budget.explore(edited_texts(PAGE) | st.text(max_size=60), is_no_pass)


@BUDGETS
def test_any_status_and_headers_are_judged(budget: Budget) -> None:
    """Only a login and the name of the node let moves in."""
    names = st.sampled_from(["x-feserver", "x-aspnet-version", "server", "location", "x-calculatedbetarget"])
    values = st.sampled_from(["EX01", "EX02", "Microsoft-HTTPAPI/2.0", ""]) | st.text(max_size=10)

    def is_judged(example: tuple[int, dict[str, str], str]) -> None:
        status, headers, body = example
        if kind_of(status, headers, body) is EndpointKind.ALIVE:
            assert status in {200, 400, 405, 415}
            assert headers["x-feserver"].strip().lower() in {"ex01", "ex01.contoso.com"}

    budget.explore(st.tuples(st.integers(0, 999), st.dictionaries(names, values), st.text(max_size=20)), is_judged)


@BUDGETS
def test_a_challenge_names_what_is_offered(budget: Budget) -> None:
    """A scheme that is read stands in the header, at the start of a challenge."""
    server = Server("ex01.contoso.com", Credential("admin"), Place(Path("prod.yaml"), 7))

    def is_what_is_offered(header: str) -> None:
        headers = {"www-authenticate": header, "x-feserver": "EX01"}
        found = read_challenge(HttpAnswer(server.name, "GET", 401, headers, "", NOON), URL)
        starts = [part.strip(" \t").split(" ")[0].split("\t")[0] for part in header.split(",")]
        assert found.schemes is None or set(found.schemes) <= set(starts)

    for changed in budget.of(single_changes(CHALLENGE, ', "=\\x')):
        is_what_is_offered(changed)
    budget.explore(edited_texts(CHALLENGE) | st.text(max_size=30), is_what_is_offered)
