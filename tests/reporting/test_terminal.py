"""What the terminal shows fits its width and needs no colour."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from moveready.findings.outcomes import Result
from moveready.reporting.terminal import header_lines, table_text

if TYPE_CHECKING:
    from collections.abc import Callable


def test_table_is_plain_text(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """Words in columns, then a line that counts."""
    text = table_text(run_of(outcome("KB1-1", Result.FAILED), outcome("KB1-2")), 80)

    assert text == (
        "server  -1      -2      diagnosis       next step\n"
        "ex01    failed  passed  stale (a note)  restart it\n"
        "\n"
        "2 controls on 1 server(s) of contoso.com: 1 passed, 1 failed, 0 error\n"
        "Cost: 0 sessions, 0 requests, 0.0 MB, 0.0 s of servers' time"
    )


@pytest.mark.parametrize("width", [60, 80, 200])
def test_table_keeps_to_the_width(outcome: Callable[..., Any], run_of: Callable[..., Any], width: int) -> None:
    """Long words wrap in their column."""
    text = table_text(run_of(*(outcome(f"KB1-{n}", Result.FAILED) for n in range(1, 4))), width)

    assert max(map(len, text.splitlines()[:-2])) <= width


def test_markup_in_names_is_shown_as_it_is(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """The library's own `[bold]` means nothing in data."""
    run = run_of(outcome("KB[bold]-1"))

    assert "-1" in table_text(run, 80)


def test_header_names_what_is_checked(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """Organization, number, source."""
    assert header_lines(run_of(outcome())) == [
        "moveready: 1 server(s) of contoso, from prod.yaml; all times are in UTC"
    ]


def test_header_warns_of_unchecked_certificates(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """What is not verified is shown, never silent."""
    lines = header_lines(run_of(outcome(), verified=False))

    assert lines[1] == "moveready: certificates are NOT verified: ex01.contoso.com"


def test_incomplete_run_is_marked(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """Before the line that counts."""
    run = replace(run_of(outcome()), complete=False, incomplete="stopped: 1 of 2 checks were not judged")

    assert "\nINCOMPLETE: stopped: 1 of 2 checks were not judged\n1 controls on" in table_text(run, 80)
