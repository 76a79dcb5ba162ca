"""What the terminal shows fits its width and needs no colour."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from moveready.findings.outcomes import Result
from moveready.inventory import Waiver
from moveready.kb.kb3063913.verdicts import Conclusion
from moveready.reporting.terminal import header_lines, table_text
from tests.builders import verdict_of

if TYPE_CHECKING:
    from collections.abc import Callable


def test_table_is_plain_text(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """Words in columns, then a line that counts."""
    text = table_text(run_of(outcome("KB1-1", Result.FAILED), outcome("KB2-2")), 80)

    assert text == (
        "server  KB1     KB2     diagnosis       next step\n"
        "ex01    failed  passed  stale (a note)  restart it\n"
        "\n"
        "2 controls on 1 server(s) of contoso.com: 1 passed, 1 failed, 0 error\n"
        "Cost: 0 sessions, 0 requests, 0.0 MB, 0.0 s of servers' time"
    )


@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize("kbs", [1, 3, 13])
def test_table_keeps_to_the_width(
    outcome: Callable[..., Any], run_of: Callable[..., Any], width: int, kbs: int
) -> None:
    """Long words wrap in their column; the server and every KB are always seen, and a legend says which is which."""
    names = [f"KB30639{number:02d}" for number in range(kbs)]
    outcomes = [outcome(f"{name}-{n}", Result.FAILED) for name in names for n in range(1, 4)]
    text = table_text(run_of(*outcomes), width)
    in_words = text.count(" failed") == kbs + 1

    assert max(map(len, text.splitlines()[:-2])) <= width
    assert "ex01 " in text
    assert all(name in text for name in names)
    assert in_words or text.count(" F") == kbs + 1
    assert in_words is (kbs == 1 or (kbs, width) in {(3, 80), (3, 200), (13, 200)})


def test_a_second_finding_has_a_line_of_its_own(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """Below that of its server."""
    run = run_of(outcome(result=Result.FAILED))
    (server,) = run.servers
    other = replace(server.verdicts[0], kb="KB2", verdict="stopped", note="", next_step="start it")
    text = table_text(replace(run, servers=(replace(server, verdicts=(*server.verdicts, other)),)), 80)

    assert text.splitlines()[1:3] == [
        "ex01    failed  stale (a note)  restart it",
        "                stopped         start it",
    ]


@pytest.mark.parametrize("number", [20, 21])
def test_ready_servers_of_a_large_fleet_are_one_line(
    outcome: Callable[..., Any], run_of: Callable[..., Any], number: int
) -> None:
    """A line for each group; whatever is the matter still has a row."""
    run = run_of(*(outcome(server=f"ex{place:02d}.contoso.com") for place in range(number)))
    ready = verdict_of(Conclusion.READY)
    servers = [
        server if not place else replace(server, verdicts=(ready,), diagnosis=None, group=("a", None)[place % 2])
        for place, server in enumerate(run.servers)
    ]
    text = table_text(replace(run, servers=tuple(servers)), 80)

    assert text.splitlines()[1].startswith("ex00    passed  stale")
    assert ("ex01" in text) is (number == 20)
    assert ("\nin no group: 10 server(s) ready\na: 10 server(s) ready\n" in text) is (number == 21)


def test_markup_in_names_is_shown_as_it_is(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """The library's own `[bold]` means nothing in data."""
    run = run_of(outcome("KB[bold]-1"))

    assert "KB[bold]" in table_text(run, 80)


def test_header_names_what_is_checked(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """Organization, number, source."""
    assert header_lines(run_of(outcome())) == [
        "moveready: 1 server(s) of contoso, from prod.yaml; all times are in UTC"
    ]


def test_header_warns_of_unchecked_certificates(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """What is not verified is shown, never silent."""
    lines = header_lines(run_of(outcome(), verified=False))

    assert lines[1] == "moveready: certificates are NOT verified: ex01.contoso.com"


def test_header_names_the_first_of_many(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """A fleet of thousands has one line."""
    run = run_of(*(outcome(server=f"ex{number:03}.contoso.com") for number in range(25)), verified=False)

    assert header_lines(run)[1].endswith("ex018.contoso.com, ex019.contoso.com, and 5 more")


def test_columns_have_a_legend(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """What each KB is about, where that is known."""
    text = table_text(run_of(outcome("KB3063913-1"), outcome("OWN-1")), 80)

    assert '\n\nKB3063913: Moving mailboxes fails with "(403) Forbidden"\n\n2 controls' in text


def test_words_of_findings_are_never_broken(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """Not at 80 columns, with the three KBs that there are."""
    outcomes = [outcome(f"{kb}-1", Result.FAILED) for kb in ("EWS-AUTH", "KB3063913", "MRS-SVC")]
    run = run_of(*outcomes)
    verdict = replace(
        run.servers[0].verdicts[0], verdict="Authentication inconclusive", next_step="reconfigure restart"
    )
    text = table_text(replace(run, servers=(replace(run.servers[0], verdicts=(verdict,)),)), 80)

    assert {"Authentication", "inconclusive", "reconfigure", "restart"} <= set(text.split())


def test_waived_finding_says_until_when(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """In place of the next step; one that is not waived keeps it."""
    waiver = Waiver(control="KB1", servers=("ex01.contoso.com",), reason="accepted", until=date(2026, 3, 31))
    waived = outcome("KB1-1", Result.WAIVED, waiver=waiver)

    assert "ex01    waived  stale (a note)  waived until 2026-03-31" in table_text(run_of(waived), 80)
    assert "ex01    failed  stale (a note)  restart it" in table_text(
        run_of(waived, outcome("KB1-2", Result.FAILED)), 80
    )
