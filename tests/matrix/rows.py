"""The fault matrix as data: every fault, at every step of every channel where it can strike, and how that must end.

What is expected is written here from what servers, clients and DOMAIN's truth table are, and is not read off a run.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

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
from moveready.lab.faults import LOGIN, Fault, FaultKind
from moveready.lab.odd_ports import OddPort
from tests.matrix.cells import COMMANDS, ORGANIZATION, STEPS, SUBJECTS, Cell, Channel, Elsewhere, Ending, Failed, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from moveready.lab.server import Lab

PSRP = (Channel.EXCHANGE, Channel.WINDOWS)
OPENING, ASKING, LOGGING_IN = ("while opening the session",), ("asking `Get-",), ("during the login",)
"""What messages say about a step."""
PAGE = b"<html><body><br>It works!</body></html>"
HUGE = b"x" * (17 * 2**20)
NGINX = (("Server", "nginx"),)
QUOTA, UNKNOWN_SHELL, TIMED_OUT, DENIED = 2150859173, 2150858843, 2150858793, 5
CUT = '<Obj RefId="0"><Props><S N="Server">EX0'


def both(channel: Channel, ending: Ending) -> dict[str, Ending]:
    """Both subjects of a channel end so."""
    return dict.fromkeys(SUBJECTS[channel], ending)


# Where a port answers nobody, or not as it should.

AT_CONNECT = {"nobody listens": (OddPort.REFUSED, False), "no SYN is answered": (OddPort.DROPPED, True)}
AT_TLS: dict[str, tuple[Fault | OddPort, type[EvidenceError], bool]] = {
    "hangs": (OddPort.SILENT, DeadlineError, True),
    "drips": (OddPort.DRIPPING, DeadlineError, True),
    "closes instead of an answer": (OddPort.CUT, TlsError, False),
    "sends without an end": (OddPort.ENDLESS, TlsError, False),
    "sends garbage": (OddPort.GARBAGE, TlsError, False),
    "plain HTTP on a TLS port": (OddPort.PLAIN_HTTP, TlsError, False),
    "certificate: expired": (Fault(FaultKind.TLS_EXPIRED), CertificateError, False),
    "certificate: another name": (Fault(FaultKind.TLS_WRONG_NAME), CertificateError, False),
    "certificate: unknown authority": (Fault(FaultKind.TLS_OTHER_AUTHORITY), CertificateError, False),
}
AT_LOGIN = {
    "drips": (OddPort.DRIPPING, DeadlineError, True),
    "sends garbage": (OddPort.GARBAGE, UnexpectedAnswerError, False),
    "sends without an end": (OddPort.ENDLESS, UnreachableError, False),
}
"""Where there is no TLS, a port that does not speak HTTP is noticed at the login."""


def of_ports() -> Iterator[Cell]:
    """What strikes before there is a request."""
    for channel in Channel:
        for row, (port, is_slow) in AT_CONNECT.items():
            yield Cell(row, channel, Step.CONNECT, port, both(channel, UnreachableError), ("connect",), is_slow=is_slow)
        for row, (spoil, error, is_slow) in AT_TLS.items() if Step.TLS in STEPS[channel] else ():
            yield Cell(row, channel, Step.TLS, spoil, both(channel, error), ("TLS",), is_slow=is_slow)
        for row, (port, error, is_slow) in AT_LOGIN.items() if channel in PSRP else ():
            yield Cell(row, channel, Step.LOGIN, port, both(channel, error), LOGGING_IN, "no HTTP", is_slow=is_slow)


# What strikes requests of a login and of a session.

REQUESTS: dict[str, tuple[Fault, type[EvidenceError]]] = {
    "hangs": (Fault(FaultKind.HANG), DeadlineError),
    "does it, and never answers": (Fault(FaultKind.UNANSWERED), DeadlineError),
    "drips": (Fault(FaultKind.DRIP, seconds=1.0), DeadlineError),
    "closes instead of an answer": (Fault(FaultKind.DROP), UnreachableError),
    "closes in the middle of the head": (Fault(FaultKind.TRUNCATED_HEAD), UnreachableError),
    "closes in the middle of the body": (Fault(FaultKind.TRUNCATED), UnreachableError),
    "sends without an end": (Fault(FaultKind.ENDLESS), UnexpectedAnswerError),
    "a body of 17 MB": (Fault(FaultKind.STATUS, status=200, body=HUGE), UnexpectedAnswerError),
    "HTTP 401": (Fault(FaultKind.STATUS, status=401, body=PAGE), AuthenticationError),
    "HTTP 403": (Fault(FaultKind.STATUS, status=403, body=PAGE), RemoteCommandError),
    "HTTP 404": (Fault(FaultKind.STATUS, status=404, body=PAGE), RemoteCommandError),
    "HTTP 500": (Fault(FaultKind.STATUS, status=500, body=PAGE), UnexpectedAnswerError),
    "HTTP 503": (Fault(FaultKind.STATUS, status=503, body=PAGE), UnexpectedAnswerError),
    "HTML instead of SOAP": (Fault(FaultKind.STATUS, status=200, body=PAGE), UnexpectedAnswerError),
    "redirects to itself": (Fault(FaultKind.REDIRECT, location="/"), RedirectError),
    "WSMan fault: access denied": (Fault(FaultKind.WSMAN_FAULT, code=DENIED), RemoteCommandError),
    "the session has idled out": (Fault(FaultKind.IDLED_OUT), RemoteCommandError),
    "RelatesTo names another message": (Fault(FaultKind.WRONG_RELATES_TO), UnexpectedAnswerError),
    "the seal is broken": (Fault(FaultKind.BROKEN_SEAL), UnexpectedAnswerError),
}
NEED_A_SESSION = {
    "does it, and never answers",
    "drips",
    "closes in the middle of the body",
    "sends without an end",
    "a body of 17 MB",
    "HTML instead of SOAP",
    "WSMan fault: access denied",
    "the session has idled out",
    "RelatesTo names another message",
    "the seal is broken",
}
"""These strike the body of an answer, or a session; answers of a login have neither."""
NOT_CARRIED_OUT = {FaultKind.HANG, FaultKind.DROP, FaultKind.STATUS, FaultKind.REDIRECT, FaultKind.WSMAN_FAULT}
"""A Delete that meets one of these is not carried out."""
FRAGMENTS = {
    "garbage instead of fragments": Fault(FaultKind.GARBAGE_FRAGMENT, body=b"garbage of some length, and no PSRP"),
    "a fragment that is cut": Fault(FaultKind.GARBAGE_FRAGMENT, body=b"garbage"),
    "nothing, again and again": Fault(FaultKind.GARBAGE_FRAGMENT, body=b""),
    "a timeout, again and again": Fault(FaultKind.WSMAN_FAULT, code=TIMED_OUT),
}
ENDLESS = {
    "the command never ends": Fault(FaultKind.NEVER_FINISHES),
    "output, and never an end": Fault(FaultKind.OUTPUT_THEN_SILENCE),
}


def of_requests() -> Iterator[Cell]:
    """What strikes a request of a PowerShell session."""
    for channel, (row, (fault, error)) in itertools.product(PSRP, REQUESTS.items()):
        is_slow = error is DeadlineError
        if row not in NEED_A_SESSION:
            for skip, variant in enumerate(("first request", "handshake", "credential")):
                struck = replace(fault, action=LOGIN, skip=skip)
                words = (*LOGGING_IN, *OPENING) if variant == "credential" else LOGGING_IN
                yield Cell(row, channel, Step.LOGIN, struck, both(channel, error), words, variant, is_slow=is_slow)
        for action in ("Create", "Receive") if fault.kind is not FaultKind.IDLED_OUT else ("Receive",):
            struck = replace(fault, action=action)
            yield Cell(row, channel, Step.OPEN, struck, both(channel, error), OPENING, action, is_slow=is_slow)
        for number, name in enumerate(COMMANDS[channel]):
            struck = replace(fault, action="Command", skip=number)
            lost = conversation_lost(channel, number, error)
            yield Cell(row, channel, Step.COMMAND, struck, lost, ASKING, name, is_slow=is_slow)
        keeps = fault.kind in NOT_CARRIED_OUT
        closing = replace(fault, action="Delete")
        # Nothing waits for the deadline there: closing has a bound of its own.
        yield Cell(row, channel, Step.CLOSE, closing, {}, keeps_shell=keeps)


def of_answers() -> Iterator[Cell]:
    """What strikes the output of a command of a PowerShell session."""
    faults = {row: (replace(fault, action="Receive"), error) for row, (fault, error) in REQUESTS.items()}
    faults |= {row: (replace(fault, action="Receive"), UnexpectedAnswerError) for row, fault in FRAGMENTS.items()}
    faults |= {row: (fault, DeadlineError) for row, fault in ENDLESS.items()}
    for channel, (row, (fault, error)) in itertools.product(PSRP, faults.items()):
        for number, (name, line) in enumerate(COMMANDS[channel].items()):
            struck, lost = replace(fault, command=line), conversation_lost(channel, number, error)
            yield Cell(row, channel, Step.RECEIVE, struck, lost, ASKING, name, is_slow=error is DeadlineError)
    for channel, (row, fault) in itertools.product(PSRP, FRAGMENTS.items()):
        struck = replace(fault, action="Receive")
        yield Cell(row, channel, Step.OPEN, struck, both(channel, UnexpectedAnswerError), OPENING, "Receive")
    for channel in PSRP:
        fault = Fault(FaultKind.WSMAN_FAULT, "Create", code=QUOTA, message="The user has 18 shells already.")
        yield Cell(
            "throttled: too many sessions", channel, Step.OPEN, fault, both(channel, RemoteCommandError), OPENING
        )


def of_lost_connections() -> Iterator[Cell]:
    """A connection that the server closes after an answer, without a word, as one that was idle for too long.

    What is sent next is lost with it, or comes on a new connection, sealed for the one before.
    """
    row, fault, either = "closes after its answer", Fault(FaultKind.HANGS_UP), (UnreachableError, UnexpectedAnswerError)
    for channel in PSRP:
        for action in ("Create", "Receive"):
            yield Cell(row, channel, Step.OPEN, replace(fault, action=action), both(channel, either), OPENING, action)
        for number, (name, line) in enumerate(COMMANDS[channel].items()):
            struck = replace(fault, action="Command", skip=number)
            yield Cell(row, channel, Step.COMMAND, struck, conversation_lost(channel, number, either), ASKING, name)
            # The answer is there; what is asked next is lost. After a server's settings it is another server's.
            is_last = number == len(COMMANDS[channel]) - 1
            lost = {} if is_last else conversation_lost(channel, number + 1, either)
            struck, of_others = replace(fault, action="Receive", command=line), is_last and channel is Channel.EXCHANGE
            if not of_others:
                yield Cell(row, channel, Step.RECEIVE, struck, lost, ASKING, name)
        yield Cell(row, channel, Step.CLOSE, replace(fault, action="Delete"), {})


def conversation_lost(channel: Channel, number: int, error: Ending) -> dict[str, Ending]:
    """Who is without an answer where a session ends at its command of that number.

    Exchange's answers that came before are kept: the flag is asked first, and then the settings of each server.
    """
    lost = both(channel, error)
    return {"ews_login": lost["ews_login"]} if channel is Channel.EXCHANGE and number else lost


# What an answer says.


def of_contents() -> Iterator[Cell]:
    """Answers that are whole, and cannot be judged."""
    yield from of_exchange_contents()
    yield from of_windows_contents()


def in_the_future(lab: Lab, server: str) -> None:
    """Let the server's clock be an hour ahead, as its worker process shows it."""
    lab.organization.servers[server].worker.started_at = datetime.now(UTC) + timedelta(hours=1)


def of_exchange_contents() -> Iterator[Cell]:
    """What Exchange says of a server."""

    def content(row: str, endings: Mapping[str, Ending], **more: Any) -> Cell:
        more = {"spoil": None, "is_of_one_server": True, **more}
        return Cell(row=row, channel=Channel.EXCHANGE, step=Step.RECEIVE, endings=endings, **more)

    unreadable, missing = UnexpectedAnswerError, MissingObjectError
    flag, settings = "MRSProxyEnabled", "WindowsAuthentication"
    own = {
        "Server": '<S N="Server">{netbios}</S>',
        "Identity": '<S N="Identity">{netbios}\\EWS (Default Web Site)</S>',
        "MetabasePath": '<S N="MetabasePath">IIS://{server}/W3SVC/1/ROOT/EWS</S>',
    }
    others = {name: xml.format(netbios="EX999", server=f"ex999.{ORGANIZATION}") for name, xml in own.items()}
    for (name, line), subject in zip(COMMANDS[Channel.EXCHANGE].items(), SUBJECTS[Channel.EXCHANGE], strict=True):
        cut = Fault(FaultKind.CLIXML, command=line, clixml=CUT)
        alone = name != "flag"
        yield content("CLIXML is cut", {subject: unreadable}, spoil=cut, variant=name, is_of_one_server=alone)
    yield content("`<B>maybe</B>`", {"ews_directory": unreadable}, facts=maybe(flag), variant="flag")
    yield content("`<B>maybe</B>`", {"ews_login": unreadable}, facts=maybe(settings), variant="settings")
    yield content("two directories for one server", {"ews_directory": unreadable}, twin={"clixml": own})
    yield content(
        "another server's directory",
        {"ews_directory": missing, "ews_login": missing},
        facts={"clixml": others},
    )
    yield content(
        "no directory", {"ews_directory": missing, "ews_login": missing}, facts={"flag": "absent", "worker": "on"}
    )
    roles = both(Channel.EXCHANGE, MissingCommandError)
    yield Cell("no role: command not found", Channel.EXCHANGE, Step.COMMAND, None, roles, (), without_roles=True)
    yield content("another server answers", {}, spoil=Elsewhere.FIRST)


def of_windows_contents() -> Iterator[Cell]:
    """What Windows says of a server."""
    commands = dict(zip(COMMANDS[Channel.WINDOWS], ("mrsproxy_events",) * 3 + ("mrs_service",) * 2, strict=True))
    for name, subject in commands.items():
        cut = Fault(FaultKind.CLIXML, command=COMMANDS[Channel.WINDOWS][name], clixml=CUT)
        ending = {subject: UnexpectedAnswerError}
        past = {"worker_started": "1h", "events": [{"ago": "2h"}]}
        yield Cell("CLIXML is cut", Channel.WINDOWS, Step.RECEIVE, cut, ending, (), name, past)
    skewed = {"mrsproxy_events": UnexpectedAnswerError}
    yield Cell("the server's clock is an hour ahead", Channel.WINDOWS, Step.RECEIVE, in_the_future, skewed)
    foreign = both(Channel.WINDOWS, UnexpectedAnswerError)
    yield Cell("another server answers", Channel.WINDOWS, Step.RECEIVE, Elsewhere.FIRST, foreign)


def maybe(name: str) -> dict[str, object]:
    """Facts of a server whose property is neither true nor false."""
    return {"clixml": {name: f'<B N="{name}">maybe</B>'}}


# What strikes the probe.

UNNAMED = "blocked by a proxy or firewall"
BACK_END = "MRS service or back end"
OF_A_DEVICE: dict[str, tuple[Fault, Ending]] = {
    "HTTP 401": (Fault(FaultKind.STATUS, status=401, body=PAGE, headers=NGINX), AuthenticationError),
    "HTTP 403": (Fault(FaultKind.STATUS, status=403, body=PAGE, headers=NGINX), Failed(UNNAMED)),
    "HTTP 404": (Fault(FaultKind.STATUS, status=404, body=PAGE, headers=NGINX), UnexpectedAnswerError),
    "HTTP 500": (Fault(FaultKind.STATUS, status=500, body=PAGE, headers=NGINX), UnexpectedAnswerError),
    "HTTP 503": (Fault(FaultKind.STATUS, status=503, body=PAGE, headers=NGINX), UnexpectedAnswerError),
    "HTTP 503 of http.sys": (Fault(FaultKind.STATUS, status=503), Failed(BACK_END)),
    "HTTP 200 of a device": (Fault(FaultKind.STATUS, status=200, body=PAGE, headers=NGINX), UnexpectedAnswerError),
    "redirects to itself": (Fault(FaultKind.REDIRECT, location="/EWS/mrsproxy.svc"), RedirectError),
    "hangs": (Fault(FaultKind.HANG), DeadlineError),
    "closes instead of an answer": (Fault(FaultKind.DROP), UnreachableError),
    "closes in the middle of the head": (Fault(FaultKind.TRUNCATED_HEAD), UnreachableError),
    "a body of 17 MB": (Fault(FaultKind.STATUS, status=200, body=HUGE), UnexpectedAnswerError),
    "sends without an end": (Fault(FaultKind.ENDLESS), UnexpectedAnswerError),
}
"""Not the server's own: without `X-FEServer`, or no answer at all."""
ITS_OWN: dict[str, tuple[dict[str, object], Ending]] = {
    "its own 401": ({"endpoint": "401"}, AuthenticationError),
    "its own 403": ({"worker": "off"}, Failed("stale")),
    "its own 404": ({"endpoint": "404"}, Failed(BACK_END)),
    "its own 500": ({"endpoint": "500"}, Failed(BACK_END)),
    "its own 999": ({"endpoint": "999"}, UnexpectedAnswerError),
}
"""After a login, and with its name in `X-FEServer`: an answer, with its line in the truth table."""
BODIES: dict[str, tuple[Fault, Ending]] = {
    "drips": (Fault(FaultKind.DRIP, seconds=1.0), DeadlineError),
    "closes in the middle of the body": (Fault(FaultKind.TRUNCATED), UnreachableError),
    "sends without an end": OF_A_DEVICE["sends without an end"],
    "a body of 17 MB": OF_A_DEVICE["a body of 17 MB"],
}
WAITING = ("waiting for its answer",)


def of_the_probe() -> Iterator[Cell]:
    """What strikes the HTTPS endpoint: the request without a login, the login, and the answer after it."""
    https = Channel.HTTPS
    for row, (fault, ending) in OF_A_DEVICE.items():
        is_slow = ending is DeadlineError
        challenge = challenged(ending)
        yield Cell(row, https, Step.CHALLENGE, replace(fault, action=LOGIN), challenge, is_slow=is_slow)
        alone: dict[str, Ending] = {"endpoint_answer": ending}
        yield Cell(row, https, Step.LOGIN, replace(fault, action=LOGIN, skip=2), alone, is_slow=is_slow)
        if row not in BODIES:
            yield Cell(row, https, Step.HEAD, replace(fault, action="GET"), alone, is_slow=is_slow)
    refused = Fault(FaultKind.UNAUTHORIZED)
    yield Cell("refuses the credential", https, Step.LOGIN, refused, {"endpoint_answer": AuthenticationError})
    for row, (facts, ending) in ITS_OWN.items():
        yield Cell(row, https, Step.HEAD, None, {"endpoint_answer": ending}, facts=facts)
    for row, (fault, ending) in BODIES.items():
        is_slow = ending is DeadlineError
        yield Cell(row, https, Step.BODY, replace(fault, action="GET"), {"endpoint_answer": ending}, is_slow=is_slow)
    elsewhere = both(https, UnexpectedAnswerError)
    yield Cell("another server answers", https, Step.HEAD, Elsewhere.FIRST, elsewhere)


def challenged(ending: Ending) -> dict[str, Ending]:
    """The probe ends so; what it offers is no challenge then, whatever the status says of MRSProxy."""
    is_an_answer = isinstance(ending, Failed) or ending in {AuthenticationError, RedirectError}
    return {"endpoint_answer": ending, "ews_challenge": UnexpectedAnswerError if is_an_answer else ending}


def of_logins() -> Iterator[Cell]:
    """The right credential is refused."""
    for channel in PSRP:
        ending = both(channel, AuthenticationError)
        yield Cell("refuses the credential", channel, Step.LOGIN, Fault(FaultKind.UNAUTHORIZED), ending, LOGGING_IN)


def with_a_second_host(cells: Iterable[Cell]) -> Iterator[Cell]:
    """The same at the first of two Exchange servers: once for each place of the page, and all of it harmless."""
    places: set[tuple[str, Step]] = set()
    for cell in cells:
        if (
            cell.channel is Channel.EXCHANGE
            and cell.step_words
            and cell.endings
            and (cell.row, cell.step) not in places
        ):
            places.add((cell.row, cell.step))
            yield replace(cell, endings={}, step_words=(), variant="then another server", has_second_host=True)


SINGLE_CELLS = [
    *of_ports(),
    *of_logins(),
    *of_requests(),
    *of_answers(),
    *of_lost_connections(),
    *of_contents(),
    *of_the_probe(),
]
"""Where the organization has one Exchange server: the page shows these."""
CELLS = [*SINGLE_CELLS, *with_a_second_host(SINGLE_CELLS)]
