"""The files for JEA are PowerShell, belong together, and open nothing by mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.permissions import ROLES, ROOT
from tests.powershell import BadPowerShellError, commands_in, data_in, listed

if TYPE_CHECKING:
    from pathlib import Path

SESSION = ROOT / "jea/moveready.pssc"
FILES = sorted(file for file in (ROOT / "jea").rglob("*.ps*") if file.is_file())
ROLE_FILES = sorted(ROLES.iterdir())


def name_of(file: Path) -> str:
    """The id of a test."""
    return file.name


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_file_is_powershell(file: Path) -> None:
    """A hash table with an id of its own and a sentence that says what it is for."""
    data = data_in(file)

    assert len(str(data["GUID"])) == 36
    assert str(data["Description"]).endswith(".")


def test_ids_are_unique() -> None:
    """Windows tells modules and configurations apart by them."""
    ids = [data_in(file)["GUID"] for file in FILES]

    assert len(ids) == len(set(ids)) == 4


def test_session_has_no_language_and_the_roles_that_exist() -> None:
    """And every role is given to somebody."""
    session = data_in(SESSION)
    definitions = session["RoleDefinitions"]
    assert isinstance(definitions, dict)
    given = {role for group in definitions.values() for role in listed(group["RoleCapabilities"])}

    assert (session["SessionType"], session["LanguageMode"]) == ("RestrictedRemoteServer", "NoLanguage")
    assert session["RunAsVirtualAccount"] is True
    assert given == {file.stem for file in ROLE_FILES}


@pytest.mark.parametrize("file", ROLE_FILES, ids=name_of)
def test_role_opens_what_it_names_and_nothing_else(file: Path) -> None:
    """No pattern of names, no program, no provider; each function that is visible is defined here."""
    role = data_in(file)
    definitions: list[Any] = listed(role["FunctionDefinitions"])
    functions = [each["Name"] for each in definitions]

    assert "*" not in str(role["VisibleCmdlets"])
    assert listed(role["VisibleFunctions"]) == functions
    assert not role.keys() & {"VisibleExternalCommands", "VisibleProviders", "VisibleAliases", "ScriptsToProcess"}
    assert [name for name in commands_in(file) if "\\" not in name] == []


@pytest.mark.parametrize("text", ["@{ Name = 'a }", "@{ Name = $Host }", "'a'", "@{ A = @{ }"])
def test_what_is_no_data_file_is_refused(tmp_path: Path, text: str) -> None:
    """A file that PowerShell would not read."""
    file = tmp_path / "a.psrc"
    file.write_text(text, encoding="utf-8")

    with pytest.raises((BadPowerShellError, KeyError)):
        data_in(file)
