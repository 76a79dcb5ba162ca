"""The names in NTLM's challenge."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
import spnego
from spnego._ntlm_raw.messages import AvId, Challenge, NegotiateFlags
from spnego.channel_bindings import GssChannelBindings

from moveready.lab.auth import LabAccount, NtlmUsers
from moveready.lab.ntlm import ServerAcceptor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACCOUNT = LabAccount("CONTOSO", "mover", "contoso.com", "made-up")


@pytest.fixture(autouse=True)
def users(tmp_path: Path) -> Iterator[NtlmUsers]:
    """The account, known to the NTLM acceptor."""
    users = NtlmUsers((ACCOUNT,), tmp_path / "users")
    users.register()
    yield users
    users.withdraw()


def client(protocol: str, bindings: GssChannelBindings | None = None) -> spnego.ContextProxy:
    """A client of pyspnego with the right password."""
    options = spnego.NegotiateOptions.wrapping_winrm
    return spnego.client(
        ACCOUNT.username, ACCOUNT.password, protocol=protocol, channel_bindings=bindings, options=options
    )


def test_a_challenge_names_the_simulated_server_and_its_domain() -> None:
    """And not the machine that the lab runs on."""
    answer = ServerAcceptor("ex01.emea.contoso.com", None).step(client("ntlm").step())
    assert answer is not None
    challenge = Challenge.unpack(answer)

    assert challenge.target_name == "EMEA"
    assert challenge.target_info is not None
    names = {kind.name: challenge.target_info[kind] for kind in list(challenge.target_info)[:5]}
    assert names == {
        "nb_domain_name": "EMEA",
        "nb_computer_name": "EX01",
        "dns_domain_name": "emea.contoso.com",
        "dns_computer_name": "ex01.emea.contoso.com",
        "dns_tree_name": "emea.contoso.com",
    }
    assert challenge.target_info[AvId.timestamp]
    assert challenge.flags & NegotiateFlags.target_type_domain
    assert socket.gethostname().encode("utf-16-le") not in answer


@pytest.mark.parametrize("protocol", ["ntlm", "negotiate"])
@pytest.mark.parametrize("bindings", [None, GssChannelBindings(application_data=b"tls-server-end-point:1")])
def test_the_login_works_with_its_signatures(protocol: str, bindings: GssChannelBindings | None) -> None:
    """The client signs all three messages, and both sides can seal afterwards."""
    asking, answering = client(protocol, bindings), ServerAcceptor("ex01.contoso.com", bindings)
    token = asking.step()
    while token is not None and not answering.complete:
        reply = answering.step(token)
        token = None if reply is None else asking.step(reply)

    assert (asking.complete, answering.complete) == (True, True)
    sealed = asking.wrap_winrm(b"hello")
    assert answering.unwrap_winrm(sealed.header, sealed.data) == b"hello"
