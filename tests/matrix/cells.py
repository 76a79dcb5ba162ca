"""What a cell of the fault matrix is: one fault at one step of one channel, and how a run must end there."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from moveready.errors import (
    AuthenticationError,
    CertificateError,
    DeadlineError,
    EvidenceError,
    MissingCommandError,
    MissingObjectError,
    RedirectError,
    RemoteCommandError,
    TlsError,
    UnexpectedAnswerError,
    UnreachableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from moveready.lab.faults import Fault
    from moveready.lab.odd_ports import OddPort
    from moveready.lab.server import Lab

ORGANIZATION = "faults.example"


def fqdn(number: int) -> str:
    """The server of the cell of that number in its batch."""
    return f"ex{number:03}.{ORGANIZATION}"


class Channel(Enum):
    """The three ways to ask a server, as the lab names them."""

    EXCHANGE = "exchange"
    WINDOWS = "windows"
    HTTPS = "https"

    @property
    def title(self) -> str:
        """As messages and the page name it."""
        return "HTTPS endpoint" if self is Channel.HTTPS else f"{self.value.capitalize()} endpoint"


class Step(Enum):
    """The steps of a conversation, in their order; the value heads a column."""

    CONNECT = "connect"
    TLS = "TLS"
    CHALLENGE = "401 challenge"
    LOGIN = "login"
    OPEN = "open"
    COMMAND = "command"
    RECEIVE = "output"
    HEAD = "head of the answer"
    BODY = "body"
    CLOSE = "close"


STEPS = {
    Channel.EXCHANGE: (Step.CONNECT, Step.LOGIN, Step.OPEN, Step.COMMAND, Step.RECEIVE, Step.CLOSE),
    Channel.WINDOWS: (Step.CONNECT, Step.TLS, Step.LOGIN, Step.OPEN, Step.COMMAND, Step.RECEIVE, Step.CLOSE),
    Channel.HTTPS: (Step.CONNECT, Step.TLS, Step.CHALLENGE, Step.LOGIN, Step.HEAD, Step.BODY),
}
"""Signal is no step: nothing is ever stopped, as the Delete of a shell ends all of it (`test_matrix` holds that)."""

SUBJECTS = {
    Channel.EXCHANGE: ("ews_directory", "ews_login"),
    Channel.WINDOWS: ("mrsproxy_events", "mrs_service"),
    Channel.HTTPS: ("endpoint_answer", "ews_challenge"),
}
"""The evidence that is asked through each channel; the first is the one that the page is about."""

COMMANDS = {
    Channel.EXCHANGE: {"flag": "-ADPropertiesOnly", "settings": "-Server {server}"},
    Channel.WINDOWS: {
        "workers": "AppPool",
        "events": "-FilterXml",
        "oldest record": "-LogName",
        "service": "Get-Service",
        "computer": "services.exe",
    },
}
"""The commands of a session, in their order: a name, and what the command's line contains."""


class Elsewhere(Enum):
    """A port that leads to another server of the organization."""

    FIRST = "the first server answers"


@dataclass(frozen=True, slots=True)
class Failed:
    """The control fails, because the endpoint itself has answered: with this verdict of the truth table."""

    verdict: str


Ending = type[EvidenceError] | Failed | tuple[type[EvidenceError], ...]
"""How a control ends; several errors where chance decides, as where a connection closes at any moment."""


@dataclass(frozen=True)
class Cell:
    """One fault at one step of one channel.

    Attributes:
        row: What goes wrong, as the page says it.
        spoil: How the lab does it: a fault, a port, or a change of its state; None where the facts say it all.
        endings: How each subject ends that cannot be had; all others are as on a healthy server.
        step_words: What the messages say about the step: one of these.
        variant: Which command, or which request, where a step has several.
        facts: Facts of the server in the fleet file; `{netbios}` and `{server}` stand for its names.
        twin: Facts of one more server.
        is_slow: Whether only a deadline ends it.
        keeps_shell: Whether the server does not carry out the Delete: then its shell stays, whatever a client does.
        without_roles: Whether the account has no role in Exchange.
        has_second_host: Whether Exchange is asked by way of a second, healthy server where the first one fails.
        is_of_one_server: Whether what Exchange says of one server is wrong, and not the conversation.
    """

    row: str
    channel: Channel
    step: Step
    spoil: Fault | OddPort | Elsewhere | Callable[[Lab, str], object] | None
    endings: Mapping[str, Ending]
    step_words: tuple[str, ...] = ()
    variant: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    twin: Mapping[str, object] = field(default_factory=dict)
    is_slow: bool = False
    keeps_shell: bool = False
    without_roles: bool = False
    has_second_host: bool = False
    is_of_one_server: bool = False

    @property
    def endings_of_the_neighbour(self) -> Mapping[str, Ending]:
        """Those of another server: none, but Exchange is asked about all servers in one conversation."""
        return self.endings if self.channel is Channel.EXCHANGE and not self.is_of_one_server else {}

    @property
    def name(self) -> str:
        """The test's id."""
        parts = (self.channel.value, self.step.value, self.row, self.variant)
        return "-".join(part.replace(" ", "_").replace("`", "") for part in parts if part)

    def servers(self, number: int) -> list[dict[str, object]]:
        """Its servers in the fleet file: its own, and perhaps a twin."""
        name = fqdn(number)
        facts = [{"name": name, **self.facts}]
        facts += [{"name": f"twin-{name}", **self.twin}] if self.twin else []
        netbios = name.partition(".")[0].upper()
        return [{key: _filled(value, server=name, netbios=netbios) for key, value in each.items()} for each in facts]

    @property
    def word(self) -> str:
        """The outcome in a word or two, for the page."""
        if not self.endings:
            return "harmless"
        ending = next(iter(self.endings.values()))
        if isinstance(ending, Failed):
            return f"failed: {ending.verdict}"
        return " or ".join(WORDS[each] for each in (ending if isinstance(ending, tuple) else (ending,)))


WORDS: dict[type[EvidenceError], str] = {
    AuthenticationError: "login",
    CertificateError: "certificate",
    DeadlineError: "deadline",
    MissingCommandError: "role missing",
    MissingObjectError: "missing",
    RedirectError: "redirect",
    RemoteCommandError: "refused",
    TlsError: "TLS",
    UnexpectedAnswerError: "unreadable",
    UnreachableError: "unreachable",
}
"""The kind of each error, for the page."""


def _filled(value: object, **names: str) -> object:
    if isinstance(value, dict):
        return {key: _filled(each, **names) for key, each in value.items()}
    return value.format(**names) if isinstance(value, str) else value
