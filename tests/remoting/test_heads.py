"""An answer that is cut is none: in its head, and in a body whose end it has declared."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from moveready.errors import UnexpectedAnswerError, UnreachableError
from moveready.evidence.mrsproxy_endpoint import MRSPROXY_PATH
from moveready.inventory import Ports, Tls
from moveready.remoting.deadline import Deadline
from moveready.remoting.heads import CutHeadError, UnreadableHeadError, WholeHeadResponse, must_be_a_head
from moveready.remoting.https import get_anonymous

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from moveready.evidence.questions import HttpAnswer
    from moveready.inventory import Server

HEAD = b"HTTP/1.1 400 Bad Request\r\nX-FEServer: EX01\r\n"
CUT = {
    "no head": b"HTTP/1.1 400 Bad Request\r\n",
    "half a line": b"HTTP/1.1 400 Bad Request\r\nX-FESer",
    "a line's end": HEAD,
    "half of the empty line": HEAD + b"\r",
    "after a 100": b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD,
    "short body": HEAD + b"Content-Length: 100\r\n\r\nonly this",
    "no body": HEAD + b"Content-Length: 1\r\n\r\n",
    "long body": HEAD + b"Content-Length: 9000\r\n\r\n" + b"x" * 8999,
    "chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n10\r\nonly this",
    "no chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
    "no last chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n4\r\nthis\r\n",
    "long chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + (b"1000\r\n" + b"x" * 4096 + b"\r\n") * 2,
}
WHOLE = {
    "no body": (HEAD + b"Content-Length: 0\r\n\r\n", ""),
    "body": (HEAD + b"Content-Length: 4\r\n\r\nthis", "this"),
    "chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n4\r\nthis\r\n0\r\n\r\n", "this"),
    "no end declared": (HEAD + b"\r\nthis", "this"),
}


UNREADABLE = {
    "no colon": HEAD + b"X-AspNet-Version 4.0.30319\r\n",
    "blank before the colon": HEAD + b"X-AspNet-Version : 4.0.30319\r\n",
    "folded": HEAD + b" EX02\r\n",
    "no name": HEAD + b": 4.0.30319\r\n",
    "control character": HEAD + b"X-AspNet-Version: 4\x00\r\n",
    "carriage return": HEAD + b"X-AspNet-Version: 4\rX: y\r\n",
    "two lengths": HEAD + b"Content-Length: 0\r\nContent-Length: 4\r\n",
    "length and chunks": HEAD + b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
    "length of Python's": HEAD + b"Content-Length: 1_0\r\n",
    "unknown coding": HEAD + b"Transfer-Encoding: chunke\r\n",
    "words of another status": HEAD.replace(b"Bad Request", b"Forbidden"),
    "number of Python's": HEAD.replace(b"400", b"4_00"),
    "blank too much": HEAD.replace(b" 400", b"  400"),
    "after a 100": b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + b"X\r\n",
    "line feed alone": HEAD.replace(b"Request\r\n", b"Request\n"),
    "empty line feed alone": HEAD + b"\n",
}


@pytest.fixture
def get(
    server_named: Callable[..., Server], authority_file: Path, listen: Callable[..., int], answering: Callable[..., Any]
) -> Callable[[bytes], HttpAnswer]:
    """What our client makes of these bytes, after which the connection is closed."""

    def fetch(answer: bytes) -> HttpAnswer:
        port = listen(answering(answer), tls=True)
        tls = Tls(ca_file=authority_file)
        server = server_named("ex01.contoso.com", address="127.0.0.1", ports=Ports(https=port), tls=tls)
        return get_anonymous(server, MRSPROXY_PATH, Deadline(10))

    return fetch


@pytest.mark.parametrize("answer", CUT.values(), ids=CUT.keys())
def test_a_cut_answer_is_no_answer(get: Callable[[bytes], HttpAnswer], answer: bytes) -> None:
    """Status and headers that came before the cut are not judged."""
    with pytest.raises(UnreachableError, match="the connection broke before the end of the answer"):
        get(answer)


@pytest.mark.parametrize(("answer", "body"), WHOLE.values(), ids=WHOLE.keys())
def test_a_whole_answer_is_read(get: Callable[[bytes], HttpAnswer], answer: bytes, body: str) -> None:
    """Where no end is declared, the end of the connection is the end of the body."""
    found = get(answer)

    assert (found.status, found.headers["x-feserver"], found.body) == (400, "EX01", body)


@pytest.mark.parametrize("head", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_head_that_is_none_is_no_answer(head: bytes) -> None:
    """Python would leave out what it cannot read, and go on."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(head + b"\r\n")
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(UnreadableHeadError, match=r"its (head|status line)|of its head"):
            WholeHeadResponse(ours).begin()


@pytest.mark.parametrize("words", [b" Bad Request", b" ", b"", b" Ung\xfcltig"])
def test_words_of_a_status_may_be_any_others(words: bytes) -> None:
    """They are for people (RFC 9112, section 4)."""
    must_be_a_head([b"HTTP/1.1 400" + words + b"\r\n", b"X-FEServer: \r\n"])


def test_an_unreadable_head_is_told(get: Callable[[bytes], HttpAnswer]) -> None:
    """Not as a broken connection."""
    with pytest.raises(UnexpectedAnswerError, match="the answer cannot be read: a line of its head is no header"):
        get(UNREADABLE["no colon"] + b"\r\n")


def test_the_body_is_read_on_after_its_head() -> None:
    """Only the lines of the head are watched."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(HEAD + b"Content-Length: 4\r\n\r\nthis")
        response = WholeHeadResponse(ours)
        response.begin()

        assert response.read() == b"this"


def test_what_is_no_http_stays_what_it_is() -> None:
    """The library's own error about the first line is not hidden."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"220 smtp.contoso.com ESMTP\r\n")
        with pytest.raises(Exception, match="220 smtp") as caught:
            WholeHeadResponse(ours).begin()

    assert not isinstance(caught.value, CutHeadError)
