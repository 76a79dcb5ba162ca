"""Guards `moveready.gate.command`: exit code and lines of `moveready gate --verify`."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from moveready.findings.outcomes import RunScope
from moveready.gate.command import Verification, verify_command
from moveready.gate.decision import decision_of
from moveready.gate.file import gate_json
from moveready.inventory import fingerprint_of
from tests.gate.runs import FLEET, KEY, READY, minutes_past_noon, run_of

ENVIRON = {"GATE_KEY": KEY.reveal(), "OTHER_KEY": "another key of 16 bytes"}
BY = "(run 4f1c of contoso, valid until 2026-03-02 13:00 UTC)"
UNSIGNED = "Note: the file is not signed, so whoever can write it can change it; --gate-key signs it."
INVENTORY = """\
organization:
  name: contoso
  exchange: [ex01.contoso.com]
credentials:
  admin: {username: svc, password: env:NOT_SET}
servers:
  - ex01.contoso.com
"""


def asked(file: Path, *servers: str, minutes: float = 5, **given: Any) -> tuple[int, list[str]]:
    """What the command says, five minutes past noon."""
    return verify_command(Verification(file=file, servers=servers, **given), ENVIRON, minutes_past_noon(minutes))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file without a signature; the pool of its ready servers is not ready."""
    file = tmp_path / "gate.json"
    file.write_bytes(gate_json(decision_of(FLEET), None))
    return file


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    """A file with a signature, of two servers that are ready."""
    file = tmp_path / "signed.json"
    file.write_bytes(gate_json(decision_of(run_of(*READY)), KEY))
    return file


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """An inventory whose password this machine does not have."""
    file = tmp_path / "prod.yaml"
    file.write_text(INVENTORY, encoding="utf-8", newline="\n")
    return file


def test_servers_that_may_be_used(signed: Path) -> None:
    """A line for each, once."""
    assert asked(signed, "ex01", "EX02", "ex01.contoso.com", key="env:GATE_KEY", max_age=timedelta(minutes=60)) == (
        0,
        [f"ex01.contoso.com: may be used {BY}", f"ex02.contoso.com: may be used {BY}"],
    )


def test_notes_on_what_may_be_used(file: Path) -> None:
    """They change nothing of the exit code."""
    code, lines = asked(file, "ex01")

    assert code == 0
    assert lines[0] == f"ex01.contoso.com: may be used {BY}"
    assert lines[1].startswith("Note: the pool mail.contoso.com is not ready")
    assert lines[2:] == [UNSIGNED]


def test_one_server_that_is_not_ready_refuses_all(file: Path) -> None:
    """A batch is moved as one; each line names the file."""
    code, lines = asked(file, "ex01", "ex03")

    assert code == 1
    assert lines == [f"{file}: ex03.contoso.com may not be used: not ready - disabled; next: enable, then iisreset."]


def test_no_server(file: Path) -> None:
    """Nothing named is nothing allowed."""
    assert asked(file) == (1, [f"{file}: no server is named. Name each with --server NAME."])


@pytest.mark.parametrize(
    ("key", "words"),
    [(None, "it is signed. Name the key"), ("env:OTHER_KEY", "its signature is wrong"), ("env:GATE_KEY", "")],
)
def test_signature(signed: Path, key: str | None, words: str) -> None:
    """It is checked, or the file is refused."""
    code, lines = asked(signed, "ex01", key=key)

    assert code == (1 if words else 0)
    assert words in lines[0]


def test_edited_file(signed: Path) -> None:
    """What it says is not even looked at."""
    data = json.loads(signed.read_bytes())
    data["ready"].append("ex03.contoso.com")
    data["phases"]["ex03.contoso.com"] = "moving"
    signed.write_text(json.dumps(data), encoding="utf-8", newline="\n")
    code, lines = asked(signed, "ex03", key="env:GATE_KEY", minutes=999)

    assert code == 1
    assert len(lines) == 1
    assert "its signature is wrong: it was edited" in lines[0]


def test_file_without_a_signature_where_one_is_wanted(file: Path) -> None:
    """It may be anybody's."""
    code, lines = asked(file, "ex01", key="env:GATE_KEY")

    assert code == 1
    assert "it is not signed" in lines[0]


def test_inventory(tmp_path: Path, inventory: Path) -> None:
    """The job that moves needs none of its passwords; one that has changed since is another."""
    file = tmp_path / "gate.json"
    scope = RunScope(fingerprint=fingerprint_of(inventory))
    file.write_bytes(gate_json(decision_of(run_of(*READY, scope=scope)), None))
    same = asked(file, "ex01", inventory=inventory)
    inventory.write_text(f"{INVENTORY}  - ex02.contoso.com\n", encoding="utf-8", newline="\n")
    other = asked(file, "ex01", inventory=inventory)

    assert same[0] == 0
    assert other[0] == 1
    assert "it was made for another inventory" in other[1][0]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"file": Path("missing.json")}, "missing.json: cannot be read"),
        ({"inventory": Path("missing.yaml")}, "missing.yaml"),
        ({"key": "env:NO_KEY"}, "--gate-key: the environment variable NO_KEY is not set"),
        ({"key": KEY.reveal()}, "--gate-key: a key must not stand on the command line"),
    ],
)
def test_wrong_usage(file: Path, given: dict[str, Any], words: str) -> None:
    """4, as pytest has it; the key is not shown."""
    code, lines = asked(given.pop("file", file), "ex01", **given)

    assert code == 4
    assert words in lines[0]
    assert KEY.reveal() not in "".join(lines)


def test_age(file: Path) -> None:
    """The caller's limit and the file's own."""
    assert asked(file, "ex01", minutes=20, max_age=timedelta(minutes=10))[0] == 1
    assert asked(file, "ex01", minutes=20, max_age=timedelta(minutes=30))[0] == 0
    assert asked(file, "ex01", minutes=70)[0] == 1
