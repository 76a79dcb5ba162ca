"""What a run costs the servers, to the request: one that is added anywhere fails here."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from moveready.evidence.cost import Cost
from moveready.lab.fleet import fleet_from
from moveready.lab.server import Lab
from tests.builders import KB3063913

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from moveready.findings.outcomes import Run

NAMES = tuple(f"ex{number:02d}.contoso.com" for number in range(1, 6))
FIRST = NAMES[0]
CHANNELS = ("exchange", "windows", "https")

SEALED_LOGIN = ("challenge", "challenge", "login")
"""WinRM over HTTP: nothing may be sent before messages can be sealed, so the login has a request of its own."""
OPENED = ("create-shell", "receive", "receive")
ASKED = ("command", "receive")

DIRECTORY = (*SEALED_LOGIN, *OPENED, *ASKED, "delete-shell")
"""One question for all servers; a larger organization's answer takes more Receives."""
EVENTS = (*SEALED_LOGIN, *OPENED, *ASKED, *ASKED, *ASKED, "delete-shell")
EVENTS_OVER_TLS = ("challenge", "challenge", *OPENED, *ASKED, *ASKED, *ASKED, "delete-shell")
"""Over TLS the login is completed by the request that creates the shell."""
ENDPOINT = ("challenge", "challenge", "get")


@pytest.fixture
def asked_by(pytester: pytest.Pytester) -> Callable[..., dict[tuple[str, str], tuple[str, ...]]]:
    """Run the checks against a lab: what each channel of each server was asked, in its order."""

    def run(lab: Lab, *args: str) -> dict[tuple[str, str], tuple[str, ...]]:
        result = pytester.runpytest_subprocess(f"--inventory={lab.inventory_file}", *args)
        assert result.ret == 0
        asked: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for entry in lab.log.entries():
            asked[entry.server, entry.channel].append(entry.kind)
        return {where: tuple(kinds) for where, kinds in asked.items()}

    return run


@pytest.mark.parametrize("windows_tls", [False, True], ids=["sealed", "tls"])
def test_every_request_is_accounted_for(
    asked_by: Callable[..., dict[tuple[str, str], tuple[str, ...]]], tmp_path: Path, windows_tls: bool
) -> None:
    """One session to one Exchange server; one session with three questions and one GET to each server."""
    events = EVENTS_OVER_TLS if windows_tls else EVENTS
    fleet = fleet_from(servers=[{"name": name} for name in NAMES])
    with Lab(fleet, folder=tmp_path, windows_tls=windows_tls) as lab:
        asked = asked_by(lab, KB3063913)

    visits = {(name, channel): kinds for name in NAMES for channel, kinds in (("windows", events), ("https", ENDPOINT))}
    assert asked == {(FIRST, "exchange"): DIRECTORY, **visits}


def test_workers_ask_no_server_twice(
    asked_by: Callable[..., dict[tuple[str, str], tuple[str, ...]]], tmp_path: Path
) -> None:
    """Each worker reads the directory for itself; the servers do not notice that there are two."""
    with Lab(fleet_from(servers=[{"name": name} for name in NAMES]), folder=tmp_path) as lab:
        asked = asked_by(lab, KB3063913, "-n", "2")

    directory = asked.pop((FIRST, "exchange"))
    assert sorted(directory) == sorted(DIRECTORY * 2)
    assert asked == {
        (name, what): kinds for name in NAMES for what, kinds in (("windows", EVENTS), ("https", ENDPOINT))
    }


def test_all_controls_share_the_logins(pytester: pytest.Pytester, tmp_path: Path, workers: tuple[str, ...]) -> None:
    """However many KBs there are: one Exchange session a worker, one Windows and one HTTPS login a server."""
    with Lab(fleet_from(servers=[{"name": name} for name in NAMES]), folder=tmp_path) as lab:
        result = pytester.runpytest_subprocess(f"--inventory={lab.inventory_file}", *workers)
        logins = {channel: [entry.server for entry in lab.log.logins(channel=channel)] for channel in CHANNELS}
        sessions = lab.log.entries(kind="create-shell")

    assert result.ret == 0
    assert len(logins["exchange"]) == (2 if workers else 1)
    assert sorted(logins["windows"]) == sorted(logins["https"]) == sorted(NAMES)
    assert len(sessions) == len(logins["exchange"]) + len(logins["windows"])


OWN_CHECK = """
from moveready.inventory import Server

def test_own(server: Server, endpoint_answer, mrsproxy_events, ews_directory):
    pass

def test_another(server: Server, endpoint_answer):
    pass
"""
RUNS = {
    "alone": (),
    "two": ("-n", "2"),
    "a part": ("-k", "endpoint"),
    "own": ("test_own.py",),
    "own and ours of two": ("--pyargs", "moveready.checks.test_kb3063913_mrsproxy_disabled", "test_own.py", "-n", "2"),
}


@pytest.mark.parametrize(
    "args",
    [pytest.param(args, id=name, marks=[pytest.mark.heavy] * ("-n" in args)) for name, args in RUNS.items()],
)
def test_reports_tell_what_the_servers_counted(
    asked_by: Callable[..., dict[tuple[str, str], tuple[str, ...]]],
    last_run: Callable[[], Run],
    pytester: pytest.Pytester,
    tmp_path: Path,
    args: tuple[str, ...],
) -> None:
    """Sessions, requests and bytes, of each server and in all, as the other end of the wire has seen them."""
    with Lab(fleet_from(servers=[{"name": name} for name in NAMES]), folder=tmp_path) as lab:
        pytester.makepyfile(test_own=OWN_CHECK)
        asked_by(lab, *args)
        costs = last_run().costs
        of_servers = {name: (cost.sessions, cost.requests) for name, cost in costs.items() if name in NAMES}
        counted = {
            name: (len(seen(lab, name, logged_in=True)), len(seen(lab, name, logged_in=False))) for name in NAMES
        }
        total = sum(costs.values(), Cost())

    assert of_servers == counted
    assert (total.sessions, total.requests) == (len(lab.log.logins()), lab.log.requests())
    assert total.bytes_sent + total.bytes_received == pytest.approx(lab.log.bytes, rel=0.02)


def seen(lab: Lab, name: str, *, logged_in: bool) -> list[str]:
    """What a server itself was asked on its own two channels: its logins, or all requests."""
    entries = lab.log.logins(server=name) if logged_in else lab.log.entries(server=name)
    return [entry.kind for entry in entries if entry.channel != "exchange"]
