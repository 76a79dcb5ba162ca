"""Who may come in, against the client side of pyspnego."""

from __future__ import annotations

import base64
import os
import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
import spnego
from spnego.channel_bindings import GssChannelBindings

from moveready.lab.auth import (
    MUTUAL,
    LabAccount,
    LoginAnswer,
    LoginPolicy,
    LoginState,
    NtlmUsers,
    accounts_of,
    ask_by_certificate,
    carries_credential,
    write_for_owner,
)
from moveready.lab.ntlm import ntlm_bindings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACCOUNT = LabAccount("CONTOSO", "mover", "contoso.com", "made-up")
DOOR = LoginPolicy(("Negotiate", "NTLM", 'Basic realm="WSMAN"'), (ACCOUNT,))
GUARDED = LoginPolicy(("Negotiate",), (ACCOUNT,), b"tls-server-end-point:1234")
ALLOWING = replace(GUARDED, bindings_required=False)


@pytest.fixture(autouse=True)
def users(tmp_path: Path) -> Iterator[NtlmUsers]:
    """The account, known to the NTLM acceptor."""
    users = NtlmUsers((ACCOUNT,), tmp_path / "users")
    users.register()
    yield users
    users.withdraw()


def basic(username: str, password: str) -> str:
    """A Basic header."""
    return f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode()}"


@dataclass(frozen=True)
class Client:
    """How a client logs in under the policy."""

    username: str = ACCOUNT.username
    password: str = ACCOUNT.password
    protocol: str = "negotiate"
    scheme: str = "Negotiate"
    bindings: bytes | None = None

    def context(self) -> spnego.ContextProxy:
        """Its security context."""
        sent = GssChannelBindings(application_data=self.bindings) if self.bindings else None
        options = spnego.NegotiateOptions.wrapping_winrm
        return spnego.client(
            self.username, self.password, protocol=self.protocol, channel_bindings=sent, options=options
        )


def handshake(login: LoginState, policy: LoginPolicy, client: Client = Client()) -> LoginAnswer:
    """Log in under the policy with a client of pyspnego; the verdict about the last request."""
    context = client.context()
    token, verdict = context.step(), LoginAnswer(None)
    while token is not None:
        verdict = login.ask(f"{client.scheme} {base64.b64encode(token).decode()}", policy)
        answer = verdict.headers[0].partition(" ")[2] if verdict.headers else ""
        if verdict.user is not None or not answer:
            break
        token = context.step(base64.b64decode(answer))
    return verdict


@pytest.mark.parametrize("protocol", ["ntlm", "negotiate"])
@pytest.mark.parametrize("scheme", ["Negotiate", "NTLM"])
@pytest.mark.parametrize("username", ["CONTOSO\\mover", "contoso\\MOVER", "mover@contoso.com"])
def test_the_right_password_opens(protocol: str, scheme: str, username: str) -> None:
    """Every form of the name and both protocols log in, under one name."""
    verdict = handshake(LoginState(), DOOR, Client(username, protocol=protocol, scheme=scheme))

    assert (verdict.user, verdict.completed) == ("CONTOSO\\mover", True)


@pytest.mark.parametrize("client", [Client(password="wrong"), Client("CONTOSO\\nobody")])
def test_wrong_credentials_are_refused_with_the_schemes(client: Client) -> None:
    """A refusal says again what is on offer."""
    assert handshake(LoginState(), DOOR, client) == LoginAnswer(None, DOOR.schemes)


def test_who_says_nothing_is_asked() -> None:
    """Without a header and without a user there is a challenge."""
    assert LoginState().ask(None, DOOR) == LoginAnswer(None, DOOR.schemes)


def test_the_connection_remembers_its_user() -> None:
    """NTLM logs in a connection, not a request."""
    login = LoginState()
    handshake(login, DOOR)

    assert login.ask(None, DOOR) == LoginAnswer("CONTOSO\\mover")


def test_a_new_login_on_the_connection_replaces_the_old_one() -> None:
    """Who starts again and fails is nobody."""
    login = LoginState()
    handshake(login, DOOR)
    handshake(login, DOOR, Client(password="wrong"))

    assert login.ask(None, DOOR).user is None


@pytest.mark.parametrize("header", ["Negotiate !", "Negotiate", "NTLM Zm9v", "Digest x", "Basic !", "Bearer x"])
def test_nonsense_is_refused(header: str) -> None:
    """What cannot be read is a refusal, not a crash."""
    assert LoginState().ask(header, DOOR) == LoginAnswer(None, DOOR.schemes)


@pytest.mark.parametrize("username", ["CONTOSO\\mover", "mover@contoso.com"])
def test_basic_completes_a_login_once(username: str) -> None:
    """Basic comes with every request; only the first of a connection is a login."""
    login = LoginState()
    verdicts = [login.ask(basic(username, "made-up"), DOOR) for _ in range(2)]

    assert [(verdict.user, verdict.completed) for verdict in verdicts] == [
        ("CONTOSO\\mover", True),
        ("CONTOSO\\mover", False),
    ]


def test_basic_with_a_wrong_password_is_refused() -> None:
    """The password counts."""
    assert LoginState().ask(basic("CONTOSO\\mover", "wrong"), DOOR).user is None


def test_a_scheme_that_is_not_offered_is_refused() -> None:
    """The right password in the wrong scheme is no login."""
    assert LoginState().ask(basic("CONTOSO\\mover", "made-up"), GUARDED).user is None


@pytest.mark.parametrize(
    ("bindings", "user"),
    [(GUARDED.bindings, "CONTOSO\\mover"), (b"tls-server-end-point:other", None), (None, None)],
    ids=["right", "wrong", "none"],
)
def test_extended_protection_wants_the_right_bindings(bindings: bytes | None, user: str | None) -> None:
    """Where channel bindings are required, missing ones and those of another certificate are refused."""
    assert handshake(LoginState(), GUARDED, Client(bindings=bindings)).user == user


@pytest.mark.parametrize(
    ("bindings", "user"),
    [(ALLOWING.bindings, "CONTOSO\\mover"), (b"tls-server-end-point:other", None), (None, "CONTOSO\\mover")],
    ids=["right", "wrong", "none"],
)
def test_extended_protection_may_be_allowed_only(bindings: bytes | None, user: str | None) -> None:
    """Then who sends none comes in, and who sends those of another certificate does not."""
    assert handshake(LoginState(), ALLOWING, Client(bindings=bindings)).user == user


@pytest.mark.parametrize(
    "pairs", [[(1, b"NAME"), (10, bytes(16)), (0, b"")], [(10, b"h" * 16)], [(1, b"NAME"), (0, b"")]]
)
def test_bindings_are_found_in_an_ntlm_message(pairs: list[tuple[int, bytes]]) -> None:
    """Windows sends zeros where it has no bindings; that must be told from a hash and from nothing."""
    packed = b"".join(struct.pack("<HH", kind, len(value)) + value for kind, value in pairs)
    response = bytes(44) + packed
    head = b"NTLMSSP\0" + struct.pack("<I", 3) + bytes(8) + struct.pack("<HHI", len(response), len(response), 64)

    assert ntlm_bindings(b"spnego" + head.ljust(64, b"\0") + response) == dict(pairs).get(10)


def test_a_client_may_send_bindings_that_nobody_asked_for() -> None:
    """Without extended protection they are not looked at."""
    assert handshake(LoginState(), DOOR, Client(bindings=b"tls-server-end-point:any")).user


def test_the_environment_is_given_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, users: NtlmUsers) -> None:
    """The variable of the NTLM users is the process's: it goes back to what it was, in any order of leaving."""
    before = os.environ["NTLM_USER_FILE"]
    first, second = (NtlmUsers((ACCOUNT,), tmp_path / name) for name in ("first", "second"))
    first.register()
    second.register()
    first.withdraw()
    between = os.environ["NTLM_USER_FILE"]
    second.withdraw()

    assert (between, os.environ["NTLM_USER_FILE"]) == (str(tmp_path / "second"), before)


def test_labs_of_one_process_know_each_others_accounts(tmp_path: Path) -> None:
    """The newest file of NTLM users serves the older lab too."""
    NtlmUsers(accounts_of("fabrikam.com"), file := tmp_path / "newest").register()
    try:
        assert handshake(LoginState(), DOOR).user == "CONTOSO\\mover"
    finally:
        NtlmUsers((), file).withdraw()


def test_accounts_are_named_after_the_organization() -> None:
    """The domain is the organization's first label, and the names differ."""
    accounts = accounts_of("fabrikam.com")

    assert accounts[0].username == "FABRIKAM\\svc-moveready"
    assert len({account.name for account in accounts}) == len(accounts)


@pytest.mark.parametrize(
    ("names", "is_known"),
    [
        ((("email", "mover@contoso.com"),), True),
        ((("DNS", "a.contoso.com"), ("email", "Mover@Contoso.com")), True),
        ((("email", "other@contoso.com"),), False),
        ((("DNS", "mover@contoso.com"),), False),
        ((), False),
    ],
)
def test_a_certificate_is_mapped_to_an_account_by_its_name(names: tuple[tuple[str, str], ...], is_known: bool) -> None:
    """The first request of the connection is its login; a certificate without an account is offered the others."""
    state = LoginState()
    first = ask_by_certificate(state, {"subjectAltName": names}, DOOR)
    second = ask_by_certificate(state, {"subjectAltName": names}, DOOR)

    refused = LoginAnswer(None, DOOR.schemes)
    assert first == (LoginAnswer(ACCOUNT.username, completed=True) if is_known else refused)
    assert second == (LoginAnswer(ACCOUNT.username) if is_known else refused)


def test_no_certificate_is_no_account() -> None:
    """`getpeercert` gives nothing then."""
    assert ask_by_certificate(LoginState(), {}, DOOR).user is None


def test_the_profile_of_certificates_is_no_credential() -> None:
    """It can lock nobody; a certificate is shown in the handshake."""
    assert not carries_credential(MUTUAL)


def test_no_text_of_an_account_shows_its_password() -> None:
    """The lab runs inside pytest, which shows values."""
    assert ACCOUNT.password not in repr(ACCOUNT)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no mode")
def test_a_file_for_its_owner_is_never_open(tmp_path: Path) -> None:
    """Whatever it was before."""
    file = tmp_path / "password"
    file.write_text("old", encoding="utf-8")
    file.chmod(0o644)

    write_for_owner(file, "new")

    assert (file.read_text(encoding="utf-8"), file.stat().st_mode & 0o777) == ("new", 0o600)
