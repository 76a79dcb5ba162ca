"""The fixer's options, and what is refused of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from moveready.fixer.guards import Limits
from moveready.fixer.settings import FixSettings, Mode, read_fix_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    Read = Callable[..., FixSettings | None]


@pytest.fixture
def read(pytester: pytest.Pytester) -> Read:
    """The settings of a command line."""
    return lambda *args: read_fix_settings(pytester.parseconfig("-p", "moveready.fixer", *args))


def test_without_the_option_there_is_no_fixer(read: Read) -> None:
    """Nothing is changed because a plugin is loaded."""
    assert read() is None


def test_the_defaults_are_the_careful_ones(read: Read) -> None:
    """Five servers, one pool, not the last node, ten minutes."""
    assert read("--fix=apply") == FixSettings(Mode.APPLY, None, None, Limits(5, last_node=False), 1, 600.0, ask=False)


def test_every_option_is_read(read: Read) -> None:
    """With its unit."""
    options = ("--fix-max=9", "--fix-last-node", "--fix-pools=2", "--fix-timeout=90s", "--fix-approve")
    found = read("--fix=apply", "--plan=p.json", "--plan-fingerprint=0123456789ab", *options)

    assert found == FixSettings(
        Mode.APPLY, Path("p.json"), "0123456789ab", Limits(9, last_node=True), 2, 90.0, ask=True
    )


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--fix-max=0"], "--fix-max 0: write a whole number"),
        (["--fix-max=all"], "--fix-max all"),
        (["--fix-pools=-1"], "--fix-pools -1"),
        (["--fix-timeout=10"], "--fix-timeout 10: write a time"),
    ],
)
def test_a_value_that_is_none_is_refused(read: Read, options: list[str], told: str) -> None:
    """With the option, and with what to write."""
    with pytest.raises(pytest.UsageError, match=told):
        read("--fix=plan", *options)


@pytest.mark.parametrize("mode", ["plan", "resume"])
def test_a_plan_is_for_apply(read: Read, mode: str) -> None:
    """It would be ignored."""
    with pytest.raises(pytest.UsageError, match="--plan FILE goes with --fix apply"):
        read(f"--fix={mode}", "--plan=p.json")


def test_a_fingerprint_is_of_a_plan_file(read: Read) -> None:
    """A plan made now has nobody's approval."""
    with pytest.raises(pytest.UsageError, match="--plan-fingerprint FINGERPRINT goes with --plan FILE"):
        read("--fix=apply", "--plan-fingerprint=0123456789ab")
