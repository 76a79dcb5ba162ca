"""Waivers: a finding that somebody has accepted, for some servers, with a reason and until a day. Pure.

A waived control is still asked, and its finding is still shown; only the exit code and the counts treat it apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

WARNING = timedelta(days=14)
"""How long before its end a waiver is reported as ending soon."""

WAIVERS_FILE = "waivers.yaml"
"""A file of this name beside an inventory file belongs to it; in a folder it is one of the folder's files anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """One entry of `waivers:`.

    Attributes:
        control: The id of a control, or of a KB for all of its controls.
        servers: FQDNs of the servers that it names, in the order of the inventory.
        reason: Why the finding is accepted.
        until: The last day on which it counts, in UTC.
        ticket: Number or address of the change or the exception, or "".
        approved_by: Who accepted it, or "".
        file: The file that it stands in.
        line: Its line there.
    """

    control: str
    servers: tuple[str, ...]
    reason: str
    until: date
    ticket: str = ""
    approved_by: str = ""
    file: str = ""
    line: int = 0

    @property
    def ends_at(self) -> datetime:
        """The first moment at which it no longer counts; a waiver until the last day that there is never ends."""
        if self.until == date.max:
            return datetime.max.replace(tzinfo=UTC)
        return datetime.combine(self.until + timedelta(days=1), time(), UTC)

    def covers(self, control: str, server: str) -> bool:
        """Whether it is about this control, or the control's KB, on this server."""
        named = {control.upper(), control.rpartition("-")[0].upper()}
        return self.control.upper() in named and server in self.servers

    def has_expired(self, now: datetime) -> bool:
        """Whether its last day is over."""
        return now >= self.ends_at

    def ends_soon(self, now: datetime) -> bool:
        """Whether it still counts, and for no longer than `WARNING`."""
        return now < self.ends_at <= now + WARNING
