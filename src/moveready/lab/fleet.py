"""The file of a simulated fleet: each server's facts, one by one.

    fleet = read_fleet(Path("fleet.yaml"))
    fleet.servers[0].name

Durations are a number and a unit: `50ms`, `90s`, `15m`, `6h`, `30d`. `docs/the-lab.md` describes every key.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any, cast

from pydantic import AfterValidator, BeforeValidator, Field, create_model

from moveready.errors import FleetFileError, Mistake
from moveready.lab.facts import Duration, FactsModel, Name, word_from
from moveready.lab.sections import declared_sections
from moveready.yamlfile.documents import model_from, read_document

DEMO_FLEET = Path(__file__).with_name("demo.yaml")
"""The fleet of `--lab`: one server for every row of the truth table."""

_VERSION = re.compile(r"(?P<major>\d+)\.(?P<minor>\d+) \(Build (?P<build>\d+)\.(?P<revision>\d+)\)")
NO_FRONT_END = "none"
"""A value of `front_end`: something on the way removes the header `X-FEServer`."""


class Flag(StrEnum):
    """`MRSProxyEnabled` in the directory."""

    ON = "on"
    OFF = "off"
    ABSENT = "absent"
    """The server has no EWS virtual directory there at all."""


class Switch(StrEnum):
    """What the running application has read."""

    ON = "on"
    OFF = "off"


class PhaseName(StrEnum):
    """Phase of the migration, for the inventory that the lab writes."""

    MOVING = "moving"
    IDLE = "idle"


class Fix(StrEnum):
    """Whether the inventory that the lab writes lets a fixer work on the server."""

    ALLOWED = "allowed"
    DENIED = "denied"


class ChannelName(StrEnum):
    """The channels of a server: its two PSRP endpoints and HTTPS."""

    EXCHANGE = "exchange"
    WINDOWS = "windows"
    HTTPS = "https"


class EndpointFact(StrEnum):
    """What answers `/EWS/mrsproxy.svc`."""

    EXCHANGE = "exchange"
    """Exchange itself, as the running worker has read the flag."""
    DEVICE_403 = "device-403"
    """A proxy or firewall refuses, without Exchange's `X-FEServer`."""
    UNAUTHORIZED = "401"
    """A valid login is refused."""
    NOT_FOUND = "404"
    """The front end finds no MRS service behind it."""
    SERVER_ERROR = "500"
    """Another ASP.NET fault."""
    UNAVAILABLE = "503"
    """http.sys itself: the site or its pool is stopped."""
    REDIRECT = "redirect"
    """A publishing rule sends the client elsewhere."""
    NOTHING = "nothing"
    """The connection is made, but no answer comes."""
    SSL_REQUIRED = "iis-403.4"
    """IIS refuses by a rule of its own: with `X-FEServer`, an empty body, and before any login (inferred)."""
    DEVICE_PAGE = "device-200"
    """A proxy or firewall shows its own page, 200, and asks for no login."""
    NGINX = "nginx-400"
    """A reverse proxy does not understand the request."""
    INVALID_HOSTNAME = "http.sys-400"
    """http.sys itself: no web site of that machine has the name that was asked for."""
    UNDOCUMENTED = "999"
    """An undocumented status, after the login."""


class Role(StrEnum):
    """A management role of the account. `cmdlets.exchange` says which commands a role gives."""

    VIEW_ONLY_CONFIGURATION = "View-Only Configuration"
    EXCHANGE_VIRTUAL_DIRECTORIES = "Exchange Virtual Directories"
    EXCHANGE_SERVERS = "Exchange Servers"


class RestartOutcome(StrEnum):
    """What restarting the server's IIS does."""

    OK = "ok"
    """The worker reads the flag again."""
    DIES = "dies"
    """IIS never comes back: the Exchange and HTTPS channels are down, its services stay stopped."""
    USELESS = "useless"
    """A new worker starts, but the endpoint stays as it was."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version of Exchange; `str()` gives the form in its objects, `Version 15.2 (Build 1748.10)`."""

    major: int
    minor: int
    build: int
    revision: int

    def __str__(self) -> str:
        """The form of Microsoft.Exchange.Data.ServerVersion."""
        return f"Version {self.major}.{self.minor} (Build {self.build}.{self.revision})"

    @property
    def is_2010(self) -> bool:
        """Whether this is Exchange 2010, which runs on ASP.NET 2.0."""
        return self.major == 14  # noqa: PLR2004 - the major version of Exchange 2010


def _version_from(text: object) -> Version:
    found = _VERSION.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError("this is no version of Exchange. Write it as `15.2 (Build 1748.10)`.")
    return Version(*map(int, found.groups()))


def _channels_from(value: object) -> object:
    return [channel.value for channel in ChannelName] if value == "all" else value


class EventFacts(FactsModel):
    """An event 1309 in the Application log; `data` stands in place of ASP.NET's 30 values."""

    ago: Duration
    exception: str = "HttpException"
    message: str = "MRS proxy service is disabled"
    path: str = "/EWS/mrsproxy.svc"
    data: tuple[str, ...] | None = None
    computer: str | None = None


class RestartFacts(FactsModel):
    """What an `iisreset` does here, and how long it takes."""

    takes: Duration = timedelta(0)
    outcome: RestartOutcome = RestartOutcome.OK


class ServerFacts(FactsModel):
    """One server, or `copies` servers that differ only in their names.

    `lab.sections` has the modules that add a key each: `services`, `ews`.
    """

    name: Name
    copies: Annotated[int, Field(ge=1, le=9999)] = 1
    group: str | None = None
    site: str | None = None
    pool: Name | None = None
    phase: PhaseName = PhaseName.MOVING
    fix: Fix = Fix.DENIED
    version: Annotated[Version, BeforeValidator(_version_from)] = Version(15, 2, 1748, 10)
    flag: Annotated[Flag, BeforeValidator(word_from)] = Flag.ON
    worker: Annotated[Switch, BeforeValidator(word_from)] | None = None
    worker_started: Duration = timedelta(days=30)
    events: tuple[EventFacts, ...] = ()
    oldest_record: Duration = timedelta(days=60)
    endpoint: Annotated[EndpointFact, BeforeValidator(word_from)] = EndpointFact.EXCHANGE
    front_end: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,15}$")] | None = None
    extended_protection: bool = False
    down: Annotated[frozenset[ChannelName], BeforeValidator(_channels_from)] = frozenset()
    latency: Duration = timedelta(0)
    clixml: dict[str, str] = Field(default={})
    restart: RestartFacts = RestartFacts()

    @property
    def names(self) -> tuple[str, ...]:
        """The FQDNs: the name, or with `copies: 2` `ex01-0001.contoso.com` and `ex01-0002.contoso.com`."""
        if self.copies == 1:
            return (self.name,)
        host, _, domain = self.name.partition(".")
        return tuple(f"{host}-{number:04d}.{domain}" for number in range(1, self.copies + 1))

    def front_end_of(self, fqdn: str) -> str:
        """What `X-FEServer` names on that server, or "" if the header is not sent; Exchange 2010 has none."""
        if self.version.is_2010 or self.front_end == NO_FRONT_END:
            return ""
        return self.front_end or fqdn.partition(".")[0].upper()

    @property
    def worker_is_on(self) -> bool:
        """The flag that the running application has read: as the file says, or else as in the directory."""
        return (self.worker or self.flag).value == "on"


def _not_empty(servers: tuple[ServerFacts, ...]) -> tuple[ServerFacts, ...]:
    if not servers:
        raise ValueError("the fleet has no servers. Write at least `- name: ex01.contoso.com`.")
    return servers


class Fleet(FactsModel):
    """The whole simulated organization.

    `fix` is copied into the section `fix` of the ready inventory, which checks it. The lab needs no
    minutes between two Sets.
    """

    organization: Name = "contoso.com"
    select_object: bool = True
    rbac: frozenset[Role] = frozenset(Role)
    fix: dict[str, bool | str | dict[str, str | list[str]]] = Field(default={"wait": "3s"})
    servers: Annotated[tuple[ServerFacts, ...], AfterValidator(_not_empty)]


def read_fleet(file: Path) -> Fleet:
    """The fleet of a file.

    Raises:
        FleetFileError: The file cannot be read or has mistakes; all are reported, each with its line.
    """
    document = read_document(file, FleetFileError)
    fleet = model_from(document, _fleet_model(), FleetFileError)
    counts: Counter[str] = Counter(_netbios_names(fleet.servers))
    mistakes = [
        Mistake(
            document.place_of(("servers", index, "name")),
            f"{facts.name} gives a host name that another server has too",
            "Give every server its own host name (the part before the first dot).",
        )
        for index, facts in enumerate(fleet.servers)
        if any(counts[name] > 1 for name in _netbios_names((facts,)))
    ]
    if mistakes:
        raise FleetFileError(mistakes)
    return fleet


def fleet_from(**facts: Any) -> Fleet:  # noqa: ANN401 - whatever the file may hold; pydantic judges it
    """A fleet without a file, with the keys of the file; raises `pydantic.ValidationError`."""
    return _fleet_model().model_validate(facts)


@cache
def _fleet_model() -> type[Fleet]:
    """The model of the file, with a key for every section of a server."""
    keys: dict[str, Any] = {section.key: (section.facts, section.facts()) for section in declared_sections()}
    server: Any = create_model("ServerFacts", __base__=ServerFacts, **keys)
    servers: Any = (Annotated[tuple[server, ...], AfterValidator(_not_empty)], ...)
    return cast("type[Fleet]", create_model("Fleet", __base__=Fleet, servers=servers))


def _netbios_names(servers: tuple[ServerFacts, ...]) -> list[str]:
    return [name.partition(".")[0] for facts in servers for name in facts.names]
