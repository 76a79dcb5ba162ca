"""What may be sent, as docs/permissions.md and the roles of JEA say, and what was sent, as an audit says."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.powershell import data_in, listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    Sent = dict[tuple[str, str], set[str]]
    Values = dict[str, dict[str, set[str] | None]]

ROOT = Path(__file__).parents[1]
ROLES = ROOT / "jea/moveready/RoleCapabilities"
PAGE = (ROOT / "docs/permissions.md").read_text(encoding="utf-8")
ROW = re.compile(
    r"^\| (?P<what>[^|]+) \| (?P<endpoint>Exchange|Windows|HTTPS) \| (?P<sent>[^|]+) \| [^|]+ \|$", re.MULTILINE
)
OF_THE_PIPE = "InputObject"
"""What a cmdlet gets over the pipe is bound to it; no client names it."""
OF_POWERSHELL = {"WhatIf"}
"""The common parameters are always allowed, and a role must not list them (Microsoft, JEA role capabilities)."""


def documented(section: str, only: str = "") -> Sent:
    """The cmdlets with their parameters by endpoint, and the paths, of a section's table, or of one row of it."""
    sent: Sent = defaultdict(set)
    for row in ROW.finditer(PAGE.split(f"## {section}\n", 1)[1].split("\n## ", 1)[0]):
        if only in row["what"]:
            for command in re.findall(r"`([^`]+)`", row["sent"]):
                name, *words = command.split()
                sent[row["endpoint"], name].update(word.removeprefix("-") for word in words)
    return sent


def sent_in(audit: Iterable[dict[str, Any]]) -> Sent:
    """The same of an audit."""
    sent: Sent = defaultdict(set)
    for line in audit:
        endpoint = line.get("channel", "").partition(" ")[0]
        for cmdlet in line.get("cmdlets", ()):
            sent[endpoint, cmdlet["name"]].update([*cmdlet["parameters"], *cmdlet.get("arguments", ())])
        if "path" in line:
            sent[endpoint, line["method"]].add(line["path"].partition("?")[0])
    return sent


def values_in(audit: Iterable[dict[str, Any]]) -> Values:
    """The cmdlets of the Windows endpoint, with each value of each parameter; the name of an argument is its place."""
    values: Values = defaultdict(dict)
    cmdlets = [
        cmdlet for line in audit if line.get("channel") == "Windows endpoint" for cmdlet in line.get("cmdlets", ())
    ]
    for cmdlet in cmdlets:
        given = [*cmdlet["parameters"].items(), *enumerate(cmdlet.get("arguments", ()))]
        known = values[cmdlet["name"]]
        for name, value in given:
            known[str(name)] = (known.get(str(name)) or set()) | {str(each) for each in listed(value)}
    return values


def allowed_by(*roles: str) -> Values:
    """What these roles allow together: of each parameter its values, None where any may be given (merged by union)."""
    allowed: Values = defaultdict(dict)
    for role in roles:
        data = data_in(ROLES / f"{role}.psrc")
        for name, parameters in _commands_of(data):
            for parameter, values in parameters.items():
                known = allowed[name].get(parameter, set())
                allowed[name][parameter] = None if values is None or known is None else known | values
    return allowed


def _commands_of(data: dict[str, Any]) -> Iterable[tuple[str, dict[str, set[str] | None]]]:
    cmdlets: list[Any] = listed(data["VisibleCmdlets"])
    functions: list[Any] = listed(data["FunctionDefinitions"])
    for cmdlet in cmdlets:
        parameters: list[Any] = listed(cmdlet["Parameters"])
        yield cmdlet["Name"], _as_sets({each["Name"]: each.get("ValidateSet") for each in parameters})
    for function in functions:
        yield function["Name"], _as_sets(function["ScriptBlock"])


def _as_sets(parameters: dict[str, Any]) -> dict[str, set[str] | None]:
    return {
        name: None if values is None else {str(value) for value in listed(values)}
        for name, values in parameters.items()
    }
