"""A subject of the user's own is asked like ours: together, in the same sessions, counted, and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.findings.outcomes import Run
    from moveready.lab.server import Lab

SUBJECT = """
from dataclasses import dataclass

from moveready.api import Cmdlet, Pipeline, Scope, Server, ServerSubject, control, declare, object_from


@dataclass(frozen=True, kw_only=True)
class IisServices:
    server: str
    running: tuple[str, ...]


def read(server, context, answer):
    services = [object_from(service) for service in answer.objects]
    return IisServices(server=server.name, running=tuple(each.text("Name") for each in services))


IIS_SERVICES = declare(
    ServerSubject(
        name="iis_services",
        type=IisServices,
        scope=Scope.WINDOWS,
        ask=lambda server, context: [
            Pipeline.of(
                Cmdlet("Get-Service", Name=("W3SVC", "WAS")), Cmdlet("Select-Object", Property=("Name", "Status"))
            )
        ],
        read=read,
    )
)
"""
CHECK = """
@control("OWN-1", title="IIS has its services", severity="low", cause="C", source="https://intranet")
def test_iis_has_its_services(server: Server, iis_services) -> None:
    assert set(iis_services.running) == {"W3SVC", "WAS"}, f"{server.name} has {iis_services.running}"
"""
IMPORTS = "from moveready.api import Server, control\n"


@pytest.mark.parametrize("place", ["check file", "conftest"])
def test_own_subject_is_asked_with_ours(
    pytester: pytest.Pytester, six: Lab, last_run: Callable[[], Run], place: str, workers: tuple[str, ...]
) -> None:
    """One Windows session a server for it and for the events, whoever declares it."""
    if place == "conftest":
        pytester.makeconftest(SUBJECT)
        pytester.makepyfile(test_own=IMPORTS + CHECK)
    else:
        pytester.makepyfile(test_own=SUBJECT + CHECK)
    checks = ("test_own.py", "--pyargs", "moveready.checks.test_kb3063913_mrsproxy_disabled")
    result = pytester.runpytest_subprocess(f"--inventory={six.inventory_file}", *checks, *workers)
    run = last_run()
    own = [outcome for outcome in run.outcomes if outcome.control == "OWN-1"]

    assert result.ret == 0, result.stdout.str()
    assert [outcome.evidence["iis_services"]["running"] for outcome in own] == [["W3SVC", "WAS"]] * 6
    assert len(six.log.logins(channel="windows")) == len(six.log.logins(channel="https")) == 6
    assert sum(cost.requests for cost in run.costs.values()) == six.log.requests()
