"""The truth table: every flag with every kind of answer has one verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from moveready.errors import (
    AuthenticationError,
    CertificateError,
    DeadlineError,
    InternalError,
    MissingObjectError,
    RunInterruptedError,
    ShortLogError,
    TlsError,
    UnexpectedAnswerError,
    UnreachableError,
)
from moveready.evidence import EWS_DIRECTORY, EwsDirectory, Subject
from moveready.inventory import Phase
from moveready.kb.kb3063913 import (
    ENDPOINT_ANSWER,
    KB,
    MRSPROXY_EVENTS,
    EndpointAnswer,
    EndpointKind,
    MrsProxyEvent,
    MrsProxyEvents,
)
from moveready.kb.kb3063913.verdicts import Conclusion, repairs_of
from tests.builders import NOON, endpoint_answer, ews_directory, facts_of, mrsproxy_events

if TYPE_CHECKING:
    from collections.abc import Callable

REFUSED = UnreachableError("ex01", "HTTPS endpoint", "refused", "Look.")
SHORT = ShortLogError("ex01", "Windows endpoint", "short", "Enlarge.")
BAD_CERTIFICATE = CertificateError("ex01", "HTTPS endpoint", "it has expired", "Renew it.")
NO_LOGIN = AuthenticationError("ex01", "HTTPS endpoint", "no ticket", "Run kinit.")
UNREADABLE = UnexpectedAnswerError("ex01", "HTTPS endpoint", "the answer cannot be read", "Look.")
BACK_END_LIKE = {
    EndpointKind.DEVICE: Conclusion.BLOCKED,
    EndpointKind.IIS_RULE: Conclusion.REFUSED_BY_IIS,
    EndpointKind.BACK_END: Conclusion.BACK_END,
    EndpointKind.LOGIN_REFUSED: Conclusion.INCONCLUSIVE,
    EndpointKind.REDIRECT: Conclusion.INCONCLUSIVE,
    EndpointKind.OTHER_SERVER: Conclusion.INCONCLUSIVE,
    EndpointKind.UNPROVEN: Conclusion.INCONCLUSIVE,
    EndpointKind.OTHER: Conclusion.INCONCLUSIVE,
}
TABLE = [
    (False, EndpointKind.MRSPROXY_OFF, Conclusion.DISABLED),
    (True, EndpointKind.MRSPROXY_OFF, Conclusion.STALE),
    (False, EndpointKind.ALIVE, Conclusion.UNTIL_RECYCLE),
    (True, EndpointKind.ALIVE, Conclusion.READY),
    *((flag, kind, verdict) for kind, verdict in BACK_END_LIKE.items() for flag in (False, True)),
]


class Known:
    """Builds the evidence of one server."""

    def flag(self, enabled: bool) -> EwsDirectory:
        """The directory with that flag."""
        return ews_directory(enabled)

    def endpoint(self, kind: EndpointKind, detail: str = "") -> EndpointAnswer:
        """An answer of that kind."""
        return endpoint_answer(kind, detail=detail)

    def events(self, live: int) -> MrsProxyEvents:
        """So many live events."""
        return mrsproxy_events(live=(MrsProxyEvent(NOON, "MRS proxy service is disabled"),) * live)


@pytest.fixture
def known() -> Known:
    """Evidence to build facts from."""
    return Known()


@pytest.fixture
def server(server_named: Callable[..., Any]) -> Any:
    """A server that moves mailboxes."""
    return server_named()


@pytest.mark.parametrize("subject", ["directory", "endpoint"])
def test_failure_of_our_own_blames_no_server(server_named: Callable[..., Any], subject: str) -> None:
    """Neither its network nor its account."""
    known: Any = {subject: InternalError("ex01.contoso.com", "crash")}
    diagnosis = KB.verdict_on(server_named(), facts_of(**known))

    assert (diagnosis.description, diagnosis.resolution) == ("unknown (moveready failed)", "")
    assert diagnosis.next_step == "report the fault of moveready"


@pytest.mark.parametrize(("flag", "kind", "verdict"), TABLE)
def test_truth_table(known: Known, server: Any, flag: bool, kind: EndpointKind, verdict: Conclusion) -> None:
    """Flag and endpoint together decide."""
    facts = facts_of(directory=known.flag(flag), endpoint=known.endpoint(kind))

    assert KB.verdict_on(server, facts).verdict == verdict.value


def test_table_is_complete() -> None:
    """Each kind of answer is in the table with both flags."""
    assert {(flag, kind) for flag, kind, _ in TABLE} == {(f, k) for f in (True, False) for k in EndpointKind}


@pytest.mark.parametrize("kind", list(EndpointKind))
def test_missing_flag_is_unknown(known: Known, server: Any, kind: EndpointKind) -> None:
    """Whatever the endpoint answers, a missing object is never read as False."""
    missing = MissingObjectError("ex01", "Exchange endpoint", "missing", "Look.")

    assert KB.verdict_on(server, facts_of(missing, endpoint=known.endpoint(kind))).verdict == Conclusion.UNKNOWN.value


@pytest.mark.parametrize(
    ("error", "verdict", "next_step"),
    [
        (REFUSED, Conclusion.UNREACHABLE, "network"),
        (TlsError("ex01", "HTTPS endpoint", "no TLS", "Look."), Conclusion.UNREACHABLE, "network"),
        (DeadlineError("ex01", "HTTPS endpoint", "silence", "Look."), Conclusion.UNREACHABLE, "network"),
        (BAD_CERTIFICATE, Conclusion.CERTIFICATE, "certificate"),
        (NO_LOGIN, Conclusion.INCONCLUSIVE, "account"),
        (UNREADABLE, Conclusion.INCONCLUSIVE, "error of the endpoint"),
    ],
)
def test_endpoint_without_an_answer_is_told_by_its_error(
    known: Known, server: Any, error: Any, verdict: Conclusion, next_step: str
) -> None:
    """No answer is neither ready nor disabled, and only what was not reached is called unreachable."""
    diagnosis = KB.verdict_on(server, facts_of(known.flag(True), endpoint=error))

    assert (diagnosis.verdict, diagnosis.has_commands) == (verdict.value, False)
    assert next_step in diagnosis.next_step


@pytest.mark.parametrize(
    ("flag", "events", "verdict"),
    [
        (True, 1, Conclusion.STALE),
        (True, 0, Conclusion.REFUSED_BY_IIS),
        (True, None, Conclusion.REFUSED_BY_IIS),
        (True, REFUSED, Conclusion.REFUSED_BY_IIS),
        (False, 1, Conclusion.REFUSED_BY_IIS),
    ],
)
def test_a_bare_403_of_iis_is_stale_only_with_a_live_event(
    known: Known, server: Any, flag: bool, events: Any, verdict: Conclusion
) -> None:
    """A restart drops every client of the node, so the flag and ASP.NET's own word must ask for it."""
    log = known.events(events) if isinstance(events, int) else events
    diagnosis = KB.verdict_on(server, facts_of(known.flag(flag), log, known.endpoint(EndpointKind.IIS_RULE)))

    assert diagnosis.verdict == verdict.value
    assert ("iisreset" in diagnosis.resolution) == (verdict is Conclusion.STALE)


def test_unasked_is_not_diagnosed(known: Known, server: Any) -> None:
    """Half the evidence gives no verdict."""
    assert KB.verdict_on(server, facts_of(known.flag(True))).verdict == Conclusion.NOT_ASKED.value
    alone = facts_of(endpoint=known.endpoint(EndpointKind.ALIVE))
    assert KB.verdict_on(server, alone).verdict == Conclusion.NOT_ASKED.value


@pytest.mark.parametrize(
    ("flag", "verdict"), [(True, Conclusion.ENABLED_WHILE_IDLE), (False, Conclusion.CLOSED_WHILE_IDLE)]
)
def test_idle_is_judged_by_the_flag_alone(known: Known, server_named: Any, flag: bool, verdict: Conclusion) -> None:
    """While no moves are planned MRSProxy should be off."""
    assert KB.verdict_on(server_named(phase=Phase.IDLE), facts_of(known.flag(flag))).verdict == verdict.value


@pytest.mark.parametrize(
    ("events", "told"),
    [
        (SHORT, "ready (log too short)"),
        (REFUSED, "ready (log not read)"),
        (None, "ready"),
        (0, "ready"),
        (1, "ready (but event 1309 since its start)"),
    ],
)
def test_log_adds_a_note(known: Known, server: Any, events: Any, told: str) -> None:
    """The verdict is the endpoint's; what the log adds stands beside it."""
    log = known.events(events) if isinstance(events, int) else events
    facts = facts_of(known.flag(True), log, known.endpoint(EndpointKind.ALIVE))

    assert KB.verdict_on(server, facts).description == told


def test_rule_of_iis_is_noted(known: Known, server: Any) -> None:
    """Who blocks stands beside the verdict."""
    facts = facts_of(known.flag(True), endpoint=known.endpoint(EndpointKind.IIS_RULE, "403.4: SSL is required"))

    assert KB.verdict_on(server, facts).description == "refused by IIS (403.4: SSL is required)"


@pytest.mark.parametrize(
    ("flag", "kind", "lines"),
    [
        (False, EndpointKind.MRSPROXY_OFF, ["-MRSProxyEnabled $true", "iisreset EX01"]),
        (
            True,
            EndpointKind.MRSPROXY_OFF,
            ["-MRSProxyEnabled $false", "# wait a few minutes", "-MRSProxyEnabled $true", "iisreset EX01"],
        ),
        (False, EndpointKind.ALIVE, ["-MRSProxyEnabled $true"]),
    ],
)
def test_resolution_is_the_articles(
    known: Known, server: Any, flag: bool, kind: EndpointKind, lines: list[str]
) -> None:
    """Resolution 1 and 2 of KB 3063913, in the article's order, with the server's own name."""
    diagnosis = KB.verdict_on(server, facts_of(known.flag(flag), endpoint=known.endpoint(kind)))

    assert diagnosis.has_commands
    assert [
        line.partition('Site)" ')[2].removesuffix(" -Force -Confirm:$false") or line
        for line in diagnosis.resolution.splitlines()
    ] == lines


def test_commands_name_the_server(known: Known, server: Any) -> None:
    """A command can be pasted as it is."""
    diagnosis = KB.verdict_on(server, facts_of(known.flag(False), endpoint=known.endpoint(EndpointKind.ALIVE)))

    assert diagnosis.resolution.startswith(r'Set-WebServicesVirtualDirectory "EX01\EWS (Default Web Site)" ')


@pytest.mark.parametrize("kind", list(BACK_END_LIKE))
def test_advice_where_no_command_repairs(known: Known, server: Any, kind: EndpointKind) -> None:
    """Where Exchange's flag is not the cause, no command of the article is offered."""
    diagnosis = KB.verdict_on(server, facts_of(known.flag(True), endpoint=known.endpoint(kind)))

    assert not diagnosis.has_commands
    assert "Set-WebServices" not in diagnosis.resolution
    assert diagnosis.next_step


INTERRUPTED = RunInterruptedError("ex01.contoso.com", "HTTPS endpoint", "interrupted", "Again.")


@pytest.mark.parametrize("subject", ["directory", "events", "endpoint"])
def test_server_whose_answer_was_interrupted_is_not_ready(
    known: Known, server_named: Callable[..., Any], subject: str
) -> None:
    """Nor is it unreachable: nothing is known."""
    whole = {"directory": known.flag(True), "events": known.events(0), "endpoint": known.endpoint(EndpointKind.ALIVE)}
    facts: Any = whole | {subject: INTERRUPTED}

    assert KB.verdict_on(server_named(), facts_of(**facts)).description == "not diagnosed (incomplete)"


def test_finding_stands_in_an_incomplete_run(known: Known, server_named: Callable[..., Any]) -> None:
    """What the log would have added does not change it."""
    facts = facts_of(known.flag(False), INTERRUPTED, known.endpoint(EndpointKind.MRSPROXY_OFF))

    assert KB.verdict_on(server_named(), facts).verdict == Conclusion.DISABLED.value


@pytest.mark.parametrize("kind", [kind for kind, found in BACK_END_LIKE.items() if found is Conclusion.INCONCLUSIVE])
def test_every_doubt_has_its_own_next_step(known: Known, server: Any, kind: EndpointKind) -> None:
    """A wrong address is not mended by looking at the account."""
    step = KB.verdict_on(server, facts_of(known.flag(True), endpoint=known.endpoint(kind))).next_step

    assert ("account" in step) == (kind is EndpointKind.LOGIN_REFUSED)


def test_nothing_is_advised_for_a_server_that_is_fine(known: Known, server: Any, server_named: Any) -> None:
    """Neither for one that was asked in part, whose control passed."""
    fine = [
        KB.verdict_on(server, facts_of(known.flag(True), known.events(0), known.endpoint(EndpointKind.ALIVE))),
        KB.verdict_on(server, facts_of(known.flag(True))),
        KB.verdict_on(server_named(phase=Phase.IDLE), facts_of(known.flag(False))),
    ]

    assert [diagnosis.resolution for diagnosis in fine] == ["", "", ""]


FLAGS = {"on": True, "off": False, "unread": None}
ADVICE = [
    ("on", EndpointKind.DEVICE, ENDPOINT_ANSWER, "On the proxy or firewall"),
    ("unread", EndpointKind.DEVICE, ENDPOINT_ANSWER, "On the proxy or firewall"),
    ("unread", EndpointKind.BACK_END, ENDPOINT_ANSWER, "On the server: Get-Service"),
    ("unread", EndpointKind.IIS_RULE, ENDPOINT_ANSWER, "On the server, look at the rules of IIS"),
    ("unread", EndpointKind.MRSPROXY_OFF, ENDPOINT_ANSWER, "Read the flag first"),
    ("off", EndpointKind.MRSPROXY_OFF, ENDPOINT_ANSWER, "Set-WebServices"),
    ("off", EndpointKind.DEVICE, EWS_DIRECTORY, ""),
    ("off", EndpointKind.BACK_END, EWS_DIRECTORY, ""),
    ("off", EndpointKind.ALIVE, EWS_DIRECTORY, "Set-WebServices"),
    ("off", EndpointKind.DEVICE, MRSPROXY_EVENTS, "Set-WebServices"),
    ("on", EndpointKind.DEVICE, MRSPROXY_EVENTS, "Set-WebServices"),
    ("unread", EndpointKind.DEVICE, MRSPROXY_EVENTS, "Read the flag first"),
    ("on", EndpointKind.ALIVE, MRSPROXY_EVENTS, "The endpoint answers now"),
]


@pytest.mark.parametrize("row", ADVICE, ids=str)
def test_advice_belongs_to_the_finding_it_repairs(
    known: Known, server: Any, row: tuple[str, EndpointKind, Subject[Any], str]
) -> None:
    """A device's 403 is mended at the device, a flag in the directory, and an event by what its flag wants."""
    flag, kind, subject, advice = row
    enabled = FLAGS[flag]
    directory = REFUSED if enabled is None else known.flag(enabled)
    (repair,) = repairs_of([subject], server, facts_of(directory, known.events(1), known.endpoint(kind)))

    assert repair.startswith(advice)
    assert bool(repair) == bool(advice)
