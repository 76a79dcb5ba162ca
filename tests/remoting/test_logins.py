"""A credential that nobody has accepted yet is sent to very few, whoever asks and from however many processes."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from moveready.errors import AuthenticationError
from moveready.inventory import Auth, Credential, Secret
from moveready.remoting.deadline import Deadline
from moveready.remoting.logins import Account, CredentialUse, Logins
from moveready.remoting.trials import TrialResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    Within = Callable[[], AbstractContextManager[None]]

SVC = Credential("admin", Auth.NTLM, "CONTOSO\\svc", Secret("secret"))
BASIC = "Basic c3ZjOnNlY3JldA=="


def test_a_credential_is_a_name_in_any_case_and_a_password() -> None:
    """Whoever logs in with it, and by which protocol."""
    logins = Logins()
    same = Credential("other", Auth.BASIC, "contoso\\SVC", Secret("secret"))
    other = Credential("admin", Auth.NTLM, "CONTOSO\\svc", Secret("Secret"))

    assert logins.of(SVC) is logins.of(same)
    assert logins.of(SVC) is not logins.of(other)


@pytest.fixture(params=["alone", "shared"])
def account(request: pytest.FixtureRequest) -> Iterator[Account]:
    """A credential of a run without workers, and of one that shares it in files."""
    logins = Logins()
    if request.param == "shared":
        logins.handed_over()
    yield logins.of(SVC)
    logins.close()


def test_those_who_wait_go_on_at_once_when_it_is_accepted(account: Account, within: Within) -> None:
    """All of them, and without a trial of their own."""
    first, _ = account.begin("ex1", Deadline(60))
    second, _ = account.begin("ex2", Deadline(60))
    with within(), ThreadPoolExecutor(30) as pool:
        waiting = [pool.submit(account.begin, f"ex{number}", Deadline(60)) for number in range(3, 33)]
        assert account.end(first, "ex1", TrialResult.OPEN).under_way.keys() >= {second}
        account.end(second, "ex2", TrialResult.ACCEPTED)
        results = [wait.result() for wait in waiting]

    # One of them may have taken the place of the first.
    assert sum(bool(trial) for trial, _ in results) <= 1
    assert all(record.accepted for trial, record in results if not trial)


def test_those_who_wait_are_told_at_once_when_it_is_given_up(account: Account, within: Within) -> None:
    """Nobody waits for what will never be."""
    trials = {name: account.begin(name, Deadline(60))[0] for name in ("ex1", "ex2")}
    with within(), ThreadPoolExecutor(30) as pool:
        waiting = [pool.submit(account.begin, "ex3", Deadline(60)) for _ in range(30)]
        for name, trial in trials.items():
            account.end(trial, name, TrialResult.REFUSED)
        assert {(trial, record.is_given_up) for trial, record in (wait.result() for wait in waiting)} == {("", True)}


def test_waiting_ends_with_the_deadline_and_does_not_count_for_it(account: Account, within: Within) -> None:
    """The server that waits is not to blame for those that are slow: its own time is all there afterwards."""
    for number in (1, 2):
        account.begin(f"ex{number}", Deadline(60))
    deadline = Deadline(0.5)

    with within():
        trial, record = account.begin("ex3", deadline)
    assert (trial, record.is_given_up, deadline.is_over) == ("", False, False)
    assert deadline.waited_seconds > 0.4


def test_waiting_ends_when_the_conversation_is_cut(account: Account, within: Within) -> None:
    """A run that is over does not wait."""
    for number in (1, 2):
        account.begin(f"ex{number}", Deadline(60))
    deadline = Deadline(60)
    threading.Timer(0.1, deadline.cut).start()

    with within():
        assert account.begin("ex3", deadline)[0] == ""


def test_a_login_that_is_given_up_says_who_refused_it(account: Account) -> None:
    """On which server and channel, and what to do."""
    for name in ("ex01", "ex03"):
        login = CredentialUse(account, f"{name}.contoso.com", "HTTPS endpoint")
        login.send(BASIC, Deadline(60))
        login.answered(401, 'Basic realm="x"')
    other = CredentialUse(account, "ex04.contoso.com", "HTTPS endpoint https://ex04.contoso.com/")

    with pytest.raises(AuthenticationError) as caught:
        other.send(BASIC, Deadline(60))
    with pytest.raises(AuthenticationError):
        other.check()
    assert str(caught.value).startswith(
        "ex04.contoso.com, HTTPS endpoint https://ex04.contoso.com/: CONTOSO\\svc was refused by ex01 and ex03;"
        " not tried here. Correct the account or its password in the inventory"
    )


def test_an_accepted_credential_touches_no_file() -> None:
    """Logins of thousands of servers follow."""
    logins = Logins()
    logins.handed_over()
    login = CredentialUse(logins.of(SVC), "ex01.contoso.com", "HTTPS endpoint")
    login.send(BASIC, Deadline(60))
    login.answered(200, "")
    logins.close()

    assert not login.send(BASIC, Deadline(60))


def test_processes_share_what_they_know() -> None:
    """Two refusals in another process are two here; the folder goes with the run, and holds no name and no password."""
    logins = Logins()
    handed = logins.handed_over()
    program = f"""
from moveready.inventory import Auth, Credential, Secret
from moveready.remoting.deadline import Deadline
from moveready.remoting.logins import Logins
from moveready.remoting.trials import TrialResult

account = Logins.handed({handed}).of(Credential("admin", Auth.NTLM, {SVC.username!r}, Secret("secret")))
for name in ("ex1", "ex2"):
    account.end(account.begin(name, Deadline(60))[0], name, TrialResult.REFUSED)
"""
    subprocess.run([sys.executable, "-c", program], check=True)

    trial, record = logins.of(SVC).begin("ex3", Deadline(60))
    written = [file.name + file.read_text(encoding="utf-8") for file in Path(handed["folder"]).iterdir()]
    logins.close()
    assert (trial, record.message()) == ("", "was refused by ex1 and ex2")
    assert not any(word in text for text in written for word in ("svc", "secret", "CONTOSO", handed["key"]))
    assert not Path(handed["folder"]).exists()


def test_a_worker_elsewhere_counts_for_itself() -> None:
    """It cannot see the controller's folder."""
    account = Logins.handed({"folder": "/nowhere/moveready-logins-x", "key": "00"}).of(SVC)

    assert account.begin("ex1", Deadline(60))[0]


def test_a_folder_that_is_gone_stops_nobody() -> None:
    """The process goes on with what it knows."""
    logins = Logins()
    logins.handed_over()
    account = logins.of(SVC)
    account.end(account.begin("ex1", Deadline(60))[0], "ex1", TrialResult.REFUSED)
    logins.close()
    account.end(account.begin("ex2", Deadline(60))[0], "ex2", TrialResult.REFUSED)

    assert account.known.is_given_up
