"""pytest plugin of the lab: `--lab` checks a simulated fleet, `--lab-fleet FILE` your own simulated fleet.

It starts the lab on the controller before any other plugin is configured, and sets its inventory like `--inventory`;
from then on a simulated fleet is a fleet like any other. pytest loads this module in every run, so the packages of the
extra `lab` are imported inside functions.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from moveready.errors import MovereadyError

if TYPE_CHECKING:
    from moveready.lab.server import Lab

LAB = pytest.StashKey["Lab"]()
"""The key of the run's lab; absent without `--lab`, and on the workers of pytest-xdist."""

_NEEDED = ("aiohttp", "psrpcore", "spnego", "trustme")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare `--lab` and `--lab-fleet`."""
    group = parser.getgroup("moveready")
    group.addoption("--lab", action="store_true", help="check a simulated fleet instead of an inventory: the demo")
    group.addoption("--lab-fleet", metavar="FILE", help="with --lab: the simulated fleet to check (docs/the-lab.md)")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Start the lab in this hook, because the main plugin already reads the inventory in `pytest_configure`."""
    if hasattr(config, "workerinput"):
        return
    _refuse_contradictions(config)
    if config.getoption("lab"):
        config.stash[LAB] = _started_lab(config)
        config.option.inventory = str(config.stash[LAB].inventory_file)


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say that the servers are simulated."""
    lab = config.stash.get(LAB, None)
    return None if lab is None else f"lab: {len(lab.ports)} simulated servers on 127.0.0.1"


def _refuse_contradictions(config: pytest.Config) -> None:
    if config.getoption("lab_fleet") and not config.getoption("lab"):
        raise pytest.UsageError("--lab-fleet describes a simulated fleet: add --lab")
    if config.getoption("lab") and getattr(config.option, "inventory", None):
        raise pytest.UsageError("--lab brings its own inventory: leave out either --lab or --inventory")
    if config.getoption("lab") and getattr(config.option, "replay", None):
        raise pytest.UsageError("--replay asks no server: leave out either --lab or --replay")


def _started_lab(config: pytest.Config) -> Lab:
    _refuse_missing_extra()
    from moveready.lab.fleet import DEMO_FLEET, read_fleet  # noqa: PLC0415 - heavy, see the module's docstring
    from moveready.lab.server import Lab  # noqa: PLC0415 - as above

    folder = tempfile.TemporaryDirectory(prefix="moveready-lab-", ignore_cleanup_errors=True)
    config.add_cleanup(folder.cleanup)
    try:
        fleet = read_fleet(Path(config.getoption("lab_fleet") or DEMO_FLEET))
        lab = Lab(fleet, folder=Path(folder.name)).__enter__()
    except MovereadyError as error:
        raise pytest.UsageError(str(error)) from None
    config.add_cleanup(lab.close)
    return lab


def _refuse_missing_extra() -> None:
    for module in _NEEDED:
        try:
            __import__(module)
        except ModuleNotFoundError:
            raise pytest.UsageError(
                f'the lab needs {module}, which is not installed: python -m pip install "moveready[lab]"'
            ) from None
