"""Guards `moveready.inventory.resolve`: which setting counts, who logs in, and what is told otherwise."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from typing import TYPE_CHECKING

import pytest
import trustme

from moveready.errors import InventoryError
from moveready.inventory import (
    Auth,
    FixPolicy,
    Inventory,
    Phase,
    Ports,
    RestartKind,
    Secret,
    Server,
    Weekday,
    Window,
    load_inventory,
)
from moveready.inventory.resolve import CURRENT_USER

if TYPE_CHECKING:
    from pathlib import Path

ORGANIZATION = "organization: {name: x, exchange: [ex01.a.com, ex09.a.com]}\n"
DAYS = "'mon', 'tue', 'wed', 'thu', 'fri', 'sat' or 'sun'"
TIME_ZONES = "Write an IANA name such as `Europe/Berlin`; if this machine knows none, `pip install tzdata`."
Load = Callable[..., Inventory]
Told = Callable[[str], list[str]]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load an inventory from text; the organization is given unless the text has one."""

    def from_text(text: str, **environ: str) -> Inventory:
        file = tmp_path / "prod.yaml"
        file.write_text(text if "organization:" in text else text + ORGANIZATION, encoding="utf-8")
        return load_inventory(file, environ)

    return from_text


@pytest.fixture
def told(load: Load, tmp_path: Path) -> Told:
    """The mistakes of a text as `line: problem. hint`."""

    def from_text(text: str) -> list[str]:
        with pytest.raises(InventoryError) as caught:
            load(text)
        return [str(mistake).removeprefix(f"{tmp_path / 'prod.yaml'}:") for mistake in caught.value.mistakes]

    return from_text


def only_server(inventory: Inventory) -> Server:
    """The server, if there is but one."""
    (server,) = inventory.servers
    return server


def test_the_smallest_inventory(load: Load) -> None:
    """An FQDN is enough: moving, usual ports, no TLS for PowerShell, nothing may be fixed, the current user logs in."""
    server = only_server(load("servers: [ex01.a.com]\n"))

    assert (server.phase, server.ports, server.credential) == (Phase.MOVING, Ports(80, 5985, 443), CURRENT_USER)
    assert (server.tls.verify, server.tls.ca_file, server.tls.windows, server.tls.exchange) == (
        True,
        None,
        False,
        False,
    )
    assert not server.fix_allowed


@pytest.mark.parametrize("key", ["site", "pool", "host_header"])
@pytest.mark.parametrize("setters", [(), ("defaults",), ("defaults", "group"), ("defaults", "group", "server")])
def test_the_nearest_setting_counts(load: Load, key: str, setters: tuple[str, ...]) -> None:
    """The server's own, then its group's, then the default."""
    given = {setter: f"{key}: {setter}.a" if setter in setters else "" for setter in ("defaults", "group", "server")}
    text = (
        f"defaults: {{{given['defaults']}}}\ngroups:\n  g: {{{given['group']}}}\n"
        f"servers:\n- name: ex01.a.com\n  group: g\n  {given['server']}\n"
    )

    assert getattr(only_server(load(text)), key) == (f"{setters[-1]}.a" if setters else None)


def test_ports_are_looked_up_one_by_one(load: Load) -> None:
    """A server that sets one keeps the others of its group."""
    text = (
        "defaults: {ports: {exchange: 1, windows: 1, https: 1}}\n"
        "groups: {g: {ports: {exchange: 2, windows: 2}}}\n"
        "servers: [{name: ex01.a.com, group: g, ports: {exchange: 3}}]\n"
    )

    assert only_server(load(text)).ports == Ports(exchange=3, windows=2, https=1)


def test_tls_changes_the_usual_ports(load: Load) -> None:
    """5986 for WinRM, 443 for Exchange."""
    server = only_server(load("defaults: {windows_tls: true, exchange_tls: true}\nservers: [ex01.a.com]\n"))

    assert server.ports == Ports(exchange=443, windows=5986, https=443)
    assert (server.tls.windows, server.tls.exchange) == (True, True)


def test_a_jea_configuration_is_named_as_it_was_registered(load: Load) -> None:
    """Windows' own, where nothing is named."""
    servers = load(
        "groups: {g: {windows_configuration: Contoso.moveready-2}}\n"
        "servers: [ex01.a.com, {name: ex02.a.com, group: g}]\n"
    )

    assert [server.windows_configuration for server in servers.servers] == [
        "Microsoft.PowerShell",
        "Contoso.moveready-2",
    ]


def test_false_near_overrides_true_far(load: Load) -> None:
    """False is a setting, not the lack of one."""
    server = only_server(load("defaults: {windows_tls: true}\nservers: [{name: ex01.a.com, windows_tls: false}]\n"))

    assert not server.tls.windows
    assert server.ports.windows == 5985


def test_a_server_has_its_own_facts(load: Load, tmp_path: Path) -> None:
    """Name, group, address, permission to fix, phase and line."""
    text = "groups: {g: {phase: moving}}\nservers:\n- group: g\n  name: EX01.a.com\n  address: 10.0.0.1\n"
    text += "  phase: idle\n  fix: allowed\n"
    server = only_server(load(text))

    assert (server.name, server.group, server.address) == ("ex01.a.com", "g", "10.0.0.1")
    assert (server.phase, server.fix_allowed) == (Phase.IDLE, True)
    assert str(server.place) == f"{tmp_path / 'prod.yaml'}:4"


def test_certificates_are_judged_alike_for_all(load: Load, tmp_path: Path) -> None:
    """The file of authorities is relative to the inventory."""
    (tmp_path / "ca.pem").write_text("x", encoding="utf-8")
    inventory = load("tls: {verify: false, ca_file: ca.pem}\nservers: [ex01.a.com]\n")

    tls, host = only_server(inventory).tls, inventory.organization.exchange[1]
    assert (tls.verify, tls.ca_file) == (host.verify, host.ca_file) == (False, tmp_path / "ca.pem")


def test_a_credential_gets_its_password(load: Load) -> None:
    """From where the file says."""
    text = "defaults: {credential: a}\ncredentials: {a: {username: u, password: 'env:P'}}\nservers: [ex01.a.com]\n"
    credential = only_server(load(text, P="secret")).credential

    assert (credential.name, credential.auth) == ("a", Auth.NEGOTIATE)
    assert (credential.username, credential.password) == ("u", Secret("secret"))


def test_unused_credentials_and_groups_are_no_mistake(load: Load) -> None:
    """Their passwords are not even fetched."""
    load("groups: {g: {}}\ncredentials: {a: {username: u, password: 'env:P'}}\nservers: [ex01.a.com]\n")


def test_an_exchange_host_that_is_a_server_is_reached_as_that_server(load: Load) -> None:
    """Address, port and TLS of its own entry; who logs in is said by the organization."""
    text = (
        "organization: {name: x, exchange: [EX01.a.com], credential: o}\ncredentials: {o: {auth: kerberos}}\n"
        "servers: [{name: ex01.a.com, address: 10.0.0.1, exchange_tls: true, ports: {exchange: 8443}}]\n"
    )
    (host,) = load(text).organization.exchange

    assert (host.name, host.address, host.port, host.tls) == ("ex01.a.com", "10.0.0.1", 8443, True)
    assert host.credential.name == "o"


def test_another_exchange_host_is_reached_by_the_defaults(load: Load) -> None:
    """It need not be a server to check."""
    text = "defaults: {exchange_tls: true, credential: a}\ncredentials: {a: {auth: kerberos}}\nservers: [ex01.a.com]\n"
    host = load(text).organization.exchange[1]

    assert (host.name, host.address, host.port, host.tls) == ("ex09.a.com", None, 443, True)
    assert host.credential.name == "a"


def test_unknown_names_are_told_where_they_stand(told: Told) -> None:
    """In every section that can name something, used or not, with what was meant."""
    text = (
        "organization: {name: x, exchange: [ex01.a.com], credential: amin}\n"
        "defaults: {credential: b}\n"
        "groups: {g: {credential: c}}\n"
        "servers:\n"
        "- {name: ex01.a.com, group: gg}\n"
        "- name: ex02.a.com\n"
        "  credential: d\n"
        "credentials: {admin: {}}\n"
    )

    assert told(text) == [
        "1: unknown credential `amin`. Did you mean `admin`?",
        "2: unknown credential `b`. Add it under `credentials:`.",
        "3: unknown credential `c`. Add it under `credentials:`.",
        "5: unknown group `gg`. Did you mean `g`?",
        "7: unknown credential `d`. Add it under `credentials:`.",
    ]


def test_a_name_of_an_entry_with_mistakes_is_known(told: Told) -> None:
    """One mistake is told once."""
    assert (
        len(told("groups: {g: 5}\ncredentials: {c: 5}\nservers: [{name: ex01.a.com, group: g, credential: c}]\n")) == 2
    )


def test_a_missing_secret_is_told_once(told: Told) -> None:
    """At the password's line, however many servers need it."""
    text = "servers: [ex01.a.com, ex02.a.com]\ndefaults: {credential: a}\n"
    text += "credentials:\n  a: {username: u, password: 'env:P'}\n"

    assert told(text) == ["4: the environment variable P is not set. Set it to the password before the run."]


def test_basic_without_tls_is_told(told: Told) -> None:
    """The password would travel in clear: to the Windows endpoint of a server, and to the Exchange endpoint."""
    text = (
        "organization: {name: x, exchange: [ex01.a.com], credential: a}\n"
        "credentials: {a: {auth: basic, username: u, password: 'file:pw'}}\n"
        "servers:\n- {name: ex01.a.com, credential: a}\n"
    )
    mistakes = told(text)

    assert [mistake.partition(".")[0] for mistake in (mistakes[0], mistakes[2])] == [
        "1: `auth: basic` of the credential `a` would send the password in clear",
        "4: `auth: basic` of the credential `a` would send the password in clear",
    ]
    assert ["exchange_tls" in mistakes[0], "windows_tls" in mistakes[2]] == [True, True]


def test_basic_over_tls_is_fine(load: Load) -> None:
    """The HTTPS endpoint always has TLS; the others can."""
    text = (
        "defaults: {credential: a, windows_tls: true, exchange_tls: true}\nservers: [ex01.a.com]\n"
        "credentials: {a: {auth: basic, username: u, password: 'env:P'}}\n"
    )

    assert only_server(load(text, P="secret")).credential.auth is Auth.BASIC


CERTIFICATE = "credentials:\n  c: {auth: certificate, certificate: c.pem, certificate_key: c.pem}\n"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A client certificate with its key, beside the inventory."""
    file = tmp_path / "c.pem"
    file.touch(mode=0o600)
    file.write_bytes(trustme.CA().issue_cert("svc@a.com").private_key_and_cert_chain_pem.bytes())
    return file


def test_a_certificate_is_for_the_windows_endpoint(load: Load, certificate: Path) -> None:
    """The others have the credential; the files are found beside the inventory."""
    text = f"defaults: {{windows_credential: c, windows_tls: true}}\nservers: [ex01.a.com]\n{CERTIFICATE}"

    server = only_server(load(text))

    assert server.credential == CURRENT_USER
    assert server.windows_login.auth is Auth.CERTIFICATE
    assert (server.windows_login.certificate, server.windows_login.certificate_key) == (certificate, certificate)


@pytest.mark.usefixtures("certificate")
@pytest.mark.parametrize("settings", ["credential: c, windows_tls: true", "credential: c, exchange_tls: true"])
def test_a_certificate_for_all_endpoints_is_told(told: Told, settings: str) -> None:
    """EWS and the Exchange endpoint take none."""
    (mistake,) = told(
        f"organization: {{name: x, exchange: [ex02.a.com]}}\n{CERTIFICATE}servers: [{{name: ex01.a.com, {settings}}}]\n"
    )
    ours = told(
        f"organization: {{name: x, exchange: [ex02.a.com], credential: c}}\n{CERTIFICATE}servers: [ex01.a.com]\n"
    )

    for line, told_of in ((4, mistake), *((1, each) for each in ours)):
        assert told_of.startswith(f"{line}: the credential `c` has `auth: certificate`, and only WinRM takes certif")
        assert told_of.endswith("Name it as `windows_credential`, and another one as `credential`.")


@pytest.mark.usefixtures("certificate")
def test_a_certificate_needs_tls(told: Told) -> None:
    """Without it there is no handshake to show it in."""
    (mistake,) = told(f"servers: [{{name: ex01.a.com, windows_credential: c}}]\n{CERTIFICATE}")

    assert mistake.startswith("1: `auth: certificate` of the credential `c` needs TLS. Write `windows_tls: true`")


def test_a_basic_login_for_windows_needs_tls_there(told: Told, load: Load) -> None:
    """And one for HTTPS alone does not: that endpoint always has it."""
    basic = "credentials: {a: {auth: basic, username: u, password: 'env:P'}, b: {auth: kerberos}}\n"
    (mistake, _) = told(f"servers: [{{name: ex01.a.com, windows_credential: a}}]\n{basic}")

    assert "would send the password in clear" in mistake
    server = only_server(
        load(f"servers: [{{name: ex01.a.com, credential: a, windows_credential: b}}]\n{basic}", P="secret")
    )
    assert (server.credential.auth, server.windows_login.auth) == (Auth.BASIC, Auth.KERBEROS)


def test_an_unknown_credential_for_windows_is_told(told: Told) -> None:
    """Wherever it is named."""
    text = "groups:\n  g: {windows_credential: nobody}\nservers: [{name: ex01.a.com, group: g}]\n"

    assert told(text) == ["2: unknown windows_credential `nobody`. Add it under `credentials:`."]


def test_a_certificate_that_cannot_be_used_is_told_at_its_line(told: Told) -> None:
    """Before any server is asked."""
    text = f"servers: [{{name: ex01.a.com, windows_credential: c, windows_tls: true}}]\n{CERTIFICATE}"
    (mistake,) = told(text)

    assert mistake.startswith("3: the certificate file ")
    assert mistake.endswith("Write the path of a PEM file, relative to this file.")


@pytest.mark.parametrize("name", ["nowhere.pem", "'.'", '"a\\0b"'])
def test_a_missing_file_of_authorities_is_told(told: Told, name: str) -> None:
    """Before the first handshake fails because of it; a folder is no file."""
    (mistake,) = told(f"tls:\n  ca_file: {name}\nservers: [ex01.a.com]\n")

    assert mistake.startswith("2: the file ")
    assert mistake.endswith("cannot be read. Write the path of a PEM file, relative to this file.")


@pytest.mark.parametrize("section", ["", "fix:\n", "fix: {}\n", "fix: {window: , wait: }\n"])
def test_without_a_word_on_fixing_the_usual_counts(load: Load, section: str) -> None:
    """At any time, with the wait and the restart of the article."""
    assert load(f"servers: [ex01.a.com]\n{section}").fix == FixPolicy(None, 180.0, RestartKind.IISRESET, False, False)


def test_all_that_can_be_said_on_fixing(load: Load) -> None:
    """Every key counts; a day that is named twice is one day."""
    text = (
        "servers: [ex01.a.com]\nfix:\n"
        "  window: {days: [sun, fri, sun], from: 22:00, to: '04:30', time_zone: Europe/Berlin}\n"
        "  wait: 90s\n  restart: app-pool\n  escalate: true\n  drain: true\n"
    )
    window = Window((Weekday.SUN, Weekday.FRI), time(22), time(4, 30), "Europe/Berlin")

    assert load(text).fix == FixPolicy(window, 90.0, RestartKind.APP_POOL, True, True)


def test_a_window_without_days_opens_every_day(load: Load) -> None:
    """Days narrow it."""
    window = load("servers: [ex01.a.com]\nfix: {window: {from: 01:00, to: 02:00, time_zone: UTC}}\n").fix.window

    assert window == Window(None, time(1), time(2), "UTC")


def test_no_wait_is_a_wait(load: Load) -> None:
    """Zero is a setting, not the lack of one."""
    assert load("servers: [ex01.a.com]\nfix: {wait: 0s}\n").fix.wait_seconds == 0


def test_mistakes_on_fixing_are_told_where_they_stand(told: Told) -> None:
    """Each at its own line, with what to write instead."""
    text = (
        "servers: [ex01.a.com]\nfix:\n  wait: 180\n  restart: reboot\n  drian: true\n  window:\n"
        "    days:\n    - sat\n    - caturday\n    from: 4pm\n    to: 24:00\n    time_zone: Berlin/Europe\n"
    )

    assert told(text) == [
        "3: this is no duration. Write a number and its unit: `90s` or `3m`.",
        "4: `restart` has a value that is not known here. Write 'iisreset' or 'app-pool'.",
        "5: unknown key `drian`. Did you mean `drain`?",
        f"9: entry 2 of `days` has a value that is not known here. Write {DAYS}.",
        '10: this is no time of day. Write hours and minutes from "00:00" to "23:59", in quotes.',
        '11: this is no time of day. Write hours and minutes from "00:00" to "23:59", in quotes.',
        f"12: unknown time zone. {TIME_ZONES}",
    ]


def test_a_window_that_closes_when_it_opens_is_told(told: Told) -> None:
    """It could mean never as well as always."""
    text = "servers: [ex01.a.com]\nfix:\n  window:\n    time_zone: UTC\n    to: 22:00\n    from: 22:00\n"

    assert told(text) == [
        "5: the window closes when it opens. Write another time; for a whole day, from 00:00 to 23:59."
    ]
