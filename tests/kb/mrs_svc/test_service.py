"""The service is read strictly, and of the server that was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from moveready.errors import MissingObjectError, UnexpectedAnswerError
from moveready.evidence.questions import RemoteError
from moveready.kb.mrs_svc.service import MrsService, StartType, Status, read_own_service

if TYPE_CHECKING:
    from collections.abc import Callable

    Answer = Callable[..., Any]

SERVICE = "MSExchangeMailboxReplication"


def service(status: str = "Running", start_type: str | None = "Automatic", name: str = SERVICE) -> str:
    """The service as `Select-Object` gives it."""
    start = "<Nil N='StartType'/>" if start_type is None else text("StartType", start_type)
    return f"<Obj><MS><S N='Name'>{name}</S>{text('Status', status)}{start}</MS></Obj>"


def text(name: str, value: str) -> str:
    """A value of an enumeration."""
    return f"<Obj N='{name}'><ToString>{value}</ToString><I32>4</I32></Obj>"


def computer(name: str = "EX01") -> str:
    """The Service Control Manager's process."""
    return f"<Obj><MS><S N='CSName'>{name}</S></MS></Obj>"


def read(answer: Answer, *services: str, of: tuple[str, ...] = (computer(),), **given: Any) -> MrsService:
    """What the reader makes of it."""
    return read_own_service(answer(*services, **given), answer(*of))


@pytest.mark.parametrize("status", [status for status in Status if not status.is_pending], ids=lambda one: one.value)
def test_only_running_runs(cmdlet_answer: Answer, status: Status) -> None:
    """Each word has its meaning."""
    found = read(cmdlet_answer, service(status.value))

    assert (found.status, found.runs) == (status, status is Status.RUNNING)
    assert found.message() == f"{SERVICE} on ex01.contoso.com is {status.value}, should be Running."


@pytest.mark.parametrize("status", [status for status in Status if status.is_pending], ids=lambda one: one.value)
def test_a_service_that_is_changing_is_neither(cmdlet_answer: Answer, status: Status) -> None:
    """A server that has just started is no finding, and no pass."""
    with pytest.raises(UnexpectedAnswerError, match=r"about to start or to stop .* Check again in a minute"):
        _ = read(cmdlet_answer, service(status.value)).runs


@pytest.mark.parametrize("start", list(StartType), ids=lambda one: one.value)
def test_only_automatic_starts_by_itself(cmdlet_answer: Answer, start: StartType) -> None:
    """A delayed start is told as automatic."""
    found = read(cmdlet_answer, service(start_type=start.value))

    assert found.starts_by_itself is (start is StartType.AUTOMATIC)
    assert found.start_message().endswith(f"is {start.value}, should be Automatic.")


def test_a_start_type_that_is_not_told_is_unknown(cmdlet_answer: Answer) -> None:
    """Neither passed nor failed; whether the service runs is known all the same."""
    found = read(cmdlet_answer, service(start_type=None))

    assert found.runs
    with pytest.raises(UnexpectedAnswerError, match="does not say how"):
        _ = found.starts_by_itself
    assert "is unknown, should be Automatic" in found.start_message()


@pytest.mark.parametrize(
    ("services", "told"),
    [
        ([service("Runs")], "'Runs' is not a valid Status"),
        ([service(start_type="Later")], "'Later' is not a valid StartType"),
        ([service(name="W3SVC")], "it is about W3SVC"),
        ([service(), service()], "2 services came back"),
        ([], "0 services came back"),
        (["<S>Running</S>"], "cannot be judged"),
        ([f"<Obj><MS><S N='Name'>{SERVICE}</S></MS></Obj>"], "no property Status"),
    ],
    ids=["status", "start", "another", "two", "none", "text", "half"],
)
def test_what_cannot_be_read_is_an_error(cmdlet_answer: Answer, services: list[str], told: str) -> None:
    """Never taken for running."""
    with pytest.raises(UnexpectedAnswerError, match=told):
        read(cmdlet_answer, *services)


def test_a_server_without_the_service_is_told(cmdlet_answer: Answer) -> None:
    """With what that may mean."""
    none = RemoteError("no", "NoServiceFoundForGivenName,Microsoft.PowerShell.Commands.GetServiceCommand")

    with pytest.raises(MissingObjectError, match="the server has no service MSExchangeMailboxReplication"):
        read(cmdlet_answer, errors=(none,))


def test_any_other_error_is_told_in_its_words(cmdlet_answer: Answer) -> None:
    """Even beside an object."""
    with pytest.raises(UnexpectedAnswerError, match="Get-Service said: it is busy"):
        read(cmdlet_answer, service(), errors=(RemoteError("it is busy", "Busy"),))


@pytest.mark.parametrize(
    ("computers", "told"),
    [
        ((computer("EX02"),), "EX02 answered, not EX01"),
        ((), "0 computers were named"),
        ((computer(), computer("EX02")), "2 computers"),
    ],
    ids=["another", "none", "two"],
)
def test_another_servers_service_proves_nothing(cmdlet_answer: Answer, computers: tuple[str, ...], told: str) -> None:
    """`Get-Service` itself does not say where it ran."""
    with pytest.raises(UnexpectedAnswerError, match=told):
        read(cmdlet_answer, service(), of=computers)


def test_the_name_is_compared_without_case(cmdlet_answer: Answer) -> None:
    """As Windows does."""
    assert read(cmdlet_answer, service(name=SERVICE.lower()), of=(computer("ex01"),)).runs
