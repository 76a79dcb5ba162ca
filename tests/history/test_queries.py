"""The past of a run: since when something fails, how many were ready, what each server was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from moveready.findings.changes import PastStanding
from moveready.findings.outcomes import Result
from moveready.findings.verdicts import Standing
from moveready.history.compare import earlier_from_run
from moveready.history.queries import endings_of, failing_since, past_of, past_standings, trend
from moveready.history.runs import Series, previous_run
from moveready.history.store import History
from tests.history.days import EX01, EX02, FIRST, day, run_on

if TYPE_CHECKING:
    from pathlib import Path

SERIES = Series("contoso", "")
EX01_FIRST = (EX01, FIRST)


def since_of(history: History, until: int = 1000) -> int | None:
    """The day since which ex01 fails."""
    start = failing_since(history, SERIES, [EX01_FIRST], day(until)).get(EX01_FIRST)
    return None if start is None else (start - day(0)).days


def add_days(history: History, letters: str) -> None:
    """A run of ex01 a day; none where the letter is a blank."""
    for number, letter in enumerate(letters):
        if letter != " ":
            history.add(run_on(number, {"ex01": letter, "ex02": "."}))


def reference(letters: str) -> int | None:
    """The simplest that can be thought of: look back for the last pass, and from there for the first finding."""
    after_pass = letters.rfind(".") + 1
    found = [number for number in range(after_pass, len(letters)) if letters[number] in "FW"]
    return found[0] if found else None


@settings(max_examples=25)
@given(fleet=some.lists(some.text("..FFEW-", min_size=9, max_size=9), min_size=1, max_size=8))
def test_since_when_in_any_history(tmp_path_factory: pytest.TempPathFactory, fleet: list[str]) -> None:
    """As the reference does, for servers that are asked in some runs and not in others."""
    with History(tmp_path_factory.mktemp("any") / "history.sqlite") as history:
        for number in range(9):
            asked = {f"ex{place:02d}": letters[number] for place, letters in enumerate(fleet)}
            history.add(run_on(number, {name: letter for name, letter in asked.items() if letter != "-"}))
        keys = [(f"ex{place:02d}.contoso.com", FIRST) for place in range(len(fleet))]
        known = failing_since(history, SERIES, keys, day(9))

    wanted = [reference(letters) for letters in fleet]
    assert [known.get(key) for key in keys] == [None if start is None else day(start) for start in wanted]


def test_since_when_as_it_was_known_then(history: History) -> None:
    """What came later does not count."""
    add_days(history, "F.FF.")

    assert [since_of(history, until) for until in range(5)] == [0, None, 2, 2, None]


def test_runs_of_every_inventory_count(history: History) -> None:
    """The server is the same; what limited and interrupted runs have asked counts as well."""
    history.add(run_on(0, {"ex01": "."}))
    history.add(run_on(1, {"ex01": "F"}, inventory="frankfurt.yaml", limit="ex01", complete=False))
    history.add(run_on(2, {"ex01": "F"}))

    assert since_of(history) == 1


@pytest.mark.parametrize("changes", [{"organization": "fabrikam"}, {"phase": "idle"}], ids=["organization", "phase"])
def test_runs_of_another_series_do_not(history: History, changes: dict[str, str]) -> None:
    """Another organization's ex01, and what is wanted of it in the other phase."""
    history.add(run_on(0, {"ex01": "F"}))
    history.add(run_on(1, {"ex01": "."}, **changes))
    history.add(run_on(2, {"ex01": "F"}))

    assert since_of(history) == 0


def test_endings_have_their_sentences(history: History) -> None:
    """Of what did not pass; the oldest is first, whatever came first into the file."""
    for number in (1, 0):
        history.add(run_on(number, {"ex01": ".F"[number]}))

    assert [(each.at, each.result, each.sentence) for each in endings_of(history, SERIES, EX01_FIRST)] == [
        (day(0), Result.PASSED, ""),
        (day(1), Result.FAILED, "ex01.contoso.com failed."),
    ]


def test_trend_counts_servers_of_whole_runs(history: History) -> None:
    """The oldest first, without the run itself; parts and interrupted runs would look like a smaller fleet."""
    history.add(run_on(0, {"ex01": ".", "ex02": "F", "ex03": "E"}))
    history.add(run_on(1, {"ex01": "F"}, limit="ex01"))
    history.add(run_on(2, {"ex01": "F"}, complete=False))
    history.add(run_on(3, {"ex01": ".", "ex02": "W"}))
    run = run_on(4)
    history.add(run)

    assert [(p.id, p.started_at, p.ready, p.not_ready, p.unknown) for p in trend(history, run)] == [
        ("00000000", day(0), 1, 1, 1),
        ("00000003", day(3), 1, 1, 0),
    ]


def test_trend_is_short(history: History) -> None:
    """The last ones."""
    add_days(history, "......")

    assert [point.started_at for point in trend(history, run_on(9), last=2)] == [day(4), day(5)]


def test_past_standings_are_those_of_each_server(history: History) -> None:
    """Runs of it alone count, those of some controls do not; a server without any has none."""
    history.add(run_on(0, {"ex01": "F", "ex02": "."}))
    history.add(run_on(1, {"ex01": "E"}, limit="ex01"))
    history.add(run_on(2, {"ex01": "."}, controls="KB1"))
    history.add(run_on(3, {"ex01": ".", "ex02": "."}))
    run = run_on(4, {"ex01": ".", "ex03": "."})
    history.add(run)

    assert past_standings(history, run) == {
        EX01: (
            PastStanding(day(0), Standing.NOT_READY),
            PastStanding(day(1), Standing.UNKNOWN),
            PastStanding(day(3), Standing.READY),
        )
    }


def test_past_standings_are_few(history: History) -> None:
    """The last ones of each server, however often another one was asked."""
    add_days(history, "FFFF")
    for number in range(4, 9):
        history.add(run_on(number, {"ex01": "."}, limit="ex01"))
    past = past_standings(history, run_on(9, {"ex01": ".", "ex02": "."}), last=3)

    assert [each.started_at for each in past[EX01]] == [day(6), day(7), day(8)]
    assert [each.started_at for each in past[EX02]] == [day(1), day(2), day(3)]


def test_past_of_a_run(history: History) -> None:
    """What changed since the run before, since when, and the last runs."""
    history.add(run_on(0, {"ex01": ".F", "ex02": "F"}))
    history.add(run_on(1, {"ex01": ".F", "ex02": "F"}))
    run = run_on(2, {"ex01": "FF", "ex02": "."})
    past = past_of(history, run, previous_run(history, run))

    assert past.changes is not None
    assert [(change.control, change.since) for change in past.changes.new] == [("KB1-1", None)]
    assert [(change.server, change.since) for change in past.changes.fixed] == [(EX02, day(0))]
    assert [(change.control, change.since) for change in past.changes.still] == [("KB1-2", day(0))]
    assert [point.started_at for point in past.trend] == [day(0), day(1)]
    assert len(past.servers[EX02]) == 2


def test_a_failure_that_an_error_has_hidden(history: History) -> None:
    """New since the run before, which could not know; and no new failure."""
    add_days(history, ".FE")
    run = run_on(3, {"ex01": "F"})
    past = past_of(history, run, previous_run(history, run))

    assert past.changes is not None
    assert [change.since for change in past.changes.new] == [day(1)]


@pytest.mark.parametrize("is_open", [True, False], ids=["empty", "none"])
def test_past_without_runs_in_the_history(history: History, is_open: bool) -> None:
    """A run.json alone shows that something failed then already."""
    earlier = earlier_from_run(run_on(0, {"ex01": "F"}))
    past = past_of(history if is_open else None, run_on(5, {"ex01": "F"}), earlier)

    assert past.changes is not None
    assert [change.since for change in past.changes.still] == [day(0)]
    assert (past.trend, past.servers) == ((), {})


def test_past_without_anything(history: History) -> None:
    """The first run of all."""
    past = past_of(history, run_on(0), None)

    assert (past.changes, past.trend, past.servers) == (None, (), {})


def test_a_history_that_was_cut(file: Path) -> None:
    """The oldest run that was kept is the earliest that is known."""
    with History(file) as history:
        add_days(history, "FFFF")
        history.add(run_on(4, {"ex01": "F"}), keep=day(2) - day(0))

        assert since_of(history) == 2
