"""Why a login failed, in our words: explains what spnego, krb5, gssapi and Windows' SSPI raise. Pure.

The libraries need not be installed: their exceptions are recognised by their codes. MIT Kerberos numbers its failures
from -1765328384 on (krb5_err.et); gssapi has the same number as its minor code, without a sign. SSPI has other numbers
(winerror.h).
"""

from __future__ import annotations

import re
from typing import NamedTuple


class LoginFailure(NamedTuple):
    """What happened (a sentence without its full stop), and what to do about it."""

    happened: str
    next_step: str


NO_TICKET = LoginFailure(
    "there is no Kerberos ticket",
    "No ticket: run kinit, or name a keytab (KRB5_CLIENT_KTNAME); or give the credential a username and a password.",
)
TICKET_EXPIRED = LoginFailure("the Kerberos ticket has expired", "Get a new one: run kinit, or name a keytab.")
NO_KDC = LoginFailure(
    "no domain controller (KDC) can be reached for Kerberos",
    "Check `/etc/krb5.conf` and DNS, and that port 88 of a domain controller can be reached from here.",
)
SILENT_KDC = LoginFailure("no domain controller (KDC) answered in time for Kerberos", NO_KDC.next_step)
UNKNOWN_REALM = LoginFailure(
    "Kerberos does not know the realm of the account or of the server",
    "Write the account as user@REALM in capitals, and let `/etc/krb5.conf` or DNS know that realm.",
)
WRONG_PASSWORD = LoginFailure(
    "the domain controller (KDC) refused the password", "Correct the account or its password in the inventory."
)
UNKNOWN_ACCOUNT = LoginFailure(
    "the domain controller (KDC) does not know the account",
    "Correct the username in the inventory; Kerberos wants user@REALM.",
)
ACCOUNT_CLOSED = LoginFailure(
    "the domain controller (KDC) says that the account is disabled, locked or expired",
    "Have the account enabled, or use another one.",
)
PASSWORD_EXPIRED = LoginFailure("the password has expired", "Change it, and correct the inventory.")
UNKNOWN_SERVICE = LoginFailure(
    "Kerberos knows no service of this name (no SPN)",
    "Name the server as its SPN does (`setspn -L SERVER` shows them), and never by its load balancer's name.",
)
CLOCK = LoginFailure(
    "the clocks of this machine, the domain controller and the server differ too much for Kerberos",
    "Set the clocks right; Kerberos allows five minutes.",
)
NO_MECHANISM = LoginFailure(
    "this machine and the server have no common way to log in",
    'Give the credential another `auth:`; for Kerberos outside Windows: python -m pip install "moveready[kerberos]"',
)
BINDINGS = LoginFailure(
    "the channel bindings of the login do not fit this connection (Extended Protection)",
    "Something between here and the server ends TLS: give the server's own `address` in the inventory.",
)
NOT_UNDERSTOOD = LoginFailure(
    "the server's part of the login cannot be understood",
    "Ask again; if it stays so, something between here and the server changes the answer.",
)
UNKNOWN = LoginFailure(
    "the login could not be made", "Try the same account with kinit, or with another `auth:` in the inventory."
)

_FIRST = -1765328384
"""ERROR_TABLE_BASE_krb5."""

_BY_KERBEROS = {
    1: ACCOUNT_CLOSED,  # KDC_ERR_NAME_EXP
    6: UNKNOWN_ACCOUNT,  # KDC_ERR_C_PRINCIPAL_UNKNOWN
    7: UNKNOWN_SERVICE,  # KDC_ERR_S_PRINCIPAL_UNKNOWN
    18: ACCOUNT_CLOSED,  # KDC_ERR_CLIENT_REVOKED
    23: PASSWORD_EXPIRED,  # KDC_ERR_KEY_EXP
    24: WRONG_PASSWORD,  # KDC_ERR_PREAUTH_FAILED
    31: WRONG_PASSWORD,  # KRB_AP_ERR_BAD_INTEGRITY: the KDC's answer cannot be opened with this password
    32: TICKET_EXPIRED,  # KRB_AP_ERR_TKT_EXPIRED
    37: CLOCK,  # KRB_AP_ERR_SKEW
    141: NO_TICKET,  # KRB5_CC_NOTFOUND
    154: UNKNOWN_REALM,  # KRB5_REALM_UNKNOWN
    156: NO_KDC,  # KRB5_KDC_UNREACH
    181: NO_TICKET,  # KRB5_KT_NOTFOUND
    195: NO_TICKET,  # KRB5_FCC_NOFILE
    220: UNKNOWN_REALM,  # KRB5_REALM_CANT_RESOLVE
}
_BY_SSPI = {
    0x80090303: UNKNOWN_SERVICE,  # SEC_E_TARGET_UNKNOWN
    0x80090305: NO_MECHANISM,  # SEC_E_SECPKG_NOT_FOUND
    0x80090308: NOT_UNDERSTOOD,  # SEC_E_INVALID_TOKEN
    0x8009030C: WRONG_PASSWORD,  # SEC_E_LOGON_DENIED
    0x8009030E: NO_TICKET,  # SEC_E_NO_CREDENTIALS
    0x80090311: NO_KDC,  # SEC_E_NO_AUTHENTICATING_AUTHORITY
    0x80090324: CLOCK,  # SEC_E_TIME_SKEW
    0x80090346: BINDINGS,  # SEC_E_BAD_BINDINGS
}
_BY_SPNEGO = {
    1: NO_MECHANISM,
    2: UNKNOWN_SERVICE,
    4: BINDINGS,
    6: NOT_UNDERSTOOD,
    7: NO_TICKET,
    9: NOT_UNDERSTOOD,
    10: WRONG_PASSWORD,
    11: TICKET_EXPIRED,
}
"""By pyspnego's `ErrorCode`, which are the major codes of GSSAPI (RFC 2744)."""

_LIBRARIES = frozenset({"spnego", "krb5", "gssapi"})
_NUMBER = re.compile(r"\((\d{10})\)")
"""gssapi writes the minor code into its text; of a wrapped exception, only the text may be left."""


def failure_of_a_login(error: BaseException) -> LoginFailure | None:
    """What an exception means if a login library raised it; None if another one did."""
    return login_failure_of(error) if type(error).__module__.partition(".")[0] in _LIBRARIES else None


def login_failure_of(error: BaseException) -> LoginFailure:
    """What an exception of a login library means; `UNKNOWN` if it has no known code."""
    chain = _chain_of(error)
    native = next((found for each in chain if (found := _by_native_code(each))), None)
    if native is not None:
        return native
    if any(type(each).__name__ == "FeatureMissingError" for each in chain):
        return NO_MECHANISM
    codes = (getattr(each, "_error_code", None) for each in chain)
    return next((_BY_SPNEGO[code] for code in codes if code in _BY_SPNEGO), UNKNOWN)


def _chain_of(error: BaseException) -> list[BaseException]:
    """The exception, and those that it wraps or was raised from."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, BaseException) and not any(each is other for other in found):
            found.append(each)
            waiting += [getattr(each, "base_error", None), each.__cause__, each.__context__]
    return found


def _by_native_code(error: BaseException) -> LoginFailure | None:
    native = getattr(error, "winerror", None)
    if isinstance(native, int):
        return _BY_SSPI.get(native & 0xFFFFFFFF)
    codes = [getattr(error, "err_code", None), getattr(error, "min_code", None)]
    codes += map(int, _NUMBER.findall(str(error)))
    offsets = (code % (1 << 32) - _FIRST % (1 << 32) for code in codes if isinstance(code, int))
    return next((_BY_KERBEROS[offset] for offset in offsets if offset in _BY_KERBEROS), None)
