"""The command that a job calls before it moves mailboxes: may these servers be used now, by this file?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from moveready.errors import FileError
from moveready.gate.decision import one_line
from moveready.gate.file import read_gate
from moveready.gate.key import key_from
from moveready.gate.verify import names_in, notes_on, refusals, signature_refusals, time_text, word_for
from moveready.inventory import fingerprint_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta
    from pathlib import Path

    from moveready.gate.file import GateFile

MAY_BE_USED = 0
REFUSED = 1
USAGE_ERROR = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What the caller asks.

    Attributes:
        file: The gate file.
        servers: FQDNs or short names.
        max_age: How old its oldest answer may be; None for as long as it is valid.
        inventory: The inventory that it must have been made for, or None.
        key: The reference to the key that it must be signed with, or None.
    """

    file: Path
    servers: tuple[str, ...]
    max_age: timedelta | None = None
    inventory: Path | None = None
    key: str | None = None


def verify_command(asked: Verification, environ: Mapping[str, str], now: datetime) -> tuple[int, list[str]]:
    """The exit code and what to print: 0 where all may be used, 1 where not, 4 where the question has no answer."""
    try:
        key = None if asked.key is None else key_from(asked.key, environ)
    except ValueError as error:
        return USAGE_ERROR, [str(error)]
    try:
        fingerprint = None if asked.inventory is None else fingerprint_of(asked.inventory)
        gate = read_gate(asked.file)
    except FileError as error:
        return USAGE_ERROR, str(error).splitlines()
    # What is in a file of a wrong signature is nobody's word.
    reasons = signature_refusals(gate, key) or refusals(gate.decision, asked.servers, now, asked.max_age, fingerprint)
    if reasons:
        return REFUSED, [f"{asked.file}: {reason}" for reason in reasons]
    return MAY_BE_USED, _lines_of(gate, asked.servers)


def _lines_of(gate: GateFile, servers: tuple[str, ...]) -> list[str]:
    decision = gate.decision
    known = names_in(decision)
    names = [name for server in servers for name in known[word_for(server)]]
    until = time_text(decision.valid_until)
    by = f"run {one_line(decision.run)} of {one_line(decision.organization)}, valid until {until}"
    notes = notes_on(decision, names)
    if not gate.signature:
        notes.append("the file is not signed, so whoever can write it can change it; --gate-key signs it")
    lines = [f"{one_line(name, len(name))}: may be used ({by})" for name in dict.fromkeys(names)]
    return [*lines, *(f"Note: {note}." for note in notes)]
