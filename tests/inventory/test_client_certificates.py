"""Guards `moveready.inventory.client_certificates`: what no server would accept is told before one is asked."""

from __future__ import annotations

import os
import ssl
from typing import TYPE_CHECKING

import pytest
import trustme
from cryptography.hazmat.primitives import serialization as pem

from moveready.inventory import Secret
from moveready.inventory.client_certificates import load_into, refuse_unusable

if TYPE_CHECKING:
    from pathlib import Path

    Files = tuple[Path, Path]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Who signs the certificates."""
    return trustme.CA()


@pytest.fixture
def files(authority: trustme.CA, tmp_path: Path) -> Files:
    """A certificate, and its key as PKCS #8 with the passphrase `hunter2`."""
    issued = authority.issue_cert("svc@contoso.com")
    key = pem.load_pem_private_key(issued.private_key_pem.bytes(), None)
    sealed = key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, pem.BestAvailableEncryption(b"hunter2"))
    (tmp_path / "c.pem").write_bytes(issued.cert_chain_pems[0].bytes())
    (tmp_path / "c.key").write_bytes(sealed)
    (tmp_path / "c.key").chmod(0o600)
    return tmp_path / "c.pem", tmp_path / "c.key"


def test_a_certificate_with_its_key_can_be_used(files: Files) -> None:
    """With the passphrase, in a connection too."""
    refuse_unusable(*files, Secret("hunter2"))
    load_into(ssl.create_default_context(), *files, Secret("hunter2"))


@pytest.mark.parametrize("passphrase", [None, Secret("hunter3"), Secret("x" * 2000)], ids=["none", "wrong", "too long"])
def test_a_key_that_stays_closed_is_told(files: Files, passphrase: Secret | None) -> None:
    """OpenSSL must not ask at the terminal for it."""
    with pytest.raises(ValueError, match=r"cannot be used with the key .*passphrase needs `password:`") as told:
        refuse_unusable(*files, passphrase)
    assert "hunter" not in str(told.value)


def test_a_key_of_another_certificate_is_told(files: Files, authority: trustme.CA) -> None:
    """Both are fine by themselves."""
    files[0].write_bytes(authority.issue_cert("other@contoso.com").cert_chain_pems[0].bytes())

    with pytest.raises(ValueError, match="Give two PEM files that belong together"):
        refuse_unusable(*files, Secret("hunter2"))


@pytest.mark.skipif(os.name != "posix", reason="Windows has no mode")
def test_a_key_that_others_may_read_is_refused(files: Files) -> None:
    """The certificate is public, and its key is not."""
    files[0].chmod(0o644)
    files[1].chmod(0o640)

    with pytest.raises(ValueError, match=r"the certificate key file .* is open to other users .*`chmod 600 .*c\.key`"):
        refuse_unusable(*files, Secret("hunter2"))


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize(("name", "reason"), [("nowhere", "No such file"), ("a\0b", "it is no path")])
def test_a_missing_file_is_told(files: Files, number: int, name: str, reason: str) -> None:
    """Either of the two, with what is wrong."""
    certificate, key = (file.with_name(name) if index == number else file for index, file in enumerate(files))

    with pytest.raises(ValueError, match=rf"cannot be read \({reason}.*\)\. Write the path of a PEM file"):
        refuse_unusable(certificate, key, Secret("hunter2"))
