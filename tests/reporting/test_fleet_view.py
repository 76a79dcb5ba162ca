"""The fleet in order: sites, pools and servers, the worst first."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from moveready.findings.changes import Past
from moveready.findings.controls import Severity
from moveready.findings.outcomes import PlainTest, Result, WaiverState, WaiverUse
from moveready.findings.verdicts import Standing, Verdict
from moveready.inventory import Waiver
from moveready.reporting.fleet_view import MOST_DETAILS, MOST_EVIDENCE, page_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.findings.outcomes import CheckedServer, Outcome, Run
    from moveready.reporting.fleet_view import FleetPage, Row

Places = dict[str, dict[str, str | None]]


@pytest.fixture
def fleet(run_of: Callable[..., Any]) -> Callable[..., Run]:
    """Build a run of these outcomes: `places` has the site and pool of each server, `verdicts` what is known of it.

    Where no verdict is given, that of a server whose controls have passed is `ready`.
    """

    def build(
        *outcomes: Outcome, places: Places | None = None, verdicts: dict[str, tuple[Verdict, ...]] | None = None
    ) -> Run:
        run: Run = run_of(*outcomes)

        def placed(server: CheckedServer) -> CheckedServer:
            own = [outcome for outcome in outcomes if outcome.server == server.name]
            is_fine = verdicts is None and all(outcome.result is Result.PASSED for outcome in own)
            known = (verdict("ready", Standing.READY),) if is_fine else (verdicts or {}).get(server.name, ())
            return replace(server, verdicts=known, diagnosis=None, **(places or {}).get(server.name, {}))  # type: ignore[arg-type] # the caller names fields

        return replace(run, servers=tuple(map(placed, run.servers)))

    return build


def verdict(words: str, standing: Standing, kb: str = "KB1", **changes: str) -> Verdict:
    """A verdict in these words."""
    return Verdict(kb=kb, server="ex01", verdict=words, standing=standing, **changes)  # type: ignore[arg-type] # the caller names fields


def rows_of(page: FleetPage) -> list[Row]:
    """All rows of the matrix, from top to bottom."""
    return [row for site in page.sites for group in site.groups for row in group.rows]


def cell_of(run: Run) -> tuple[str, str]:
    """The mark of the first KB on the first server."""
    mark = rows_of(page_of(run, Past()))[0].cells[0]
    return mark.kind, mark.word


def test_worst_comes_first_everywhere(outcome: Callable[..., Any], fleet: Callable[..., Run]) -> None:
    """Sites, in them pools, in them servers; of two sites that are not ready the one with fewer ready servers."""
    places: Places = {
        "a1": {"site": "A", "pool": "fine"},
        "b1": {"site": "B", "pool": "fair"},
        "b2": {"site": "B", "pool": "poor"},
        "b3": {"site": "B", "pool": "poor"},
        "c1": {"site": "C", "pool": "lost"},
    }
    results = {"b3": Result.FAILED, "b1": Result.ERROR, "c1": Result.FAILED}
    outcomes = [outcome(server=name, result=results.get(name, Result.PASSED)) for name in places]
    page = page_of(fleet(*outcomes, places=places), Past())

    assert [site.name for site in page.sites] == ["C", "B", "A"]
    assert [group.pool for group in page.sites[1].groups] == ["poor", "fair"]
    assert [row.server.name for row in page.sites[1].groups[0].rows] == ["b3", "b2"]
    assert [(site.ready, site.servers, site.mark.word) for site in page.sites] == [
        (0, 1, "not ready"),
        (1, 3, "not ready"),
        (1, 1, "ready"),
    ]


def test_gravest_server_of_a_pool_comes_first(outcome: Callable[..., Any], fleet: Callable[..., Run]) -> None:
    """One whose findings are all waived is not ready, too, but after those with open ones."""
    page = page_of(
        fleet(
            outcome(server="s1", result=Result.WAIVED),
            outcome(server="s2", result=Result.FAILED, severity=Severity.LOW),
            outcome(server="s3", result=Result.FAILED, severity=Severity.CRITICAL),
        ),
        Past(),
    )

    assert [row.server.name for row in rows_of(page)] == ["s3", "s2", "s1"]
    assert {row.mark.word for row in rows_of(page)} == {"not ready"}


def test_pool_over_two_sites_is_as_ready_as_its_worst(outcome: Callable[..., Any], fleet: Callable[..., Run]) -> None:
    """Where it is shown it counts the servers of that site, and says that there are others."""
    places: Places = {"a": {"site": "A", "pool": "mail"}, "b": {"site": "B", "pool": "mail"}}
    run = fleet(outcome(server="a"), outcome(server="b", result=Result.FAILED), places=places)
    second = page_of(run, Past()).sites[1].groups[0]

    assert (second.pool, second.mark.word, second.ready, second.servers, second.elsewhere) == (
        "mail",
        "not ready",
        1,
        1,
        1,
    )


def test_servers_without_site_and_pool_have_a_group(outcome: Callable[..., Any], fleet: Callable[..., Run]) -> None:
    """With empty names; the page has words for them."""
    (site,) = page_of(fleet(outcome(), places={"ex01.contoso.com": {"site": None}}), Past()).sites

    assert (site.name, [group.pool for group in site.groups], site.groups[0].elsewhere) == ("", [""], 0)


@pytest.mark.parametrize(
    ("known", "result", "mark"),
    [
        (verdict("stale", Standing.NOT_READY), Result.FAILED, ("not-ready", "stale")),
        (verdict("stale", Standing.NOT_READY, note="old"), Result.FAILED, ("not-ready", "stale (old)")),
        (verdict("stale", Standing.NOT_READY), Result.WAIVED, ("waived", "stale, waived")),
        (verdict("lost", Standing.UNKNOWN), Result.WAIVED, ("unknown", "lost")),
        (verdict("lost", Standing.UNKNOWN), Result.ERROR, ("unknown", "lost")),
        (verdict("ready", Standing.READY), Result.PASSED, ("ready", "ready")),
        (verdict("ready", Standing.READY), Result.ERROR, ("ready", "ready")),
        (verdict("ready", Standing.READY), Result.WAIVED, ("waived", "waived")),
        (verdict("ready", Standing.READY), Result.FAILED, ("not-ready", "failed")),
        (None, Result.ERROR, ("unknown", "not evaluated")),
        (None, Result.PASSED, ("ready", "passed")),
    ],
)
def test_cell_is_the_verdict_and_never_hides_a_finding(
    outcome: Callable[..., Any],
    fleet: Callable[..., Run],
    known: Verdict | None,
    result: Result,
    mark: tuple[str, str],
) -> None:
    """What is waived is not ready."""
    verdicts = {"ex01.contoso.com": (known,)} if known else {}

    assert cell_of(fleet(outcome(result=result), verdicts=verdicts)) == mark


def test_kb_that_was_not_asked_is_marked(outcome: Callable[..., Any], fleet: Callable[..., Run]) -> None:
    """On the servers on which it was not."""
    page = page_of(fleet(outcome("KB1-1", server="a"), outcome("KB2-1", server="b"), verdicts={}), Past())

    assert page.kbs == ("KB1", "KB2")
    assert [[cell.word for cell in row.cells] for row in rows_of(page)] == [
        ["passed", "not asked"],
        ["not asked", "passed"],
    ]


def test_next_steps_are_those_of_what_is_wrong(outcome: Callable[..., Any], fleet: Callable[..., Run]) -> None:
    """The most urgent first, each once."""
    known = (
        verdict("lost", Standing.UNKNOWN, kb="KB1", next_step="look"),
        verdict("stale", Standing.NOT_READY, kb="KB2", next_step="restart"),
        verdict("cut off", Standing.UNKNOWN, kb="KB3", next_step="look"),
        verdict("ready", Standing.READY, kb="KB4", next_step="nothing"),
    )
    (row,) = rows_of(page_of(fleet(outcome(), verdicts={"ex01.contoso.com": known}), Past()))

    assert row.next_steps == ("restart", "look")


def test_large_fleet_only_names_what_is_ready(outcome: Callable[..., Any], fleet: Callable[..., Run]) -> None:
    """At 500 servers each has a row and details, at 501 those that are not ready."""
    outcomes = [outcome(server=f"s{number:04d}") for number in range(500)]
    small = page_of(fleet(*outcomes), Past())
    large = page_of(fleet(outcome(server="bad", result=Result.FAILED), *outcomes), Past())

    assert (len(rows_of(small)), len(small.ready), small.is_large) == (500, 500, False)
    assert (len(rows_of(large)), len(large.ready), large.is_large) == (1, 0, True)
    assert [name for _, name in large.sites[0].groups[0].ready_names] == [f"s{number:04d}" for number in range(500)]
    assert large.anchors == {"bad": large.unfinished[0].anchor}


def test_details_and_evidence_end_after_so_many_servers(outcome: Callable[..., Any], fleet: Callable[..., Run]) -> None:
    """A fleet that nobody could reach must not make a page that nobody can open."""
    evidence = {"a": {"b": 1}}
    servers = MOST_DETAILS + 2
    outcomes = [outcome(server=f"s{number:04d}", result=Result.ERROR, evidence=evidence) for number in range(servers)]
    page = page_of(fleet(*outcomes), Past())

    assert sum(detail.has_evidence for detail in page.unfinished) == MOST_EVIDENCE
    assert page.unfinished[-1].evidence == ()
    assert (len(page.unfinished), page.left_out, len(rows_of(page))) == (MOST_DETAILS, 2, servers)
    assert rows_of(page)[-1].anchor == ""


def test_waivers_stand_with_their_servers(outcome: Callable[..., Any], fleet: Callable[..., Run]) -> None:
    """Those of the run that name it, and those that only an outcome knows, with what its result says of them."""
    use = WaiverUse(waiver("KB1-1"), WaiverState.ENDS_SOON)
    run = replace(
        fleet(
            outcome("KB1-1", Result.WAIVED, waiver=use.waiver),
            outcome("KB1-2", Result.FAILED, waiver=waiver("KB1-2")),
            outcome("KB1-3", Result.WAIVED, waiver=waiver("KB1-3")),
            outcome("KB1-1", server="other"),
        ),
        waivers=(use,),
    )
    page = page_of(run, Past())

    assert [(line.use.waiver.control, line.mark.word) for line in page.unfinished[0].waivers] == [
        ("KB1-2", "expired"),
        ("KB1-1", "ends soon"),
        ("KB1-3", "active"),
    ]
    assert [line.use for line in page.waivers] == [use]
    assert page.ready[0].waivers == ()


def test_what_was_left_out_is_named(outcome: Callable[..., Any], fleet: Callable[..., Run]) -> None:
    """Servers without an outcome, without a verified certificate, without a place in the inventory; other tests."""
    run = fleet(outcome(server="a"))
    other = replace(run.servers[0], name="b", verified=False)
    plain = [PlainTest(f"test_{word}", word, "", 0.1) for word in ("passed", "failed", "error", "skipped")]
    run = replace(run, servers=(*run.servers, other), unlisted=("c",), plain_tests=tuple(plain))
    page = page_of(run, Past())

    assert (page.unchecked, page.unverified, page.unlisted) == (("b",), ("b",), ("c",))
    assert [(mark.kind, test.nodeid) for mark, test in page.plain_tests] == [
        ("not-ready", "test_failed"),
        ("unknown", "test_error"),
        ("not-asked", "test_skipped"),
    ]


def waiver(control: str) -> Waiver:
    """A waiver of that control on ex01."""
    return Waiver(control=control, servers=("ex01.contoso.com",), reason="known", until=date(2026, 3, 9))
