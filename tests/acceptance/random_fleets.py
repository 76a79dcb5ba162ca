"""Random fleets for the load tests, and what a run must find on each of their servers.

`random_fleet` draws the servers; `expected_outcomes` reads one server of the fleet file and applies the rules of
KB 3063913 to it, on its own: it knows nothing of the code that is tested.
"""

from __future__ import annotations

from random import Random
from typing import Any

Facts = dict[str, Any]

HEALTHY: tuple[Facts, ...] = (
    {},
    {"flag": "off", "events": [{"ago": "5m"}]},
    {"worker": "off", "events": [{"ago": "2h"}, {"ago": "5m"}]},
    {"flag": "off", "worker": "on"},
    {"worker_started": "1h", "events": [{"ago": "5h"}]},
    {"endpoint": "device-403"},
    {"endpoint": "503"},
    {"oldest_record": "20m"},
    {"phase": "idle"},
    {"version": "14.3 (Build 123.4)"},
)
"""Servers that answer, each in its own way; the first is ready, and is drawn as often as all others together."""

FAULTS: tuple[Facts, ...] = (
    {"down": "all"},
    {"down": ["windows"]},
    {"down": ["https"]},
    {"latency": "1h"},
    {"endpoint": "nothing"},
    {"endpoint": "401"},
    {"endpoint": "redirect"},
    {"endpoint": "device-200"},
    {"endpoint": "999"},
    {"front_end": "EX9999"},
    {"flag": "absent", "worker": "on"},
    {"clixml": {"MRSProxyEnabled": '<B N="MRSProxyEnabled">maybe</B>'}},
    {"events": [{"ago": "5m", "computer": "ex9999.contoso.com"}]},
    {"events": [{"ago": "5m", "message": "MRS proxy service is gone"}]},
)
"""What makes at least one question of a server an error."""

DIRECTORY, LOG, ENDPOINT = "KB3063913-1", "KB3063913-2", "KB3063913-3"
_SILENT = ({"endpoint": "nothing"}, {"latency": "1h"})
_NOT_ITS_OWN_ANSWER = {"nothing", "401", "redirect", "device-200", "999"}


def random_fleet(seed: int, servers: int, fault_share: float) -> list[Facts]:
    """The servers of a fleet file; the same seed gives the same fleet.

    Args:
        seed: Of the random choice.
        servers: How many.
        fault_share: How many of them have a fault, from 0 to 1; at least one of every kind.
    """
    chance = Random(seed)  # noqa: S311 - a choice of tests, and no secret
    faults = round(servers * fault_share)
    drawn = [*FAULTS, *(chance.choice(FAULTS) for _ in range(faults - len(FAULTS)))]
    weights = [len(HEALTHY) - 1, *(1 for _ in HEALTHY[1:])]
    drawn += chance.choices(HEALTHY, weights, k=servers - len(drawn))
    chance.shuffle(drawn)
    return [{"name": f"ex{number:04d}.contoso.com", **facts} for number, facts in enumerate(drawn, 1)]


def expected_outcomes(facts: Facts) -> dict[str, str]:
    """How each control of KB 3063913 must end on the server of these facts; `idle` asks for the flag alone."""
    if facts.get("phase") == "idle":
        return {DIRECTORY: "passed" if facts.get("flag", "on") == "off" else "failed"}
    return {DIRECTORY: _directory(facts), LOG: _log(facts), ENDPOINT: _endpoint(facts)}


def _directory(facts: Facts) -> str:
    """The flag comes from Active Directory, so that a dead server has one."""
    if "clixml" in facts:
        return "error"
    return {"on": "passed", "off": "failed", "absent": "error"}[facts.get("flag", "on")]


def _log(facts: Facts) -> str:
    """A live event is newer than the worker's start, which is 30 days ago unless the facts tell another."""
    if _is_away(facts, "windows") or "oldest_record" in facts:
        return "error"
    live = [event for event in facts.get("events", []) if facts.get("worker_started", "30d") == "30d" or _is_new(event)]
    if any({"computer", "message"} & event.keys() for event in live):
        return "error"
    return "failed" if live else "passed"


def _is_new(event: Facts) -> bool:
    """Whether it is younger than an hour, at which the worker of these fleets was started."""
    return str(event["ago"]).endswith("m")


def _endpoint(facts: Facts) -> str:
    """Only this server's own answer after a login counts."""
    kind = facts.get("endpoint", "exchange")
    if _is_away(facts, "https") or kind in _NOT_ITS_OWN_ANSWER or "front_end" in facts:
        return "error"
    worker = facts.get("worker", facts.get("flag", "on"))
    return "passed" if (kind, worker) == ("exchange", "on") else "failed"


def _is_away(facts: Facts, channel: str) -> bool:
    down = facts.get("down", [])
    return "latency" in facts or down == "all" or channel in down
