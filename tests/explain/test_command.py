"""What `moveready explain` prints, and with which exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from moveready.cli import app
from moveready.explain.command import titles_of_controls, wrapped

if TYPE_CHECKING:
    from pathlib import Path

FORBIDDEN = "The remote server returned an error: (403) Forbidden."


def test_text_comes_from_three_places(tmp_path: Path) -> None:
    """An argument, a file, or standard input."""
    file = tmp_path / "error.txt"
    file.write_text(FORBIDDEN, encoding="utf-8")
    runner = CliRunner()
    given = [
        runner.invoke(app, ["explain", FORBIDDEN]),
        runner.invoke(app, ["explain", "--file", str(file)]),
        runner.invoke(app, ["explain"], input=FORBIDDEN),
    ]

    assert {result.output for result in given} == {given[0].output}
    assert [result.exit_code for result in given] == [0, 0, 0]
    assert "KB3063913" in given[0].output


@pytest.mark.parametrize(("arguments", "exit_code"), [(["never seen"], 1), ([" "], 4), (["--file", "absent.txt"], 4)])
def test_exit_codes(arguments: list[str], exit_code: int) -> None:
    """1 for a text that is not known, 4 where there is none."""
    assert CliRunner().invoke(app, ["explain", *arguments]).exit_code == exit_code


def test_file_in_any_encoding_is_read(tmp_path: Path) -> None:
    """PowerShell's `>` writes UTF-16."""
    file = tmp_path / "error.txt"
    file.write_text(FORBIDDEN, encoding="utf-16")

    assert CliRunner().invoke(app, ["explain", "--file", str(file)]).exit_code == 0


def test_lines_fit_the_terminal() -> None:
    """What follows stands below what is said."""
    told = wrapped("Means:   " + "word " * 40, 80)

    assert max(map(len, told.splitlines())) <= 80
    assert all(line.startswith(" " * 9) for line in told.splitlines()[1:])


def test_titles_are_those_of_the_installed_checks() -> None:
    """So a new control is named without a change here."""
    assert titles_of_controls()["KB3063913-1"] == "MRSProxy is enabled"
