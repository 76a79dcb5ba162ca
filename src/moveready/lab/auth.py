"""Logins to the lab: NTLM, Kerberos, Negotiate by pyspnego's acceptor, and Basic. Headers in, headers out; no sockets.

NTLM and Negotiate belong to one TCP connection (MS-NTHT): a `LoginState` belongs to one connection, and the owner of
the connections keeps it with them. Kerberos works without a change here once a keytab is in the environment
(`KRB5_KTNAME`) and python-gssapi is installed: the tokens are handled in the same way.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import spnego
from spnego.channel_bindings import GssChannelBindings

if TYPE_CHECKING:
    from pathlib import Path

_CHANNEL_BOUND = 0x800
"""GSS_C_CHANNEL_BOUND_FLAG: the client sent channel bindings, and they are correct."""

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

    def is_called(self, username: str) -> bool:
        """Whether this is the account's name in one of its forms; case does not matter."""
        return username.lower() in (self.username.lower(), f"{self.name}@{self.upn_suffix}".lower())


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
        bindings: The channel bindings that a client must send (Extended Protection: Require), or None.
    """

    schemes: tuple[str, ...]
    accounts: tuple[LabAccount, ...]
    bindings: bytes | None = None


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
        self.context: spnego.ContextProxy | None = None

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
            self.context = self.context or _acceptor(policy)
            message = base64.b64decode(token or "nothing", validate=True)
            answer = self.context.step(message)
            if self.context.complete and policy.bindings and not _is_bound(self.context, message):
                return self._refused(policy)
        except Exception:  # noqa: BLE001  # whatever the acceptor stumbles over, the client is not who it says
            return self._refused(policy)
        headers = () if answer is None else (f"{scheme} {base64.b64encode(answer).decode()}",)
        if not self.context.complete:
            return LoginAnswer(None, headers or policy.schemes)
        self.user = _name_of(self.context, policy)
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


def _acceptor(policy: LoginPolicy) -> spnego.ContextProxy:
    # pyspnego's own Negotiate and NTLM on every platform: Windows' SSPI would check the accounts of this machine.
    return spnego.server(
        protocol="negotiate",
        channel_bindings=GssChannelBindings(application_data=policy.bindings) if policy.bindings else None,
        options=spnego.NegotiateOptions.use_negotiate | spnego.NegotiateOptions.wrapping_winrm,
    )


def _is_bound(context: spnego.ContextProxy, message: bytes) -> bool:
    """Whether channel bindings came with the last message of a login; the acceptor has checked those that came.

    The acceptor lets two kinds of clients without bindings pass: with NTLM those that send sixteen zeros, as Windows
    does, and with Kerberos all of them, where only a flag of the context shows it.
    """
    if context.negotiated_protocol == "ntlm":
        return ntlm_bindings(message) not in (None, bytes(16))
    return bool(int(context.context_attr) & _CHANNEL_BOUND)


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


def _name_of(context: spnego.ContextProxy, policy: LoginPolicy) -> str:
    principal = context.client_principal or ""
    return next((account.username for account in policy.accounts if account.is_called(principal)), principal)
