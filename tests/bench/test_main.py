"""`python -m benchmarks`: its arguments."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks.report import BEGIN, END


@pytest.mark.parametrize(
    "arguments", [["--servers", "0"], ["--servers", "many"], ["--latency", "7"], ["--small", "--full"]]
)
def test_mistakes_are_usage_errors(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, before anything is started."""
    with pytest.raises(SystemExit) as ended:
        command.main(arguments)

    assert (ended.value.code, "usage: python -m benchmarks" in capsys.readouterr().err) == (2, True)


def test_the_page_has_the_marks() -> None:
    """`--write-docs` finds where to write, after a run of ten minutes."""
    page = command.PAGE.read_text(encoding="utf-8")

    assert (page.count(BEGIN), page.count(END)) == (1, 1)


def test_the_plot_stands_where_the_page_looks() -> None:
    """Relative to the page: the measured part names the picture by it."""
    linked = Path(command.PLOT).relative_to(command.PAGE.parent).as_posix()

    assert linked == f"images/{Path(command.PLOT).name}"
