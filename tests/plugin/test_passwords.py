"""Guards `moveready.plugin.passwords`: a worker gets the passwords by a channel of its own, or ends with a sentence.

The channel is a real one of execnet, to a process of its own.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import execnet
import pytest

from moveready.inventory import Credential, ExchangeHost, Inventory, Organization, Secret
from moveready.plugin.passwords import having_asked, tell_when_asked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WORKER = """
from pathlib import Path
from moveready.inventory import Credential, ExchangeHost, Inventory, Organization
from moveready.plugin.passwords import having_asked

passwords = channel.receive()
host = ExchangeHost("ex01.contoso.com", Credential("admin", username="svc"))
inventory = having_asked(passwords, Inventory(Organization("contoso", (host,)), (), (), "0"))
channel.send((repr(inventory), inventory.credentials[0].password.reveal(), passwords.isclosed()))
"""


@pytest.fixture
def inventory(server_named: Callable[..., Any]) -> Inventory:
    """One host and one server, of the same credential, and one that has another for Windows and no password."""
    host = ExchangeHost("ex01.contoso.com", Credential("admin", username="svc", password=Secret("hunter2")))
    servers = (replace(server_named(), credential=host.credential, windows_credential=Credential("reader")),)
    return Inventory(Organization("contoso", (host,)), servers, (Path("prod.yaml"),), "0")


@pytest.fixture
def gateway() -> Iterator[Any]:
    """Another process, as xdist makes its workers."""
    group = execnet.Group()
    yield group.makegateway()
    group.terminate(timeout=10)


def test_a_worker_gets_the_passwords(inventory: Inventory, gateway: Any) -> None:
    """In another process, hidden again, and the channel is closed afterwards."""
    passwords = gateway.newchannel()
    tell_when_asked(passwords, inventory)

    talk = gateway.remote_exec(WORKER)
    talk.send(passwords)
    shown, password, is_closed = talk.receive(60)

    assert "hunter2" not in shown
    assert (password, is_closed) == ("hunter2", True)


@pytest.mark.parametrize("failure", [EOFError(), OSError(), TimeoutError()], ids=["gone", "broken", "silent"])
def test_a_controller_that_does_not_answer_is_told(inventory: Inventory, failure: Exception) -> None:
    """Nobody logs in without the password instead."""

    class Channel:
        TimeoutError = TimeoutError
        is_closed = False

        def send(self, _: object) -> None:
            """Ask."""

        def receive(self, _: float) -> object:
            raise failure

        def close(self) -> None:
            self.is_closed = True

    channel = Channel()
    with pytest.raises(pytest.UsageError, match="does not tell the passwords"):
        having_asked(channel, inventory)
    assert channel.is_closed
