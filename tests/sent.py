"""What was sent to servers, as an audit says and as the lab's log says: in the same words, to be compared."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from moveready.lab.pipeline import Command
from moveready.lab.psrp import PipelineStart

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from moveready.lab.server import Lab

    Told = dict[tuple[str, str], list[str]]

CHANNELS = {"Exchange endpoint": "exchange", "Windows endpoint": "windows", "HTTPS endpoint": "https"}


def audited(file: Path | None) -> list[dict[str, Any]]:
    """The lines of an audit, each read on its own."""
    assert file is not None
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def told_by(audit: Iterable[dict[str, Any]]) -> Told:
    """What was sent to each server on each channel, in the lab's words; a GET once for each HTTP request it took."""
    told: Told = defaultdict(list)
    for line in audit:
        place = (line.get("server", ""), CHANNELS.get(line.get("channel", ""), ""))
        if line["event"] == "asks" and "cmdlets" in line:
            told[place].append(typed(line["cmdlets"]))
        elif line["event"] == "ended" and "path" in line:
            told[place] += [line["path"].partition("?")[0]] * line["requests"]
    return told


def typed(cmdlets: list[dict[str, Any]]) -> str:
    """The pipeline as the lab logs it."""
    commands = (
        Command(each["name"], (*((None, value) for value in each.get("arguments", ())), *each["parameters"].items()))
        for each in cmdlets
    )
    return PipelineStart("", (tuple(commands),)).line


def logged_by(lab: Lab) -> Told:
    """What the lab was asked."""
    logged: Told = defaultdict(list)
    for entry in lab.log.entries():
        if entry.kind == "command" or entry.channel == "https":
            logged[entry.server, entry.channel].append(entry.what)
    return logged
