"""The ready inventory of a running lab, as YAML text. Pure; the text is built here, with JSON's quoting."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from moveready.lab.state import LabOrganization, LabServer

_ASKED = 3
"""How many Exchange servers the inventory names to be asked about the whole organization."""


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach a lab: everything in an inventory that is not a fact about a server.

    Attributes:
        ports: Port numbers by FQDN and channel.
        ca_file: The lab's authority, relative to the inventory or absolute.
        credential: The keys of the credential: `TICKET` or an `ntlm_credential`.
        windows_tls: Whether the Windows endpoints speak TLS.
    """

    ports: Mapping[str, Mapping[str, int]]
    ca_file: str
    credential: Mapping[str, str]
    windows_tls: bool = False


TICKET: Mapping[str, str] = {"auth": "kerberos"}
"""The ticket of the user who runs the checks, for a lab with a KDC."""


def ntlm_credential(username: str, password: str) -> dict[str, str]:
    """An account for a lab without a KDC; `negotiate` would look for a KDC in the DNS.

    Args:
        username: Who logs in.
        password: Reference to the password, `file:...`.
    """
    return {"auth": "ntlm", "username": username, "password": password}


def inventory_text(organization: LabOrganization, way: Access) -> str:
    """The inventory of a running lab."""
    return "\n".join(_lines(organization, way)) + "\n"


def _lines(organization: LabOrganization, way: Access) -> Iterator[str]:
    servers = tuple(organization.servers.values())
    asked = json.dumps([server.fqdn for server in _to_ask(servers)])
    yield "# The inventory of a running lab: its ports and its password are gone with it."
    yield f"organization: {{name: {json.dumps(organization.name)}, exchange: {asked}, credential: lab}}"
    yield f"tls: {{ca_file: {json.dumps(way.ca_file)}}}"
    yield f"defaults: {{credential: lab, windows_tls: {json.dumps(way.windows_tls)}}}"
    yield f"fix: {json.dumps(dict(organization.fix))}"
    yield "credentials:"
    yield f"  lab: {json.dumps(dict(way.credential))}"
    groups = sorted({server.group for server in servers if server.group})
    yield "groups:" if groups else "groups: {}"
    for group in groups:
        yield f"  {json.dumps(group)}: {{}}"
    yield "servers:"
    for server in servers:
        yield f"  - {json.dumps(_section_of(server, way))}"


def _to_ask(servers: tuple[LabServer, ...]) -> tuple[LabServer, ...]:
    """The first few servers whose Exchange endpoint is up; if none is, simply the first few."""
    up = tuple(server for server in servers if "exchange" not in {channel.value for channel in server.down})
    return (up or servers)[:_ASKED]


def _section_of(server: LabServer, way: Access) -> dict[str, object]:
    facts = {"group": server.group, "site": server.site, "pool": server.pool}
    return {
        "name": server.fqdn,
        "address": "127.0.0.1",
        **{key: value for key, value in facts.items() if value},
        "phase": server.phase.value,
        "fix": server.fix.value,
        "ports": dict(way.ports[server.fqdn]),
    }
