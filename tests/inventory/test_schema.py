"""Guards `moveready.inventory.schema`: the form of a file, and schema.json for editors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from moveready.inventory import Auth, Phase, inventory_schema
from moveready.inventory.schema import InventoryFile

SCHEMA_FILE = Path(__file__).parents[2] / "inventory" / "schema.json"
WINDOW = {"from": "22:00", "to": "04:00", "time_zone": "Europe/Berlin"}


def test_every_section_is_optional() -> None:
    """A folder of files makes one inventory."""
    assert InventoryFile.model_validate({}) == InventoryFile()


def test_a_server_can_be_an_fqdn_alone() -> None:
    """The short form means `name:`."""
    short, long = InventoryFile.model_validate({"servers": ["EX01.a.com", {"name": "ex01.a.com"}]}).servers

    assert short == long


def test_values_get_their_types() -> None:
    """Enums from text, names in lower case."""
    file = InventoryFile.model_validate(
        {
            "defaults": {"phase": "idle", "pool": "MAIL.a.com", "host_header": "Mail.A.com"},
            "credentials": {"x": {"auth": "kerberos"}, "y": {}},
        }
    )

    assert file.defaults is not None
    assert (file.defaults.phase, file.defaults.pool, file.defaults.host_header) == (
        Phase.IDLE,
        "mail.a.com",
        "mail.a.com",
    )
    assert [credential.auth for credential in file.credentials.values()] == [Auth.KERBEROS, Auth.NEGOTIATE]


@pytest.mark.parametrize(
    "data",
    [
        {"server": []},
        {"servers": [{"name": "a.b", "fix": True}]},
        {"servers": [{"name": "a.b", "fix": "yes"}]},
        {"servers": [{"group": "a"}]},
        {"servers": [["a.b"]]},
        {"servers": [{"name": "a.b", "address": "a b"}]},
        {"servers": [{"name": "a.b", "ports": {"https": 65536}}]},
        {"servers": [{"name": "a.b", "ports": {"https": "443"}}]},
        {"servers": [{"name": "a.b", "ports": {"https": True}}]},
        {"groups": {"a.b": {}}},
        {"groups": {"a": {"fix": "allowed"}}},
        {"groups": {"a": {"site": "<b>"}}},
        {"groups": {"a": None}},
        {"defaults": {"phase": "Moving"}},
        {"defaults": {"windows_tls": 1}},
        {"defaults": {"host_header": "mail"}},
        {"organization": {"name": "x"}},
        {"organization": {"name": "x", "exchange": []}},
        {"organization": {"name": "x", "exchange": "a.b"}},
        {"credentials": {"x": {"auth": "digest"}}},
        {"credentials": {"x": {"username": ""}}},
        {"credentials": {"x": {"username": "u", "password": "hunter2"}}},
        {"tls": {"verify": "no"}},
        {"fix": {"restart": "reboot"}},
        {"fix": {"drain": "yes"}},
        {"fix": {"window": {}}},
        {"fix": {"window": {**WINDOW, "days": []}}},
        {"fix": {"window": {**WINDOW, "days": "sat"}}},
        {"fix": {"window": {**WINDOW, "days": ["sat", "caturday"]}}},
        {"fix": {"window": {**WINDOW, "opens": "21:00"}}},
    ],
)
def test_what_does_not_fit_is_refused(data: object) -> None:
    """Unknown keys, wrong types, values out of range; nothing is converted silently."""
    with pytest.raises(ValidationError):
        InventoryFile.model_validate(data)


@pytest.mark.parametrize(
    "credential",
    [
        {"auth": "kerberos", "username": "u@A.COM"},
        {"auth": "kerberos", "username": "u@A.COM", "password": "env:P"},
        {"auth": "ntlm", "username": "u", "password": "env:P"},
        {"auth": "basic", "username": "u", "password": "env:P"},
        {"auth": "certificate", "certificate": "c.pem", "certificate_key": "c.key"},
        {"auth": "certificate", "certificate": "c.pem", "certificate_key": "c.key", "password": "env:P"},
    ],
)
def test_a_complete_credential_passes(credential: object) -> None:
    """Kerberos may choose a user of the ticket cache by name."""
    assert InventoryFile.model_validate({"credentials": {"x": credential}}).credentials


@pytest.mark.parametrize(
    ("credential", "problem"),
    [
        ({"password": "env:P"}, "a password without a username. Add `username:`."),
        ({"username": "u"}, "a username without a password. Add `password: env:NAME`."),
        ({"auth": "ntlm"}, "`auth: ntlm` needs a username. Add `username:` and `password:`."),
        ({"auth": "basic"}, "`auth: basic` needs a username. Add `username:` and `password:`."),
        (
            {"auth": "certificate", "certificate": "c.pem"},
            "`auth: certificate` needs both files. Add `certificate:` and `certificate_key:`.",
        ),
        (
            {"auth": "certificate", "certificate": "c.pem", "certificate_key": "c.key", "username": "u"},
            "`auth: certificate` with a username. Leave it out: the server maps the certificate to an account.",
        ),
        (
            {"auth": "kerberos", "certificate_key": "c.key"},
            "a certificate without `auth: certificate`. Add it, or leave the certificate out.",
        ),
    ],
)
def test_half_a_credential_is_refused(credential: object, problem: str) -> None:
    """It would end as a login error much later."""
    with pytest.raises(ValidationError) as caught:
        InventoryFile.model_validate({"credentials": {"x": credential}})
    assert caught.value.errors()[0]["msg"] == f"Value error, {problem}"


def test_the_schema_for_editors_is_up_to_date() -> None:
    """Regenerate it with `moveready schema > inventory/schema.json`."""
    assert json.loads(SCHEMA_FILE.read_text(encoding="utf-8")) == inventory_schema()


def test_every_key_of_the_schema_is_described() -> None:
    """Editors show the description."""
    sections = [inventory_schema(), *inventory_schema()["$defs"].values()]
    keys = [(name, key) for section in sections for name, key in section.get("properties", {}).items()]

    assert [name for name, key in keys if not key.get("description")] == []
