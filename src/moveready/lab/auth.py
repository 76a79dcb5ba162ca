"""Logins to the lab: NTLM, Kerberos, Negotiate with either, and Basic. Headers in, headers out; no sockets.

NTLM and Negotiate belong to one TCP connection (MS-NTHT): a `LoginState` belongs to one connection, and the owner of
the connections keeps it with them. NTLM is pyspnego's, Kerberos is in `kerberos`.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from moveready.errors import LabError
from moveready.lab.kerberos import KerberosLogin
from moveready.lab.ntlm import AUTHENTICATE, SIGNATURE, NtlmLogin

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from moveready.lab.kerberos import KerberosServices


MUTUAL = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
"""In place of credentials, the profile by which a client logs in with its certificate (MS-WSMV 2.2.4.1)."""

_USER_FILE = "NTLM_USER_FILE"
_PASSWORD = secrets.token_urlsafe(18)
"""One password for every lab of this process: pyspnego knows one file of NTLM users per process."""


@dataclass(frozen=True, slots=True)
class LabAccount:
    r"""Somebody who may log in, as `DOMAIN\name` or as `name@domain.com`."""

    domain: str
    name: str
    upn_suffix: str
    password: str = field(repr=False)

    @property
    def username(self) -> str:
        r"""The name in the form `DOMAIN\name`."""
        return f"{self.domain}\\{self.name}"

    @property
    def upn(self) -> str:
        """The name in the form `name@DOMAIN.COM`, as Kerberos has it."""
        return f"{self.name}@{self.upn_suffix.upper()}"

    def is_called(self, username: str) -> bool:
        """Whether this is the account's name in one of its forms; case does not matter."""
        return username.lower() in (self.username.lower(), self.upn.lower())


def accounts_of(organization: str) -> tuple[LabAccount, ...]:
    """The lab's accounts in an organization with a name like `contoso.com`; the ready inventory uses the first."""
    domain = organization.partition(".")[0].upper()
    return tuple(LabAccount(domain, name, organization, _PASSWORD) for name in ("svc-moveready", "svc-other"))


class NtlmUsers:
    """Gives pyspnego's NTLM acceptor the accounts, by a file and an environment variable.

    A process has one such variable, and may run several labs at once. So each file has the accounts of all running
    labs; the variable names the newest file, and gets its earlier value back when a lab ends.
    """

    _living: ClassVar[dict[str, list[str]]] = {}
    _before: ClassVar[str | None] = None

    def __init__(self, accounts: tuple[LabAccount, ...], file: Path) -> None:
        """`file` is written when the users are registered, in the format of Heimdal: `DOMAIN:USER:PASSWORD`."""
        self._file = file
        self._lines = [f"{account.domain}:{account.name}:{account.password}" for account in accounts]
        self._lines += [f":{account.name}@{account.upn_suffix}:{account.password}" for account in accounts]

    def register(self) -> None:
        """Make the accounts valid."""
        others = [line for lines in NtlmUsers._living.values() for line in lines]
        write_for_owner(self._file, "\n".join(others + self._lines) + "\n")
        if not NtlmUsers._living:
            NtlmUsers._before = os.environ.get(_USER_FILE)
        NtlmUsers._living[str(self._file)] = self._lines
        os.environ[_USER_FILE] = str(self._file)

    def withdraw(self) -> None:
        """Restore the earlier state."""
        if NtlmUsers._living.pop(str(self._file), None) is None:
            return
        left = next(reversed(NtlmUsers._living), NtlmUsers._before)
        if left is None:
            os.environ.pop(_USER_FILE, None)
        else:
            os.environ[_USER_FILE] = left


@dataclass(frozen=True, slots=True)
class LoginPolicy:
    """What one listener demands of logins.

    Attributes:
        schemes: What it offers in WWW-Authenticate: `Negotiate`, `NTLM`, `Kerberos`, `Basic realm="WSMAN"`.
        accounts: The accounts that may log in.
        bindings: The channel bindings of this connection; None if it does not check any (Extended Protection: None).
        bindings_required: Whether a client must send them (Require); if not, those that it sends must be right (Allow).
        kerberos: The services that tickets may be for; None if there is no Kerberos.
        bindings: The channel bindings that a client must send (Extended Protection: Require), or None.
        computer: FQDN of the server, which NTLM tells its clients.
    """

    schemes: tuple[str, ...]
    accounts: tuple[LabAccount, ...]
    bindings: bytes | None = None
    bindings_required: bool = True
    kerberos: KerberosServices | None = None
    computer: str = "server.invalid"


@dataclass(frozen=True, slots=True)
class LoginAnswer:
    """The result of one request under a policy.

    Attributes:
        user: The user, or None: then the answer is 401.
        headers: Values of WWW-Authenticate for the answer, also where the login is complete (mutual authentication).
        completed: Whether this request completed a login.
    """

    user: str | None
    headers: tuple[str, ...] = ()
    completed: bool = False


class LoginState:
    """The login state of one TCP connection: no user, in a handshake, or a user with a security context."""

    def __init__(self) -> None:
        self.user: str | None = None
        self.scheme = ""
        self.context: NtlmLogin | KerberosLogin | None = None

    def ask(self, authorization: str | None, policy: LoginPolicy) -> LoginAnswer:
        """Judge a request by its Authorization header; without one, the connection keeps its user."""
        if authorization is None:
            return self._refused(policy) if self.user is None else LoginAnswer(self.user)
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() not in {offered.partition(" ")[0].lower() for offered in policy.schemes}:
            return self._refused(policy)
        if scheme.lower() == "basic":
            return self._ask_basic(token, policy)
        return self._ask_negotiate(scheme, token, policy)

    def _refused(self, policy: LoginPolicy) -> LoginAnswer:
        self.user, self.context = None, None
        return LoginAnswer(None, policy.schemes)

    def _ask_basic(self, token: str, policy: LoginPolicy) -> LoginAnswer:
        username, _, password = _decoded(token).decode("utf-8", "replace").partition(":")
        for account in policy.accounts:
            if account.is_called(username) and secrets.compare_digest(password.encode(), account.password.encode()):
                before, self.user, self.scheme = self.user, account.username, "basic"
                return LoginAnswer(self.user, completed=before is None)
        return self._refused(policy)

    def _ask_negotiate(self, scheme: str, token: str, policy: LoginPolicy) -> LoginAnswer:
        if self.context is None or self.user is not None:
            self.user, self.scheme, self.context = None, scheme.lower(), None
        try:
            message = base64.b64decode(token or "nothing", validate=True)
            self.context = self.context or _login_by(scheme, message, policy)
            answer = self.context.step(message)
        except Exception:  # noqa: BLE001  # whatever the acceptor stumbles over, the client is not who it says
            return self._refused(policy)
        headers = () if answer is None else (f"{scheme} {base64.b64encode(answer).decode()}",)
        if not self.context.complete:
            return LoginAnswer(None, headers or policy.schemes)
        self.user = _name_of(self.context.client_principal, policy)
        return LoginAnswer(self.user, headers, completed=True)


def ask_by_certificate(state: LoginState, peer: Mapping[str, Any], policy: LoginPolicy) -> LoginAnswer:
    """Judge a request with `Authorization: MUTUAL` by the certificate that the client has shown in its handshake.

    A Windows server maps a certificate, by its issuer and by a pattern for the names of its subject, to an account of
    its own (`CertMappingType`, MS-WSMV 2.2.4.3), where `Certificate` of `ServiceAuthType` is true (3.1.4.1.29.2);
    Windows has it off. The lab has it on, with one issuer, and a mapping from `name@domain.com` for each account. The
    name is a mail address, as its library makes no user principal names. That a certificate without a mapping is
    answered 401 is inferred.

    Args:
        state: The connection; it has no user before its first request by certificate.
        peer: The certificate, as `ssl.SSLSocket.getpeercert` tells it; empty where there is none.
        policy: The accounts.
    """
    names = {name for kind, name in peer.get("subjectAltName", ()) if kind == "email"}
    for account in policy.accounts:
        if any(map(account.is_called, names)):
            before, state.user, state.scheme = state.user, account.username, "certificate"
            return LoginAnswer(state.user, completed=before is None)
    return LoginAnswer(None, policy.schemes)


def write_for_owner(file: Path, text: str) -> None:
    """Write a file that nobody else may read, where the system is POSIX (mode 0600)."""
    file.unlink(missing_ok=True)
    with open(file, "w", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600)) as opened:
        opened.write(text)


def carries_credential(authorization: str | None) -> bool:
    """Whether a request contains a credential, right or wrong.

    Basic, an NTLM AUTHENTICATE message and a Kerberos ticket do; an NTLM NEGOTIATE message does not, nor the profile
    of client certificates: the credential is in the handshake.
    """
    if authorization is None or authorization == MUTUAL:
        return False
    scheme, _, token = authorization.partition(" ")
    message = _decoded(token)
    return scheme.lower() == "basic" or AUTHENTICATE in message or SIGNATURE not in message


def _decoded(token: str) -> bytes:
    try:
        return base64.b64decode(token, validate=True)
    except binascii.Error:
        return b""


def _login_by(scheme: str, message: bytes, policy: LoginPolicy) -> NtlmLogin | KerberosLogin:
    """The login that a first message begins.

    The header `Kerberos` is for bare Kerberos tokens; the others may hold either, with or without SPNEGO around it.
    """
    is_ticket = scheme.lower() == "kerberos" or (policy.kerberos is not None and SIGNATURE not in message)
    if not is_ticket:
        return NtlmLogin(policy.computer, policy.bindings, bindings_required=policy.bindings_required)
    if policy.kerberos is None:
        raise LabError("Without a keytab there is no Kerberos")
    return KerberosLogin(policy.kerberos, policy.bindings, bindings_required=policy.bindings_required)


def _name_of(principal: str, policy: LoginPolicy) -> str:
    return next((account.username for account in policy.accounts if account.is_called(principal)), principal)
