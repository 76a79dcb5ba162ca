"""The audit at the one place where a question leaves: two whole lines for each, whatever becomes of it."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from typing import IO, TYPE_CHECKING, Any, cast

import pytest

from moveready.errors import AuthenticationError, EvidenceError
from moveready.evidence.cost import Meter
from moveready.evidence.questions import Cmdlet, CmdletAnswer, Pipeline
from moveready.evidence.workers import ASK_WORKERS
from moveready.inventory import Auth, Credential, Secret
from moveready.lab.faults import Fault, FaultKind
from moveready.remoting.audit import Asked, Audit, of_pipeline
from moveready.remoting.deadline import Deadline
from moveready.remoting.https import get_anonymous, get_authenticated
from moveready.remoting.psrp import open_session
from tests.builders import NOON
from tests.sent import audited

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from moveready.inventory import Server
    from moveready.lab.server import Lab
    from moveready.remoting.endpoint import PowerShellEndpoint

    EndpointOf = Callable[..., PowerShellEndpoint]
    ServerOf = Callable[..., Server]

EX01 = "ex01.contoso.com"
RUN = "0123abcd"
ANSWER = CmdletAnswer(EX01, "Get-Service", (), (), NOON)
NOTHING = Asked(EX01, "Windows endpoint", None, of_pipeline(Pipeline.of(Cmdlet("Get-Service"))))
WRITERS = 3
WRITER = """
import sys
from pathlib import Path
from moveready.evidence.cost import Meter
from moveready.remoting.audit import Asked, Audit

audit = Audit(Path(sys.argv[1]), takes_turns=sys.argv[2] == "1")
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[3])):
    try:
        audit.asked(Asked("ex01.contoso.com", "Windows endpoint", None, {}), Meter(), lambda: sys.exit())
    except SystemExit:
        pass
"""
"""One of several processes; whatever ends a question, it has both lines."""


@pytest.fixture
def audit(tmp_path: Path) -> Audit:
    """The audit of a run that has begun."""
    return Audit(tmp_path / "audit.jsonl", RUN)


@pytest.fixture
def ended(lab: Lab, endpoint_of: EndpointOf, audit: Audit) -> Callable[..., dict[str, Any]]:
    """Ask a pipeline of ex01; give the line that says how it ended."""

    def ask(pipeline: Pipeline, seconds: float = 30) -> dict[str, Any]:
        with open_session(endpoint_of(lab), Deadline(seconds, audit=audit)) as session:
            for _ in session.ask_each([pipeline]):
                pass
        return audited(audit.file)[-1]

    return ask


def test_a_pipeline_is_written_before_and_after(ended: Callable[..., dict[str, Any]], audit: Audit, lab: Lab) -> None:
    """Both lines say the same about the question; the last has its result too."""
    last = ended(ASK_WORKERS)
    opens, opened, first, _ = audited(audit.file)

    assert (first.pop("event"), last.pop("event")) == ("asks", "ended")
    assert (opens["session"], opened["ended"]) == ("Microsoft.PowerShell", "completed")
    assert first.pop("time") <= last.pop("time")
    assert first == {name: last[name] for name in first}
    assert (last["server"], last["channel"], last["account"]) == (EX01, "Windows endpoint", lab.account.username)
    assert (last["run"], last["ended"]) == (RUN, "completed")
    assert [cmdlet["name"] for cmdlet in last["cmdlets"]] == ["Get-CimInstance", "Select-Object"]
    assert last["cmdlets"][1]["parameters"] == {"Property": ["ProcessId", "CreationDate", "CSName"]}
    assert last["seconds"] > 0
    assert last["bytes"] > 1000


@pytest.mark.parametrize(
    ("pipeline", "end", "why"),
    [
        (Pipeline.of(Cmdlet("Get-Service", Name="Nobody")), "completed with errors", "NoServiceFoundForGivenName,"),
        (Pipeline.of(Cmdlet("Get Nothing")), "failed", "The term 'Get Nothing' is not recognized"),
    ],
)
def test_a_refusal_is_written(ended: Callable[..., dict[str, Any]], pipeline: Pipeline, end: str, why: str) -> None:
    """With the server's own reason: the id of an error, or the text of one that ended the pipeline."""
    last = ended(pipeline)

    assert last["ended"] == end
    assert why in last["why"]


def test_a_broken_conversation_is_written(lab: Lab, ended: Callable[..., dict[str, Any]], audit: Audit) -> None:
    """What was sent is in the audit although nobody answered, with the reason."""
    lab.inject(EX01, "windows", Fault(FaultKind.HANG, action="Command"))
    with pytest.raises(EvidenceError):
        ended(ASK_WORKERS, seconds=1)
    last = audited(audit.file)[-1]

    assert (last["event"], last["ended"]) == ("ended", "no answer")
    assert "1 s" in last["why"]


def test_a_refused_login_is_written(lab: Lab, endpoint_of: EndpointOf, audit: Audit) -> None:
    """The credential was sent, although no cmdlet could follow."""
    wrong = Credential("lab", Auth.NTLM, lab.account.username, Secret("wrong"))
    with (
        pytest.raises(AuthenticationError),
        open_session(endpoint_of(lab, credential=wrong), Deadline(30, audit=audit)),
    ):
        pass
    last = audited(audit.file)[-1]

    assert (last["session"], last["account"], last["ended"]) == (
        "Microsoft.PowerShell",
        lab.account.username,
        "no answer",
    )
    assert audit.file is not None
    assert "wrong" not in audit.file.read_text(encoding="utf-8")


def test_a_fallback_is_a_question_of_its_own(ended: Callable[..., dict[str, Any]], audit: Audit) -> None:
    """The endpoint was sent both."""
    ended(Pipeline.of(Cmdlet("Get Nothing"), fallback=ASK_WORKERS))

    ends = [line["ended"] for line in audited(audit.file) if line["event"] == "ended"]

    assert ends == ["completed", "failed", "completed"]


def test_a_request_is_written_with_its_status(lab: Lab, server_of: ServerOf, audit: Audit) -> None:
    """With its path as it was sent, and how many HTTP requests its login took; an anonymous one has no account."""
    deadline = Deadline(30, audit=audit)
    get_anonymous(server_of(lab), "/EWS/healthcheck.htm", deadline)
    get_authenticated(server_of(lab), "/EWS/mrsproxy.svc?x=1", deadline)
    anonymous, logged_in = (line for line in audited(audit.file) if line["event"] == "ended")

    assert (anonymous["method"], anonymous["path"], anonymous["account"]) == ("GET", "/EWS/healthcheck.htm", None)
    assert (anonymous["status"], anonymous["requests"]) == (200, 1)
    assert (logged_in["path"], logged_in["account"]) == ("/EWS/mrsproxy.svc?x=1", lab.account.username)
    assert (logged_in["status"], logged_in["requests"]) == (400, 3)
    assert len(lab.log.entries(channel="https")) == 4


@pytest.mark.parametrize(("takes_turns", "lines"), [(False, 500), (True, 20)])
def test_lines_of_several_processes_are_whole(tmp_path: Path, takes_turns: bool, lines: int) -> None:
    """They write at the same time; none is lost, and none is torn."""
    file = tmp_path / "audit.jsonl"
    command = [sys.executable, "-c", WRITER, str(file), str(int(takes_turns)), str(lines)]
    writers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(WRITERS)]
    ready = [cast("IO[bytes]", writer.stdout).readline() for writer in writers]
    for writer in writers:
        cast("IO[bytes]", writer.stdin).write(b"\n")
        cast("IO[bytes]", writer.stdin).flush()
    for writer in writers:
        writer.communicate()
    codes = [writer.returncode for writer in writers]
    ids = [(line["id"], line["event"]) for line in audited(file)]

    assert (len(ready), codes) == (WRITERS, [0] * WRITERS)
    assert len(ids) == len(set(ids)) == 2 * WRITERS * lines


def test_a_torn_line_costs_no_other(audit: Audit) -> None:
    """The disk was full in the middle of it; the next one begins on a line of its own."""
    assert audit.file is not None
    audit.file.write_text('{"event": "as', encoding="utf-8")
    audit.begin(inventory="prod.yaml")
    torn, whole = audit.file.read_text(encoding="utf-8").splitlines()

    assert torn == '{"event": "as'
    assert json.loads(whole)["inventory"] == "prod.yaml"


def test_an_earlier_audit_stays(audit: Audit) -> None:
    """A run appends."""
    audit.begin()
    audit.begin()

    assert [line["event"] for line in audited(audit.file)] == ["run", "run"]


def test_a_disk_that_refuses_loses_no_answer(tmp_path: Path) -> None:
    """It is told once, at the end: a server must get back what was taken away."""
    audit = Audit(tmp_path, RUN)

    assert audit.asked(NOTHING, Meter(), lambda: ANSWER) is ANSWER
    assert audit.missing == [f"--audit: {tmp_path} lacks lines: {os.strerror(errno.EISDIR)}"]


def test_what_cannot_be_written_raises_at_the_beginning(tmp_path: Path) -> None:
    """Before anybody is asked."""
    with pytest.raises(OSError, match=os.strerror(errno.EISDIR)):
        Audit(tmp_path, RUN).begin()


def test_without_a_file_nothing_is_written(tmp_path: Path) -> None:
    """The usual run."""
    Audit().begin()

    assert Audit().asked(NOTHING, Meter(), lambda: ANSWER) is ANSWER
    assert list(tmp_path.iterdir()) == []
