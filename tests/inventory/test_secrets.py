"""Guards `moveready.inventory.secrets`: where passwords come from, and that no message shows one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from moveready.inventory.secrets import _from_keyring, reference_from, secret_from

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def our_keyring() -> Iterator[None]:
    """Instead of the system's keyring, one with one password, that cannot be read for the user `locked`."""
    keyring = pytest.importorskip("keyring", reason="needs the extra `keyring`")

    class OurKeyring(keyring.backend.KeyringBackend):  # type: ignore[misc, name-defined] # known at run time only
        priority = 1

        def get_password(self, service: str, username: str) -> str | None:
            if username == "locked":
                raise keyring.errors.KeyringLocked("hunter2")
            return "from the keyring" if (service, username) == ("moveready/prod", "svc") else None

        def set_password(self, service: str, username: str, password: str) -> None:
            raise NotImplementedError

    before = keyring.get_keyring()
    keyring.set_keyring(OurKeyring())
    yield
    keyring.set_keyring(before)


@pytest.mark.parametrize("reference", ["env:NAME", "file:a/b.txt", "keyring:moveready/svc"])
def test_a_reference_passes_as_it_is(reference: str) -> None:
    """Three schemes are known."""
    assert reference_from(reference) == reference


@pytest.mark.parametrize("value", ["hunter2", "env:", "ENV:hunter2", "hunter2:env", 123456, None, ["hunter2"], True])
def test_a_password_in_the_file_is_refused_and_not_shown(value: object) -> None:
    """The message says where to put it instead."""
    with pytest.raises(ValueError, match=r"must not be in the file\. .*`env:NAME`, `file:PATH` or `keyring:") as caught:
        reference_from(value)
    assert "hunter2" not in str(caught.value)


def test_env_reads_the_environment(tmp_path: Path) -> None:
    """The environment is handed in, not looked up."""
    assert secret_from("env:PW", tmp_path, {"PW": "secret"}) == "secret"


@pytest.mark.parametrize("environ", [{}, {"PW": ""}], ids=["missing", "empty"])
def test_an_unset_variable_is_named(tmp_path: Path, environ: dict[str, str]) -> None:
    """An empty one is as bad as none: it would become a login without password."""
    with pytest.raises(ValueError, match=r"the environment variable PW is not set\. Set it"):
        secret_from("env:PW", tmp_path, environ)


@pytest.mark.parametrize("content", [b"secret", b"secret\n", b"secret\r\n", b"\xef\xbb\xbfsecret\n"])
def test_file_reads_a_file_beside_the_inventory(tmp_path: Path, content: bytes) -> None:
    """One newline at the end is the editor's, as is a byte order mark."""
    (tmp_path / "pw.txt").write_bytes(content)

    assert secret_from("file:pw.txt", tmp_path, {}) == "secret"


def test_file_takes_one_newline_only(tmp_path: Path) -> None:
    """Blanks and further newlines belong to the password."""
    (tmp_path / "pw.txt").write_bytes(b" secret \n\n")

    assert secret_from("file:pw.txt", tmp_path, {}) == " secret \n"


def test_file_takes_an_absolute_path(tmp_path: Path) -> None:
    """As containers mount secrets."""
    (tmp_path / "pw.txt").write_bytes(b"secret")

    assert secret_from(f"file:{tmp_path / 'pw.txt'}", Path("elsewhere"), {}) == "secret"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nowhere.txt", "cannot be read (No such file or directory). Create it"),
        ("latin.txt", "cannot be read (it is not UTF-8 text). Create it"),
        ("nul\0.txt", "cannot be read (it is not UTF-8 text). Create it"),
        ("empty.txt", "is empty. Write the password into it."),
    ],
)
def test_a_file_without_a_password_is_told(tmp_path: Path, name: str, reason: str) -> None:
    """With its path and the reason."""
    (tmp_path / "latin.txt").write_bytes(b"\xf6")
    (tmp_path / "empty.txt").write_bytes(b"\n")

    with pytest.raises(ValueError, match="the password file") as caught:
        secret_from(f"file:{name}", tmp_path, {})
    assert reason in str(caught.value)


@pytest.mark.usefixtures("our_keyring")
def test_keyring_reads_the_keyring_of_the_system(tmp_path: Path) -> None:
    """The last slash divides service and user."""
    assert secret_from("keyring:moveready/prod/svc", tmp_path, {}) == "from the keyring"


@pytest.mark.usefixtures("our_keyring")
@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (
            "moveready/prod/other",
            "has no password for moveready/prod/other. Store it with `keyring set moveready/prod other`.",
        ),
        ("moveready/locked", "cannot be read (KeyringLocked). Unlock it, or use `env:NAME`."),
    ],
)
def test_a_keyring_without_a_password_is_told(tmp_path: Path, entry: str, reason: str) -> None:
    """With what to do; the keyring's own text stays out, it may hold anything."""
    with pytest.raises(ValueError, match="keyring") as caught:
        secret_from(f"keyring:{entry}", tmp_path, {})
    assert str(caught.value).endswith(reason)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("entry", ["moveready", "/svc", "moveready/"])
def test_a_keyring_entry_needs_service_and_user(tmp_path: Path, entry: str) -> None:
    """Both of them."""
    with pytest.raises(ValueError, match=r"needs a service and a user\. Write `keyring:SERVICE/USER`"):
        secret_from(f"keyring:{entry}", tmp_path, {})


def test_without_keyring_the_extra_is_named() -> None:
    """It is optional."""
    with pytest.raises(
        ValueError, match=r"keyring is not installed\. Install it with `pip install moveready\[keyring\]`"
    ):
        _from_keyring("moveready/svc", "password", module="no_such_module")
