"""Where passwords, and other secrets, come from: `env:NAME`, `file:PATH`, `keyring:SERVICE/USER`; and what keeps them.

The inventory itself never has a password, and no message of this module shows one. Errors are `ValueError("problem.
Hint.")`.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import shlex
import stat
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn, Self, final

from pydantic_core import core_schema

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import IO, Any

PASSWORD_SCHEMES = ("env", "file", "keyring")
_ALL_BUT_OWNER = stat.S_IRWXG | stat.S_IRWXO


@final
class Secret:
    """A password, or another secret, that only `reveal` tells.

    Its `repr`, its text and each format of it are the same three words for every secret. It cannot be pickled; as a
    field of a value that becomes JSON, or the plain data for a worker, it is null. A copy is the object itself.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Keep the text."""
        self._text = text

    def reveal(self) -> str:
        """The text: to log in with it, sign with it or send it on, and never into a variable that lives longer."""
        return self._text

    def digest(self, key: bytes, context: str) -> str:
        """A keyed hash (HMAC-SHA256, in hexadecimal) of the context and the secret, to tell secrets apart."""
        return hmac.new(key, f"{context}\0".encode() + self._bytes, hashlib.sha256).hexdigest()

    @property
    def _bytes(self) -> bytes:
        return self._text.encode("utf-8", "surrogatepass")

    def __repr__(self) -> str:
        """The same for all."""
        return "<a secret, hidden>"

    def __eq__(self, other: object) -> bool:
        """Whether both hold the same text; how long that takes says nothing of it."""
        return isinstance(other, Secret) and hmac.compare_digest(self._bytes, other._bytes)

    def __hash__(self) -> int:
        """As Python hashes text, anew in each process."""
        return hash(self._text)

    def __copy__(self) -> Self:
        """The object itself."""
        return self

    def __deepcopy__(self, _: object) -> Self:
        """The object itself, so that `dataclasses.asdict` does not take it apart."""
        return self

    def __reduce_ex__(self, _: object) -> NoReturn:
        """Refuse to be pickled."""
        raise TypeError("a secret is not pickled")

    def __getstate__(self) -> NoReturn:
        """Refuse to be taken apart."""
        raise TypeError("a secret has no state to be kept")

    @classmethod
    def __get_pydantic_core_schema__(cls, *_: object) -> core_schema.CoreSchema:
        """Null in plain data, and never read from it."""
        return core_schema.is_instance_schema(
            cls, serialization=core_schema.plain_serializer_function_ser_schema(lambda _: None)
        )


def reference_from(value: object) -> str:
    """The reference to a password, as in the file; raises `ValueError` for anything else, such as a password."""
    scheme, _, rest = value.partition(":") if isinstance(value, str) else ("", "", "")
    if scheme not in PASSWORD_SCHEMES or not rest:
        raise ValueError(
            "a password must not be in the file. Change it, put it into an environment variable, a file of"
            " its own or the keyring, and write `env:NAME`, `file:PATH` or `keyring:SERVICE/USER` here."
        )
    return f"{scheme}:{rest}"


def secret_from(reference: str, folder: Path, environ: Mapping[str, str], what: str = "password") -> Secret:
    """The secret that a reference leads to.

    Args:
        reference: `env:NAME`, `file:PATH` or `keyring:SERVICE/USER`.
        folder: The folder of the inventory file; a relative PATH starts there.
        environ: Environment variables.
        what: What it is, for messages.

    Raises:
        ValueError: There is none, or an empty one, or other users may read its file.
    """
    scheme, _, rest = reference.partition(":")
    if scheme == "env":
        return _from_environment(rest, environ, what)
    if scheme == "file":
        return _from_file(folder / rest, what)
    return _from_keyring(rest, what)


def openness_of(opened: IO[Any], file: Path, what: str) -> ValueError | None:
    """Why the open file is no place for a secret: others than its owner may read or change it; None if nobody may.

    The group of a file that belongs to somebody else (`root:moveready`, 0640) may read it, or we could not. Windows has
    lists of rights instead, in which the administrators always stand; they are not judged.
    """
    status = os.fstat(opened.fileno())
    mode = stat.S_IMODE(status.st_mode)
    is_ours = os.name == "posix" and status.st_uid == os.geteuid()
    if os.name != "posix" or not mode & (_ALL_BUT_OWNER if is_ours else stat.S_IRWXO):
        return None
    repair = f"chmod {'600' if is_ours else 'o='} {shlex.quote(str(file))}"
    return ValueError(f"the {what} file {file} is open to other users (mode {mode:04o}). Run `{repair}`.")


def _from_environment(name: str, environ: Mapping[str, str], what: str) -> Secret:
    if not environ.get(name):
        raise ValueError(f"the environment variable {name} is not set. Set it to the {what} before the run.")
    return Secret(environ[name])


def _from_file(file: Path, what: str) -> Secret:
    """The text of a file, without one trailing newline; on POSIX only its owner may read it (0600)."""
    try:
        with file.open(encoding="utf-8-sig") as opened:
            openness = openness_of(opened, file, what)
            text = "" if openness else opened.read()
    except (OSError, ValueError) as failure:  # ValueError: not UTF-8, or a NUL in the path
        reason = failure.strerror if isinstance(failure, OSError) else "it is not UTF-8 text"
        raise ValueError(
            f"the {what} file {file} cannot be read ({reason}). Create it, readable by you only."
        ) from None
    if openness:
        raise openness
    if not text.removesuffix("\n"):
        raise ValueError(f"the {what} file {file} is empty. Write the {what} into it.")
    return Secret(text.removesuffix("\n"))  # reading has made \r\n one \n


def _from_keyring(entry: str, what: str, module: str = "keyring") -> Secret:
    """What is in the system's keyring for SERVICE/USER; the last slash separates the two."""
    service, _, user = entry.rpartition("/")
    if not service or not user:
        raise ValueError("`keyring:` needs a service and a user. Write `keyring:SERVICE/USER`.")
    try:
        keyring = import_module(module)
    except ImportError:
        raise ValueError("keyring is not installed. Install it with `pip install moveready[keyring]`.") from None
    try:
        secret = keyring.get_password(service, user)
    except Exception as failure:  # noqa: BLE001 - each backend has exceptions of its own
        raise ValueError(
            f"the keyring cannot be read ({type(failure).__name__}). Unlock it, or use `env:NAME`."
        ) from None
    if not secret:
        raise ValueError(f"the keyring has no {what} for {entry}. Store it with `keyring set {service} {user}`.")
    return Secret(str(secret))
