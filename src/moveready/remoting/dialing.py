"""Connects to a server: the address, the TLS settings and the time limits.

The URL names the server, so Host header, SNI, certificate check and Kerberos principal are all the server's own, and
only the TCP connection goes to the address of the inventory. Redirects are never followed, proxies of the environment
are not used, an answer may not be larger than `LARGEST_ANSWER`, nor all answers together larger than `MOST_RECEIVED`.
"""

from __future__ import annotations

import functools
import math
import ssl
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Self

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.exceptions import InsecureRequestWarning

from moveready.inventory.client_certificates import load_into
from moveready.remoting.connections import pools_guarded_by
from moveready.remoting.trials import header_text, proves_who_we_are
from moveready.remoting.wording import seconds_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from urllib3.connection import HTTPConnection

    from moveready.evidence.cost import Meter
    from moveready.inventory import Credential
    from moveready.remoting.deadline import Deadline
    from moveready.remoting.logins import CredentialUse

LARGEST_ANSWER = 16 * 1024 * 1024
"""Bytes. A WSMan envelope is asked to stay under 150 KiB; the largest answer of use is far below this."""

MOST_RECEIVED = 64 * 1024 * 1024
"""Bytes that one conversation may receive; a visit to the log takes some hundred thousand."""

CONNECT_SECONDS = 10.0
"""Longest wait for a TCP connection; the deadline may be earlier."""


class OversizedAnswerError(requests.RequestException):
    """More was received than `LARGEST_ANSWER` or `MOST_RECEIVED` allows; used only inside remoting."""


class UnusableClientCertificateError(ssl.SSLError):
    """The files of a client certificate have changed since the inventory was read; used only inside remoting."""


class SilentServerError(requests.ReadTimeout):
    """The connection was made, but the first answer did not begin in time; used only inside remoting."""

    def __init__(self, seconds: float) -> None:
        """Keep the length of the wait."""
        super().__init__(f"said nothing for {seconds_text(seconds)}")


@dataclass(frozen=True, slots=True)
class Destination:
    """Where to connect: `name` identifies the server, `address` is the address to connect to.

    The certificate of the `client`, if it has one, is shown to a server that asks for it.
    """

    name: str
    address: str
    port: int
    tls: bool
    verify: bool
    ca_file: Path | None
    client: Credential | None = None


def bounded_session(
    destination: Destination, deadline: Deadline, login: CredentialUse | None = None
) -> requests.Session:
    """A session for this server only; the deadline ends every wait, and a redirect is an answer like others."""
    session = _UnfollowingSession()
    bind(session, destination, deadline, login)
    return session


def bind(
    session: requests.Session, destination: Destination, deadline: Deadline, login: CredentialUse | None = None
) -> BoundedAdapter:
    """Bind an existing session to the server and the deadline; a redirect raises `requests.TooManyRedirects`.

    `login` is asked before a credential is sent, and gets the result.
    """
    session.trust_env = False
    session.proxies = {}
    session.max_redirects = 0
    session.verify = destination.verify
    if not destination.verify:
        # The reports name every server whose certificate was not checked; a warning for each request would only hide
        # that.
        urllib3.disable_warnings(InsecureRequestWarning)
    adapter = BoundedAdapter(destination, deadline, login)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return adapter


@functools.cache
def tls_context(ca_file: Path | None, verify: bool, client: Credential | None = None) -> ssl.SSLContext:
    """The TLS settings, made once: the system's authorities, or only the file's. Raises `OSError` for a bad file.

    TLS 1.0 and 1.1 are not spoken, whatever the configuration of OpenSSL allows: RFC 8996 forbids both.
    """
    context = ssl.create_default_context(cafile=ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if client is not None and client.certificate is not None and client.certificate_key is not None:
        try:
            load_into(context, client.certificate, client.certificate_key, client.password)
        except (OSError, ValueError) as error:
            raise UnusableClientCertificateError from error
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class _UnfollowingSession(requests.Session):
    """Returns a redirect as it came; requests would first read its whole body and its target."""

    def get_redirect_target(self, _: requests.Response) -> None:
        """Never follow a redirect."""


class _BoundedAnswer(requests.Response):
    """An answer whose bytes are counted; it raises above the limit instead of filling the memory."""

    meter: Meter

    def iter_content(self, chunk_size: int | None = 1, decode_unicode: bool = False) -> Iterator[Any]:  # noqa: ARG002, FBT002 - requests' signature
        size = 0
        # No caller needs text: WSMan and the probe read bytes.
        chunks: Iterator[Any] = super().iter_content(chunk_size)
        for chunk in chunks:
            size += len(chunk)
            self.meter.bytes_received += len(chunk)
            if size > LARGEST_ANSWER:
                self.close()
                raise OversizedAnswerError(f"more than {LARGEST_ANSWER // 2**20} MB")
            if self.meter.bytes_received > MOST_RECEIVED:
                self.close()
                raise OversizedAnswerError(f"more than {MOST_RECEIVED // 2**20} MB in one conversation")
            yield chunk


class BoundedAdapter(HTTPAdapter):
    """Connects only to this server, and waits no longer than the deadline.

    Attributes:
        longest_silence: Seconds to wait for the next bytes of an answer, if the deadline is not earlier.
        has_asked: Whether a request was sent that a server may have carried out: with content, and not anonymous.
    """

    def __init__(self, destination: Destination, deadline: Deadline, login: CredentialUse | None = None) -> None:
        """Make no connection yet."""
        self.longest_silence = math.inf
        self.has_asked = False
        self._destination = destination
        self._deadline = deadline
        self._login = login
        self._made: list[HTTPConnection] = []
        super().__init__(pool_connections=1, pool_maxsize=1)
        self.poolmanager.pool_classes_by_scheme = pools_guarded_by(deadline, login, self._made)

    def close(self) -> None:
        """Close every connection, also one whose answer nobody has read to its end: a pool closes only idle ones."""
        super().close()
        for connection in self._made:
            connection.close()
        self._made.clear()

    def build_connection_pool_key_attributes(
        self,
        request: requests.PreparedRequest,
        verify: Any,  # noqa: ANN401 - requests' signature
        cert: Any = None,  # noqa: ANN401
    ) -> tuple[Any, Any]:
        """Connect to the address of the inventory, and check the certificate against the server's name."""
        host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
        host["host"] = self._destination.address
        if host["scheme"] != "https":
            return host, {}
        context = tls_context(self._destination.ca_file, self._destination.verify, self._destination.client)
        return host, {
            "ssl_context": context,
            "cert_reqs": context.verify_mode,
            "server_hostname": self._destination.name,
        }

    def cert_verify(self, *_: object) -> None:
        """Do not change the context: requests would load its own bundle into it, for every connection.

        That would trust a hundred authorities more than `ca_file` names, and cost 15 ms for each server.
        """

    def add_headers(self, request: requests.PreparedRequest, **_: object) -> None:
        """Name the server in the Host header, which would otherwise have the address of the connection."""
        default = 443 if self._destination.tls else 80
        port = "" if self._destination.port == default else f":{self._destination.port}"
        request.headers["Host"] = f"{self._destination.name}{port}"

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:  # noqa: ANN401 - requests' signature
        """Send, and wait no longer than the deadline allows; after the login is given up, nothing is sent."""
        if self._deadline.is_over:
            raise requests.ReadTimeout("the deadline is over", request=request)
        self._deadline.asked()
        self.has_asked |= bool(request.body) and _is_of_somebody(request)
        if self._login is None:
            return self._send(request, *args, **kwargs)
        self._login.check()
        try:
            answer = self._send(request, *args, **kwargs)
        except BaseException:
            self._login.unanswered()
            raise
        self._login.answered(answer.status_code, answer.headers.get("WWW-Authenticate", ""))
        return answer

    def _send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:  # noqa: ANN401 - requests' signature
        """Send; for the first request of a conversation, one limit includes connecting and the answer's first byte."""
        left = self._deadline.left
        if self._deadline.is_answered or left <= self._deadline.first_answer_seconds:
            kwargs["timeout"] = (min(CONNECT_SECONDS, left), min(self.longest_silence, left))
            return super().send(request, *args, **kwargs)
        seconds = min(self._deadline.first_answer_seconds, self.longest_silence)
        kwargs["timeout"] = _Timeout(self._deadline, seconds)
        try:
            return super().send(request, *args, **kwargs)
        except requests.ReadTimeout as error:
            raise SilentServerError(seconds) from error

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:  # noqa: ANN401 - requests' signature
        """The answer, limited in size; its head has been read."""
        self._deadline.heard()
        if resp.status != HTTPStatus.UNAUTHORIZED and _is_logged_in(req):
            self._deadline.steps.answered()
        bounded = _BoundedAnswer()
        bounded.meter = self._deadline.meter
        bounded.__dict__.update(super().build_response(req, resp).__dict__)
        return bounded


class _Timeout(urllib3.Timeout):
    """The timeout of one request: seconds in all, without the time for which we kept the server waiting."""

    def __init__(self, deadline: Deadline, seconds: float) -> None:
        super().__init__(total=seconds, connect=min(CONNECT_SECONDS, seconds))
        self._deadline = deadline
        self._waited_before = deadline.waited_seconds

    def clone(self) -> Self:
        return self

    def get_connect_duration(self) -> float:
        return super().get_connect_duration() - (self._deadline.waited_seconds - self._waited_before)


def _is_logged_in(request: requests.PreparedRequest) -> bool:
    """Whether it has a whole credential: an answer other than 401 to it ends the login."""
    return proves_who_we_are(header_text(request.headers.get("Authorization")))


def _is_of_somebody(request: requests.PreparedRequest) -> bool:
    """Whether it identifies the sender: by a token, or by encryption that needs a login (MS-WSMV 2.2.9.1)."""
    return "Authorization" in request.headers or str(request.headers.get("Content-Type", "")).startswith("multipart/")
