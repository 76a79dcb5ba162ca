"""Decides which credentials may be sent, so that no run locks an account.

A domain controller locks an account after a few wrong passwords, and a run has hundreds of servers to log in to. So
until a credential has been accepted once, at most `MOST_AT_ONCE` logins with it are open; after `MOST_REFUSALS`
refusals it is not sent again. A login begins when the credential is sent and not before: a server that is silent or
dead until then delays no other. A credential without an answer is neither refused nor accepted; `MOST_UNANSWERED` of
these are free, further ones count like refusals. So a credential is sent at most four times without success, and the
wait for one login is never longer than the wait for a server's first answer.

All processes of a run on this machine share what they know: a file for each credential in a folder that the controller
makes and removes; if the controller has died, its workers remove it. The file's name is keyed with a random number that
is in no file, so it reveals nothing about a password. A worker on another machine cannot see the folder and counts
separately.
"""

from __future__ import annotations

import json
import secrets
import shutil
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from moveready.errors import AuthenticationError
from moveready.inventory import Secret
from moveready.remoting.tickets import Ticket
from moveready.remoting.trials import TrialRecord, TrialResult, carries_credential, ending_of, is_last_word

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from moveready.inventory import Credential
    from moveready.remoting.deadline import Deadline

_AGAIN_SECONDS = 0.05
"""How often the file is read while other processes try the credential; there is no signal when a file changes."""

_STEP_SECONDS = 0.25
"""How long one wait inside this process lasts before it checks whether its conversation was cut."""

_LOCK_SECONDS = 5.0
"""Longest wait for the file of a credential; its holder only reads and writes a few bytes."""

_NO_PASSWORD = Secret("")


class Logins:
    """The credentials of one run; thread-safe."""

    def __init__(self) -> None:
        """Start without knowledge of any credential, and share nothing yet."""
        self._key = secrets.token_bytes(32)
        self._folder: Path | None = None
        self._own = False
        self._accounts: dict[str, Account] = {}
        self._lock = threading.Lock()

    @classmethod
    def handed(cls, plain: Mapping[str, Any]) -> Logins:
        """The controller's logins, on one of its workers; separate ones if the worker cannot see the folder."""
        logins = cls()
        if plain["folder"] and Path(plain["folder"]).is_dir():
            logins._folder, logins._key = Path(plain["folder"]), bytes.fromhex(plain["key"])
        return logins

    def handed_over(self) -> dict[str, str]:
        """What a worker needs to share the knowledge, as plain data; from now on it is kept in files."""
        with self._lock:
            if self._folder is None:
                self._folder, self._own = _new_folder(), True
        return {"folder": str(self._folder or ""), "key": self._key.hex()}

    def of(self, credential: Credential) -> Account:
        """What is known of that credential; the case of names does not matter, the case of passwords does."""
        name = f"{(credential.username or '').lower()}\0{credential.certificate or ''}"
        number = (credential.password or _NO_PASSWORD).digest(self._key, name)
        with self._lock:
            if number not in self._accounts:
                file = self._folder / number if self._folder else None
                self._accounts[number] = Account(_who(credential), file)
            return self._accounts[number]

    def inherit(self) -> None:
        """Note that the controller has died, so that this worker removes the folder, as every other worker does."""
        with self._lock:
            self._own = True

    def close(self) -> None:
        """Remove the folder if this process must do it; the workers have ended by then, or are ending."""
        with self._lock:
            if self._own and self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)
                self._folder, self._own = None, False


class Account:
    """What one process knows about one credential."""

    def __init__(self, name: str, file: Path | None) -> None:
        """`file` has what all processes know about it; None if there is only this process."""
        self.name = name
        self._silence = None if file is None else file.with_name(f"{file.name}.silent")
        self.ticket = Ticket(silence=self._silence)
        self._tickets: dict[str, Ticket] = {}
        self._file = file
        self._record = TrialRecord()
        self._looked_at = 0.0
        self._changed = threading.Condition()

    def ticket_for(self, service: str) -> Ticket:
        """Its ticket for a service, like `http/ex01.contoso.com`."""
        with self._changed:
            return self._tickets.setdefault(service, Ticket(self.ticket.seconds, self._silence))

    @property
    def known(self) -> TrialRecord:
        """What this process knows; reads no file."""
        return self._record

    def begin(self, server: str, deadline: Deadline) -> tuple[str, TrialRecord]:
        """Wait until the credential may be sent.

        The wait lasts at most as long as the whole deadline, and does not count for it, because the server did not
        cause it.

        Returns:
            The number of the trial (empty if none is needed or allowed), and what is known.
        """
        trial, ends = secrets.token_hex(8), time.monotonic() + deadline.seconds
        with self._changed:
            while True:
                record = self._look(lambda record: record.begun(trial, server, _until(deadline)))
                if trial in record.under_way:
                    return trial, record
                if record.accepted or record.is_given_up or deadline.is_over or time.monotonic() > ends:
                    return "", record
                deadline.wait_on(self._changed, _AGAIN_SECONDS if self._file else _STEP_SECONDS)

    def end(self, trial: str, server: str, ending: TrialResult) -> TrialRecord:
        """Share how the trial ended; return what is known then."""
        with self._changed:
            record = self._update(lambda record: record.ended(trial, server, ending))
            self._changed.notify_all()
            return record

    def _look(self, change: Callable[[TrialRecord], TrialRecord]) -> TrialRecord:
        """Change what is known; only one of the waiting threads reads the file."""
        is_fresh = time.monotonic() < self._looked_at + _AGAIN_SECONDS / 2
        return self._record if self._file and is_fresh and not self._record.may_be_tried else self._update(change)

    def _update(self, change: Callable[[TrialRecord], TrialRecord]) -> TrialRecord:
        if self._file is not None and not self._file.parent.is_dir():
            # A lock would make the folder again, and nobody would remove it.
            self._file = None
        if self._file is None:
            self._record = change(self._record.at(time.time()))
            return self._record
        try:
            with FileLock(f"{self._file}.lock", timeout=_LOCK_SECONDS):
                before = _read(self._file)
                self._record = change(before.at(time.time()))
                if self._record != before:
                    self._file.write_text(json.dumps(asdict(self._record)), encoding="utf-8")
        except (OSError, Timeout, ValueError):
            # The disk is full, or the folder is gone: this process goes on with what it knows.
            self._file = None
            return self._update(change)
        self._looked_at = time.monotonic()
        return self._record


class CredentialUse:
    """One conversation's use of a credential; only the thread that leads the conversation may use it."""

    def __init__(self, account: Account, server: str, channel: str) -> None:
        """Nothing was sent yet; `server` and `channel` are for messages."""
        self.account = account
        self.server = server
        self.channel = channel
        self._trial = ""
        self._is_last_word = False

    def check(self) -> None:
        """Raise `AuthenticationError` if the credential is not sent any more; reads no file."""
        if self.account.known.is_given_up:
            raise self._not_tried(self.account.known)

    def send(self, authorization: str | None, deadline: Deadline) -> bool:
        """Call it right before a request goes out: it waits until its credential may be sent.

        Returns:
            Whether there was a reason to wait.

        Raises:
            AuthenticationError: It will not be sent.
        """
        if self.account.known.accepted or not carries_credential(authorization):
            return False
        self._is_last_word = is_last_word(authorization)
        self._trial, record = self.account.begin(_short(self.server), deadline)
        if not self._trial and not record.accepted:
            raise self._not_tried(record)
        return True

    def answered(self, status: int, challenge: str) -> None:
        """Note the answer to the request: its status and its `WWW-Authenticate`."""
        self._end(ending_of(status, challenge, is_last_word=self._is_last_word))

    def unanswered(self) -> None:
        """Note that the request was sent, at least in part, and no answer came."""
        self._end(TrialResult.UNANSWERED)

    def withdraw(self) -> None:
        """Note that the request was not sent after all."""
        self._end(TrialResult.OPEN)

    def _end(self, ending: TrialResult) -> None:
        if self._trial:
            trial, self._trial = self._trial, ""
            self.account.end(trial, _short(self.server), ending)

    def _not_tried(self, record: TrialRecord) -> AuthenticationError:
        return AuthenticationError(
            self.server,
            self.channel,
            f"{self.account.name} {record.message()}; not tried here",
            "Correct the account or its password in the inventory; what was refused twice and accepted nowhere is not"
            " sent again in a run, so that no account is locked."
            if record.refused_by
            else "Look at those servers first; a credential that nobody has accepted yet is sent to a few servers only,"
            " so that no account is locked.",
        )


def _who(credential: Credential) -> str:
    if credential.username:
        return credential.username
    return f"the certificate {credential.certificate.name}" if credential.certificate else "the current user"


def _read(file: Path) -> TrialRecord:
    try:
        plain = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return TrialRecord()
    under_way = {trial: (str(server), float(until)) for trial, (server, until) in plain["under_way"].items()}
    return TrialRecord(plain["accepted"], tuple(plain["refused_by"]), tuple(plain["unanswered_by"]), under_way)


def _new_folder() -> Path | None:
    # Without a folder for temporary files each process counts separately.
    with suppress(OSError):
        return Path(tempfile.mkdtemp(prefix="moveready-logins-"))
    return None


def _until(deadline: Deadline) -> float:
    return time.time() + min(deadline.first_answer_seconds, deadline.left)


def _short(server: str) -> str:
    return server.partition(".")[0]
