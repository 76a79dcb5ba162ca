"""The framing of encrypted messages, against the one of pypsrp that was written by others."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from pypsrp.encryption import WinRMEncryption

from moveready.errors import LabError
from moveready.lab.encryption import framing_for, is_sealed, sealed, unsealed


@dataclass(frozen=True)
class Wrapped:
    """What sealing gives."""

    header: bytes
    data: bytes
    padding_length: int = 0


class Mirror:
    """A context that seals by turning bytes around."""

    def wrap_winrm(self, data: bytes) -> Wrapped:
        """Seal."""
        return Wrapped(b"signature", data[::-1])

    def unwrap_winrm(self, header: bytes, data: bytes) -> bytes:
        """Unseal."""
        assert header == b"signature"
        return data[::-1]


class PypsrpMirror(Mirror):
    """The same, with the tuple that pypsrp unpacks."""

    def wrap_winrm(self, data: bytes) -> tuple[bytes, bytes, int]:  # type: ignore[override] # pypsrp unpacks it
        """Seal."""
        return b"signature", data[::-1], 0


NEGOTIATE = framing_for("negotiate", exchange=True)


def test_pypsrps_message_is_unsealed() -> None:
    """What the client seals, the lab reads."""
    _, body = WinRMEncryption(PypsrpMirror(), WinRMEncryption.SPNEGO).wrap_message(b"<s:Envelope/>")

    assert unsealed(body, Mirror()) == b"<s:Envelope/>"


@pytest.mark.parametrize("scheme", ["negotiate", "kerberos"])
@pytest.mark.parametrize("exchange", [True, False])
def test_pypsrp_unseals_the_labs_message(scheme: str, exchange: bool) -> None:
    """What the lab seals, the client reads, with Exchange's odd boundary too."""
    body = sealed(b"<s:Envelope/>", Mirror(), framing_for(scheme, exchange=exchange))

    assert WinRMEncryption(PypsrpMirror(), "").unwrap_message(body, "Encrypted Boundary") == b"<s:Envelope/>"


def test_exchange_after_kerberos_writes_a_blank_into_the_boundary() -> None:
    """The quirk that pypsrp's users met is there."""
    assert sealed(b"x", Mirror(), framing_for("Kerberos", exchange=True)).startswith(b"-- Encrypted Boundary\r\n")


def test_the_protocol_follows_the_header_of_the_login() -> None:
    """Kerberos by its own header is another protocol than SPNEGO."""
    assert "HTTP-SPNEGO-session-encrypted" in NEGOTIATE.content_type
    assert "HTTP-Kerberos-session-encrypted" in framing_for("kerberos", exchange=False).content_type


def test_bytes_that_look_like_the_boundary_survive() -> None:
    """Sealed bytes may hold anything, the boundary's name too."""
    message = b"--Encrypted Boundary--\r\n"[::-1] + b"tail"

    assert unsealed(sealed(message, Mirror(), NEGOTIATE), Mirror()) == message


@pytest.mark.parametrize("body", [b"", b"<s:Envelope/>", sealed(b"x", Mirror(), NEGOTIATE)[:-4]])
def test_another_framing_is_an_error(body: bytes) -> None:
    """What is not framed as the specification says is refused."""
    with pytest.raises(LabError, match="not framed"):
        unsealed(body, Mirror())


def test_a_wrong_length_is_an_error() -> None:
    """The announced length is checked."""
    body = sealed(b"12345", Mirror(), NEGOTIATE).replace(b"Length=5", b"Length=6")

    with pytest.raises(LabError, match="announces 6 bytes and holds 5"):
        unsealed(body, Mirror())


def test_encrypted_bodies_are_told_by_their_type() -> None:
    """The Content-Type says whether a body is sealed."""
    assert is_sealed(NEGOTIATE.content_type)
    assert not is_sealed("application/soap+xml;charset=UTF-8")
