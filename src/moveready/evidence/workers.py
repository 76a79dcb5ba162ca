"""The worker process that serves EWS: when it started.

The process keeps what it read at its start (KB 3063913, cause 2; inferred). So events are compared with this time, and
a new start proves that a restart has happened.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from moveready.errors import MissingObjectError, UnexpectedAnswerError
from moveready.evidence.answering import must_be_the_computer
from moveready.evidence.clixml import object_from
from moveready.evidence.questions import Channel, Cmdlet, Pipeline

if TYPE_CHECKING:
    from moveready.evidence.questions import CmdletAnswer

CLOCKS_APART = timedelta(minutes=5)
"""How far a server's clock may be ahead of ours: what Kerberos allows. No answer here gives the server's time."""

_WORKER_FILTER = """Name = 'w3wp.exe' AND CommandLine LIKE '%-ap "MSExchangeServicesAppPool"%'"""
ASK_WORKERS = Pipeline.of(
    Cmdlet("Get-CimInstance", ClassName="Win32_Process", Filter=_WORKER_FILTER),
    Cmdlet("Select-Object", Property=("ProcessId", "CreationDate", "CSName")),
)


@dataclass(frozen=True, slots=True)
class Workers:
    """The worker processes that run: the start of the oldest, and the process id of each.

    While two overlap, either may have served a request.
    """

    started_at: datetime
    process_ids: frozenset[int]


def worker_start(answer: CmdletAnswer) -> datetime:
    """The start of the oldest worker process; raises what `workers_in` raises."""
    return workers_in(answer).started_at


def workers_in(answer: CmdletAnswer) -> Workers:
    """The worker processes in the answer.

    Raises:
        MissingObjectError: No such process is running.
        UnexpectedAnswerError: Its start cannot be read or is in the future, or it runs on another server.
    """
    try:
        workers = [object_from(worker) for worker in answer.objects]
        starts = [not_in_the_future(worker.moment("CreationDate"), "a worker process", answer) for worker in workers]
        process_ids = frozenset(worker.number("ProcessId") for worker in workers)
        computers = {worker.text("CSName") for worker in workers}
    except ValueError as error:
        raise unreadable(answer, str(error)) from None
    if not starts:
        raise MissingObjectError(
            answer.server,
            Channel.WINDOWS.value,
            "no worker process of MSExchangeServicesAppPool is visible",
            "Is the application pool started, and may the account see other users' processes (local Administrators)?",
        )
    for name in computers:
        must_be_the_computer(answer.server, name)
    return Workers(min(starts), process_ids)


def not_in_the_future(moment: datetime, what: str, answer: CmdletAnswer) -> datetime:
    """The moment; raises `ValueError` if it is further in the future than clocks may differ."""
    if moment > answer.asked_at + CLOCKS_APART:
        raise ValueError(
            f"{what} is of {minute(moment)}, which is later than now ({minute(answer.asked_at)}):"
            " the clock of the server or of this machine is wrong"
        )
    return moment


def unreadable(answer: CmdletAnswer, happened: str) -> UnexpectedAnswerError:
    """The error of an answer that cannot be judged."""
    return UnexpectedAnswerError(
        answer.server,
        Channel.WINDOWS.value,
        f"the answer cannot be judged: {happened}",
        f"Ask the server itself: {answer.question}",
    )


def minute(moment: datetime) -> str:
    """A moment as text, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}Z"
