"""The fault matrix of docs/trust.md is the one that the tests hold."""

from __future__ import annotations

from tests.matrix.cells import STEPS, Channel
from tests.matrix.page import BEGIN, END, PAGE, tables, with_matrix
from tests.matrix.rows import CELLS


def test_the_page_shows_what_the_matrix_expects() -> None:
    """Run `python -m tests.matrix.page` where it does not."""
    page = PAGE.read_text(encoding="utf-8")

    assert (page.count(BEGIN), page.count(END)) == (1, 1)
    assert with_matrix(page) == page


def test_each_cell_has_a_place_of_its_own_on_the_page() -> None:
    """None is left out of the tables, and no two tests have one name."""
    assert [cell.name for cell in CELLS if cell.step not in STEPS[cell.channel]] == []
    assert len({cell.name for cell in CELLS}) == len(CELLS)
    shown = tables()
    assert [cell.row for cell in CELLS if f"| {cell.row} |" not in shown] == []


def test_every_step_of_every_channel_is_struck() -> None:
    """By several faults each."""
    struck = {(channel, step): 0 for channel in Channel for step in STEPS[channel]}
    for cell in CELLS:
        struck[cell.channel, cell.step] += 1

    assert [place for place, times in struck.items() if times < 2] == []
