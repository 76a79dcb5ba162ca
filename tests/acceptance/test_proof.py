"""Whose answer it is: every combination of proofs, status, version, flag and event against DOMAIN's table.

The expectation is derived here from the table itself, on its own, and not from the code that is tested. The whole table
is asked of the pure readers; a row for each way to be wrong is asked at the wire, of the whole suite against a lab.
"""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from moveready.errors import EvidenceError, UnreachableError
from moveready.evidence import declared
from moveready.evidence.mrsproxy_endpoint import read_endpoint
from moveready.evidence.questions import HttpAnswer
from moveready.kb.kb3063913 import ENDPOINT_ANSWER, KB, MrsProxyEvent
from moveready.lab.faults import Fault, FaultKind
from moveready.lab.fleet import fleet_from
from moveready.lab.server import Lab
from tests.builders import KB3063913, descriptions, ews_directory, facts_of, mrsproxy_events

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from moveready.evidence import Facts
    from moveready.findings.outcomes import Run
    from moveready.inventory import Server

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
EXCHANGE_2010, EXCHANGE_2019, NOT_READ = "Version 14.3 (Build 123.4)", "Version 15.2 (Build 1748.10)", None
GOOD, BACK_END = {200, 400, 405, 415}, {404, 500, 503}
STATUSES = (200, 204, 302, 400, 401, 403, 404, 405, 415, 418, 429, 500, 502, 503, 999)
WORD = {True: "passed", False: "failed"}


class Case(NamedTuple):
    """One answer, and what else is known of the server; a version that was not read comes with no flag."""

    logged_in: bool
    front_end: str | None
    asp_net: bool
    status: int
    version: str | None
    flag: bool
    live_event: bool

    @property
    def exchanges_own(self) -> bool:
        """DOMAIN, section 2: a login and X-FEServer of the asked node; on 2010 the login and ASP.NET's mark."""
        return self.logged_in and (self.front_end == "EX01" or (self.is_2010 and self.asp_net))

    @property
    def is_2010(self) -> bool:
        """Whether the header cannot be expected."""
        return self.version == EXCHANGE_2010

    def outcome(self) -> str:
        """How control 3 must end."""
        if self.front_end == "EX02":
            return "error"
        if self.status == 403:
            return "failed" if not self.is_2010 or self.front_end or self.exchanges_own else "error"
        if self.status in GOOD:
            return "passed" if self.exchanges_own else "error"
        named = self.front_end == "EX01" or self.exchanges_own
        return "failed" if self.status in BACK_END and named else "error"

    def verdict(self) -> str:
        """What the truth table of section 3 says."""
        if self.version is NOT_READ:
            return "unknown"
        if self.outcome() == "error":
            return "inconclusive"
        if self.status in GOOD:
            return "ready" if self.flag else "works until the next recycle"
        return self._verdict_of_403() if self.status == 403 else "MRS service or back end"

    def _verdict_of_403(self) -> str:
        if self.exchanges_own and self.asp_net:
            return "stale" if self.flag else "disabled"
        if self.front_end is None:
            return "blocked by a proxy or firewall"
        return "stale" if self.flag and self.live_event else "refused by IIS"

    def answer(self) -> HttpAnswer:
        """The answer as it came over the wire."""
        headers = {"x-feserver": self.front_end, "x-aspnet-version": "4.0.30319" if self.asp_net else None}
        given = {name: value for name, value in headers.items() if value}
        return HttpAnswer("ex01.contoso.com", "GET", self.status, given, "", NOON, self.logged_in)

    def facts(self) -> Facts:
        """All that is known of the server."""
        unread = UnreachableError("ex01.contoso.com", "Exchange endpoint", "refused", "Look.")
        known = ews_directory(self.flag, version=self.version) if self.version else unread
        live = (MrsProxyEvent(NOON, "MRS proxy service is disabled"),) * self.live_event
        return facts_of(known, mrsproxy_events(live=live), read_endpoint(self.answer(), "https://ex01")).refined(
            declared()
        )


BOTH = (True, False)
VERSIONS = (EXCHANGE_2010, EXCHANGE_2019, NOT_READ)
CASES = [
    Case(*facts) for facts in itertools.product(BOTH, ("EX01", "EX02", None), BOTH, STATUSES, VERSIONS, BOTH, BOTH)
]


def outcome_of(facts: Facts) -> str:
    """As the control judges it."""
    answer = facts.had(ENDPOINT_ANSWER)
    assert answer is not None
    try:
        return WORD[answer.conclusive().lets_moves_in]
    except EvidenceError:
        return "error"


def test_every_answer_is_judged_as_domain_says(server_named: Callable[..., Server]) -> None:
    """Outcome and verdict of all 2,160 cases; a difference names its case."""
    server = server_named()
    judged = [(case, case.facts()) for case in CASES]
    found = [(case, outcome_of(facts), KB.verdict_on(server, facts).verdict) for case, facts in judged]

    assert [(case, outcome, verdict) for case, outcome, verdict in found if outcome != case.outcome()] == []
    assert [(case, outcome, verdict) for case, outcome, verdict in found if verdict != case.verdict()] == []


def test_a_restart_is_asked_for_only_where_it_is_proved(server_named: Callable[..., Server]) -> None:
    """No command without Exchange's own 403, or its name with somebody's live event, or a wrong flag."""
    server = server_named()
    restarted = [case for case in CASES if "iisreset" in KB.verdict_on(server, case.facts()).resolution]

    assert restarted
    assert all(case.status == 403 and case.front_end != "EX02" for case in restarted)
    assert all((case.exchanges_own and case.asp_net) or (case.flag and case.live_event) for case in restarted)


LIVE = {"worker_started": "2h", "events": [{"ago": "1h"}]}
OLD = {"version": "14.3 (Build 123.4)"}
AT_THE_WIRE: dict[str, tuple[dict[str, Any], str, str]] = {
    "fine": ({}, "passed", "ready"),
    "sign-in": ({"worker": "off", "endpoint": "device-200"}, "error", "inconclusive (200 without a login)"),
    "no-site": ({"worker": "off", "endpoint": "http.sys-400"}, "error", "inconclusive (400 without a login)"),
    "nginx": ({"worker": "off", "endpoint": "nginx-400"}, "error", "inconclusive (400 without a login)"),
    "stripped": ({"front_end": "none"}, "error", "inconclusive (400 without X-FEServer)"),
    "foreign": ({"front_end": "EX99"}, "error", "inconclusive (EX99 answered)"),
    "foreign-off": ({"worker": "off", "front_end": "EX99"}, "error", "inconclusive (EX99 answered)"),
    "strange": ({"endpoint": "999"}, "error", "inconclusive"),
    "cut-head": ({"worker": "off"}, "error", "unreachable"),
    "cut-body": ({"worker": "off"}, "error", "unreachable"),
    "expired": ({}, "error", "certificate not accepted"),
    "stale": ({"worker": "off"}, "failed", "stale"),
    "iis": ({"endpoint": "iis-403.4"}, "failed", "refused by IIS"),
    "iis-stale": ({"endpoint": "iis-403.4", **LIVE}, "failed", "stale"),
    "device": ({"endpoint": "device-403", **LIVE}, "failed", "blocked by a proxy or firewall"),
    "stopped": ({"endpoint": "503"}, "failed", "MRS service or back end"),
    "old-fine": (OLD, "passed", "ready"),
    "old-stale": ({**OLD, "worker": "off"}, "failed", "stale"),
    "old-device": ({**OLD, "endpoint": "device-403"}, "error", "inconclusive (403 without a login)"),
}
SPOILED = {
    "cut-head": FaultKind.TRUNCATED_HEAD,
    "cut-body": FaultKind.TRUNCATED,
    "expired": FaultKind.TLS_EXPIRED,
}


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A lab with a server for each of these rows."""
    servers = [{"name": f"{name}.contoso.com", **facts} for name, (facts, *_) in AT_THE_WIRE.items()]
    with Lab(fleet_from(servers=servers), folder=tmp_path_factory.mktemp("proof")) as lab:
        for name, kind in SPOILED.items():
            lab.inject(f"{name}.contoso.com", "https", Fault(kind))
        yield lab


def test_every_way_to_be_wrong_is_seen_at_the_wire(
    pytester: pytest.Pytester, many: Lab, last_run: Callable[[], Run]
) -> None:
    """What is not proved ends as an error and is never called ready; a stale server in front of it least of all."""
    pytester.runpytest_subprocess(f"--inventory={many.inventory_file}", KB3063913, "-q", "--no-summary", "--tb=no")
    run = last_run()
    told = {name.partition(".")[0]: description for name, description in descriptions(run).items()}
    ends = {
        outcome.server.partition(".")[0]: outcome.result.value for outcome in run.outcomes if "-3" in outcome.control
    }

    assert {name: (ends[name], told[name]) for name in AT_THE_WIRE} == {
        name: (outcome, verdict) for name, (_, outcome, verdict) in AT_THE_WIRE.items()
    }


def test_ports_that_lead_to_another_server_are_noticed(
    pytester: pytest.Pytester, lab_with: Callable[..., Lab], last_run: Callable[[], Run], tmp_path: Path
) -> None:
    """ex02 is asked, and ex01 answers: by a wrong address, DNS or a load balancer."""
    lab = lab_with({"name": "ex01.contoso.com"}, {"name": "ex02.contoso.com", "worker": "off"})
    ports = {name: str(channels["https"]) for name, channels in lab.ports.items()}
    text = lab.inventory_file.read_text(encoding="utf-8")
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(text.replace(ports["ex02.contoso.com"], ports["ex01.contoso.com"]), encoding="utf-8")
    result = pytester.runpytest_subprocess(f"--inventory={wrong}", KB3063913)
    (of_ex02,) = [outcome for outcome in last_run().by_server()["ex02.contoso.com"] if "-3" in outcome.control]

    assert result.ret == 10
    assert (of_ex02.result.value, "EX01 answered, not EX02" in of_ex02.sentence) == ("error", True)
