"""Whose fault a failure is, and what is told of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from moveready.crashes import crash_report, is_own, place_in
from moveready.plugin.settings import whole_number

if TYPE_CHECKING:
    from collections.abc import Callable

WRONG: Any = None


def raised_by(called: Callable[[], object]) -> Exception:
    """What it raised, with its traceback."""
    with pytest.raises((AttributeError, KeyError)) as raised:
        called()
    return raised.value


def break_ours() -> None:
    """Call our code so that it fails inside."""
    whole_number(WRONG, "--since")


def break_theirs() -> None:
    """Fail without any code of ours."""
    raise KeyError("x")


def test_what_our_code_raises_is_ours() -> None:
    """A check that calls it has done nothing wrong."""
    assert is_own(raised_by(break_ours))
    assert is_own(raised_by(break_ours), __file__)


def test_what_a_check_raises_is_its_own() -> None:
    """Whether or not code of ours has called it."""
    assert not is_own(raised_by(break_theirs))
    assert not is_own(raised_by(break_theirs), __file__)


def test_error_without_a_traceback_is_nobodys() -> None:
    """Nothing is known of where it comes from."""
    assert not is_own(KeyError("x"))


def test_report_names_what_was_raised_and_where() -> None:
    """Innermost first; no folder of a machine is told, and the message is one short line."""
    report = crash_report(raised_by(break_ours))

    assert report.startswith("AttributeError: 'NoneType' object has no attribute 'isdecimal' at plugin/settings.py:")
    assert " in whole_number, test_crashes.py:" in report
    assert " /" not in report


def test_report_of_a_long_message_is_short() -> None:
    """An answer of a server may be in it."""
    assert len(crash_report(ValueError("word\n" * 9999))) < 400


def test_place_in_a_check() -> None:
    """Its file and line, or the file alone."""
    assert place_in(raised_by(break_theirs), __file__).startswith("test_crashes.py, line ")
    assert place_in(KeyError("x"), __file__) == "test_crashes.py"
