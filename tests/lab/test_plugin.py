"""`--lab` and `--lab-fleet`."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from moveready.lab.fleet import DEMO_FLEET, read_fleet

if TYPE_CHECKING:
    from pathlib import Path

LOOK = """
from pathlib import Path
from moveready.lab.plugin import LAB

def test_look(request):
    lab = request.config.stash.get(LAB, None)
    print(f"servers={len(lab.ports) if lab else None}")
    print(f"same={lab is not None and str(lab.inventory_file) == request.config.getoption('inventory')}")
    print(f"there={Path(request.config.getoption('inventory') or 'nowhere').exists()}")
"""
FLEET = "servers:\n  - name: ex01.fabrikam.com\n"


@pytest.fixture
def look(pytester: pytest.Pytester) -> Path:
    """A test that prints what it finds."""
    return pytester.makepyfile(LOOK)


def test_lab_starts_the_demo_fleet_and_names_its_inventory(pytester: pytest.Pytester, look: Path) -> None:
    """`--lab` is an inventory of all its servers, ready before anybody reads it, and the header says so."""
    count = len(read_fleet(DEMO_FLEET).servers)
    result = pytester.runpytest_subprocess("--lab", "-s", look)

    result.stdout.fnmatch_lines(
        [f"lab: {count} simulated servers on 127.0.0.1", f"*servers={count}", "same=True", "there=True"]
    )
    assert result.ret == 0


def test_nothing_starts_without_the_option(pytester: pytest.Pytester, look: Path) -> None:
    """A run without `--lab` has no lab."""
    result = pytester.runpytest_subprocess("-s", look)

    result.stdout.fnmatch_lines(["*servers=None"])
    result.stdout.no_fnmatch_line("lab: *")


def test_a_fleet_of_your_own(pytester: pytest.Pytester, look: Path) -> None:
    """`--lab-fleet` names the file."""
    pytester.path.joinpath("fleet.yaml").write_text(FLEET, encoding="utf-8")

    result = pytester.runpytest_subprocess("--lab", "--lab-fleet", "fleet.yaml", "-s", look)
    result.stdout.fnmatch_lines(["*servers=1"])


def test_the_lab_takes_its_files_along(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the run nothing is left in the folder of temporary files."""
    folder = pytester.mkdir("temporary")
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(name, str(folder))
    test = pytester.makepyfile("def test_nothing(): pass")
    pytester.runpytest_subprocess("--lab", test).assert_outcomes(passed=1)

    assert not list(folder.glob("moveready-lab-*"))


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--lab-fleet", "fleet.yaml"], "add --lab"),
        (["--lab", "--inventory", "prod.yaml"], "leave out either --lab or --inventory"),
        (["--lab", "--lab-fleet", "wrong.yaml"], "wrong.yaml:2: *"),
        (["--lab", "--lab-fleet", "nowhere.yaml"], "nowhere.yaml*"),
    ],
)
def test_contradictions_and_bad_fleets_are_usage_errors(
    pytester: pytest.Pytester, arguments: list[str], problem: str
) -> None:
    """Exit code 4 and one line a mistake."""
    pytester.path.joinpath("wrong.yaml").write_text("servers:\n  - name: ex01\n", encoding="utf-8")
    result = pytester.runpytest_subprocess(*arguments)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: *{problem}"])


def test_workers_start_no_lab_of_their_own(pytester: pytest.Pytester) -> None:
    """With pytest-xdist there is one lab, the controller's."""
    test = pytester.makepyfile(
        "from moveready.lab.plugin import LAB\ndef test_worker(request):\n    assert LAB not in request.config.stash\n"
    )

    pytester.runpytest_subprocess("--lab", "-n", "1", test).assert_outcomes(passed=1)


def test_a_missing_extra_is_told_with_the_command_that_installs_it(pytester: pytest.Pytester, look: Path) -> None:
    """Without the extra `lab` the option says what to do."""
    pytester.path.joinpath("trustme.py").write_text("raise ModuleNotFoundError('trustme')\n", encoding="utf-8")
    result = pytester.runpytest_subprocess("--lab", "-o", "pythonpath=.", look)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(['*needs trustme*python -m pip install "moveready[[]lab[]]"'])


def test_loading_the_plugin_loads_nothing_of_the_lab() -> None:
    """Every run of pytest pays for this import."""
    code = "import sys, moveready.lab.plugin; print([m for m in ('aiohttp', 'psrpcore', 'spnego') if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=600, check=True)

    assert ran.stdout.strip() == "[]"
