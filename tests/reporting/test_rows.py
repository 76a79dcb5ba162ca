"""`results.csv` has one record for each control and server, and nothing in it is a formula."""

from __future__ import annotations

import csv
from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest

from moveready.cleaning import cleaned
from moveready.findings.outcomes import PlainTest, Result
from moveready.kb.kb3063913.verdicts import Conclusion
from moveready.reporting.rows import COLUMNS, LONGEST_CELL, results_csv
from moveready.reporting.words import UNLISTED_SENTENCE
from tests.builders import verdict_of
from tests.reporting.hostile import fleet_run, hostile_run, waiver_of, with_hostile_texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.findings.outcomes import Run

SIGNS = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
DOCUMENTED = (
    "run_id,time,server,group,site,pool,phase,kb,control,title,severity,result,verdict,sentence,next_step,repair,"
    "waived_until,waiver_reason,ticket,seconds,run_complete,certificate_verified"
)


def records_of(run: Run) -> list[dict[str, str]]:
    """The file, read as a program reads it."""
    return list(csv.DictReader(StringIO(results_csv(run).decode("utf-8-sig"), newline=""), strict=True))


def cell_of(text: str) -> str:
    """What becomes of a sentence."""
    return records_of(fleet_run(1, text))[0]["sentence"]


def test_columns_are_as_promised() -> None:
    """Whoever reads the file by their names can go on doing so."""
    assert ",".join(COLUMNS) == DOCUMENTED


def test_file_is_as_excel_reads_it(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """A byte order mark, else Excel misreads what is not ASCII; CR LF; no line at the end that is empty."""
    made = results_csv(run_of(outcome(sentence="größer", result=Result.FAILED)))

    assert made.startswith(b"\xef\xbb\xbfrun_id,time,")
    assert made.count(b"\r\n") == 2
    assert made.endswith(b"\r\n")
    assert "größer".encode() in made


def test_finding_has_all_that_is_known(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """The server, the control, its result, and what its own KB concludes."""
    run = run_of(outcome(result=Result.FAILED, resolution="Set-X\nSet-Y"))

    assert records_of(replace(run, id="0123")) == [
        {
            "run_id": "0123",
            "time": "2026-03-02T12:00:00+00:00",
            "server": "ex01.contoso.com",
            "group": "main",
            "site": "Frankfurt",
            "pool": "",
            "phase": "moving",
            "kb": "KB1",
            "control": "KB1-1",
            "title": "The flag is on",
            "severity": "high",
            "result": "failed",
            "verdict": "stale (a note)",
            "sentence": "It is off.",
            "next_step": "restart it",
            "repair": "Set-X\nSet-Y",
            "waived_until": "",
            "waiver_reason": "",
            "ticket": "",
            "seconds": "0.500",
            "run_complete": "true",
            "certificate_verified": "true",
        }
    ]


def test_servers_that_anybody_may_have_answered_for_are_marked(
    outcome: Callable[..., Any], run_of: Callable[..., Any]
) -> None:
    """A server that the inventory has not was not asked at all."""
    run = replace(run_of(outcome(), verified=False), unlisted=("ex09.contoso.com",))

    assert [record["certificate_verified"] for record in records_of(run)] == ["false", ""]


def test_verdict_of_another_kb_is_not_shown(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """Where the control's own KB was not asked for one, the cell is empty."""
    (record,) = records_of(run_of(outcome("OTHER-1", Result.FAILED)))

    assert (record["kb"], record["verdict"], record["next_step"]) == ("OTHER", "", "")


def test_waived_finding_has_its_waiver(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """The finding stays in its own column."""
    waiver = replace(waiver_of("Old server."), ticket="CHG-1")
    (record,) = records_of(run_of(outcome(result=Result.WAIVED, waiver=waiver)))

    assert (record["result"], record["sentence"]) == ("waived", "It is off.")
    assert (record["waived_until"], record["waiver_reason"], record["ticket"]) == ("2026-03-09", "Old server.", "CHG-1")


def test_repaired_control_is_fixed(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """As in every report."""
    (record,) = records_of(run_of(outcome(story=("set it",))))

    assert record["result"] == "fixed"


def test_plain_test_has_neither_server_nor_control(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """It stands at the end, under pytest's name."""
    run = run_of(outcome(), plain=(PlainTest("checks/test_mine.py::test_it", "failed", "no", 0.1),))
    record = records_of(run)[-1]

    assert {name: text for name, text in record.items() if text and name not in {"time", "run_id"}} == {
        "title": "checks/test_mine.py::test_it",
        "result": "failed",
        "sentence": "no",
        "seconds": "0.100",
        "run_complete": "true",
    }


def test_server_that_the_inventory_lacks_has_a_record(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """It was not checked, so it has no control."""
    record = records_of(replace(run_of(outcome()), unlisted=("ex09.contoso.com",)))[1]

    assert (record["server"], record["result"], record["control"]) == ("ex09.contoso.com", "unlisted", "")
    assert record["sentence"] == UNLISTED_SENTENCE


def test_incomplete_run_says_so_in_each_record(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """Records are filtered and sorted; a line of its own would be lost."""
    run = replace(run_of(outcome("KB1-1"), outcome("KB1-2")), complete=False, incomplete="stopped")

    assert [record["run_complete"] for record in records_of(run)] == ["false", "false"]


def test_server_that_the_run_does_not_have_is_only_named(outcome: Callable[..., Any]) -> None:
    """A file that somebody wrote may say so."""
    (record,) = records_of(replace(fleet_run(0), outcomes=(outcome(),)))

    assert (record["server"], record["phase"]) == ("ex01.contoso.com", "")


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t'=1"),
        ("  =1", "'  =1"),
        ("\uff1d1", "'\uff1d1"),
        ("a;=1", "a;'=1"),
        ('a;"=1', "a;\"'=1"),
        ("Set-X -Y; Set-Z", "Set-X -Y; Set-Z"),
        ("a = b - c", "a = b - c"),
        ("a\x00b\rc", "a\ufffdb\ufffdc"),
        ("one\ntwo", "one two"),
    ],
)
def test_no_cell_is_a_formula(text: str, cell: str) -> None:
    """Neither for Excel where its separator is the semicolon; text that is none stays as it is."""
    assert cell_of(text) == cell


def test_a_line_of_a_repair_is_no_formula() -> None:
    """Its line feeds stay, as commands are copied from there."""
    (record,) = records_of(fleet_run(1, "Set-X\n=1"))

    assert record["repair"] == "Set-X\n'=1"


def test_long_cell_is_cut() -> None:
    """Excel would put the rest into the next rows."""
    cell = cell_of("x" * 40_000)

    assert (len(cell), cell[-4:]) == (LONGEST_CELL, "x...")


@with_hostile_texts
def test_any_text_comes_out_inert(text: str, result: Result) -> None:
    """As many records as there are results, in lines that only a repair breaks, and no cell that does something."""
    run = hostile_run(text, result)
    records = records_of(run)

    assert len(records) == len(run.outcomes) + len(run.unlisted or ()) + len(run.plain_tests)
    for record in records:
        assert list(record) == list(COLUMNS)
        cells = "".join(record.values())
        assert not any(cell.startswith((*SIGNS, "\t", "\r")) for cell in record.values())
        assert cells == cleaned(cells)
        assert not any("\n" in cell for name, cell in record.items() if name != "repair")


@with_hostile_texts
def test_no_text_is_a_formula_for_an_excel_that_separates_at_semicolons(text: str, result: Result) -> None:
    """Each line is a row, a semicolon ends a cell, and quotes at the beginning of a cell are no part of it."""
    lines = results_csv(hostile_run(text, result)).decode("utf-8-sig").splitlines()
    cells = [cell.lstrip(' "\t') for line in lines for cell in line.split(";")]

    assert not any(cell.startswith(SIGNS) for cell in cells)


def test_server_has_the_verdict_of_each_of_its_kbs(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """Not the worst of all."""
    run = run_of(outcome("KB3063913-1"), outcome("KB2-1"))
    (server,) = run.servers
    verdicts = (verdict_of(Conclusion.READY), replace(verdict_of(Conclusion.STALE), kb="KB2"))
    run = replace(run, servers=(replace(server, verdicts=verdicts, diagnosis=None),))

    assert [record["verdict"] for record in records_of(run)] == ["ready", "stale"]
