"""What `moveready history` is asked: of which server and control, and how far back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING

from moveready.findings.controls import kb_of
from moveready.history.errors import HistoryError

if TYPE_CHECKING:
    from datetime import timedelta

    from moveready.history.store import History

_EVER = datetime.min.replace(tzinfo=UTC)
_SERVERS = "SELECT name FROM server WHERE EXISTS (SELECT 1 FROM checked WHERE server = number) ORDER BY name"
_CONTROLS = "SELECT DISTINCT name FROM control JOIN run_control ON control = number ORDER BY name"
_LISTED = 5
"""How many names an error lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked.

    Attributes:
        now: The time that `since` is counted back from.
        server: A server's name, with its domain or without; "" for the whole fleet.
        control: The id of a control, or of a KB for all of its controls; "" for all.
        since: How far back; None for a week, and where a server is asked about, for everything.
    """

    now: datetime
    server: str = ""
    control: str = ""
    since: timedelta | None = None

    def is_about(self, control: str) -> bool:
        """Whether that control is asked for."""
        return not self.control or self.control.upper() in {control.upper(), kb_of(control).upper()}

    def begin(self, usual: timedelta | None = None) -> datetime:
        """Where the time begins that is asked about; `usual` counts where the question does not say it."""
        since = self.since or usual
        try:
            return self.now - since if since else _EVER
        except OverflowError:  # longer than there are years
            return _EVER


def servers_asked_for(history: History, question: Question) -> list[str]:
    """The servers of that name; raises `HistoryError` where the history has none."""
    known = [name for (name,) in history.database.rows(_SERVERS)]
    wanted = question.server.lower()
    found = [name for name in known if name.lower() == wanted or name.lower().startswith(f"{wanted}.")]
    if not found:
        short = [name.partition(".")[0] for name in known]
        raise _unknown(history, f"server {question.server}", wanted, [*known, *short])
    return found


def refuse_unknown_control(history: History, question: Question) -> None:
    """Raise `HistoryError` where no run of the history has asked the control."""
    known = [name for (name,) in history.database.rows(_CONTROLS)]
    if known and not any(map(question.is_about, known)):
        raise _unknown(history, f"control {question.control}", question.control, known)


def _unknown(history: History, what: str, wanted: str, known: list[str]) -> HistoryError:
    near = get_close_matches(wanted, known, n=1)
    some = f"It has {', '.join(known[:_LISTED])}{' and others' if known[_LISTED:] else ''}."
    hint = f"Did you mean {near[0]}?" if near else some if known else "It has no runs yet."
    return HistoryError(history.file, f"no run has asked {what}", hint)
