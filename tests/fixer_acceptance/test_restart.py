"""Restarts on living labs: drained and not, slow, useless, and servers that never come back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from moveready.findings.run_file import read_run
from tests.builders import KB3063913

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from moveready.findings.outcomes import Run
    from moveready.lab.server import Lab

pytestmark = pytest.mark.heavy

READY = {"name": "ex01.contoso.com"}
DISABLED = {"name": "ex02.contoso.com", "flag": "off"}
LATER = {"name": "ex04.contoso.com", "flag": "off", "worker": "on"}
USELESS = {**DISABLED, "restart": {"outcome": "useless"}}
APP_POOL = {"wait": "0s", "restart": "app-pool"}


class Repaired(NamedTuple):
    """What came of it."""

    result: pytest.RunResult
    changed: list[str]
    lab: Lab
    run: Run


@pytest.fixture
def repair(
    fixer_lab: Callable[..., Lab],
    run_fixer: Callable[..., pytest.RunResult],
    changes: Callable[[Lab], list[str]],
    tmp_path: Path,
) -> Callable[..., Repaired]:
    """Apply to a fleet of these servers."""

    def apply(*servers: dict[str, object], **facts: object) -> Repaired:
        lab = fixer_lab(*servers, **facts)
        result = run_fixer(lab, tmp_path, "--fix=apply", "--fix-timeout=3s", KB3063913)
        return Repaired(result, changes(lab), lab, read_run(tmp_path / "reports" / "run.json"))

    return apply


def test_server_that_dies_stops_everything(repair: Callable[..., Repaired]) -> None:
    """Exit code 13; its flag is as it was set, it is active again, and the next server is not touched."""
    done = repair(READY, {**DISABLED, "restart": {"outcome": "dies"}}, LATER, fix={"drain": True})
    states = {server.fqdn: held.state for server in done.lab.organization.servers.values()
              for held in server.components.values()}  # fmt: skip

    assert done.result.ret == 13
    assert done.changed == ["ex02 on", "ex02 Inactive", "ex02 iisreset", "ex02 Active"]
    assert states == {"ex02.contoso.com": "Active"}
    assert done.lab.organization.directory["ex02.contoso.com"].mrsproxy_enabled
    done.result.stdout.fnmatch_lines(
        ["ex02.contoso.com: NOT repaired: *did not come back after the restart within 3 s*"]
    )


def test_useless_restart_is_not_verified(repair: Callable[..., Repaired]) -> None:
    """The checks still fail afterwards: exit code 13, told as failed with the story, and the rest is not touched."""
    done = repair(READY, USELESS, LATER)
    endpoint = {outcome.key: outcome for outcome in done.run.outcomes}["ex02.contoso.com", "KB3063913-3"]

    assert done.result.ret == 13
    assert done.changed == ["ex02 on", "ex02 iisreset"]
    assert (endpoint.word, endpoint.story[-1]) == ("failed", "verified: failed")
    done.result.stdout.fnmatch_lines(["ex02.contoso.com: NOT repaired: the checks still do not pass"])


def test_recycle_alone_repairs(repair: Callable[..., Repaired]) -> None:
    """`restart: app-pool` drops nobody; escalation is for what is still 403."""
    done = repair(READY, DISABLED, fix={**APP_POOL, "escalate": True})

    assert done.result.ret == 0
    assert done.changed == ["ex02 on", "ex02 recycle"]


@pytest.mark.parametrize(("escalate", "more"), [(True, ["ex02 iisreset /noforce"]), (False, [])])
def test_useless_recycle_escalates_if_allowed(repair: Callable[..., Repaired], escalate: bool, more: list[str]) -> None:
    """Still 403: `iisreset /noforce`, but only where the inventory says `escalate: true`."""
    done = repair(READY, USELESS, fix={**APP_POOL, "escalate": escalate})

    assert done.result.ret == 13
    assert done.changed == ["ex02 on", "ex02 recycle", *more]


def test_drained_where_it_can_be(repair: Callable[..., Repaired]) -> None:
    """2016 leaves the load balancer before its slow restart and returns after it; 2010 knows no such thing."""
    slow = {"restart": {"takes": "1s"}, "flag": "off"}
    done = repair(
        {"name": "ex10.contoso.com", "version": "14.3 (Build 123.4)", **slow},
        {"name": "ex16.contoso.com", "version": "15.1 (Build 2507.6)", **slow},
        fix={"drain": True},
    )

    assert done.result.ret == 0
    assert done.changed == ["ex10 on", "ex10 iisreset", "ex16 on", "ex16 Inactive", "ex16 iisreset", "ex16 Active"]
    assert healthchecks_of(done.lab, "ex10.contoso.com") == []
    assert healthchecks_of(done.lab, "ex16.contoso.com") == [200, 503, 200]


def healthchecks_of(lab: Lab, server: str) -> list[Any]:
    """Statuses of the health check, as it was polled, repetitions left out."""
    seen = [entry.status for entry in lab.log.entries(server=server, channel="https") if "healthcheck" in entry.what]
    return [status for before, status in zip([None, *seen], seen, strict=False) if status != before]
