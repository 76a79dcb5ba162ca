"""The audit of a run with the fixer: its changes are in it beside the questions of the checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sent import audited, logged_by, told_by

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from moveready.lab.server import Lab

pytestmark = pytest.mark.heavy


def test_changes_are_in_the_audit(
    fixer_lab: Callable[..., Lab], run_fixer: Callable[..., pytest.RunResult], tmp_path: Path
) -> None:
    """Everything that the servers got, in its order: checks, plan, draining, Sets, restart, and the checks again."""
    lab = fixer_lab(
        {"name": "ex01.contoso.com"}, {"name": "ex03.contoso.com", "worker": "off"}, fix={"wait": "0s", "drain": True}
    )
    result = run_fixer(lab, tmp_path, "--fix=apply", "--audit=audit.jsonl")
    told, logged = told_by(audited(tmp_path / "audit.jsonl")), logged_by(lab)
    sets = [line for line in told["ex01.contoso.com", "exchange"] if line.startswith("Set-")]

    assert result.ret == 0
    assert told == logged
    assert len([line for line in sets if "-WhatIf" not in line]) == 4
    assert "iisreset" in told["ex03.contoso.com", "windows"]
