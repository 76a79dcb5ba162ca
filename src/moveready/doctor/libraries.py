"""Libraries that the inventory needs and this Python does not have. No server is asked."""

from __future__ import annotations

import platform
from importlib.util import find_spec
from typing import TYPE_CHECKING

from moveready.doctor.finding import Finding, Result
from moveready.inventory import Auth

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from moveready.inventory import Credential, Inventory

_KERBEROS = ("gssapi", "krb5")


def find_libraries(inventory: Inventory) -> Iterator[Finding]:
    """What the inventory needs, each with the command that installs it."""
    missing = [*_missing_of_kerberos(inventory), *_missing_of_notify(inventory)]
    yield from missing or [Finding("libraries", Result.GOOD, "none is missing")]


def has_kerberos() -> bool:
    """Whether Kerberos can be used from this Python; Windows brings it along."""
    return platform.system() == "Windows" or all(find_spec(name) for name in _KERBEROS)


def credentials_of(inventory: Inventory) -> list[Credential]:
    """Every credential that a server or an Exchange host uses, each once, in their order."""
    of_hosts = [host.credential for host in inventory.organization.exchange]
    return list(dict.fromkeys([*of_hosts, *(server.credential for server in inventory.servers)]))


def _missing_of_kerberos(inventory: Inventory) -> Iterable[Finding]:
    names = [credential.name for credential in credentials_of(inventory) if credential.auth is Auth.KERBEROS]
    if names and not has_kerberos():
        yield Finding(
            "libraries",
            Result.PROBLEM,
            f"Kerberos needs its libraries, and {_quoted(names)} has `auth: kerberos`",
            'Install them: python -m pip install "moveready[kerberos]"',
        )


def _missing_of_notify(inventory: Inventory) -> Iterable[Finding]:
    if inventory.notify and not find_spec("apprise"):
        yield Finding(
            "libraries",
            Result.PROBLEM,
            "`notify` of the inventory needs apprise",
            'Install it: python -m pip install "moveready[notify]"',
        )


def _quoted(names: Iterable[str]) -> str:
    return " and ".join(f"the credential `{name}`" for name in names)
