"""The lab itself: a simulated Exchange organization on 127.0.0.1, in one thread with its own event loop.

    with Lab(read_fleet(DEMO_FLEET), folder=Path("lab")) as lab:
        subprocess.run(["pytest", "--inventory", lab.inventory_file])
        assert len(lab.log.logins(channel="windows")) == 13

Runs on Windows and POSIX.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self, TypeVar

from moveready.errors import LabError
from moveready.lab.auth import NtlmUsers, accounts_of, write_for_owner
from moveready.lab.certificates import Certificates
from moveready.lab.faults import Faults
from moveready.lab.front import Front
from moveready.lab.http_sys import HttpSys
from moveready.lab.inventory import TICKET, Access, inventory_text, ntlm_credential
from moveready.lab.listeners import Listeners
from moveready.lab.log import RequestLog
from moveready.lab.node import CHANNELS, Node, NodeContext
from moveready.lab.profile import LoginProfile
from moveready.lab.state import organization_from

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from pathlib import Path

    from aiohttp import web

    from moveready.lab.auth import LabAccount
    from moveready.lab.dump import Dump
    from moveready.lab.faults import Fault
    from moveready.lab.fleet import Fleet

_T = TypeVar("_T")
_START_SECONDS = 60.0
_LAST_TURNS = 10
"""Cycles of the event loop at the end, for connections that were cut or ended in the middle of a handshake."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Lab:
    """A running simulated organization; a context manager.

    Attributes:
        organization: Its state. Read it from anywhere, but change it only with `change`.
        log: Every request so far.
        account: The account that may log in, with its password; the ready inventory uses it.
        accounts: All accounts; tests use the others to log in as another user.
        inventory_file: The ready inventory; it exists while the lab runs.
        ca_file: The authority of its certificates, PEM.
        password_file: The file with the account's password.
        has_kerberos: Whether it takes Kerberos, with the logins of a real Exchange server.
        client_file: With `windows_tls`, a client certificate and its key that the Windows endpoints map to the account.
        ports: Port numbers by FQDN and channel (`exchange`, `windows`, `https`); set while the lab runs.
    """

    def __init__(
        self,
        fleet: Fleet,
        *,
        folder: Path,
        windows_tls: bool = False,
        dump: Dump | None = None,
        keytab: Path | None = None,
    ) -> None:
        """Prepare an organization.

        Args:
            fleet: Its servers and their facts.
            folder: Where the inventory, the authority and the password are written; must exist.
            windows_tls: Let the Windows endpoints speak TLS, as WinRM's port 5986 does.
            dump: Where every request and its answer are written; None writes none.
            keytab: The keys of the servers at a real KDC, for Kerberos (`profile`); None has NTLM alone.
        """
        self.organization = organization_from(fleet, _utc_now())
        self.log = RequestLog()
        self.accounts: tuple[LabAccount, ...] = accounts_of(fleet.organization)
        self.account = self.accounts[0]
        self.inventory_file = folder / "inventory.yaml"
        self.ca_file = folder / "lab-ca.pem"
        self.password_file = folder / "lab-password"
        self.client_file = folder / "lab-client.pem"
        self.windows_tls = windows_tls
        self.has_kerberos = keytab is not None
        self.ports: dict[str, dict[str, int]] = {}
        self._profile = LoginProfile(self.accounts, keytab)
        self._users = NtlmUsers(self.accounts, folder / "lab-ntlm-users")
        self._faults = Faults()
        self._world = NodeContext(self.organization, self._faults, _utc_now, self._settle, dump)
        self._nodes = {fqdn: Node(self._world, server) for fqdn, server in self.organization.servers.items()}
        self._ready: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, name="moveready lab", daemon=True)

    def __enter__(self) -> Self:
        """Start; every port answers when this returns.

        Raises:
            LabError: It could not start.
        """
        try:
            self._users.register()
            write_for_owner(self.password_file, self.account.password + "\n")
            self._thread.start()
            self._ready.result(_START_SECONDS)
            self.write_inventory(self.inventory_file)
        except BaseException as error:
            self.close()
            if isinstance(error, OSError):
                raise LabError(f"The lab cannot start: {error}.") from error
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, as `close` does."""
        self.close()

    def close(self) -> None:
        """Stop; every connection is cut, every port is free when this returns."""
        if self._ready.done() and self._ready.exception() is None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        if self._thread.is_alive():
            self._thread.join(_START_SECONDS)
        self._users.withdraw()

    def inject(self, server: str, channel: str, fault: Fault) -> None:
        """Activate a fault on a channel of a server (FQDN), before those that are active already."""
        if channel not in CHANNELS or server not in self._nodes:
            raise LabError(f"The lab has no channel {channel!r} of {server!r}. Channels are {', '.join(CHANNELS)}.")
        self.change(lambda: self._faults.inject(server, channel, fault))

    def clear(self, server: str | None = None, channel: str | None = None) -> None:
        """Remove all injected faults, or those of one server, or of one channel."""
        self.change(lambda: self._faults.clear(server, channel))

    def change(self, function: Callable[[], _T]) -> _T:
        """Call a function on the lab's thread, where it may change the state, and return its result.

        When this returns, listeners and connections match the new state.
        """
        return asyncio.run_coroutine_threadsafe(self._changed(function), self._loop).result()

    async def _changed(self, function: Callable[[], _T]) -> _T:
        result = function()
        for node in self._nodes.values():
            self._settle(node)
        await self._listeners.open(self._connections)
        return result

    def shells(self, server: str, channel: str) -> int:
        """How many shells are open at the `exchange` or `windows` channel of a server."""
        return len(self._nodes[server].shells[channel])

    def write_inventory(self, file: Path) -> None:
        """Write another copy of the ready inventory; the files that it names stay in the lab's folder.

        Raises:
            LabError: The file cannot be written.
        """
        way = Access(
            ports=self.ports,
            ca_file=str(self.ca_file.absolute()),
            credential=TICKET if self.has_kerberos else self._password_login,
            windows_tls=self.windows_tls,
        )
        try:
            file.write_text(inventory_text(self.organization, way), encoding="utf-8")
        except OSError as error:
            raise LabError(f"The inventory cannot be written to {file}: {error.strerror}.") from error

    @property
    def _password_login(self) -> dict[str, str]:
        return ntlm_credential(self.account.username, f"file:{self.password_file.absolute()}")

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if self._ready.done():
                raise
            self._ready.set_exception(error)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        certificates = Certificates(self._certified_names())
        certificates.write_authority(self.ca_file)
        if self.windows_tls:
            pem = certificates.client_certificate(f"{self.account.name}@{self.account.upn_suffix}")
            write_for_owner(self.client_file, pem.decode())
        front = Front(self._world, self._profile, certificates, self.log, self._visited)
        self._connections = HttpSys(front)
        self._listeners = Listeners(self._nodes.values(), self._tls_of(certificates))
        try:
            await self._listeners.open(self._connections)
            self.ports = self._listeners.ports
            self._ready.set_result(None)
            await self._stop.wait()
        finally:
            self._listeners.close()
            for node in self._nodes.values():
                node.close()
            await self._connections.shutdown(0)
            for _ in range(_LAST_TURNS):
                await asyncio.sleep(0)

    def _certified_names(self) -> frozenset[str]:
        servers = self.organization.servers.values()
        return frozenset(server.fqdn for server in servers) | {server.pool for server in servers if server.pool}

    def _tls_of(self, certificates: Certificates) -> dict[str, ssl.SSLContext]:
        def context_for(channel: str) -> ssl.SSLContext:
            return certificates.context_for_listener(
                lambda name: self._faults.for_handshake(name, channel), asks_clients=channel == "windows"
            )

        return {channel: context_for(channel) for channel in (("windows",) * self.windows_tls + ("https",))}

    def _visited(self, request: web.BaseRequest) -> tuple[Node, str]:
        transport = request.transport
        address = None if transport is None else transport.get_extra_info("sockname")
        if address is None:
            raise ConnectionResetError
        listener = self._listeners[address[1]]
        return listener.node, listener.channel

    def _settle(self, node: Node) -> None:
        """Let a node's listeners and connections follow its state."""
        node.settle()
        self._listeners.shut(node.server.fqdn)
