"""The KDC's clock: what a ticket cache and a new ticket say of it. Needs the libraries of Kerberos."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from datetime import timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from moveready.inventory import Auth, Credential, Secret
from moveready.remoting.kdc_clock import can_be_read, kdc_ahead
from moveready.remoting.login_failures import NO_TICKET, login_failure_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NEEDS_LIBRARY = pytest.mark.skipif(not can_be_read(), reason="the library krb5 (moveready[kerberos]) is not installed")


def program(name: str) -> str:
    """The path of an administrator's program, which need not be in the path of others; "" if there is none."""
    return shutil.which(name, path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin") or ""


NEEDS_KDC = pytest.mark.skipif(not program("krb5kdc"), reason="there is no krb5kdc here (Debian: krb5-kdc)")
KRB5_CONF = """
[libdefaults]
 default_realm = CONTOSO.COM
 dns_lookup_kdc = false
 dns_lookup_realm = false
[realms]
 CONTOSO.COM = {{
  kdc = 127.0.0.1:{port}
 }}
"""
KDC_CONF = """
[kdcdefaults]
 kdc_listen = 127.0.0.1:{port}
 kdc_tcp_listen = 127.0.0.1:{port}
[realms]
 CONTOSO.COM = {{
  database_name = {folder}/principal
  key_stash_file = {folder}/stash
 }}
"""


def test_it_can_be_read_where_the_library_is() -> None:
    """Elsewhere, nobody imports it."""
    assert can_be_read() is (find_spec("krb5") is not None)


@NEEDS_LIBRARY
def test_a_ticket_cache_tells_the_difference_of_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """libkrb5 writes it into the cache, and goes on with the KDC's time."""
    import krb5

    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path / 'cache'}")
    context = krb5.init_context()
    krb5.set_real_time(context, int(time.time()) + 720, 0)
    principal = krb5.parse_name_flags(context, b"svc@CONTOSO.COM")
    krb5.cc_initialize(context, krb5.cc_default(context), principal)

    assert abs(kdc_ahead(Credential("admin")) - timedelta(minutes=12)) < timedelta(minutes=1)


@NEEDS_LIBRARY
def test_without_a_ticket_cache_there_is_no_ticket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that the messages of logins know."""
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path / 'none'}")

    with pytest.raises(Exception, match="credentials cache") as caught:
        kdc_ahead(Credential("admin"))
    assert login_failure_of(caught.value) == NO_TICKET


@pytest.fixture
def free_port() -> int:
    """A port of this machine that nobody uses now."""
    with socket.socket() as stream:
        stream.bind(("127.0.0.1", 0))
        port: int = stream.getsockname()[1]
    return port


@pytest.fixture
def kdc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_port: int) -> Iterator[None]:
    """A KDC of the realm CONTOSO.COM that knows svc, with the password `secret`."""
    for variable, name, text in (("KRB5_CONFIG", "krb5.conf", KRB5_CONF), ("KRB5_KDC_PROFILE", "kdc.conf", KDC_CONF)):
        (tmp_path / name).write_text(text.format(port=free_port, folder=tmp_path), encoding="utf-8")
        monkeypatch.setenv(variable, str(tmp_path / name))
    subprocess.run([program("kdb5_util"), "create", "-s", "-P", "master"], check=True, capture_output=True)
    subprocess.run([program("kadmin.local"), "addprinc", "-pw", "secret", "svc"], check=True, capture_output=True)
    with subprocess.Popen([program("krb5kdc"), "-n"], stderr=subprocess.PIPE, text=True, encoding="utf-8") as running:
        assert running.stderr is not None
        assert "starting" in running.stderr.readline()
        yield
        running.terminate()


@NEEDS_LIBRARY
@NEEDS_KDC
@pytest.mark.usefixtures("kdc")
def test_a_new_ticket_tells_the_time_of_the_kdc() -> None:
    """Which is this machine's own here."""
    ahead = kdc_ahead(Credential("admin", Auth.KERBEROS, "svc@CONTOSO.COM", Secret("secret")))

    assert abs(ahead) < timedelta(minutes=1)
