"""The inventory as frozen values: servers, credentials, whom to ask.

`pydantic.TypeAdapter(Inventory)` can turn all of it into JSON and back, so it reaches the workers of pytest-xdist; only
passwords are lost, and `having_passwords` puts them back.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from enum import Enum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from moveready.errors import InventoryError, Mistake, Place
from moveready.inventory.credentials import Credential
from moveready.inventory.fix import FixPolicy
from moveready.inventory.waivers import Waiver

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from moveready.inventory.secrets import Secret


WINDOWS_CONFIGURATION = "Microsoft.PowerShell"
"""The session configuration that every Windows server has."""


class Phase(Enum):
    """The migration phase of a server, which decides what its MRSProxy should be."""

    MOVING = "moving"
    IDLE = "idle"

    @property
    def wants_mrsproxy(self) -> bool:
        """True while mailboxes move; otherwise False, as Microsoft's HealthChecker advises."""
        return self is Phase.MOVING


@dataclass(frozen=True, slots=True)
class Ports:
    """TCP ports of a server's three channels; these defaults are for PowerShell without TLS."""

    exchange: int = 80
    windows: int = 5985
    https: int = 443


@dataclass(frozen=True, slots=True)
class Tls:
    """How certificates are judged, and which PowerShell channels use TLS; the HTTPS endpoint always does.

    Attributes:
        verify: False accepts any certificate.
        ca_file: PEM file of the authorities to trust; None means those that the system trusts.
        windows: The Windows endpoint is asked over TLS.
        exchange: The Exchange endpoint is asked over TLS.
    """

    verify: bool = True
    ca_file: Path | None = None
    windows: bool = False
    exchange: bool = False


@dataclass(frozen=True, slots=True)
class Server:
    """One Exchange server to check.

    Attributes:
        name: FQDN in lower case; it identifies the server in every report.
        group: Name of its group.
        site: Its location, free text.
        pool: Servers of one pool share a public name; only one of them at a time is repaired.
        phase: What its MRSProxy should be.
        address: Where to connect, if not to the name.
        ports: TCP ports.
        tls: Certificates and TLS.
        windows_configuration: Session configuration that its Windows endpoint is asked through.
        credential: Who logs in to its HTTPS endpoint, and to its Windows endpoint unless that has its own.
        windows_credential: Who logs in to its Windows endpoint, if somebody else.
        host_header: Public name to send as Host and SNI to its HTTPS endpoint; only if the operator asks for it.
        fix_allowed: The fixer may change this server.
        place: Its line in the inventory.
    """

    name: str
    credential: Credential
    place: Place
    group: str | None = None
    site: str | None = None
    pool: str | None = None
    phase: Phase = Phase.MOVING
    address: str | None = None
    ports: Ports = Ports()
    tls: Tls = Tls()
    windows_configuration: str = WINDOWS_CONFIGURATION
    host_header: str | None = None
    fix_allowed: bool = False
    windows_credential: Credential | None = None

    @property
    def windows_login(self) -> Credential:
        """Who logs in to its Windows endpoint."""
        return self.windows_credential or self.credential

    @property
    def netbios(self) -> str:
        """The short name as Exchange writes it: `EX01` in `X-FEServer`, and in the property `Server` of an object."""
        return self.name.partition(".")[0].upper()

    @property
    def connect_to(self) -> str:
        """Name or address to open connections to."""
        return self.address or self.name

    @property
    def public_name(self) -> str:
        """The name to send as Host and SNI to its HTTPS endpoint."""
        return self.host_header or self.name

    def url_of(self, path: str) -> str:
        """The server's own URL of the path; port 443 is left out."""
        port = "" if self.ports.https == 443 else f":{self.ports.https}"  # noqa: PLR2004 - the port of https
        return f"https://{self.public_name}{port}{path}"


@dataclass(frozen=True, slots=True)
class ExchangeHost:
    """An Exchange endpoint that can be asked about the whole organization.

    Attributes:
        name: FQDN in lower case; Kerberos needs the name of the node, never that of the load balancer.
        credential: Who logs in.
        address: Where to connect, if not to the name.
        port: TCP port.
        tls: Ask over TLS.
        verify: False accepts any certificate.
        ca_file: PEM file of the authorities to trust; None means those that the system trusts.
    """

    name: str
    credential: Credential
    address: str | None = None
    port: int = 80
    tls: bool = False
    verify: bool = True
    ca_file: Path | None = None

    @property
    def connect_to(self) -> str:
        """Name or address to open connections to."""
        return self.address or self.name


@dataclass(frozen=True, slots=True)
class Organization:
    """The Exchange organization, and the hosts to ask about it, in this order, until one answers."""

    name: str
    exchange: tuple[ExchangeHost, ...]


@dataclass(frozen=True, slots=True)
class Inventory:
    """Which servers to check, and how to reach them.

    Attributes:
        organization: The Exchange organization.
        servers: In the order of the files.
        files: The files it was read from.
        fingerprint: SHA-256 of the file, in hexadecimal; of several files, that of their SHA-256 lines.
        fix: When and how the fixer may change servers.
        waivers: The findings that somebody has accepted.
        left_out: The names of the servers that a limit has left out.
        cut_pools: The pools of which it has left out a server.
        notify: Who is notified after a run: apprise URLs, or references to them. They may be secret.
    """

    organization: Organization
    servers: tuple[Server, ...]
    files: tuple[Path, ...]
    fingerprint: str
    fix: FixPolicy = FixPolicy()  # noqa: RUF009 - frozen, as the values above are
    waivers: tuple[Waiver, ...] = ()
    left_out: tuple[str, ...] = ()
    cut_pools: tuple[str, ...] = ()
    notify: tuple[str, ...] = field(default=(), repr=False)
    _by_name: dict[str, Server] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the servers once: with thousands of servers, every check looks one up."""
        object.__setattr__(self, "_by_name", {server.name: server for server in self.servers})

    def server(self, name: str) -> Server:
        """The server of that FQDN, in lower case; `KeyError` if there is none."""
        return self._by_name[name]

    @property
    def credentials(self) -> tuple[Credential, ...]:
        """Everybody who logs in somewhere, each once."""
        hosts = [host.credential for host in self.organization.exchange]
        of_servers = [each for server in self.servers for each in (server.credential, server.windows_login)]
        return tuple(dict.fromkeys([*hosts, *of_servers]))

    def having_passwords(self, passwords: Mapping[str, Secret]) -> Inventory:
        """The same inventory with these passwords, by the names of their credentials."""
        with_password = {each: replace(each, password=passwords.get(each.name)) for each in self.credentials}
        hosts = tuple(replace(host, credential=with_password[host.credential]) for host in self.organization.exchange)
        servers = (
            replace(
                server,
                credential=with_password[server.credential],
                windows_credential=server.windows_credential and with_password[server.windows_credential],
            )
            for server in self.servers
        )
        return replace(self, organization=replace(self.organization, exchange=hosts), servers=tuple(servers))

    def in_phase(self, phase: Phase) -> Inventory:
        """The same inventory with all servers in this phase, instead of the phases in the files."""
        return replace(self, servers=tuple(replace(server, phase=phase) for server in self.servers))

    def limited_to(self, pattern: str) -> Inventory:
        """The servers that at least one part of a pattern names, in the order of the inventory.

        Args:
            pattern: Parts with commas between, such as `ex0*,group:frankfurt`. A part is a shell pattern for
                the short name or the FQDN; after `group:`, `site:` or `pool:`, for that. Case is ignored.

        Raises:
            InventoryError: Parts that match no server, each of them named.
        """
        chosen: set[str] = set()
        mistakes: list[Mistake] = []
        for part in (text.strip() for text in pattern.split(",")):
            matching = names_matching(part, self.servers)
            chosen.update(matching)
            if not matching:
                mistakes.append(self._mistake_of_limit(part))
        if mistakes:
            raise InventoryError(mistakes)
        return self._with_only(chosen)

    def having(self, other: Inventory) -> Inventory:
        """The servers of this inventory that the other one has, too; the rest is left out."""
        return self._with_only({server.name for server in other.servers})

    def _with_only(self, names: Collection[str]) -> Inventory:
        left_out = [server for server in self.servers if server.name not in names]
        pools = dict.fromkeys(server.pool for server in left_out if server.pool)
        return replace(
            self,
            servers=tuple(server for server in self.servers if server.name in names),
            left_out=(*self.left_out, *(server.name for server in left_out)),
            cut_pools=tuple(dict.fromkeys((*self.cut_pools, *pools))),
        )

    def without_known(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of these names, in their order, that are no server of the inventory, limited or not; names sorted."""
        known = {server.name for server in self.servers} | set(self.left_out)
        return tuple(sorted(set(names) - known))

    def _mistake_of_limit(self, part: str) -> Mistake:
        names = {name for server in self.servers for name in _names_of(server)}
        near = get_close_matches(part.lower(), sorted(names), n=1)
        hint = f"Did you mean `{near[0]}`?" if near else "Write a name, a pattern such as `ex0*`, or `group:NAME`."
        where = self.files[0] if len(self.files) == 1 else self.files[0].parent
        return Mistake(Place(where, 0), f"the limit `{part}` matches no server", hint)


def names_matching(pattern: str, servers: Iterable[Server]) -> list[str]:
    """The FQDNs of the servers that one part of a limit names, as `Inventory.limited_to` has it."""
    return [server.name for server in servers if _matches(server, pattern)]


def _matches(server: Server, part: str) -> bool:
    """Whether the server matches; patterns of names do not match `group:...`, so `*frank*` finds no group."""
    names = [name.lower() for name in _names_of(server) if (":" in name) == (":" in part)]
    return any(fnmatchcase(name, part.lower()) for name in names)


def _names_of(server: Server) -> list[str]:
    """All names of a server that a limit can use: short name, FQDN, `group:...`, `site:...`, `pool:...`."""
    named = {"group": server.group, "site": server.site, "pool": server.pool}
    return [
        server.netbios.lower(),
        server.name,
        *(f"{kind}:{value}" for kind, value in named.items() if value),
    ]
