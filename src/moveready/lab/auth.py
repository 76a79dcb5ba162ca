"""Logins to the lab: NTLM, Kerberos, Negotiate with either, and Basic. Headers in, headers out; no sockets.

NTLM and Negotiate belong to one TCP connection (MS-NTHT): a `LoginState` belongs to one connection, and the owner of
the connections keeps it with them. NTLM is pyspnego's, Kerberos is in `kerberos`.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from spnego.channel_bindings import GssChannelBindings

from moveready.errors import LabError
from moveready.lab.kerberos import KerberosLogin
from moveready.lab.ntlm import ServerAcceptor

if TYPE_CHECKING:
    from pathlib import Path

    from moveready.lab.encryption import Wrapped
    from moveready.lab.kerberos import KerberosServices

_SIGNATURE = b"NTLMSSP\0"
_AUTHENTICATE = _SIGNATURE + struct.pack("<I", 3)
_RESPONSE_FIELD = 8
"""The position of the field NtChallengeResponse after the message type: behind LmChallengeResponse."""
_FIELD = struct.Struct("<H2xI")
_FIRST_AV_PAIR = 16 + 28
"""Behind the proof and the fixed part of NTLMv2_CLIENT_CHALLENGE."""
_AV_PAIR = struct.Struct("<HH")
_AV_CHANNEL_BINDINGS = 10

_USER_FILE = "NTLM_USER_FILE"
_PASSWORD = secrets.token_urlsafe(18)
"""One password for every lab of this process: pyspnego knows one file of NTLM users per process."""


@dataclass(frozen=True, slots=True)
class LabAccount:
    r"""Somebody who may log in, as `DOMAIN\name` or as `name@domain.com`."""

    domain: str
    name: str
    upn_suffix: str
    password: str

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
        self._file.write_text("\n".join(others + self._lines) + "\n", encoding="utf-8")
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


def carries_credential(authorization: str | None) -> bool:
    """Whether a request contains a credential, right or wrong.

    Basic, an NTLM AUTHENTICATE message and a Kerberos ticket do; an NTLM NEGOTIATE message does not.
    """
    if authorization is None:
        return False
    scheme, _, token = authorization.partition(" ")
    message = _decoded(token)
    return scheme.lower() == "basic" or _AUTHENTICATE in message or _SIGNATURE not in message


def _decoded(token: str) -> bytes:
    try:
        return base64.b64decode(token, validate=True)
    except binascii.Error:
        return b""


def _login_by(scheme: str, message: bytes, policy: LoginPolicy) -> NtlmLogin | KerberosLogin:
    """The login that a first message begins.

    The header `Kerberos` is for bare Kerberos tokens; the others may hold either, with or without SPNEGO around it.
    """
    is_ticket = scheme.lower() == "kerberos" or (policy.kerberos is not None and _SIGNATURE not in message)
    if not is_ticket:
        return NtlmLogin(policy.computer, policy.bindings, bindings_required=policy.bindings_required)
    if policy.kerberos is None:
        raise LabError("Without a keytab there is no Kerberos")
    return KerberosLogin(policy.kerberos, policy.bindings, bindings_required=policy.bindings_required)


class NtlmLogin:
    """One login by NTLM, with or without SPNEGO around it, and then the security context of its connection."""

    def __init__(self, computer: str, bindings: bytes | None, *, bindings_required: bool) -> None:
        """Wait for the first message to the server of that FQDN; the bindings are as those of `KerberosLogin`."""
        self._bindings = None if bindings is None else GssChannelBindings(application_data=bindings)
        self._bindings_required = bindings_required
        self._context = ServerAcceptor(computer, None)

    @property
    def complete(self) -> bool:
        """Whether the client is known."""
        return self._context.complete

    @property
    def client_principal(self) -> str:
        """The client, as its message names it."""
        return self._context.client_principal or ""

    def step(self, message: bytes) -> bytes | None:
        """The answer to a message of the client; raises an exception of any kind if it is refused."""
        # Windows sends sixteen zeros where it has no bindings.
        are_sent = ntlm_bindings(message) not in (None, bytes(16))
        expected = self._bindings if are_sent or self._bindings_required else None
        answer = self._context.step(message, channel_bindings=expected)
        if self.complete and expected is not None and not are_sent:
            raise LabError("The login has no channel bindings")
        return answer

    def wrap_winrm(self, data: bytes) -> Wrapped:
        """Seal a message."""
        return self._context.wrap_winrm(data)

    def unwrap_winrm(self, header: bytes, data: bytes) -> bytes:
        """Unseal a message."""
        return self._context.unwrap_winrm(header, data)


def ntlm_bindings(message: bytes) -> bytes | None:
    """The hash MsvAvChannelBindings of an NTLMv2 AUTHENTICATE message (MS-NLMP 2.2.1.3, 2.2.2.1, 2.2.2.7).

    Args:
        message: The message itself, or a SPNEGO token around it.

    Returns:
        Sixteen bytes, or None if there are no bindings.
    """
    _, found, fields = message.partition(_AUTHENTICATE)
    if not found:
        return None
    length, offset = _FIELD.unpack_from(fields, _RESPONSE_FIELD)
    response = (found + fields)[offset : offset + length]
    at = _FIRST_AV_PAIR
    while at + _AV_PAIR.size <= len(response):
        kind, size = _AV_PAIR.unpack_from(response, at)
        at += _AV_PAIR.size
        if kind == _AV_CHANNEL_BINDINGS:
            return response[at : at + size]
        at += size
    return None


def _name_of(principal: str, policy: LoginPolicy) -> str:
    return next((account.username for account in policy.accounts if account.is_called(principal)), principal)
