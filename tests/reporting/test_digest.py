"""The short reports say the same, in few lines, and link and notify nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from moveready.cleaning import cleaned
from moveready.evidence.cost import Cost
from moveready.findings.changes import Past
from moveready.findings.outcomes import PlainTest, Result, WaiverState, WaiverUse
from moveready.kb.kb3063913.verdicts import Conclusion
from moveready.reporting.digest import ChangeLine, Digest, FirstOf, Limits, ServerLine, digest_of, line_of
from tests.builders import verdict_of
from tests.reporting.hostile import fleet_run, past_of, waiver_of, with_hostile_texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.findings.outcomes import Run

LIMITS = Limits(servers=2, waivers=2, unlisted=2)


def digest(run: Run, past: Past | None = None) -> Digest:
    """What a short report says with room for two of everything."""
    return digest_of(run, past or Past(), LIMITS)


def test_incomplete_run_says_so_first() -> None:
    """Before anything else that its verdict says nothing about."""
    run = fleet_run(1, complete=False, incomplete="stopped", plain_tests=(PlainTest("t", "failed", "", 0.1),))

    assert digest(run).warnings == ("INCOMPLETE: stopped.", "Of the tests without a control: 1 failed.")


def test_incomplete_run_may_not_say_why() -> None:
    """It is incomplete all the same."""
    assert digest(fleet_run(1, complete=False)).warnings == ("INCOMPLETE: not every control was judged.",)


@pytest.mark.parametrize(("servers", "words"), [(1, "1 server"), (2, "2 servers")])
def test_certificates_that_were_not_verified_are_mentioned(servers: int, words: str) -> None:
    """Somebody else may have answered."""
    run = fleet_run(servers)
    run = replace(run, servers=tuple(replace(server, verified=False) for server in run.servers))

    assert digest(run).warnings == (
        f"Certificates were NOT verified: nobody knows who answered in the name of {words}.",
    )


def test_run_that_went_well_has_no_warning() -> None:
    """Nor a server to look at."""
    run = fleet_run(3, result=Result.PASSED, plain_tests=(PlainTest("t", "passed", "", 0.1),))

    assert (digest(run).warnings, digest(run).servers) == ((), FirstOf((), 0))


@pytest.mark.parametrize(
    ("number", "about"),
    [
        ("0123", "contoso, 2026-03-02 12:00 UTC, run 0123, moveready 0.1.0"),
        ("", "contoso, 2026-03-02 12:00 UTC, moveready 0.1.0"),
    ],
)
def test_run_is_named(number: str, about: str) -> None:
    """Runs of the first versions had no id."""
    assert digest(fleet_run(1, id=number)).about == about


def test_servers_that_are_not_ready_have_their_row_of_the_table(
    outcome: Callable[..., Any], run_of: Callable[..., Any]
) -> None:
    """With the whole name, also where the table leaves a domain out that all of them share."""
    run = run_of(outcome("KB1-1", Result.FAILED), outcome("KB1-1", server="ex02.contoso.com"))
    servers = (run.servers[0], replace(run.servers[1], verdicts=(verdict_of(Conclusion.READY),), diagnosis=None))

    assert digest(replace(run, servers=servers)).servers == FirstOf(
        (ServerLine("ex01.contoso.com", "stale (a note)", "restart it"),), 0
    )


def test_several_findings_of_a_server_stand_in_one_line(
    outcome: Callable[..., Any], run_of: Callable[..., Any]
) -> None:
    """A next step that two of them share stands there once."""
    run = run_of(outcome("KB1-1", Result.FAILED), outcome("KB2-1", Result.FAILED))
    (server,) = run.servers
    other = replace(verdict_of(Conclusion.DISABLED, next_step="restart it"), kb="KB2")
    (line,) = digest(replace(run, servers=(replace(server, verdicts=(*server.verdicts, other)),))).servers.shown

    assert line == ServerLine("ex01.contoso.com", "stale (a note); disabled", "restart it")


def test_servers_without_room_are_counted() -> None:
    """None gets lost."""
    servers = digest(fleet_run(5)).servers

    assert (len(servers.shown), servers.others) == (2, 3)


def test_waived_server_is_listed_as_not_ready() -> None:
    """Waived is never ready."""
    assert len(digest(fleet_run(1, result=Result.WAIVED)).servers.shown) == 1


def test_without_an_earlier_run_nothing_is_compared() -> None:
    """It is said, as `nothing has changed` would be wrong."""
    made = digest(fleet_run(1))

    assert (made.comparison, made.changes) == ("There is no earlier run to compare with.", ())


def test_run_that_changed_nothing_says_so() -> None:
    """What still fails is no change."""
    made = digest(fleet_run(1), past_of("x", 0))

    assert (made.comparison, made.changes) == ("Nothing has changed since the run of 2026-03-01 12:00 UTC.", ())


def test_new_findings_come_first() -> None:
    """Each kind with its number and the first names."""
    made = digest(fleet_run(1), past_of("x", 5))

    assert made.comparison == "Since the run of 2026-03-01 12:00 UTC:"
    assert made.changes[0] == ChangeLine("New findings", 5, "x x x; x x x; x x x; 2 more")
    assert [change.title for change in made.changes[1:]] == [
        "Findings that were fixed",
        "Can no longer be evaluated",
        "Newly waived",
        "New servers",
        "Servers that are no longer checked",
    ]


def test_waivers_that_need_somebody_are_listed() -> None:
    """The most urgent first, and those that simply count not at all."""
    until = date(2026, 3, 9)
    uses = tuple(WaiverUse(waiver_of("Old server", until, ticket=state.name), state) for state in WaiverState)
    made = digest_of(fleet_run(1, waivers=uses), Past(), Limits(servers=1)).waivers

    assert made.shown == (
        "KB1-1 on ex01.contoso.com expired on 2026-03-09 (EXPIRED): Old server",
        "KB1-1 on ex01.contoso.com ends on 2026-03-09 (ENDS_SOON): Old server",
        "KB1-1 on ex01.contoso.com is no longer needed; it ends on 2026-03-09 (NOT_NEEDED): Old server",
    )


def test_waiver_of_several_servers_counts_them() -> None:
    """Without a ticket there are no brackets."""
    waiver = waiver_of("Old", servers=("a", "b", "c"), ticket="")
    made = digest(fleet_run(1, waivers=(WaiverUse(waiver, WaiverState.EXPIRED),)))

    assert made.waivers.shown == ("KB1-1 on 3 servers expired on 2026-03-09: Old",)


@pytest.mark.parametrize(
    ("unlisted", "words"), [(None, ""), ((), ""), (("a",), "a"), (("a", "b", "c"), "a; b; 1 more")]
)
def test_unlisted_servers_are_named(unlisted: tuple[str, ...] | None, words: str) -> None:
    """Where Exchange did not answer nothing is known about them."""
    assert digest(fleet_run(1, unlisted=unlisted)).unlisted == words


def test_cost_is_that_of_all_servers() -> None:
    """As in the other reports; a run that asked nothing has none."""
    cost = Cost(sessions=1, requests=2, bytes_sent=1000, bytes_received=2000, seconds=0.5)

    assert digest(fleet_run(1)).cost == ""
    assert digest(fleet_run(1, costs={"a": cost, "b": cost})).cost == (
        "What the run cost the servers: 2 sessions, 4 requests, 6 kB, 1.0 s of their time"
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\n b\t c ", "a b c"),
        ("x" * 300, "x" * 199 + "\u2026"),
        ("@you", "@\u200byou"),
        ("see https://evil.example", "see https:\u200b//evil.example"),
        ("WWW.evil.example", "WWW\u200b.evil.example"),
        ("#12 of #x", "#\u200b12 of #x"),
        ("12:30, ex01.contoso.com", "12:30, ex01.contoso.com"),
    ],
)
def test_line_is_short_and_links_nothing(text: str, line: str) -> None:
    """A mail program and GitHub make links of addresses, and GitHub notifies whom a text mentions."""
    assert line_of(text) == line


@with_hostile_texts
def test_any_text_is_one_short_line(text: str, result: Result) -> None:
    """Without anything that a terminal or a reader could fall for."""
    line = line_of(f"{text} {result.value}")

    assert line == cleaned(line)
    assert len(line.splitlines()) == 1
    assert len(line.replace("\u200b", "")) <= 200
