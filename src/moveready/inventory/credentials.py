"""Who logs in, and how."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from moveready.inventory.secrets import Secret


class Auth(Enum):
    """How to log in."""

    KERBEROS = "kerberos"
    NEGOTIATE = "negotiate"
    NTLM = "ntlm"
    BASIC = "basic"
    CERTIFICATE = "certificate"
    """A client certificate; WinRM over TLS alone takes it."""


@dataclass(frozen=True, slots=True)
class Credential:
    """Who logs in; without a username, the current user or the Kerberos ticket cache.

    Attributes:
        name: Its name in the inventory, where it is the only one of that name.
        auth: How to log in.
        username: The account.
        password: Its password; of `auth: certificate` the passphrase of the key.
        certificate: PEM file of the client certificate, with those that signed it if the server needs them.
        certificate_key: PEM file of its private key.
    """

    name: str
    auth: Auth = Auth.KERBEROS
    username: str | None = None
    password: Secret | None = None
    certificate: Path | None = None
    certificate_key: Path | None = None
