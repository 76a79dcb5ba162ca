"""`--inventory`: the servers to check; without one, controls are refused and other tests are left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moveready.lab.fleet import DEMO_FLEET, read_fleet

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from moveready.findings.outcomes import Run
    from moveready.lab.server import Lab

BROKEN = """\
organisation: {name: contoso.com}
servers: [ex01, ex02.contoso.com, ex02.contoso.com]
"""


@pytest.mark.heavy
def test_named_inventory_is_checked(run_checks: Callable[..., pytest.RunResult], last_run: Callable[[], Run]) -> None:
    """Every server of it is in the run, and findings make exit code 1."""
    result = run_checks()

    assert result.ret == 1
    assert len(last_run().servers) == len(read_fleet(DEMO_FLEET).servers)


def test_environment_names_an_inventory(
    pytester: pytest.Pytester, demo: Lab, monkeypatch: pytest.MonkeyPatch, last_run: Callable[[], Run]
) -> None:
    """`MOVEREADY_INVENTORY` does the same."""
    monkeypatch.setenv("MOVEREADY_INVENTORY", str(demo.inventory_file))
    pytester.runpytest_subprocess("--limit=ex01")

    assert [server.name for server in last_run().servers] == ["ex01.contoso.com"]


def test_value_behind_a_blank_is_no_path_to_collect(
    pytester: pytest.Pytester, demo: Lab, last_run: Callable[[], Run]
) -> None:
    """`--inventory FILE` runs our checks from anywhere, and not what lies around there."""
    pytester.makepyfile("def test_of_somebody_else(): raise SystemExit")
    pytester.runpytest_subprocess("--inventory", str(demo.inventory_file), "--limit", "ex01")

    assert last_run().plain_tests == ()


def test_without_inventory_controls_are_refused(pytester: pytest.Pytester) -> None:
    """One sentence names the ways to give one."""
    result = pytester.runpytest_subprocess("--pyargs", "moveready.checks.test_kb3063913_mrsproxy_disabled")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: no inventory: name the servers with --inventory FILE*--lab"])


def test_without_inventory_other_tests_run(pytester: pytest.Pytester) -> None:
    """The plugin can stay installed beside any other suite, one with a `server` fixture included."""
    pytester.makepyfile("""
        import pytest

        @pytest.fixture
        def server():
            return "mine"

        def test_mine(server):
            assert server == "mine"
    """)

    assert pytester.runpytest_subprocess().ret == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("servers: []\n", "servers"),
        ("servers: [", "inventory.yaml:"),
        (BROKEN, "inventory.yaml:1: *organisation*"),
    ],
)
def test_broken_inventory_is_one_clear_message(
    pytester: pytest.Pytester, tmp_path: Path, text: str, words: str
) -> None:
    """Exit code 4, the file and line, no traceback."""
    file = tmp_path / "inventory.yaml"
    file.write_text(text, encoding="utf-8")
    result = pytester.runpytest_subprocess(f"--inventory={file}")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*{words}*"])
    result.stderr.no_fnmatch_line("*Traceback*")


def test_every_mistake_is_told_at_once(pytester: pytest.Pytester, tmp_path: Path) -> None:
    """An operator corrects the file once."""
    file = tmp_path / "inventory.yaml"
    file.write_text(BROKEN, encoding="utf-8")
    result = pytester.runpytest_subprocess(f"--inventory={file}")

    result.stderr.fnmatch_lines(["*:1: *organisation*", "*:2: *ex01*", "*:2: *ex02.contoso.com*"])


def test_missing_inventory_is_told(pytester: pytest.Pytester) -> None:
    """A file that is not there is a usage error."""
    result = pytester.runpytest_subprocess("--inventory=absent.yaml")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: absent.yaml: *cannot be read*"])
