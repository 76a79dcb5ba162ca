"""The open shells of one endpoint: who may have one, whose it is, and when it ends by itself. Pure but for its events.

Shells do not outlive their IdleTimeOut (MS-WSMV 2.2.4.37). Nothing runs for that: the shells that nobody has used for
so long, by the lab's clock, are gone whenever anybody looks.
"""

from __future__ import annotations

import asyncio
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from moveready.lab import wsman_faults
from moveready.lab.pipeline import Endpoint
from moveready.lab.psrp import RunspacePool
from moveready.lab.wsman import ShellDescription
from moveready.lab.wsman_faults import ExchangeQuota

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from moveready.lab.wsman import WsmanRequest
    from moveready.lab.wsman_faults import WsmanError

SHELLS_PER_USER = {Endpoint.EXCHANGE: 18, Endpoint.WINDOWS: 30}
"""How many shells a user may have on one endpoint: by Exchange's default throttling policy, and by WinRM's quota
MaxShellsPerUser of Windows Server 2012 and later."""
IDLE_SECONDS = {Endpoint.EXCHANGE: 900.0, Endpoint.WINDOWS: 7200.0}
"""The IdleTimeOut of a shell that asks for none: two hours (recorded), on Exchange a quarter of an hour (reported)."""
SHORTEST_IDLE_SECONDS = 60.0
"""Microsoft's page of New-PSSessionOption; that WinRM takes this instead of a shorter one is inferred."""
LONGEST_IDLE_SECONDS = 2147483.647

_RESOURCE = "http://schemas.microsoft.com/powershell/"
_CONFIGURATIONS = {
    Endpoint.EXCHANGE: {f"{_RESOURCE}Microsoft.Exchange"},
    Endpoint.WINDOWS: {f"{_RESOURCE}Microsoft.PowerShell", f"{_RESOURCE}moveready"},
}
"""Every server has the JEA configuration of the folder `jea` registered too; here it restricts nothing."""


@dataclass(frozen=True, slots=True)
class ShellHost:
    """The endpoint that shells belong to.

    Attributes:
        endpoint: The configuration that they may have.
        server: FQDN of its server.
        organization: The name of the fleet file, such as `contoso.com`.
        is_2010: Whether this is Exchange 2010, which throttles in the words of WinRM.
        now: The lab's clock; with its zone.
    """

    endpoint: Endpoint
    server: str
    organization: str
    is_2010: bool
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Caller:
    """The sender of a request: user name as logged in, and IP address."""

    user: str
    address: str


@dataclass(eq=False, slots=True)
class Pipeline:
    """One command of a shell: `news` is set when its outbox or its end has something new for a waiting Receive."""

    news: asyncio.Event = field(default_factory=asyncio.Event)
    done: bool = False
    task: asyncio.Task[None] | None = None


@dataclass(eq=False, slots=True)
class Shell:
    """A shell; `refusal` is what its first Receive gets if the user already has too many."""

    description: ShellDescription
    pool: RunspacePool
    created_at: datetime
    used_at: datetime
    refusal: WsmanError | None = None
    users: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)
    pipelines: dict[str, Pipeline] = field(default_factory=dict)
    deleted: bool = False

    def is_idle(self, now: datetime) -> bool:
        """Whether nobody has used it for its IdleTimeOut; a Receive that waits uses it."""
        return not self.users and (now - self.used_at).total_seconds() >= self.description.idle_seconds

    def described(self, now: datetime) -> ShellDescription:
        """What Get tells now."""
        run, inactive = now - self.created_at, now - self.used_at
        return replace(self.description, run_seconds=run.total_seconds(), inactive_seconds=inactive.total_seconds())

    def end(self) -> None:
        """Stop the pipelines and wake up everyone who waits."""
        self.deleted = True
        for pipeline in self.pipelines.values():
            if pipeline.task is not None:
                pipeline.task.cancel()
            pipeline.news.set()
        self.news.set()


class ShellTable:
    """The shells by their ids."""

    def __init__(self, host: ShellHost) -> None:
        """Start without shells."""
        self._host = host
        self._shells: dict[str, Shell] = {}

    def __len__(self) -> int:
        """How many shells are open."""
        self._drop_idle()
        return len(self._shells)

    def create(self, request: WsmanRequest, caller: Caller) -> Shell:
        """Open a shell.

        Raises:
            ValueError: The client does not open a runspace pool with it.
            WsmanError: The endpoint has no such configuration, or the user has too many shells.
        """
        if request.resource_uri not in _CONFIGURATIONS[self._host.endpoint]:
            raise wsman_faults.unknown_resource(request.resource_uri)
        refusal = self._refusal(caller)
        if refusal is not None and not self._is_proxied:
            raise refusal
        shell_id = request.shell_id or str(uuid.uuid4()).upper()
        wished = request.idle_seconds or IDLE_SECONDS[self._host.endpoint]
        idle = min(max(wished, SHORTEST_IDLE_SECONDS), LONGEST_IDLE_SECONDS)
        description = ShellDescription(shell_id, request.resource_uri, caller.user, caller.address, idle)
        now = self._host.now()
        self._shells[shell_id] = Shell(description, RunspacePool(request.data), now, now, refusal)
        return self._shells[shell_id]

    def find(self, shell_id: str | None, caller: Caller) -> Shell:
        """A shell of this user; raises `WsmanError` where there is none."""
        self._drop_idle()
        shell = self._shells.get(shell_id or "")
        if shell is None or shell.description.owner != caller.user:
            raise self._unknown(shell_id)
        return shell

    def delete(self, shell: Shell) -> None:
        """End a shell."""
        self._shells.pop(shell.description.shell_id, None)
        shell.end()

    def drop(self) -> None:
        """End all shells."""
        for shell in list(self._shells.values()):
            self.delete(shell)

    @contextmanager
    def in_use(self, shell_id: str | None) -> Iterator[None]:
        """Keep a shell from being idle as long as a request for it is under way."""
        self._drop_idle()
        shell = self._shells.get(shell_id or "")
        if shell is None:
            yield
            return
        shell.users += 1
        try:
            yield
        finally:
            shell.users -= 1
            shell.used_at = self._host.now()

    def _drop_idle(self) -> None:
        now = self._host.now()
        for shell in [shell for shell in self._shells.values() if shell.is_idle(now)]:
            self.delete(shell)

    def _unknown(self, shell_id: str | None) -> WsmanError:
        if self._is_proxied:
            return wsman_faults.unknown_shell_of_exchange(shell_id, self._host.server, self._host.now())
        return wsman_faults.unknown_shell(shell_id)

    @property
    def _is_proxied(self) -> bool:
        """Whether a front end passes everything on, as in Exchange 2013 and later.

        Then a shell too many is created, and its first Receive ends it; and faults are stamped.
        """
        return self._host.endpoint is Endpoint.EXCHANGE and not self._host.is_2010

    def _refusal(self, caller: Caller) -> WsmanError | None:
        host, allowed = self._host, SHELLS_PER_USER[self._host.endpoint]
        self._drop_idle()
        if sum(shell.description.owner == caller.user for shell in self._shells.values()) < allowed:
            return None
        if self._is_proxied:
            return wsman_faults.too_many_runspaces(ExchangeQuota(host.server, host.organization, allowed, host.now()))
        return wsman_faults.too_many_shells(allowed if host.endpoint is Endpoint.EXCHANGE else None)
