"""Guards the package itself: the libraries that log in write nothing into pytest's reports."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from moveready.remoting.deadline import Deadline
from moveready.remoting.https import get_authenticated

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from moveready.evidence.questions import CmdletAnswer
    from moveready.inventory import Server
    from moveready.lab.server import Lab


def test_libraries_log_nothing_of_a_login(
    lab: Lab,
    server_of: Callable[..., Server],
    ask: Callable[..., CmdletAnswer],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Not even at the level DEBUG, at which they would write the tokens."""
    with caplog.at_level(logging.DEBUG):
        get_authenticated(server_of(lab), "/EWS/mrsproxy.svc", Deadline(10))
        ask(lab)

    assert len(lab.log.logins()) == 2
    assert [record for record in caplog.records if record.name.partition(".")[0] in {"pypsrp", "spnego"}] == []
    assert "TlRMTVNTUAAD" not in caplog.text  # base64 of an NTLM AUTHENTICATE_MESSAGE
