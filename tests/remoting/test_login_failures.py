"""What the libraries of Windows logins raise, by their codes; the libraries need not be installed."""

from __future__ import annotations

import pytest
from spnego.exceptions import (
    BadBindingsError,
    BadMechanismError,
    FeatureMissingError,
    InvalidTokenError,
    NativeError,
    NegotiateOptions,
    NoCredentialError,
    SpnegoError,
)

from moveready.remoting import login_failures as failures
from moveready.remoting.login_failures import LoginFailure, login_failure_of


class Krb5Error(Exception):
    """As the krb5 library has it."""

    def __init__(self, code: int) -> None:
        super().__init__(f"Something about Kerberos {code}")
        self.err_code = code


def gssapi(minor: int) -> SpnegoError:
    """An error of gssapi as pyspnego wraps it: the minor code has no sign, and stands in the text alone."""
    text = f"Major (851968): Unspecified GSS failure.  Minor code may provide more information, Minor ({minor}): words"
    return SpnegoError(base_error=NativeError(text, maj_code=851968))


def sspi(code: int) -> SpnegoError:
    """An error of Windows as pyspnego wraps it."""
    return SpnegoError(base_error=NativeError("words", winerror=code))


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (Krb5Error(-1765328360), failures.WRONG_PASSWORD),
        (Krb5Error(-1765328378), failures.UNKNOWN_ACCOUNT),
        (Krb5Error(-1765328366), failures.ACCOUNT_CLOSED),
        (Krb5Error(-1765328228), failures.NO_KDC),
        (Krb5Error(-1765328230), failures.UNKNOWN_REALM),
        (gssapi(2529639053), failures.NO_TICKET),
        (gssapi(2529638919), failures.UNKNOWN_SERVICE),
        (gssapi(2529638949), failures.CLOCK),
        (gssapi(2529638944), failures.TICKET_EXPIRED),
        (gssapi(100001), failures.UNKNOWN),
        (sspi(-2146893042), failures.NO_TICKET),
        (sspi(-2146893039), failures.NO_KDC),
        (sspi(-2146893020), failures.CLOCK),
        (sspi(-2146893044), failures.WRONG_PASSWORD),
        (NoCredentialError(), failures.NO_TICKET),
        (BadMechanismError(), failures.NO_MECHANISM),
        (BadBindingsError(), failures.BINDINGS),
        (InvalidTokenError(), failures.NOT_UNDERSTOOD),
        (FeatureMissingError(NegotiateOptions.wrapping_winrm), failures.NO_MECHANISM),
        (RuntimeError("odd"), failures.UNKNOWN),
    ],
)
def test_a_failure_is_known_by_its_code(error: Exception, failure: LoginFailure) -> None:
    """In words of ours; none of the library's."""
    assert login_failure_of(error) == failure


def test_what_lies_behind_says_more() -> None:
    """Pyspnego wraps the KDC's answer in an error of its own."""
    error = BadMechanismError(context_msg="no mechanism left")
    error.__cause__ = Krb5Error(-1765328228)

    assert login_failure_of(error) == failures.NO_KDC
