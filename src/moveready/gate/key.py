"""The key that signs a gate file, by reference: it never stands on a command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from moveready.inventory.secrets import PASSWORD_SCHEMES, secret_from

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moveready.inventory import Secret

SHORTEST_KEY = 16  # bytes
_OPTION = "--gate-key"


def key_from(reference: str, environ: Mapping[str, str], folder: Path = Path()) -> Secret:
    """The key that a reference leads to; no message shows it, nor a value that is no reference.

    Args:
        reference: `env:NAME`, `file:PATH` or `keyring:SERVICE/USER`, as the inventory names passwords.
        environ: Environment variables.
        folder: What a relative PATH is relative to.

    Raises:
        ValueError: It is no reference, there is no key, or the key is too short to keep anybody out.
    """
    scheme, _, rest = reference.partition(":")
    if scheme not in PASSWORD_SCHEMES or not rest:
        raise ValueError(
            f"{_OPTION}: a key must not stand on the command line."
            " Write `env:NAME`, `file:PATH` or `keyring:SERVICE/USER`."
        )
    try:
        key = secret_from(reference, folder, environ, "key")
    except ValueError as error:
        raise ValueError(f"{_OPTION}: {error}") from None
    if len(key.reveal().encode()) < SHORTEST_KEY:
        raise ValueError(f"{_OPTION}: the key has less than {SHORTEST_KEY} bytes. Make a longer one at random.")
    return key
