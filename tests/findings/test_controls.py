"""A control is its id; it knows where it applies and what repairs it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import moveready
from moveready.findings.controls import Control, Severity, control, control_of, repeated_ids
from moveready.inventory import Phase


def described(**changes: Any) -> Control:
    """A control of a made-up check."""
    given = {"title": "T", "severity": "high", "cause": "C", "source": "S"} | changes

    @control("KB1-1", **given)
    def check() -> None:
        """Never called."""

    found = control_of(check)
    assert found is not None
    return found


def test_decorator_describes_the_check() -> None:
    """What the decorator was given is on the function."""
    assert (described().id, described().severity) == ("KB1-1", Severity.HIGH)


def test_plain_function_has_no_control() -> None:
    """A test of the user's own is no control."""
    assert control_of(test_plain_function_has_no_control) is None


def test_unknown_severity_is_refused() -> None:
    """Severities are a closed set."""
    with pytest.raises(ValueError, match="awful"):
        described(severity="awful")


@pytest.mark.parametrize("phase", list(Phase))
def test_control_applies_in_both_phases_by_default(server_named: Any, phase: Phase) -> None:
    """Only a control that says so is left out."""
    assert described().applies_to(server_named(phase=phase))


def test_control_of_one_phase_is_not_asked_in_the_other(server_named: Any) -> None:
    """An idle server is not asked what only a moving one must answer."""
    assert not described(phases=[Phase.MOVING]).applies_to(server_named(phase=Phase.IDLE))


@pytest.mark.parametrize(("phase", "wanted"), [(Phase.MOVING, "$true"), (Phase.IDLE, "$false")])
def test_resolution_names_the_server(server_named: Any, phase: Phase, wanted: str) -> None:
    """The command is for that very server, and turns the flag the way its phase wants."""
    found = described(resolution='Set-X "{identity}" ${wanted} on {server}, {netbios}')

    assert found.resolution_for(server_named(phase=phase)) == (
        rf'Set-X "EX01\EWS (Default Web Site)" {wanted} on ex01.contoso.com, EX01'
    )


def test_repeated_id_is_told() -> None:
    """Two functions of one id would overwrite each other's outcomes."""
    twice = [(described(), "test_a"), (described(), "test_a"), (described(), "test_b")]

    assert repeated_ids(twice) == ["control KB1-1 is claimed by test_a and test_b"]


def test_one_function_on_many_servers_is_no_repetition() -> None:
    """A control has one item a server."""
    assert repeated_ids([(described(), "test_a")] * 3) == []


ALONE = """
import sys
sys.meta_path[:] = [finder for finder in sys.meta_path if "editable" not in repr(finder)]
sys.path[:] = [sys.argv[1], *(place for place in sys.path if "__editable__" not in place)]
from moveready.findings.controls import installed_controls
print(installed_controls())
"""
"""The package as it stands in a folder, without the checks that an installation adds to it."""


def test_checks_that_are_not_installed_are_none(tmp_path: Path) -> None:
    """A run of your own tests needs none of them."""
    shutil.copytree(Path(moveready.__file__).parent, tmp_path / "moveready", ignore=shutil.ignore_patterns("checks"))
    done = subprocess.run([sys.executable, "-c", ALONE, tmp_path], capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == ("[]\n", "")
