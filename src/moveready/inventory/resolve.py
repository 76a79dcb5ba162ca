"""Makes the organization and the servers from the merged sections: defaults, names, secrets.

Nothing here raises: what is wrong is added to `mistakes`, so that all of it is reported at once.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from moveready.errors import Mistake, Place
from moveready.inventory.client_certificates import refuse_unusable
from moveready.inventory.credentials import Auth, Credential
from moveready.inventory.fix import WAIT_SECONDS, FixPolicy, Window
from moveready.inventory.model import (
    WINDOWS_CONFIGURATION,
    ExchangeHost,
    Organization,
    Phase,
    Ports,
    Server,
    Tls,
    names_matching,
)
from moveready.inventory.secrets import secret_from
from moveready.inventory.waivers import Waiver
from moveready.yamlfile.documents import mistake_from

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from moveready.inventory.schema import (
        OrganizationSection,
        ServerSection,
        ServerSettings,
        WaiverSection,
        WindowSection,
    )
    from moveready.inventory.sections import Placed, Sections

CURRENT_USER = Credential("current user", Auth.KERBEROS)
"""If no credential is named: the Kerberos ticket of the user who runs moveready."""

_NEEDS_TLS = {
    Auth.BASIC: "would send the password in clear",
    Auth.CERTIFICATE: "needs TLS",
}


class Resolver:
    """Turns sections into values; `mistakes` has what was wrong, with some entries repeated."""

    def __init__(self, sections: Sections, environ: Mapping[str, str]) -> None:
        """Check the names by which sections refer to each other; the environment is for passwords."""
        self.mistakes: list[Mistake] = []
        self._sections = sections
        self._environ = environ
        self._credentials: dict[str, Credential] = {}
        self._ca_file = self._existing_ca_file()
        self._check_names()

    def servers(self) -> tuple[Server, ...]:
        """Every server, in the order of the files."""
        return tuple(map(self._server, self._sections.servers))

    def organization(self, servers: Iterable[Server]) -> Organization | None:
        """The organization, if there is one; a host that is also a server is reached in the same way as that server."""
        placed = self._sections.organization
        if placed is None:
            return None
        known = {server.name: server for server in servers}
        credential = self._credential([placed.section, *self._defaults()])
        hosts = tuple(self._host(known.get(name), name, credential) for name in placed.section.exchange)
        for index, host in enumerate(hosts):
            self._refuse_unfit(credential, host.tls, "exchange_tls", placed.place("exchange", index))
        return Organization(placed.section.name, hosts)

    def waivers(self, servers: Sequence[Server]) -> tuple[Waiver, ...]:
        """Every waiver with the servers that it names; a pattern that names none is a mistake."""
        return tuple(self._waiver(placed, servers) for placed in self._sections.waivers)

    def _waiver(self, placed: Placed[WaiverSection], servers: Sequence[Server]) -> Waiver:
        section, place = placed.section, placed.place()
        named: set[str] = set()
        for index, pattern in enumerate(section.servers):
            matching = names_matching(pattern.strip(), servers)
            named.update(matching)
            if not matching:
                problem = f"the waiver names `{pattern}`, and no server of the inventory is called so"
                hint = "Write a name, a pattern such as `ex0*`, or `group:NAME`."
                self.mistakes.append(Mistake(placed.place("servers", index), problem, hint))
        return Waiver(
            control=section.control,
            servers=tuple(server.name for server in servers if server.name in named),
            reason=section.reason,
            until=section.until,
            ticket=section.ticket,
            approved_by=section.approved_by,
            file=str(place.file),
            line=place.line,
        )

    def fix_policy(self) -> FixPolicy:
        """When and how the fixer may change servers; without a section, the defaults."""
        placed = self._sections.fix
        if placed is None:
            return FixPolicy()
        section = placed.section
        wait_seconds = WAIT_SECONDS if section.wait is None else section.wait
        return FixPolicy(_window_from(section.window), wait_seconds, section.restart, section.escalate, section.drain)

    def _host(self, server: Server | None, name: str, credential: Credential) -> ExchangeHost:
        address = server.address if server else None
        ports, tls = (server.ports, server.tls) if server else self._reach(self._defaults())
        return ExchangeHost(name, credential, address, ports.exchange, tls.exchange, tls.verify, tls.ca_file)

    def _server(self, placed: Placed[ServerSection]) -> Server:
        section = placed.section
        layers = self._layers(section)
        credential, for_windows = self._credential(layers), self._windows_credential(layers)
        ports, tls = self._reach(layers)
        place = placed.place("name")
        self._refuse_unfit(credential, tls.windows or for_windows is not None, "windows_tls", place)
        if for_windows is not None:
            self._refuse_without_tls(for_windows, tls.windows, "windows_tls", place)
        return Server(
            name=section.name,
            credential=credential,
            place=place,
            group=section.group,
            site=_first_of(layers, "site"),
            pool=_first_of(layers, "pool"),
            phase=_first_of(layers, "phase") or Phase.MOVING,
            address=section.address,
            ports=ports,
            tls=tls,
            windows_configuration=_first_of(layers, "windows_configuration") or WINDOWS_CONFIGURATION,
            host_header=_first_of(layers, "host_header"),
            fix_allowed=section.fix == "allowed",
            windows_credential=for_windows,
        )

    def _layers(self, section: ServerSection) -> list[ServerSettings]:
        """The sections that can have settings of a server, the nearest first."""
        group = self._sections.groups.get(section.group or "")
        return [section, *([group.section] if group else []), *self._defaults()]

    def _defaults(self) -> list[ServerSettings]:
        return [self._sections.defaults.section] if self._sections.defaults else []

    def _reach(self, layers: Sequence[ServerSettings]) -> tuple[Ports, Tls]:
        windows, exchange = (
            _first_of(layers, "windows_tls") or False,
            _first_of(layers, "exchange_tls") or False,
        )
        given = [layer.ports for layer in layers]
        ports = Ports(
            exchange=_first_of(given, "exchange") or (443 if exchange else 80),
            windows=_first_of(given, "windows") or (5986 if windows else 5985),
            https=_first_of(given, "https") or 443,
        )
        tls = self._sections.tls
        return ports, Tls(tls.section.verify if tls else True, self._ca_file, windows, exchange)

    def _credential(self, layers: Sequence[ServerSettings | OrganizationSection]) -> Credential:
        """The credential that the nearest layer names."""
        return self._credential_named(_first_of(layers, "credential"))

    def _windows_credential(self, layers: Sequence[ServerSettings]) -> Credential | None:
        """That of the Windows endpoint; None if no layer names one."""
        name = _first_of(layers, "windows_credential")
        return None if name is None else self._credential_named(name)

    def _credential_named(self, name: str | None) -> Credential:
        """The credential; a placeholder if its mistake was reported already."""
        if name not in self._sections.credentials:
            return CURRENT_USER
        if name not in self._credentials:
            self._credentials[name] = self._fetched_credential(name)
        return self._credentials[name]

    def _fetched_credential(self, name: str) -> Credential:
        placed = self._sections.credentials[name]
        section, folder = placed.section, placed.document.file.parent
        key, password = "password", None
        try:
            if section.password is not None:
                password = secret_from(section.password, folder, self._environ)
            if section.certificate is not None and section.certificate_key is not None:
                key, files = "certificate", (folder / section.certificate, folder / section.certificate_key)
                refuse_unusable(*files, password)
                return Credential(name, section.auth, None, password, *files)
        except ValueError as failure:
            self.mistakes.append(mistake_from(placed.place(key), failure))
        return Credential(name, section.auth, section.username, password)

    def _refuse_unfit(self, credential: Credential, tls: bool, key: str, place: Place) -> None:
        """A certificate is for the Windows endpoint alone, and what needs TLS must have it."""
        if credential.auth is not Auth.CERTIFICATE:
            self._refuse_without_tls(credential, tls, key, place)
            return
        problem = f"the credential `{credential.name}` has `auth: certificate`, and only WinRM takes certificates"
        hint = "Name it as `windows_credential`, and another one as `credential`."
        self.mistakes.append(Mistake(place, problem, hint))

    def _refuse_without_tls(self, credential: Credential, tls: bool, key: str, place: Place) -> None:
        harm = _NEEDS_TLS.get(credential.auth)
        if harm is not None and not tls:
            problem = f"`auth: {credential.auth.value}` of the credential `{credential.name}` {harm}"
            hint = f"Write `{key}: true` in the server, its group or `defaults`, or use another `auth`."
            self.mistakes.append(Mistake(place, problem, hint))

    def _existing_ca_file(self) -> Path | None:
        placed = self._sections.tls
        if placed is None or placed.section.ca_file is None:
            return None
        file = placed.document.file.parent / placed.section.ca_file
        try:
            with file.open("rb"):
                return file
        except (OSError, ValueError):  # ValueError: a NUL in the path
            hint = "Write the path of a PEM file, relative to this file."
            self.mistakes.append(Mistake(placed.place("ca_file"), f"the file {file} cannot be read", hint))
            return None

    def _check_names(self) -> None:
        """Every credential and group that a section names must exist, used or not."""
        sections = self._sections
        single = [placed for placed in (sections.organization, sections.defaults) if placed]
        for placed in (*single, *sections.groups.values(), *sections.servers):
            for key in ("credential", "windows_credential"):
                self._check_name(placed, key, "credentials")
        for server in sections.servers:
            self._check_name(server, "group", "groups")

    def _check_name(self, placed: Placed[Any], key: str, section: str) -> None:
        name = getattr(placed.section, key, None)
        known = [str(known) for known in self._sections.names_in(section) or ()]
        if name is None or name in known:
            return
        near = get_close_matches(name, known, n=1)
        hint = f"Did you mean `{near[0]}`?" if near else f"Add it under `{section}:`."
        self.mistakes.append(Mistake(placed.place(key), f"unknown {key} `{name}`", hint))


def _window_from(section: WindowSection | None) -> Window | None:
    if section is None:
        return None
    days = None if section.days is None else tuple(dict.fromkeys(section.days))
    return Window(days, section.opens, section.closes, section.time_zone)


def _first_of(layers: Iterable[object], key: str) -> Any:  # noqa: ANN401 - the schema has its type
    """The value in the nearest layer that sets it."""
    return next((value for layer in layers if (value := getattr(layer, key)) is not None), None)
