"""`--dump`: every exchange as a file that people read, without what a login sends."""

from __future__ import annotations

import base64
import struct
from typing import TYPE_CHECKING, Any

import pytest

from moveready.errors import LabError
from moveready.lab.dump import Dump, Exchange, text_of
from moveready.lab.fleet import fleet_from
from moveready.lab.server import Lab

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Call = Callable[..., object]

CREATE_PIPELINE = 0x00021006


def exchange(**changes: Any) -> Exchange:
    """A GET that was answered 200."""
    usual = {"server": "ex01.contoso.com", "channel": "https", "kind": "get", "what": "/EWS", "status": 200}
    request = {"request_line": "GET /EWS", "request_headers": (("Host", "ex01"),), "asked": b""}
    return Exchange(**{**usual, **request, "headers": (("Server", "IIS"),), "answered": b"Hello", **changes})


def fragment(text: str, *, kind: int = CREATE_PIPELINE, flags: int = 3) -> bytes:
    """One fragment of PSRP."""
    head = struct.pack("<II16s16s", 2, kind, bytes(16), bytes(16)) if flags & 1 else b""
    blob = head + text.encode()
    return struct.pack(">QQBI", 7, 0, flags, len(blob)) + blob


def envelope(*fragments: bytes) -> bytes:
    """An envelope with these fragments."""
    data = base64.b64encode(b"".join(fragments)).decode()
    return f"<s:E xmlns:s='urn:s'><s:B><s:Arguments>{data}</s:Arguments></s:B></s:E>".encode()


@pytest.fixture
def dumped(tmp_path: Path) -> Iterator[tuple[Lab, Path]]:
    """A lab of one server that writes what it is asked."""
    fleet = fleet_from(servers=[{"name": "ex01.contoso.com"}])
    folder = tmp_path / "exchanges"
    with Lab(fleet, folder=tmp_path, dump=Dump(folder)) as lab:
        yield lab, folder


def test_each_exchange_of_a_session_is_a_file(dumped: tuple[Lab, Path], open_pool: Call, ask: Call) -> None:
    """Numbered as they were answered, in the words of the log; the pipeline can be read, the login cannot."""
    lab, folder = dumped
    ask(open_pool(lab), "Get-Service", Name="WAS")
    files = sorted(folder.iterdir())
    texts = {file.stem.partition("-windows-")[2]: file.read_text(encoding="utf-8") for file in files}

    assert [file.stem.split("-", 3)[-1] for file in files] == [entry.kind for entry in lab.log.entries()]
    assert "command Get-Service -Name WAS" in texts["command"]
    assert '<S N="Cmd">Get-Service</S>' in texts["command"]
    assert "PipelineOutput" in texts["receive"]
    assert "Authorization: Negotiate (not shown)" in texts["login"]
    assert not any("Negotiate TlRM" in text for text in texts.values())


def test_what_was_asked_stands_before_the_answer() -> None:
    """With all headers of both."""
    assert text_of(exchange()) == (
        "ex01.contoso.com, https: get /EWS\n\nasked: GET /EWS\nHost: ex01\n\nanswered: HTTP 200\nServer: IIS\n\nHello\n"
    )


@pytest.mark.parametrize("name", ["Authorization", "authorization", "WWW-Authenticate"])
def test_no_credential_is_written(name: str) -> None:
    """The scheme is."""
    text = text_of(exchange(request_headers=((name, "Basic c2VjcmV0"), (name, "NTLM"))))

    assert "c2VjcmV0" not in text
    assert f"{name}: Basic (not shown)\n{name}: NTLM\n" in text


def test_a_cut_connection_is_said() -> None:
    """There is no status."""
    assert "answered: the connection was cut" in text_of(exchange(status=0))


def test_fragments_of_psrp_are_messages() -> None:
    """By the names of MS-PSRP; what goes on in another fragment says so."""
    parts = (fragment("<S>a</S>"), fragment("<S>b", flags=1), fragment("</S>", flags=2), fragment("", kind=1))
    text = text_of(exchange(answered=envelope(*parts)))

    assert "<s:Arguments>(PSRP, see below)</s:Arguments>" in text
    assert "PSRP message 7, fragment 0: CreatePipeline\n<S>a</S>\n" in text
    assert "PSRP message 7, fragment 0, to be continued: CreatePipeline\n<S>b\n" in text
    assert "PSRP message 7, fragment 0: (continued)\n</S>\n" in text
    assert "type 0x00000001" in text


@pytest.mark.parametrize("data", ["AAAA", "%%%", "a"], ids=["short", "other", "padding"])
def test_what_is_no_psrp_is_shown_as_it_came(data: str) -> None:
    """Garbage is what one looks for."""
    body = f"<E><Stream>{data}</Stream></E>".encode()

    assert "(PSRP, see below)" in text_of(exchange(answered=body))


def test_a_folder_with_files_is_refused(tmp_path: Path) -> None:
    """Nothing is written over, and nothing is mixed with another run's."""
    (tmp_path / "note").write_text("mine", encoding="utf-8")

    with pytest.raises(LabError, match="it is not empty"):
        Dump(tmp_path)
    with pytest.raises(LabError, match="cannot be written"):
        Dump(tmp_path / "note")
    with pytest.raises(LabError, match="cannot be written"):
        Dump(tmp_path / "note" / "below")


def test_a_folder_that_goes_away_ends_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The lab answers on."""
    dump = Dump(tmp_path / "out")
    (tmp_path / "out").rmdir()
    dump.add(exchange())

    assert "00001-ex01-https-get.txt was not written" in caplog.text
