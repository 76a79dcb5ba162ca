"""pypsrp's WSMan with limits.

Without this, pypsrp silently repeats a Receive that got no answer, and never stops if answers are empty.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

from pypsrp.exceptions import AuthenticationError, WinRMError, WinRMTransportError, WSManFaultError
from pypsrp.wsman import WSMan, WSManAction

from moveready.evidence.xml_text import bounded
from moveready.remoting.dialing import bind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree import ElementTree as ET

    from moveready.remoting.deadline import Deadline
    from moveready.remoting.dialing import BoundedAdapter, Destination
    from moveready.remoting.logins import CredentialUse
    from moveready.remoting.steps import Steps

PATIENCE = 20
"""Answers without content in a row before the conversation is given up: without a limit, pypsrp never stops."""

_OPERATION_TIMED_OUT = 2150858793
"""The fault of a Receive that waited as long as it may and has nothing (MS-WSMV 3.1.4.14): ask again."""

_HELD_SECONDS = 0.25
"""A server that holds a Receive at least so long may do it until the deadline: that is not a busy loop."""

CLOSING_SECONDS = 5.0
"""How long a shell's Delete may take, with a second try: it frees the server's memory; its answer is not needed."""

LATE_CLOSING_SECONDS = 1.8
"""How long it may take after the deadline: what a server answers is known when its session is closed, and must be known
two seconds after its deadline."""

# Each WSMan() removes the process's XML prefixes and registers them again. An envelope that another thread writes at
# that moment has a new prefix for `xml:lang`, which XML forbids, and the server refuses it.
_PREFIXES = threading.Lock()


class _Envelopes:
    """Wraps pypsrp's transport, where an answer is decrypted but not yet a tree, to refuse one that is too large.

    Attributes:
        endpoint: The URL, which WSMan writes into each request.
    """

    def __init__(self, http: Any) -> None:  # noqa: ANN401 - a private class of pypsrp
        self.endpoint: str = http.endpoint
        self._http = http
        self._holds_prefixes = False

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Keep the XML prefixes unchanged until the envelope written in the block is sent, or given up."""
        _PREFIXES.acquire()
        self._holds_prefixes = True
        try:
            yield
        finally:
            self._is_written()

    def _is_written(self) -> None:
        if self._holds_prefixes:
            self._holds_prefixes = False
            _PREFIXES.release()

    def send(self, message: bytes, **how: Any) -> str:  # noqa: ANN401 - pypsrp's signature
        """The answer as text, because an encoding that it declares could hide its tags from the count."""
        self._is_written()
        try:
            answer: bytes = self._http.send(message, **how)
        except WinRMTransportError as error:
            bounded(error.response_text)
            raise
        return bounded(answer.decode("utf-8"))

    def close(self) -> None:
        self._http.close()


class Wire(WSMan):
    """WSMan without silent retries, with limits for empty answers and for the size of XML trees.

    Attributes:
        patience: How many more empty answers are accepted.
        steps: Where the conversation is.
        may_have_created: Whether the server may have a shell of ours.
    """

    patience = PATIENCE
    may_have_created = False
    steps: Steps
    _adapter: BoundedAdapter

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - pypsrp's signature
        with _PREFIXES:
            super().__init__(*args, **kwargs)
        self._http = self.transport
        self._envelopes = _Envelopes(self._http)
        self.transport = self._envelopes  # type: ignore[assignment] # it has what WSMan uses of a transport

    def create(self, *args: Any, **kwargs: Any) -> ET.Element:  # noqa: ANN401 - pypsrp's signature
        """Create a shell; if the answer cannot be understood, it may exist all the same."""
        try:
            answer = super().create(*args, **kwargs)
        except (WSManFaultError, WinRMTransportError, AuthenticationError):
            raise
        except Exception:
            self.may_have_created = self._adapter.has_asked
            raise
        self.may_have_created = True
        return answer

    def invoke(self, action: str, *args: Any, **kwargs: Any) -> ET.Element:  # noqa: ANN401 - pypsrp's signature
        """Send one request, once; repeat only a Receive that has nothing yet (its operation timed out)."""
        kwargs["retries_on_read_timeout"] = 0
        while action == WSManAction.RECEIVE:
            asked = monotonic()
            self._lose_patience()
            try:
                return self._invoke_once(action, *args, **kwargs)
            except WSManFaultError as fault:
                if fault.code != _OPERATION_TIMED_OUT:
                    raise
            if monotonic() - asked >= _HELD_SECONDS:
                self.patience += 1
        return self._invoke_once(action, *args, **kwargs)

    def _invoke_once(self, *args: Any, **kwargs: Any) -> ET.Element:  # noqa: ANN401 - pypsrp's signature
        with self._envelopes.writing():
            return super().invoke(*args, **kwargs)

    def _lose_patience(self) -> None:
        self.patience -= 1
        if self.patience < 0:
            raise WinRMError(f"{PATIENCE} answers in a row without content")

    def bind_to(self, destination: Destination, deadline: Deadline, login: CredentialUse) -> None:
        """Make the HTTP session, or a new one, for the deadline and login. Message encryption starts over with it."""
        self._http.close()
        self._http.session = self._http._build_session()  # noqa: SLF001 - pypsrp's one place that knows the login
        self._http.encryption = None
        self.steps = deadline.steps
        self._adapter = bind(self._http.session, destination, deadline, login)

    def hurry(self, seconds: float) -> None:
        """From now on, wait for each answer no longer than so many seconds."""
        self._adapter.longest_silence = seconds
