"""`docs/run.schema.json` is made of the code, and says of a `run.json` what is true."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped] # published without type information

from moveready.findings.outcomes import SCHEMA, Result, Run
from moveready.findings.run_file import json_from, read_run
from moveready.reporting.run_schema import run_schema, run_schema_text
from tests.reporting.hostile import fleet_run, hostile_run, with_hostile_texts

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docs" / "run.schema.json"
VALIDATOR = Draft202012Validator(run_schema(), format_checker=Draft202012Validator.FORMAT_CHECKER)
REQUIRED = ("organization", "inventory", "started_at", "finished_at", "servers", "outcomes")


def mistakes_in(run: Any) -> list[str]:
    """What a validator says of a run, as JSON."""
    return [mistake.message for mistake in VALIDATOR.iter_errors(run)]


def plain(run: Run) -> Any:
    """The run, as whoever reads its file has it."""
    return json.loads(json_from(run))


def test_file_is_up_to_date() -> None:
    """Write it again with `run_schema_text`."""
    assert FILE.read_text(encoding="utf-8") == run_schema_text()


def test_schema_is_one() -> None:
    """Of the dialect that it names."""
    Draft202012Validator.check_schema(run_schema())

    assert run_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert run_schema()["title"] == "moveready run"


def test_schema_says_what_its_number_means() -> None:
    """Whoever reads the file must know when to refuse it."""
    assert "`schema`" in run_schema()["description"]
    assert f"This is form {SCHEMA}." in run_schema()["description"]


def test_run_of_the_repository_is_valid() -> None:
    """As it was written, by an earlier version, and as this version writes it."""
    sample = ROOT / "reports" / "sample" / "run.json"

    assert mistakes_in(json.loads(sample.read_bytes())) == []
    assert mistakes_in(plain(read_run(sample))) == []


@with_hostile_texts
def test_run_with_any_text_is_valid(text: str, result: Result) -> None:
    """No text is a reason for a key to be missing, or to be of another kind; surrogates cannot be written at all."""
    written = text.encode("utf-8", "replace").decode()

    assert mistakes_in(plain(hostile_run(written, result))) == []


@pytest.mark.parametrize("key", REQUIRED)
def test_run_without_a_required_key_is_not_valid(key: str) -> None:
    """And says which."""
    run = plain(fleet_run(1))
    del run[key]

    assert mistakes_in(run) == [f"'{key}' is a required property"]


@pytest.mark.parametrize(
    ("part", "key"), [("outcomes", "result"), ("outcomes", "control"), ("servers", "name"), ("servers", "phase")]
)
def test_part_without_a_required_key_is_not_valid(part: str, key: str) -> None:
    """The parts are described as well."""
    run = plain(fleet_run(1))
    del run[part][0][key]

    assert mistakes_in(run) == [f"'{key}' is a required property"]


def test_result_that_does_not_exist_is_not_valid() -> None:
    """A reader may count on the words."""
    run = plain(fleet_run(1))
    run["outcomes"][0]["result"] = "skipped"

    assert mistakes_in(run) == ["'skipped' is not one of ['passed', 'failed', 'error', 'waived']"]


def test_run_of_a_later_form_is_not_valid() -> None:
    """A reader of this form would misread it."""
    assert mistakes_in(plain(fleet_run(1)) | {"schema": SCHEMA + 1}) == [
        f"{SCHEMA + 1} is greater than the maximum of {SCHEMA}"
    ]


def test_key_of_a_later_version_is_ignored() -> None:
    """It needs no new number."""
    assert mistakes_in(plain(fleet_run(1)) | {"later": 1}) == []
