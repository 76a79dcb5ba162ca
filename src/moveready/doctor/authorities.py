"""Files of `tls.ca_file` that hold no certificate, or only expired ones. No server is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509

from moveready.doctor.finding import Finding, Result
from moveready.reporting.words import plural

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from moveready.inventory import Inventory

_LARGEST_BYTES = 16 * 1024 * 1024
"""Far more than the authorities of any system take."""

_AS_PEM = "Give a PEM file: text with at least one block `-----BEGIN CERTIFICATE-----`."


def find_authorities(inventory: Inventory, now: datetime) -> Iterator[Finding]:
    """A finding for each file; and a note if certificates are not verified at all."""
    owners = (
        *(host.ca_file for host in inventory.organization.exchange),
        *(one.tls.ca_file for one in inventory.servers),
    )
    for file in dict.fromkeys(filter(None, owners)):
        yield from _of_file(file, now)
    if not all(
        (*(host.verify for host in inventory.organization.exchange), *(one.tls.verify for one in inventory.servers))
    ):
        told = "certificates are NOT verified: anybody between here and the servers can read and answer"
        yield Finding(
            "tls.verify", Result.NOTE, told, "Remove `verify: false`; `ca_file` trusts an authority of yours."
        )


def _of_file(file: Path, now: datetime) -> Iterator[Finding]:
    try:
        with file.open("rb") as opened:
            content = opened.read(_LARGEST_BYTES)
    except OSError as error:
        yield Finding(
            f"ca_file {file}", Result.PROBLEM, f"the file cannot be read ({error.strerror})", "Check `tls.ca_file`."
        )
        return
    yield from judged(file, content, now)


def judged(file: Path, content: bytes, now: datetime) -> Iterator[Finding]:
    """What the content of such a file is worth; pure."""
    try:
        certificates = x509.load_pem_x509_certificates(content)
    except ValueError:
        yield _not_pem(file, content)
        return
    usable = [each for each in certificates if each.not_valid_before_utc <= now <= each.not_valid_after_utc]
    others = [each for each in certificates if each not in usable]
    number = len(usable)
    if usable:
        yield Finding(f"ca_file {file}", Result.GOOD, f"{number} valid {plural(number, 'certificate')}")
    result = Result.NOTE if usable else Result.PROBLEM
    for each in others:
        yield Finding(
            f"ca_file {file}", result, _out_of_time(each, now), "Replace it in the file; is this machine's clock right?"
        )


def _not_pem(file: Path, content: bytes) -> Finding:
    if _is_der(content):
        told = "it holds a certificate in DER, and PEM is needed"
        return Finding(
            f"ca_file {file}", Result.PROBLEM, told, f"Convert it: openssl x509 -inform der -in {file} -out ca.pem"
        )
    told = "it holds no certificate that can be read"
    return Finding(f"ca_file {file}", Result.PROBLEM, told, _AS_PEM)


def _is_der(content: bytes) -> bool:
    try:
        x509.load_der_x509_certificate(content)
    except ValueError:
        return False
    return True


def _out_of_time(certificate: x509.Certificate, now: datetime) -> str:
    name = certificate.subject.rfc4514_string() or "a certificate without a name"
    if certificate.not_valid_after_utc < now:
        return f"{name} expired on {certificate.not_valid_after_utc:%Y-%m-%d} (UTC)"
    return f"{name} is valid from {certificate.not_valid_before_utc:%Y-%m-%d} (UTC) on only"
