"""`--replay`: a recorded run is judged again; no server is asked, and what comes out is the same."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from moveready.findings.run_file import json_from, read_run
from tests.builders import KB3063913

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.findings.outcomes import Outcome, Run
    from moveready.lab.server import Lab

    RunChecks = Callable[..., pytest.RunResult]


@pytest.fixture(scope="module")
def kept(demo: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `run.json` of a run on the whole demo fleet."""
    folder = tmp_path_factory.mktemp("recorded")
    command = [sys.executable, "-m", "pytest", f"--inventory={demo.inventory_file}", f"--report-dir={folder}"]
    assert subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=600).returncode == 1
    return folder / "run.json"


@pytest.fixture
def recorded(kept: Path, pytester: pytest.Pytester) -> Path:
    """The same, in the folder of the test."""
    return Path(shutil.copy(kept, pytester.path / "recorded.json"))


def again(pytester: pytest.Pytester, file: Path, *args: str) -> pytest.RunResult:
    """Judge it again."""
    return pytester.runpytest_subprocess(f"--replay={file}", *args)


def timeless(run: Run) -> list[Outcome]:
    """The outcomes without how long it took to judge them."""
    return [replace(outcome, seconds=0.0) for outcome in run.outcomes]


def test_replay_finds_the_same(
    pytester: pytest.Pytester, recorded: Path, last_run: Callable[[], Run], demo: Lab, workers: tuple[str, ...]
) -> None:
    """Outcomes, verdicts, errors, times of the evidence; and asks nobody."""
    before = len(demo.log.entries())
    first, result = read_run(recorded), again(pytester, recorded, *workers)
    second = last_run()

    assert result.ret == 1
    assert timeless(second) == timeless(first)
    assert second.servers == first.servers
    assert (second.started_at, second.finished_at) == (first.started_at, first.finished_at)
    assert (second.costs, second.unlisted) == (first.costs, first.unlisted)
    assert second.id != first.id
    assert len(demo.log.entries()) == before


def test_other_phase_judges_otherwise(pytester: pytest.Pytester, recorded: Path, last_run: Callable[[], Run]) -> None:
    """What was right while mailboxes move is a finding while none do."""
    again(pytester, recorded, "--limit=ex01", "--control=KB3063913-1", "--phase=idle")

    assert [outcome.result.value for outcome in last_run().outcomes] == ["failed"]


def test_new_waivers_count(
    pytester: pytest.Pytester, recorded: Path, demo: Lab, last_run: Callable[[], Run], tmp_path: Path
) -> None:
    """Those of the inventory that is named beside the record."""
    until = (datetime.now(UTC) + timedelta(days=60)).date().isoformat()
    waiver = {"control": "KB3063913", "servers": ["ex02"], "reason": "accepted", "until": until}
    inventory = demo.inventory_file.with_name("waived.yaml")
    inventory.write_text(
        demo.inventory_file.read_text(encoding="utf-8") + f"waivers: {json.dumps([waiver])}\n", encoding="utf-8"
    )
    result = again(pytester, recorded, f"--inventory={inventory}", "--limit=ex02", KB3063913)

    assert result.ret == 0
    assert [outcome.result.value for outcome in last_run().outcomes] == ["waived"] * 3


@pytest.mark.heavy
def test_what_was_not_recorded_is_an_error(
    pytester: pytest.Pytester, run_checks: RunChecks, last_run: Callable[[], Run]
) -> None:
    """A newer check may want more than anybody has asked; unknown is never a pass."""
    run_checks("--report-dir=recorded", "--limit=ex01", "--control=KB3063913-1")
    again(pytester, Path(pytester.path) / "recorded" / "run.json", KB3063913)

    assert [outcome.result.value for outcome in last_run().outcomes] == ["passed", "error", "error"]
    assert "a record answers no more than was asked" in last_run().outcomes[1].sentence


def test_evidence_of_another_version_is_an_error(
    pytester: pytest.Pytester, recorded: Path, last_run: Callable[[], Run]
) -> None:
    """It is never guessed what it may have meant."""
    run = read_run(recorded)
    strange = tuple(replace(outcome, evidence=dict.fromkeys(outcome.evidence, "strange")) for outcome in run.outcomes)
    recorded.write_bytes(json_from(replace(run, outcomes=strange)))
    again(pytester, recorded, "--limit=ex01", "--control=KB3063913-1")

    assert "cannot be read by this version of moveready" in last_run().outcomes[0].sentence


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--lab",), "--replay asks no server: leave out either --lab or --replay"),
        (("-p", "moveready.fixer", "--fix=plan"), "--fix asks and changes living servers: leave out --replay"),
    ],
)
def test_living_servers_are_refused(
    pytester: pytest.Pytester, recorded: Path, args: tuple[str, ...], words: str
) -> None:
    """Nothing is changed on the word of an old record."""
    result = again(pytester, recorded, *args)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {words}"])


def test_file_that_is_no_run_is_refused(pytester: pytest.Pytester) -> None:
    """With its name, and no traceback."""
    file = pytester.makefile(".json", run="{}")
    result = again(pytester, file)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *run.json: is no run*"])


def test_record_outlives_its_replay(pytester: pytest.Pytester, recorded: Path) -> None:
    """The reports of the replay would take its place."""
    folder = Path(pytester.path) / "reports"
    folder.mkdir()
    record = Path(shutil.move(recorded, folder / "run.json"))
    content = record.read_bytes()
    result = again(pytester, record, "--limit=ex01")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --replay *: the reports would replace it.*"])
    assert record.read_bytes() == content


def test_what_the_record_has_left_out_is_left_out_again(
    pytester: pytest.Pytester, recorded: Path, last_run: Callable[[], Run]
) -> None:
    """Its limit, its selection, and that it was incomplete."""
    run = read_run(recorded)
    scope = replace(run.scope, limit="ex0*", controls="KB3063913", cut_pools=("mail.contoso.com",))
    recorded.write_bytes(json_from(replace(run, scope=scope, complete=False, incomplete="stopped")))
    again(pytester, recorded)
    second = last_run()

    assert (second.scope.limit, second.scope.controls, second.complete) == ("ex0*", "KB3063913", False)
    assert second.scope.cut_pools == ("mail.contoso.com",)
    assert "stopped" in second.incomplete


def test_inventory_of_other_servers_is_refused(pytester: pytest.Pytester, recorded: Path) -> None:
    """Nothing would be judged, and that is no pass."""
    text = "organization: {name: x, exchange: [ex01.a.com]}\nservers: [ex01.a.com]\n"
    Path(pytester.path, "other.yaml").write_text(text, encoding="utf-8")
    result = again(pytester, recorded, "--inventory=other.yaml")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --replay: no server of the record is in the inventory"])


@pytest.mark.parametrize(
    ("key", "value"), [("servers", []), ("started_at", "2026-03-02T12:00:00"), ("phase", "bogus"), ("twice", None)]
)
def test_edited_record_is_refused(pytester: pytest.Pytester, recorded: Path, key: str, value: object) -> None:
    """In one sentence, and no traceback."""
    data = json.loads(recorded.read_text(encoding="utf-8"))
    if key == "phase":
        data["servers"][0]["phase"] = value
    elif key == "twice":
        data["servers"].append(data["servers"][0])
    else:
        data[key] = value
    recorded.write_text(json.dumps(data), encoding="utf-8")
    result = again(pytester, recorded)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "Traceback" not in result.stderr.str() + result.stdout.str()
