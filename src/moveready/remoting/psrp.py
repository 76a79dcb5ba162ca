"""PowerShell remoting with pypsrp, with limits and with true errors.

This module adds what pypsrp does not have: one deadline for everything, outputs that stay the XML that came
(`messages`), limits for answers (`wire`), and sessions that are always closed without hiding the first failure.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from pypsrp.complex_objects import PSInvocationState
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import SelectorSet

from moveready.errors import MissingCommandError, RemoteCommandError
from moveready.evidence.questions import Channel, CmdletAnswer, RemoteError
from moveready.remoting.audit import Asked, of_pipeline
from moveready.remoting.deadline import Deadline
from moveready.remoting.failures import Conversation, as_evidence_errors, evidence_error_from
from moveready.remoting.kerberos import Principal, login_name, login_password, usable_auth
from moveready.remoting.messages import Messages
from moveready.remoting.wire import CLOSING_SECONDS, LATE_CLOSING_SECONDS, PATIENCE, Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from moveready.evidence.questions import Pipeline
    from moveready.inventory import Auth
    from moveready.remoting.endpoint import PowerShellEndpoint

T = TypeVar("T")

OPERATION_SECONDS = 20
"""WSMan OperationTimeout: how long a server may hold one Receive (MS-WSMV 3.1.4.14)."""


class Session:
    """One open runspace pool, for any number of pipelines, one after the other."""

    def __init__(
        self,
        endpoint: PowerShellEndpoint,
        pool: RunspacePool,
        wire: Wire,
        messages: Messages,
        conversation: Conversation,
    ) -> None:
        """Wrap the pool that `open_session` opened."""
        self._endpoint = endpoint
        self._conversation = conversation
        self._pool = pool
        self._wire = wire
        self._messages = messages

    def ask(self, pipeline: Pipeline) -> CmdletAnswer:
        """The answer to the pipeline, or to its fallback if the endpoint does not know one of its cmdlets.

        Raises:
            MissingCommandError: The endpoint does not know one of the cmdlets.
            RemoteCommandError: The pipeline ended with a terminating error.
        """
        try:
            return self._asked(pipeline)
        except MissingCommandError:
            if pipeline.fallback is None:
                raise
        return self.ask(pipeline.fallback)

    def ask_each(self, pipelines: Iterable[Pipeline]) -> Iterator[tuple[Pipeline, CmdletAnswer | RemoteCommandError]]:
        """The answer to each of them, as it comes; equal ones are asked once, and a refusal affects one question.

        Raises:
            EvidenceError: The conversation itself failed; earlier answers have been given.
        """
        for pipeline in dict.fromkeys(pipelines):
            try:
                answer: CmdletAnswer | RemoteCommandError = self.ask(pipeline)
            except RemoteCommandError as refusal:
                answer = refusal
            yield pipeline, answer

    def _asked(self, pipeline: Pipeline) -> CmdletAnswer:
        """The one place where a pipeline leaves."""
        asked = self._endpoint.asked(of_pipeline(pipeline))
        return _audited(self._conversation, asked, lambda: self._ask(pipeline))

    def _ask(self, pipeline: Pipeline) -> CmdletAnswer:
        asked_at = datetime.now(UTC)
        shell = _powershell_from(pipeline, self._pool)
        self._wire.patience = PATIENCE
        self._wire.steps.task = f"asking `{pipeline.cmdlets[0].name}`"
        self._messages.asks(pipeline, self._pool.protocol_version or "")
        shell.begin_invoke()
        self._finish(shell)
        errors = tuple(map(_remote_error_from, shell.streams.error))
        if shell.state != PSInvocationState.COMPLETED:
            raise self._refusal(pipeline, errors)
        question = sys.intern(str(pipeline))  # the same for thousands of servers
        return CmdletAnswer(self._endpoint.destination.name, question, tuple(shell.output), errors, asked_at)

    def _finish(self, shell: PowerShell) -> None:
        """Poll until the pipeline ends; each answer with content resets the count of empty ones."""
        seen = self._content_of(shell)
        while shell.state == PSInvocationState.RUNNING:
            shell.poll_invoke()
            if (content := self._content_of(shell)) != seen:
                seen, self._wire.patience = content, PATIENCE
        # pypsrp keeps every finished pipeline with its output; the shell's Delete closes them all on the server.
        self._pool.pipelines.pop(shell.id, None)

    def _content_of(self, shell: PowerShell) -> tuple[int, ...]:
        """How much came, including pieces of an incomplete message."""
        pieces = sum(message["id"] for message in self._pool._fragmenter.incoming_buffer.values())  # noqa: SLF001 - see `_pool_over`
        return len(shell.output), len(shell.streams.error), len(shell.streams.progress), pieces

    def _refusal(self, pipeline: Pipeline, errors: tuple[RemoteError, ...]) -> RemoteCommandError:
        error = errors[-1] if errors else RemoteError("it gave no reason", "")
        who, where = self._endpoint.destination.name, self._endpoint.description
        if error.error_id.startswith("CommandNotFoundException"):
            return MissingCommandError(
                who,
                where,
                error.message.rstrip("."),
                "On an Exchange endpoint this is a missing RBAC role: give the account `View-Only Configuration`;"
                " on a JEA endpoint its role file does not list the command.",
            )
        return RemoteCommandError(
            who, where, f"`{pipeline}` failed: {error.message.rstrip('.')}", "See the server's own words."
        )


@contextmanager
def open_session(endpoint: PowerShellEndpoint, deadline: Deadline) -> Iterator[Session]:
    """A session that is always closed at the end.

    Raises:
        EvidenceError: Any failure, of the kind that `failures` decides.
    """
    conversation = Conversation(endpoint.destination.name, endpoint.description, deadline, endpoint.account)
    with as_evidence_errors(conversation):
        principal = Principal(endpoint.service, endpoint.destination.name)
        wire = _wire_to(endpoint, usable_auth(endpoint.login, endpoint.credential, principal, deadline))
        wire.bind_to(endpoint.destination, deadline, endpoint.login)
        messages = Messages()
        pool = _pool_over(wire, endpoint, messages)
    with _closed(pool, wire, endpoint, deadline), as_evidence_errors(conversation):
        deadline.steps.task = "while opening the session"
        _audited(conversation, endpoint.asked({"session": endpoint.configuration}), pool.open)
        deadline.meter.sessions += 1
        yield Session(endpoint, pool, wire, messages, conversation)


def accepted(answer: CmdletAnswer, channel: Channel) -> CmdletAnswer:
    """The answer to a change; raises `RemoteCommandError` if the server also reported an error."""
    if answer.errors:
        raise RemoteCommandError(
            answer.server,
            channel.value,
            f"`{answer.question}` said: {answer.errors[0].message.rstrip('.')}",
            "Look at the server before anything else is changed.",
        )
    return answer


def _audited(conversation: Conversation, asked: Asked, ask: Callable[[], T]) -> T:
    """What `ask` gives; the audit has the question, and its end in our words.

    What `ask` raises stays as it is: a conversation that broke must not look like the refusal of one question.
    """
    deadline = conversation.deadline
    return deadline.audit.asked(asked, deadline.meter, ask, lambda error: evidence_error_from(error, conversation))


def _wire_to(endpoint: PowerShellEndpoint, auth: Auth) -> Wire:
    destination, credential = endpoint.destination, endpoint.credential
    return Wire(
        destination.name,
        port=destination.port,
        ssl=destination.tls,
        path=endpoint.path,
        auth=auth.value,
        username=login_name(credential),
        password=login_password(credential),
        # The adapter shows them to the server, and knows the passphrase of the key.
        certificate_pem=credential.certificate,
        certificate_key_pem=credential.certificate_key,
        cert_validation=destination.verify,
        operation_timeout=OPERATION_SECONDS,
        no_proxy=True,
        negotiate_service=endpoint.service,
    )


def _pool_over(wire: Wire, endpoint: PowerShellEndpoint, messages: Messages) -> RunspacePool:
    pool = RunspacePool(wire, configuration_name=endpoint.configuration)
    pool._fragmenter.serializer = messages  # noqa: SLF001 - the one seam through which every message is read
    return pool


@contextmanager
def _closed(pool: RunspacePool, wire: Wire, endpoint: PowerShellEndpoint, deadline: Deadline) -> Iterator[None]:
    """Try to delete the shell at the end, even one whose Create got no answer.

    After a failure of the connection or of the answer the encryption of the messages is out of step: only a fresh login
    can delete then. The client chooses a shell's id (MS-PSRP 3.1.5.3.1), so a shell can be deleted although nobody
    answered its Create.
    """
    fresh_login = True
    try:
        yield
        fresh_login = False
    except RemoteCommandError:
        fresh_login = False
        raise
    finally:
        began = monotonic()
        if wire.may_have_created:
            seconds = min(CLOSING_SECONDS, deadline.left + LATE_CLOSING_SECONDS)
            fresh_login = fresh_login or deadline.is_over
            # A read timeout would not end an answer that drips.
            deadline.end_within(seconds)
            _close_shell(pool, wire, endpoint, seconds, fresh_login=fresh_login)
        wire.close()
        deadline.closing_seconds = monotonic() - began


def _close_shell(
    pool: RunspacePool, wire: Wire, endpoint: PowerShellEndpoint, seconds: float, *, fresh_login: bool
) -> None:
    """Delete the shell, and raise nothing: a failure here must not hide the first one.

    If the connection of the session was lost in the meantime, so was its encryption; then a fresh login is tried too.
    """
    ends = monotonic() + seconds
    for fresh in (True,) if fresh_login else (False, True):
        if (left := ends - monotonic()) > 0:
            with suppress(Exception):
                _delete_shell(pool, wire, endpoint, left, fresh_login=fresh)
                return


def _delete_shell(
    pool: RunspacePool, wire: Wire, endpoint: PowerShellEndpoint, seconds: float, *, fresh_login: bool
) -> None:
    if fresh_login:
        wire.bind_to(endpoint.destination, Deadline(seconds), endpoint.login)
    wire.hurry(seconds)
    shell = SelectorSet()
    shell.add_option("ShellId", pool.shell.id or "")
    wire.delete(pool.shell.resource_uri, selector_set=shell)


def _powershell_from(pipeline: Pipeline, pool: RunspacePool) -> PowerShell:
    """The pipeline in pypsrp's form: cmdlets and parameters, no script."""
    shell = PowerShell(pool)
    for cmdlet in pipeline.cmdlets:
        shell.add_cmdlet(cmdlet.name)
        for argument in cmdlet.arguments:
            shell.add_argument(argument)
        for name, value in cmdlet.parameters.items():
            shell.add_parameter(name, _sent(value))
    return shell


def _sent(value: object) -> object:
    """The value for pypsrp: a switch becomes `$true`, a tuple becomes a list."""
    if value is None:
        return True
    return list(value) if isinstance(value, tuple) else value


def _remote_error_from(record: Any) -> RemoteError:  # noqa: ANN401 - pypsrp's record
    """The error record's own text, from its shortest field; `str` of it would be PowerShell's full output."""
    return RemoteError(" ".join(str(record).split()), record.fq_error or "")
