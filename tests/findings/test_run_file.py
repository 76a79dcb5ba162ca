"""`run.json` holds a whole run, and what is no run is refused in words."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import TypeAdapter

from moveready.cleaning import cleaned
from moveready.errors import RunFileError
from moveready.evidence import EWS_DIRECTORY
from moveready.findings.outcomes import Run
from moveready.findings.run_file import json_from, read_run
from moveready.findings.verdicts import Verdict
from tests.builders import ews_directory

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("number", [0, 1, 3])
@pytest.mark.parametrize("organization", ["contoso", '"outcomes": []', '\n  "outcomes": [],\x7f'])
def test_json_in_parts_is_what_pydantic_makes_at_once(run: Run, number: int, organization: str) -> None:
    """Byte by byte, whatever a text of the run looks like."""
    run = replace(run, organization=organization, outcomes=run.outcomes * number)
    whole: bytes = TypeAdapter(Run).dump_json(run, indent=2, ensure_ascii=True)

    assert json_from(run) == whole.replace(b"\x7f", b"\\u007f")


def test_json_comes_back_equal(run: Run, tmp_path: Path) -> None:
    """Every outcome with its evidence survives the file."""
    file = tmp_path / "run.json"
    file.write_bytes(json_from(run))

    again = read_run(file)
    (outcome,) = again.outcomes
    assert EWS_DIRECTORY.evidence_from(outcome.evidence["ews_directory"]) == ews_directory(enabled=False)
    assert replace(again, outcomes=run.outcomes) == run
    assert json_from(again) == json_from(run)


def test_run_of_the_first_schema_is_read(run: Run, tmp_path: Path) -> None:
    """Evidence that this moveready does not know is kept as it is."""
    file = tmp_path / "run.json"
    evidence = {"directory": {"server": "ex01.contoso.com"}, "events": None, "endpoint": None}
    old: Any = json.loads(json_from(replace(run, outcomes=(replace(run.outcomes[0], evidence=evidence),), schema=1)))
    (server,) = old["servers"]
    del server["verdicts"], server["diagnosis"]["kb"], server["diagnosis"]["standing"], server["diagnosis"]["remedy"]
    file.write_text(json.dumps(old), encoding="utf-8")
    again = read_run(file)

    assert again.outcomes[0].evidence == evidence
    assert again.servers[0].diagnosis is not None
    assert again.servers[0].diagnosis.verdict == "disabled"


def test_other_schema_is_refused(run: Run, tmp_path: Path) -> None:
    """A file of another moveready is not half understood."""
    file = tmp_path / "run.json"
    file.write_bytes(json_from(replace(run, schema=99)))

    with pytest.raises(RunFileError, match="schema 99"):
        read_run(file)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 1}', "\x00"])
def test_what_is_no_run_is_told(tmp_path: Path, text: str) -> None:
    """The file is named, and no traceback shown."""
    file = tmp_path / "run.json"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(RunFileError, match=r"run\.json: is no run"):
        read_run(file)


def test_absent_file_is_told(tmp_path: Path) -> None:
    """A path that leads nowhere is a mistake of the caller."""
    with pytest.raises(RunFileError, match="cannot be read"):
        read_run(tmp_path / "absent.json")


@pytest.mark.parametrize(
    "name", ["\x1b[31mex01.contoso.com", "ex01\n##vso[x].contoso.com", "EX01.contoso.com", "ex01", "<b>.contoso.com"]
)
def test_name_that_no_server_can_have_is_refused(run: Run, tmp_path: Path, name: str) -> None:
    """The inventory refuses it too: every report shows it."""
    file = tmp_path / "run.json"
    for odd in (
        replace(run, servers=(replace(run.servers[0], name=name),)),
        replace(run, outcomes=(replace(run.outcomes[0], server=name),)),
    ):
        file.write_bytes(json_from(odd))
        with pytest.raises(RunFileError, match="is no name of a server") as caught:
            read_run(file)
        assert str(caught.value) == cleaned(str(caught.value))


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00"])
@pytest.mark.parametrize("field", ["started_at", "finished_at", "asked_at"])
def test_time_that_cannot_be_is_refused(run: Run, tmp_path: Path, field: str, time: str) -> None:
    """Nobody could say when it was in another zone."""
    plain: Any = json.loads(json_from(run))
    (plain["outcomes"][0] if field == "asked_at" else plain)[field] = time
    file = tmp_path / "run.json"
    file.write_text(json.dumps(plain), encoding="utf-8")

    with pytest.raises(RunFileError, match="time"):
        read_run(file)


def test_unknown_phase_is_refused(run: Run, tmp_path: Path) -> None:
    """It is named."""
    file = tmp_path / "run.json"
    file.write_bytes(json_from(replace(run, servers=(replace(run.servers[0], phase="foo"),))))

    with pytest.raises(RunFileError, match="'foo' is no phase"):
        read_run(file)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"complete": true', '"complete": "true"', "complete: "),
        ('"complete": true', '"complete\\u009b": true', "this key is unknown"),
        ('"complete": true', '"complete": false, "complete": true', "a key stands in it twice"),
        ('"line": ', '"lime": 1, "line": ', "servers.0.lime: this key is unknown"),
        ('"seconds": ', '"seconds": "1", "x": ', "seconds: "),
    ],
)
def test_what_could_be_misread_is_refused(run: Run, tmp_path: Path, old: str, new: str, told: str) -> None:
    """Another value would be taken for what it says."""
    text = json_from(run).decode()
    assert old in text
    file = tmp_path / "run.json"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(RunFileError, match=told) as caught:
        read_run(file)
    assert str(caught.value) == cleaned(str(caught.value))


def test_what_contradicts_itself_is_refused(run: Run, tmp_path: Path) -> None:
    """No run writes it, and every reader would take another half for true."""
    server, outcome = run.servers[0], run.outcomes[0]
    other = "ex09.contoso.com"
    verdict = replace(server.verdicts[0], server=other) if server.verdicts else Verdict(server=other, verdict="ready")
    for odd, told in (
        (replace(run, servers=(server, server)), "ex01.contoso.com is in it twice"),
        (replace(run, outcomes=(outcome, outcome)), "'KB1-1' is in it twice for ex01.contoso.com"),
        (replace(run, outcomes=(replace(outcome, server=other),)), "an outcome of ex09.contoso.com, which is none"),
        (
            replace(run, servers=(replace(server, verdicts=(verdict,)),)),
            "verdict on ex01.contoso.com is one on another",
        ),
    ):
        file = tmp_path / "run.json"
        file.write_bytes(json_from(odd))
        with pytest.raises(RunFileError, match=told):
            read_run(file)
