"""What CI installs is fixed: each dependency of pyproject.toml has its version and its hashes in constraints.txt."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "constraints.txt").read_text(encoding="utf-8")
PIN = re.compile(
    r"^(?P<name>[a-z0-9.-]+)==(?P<version>\S+)(?: ; [^\n\\]+)? \\\n"
    r"(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+",
    re.MULTILINE,
)
PINS = {match["name"]: match["version"] for match in PIN.finditer(TEXT)}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
KERBEROS = "# For the extra `kerberos`"
"""Where the part begins that needs tools of the system."""


def needed() -> list[str]:
    """Every dependency, those of the extras too."""
    all_of_them = [*PROJECT["dependencies"], *(text for extra in EXTRAS.values() for text in extra)]
    return sorted({text for text in all_of_them if not text.startswith("moveready[")})


@pytest.mark.parametrize("text", needed())
def test_dependency_is_pinned_as_it_is_declared(text: str) -> None:
    """If not: `python .ci/pin.py`."""
    requirement = Requirement(text)

    assert PINS[canonicalize_name(requirement.name)] in requirement.specifier


def test_every_line_is_a_version_or_its_hash() -> None:
    """No address, no option, nothing without a hash."""
    left = PIN.sub("", TEXT)

    assert [line for line in left.splitlines() if not line.startswith("#")] == []
    assert re.findall(r"://|--(?!hash=)\w+|@", TEXT) == []
    assert len(PINS) > 100


def test_what_needs_tools_of_the_system_stands_apart() -> None:
    """CI leaves it out, except where it has the headers of MIT Kerberos."""
    most, _, kerberos = TEXT.partition(KERBEROS)

    assert {match["name"] for match in PIN.finditer(kerberos)} >= {"gssapi", "krb5"}
    assert not {"gssapi", "krb5"} & {match["name"] for match in PIN.finditer(most)}


@pytest.mark.parametrize("file", [".ci/run", "noxfile.py"])
def test_ci_installs_from_it(file: str) -> None:
    """By hashes, and leaving out that part by its first line."""
    text = (ROOT / file).read_text(encoding="utf-8")

    assert "--require-hashes" in text
    assert KERBEROS in text
    assert "--no-build-isolation" in text
