"""Guards `moveready.inventory.secrets`: where passwords come from, and that nothing shows one."""

from __future__ import annotations

import base64
import copy
import json
import os
import pickle
import pprint
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import TypeAdapter

from moveready.inventory import Secret
from moveready.inventory.secrets import _from_keyring, reference_from, secret_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ON_POSIX = pytest.mark.skipif(os.name != "posix", reason="Windows has no mode")
SECRET = Secret("hunter2")


@dataclass(frozen=True)
class Owner:
    """A value with a secret."""

    secret: Secret | None = SECRET


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Write a file of this mode."""

    def write(content: bytes, mode: int = 0o600) -> Path:
        file = tmp_path / "pw.txt"
        file.write_bytes(content)
        file.chmod(mode)
        return file

    return write


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


@pytest.mark.parametrize("show", [repr, str, format, "{}".format, "{!s:>30}".format, pprint.pformat, ascii])
@pytest.mark.parametrize("value", [SECRET, Owner(), [SECRET], {"a": (SECRET,)}], ids=["alone", "field", "list", "dict"])
def test_no_text_of_a_secret_shows_it(show: Callable[[object], str], value: object) -> None:
    """Alone and in any value; the texts of two secrets are the same."""
    shown = show(value)

    assert "a secret, hidden" in shown
    assert "hunter2" not in shown


def test_secrets_are_told_apart_only_by_comparing() -> None:
    """And by a hash with a key, which needs the same context."""
    assert SECRET == Secret("hunter2") != Secret("hunter3")
    assert hash(SECRET) == hash(Secret("hunter2"))
    assert (SECRET == "hunter2") is False
    assert SECRET.digest(b"k", "a") == Secret("hunter2").digest(b"k", "a")
    digests = {SECRET.digest(b"k", "a"), SECRET.digest(b"k", "b"), SECRET.digest(b"l", "a")}
    assert len(digests | {Secret("hunter3").digest(b"k", "a")}) == 4


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_secret_is_never_pickled(protocol: int) -> None:
    """Nor a value that has one."""
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(SECRET, protocol)
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(Owner(), protocol)


def test_a_secret_is_not_taken_apart() -> None:
    """Not by JSON, `vars` or `dataclasses`; a copy is the object itself."""
    with pytest.raises(TypeError):
        json.dumps(SECRET)
    with pytest.raises(TypeError):
        vars(SECRET)
    with pytest.raises(TypeError, match="no state"):
        SECRET.__getstate__()
    assert asdict(Owner())["secret"] is SECRET
    assert copy.copy(SECRET) is copy.deepcopy(SECRET) is SECRET


def test_plain_data_has_null_for_a_secret() -> None:
    """As JSON and as Python's values, and no secret is read from either."""
    adapter = TypeAdapter(Owner)

    assert adapter.dump_json(Owner()) == b'{"secret":null}'
    assert adapter.dump_python(Owner()) == {"secret": None}
    assert adapter.validate_python({"secret": None}) == Owner(None)
    with pytest.raises(ValueError, match="instance of Secret"):
        adapter.validate_python({"secret": "hunter2"})


def test_where_secrets_are_revealed() -> None:
    """Where something is logged in to, signed, sent to a worker or to a channel, and nowhere else."""
    source = Path(__file__).parents[2] / "src" / "moveready"
    files = {file.relative_to(source).as_posix(): file.read_text(encoding="utf-8") for file in source.rglob("*.py")}

    assert {name for name, text in files.items() if ".reveal" in text} == {
        "gate/file.py",
        "gate/key.py",
        "inventory/client_certificates.py",
        "notify/channel.py",
        "notify/sending.py",
        "plugin/passwords.py",
        "remoting/https.py",
        "remoting/kdc_clock.py",
        "remoting/kerberos.py",
    }


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
    assert secret_from("env:PW", tmp_path, {"PW": "secret"}).reveal() == "secret"


@pytest.mark.parametrize("environ", [{}, {"PW": ""}], ids=["missing", "empty"])
def test_an_unset_variable_is_named(tmp_path: Path, environ: dict[str, str]) -> None:
    """An empty one is as bad as none: it would become a login without password."""
    with pytest.raises(ValueError, match=r"the environment variable PW is not set\. Set it"):
        secret_from("env:PW", tmp_path, environ)


@pytest.mark.parametrize("content", [b"secret", b"secret\n", b"secret\r\n", b"\xef\xbb\xbfsecret\n"])
def test_file_reads_a_file_beside_the_inventory(written: Callable[..., Path], content: bytes) -> None:
    """One newline at the end is the editor's, as is a byte order mark."""
    assert secret_from("file:pw.txt", written(content).parent, {}).reveal() == "secret"


def test_file_takes_one_newline_only(written: Callable[..., Path]) -> None:
    """Blanks and further newlines belong to the password."""
    assert secret_from("file:pw.txt", written(b" secret \n\n").parent, {}).reveal() == " secret \n"


def test_file_takes_an_absolute_path(written: Callable[..., Path]) -> None:
    """As containers mount secrets."""
    assert secret_from(f"file:{written(b'secret')}", Path("elsewhere"), {}).reveal() == "secret"


@ON_POSIX
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o644, 0o666, 0o777, 0o610])
def test_a_file_that_others_may_read_is_refused(written: Callable[..., Path], mode: int) -> None:
    """With the command that repairs it, and it does."""
    file = written(b"hunter2", mode)

    with pytest.raises(ValueError, match=rf"the password file .* is open to other users \(mode {mode:04o}\)") as caught:
        secret_from(f"file:{file}", file.parent, {})

    assert "hunter2" not in str(caught.value)
    command = str(caught.value).partition("Run `")[2].removesuffix("`.")
    subprocess.run(command, shell=True, check=True)  # noqa: S602 - as whoever pastes it
    assert secret_from(f"file:{file}", file.parent, {}).reveal() == "hunter2"


@ON_POSIX
def test_the_command_is_one_for_any_path(tmp_path: Path) -> None:
    """Blanks and quotes in a name do not break it."""
    file = tmp_path / "it's a password; true"
    file.write_text("hunter2", encoding="utf-8")
    file.chmod(0o644)

    with pytest.raises(ValueError, match=r"Run `chmod 600 '.*it'\"'\"'s a password; true'`\."):
        secret_from(f"file:{file.name}", tmp_path, {})


@ON_POSIX
@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize(("mode", "is_taken"), [(0o640, True), (0o600, True), (0o644, False)])
def test_the_group_of_somebody_elses_file_may_read_it(written: Callable[..., Path], mode: int, is_taken: bool) -> None:
    """A service reads a file of root's by its group; with mode 0600 it could not."""
    file = written(b"hunter2", mode)
    os.chown(file, 12345, 12345)

    if is_taken:
        assert secret_from("file:pw.txt", file.parent, {}).reveal() == "hunter2"
    else:
        with pytest.raises(ValueError, match=r"Run `chmod o= .*pw\.txt`"):
            secret_from("file:pw.txt", file.parent, {})


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
    for file in tmp_path.iterdir():
        file.chmod(0o600)

    with pytest.raises(ValueError, match="the password file") as caught:
        secret_from(f"file:{name}", tmp_path, {})
    assert reason in str(caught.value)


@pytest.mark.usefixtures("our_keyring")
def test_keyring_reads_the_keyring_of_the_system(tmp_path: Path) -> None:
    """The last slash divides service and user."""
    assert secret_from("keyring:moveready/prod/svc", tmp_path, {}).reveal() == "from the keyring"


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


def test_a_keyring_in_a_file_gives_the_password(tmp_path: Path) -> None:
    """In processes of their own, with a backend of keyrings.alt that the environment chooses: nothing is simulated."""
    environ = os.environ | {
        "PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring",
        "XDG_DATA_HOME": str(tmp_path),
        "LOCALAPPDATA": str(tmp_path),
    }
    stored = [sys.executable, "-m", "keyring", "set", "moveready/prod", "svc"]
    subprocess.run(stored, input=b"hunter2\n", env=environ, check=True)
    program = """
from pathlib import Path
from moveready.inventory.secrets import secret_from
secret = secret_from("keyring:moveready/prod/svc", Path(), {})
print(secret, secret.reveal() == "hunter2")
secret_from("keyring:moveready/prod/other", Path(), {})
"""

    read = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=False)

    assert read.stdout == "<a secret, hidden> True\n"
    assert "the keyring has no password for moveready/prod/other. Store it with `keyring set" in read.stderr
    kept = (tmp_path / "python_keyring" / "keyring_pass.cfg").read_text(encoding="utf-8")
    assert base64.b64encode(b"hunter2").decode() in kept


def test_without_keyring_the_extra_is_named() -> None:
    """It is optional."""
    with pytest.raises(
        ValueError, match=r"keyring is not installed\. Install it with `pip install moveready\[keyring\]`"
    ):
        _from_keyring("moveready/svc", "password", module="no_such_module")
