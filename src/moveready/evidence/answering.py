"""Checks that the server that was asked is the one that answered.

A wrong address in the inventory, DNS, or a load balancer may lead to another server. Its answer is about itself and
must not be recorded for the server that was asked.
"""

from __future__ import annotations

from moveready.errors import UnexpectedAnswerError
from moveready.evidence.questions import Channel

_LONGEST_NETBIOS = 15
_REASONS = (
    "Usual reasons: a wrong `address` in the inventory, a wrong record in DNS,"
    " or a load balancer under the server's name."
)


def is_name_of(server: str, name: str) -> bool:
    """Whether this is the server's FQDN or NetBIOS name, ignoring case; Windows uses both."""
    short = server.partition(".")[0].lower()
    return name.lower() in {server.lower(), short, short[:_LONGEST_NETBIOS]}


def other_server(server: str, channel: str, answered: str, seen: str, more: str = "") -> UnexpectedAnswerError:
    """The error that another server answered; `seen` says what named it, `more` adds a reason to the usual three."""
    wanted, other = (name.partition(".")[0].upper() for name in (server, answered))
    names = (answered, server) if wanted == other else (other, wanted)
    happened = f"{names[0]} answered, not {names[1]} ({seen})"
    return UnexpectedAnswerError(server, channel, happened, _REASONS + more)


def must_be_the_computer(server: str, name: str) -> None:
    """Raise `UnexpectedAnswerError` if the computer's own name is not the server's name."""
    if not is_name_of(server, name):
        raise other_server(server, Channel.WINDOWS.value, name, "the computer's own name")
