"""Connections that their deadline can cut, and that send a credential only with permission."""

from __future__ import annotations

import ssl
from functools import partial
from typing import TYPE_CHECKING, Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ProtocolError

from moveready.remoting.certificates import RefusedCertificateError, shown_by
from moveready.remoting.heads import WholeHeadResponse
from moveready.remoting.steps import Step
from moveready.remoting.trials import header_text, is_of_one_connection

if TYPE_CHECKING:
    import socket

    from moveready.remoting.deadline import Deadline
    from moveready.remoting.logins import CredentialUse


class LostBeforeTheCredentialError(ProtocolError):
    """The connection of a login is gone, and the credential was not sent on it: the login may begin again."""


class _Guarded(HTTPConnection):
    """A connection that its deadline can cut; it counts what is sent, and sends a credential only with permission."""

    response_class = WholeHeadResponse

    def __init__(self, deadline: Deadline, login: CredentialUse | None, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - urllib3's signature
        self._deadline = deadline
        self._login = login
        self._handle: socket.socket | None = None
        self._is_used = False
        super().__init__(*args, **kwargs)

    def _new_conn(self) -> socket.socket:
        self._deadline.steps.begin(Step.CONNECT)
        connection = super()._new_conn()
        self._connected()
        self._handle = self._deadline.guard(connection)
        self._is_used = False
        return connection

    def _connected(self) -> None:
        """What is next: a login, or the answer to a request without one."""
        if self._login is None:
            self._deadline.steps.answered()
        else:
            self._deadline.steps.begin(Step.LOGIN)

    def request(self, method: str, url: str, body: Any = None, headers: Any = None, **kwargs: Any) -> None:  # noqa: ANN401 - urllib3's signature
        if self._login is not None:
            self._ask_for_leave(self._login, header_text((headers or {}).get("Authorization")))
        self._is_used = True
        self._deadline.meter.requests += 1
        self._deadline.meter.bytes_sent += len(body) if isinstance(body, bytes) else 0
        super().request(method, url, body, headers, **kwargs)

    def _ask_for_leave(self, login: CredentialUse, authorization: str | None) -> None:
        """Wait until the credential may be sent, after connecting, so that slow connecting does not delay others."""
        if self.is_closed:
            self.connect()
        waited = login.send(authorization, self._deadline)
        if is_of_one_connection(authorization) and (not self._is_used or (waited and not self.is_connected)):
            # On another connection it would be refused, even with the right password.
            login.withdraw()
            raise LostBeforeTheCredentialError("the server closed the connection during the login")

    def close(self) -> None:
        super().close()
        if self._handle is not None:
            self._deadline.release(self._handle)
            self._handle = None


class _GuardedHttps(_Guarded, HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        connection = super()._new_conn()
        self._deadline.steps.begin(Step.TLS)
        return connection

    def connect(self) -> None:
        try:
            super().connect()
        except ssl.SSLCertVerificationError as error:
            name = str(self.server_hostname)
            shown = shown_by(self.host, self.port or 443, name, self._deadline)
            raise RefusedCertificateError(error, name, shown) from error
        self._connected()


def pools_guarded_by(deadline: Deadline, login: CredentialUse | None, made: list[HTTPConnection]) -> dict[str, Any]:
    """Classes of urllib3's pools whose connections the deadline can cut; each connection is added to `made`."""

    def guarded(kind: type[_Guarded], *args: Any, **kwargs: Any) -> HTTPConnection:  # noqa: ANN401 - urllib3's signature
        made.append(kind(deadline, login, *args, **kwargs))
        return made[-1]

    return {
        "http": partial(_pool, HTTPConnectionPool, partial(guarded, _Guarded)),
        "https": partial(_pool, HTTPSConnectionPool, partial(guarded, _GuardedHttps)),
    }


def _pool(
    kind: type[HTTPConnectionPool],
    connect: Any,  # noqa: ANN401 - urllib3 calls it as it would a class
    *args: Any,  # noqa: ANN401 - urllib3's signature
    **kwargs: Any,  # noqa: ANN401 - urllib3's signature
) -> HTTPConnectionPool:
    pool = kind(*args, **kwargs)
    pool.ConnectionCls = connect
    return pool
