"""The command without its command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moveready.doctor.diagnosis import Diagnosis, depth_of, diagnose
from moveready.doctor.examination import Depth
from moveready.errors import InventoryError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HERE = "{name: ex01.contoso.com, address: 127.0.0.1}"
PASSWORD = {"PASSWORD": "secret"}


@pytest.mark.parametrize(
    ("connect", "login", "depth"),
    [
        (False, False, Depth.NAMES),
        (True, False, Depth.CONNECT),
        (False, True, Depth.LOGIN),
        (True, True, Depth.LOGIN),
    ],
)
def test_a_login_includes_connecting(connect: bool, login: bool, depth: Depth) -> None:
    """Both together are the same as the login alone."""
    assert depth_of(connect=connect, login=login) is depth


def test_findings_are_told_between_the_version_and_the_result(inventory_file: Callable[..., Path]) -> None:
    """One text for each."""
    told: list[str] = []
    code = diagnose(Diagnosis(inventory=inventory_file(HERE)), PASSWORD, told.append)

    assert code == 0
    assert told[0].startswith("moveready ")
    assert told[-1] == "Result: nothing was found that would stop a run (exit code 0)"
    assert all(line.startswith("ok ") for line in told[1:-2])


def test_a_wrong_inventory_is_told_before_anything_else(inventory_file: Callable[..., Path]) -> None:
    """Here the password is missing."""
    told: list[str] = []
    with pytest.raises(InventoryError, match="PASSWORD"):
        diagnose(Diagnosis(inventory=inventory_file(HERE)), {}, told.append)

    assert told == []
