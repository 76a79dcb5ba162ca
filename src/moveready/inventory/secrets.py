"""Where passwords, and other secrets, come from: `env:NAME`, `file:PATH`, `keyring:SERVICE/USER`.

The inventory itself never has a password, and no message of this module shows one. Errors are `ValueError("problem.
Hint.")`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PASSWORD_SCHEMES = ("env", "file", "keyring")


def reference_from(value: object) -> str:
    """The reference to a password, as in the file; raises `ValueError` for anything else, such as a password."""
    scheme, _, rest = value.partition(":") if isinstance(value, str) else ("", "", "")
    if scheme not in PASSWORD_SCHEMES or not rest:
        raise ValueError(
            "a password must not be in the file. Change it, put it into an environment variable, a file of"
            " its own or the keyring, and write `env:NAME`, `file:PATH` or `keyring:SERVICE/USER` here."
        )
    return f"{scheme}:{rest}"


def secret_from(reference: str, folder: Path, environ: Mapping[str, str], what: str = "password") -> str:
    """The secret that a reference leads to.

    Args:
        reference: `env:NAME`, `file:PATH` or `keyring:SERVICE/USER`.
        folder: The folder of the inventory file; a relative PATH starts there.
        environ: Environment variables.
        what: What it is, for messages.

    Raises:
        ValueError: There is none, or an empty one.
    """
    scheme, _, rest = reference.partition(":")
    if scheme == "env":
        return _from_environment(rest, environ, what)
    if scheme == "file":
        return _from_file(folder / rest, what)
    return _from_keyring(rest, what)


def _from_environment(name: str, environ: Mapping[str, str], what: str) -> str:
    secret = environ.get(name)
    if not secret:
        raise ValueError(f"the environment variable {name} is not set. Set it to the {what} before the run.")
    return secret


def _from_file(file: Path, what: str) -> str:
    """The text of a file, without one trailing newline; only its owner should read it (0600 on POSIX)."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as failure:  # ValueError: not UTF-8, or a NUL in the path
        reason = failure.strerror if isinstance(failure, OSError) else "it is not UTF-8 text"
        raise ValueError(
            f"the {what} file {file} cannot be read ({reason}). Create it, readable by you only."
        ) from None
    secret = text.removesuffix("\n")  # read_text made \r\n one \n
    if not secret:
        raise ValueError(f"the {what} file {file} is empty. Write the {what} into it.")
    return secret


def _from_keyring(entry: str, what: str, module: str = "keyring") -> str:
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
    except keyring.errors.KeyringError as failure:
        raise ValueError(
            f"the keyring cannot be read ({type(failure).__name__}). Unlock it, or use `env:NAME`."
        ) from None
    if not secret:
        raise ValueError(f"the keyring has no {what} for {entry}. Store it with `keyring set {service} {user}`.")
    return str(secret)
