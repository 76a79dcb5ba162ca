"""Whether a client certificate and its key can be used, before any server is asked.

Errors are `ValueError("problem. Hint.")`, and show nothing of the key or its passphrase.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from moveready.inventory.secrets import openness_of

if TYPE_CHECKING:
    from pathlib import Path

    from moveready.inventory.secrets import Secret


def refuse_unusable(certificate: Path, key: Path, passphrase: Secret | None) -> None:
    """Raise `ValueError` unless both PEM files can be read, belong together, and the key is its owner's alone."""
    _openness_of(certificate, "certificate")
    if openness := _openness_of(key, "certificate key"):
        raise openness
    try:
        load_into(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), certificate, key, passphrase)
    except (ssl.SSLError, ValueError):  # ValueError: the passphrase is too long
        raise ValueError(
            f"the certificate {certificate} cannot be used with the key {key}. Give two PEM files that belong together;"
            " a key with a passphrase needs `password:`, the reference to it."
        ) from None


def load_into(context: ssl.SSLContext, certificate: Path, key: Path, passphrase: Secret | None) -> None:
    """Show this certificate to a server that asks for one; raises `ssl.SSLError`, `OSError` or `ValueError`.

    Without a passphrase an empty one is tried, as OpenSSL would ask for it at the terminal.
    """
    context.load_cert_chain(certificate, key, passphrase.reveal if passphrase else "")


def _openness_of(file: Path, what: str) -> ValueError | None:
    """As `openness_of`; raises `ValueError` for a file that cannot be read."""
    try:
        with file.open("rb") as opened:
            return openness_of(opened, file, what)
    except (OSError, ValueError) as failure:  # ValueError: a NUL in the path
        reason = (isinstance(failure, OSError) and failure.strerror) or "it is no path"
        hint = "Write the path of a PEM file, relative to this file."
        raise ValueError(f"the {what} file {file} cannot be read ({reason}). {hint}") from None
