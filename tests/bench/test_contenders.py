"""Running and holding contenders: a small benchmark from end to end, and the guards against one that asks less."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks.cases import Contender
from benchmarks.contenders import ROOT, ContenderError, Usage, checks_in, hold_to_its_task

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.heavy

ASKED = {"kinds": {"command": 61, "get": 20}}


def usage(code: int = 0) -> Usage:
    """A process that ended so."""
    return Usage(1.0, 1.0, 50.0, code, "its last words\n")


def benchmarks(*arguments: str) -> str:
    """What the command prints."""
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, encoding="utf-8", cwd=ROOT, check=True).stdout


def test_a_small_benchmark_from_end_to_end(tmp_path: Path) -> None:
    """Every contender asks three servers over TLS and leaves no shell; JSON, Markdown and `--from` tell the same."""
    printed = benchmarks("--servers=3", "--latency=0", "--transport=tls", f"--results={tmp_path}")
    results = json.loads((tmp_path / "chosen.json").read_text(encoding="utf-8"))["results"]

    assert {result["contender"]: result["https_logins"] for result in results} == {
        contender.value: 0 if contender is Contender.COLLECT else 3 for contender in Contender
    }
    assert {result["open_shells"] for result in results} == {0}
    assert printed == (tmp_path / "chosen.md").read_text(encoding="utf-8") + "\n"
    assert printed == benchmarks(f"--from={tmp_path / 'chosen.json'}")


def test_a_contender_that_failed_has_no_figures() -> None:
    """Its last words are told."""
    with pytest.raises(ContenderError, match=r"ended with 2\.\nits last words"):
        hold_to_its_task(Contender.FLOOR, 20, usage(2), ASKED, {"findings": 2})


@pytest.mark.parametrize("kinds", [{"command": 60, "get": 20}, {"command": 61, "get": 19}, {}])
def test_a_contender_that_asked_less_has_no_figures(kinds: dict[str, int]) -> None:
    """The lab has counted: three pipelines and one GET a server, and at least one question about the directory."""
    with pytest.raises(ContenderError, match="it did not ask every server everything"):
        hold_to_its_task(Contender.FLOOR, 20, usage(), {"kinds": kinds}, {"findings": 2})


def test_a_contender_that_found_less_has_no_figures() -> None:
    """Every tenth server is off."""
    with pytest.raises(ContenderError, match="it found 1 of 2 servers"):
        hold_to_its_task(Contender.FLOOR, 20, usage(), ASKED, {"findings": 1})


@pytest.mark.parametrize(("contender", "code"), [(Contender.SUITE, 1), (Contender.COLLECT, 0), (Contender.FLOOR, 0)])
def test_findings_end_a_run_of_pytest_with_one(contender: Contender, code: int) -> None:
    """Scripts and `--collect-only` end with zero."""
    hold_to_its_task(contender, 20, usage(code), ASKED, {})
    with pytest.raises(ContenderError, match=re.escape(f"ended with {1 - code}")):
        hold_to_its_task(contender, 20, usage(1 - code), ASKED, {})


@pytest.mark.parametrize(
    ("line", "checks"),
    [
        ("==== 6 failed, 54 passed in 1.20s ====", 60),
        ("3 passed, 1 warning in 0.10s", 3),
        ("600 tests collected in 0.30s", 600),
        ("1 test collected in 0.30s", 1),
    ],
)
def test_checks_are_counted_in_the_last_line(line: str, checks: int) -> None:
    """As pytest writes it."""
    assert checks_in(f"12 passed\n{line}\n") == checks
