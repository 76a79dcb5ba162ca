"""The commands that repair a server are the article's, and carry its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moveready.evidence import Facts
from moveready.kb.kb3063913 import advice
from tests.builders import ews_directory, facts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.inventory import Server

ON = 'Set-WebServicesVirtualDirectory "EX01\\EWS (Default Web Site)" -MRSProxyEnabled $true -Force -Confirm:$false'
OFF = ON.replace("$true", "$false")


@pytest.mark.parametrize(
    ("repair", "lines"),
    [
        (advice.enable, (ON,)),
        (advice.resolution_1, (ON, "iisreset EX01")),
        (advice.resolution_2, (OFF, "# wait a few minutes", ON, "iisreset EX01")),
        (advice.disable, (OFF, "iisreset EX01")),
    ],
)
def test_commands_are_the_articles(
    server_named: Callable[..., Server], repair: Callable[[Server, Facts], tuple[str, ...]], lines: tuple[str, ...]
) -> None:
    """In its order, ready to be pasted; iisreset names the computer that it restarts."""
    assert repair(server_named(), Facts()) == lines


def test_the_identity_is_the_one_that_was_read(server_named: Callable[..., Server]) -> None:
    """A web site may have been renamed."""
    read = facts_of(ews_directory(enabled=False, identity="EX01\\EWS (Other Site)"))

    assert advice.enable(server_named(), read) == (ON.replace("Default Web Site", "Other Site"),)


@pytest.mark.parametrize("sentence", [advice.READ_THE_FLAG, advice.LOOK_WHO_ASKED, *advice.OF_ENDPOINT.values()])
def test_a_sentence_holds_no_command_that_changes_anything(sentence: str) -> None:
    """What is not proved asks for no restart."""
    assert "Set-" not in sentence
    assert "iisreset" not in sentence
