"""What pyproject.toml says of the package is what lies in the folders."""

from __future__ import annotations

import importlib
import tomllib
from pathlib import Path
from typing import Any

import pytest

import moveready

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def project() -> Any:
    """pyproject.toml, read."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_entry_points_are_named_as_their_modules(project: Any) -> None:
    """Under another name, pytest would load a plugin twice where a conftest names it, too."""
    entries = project["project"]["entry-points"]["pytest11"]

    assert entries
    assert list(entries) == list(entries.values())


def test_entry_points_can_be_imported(project: Any) -> None:
    """Each is a module, and each script names a callable."""
    for name in project["project"]["entry-points"]["pytest11"]:
        importlib.import_module(name)
    for target in project["project"]["scripts"].values():
        module, _, attribute = target.partition(":")
        assert callable(getattr(importlib.import_module(module), attribute))


def test_fixer_has_no_entry_point(project: Any) -> None:
    """Nobody loads it by accident."""
    assert [name for name in project["project"]["entry-points"]["pytest11"] if "fixer" in name] == []


def test_packages_are_the_folders(project: Any) -> None:
    """Every folder with modules is in the wheel, `checks/` as `moveready.checks`."""
    source = ROOT / "src"
    folders = {file.parent.relative_to(source).as_posix().replace("/", ".") for file in source.rglob("*.py")}

    assert set(project["tool"]["setuptools"]["packages"]) == folders | {"moveready.checks"}


def test_data_files_are_packed(project: Any) -> None:
    """Templates, fleets and the mark of types are no modules; each must match a pattern of its package."""
    patterns = project["tool"]["setuptools"]["package-data"]
    packed = {
        file
        for package, names in patterns.items()
        for name in names
        for file in (ROOT / "src" / package.replace(".", "/")).glob(name)
    }
    data = {file for file in (ROOT / "src").rglob("*") if file.is_file() and file.suffix not in {".py", ".pyc"}}

    assert {file for file in data if ".egg-info" not in str(file)} == packed


def test_version_is_told_once(project: Any) -> None:
    """The package, its metadata and the changelog agree."""
    assert moveready.__version__ == project["project"]["version"]
    assert f"## [{moveready.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_extra_of_the_developers_has_the_lab(project: Any) -> None:
    """Our tests need it."""
    assert "moveready[keyring,lab,notify]" in project["project"]["optional-dependencies"]["dev"]
