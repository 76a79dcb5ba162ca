"""A real KDC: MIT's `krb5kdc` of Debian with a realm, a port and a folder of its own, on loopback and without a DNS."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from shutil import which
from typing import TYPE_CHECKING

from moveready.lab.auth import accounts_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DOMAIN = "contoso.com"
REALM = "CONTOSO.COM"
USER = accounts_of(DOMAIN)[0]
"""Who logs in: at the KDC with the password that the lab knows too."""
SERVERS = tuple(f"ex{number:02d}.{DOMAIN}" for number in range(1, 18))
POOL = f"mail.{DOMAIN}"
SERVICES = ("host", "http", "HTTP", "WSMAN")
"""A domain controller knows all of these by `host` and takes no notice of case; MIT's KDC has to be told each."""
PATIENT_SECONDS = 60.0
_PLACES = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"

_CLIENTS = """\
[libdefaults]
    default_realm = {realm}
    dns_lookup_kdc = false
    dns_lookup_realm = false
    dns_canonicalize_hostname = false
    rdns = false
    udp_preference_limit = 1
[realms]
    {realm} = {{
        kdc = 127.0.0.1:{port}
    }}
[domain_realm]
    .{domain} = {realm}
"""
_KDC = """\
[kdcdefaults]
    kdc_listen = 127.0.0.1:{port}
    kdc_tcp_listen = 127.0.0.1:{port}
[realms]
    {realm} = {{
        database_name = {folder}/principal
        key_stash_file = {folder}/stash
        max_life = 10h
        supported_enctypes = aes256-cts:normal
    }}
[logging]
    kdc = FILE:{folder}/kdc.log
"""


def clients_conf(port: int) -> str:
    """The krb5.conf of a client whose only KDC is at this port of this machine, whether one listens there or not."""
    return _CLIENTS.format(realm=REALM, domain=DOMAIN, port=port)


def missing_programs() -> list[str]:
    """The programs that are not installed."""
    return [name for name in ("krb5kdc", "kdb5_util", "kadmin.local", "kinit") if which(name, path=_PLACES) is None]


@dataclass(frozen=True)
class Kdc:
    """A running KDC, and what its clients need.

    Attributes:
        folder: All its files.
        port: Its port on 127.0.0.1.
    """

    folder: Path
    port: int

    @property
    def servers_keytab(self) -> Path:
        """The keys of all servers, for the lab."""
        return self.folder / "servers.keytab"

    @property
    def user_keytab(self) -> Path:
        """The key of the user, for a client without a password."""
        return self.folder / "user.keytab"

    @property
    def environment(self) -> dict[str, str]:
        """Lets libkrb5 find this KDC and no keytab of this machine."""
        return {
            "KRB5_CONFIG": str(self.folder / "krb5.conf"),
            "KRB5_KDC_PROFILE": str(self.folder / "kdc.conf"),
            "KRB5_KTNAME": f"FILE:{self.folder}/nobody.keytab",
            "KRB5_CLIENT_KTNAME": f"FILE:{self.folder}/nobody.keytab",
        }

    def run(self, *command: str, given: str = "") -> str:
        """What a program of Kerberos prints; `given` is its standard input."""
        program = str(which(command[0], path=_PLACES))
        environment = {**os.environ, **self.environment}
        ran = subprocess.run(
            [program, *command[1:]], input=given, capture_output=True, text=True, check=False, env=environment
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def kinit(self, cache: Path, *more: str) -> str:
        """Get a ticket for the user; returns the value of `KRB5CCNAME` that leads to it."""
        self.run("kinit", *more, "-c", str(cache), USER.upn, given=f"{USER.password}\n")
        return f"FILE:{cache}"

    @property
    def log(self) -> str:
        """What it has written about the requests that it got."""
        return (self.folder / "kdc.log").read_text(encoding="utf-8")

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """It is silent: its port takes connections and says nothing."""
        process = int((self.folder / "kdc.pid").read_text(encoding="utf-8"))
        os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(process, signal.SIGCONT)


@contextmanager
def running_kdc(folder: Path) -> Iterator[Kdc]:
    """A KDC that knows the user and the servers of the demo."""
    kdc = Kdc(folder, _free_port())
    (folder / "krb5.conf").write_text(clients_conf(kdc.port), encoding="utf-8")
    (folder / "kdc.conf").write_text(_KDC.format(realm=REALM, port=kdc.port, folder=folder), encoding="utf-8")
    kdc.run("kdb5_util", "create", "-s", "-r", REALM, "-P", "a master key of these tests")
    kdc.run("kadmin.local", "-r", REALM, given="\n".join(_principals(kdc)) + "\n")
    program = str(which("krb5kdc", path=_PLACES))
    with subprocess.Popen(
        [program, "-n", "-r", REALM, "-P", str(folder / "kdc.pid")], env={**os.environ, **kdc.environment}
    ) as process:
        try:
            _wait_for(kdc.port)
            yield kdc
        finally:
            process.terminate()


def _principals(kdc: Kdc) -> Iterator[str]:
    """Commands of kadmin, which come over its standard input: a command line would show the password to everybody.

    As in Active Directory, the user has to prove the password to the KDC (pre-authentication).
    """
    yield f"addprinc +requires_preauth -pw {USER.password} {USER.name}"
    yield f"ktadd -norandkey -k {kdc.user_keytab} {USER.name}"
    names = [f"{service}/{host}" for host in (*SERVERS, POOL) for service in SERVICES]
    yield from (f"addprinc -randkey {name}" for name in names)
    yield f"ktadd -norandkey -k {kdc.servers_keytab} {' '.join(names)}"


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    ends = time.monotonic() + PATIENT_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < ends, "the KDC does not listen"
            time.sleep(0.02)
        else:
            return
