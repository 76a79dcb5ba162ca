"""A repair that ended before its checks: exit code 13, and every report tells the state after it."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from junitparser import Error, JUnitXml

from moveready.findings.run_file import read_run
from moveready.fixer.plan import read_plan
from moveready.lab.faults import Fault, FaultKind
from tests.builders import KB3063913

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from moveready.findings.outcomes import Run
    from moveready.lab.server import Lab

    Begun = Callable[..., subprocess.Popen[str]]
    Fix = Callable[..., pytest.RunResult]
    Changes = Callable[[Lab], list[str]]

pytestmark = pytest.mark.heavy

EX01 = "ex01.contoso.com"
EX03 = "ex03.contoso.com"
SETS_APART = 4
"""The journal's line that begins the wait: the flag is off."""
GIVES = "-MRSProxyEnabled -DomainController"
FLAG = r"MRSProxyEnabled of EX03\EWS (Default Web Site)"


@pytest.fixture
def stale(fixer_lab: Callable[..., Lab]) -> Lab:
    """A stale server, and one to ask about the organization."""
    return fixer_lab({"name": EX01}, {"name": EX03, "worker": "off"}, fix={"wait": "5s"})


def told_of(run: Run, server: str = EX03) -> dict[str, tuple[str, str]]:
    """How each control of the server ended, and its sentence."""
    return {outcome.control[-1]: (outcome.word, outcome.sentence) for outcome in run.by_server()[server]}


def rows_of(page: Path) -> dict[str, str]:
    """The rows of `report.html`: the result by name."""
    blob = re.search(r'data-jsonblob="(.*?)"', page.read_text(encoding="utf-8"))
    assert blob is not None
    tests: dict[str, Any] = json.loads(html.unescape(blob[1]))["tests"]
    return {name: row[0]["result"] for name, row in tests.items()}


def test_what_is_owed_is_in_every_report(stale: Lab, fix: Fix, tmp_path: Path) -> None:
    """The flag that was on is off now: no report says that it passes, and each says what to type."""
    stale.inject(EX01, "exchange", Fault(FaultKind.IGNORED, command=GIVES))
    result = fix(stale, "apply", KB3063913)
    reports = tmp_path / "reports"
    told = told_of(read_run(reports / "run.json"))

    assert result.ret == 13
    assert {word for word, _ in told.values()} == {"error"}
    for _, sentence in told.values():
        assert sentence.startswith(
            r"MRSProxyEnabled of EX03\EWS (Default Web Site) is False after a repair that failed:"
        )
        assert "NOT given back, do it yourself: Set-WebServicesVirtualDirectory" in sentence
    cases = [case for suite in JUnitXml.fromfile(str(reports / "junit.xml")) for case in suite if EX03 in case.name]
    assert [[type(found) for found in case.result] for case in cases] == [[Error]] * 3
    assert all("verified: no: " in case.system_out for case in cases)
    after = {name: row for name, row in rows_of(reports / "report.html").items() if " after the fix" in name}
    assert list(after.values()) == ["Error"] * 3
    result.stdout.fnmatch_lines(["ex03 * error * unknown*"])
    result.stdout.re_match_lines([r"ERROR .*::test_mrsproxy_is_enabled\[ex03\.contoso\.com after the fix\] - "])


def test_a_server_that_died_is_told_as_it_is(fixer_lab: Callable[..., Lab], fix: Fix, tmp_path: Path) -> None:
    """What it was set to, that it did not come back, and what was done so far; what was found before is kept."""
    dies = {"name": EX03, "flag": "off", "restart": {"outcome": "dies"}}
    result = fix(fixer_lab({"name": EX01}, dies), "apply")
    run = read_run(tmp_path / "reports" / "run.json")

    assert result.ret == 13
    word, sentence = told_of(run)["1"]
    assert word == "error"
    assert sentence.startswith(f"{FLAG} is True after a repair that failed: ")
    assert "did not come back after the restart" in sentence
    story = run.by_server()[EX03][0].story
    assert any("-MRSProxyEnabled:$true" in line for line in story)
    assert {(outcome.control[-1], outcome.word) for outcome in run.before_fix if outcome.server == EX03} >= {
        ("1", "failed")
    }


def test_a_flag_that_cannot_be_read_is_unknown(fixer_lab: Callable[..., Lab], fix: Fix, tmp_path: Path) -> None:
    """The only way to Exchange was the server that died."""
    result = fix(fixer_lab({"name": EX03, "flag": "off", "restart": {"outcome": "dies"}}), "apply")
    told = told_of(read_run(tmp_path / "reports" / "run.json"))

    assert result.ret == 13
    assert told["1"][1].startswith("MRSProxyEnabled is unknown (")


def test_an_output_that_is_gone_ends_the_run_in_order(
    stale: Lab, begun: Begun, changes: Changes, tmp_path: Path
) -> None:
    """`| head` between the two Sets: the flag is on again, nothing restarts, and the reports are whole."""
    process = begun(stale, SETS_APART, KB3063913)
    assert process.stdout is not None
    process.stdout.close()

    assert process.wait(60) == 13
    assert changes(stale) == ["ex03 off", "ex03 on"]
    sentence = told_of(read_run(tmp_path / "reports" / "run.json"))["1"][1]
    assert "is True after a repair that failed: this run: its output cannot be written any more" in sentence
    assert len(rows_of(tmp_path / "reports" / "report.html")) == 9


def test_a_journal_that_is_full_ends_the_run_in_order(
    stale: Lab, begun: Begun, changes: Changes, tmp_path: Path
) -> None:
    """What cannot be written down is not done, but for giving back."""
    process = begun(stale, SETS_APART)
    journal = tmp_path / "reports" / "fix-journal.jsonl"
    journal.rename(tmp_path / "kept.jsonl")
    journal.mkdir()
    printed, _ = process.communicate(timeout=600)

    assert process.returncode == 13
    assert changes(stale) == ["ex03 off", "ex03 on"]
    assert "NOT repaired: a file of this machine cannot be written: " in printed
    assert told_of(read_run(tmp_path / "reports" / "run.json"))["1"][0] == "error"


def test_a_journal_that_cannot_be_opened_changes_nothing(
    stale: Lab, fix: Fix, changes: Changes, tmp_path: Path
) -> None:
    """Found out before the first change; the findings stand."""
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "fix-journal.jsonl").symlink_to(tmp_path / "no folder" / "journal")
    result = fix(stale, "apply")

    result.stdout.fnmatch_lines(["Nothing was changed: contoso.com: the journal * cannot be written (*"])
    assert result.ret == 1
    assert changes(stale) == []


def test_a_control_that_this_run_does_not_judge_is_found_before_the_first_change(
    fixer_lab: Callable[..., Lab], fix: Fix, changes: Changes, tmp_path: Path
) -> None:
    """It is of the approved plan, and deselected on this server alone: the repair could not be told in the end."""
    lab = fixer_lab({"name": EX01}, {"name": EX03, "worker": "off", "events": [{"ago": "1m"}]})
    fix(lab, "plan")
    plan = (tmp_path / "reports" / "fix-plan.json").rename(tmp_path / "approved.json")
    check = "test_kb3063913_mrsproxy_disabled.py::test_no_live_event_1309"
    approved = f"--plan={plan}", f"--plan-fingerprint={read_plan(plan).fingerprint}"
    result = fix(lab, "apply", *approved, f"--deselect={check}[{EX03}]")

    result.stdout.fnmatch_lines([f"Nothing was changed: {EX03}: this run did not check KB3063913-2, *"])
    assert result.ret == 1
    assert changes(lab) == []
    assert not (tmp_path / "reports" / "fix-journal.jsonl").exists()


def test_pytest_counts_what_the_reports_count(fixer_lab: Callable[..., Lab], fix: Fix, tmp_path: Path) -> None:
    """One server that is repaired and one that is not; what was before a fix has a count of its own."""
    useless = {"name": "ex04.contoso.com", "flag": "off", "restart": {"outcome": "useless"}}
    lab = fixer_lab({"name": EX01}, {"name": EX03, "flag": "off"}, useless)
    result = fix(lab, "apply", "--fix-timeout=1s")
    run = read_run(tmp_path / "reports" / "run.json")
    counted = result.parseoutcomes()

    assert {word: counted.get(word, 0) for word in ("passed", "failed")} == {
        word: sum(outcome.result.value == word for outcome in run.outcomes) for word in ("passed", "failed")
    }
    assert counted["before"] == len(run.before_fix)
    result.stdout.fnmatch_lines(["* before the fix: checks that were called again after it.*"])
