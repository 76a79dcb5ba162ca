"""Nothing but the planned servers is ever changed, whatever the directory answers: the trap of `-Identity`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from moveready.lab.server import Lab

pytestmark = pytest.mark.heavy


def test_only_planned_servers_appear_in_a_set(
    fixer_lab: Callable[..., Lab],
    run_fixer: Callable[..., pytest.RunResult],
    changes: Callable[[Lab], list[str]],
    tmp_path: Path,
) -> None:
    """Twenty servers, two to repair: the log of the whole fleet holds their Sets, each as often as the article says."""
    lab = fixer_lab(
        {"name": "node.contoso.com", "copies": 18},
        {"name": "off.contoso.com", "flag": "off"},
        {"name": "stale.contoso.com", "worker": "off"},
    )
    run_fixer(lab, tmp_path, "--fix=apply", "--since=1h")

    assert Counter(changes(lab)) == Counter(["off on", "off iisreset", "stale off", "stale on", "stale iisreset"])
    assert {what.partition("-Identity '")[2].partition("\\")[0] for what in sets_of(lab)} == {"OFF", "STALE"}
    assert flags_of(lab) == {True}


def test_server_without_a_directory_is_never_set(
    fixer_lab: Callable[..., Lab],
    run_fixer: Callable[..., pytest.RunResult],
    changes: Callable[[Lab], list[str]],
    tmp_path: Path,
) -> None:
    """Asked by an identity that does not exist, the directory gives all objects; none of them is this server's."""
    lab = fixer_lab({"name": "ex01.contoso.com", "flag": "off"}, {"name": "ex02.contoso.com", "flag": "absent"})
    run_fixer(lab, tmp_path, "--fix=apply")

    assert changes(lab) == ["ex01 on", "ex01 iisreset"]


def sets_of(lab: Lab) -> list[str]:
    """Every Set of a virtual directory, tried or done, of the whole fleet."""
    return [what for what in lab.log.commands() if what.startswith("Set-WebServicesVirtualDirectory")]


def flags_of(lab: Lab) -> set[bool]:
    """All values of the flag in the directory."""
    return {entry.mrsproxy_enabled for entry in lab.organization.directory.values()}
