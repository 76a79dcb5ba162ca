"""Guards `moveready.gate.key`: the key comes by reference, and no message shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moveready.gate.key import key_from
from moveready.inventory import Secret

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "correct horse battery staple"


def test_key_of_the_environment() -> None:
    """By the name of the variable."""
    assert key_from("env:GATE_KEY", {"GATE_KEY": SECRET}) == Secret(SECRET)


def test_key_of_a_file(tmp_path: Path) -> None:
    """Its text without the last newline; a relative path is relative to the folder."""
    (tmp_path / "gate.key").write_text(f"{SECRET}\n", encoding="utf-8", newline="\n")
    (tmp_path / "gate.key").chmod(0o600)

    assert key_from("file:gate.key", {}, tmp_path) == Secret(SECRET)
    assert key_from(f"file:{tmp_path / 'gate.key'}", {}) == Secret(SECRET)


@pytest.mark.parametrize("given", [SECRET, "", "env:", f"pass:{SECRET}", f"ENV:{SECRET}"])
def test_key_on_the_command_line_is_refused(given: str) -> None:
    """And it is not repeated, for the log of a job is read by many."""
    with pytest.raises(ValueError, match="must not stand on the command line") as caught:
        key_from(given, {})

    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("reference", ["env:GATE_KEY", "file:no-such.key", "keyring:no-user"])
def test_key_that_is_not_there(reference: str, tmp_path: Path) -> None:
    """The message names the option and where it looked."""
    with pytest.raises(ValueError, match=r"^--gate-key: "):
        key_from(reference, {}, tmp_path)


def test_short_key_is_refused() -> None:
    """Whoever has the file could find it by trying."""
    assert key_from("env:K", {"K": "x" * 16}) == Secret("x" * 16)
    with pytest.raises(ValueError, match="less than 16 bytes") as caught:
        key_from("env:K", {"K": "hunter2hunter2"})

    assert "hunter2" not in str(caught.value)
