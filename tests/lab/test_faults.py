"""Which fault strikes what, and how often."""

from __future__ import annotations

from moveready.lab.faults import LOGIN, Fault, FaultKind, Faults


def faults_with(*injected: Fault) -> Faults:
    """Faults of the Windows channel of `a`."""
    faults = Faults()
    for fault in injected:
        faults.inject("a", "windows", fault)
    return faults


def test_a_fault_strikes_its_server_channel_and_action_only() -> None:
    """A fault of Receive leaves Create alone, and other servers too."""
    faults = faults_with(fault := Fault(FaultKind.HANG, action="Receive"))

    struck = [faults.for_request(server, "windows", action) for server in "ab" for action in ("Create", "Receive")]
    assert struck == [None, fault, None, None]


def test_a_fault_without_action_strikes_every_request() -> None:
    """None means every request."""
    assert faults_with(Fault(FaultKind.DROP)).for_request("a", "windows", "Delete")


def test_a_fault_skips_and_ends() -> None:
    """`skip` requests go well, `times` do not, the rest go well again."""
    faults = faults_with(Fault(FaultKind.DROP, skip=1, times=2))

    assert [bool(faults.for_request("a", "windows", "Get")) for _ in range(5)] == [False, True, True, False, False]


def test_the_newest_fault_comes_first() -> None:
    """A fault injected later wins over one that is there."""
    faults = faults_with(Fault(FaultKind.DROP), newest := Fault(FaultKind.HANG))

    assert faults.for_request("a", "windows", "Get") == newest


def test_faults_of_pipelines_handshakes_and_logins_are_no_faults_of_requests() -> None:
    """Each kind strikes at its own place."""
    kinds = (FaultKind.NEVER_FINISHES, FaultKind.TLS_WRONG_NAME, FaultKind.UNAUTHORIZED, FaultKind.CLOCK)
    faults = faults_with(*(Fault(kind) for kind in kinds))

    assert faults.for_request("a", "windows", "Receive") is None
    found = (
        faults.for_pipeline("a", "windows", "Get-X"),
        faults.for_handshake("a", "windows"),
        faults.for_login("a", "windows"),
        faults.for_clock("a", "windows"),
    )
    assert [fault.kind for fault in found if fault] == list(kinds)


def test_a_fault_of_a_pipeline_may_name_its_command() -> None:
    """Other pipelines run well."""
    faults = faults_with(Fault(FaultKind.CLIXML, command="Get-WinEvent"))

    assert faults.for_pipeline("a", "windows", "Get-Service") is None
    assert faults.for_pipeline("a", "windows", "Get-WinEvent -MaxEvents 1")


def test_garbage_comes_with_receive_only() -> None:
    """Only a Receive carries fragments."""
    faults = faults_with(Fault(FaultKind.GARBAGE_FRAGMENT))

    assert [bool(faults.for_request("a", "windows", action)) for action in ("Create", "Receive")] == [False, True]


def test_faults_are_taken_back_by_server_and_channel() -> None:
    """`clear` takes back what it names, or everything."""
    faults = faults_with(Fault(FaultKind.DROP))
    faults.inject("b", "https", Fault(FaultKind.DROP))
    faults.clear("a")

    assert [bool(faults.for_request(*key, "GET")) for key in (("a", "windows"), ("b", "https"))] == [False, True]


def test_a_login_is_struck_only_where_a_fault_says_so() -> None:
    """A fault of every request leaves the login alone, and a fault of the login every other request."""
    of_requests, of_logins = faults_with(Fault(FaultKind.DROP)), faults_with(Fault(FaultKind.DROP, LOGIN))

    struck = [
        [bool(faults.for_request("a", "windows", action)) for action in (LOGIN, "Create")]
        for faults in (of_requests, of_logins)
    ]
    assert struck == [[False, True], [True, False]]


def test_a_fault_of_requests_may_name_the_pipeline_they_are_about() -> None:
    """The last one that was started there; before the first one, it strikes nothing."""
    faults = faults_with(Fault(FaultKind.DROP, "Receive", command="Get-Service"))
    struck = [bool(faults.for_request("a", "windows", "Receive"))]
    for server, line in (("a", "Get-WinEvent"), ("b", "Get-Service"), ("a", "Get-Service -Name W3SVC")):
        faults.for_pipeline(server, "windows", line)
        struck.append(bool(faults.for_request("a", "windows", "Receive")))

    assert struck == [False, False, False, True]
