"""When and how servers may be changed, as frozen values. Pure.

Each `Server` says whether it may be changed; the values here hold for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

WAIT_SECONDS = 180.0
"""Microsoft says "a few minutes" (KB 3063913, resolution 2) and never how many; three are our choice."""


class Weekday(Enum):
    """A day of the week, in the order of `date.weekday()`."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


WEEK = tuple(Weekday)


class RestartKind(Enum):
    """What is restarted so that a changed setting takes effect.

    Members:
        IISRESET: All of IIS, as KB 3063913 says; it drops every client of the server.
        APP_POOL: MSExchangeServicesAppPool alone: smaller, but not in the article.
    """

    IISRESET = "iisreset"
    APP_POOL = "app-pool"


@dataclass(frozen=True, slots=True)
class Window:
    """Hours in which servers may be changed, by the clocks of one time zone.

    A window over midnight belongs to the day on which it opens. When clocks change, RFC 5545, section 3.3.5 applies:
    a time that occurs twice is its first occurrence, one that is skipped has the offset before the gap. So a window is
    always one stretch of time, an hour longer or shorter in that night, and closed if nothing of it is left.

    Attributes:
        days: Days on which it opens; None means every day.
        opens: First moment in it.
        closes: First moment after it; a time before `opens` is on the next day. Never equal to `opens`.
        time_zone: IANA name, such as `Europe/Berlin`.
    """

    days: tuple[Weekday, ...] | None
    opens: time
    closes: time
    time_zone: str

    def contains(self, moment: datetime) -> bool:
        """Whether servers may be changed at that moment.

        Raises:
            ValueError: The moment has no time zone.
            zoneinfo.ZoneInfoNotFoundError: This machine does not know the window's time zone.
        """
        if moment.utcoffset() is None:
            raise ValueError("the moment has no time zone")
        today = moment.astimezone(ZoneInfo(self.time_zone)).date()
        return any(self._contains_after_opening_on(day, moment) for day in (today, today - timedelta(days=1)))

    def _contains_after_opening_on(self, day: date, moment: datetime) -> bool:
        if self.days is not None and WEEK[day.weekday()] not in self.days:
            return False
        last_day = day if self.opens < self.closes else day + timedelta(days=1)
        return self._instant(day, self.opens) <= moment < self._instant(last_day, self.closes)

    def _instant(self, day: date, clock: time) -> datetime:
        """The moment in UTC, because Python compares datetimes of the same zone without regard to clock changes."""
        return datetime.combine(day, clock, ZoneInfo(self.time_zone)).astimezone(UTC)

    @property
    def text(self) -> str:
        """The window as text: `Sat, Sun 22:00-04:00 Europe/Berlin`."""
        days = "daily" if self.days is None else ", ".join(day.value.capitalize() for day in self.days)
        return f"{days} {self.opens:%H:%M}-{self.closes:%H:%M} {self.time_zone}"


@dataclass(frozen=True, slots=True)
class FixPolicy:
    """How the fixer makes its changes.

    Attributes:
        window: When it may change servers; None means at any time.
        wait_seconds: Between setting MRSProxyEnabled to false and to true again (KB 3063913, resolution 2).
        restart: What is restarted after a change.
        escalate: `iisreset /noforce` where `APP_POOL` did not help; no effect with `IISRESET`.
        drain: The server leaves the load balancer before a restart and returns after it; Exchange 2013 and newer.
    """

    window: Window | None = None
    wait_seconds: float = WAIT_SECONDS
    restart: RestartKind = RestartKind.IISRESET
    escalate: bool = False
    drain: bool = False
