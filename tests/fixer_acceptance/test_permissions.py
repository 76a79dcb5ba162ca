"""What the servers got is what docs/permissions.md and the roles of JEA allow: no less and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from moveready.findings.controls import installed_controls
from moveready.kb import load_rooms
from tests.permissions import OF_POWERSHELL, OF_THE_PIPE, allowed_by, documented, sent_in, values_in
from tests.sent import audited, logged_by, told_by

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from moveready.lab.server import Lab

    Audit = list[dict[str, Any]]
    Values = dict[str, dict[str, set[str] | None]]

pytestmark = [pytest.mark.heavy, pytest.mark.long]

load_rooms()
CONTROLS = [found.control.id for found in installed_controls()]
READY = {"name": "ex01.contoso.com"}
BROKEN = (
    {"name": "ex02.contoso.com", "flag": "off"},
    {"name": "ex03.contoso.com", "worker": "off"},
    {"name": "ex04.contoso.com", "services": {"MSExchangeMailboxReplication": "stopped"}},
    {"name": "ex05.contoso.com", "phase": "idle", "flag": "on"},
)
USELESS = {"name": "ex02.contoso.com", "flag": "off", "restart": {"outcome": "useless"}}
ESCALATING = {"wait": "0s", "restart": "app-pool", "escalate": True}


def audit_of(lab: Lab, file: Path) -> Audit:
    """The audit of a run, which has what the lab got."""
    audit = audited(file)
    assert told_by(audit) == logged_by(lab)
    return audit


@pytest.fixture(scope="module")
def checked(
    fixer_lab: Callable[..., Lab],
    run_fixer: Callable[..., pytest.RunResult],
    tmp_path_factory: pytest.TempPathFactory,
) -> Audit:
    """All checks of two servers."""
    lab, folder = fixer_lab(READY, BROKEN[0]), tmp_path_factory.mktemp("checked")
    run_fixer(lab, folder, "--audit=audit.jsonl")
    return audit_of(lab, folder / "audit.jsonl")


@pytest.fixture(scope="module")
def fixed(
    fixer_lab: Callable[..., Lab],
    run_fixer: Callable[..., pytest.RunResult],
    tmp_path_factory: pytest.TempPathFactory,
) -> Audit:
    """Every remedy, with each way to restart."""
    audit: Audit = []
    for servers, policy, patience in ((BROKEN, {"wait": "0s", "drain": True}, "2m"), ((USELESS,), ESCALATING, "5s")):
        lab, folder = fixer_lab(READY, *servers, fix=policy), tmp_path_factory.mktemp("fixed")
        run_fixer(lab, folder, "--fix=apply", f"--fix-timeout={patience}", "--audit=audit.jsonl")
        audit += audit_of(lab, folder / "audit.jsonl")
    return audit


@pytest.mark.parametrize("control", CONTROLS)
def test_row_of_a_control_is_what_it_sends(
    fixer_lab: Callable[..., Lab], run_fixer: Callable[..., pytest.RunResult], tmp_path: Path, control: str
) -> None:
    """Somebody who runs only some controls gives only their rights."""
    lab = fixer_lab(READY)
    run_fixer(lab, tmp_path, f"--control={control}", "--audit=audit.jsonl")

    assert sent_in(audit_of(lab, tmp_path / "audit.jsonl")) == documented("The checks", control)


def test_table_of_the_fixer_is_what_it_sends(fixed: Audit) -> None:
    """Beside what the checks send."""
    told = documented("The checks")
    for place, names in documented("The fixer").items():
        told[place] |= names

    assert sent_in(fixed) == told


def limits(values: Values) -> Values:
    """The parameters that a role has to list."""
    of_others = {OF_THE_PIPE, *OF_POWERSHELL}
    return {
        name: {key: value for key, value in found.items() if key not in of_others} for name, found in values.items()
    }


def assert_exactly(allowed: Values, sent: Values) -> None:
    """Every cmdlet and parameter is allowed, and no other; the same holds for values where the role lists them."""
    assert {name: set(found) for name, found in allowed.items()} == {name: set(found) for name, found in sent.items()}
    listed = {
        (name, key): values for name, found in allowed.items() for key, values in found.items() if values is not None
    }
    assert listed == {(name, key): sent[name][key] for name, key in listed}


def test_role_of_the_checks_allows_what_they_send(checked: Audit) -> None:
    """And nothing else."""
    assert_exactly(limits(allowed_by("moveready-checks")), limits(values_in(checked)))


def test_both_roles_allow_what_the_fixer_sends(fixed: Audit) -> None:
    """And nothing else; the argument of iisreset has its place instead of a name."""
    allowed = limits(allowed_by("moveready-checks", "moveready-fixer"))
    allowed["iisreset"] = {"0": allowed["iisreset"]["Mode"]}

    assert_exactly(allowed, limits(values_in(fixed)))


def test_only_three_parameters_take_any_value() -> None:
    """A switch, the XML of a filter, which its function examines, and what comes over the pipe."""
    allowed = allowed_by("moveready-checks", "moveready-fixer")
    free = {(name, key) for name, found in allowed.items() for key, values in found.items() if values is None}

    assert free == {
        ("Get-WinEvent", "Oldest"),
        ("Get-WinEvent", "FilterXml"),
        ("ForEach-Object", OF_THE_PIPE),
        ("Select-Object", OF_THE_PIPE),
    }
