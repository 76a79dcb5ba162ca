"""What repairs which verdict of KB 3063913. The commands are the article's, in its order."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from moveready.fixer.plan import Action, Kind
from moveready.fixer.remedies import read_back, remedy, restart_of, set_flag
from moveready.kb.kb3063913.verdicts import ID

if TYPE_CHECKING:
    from moveready.fixer.remedies import Finding


class _SetsFlag:
    """Sets the flag to `value`; the article's resolution 1."""

    value: ClassVar[bool] = True
    restarts: ClassVar[bool] = True

    def plan(self, finding: Finding) -> str | None:
        """It would change nothing where the flag is right already."""
        return f"the flag is {self.value} by now" if finding.enabled == self.value else None

    def steps(self, finding: Finding) -> tuple[Action, ...]:
        """Set, read back, restart."""
        set_and_read = (set_flag(finding, self.value), read_back(self.value))
        return set_and_read + (restart_of(finding, len(set_and_read)) if self.restarts else ())


@remedy("enable", kb=ID)
class Enable(_SetsFlag):
    """Resolution 1: the flag is off, and so is the running application."""


@remedy("enable-without-restart", kb=ID)
class EnableWithoutRestart(_SetsFlag):
    """The running application is on; the flag must be on before it reads it again."""

    restarts = False


@remedy("disable", kb=ID)
class Disable(_SetsFlag):
    """No moves are planned: off, as Microsoft's HealthChecker advises. The restart is inferred, as for resolution 1."""

    value = False


@remedy("toggle", kb=ID)
class Toggle:
    """Resolution 2: the flag is on and the running application is off. Off, wait, on, restart."""

    def plan(self, finding: Finding) -> str | None:
        """A flag that is off by now is another diagnosis."""
        return None if finding.enabled else "the flag is False by now, which is another diagnosis"

    def steps(self, finding: Finding) -> tuple[Action, ...]:
        """The second Set makes the first good, whatever happens between them."""
        toggled = (
            set_flag(finding, value=False),
            Action(Kind.WAIT, seconds=finding.policy.wait_seconds),
            set_flag(finding, value=True, restores=0),
            read_back(value=True),
        )
        return toggled + restart_of(finding, len(toggled))
