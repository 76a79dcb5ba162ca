"""Writes the fault matrix into docs/trust.md: `python -m tests.matrix.page`, in the folder of the repository.

The page shows what the matrix expects; `test_matrix.py` holds that runs end so, and `tests/meta/test_fault_matrix.py`
that the page is what this script writes.
"""

from __future__ import annotations

from pathlib import Path

from tests.matrix.cells import STEPS, Cell, Channel, Step
from tests.matrix.rows import SINGLE_CELLS

PAGE = Path(__file__).parents[2] / "docs/trust.md"
BEGIN = (
    "<!-- The fault matrix begins here. Made by `python -m tests.matrix.page`; change tests/matrix/rows.py instead. -->"
)
END = "<!-- The fault matrix ends here. -->"
_NOTHING = ""


def with_matrix(page: str) -> str:
    """The page with the matrix of now between its two marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{tables()}\n\n{END}{after}"


def tables() -> str:
    """A table for each channel: what goes wrong, by the step at which it does."""
    return "\n\n".join(_table_of(channel) for channel in Channel)


def _table_of(channel: Channel) -> str:
    steps = STEPS[channel]
    rows = dict.fromkeys(cell.row for cell in SINGLE_CELLS if cell.channel is channel)
    head = ("the server or the way to it", *(step.value for step in steps))
    lines = [head, ("---",) * len(head)]
    lines += [(row, *(_words(channel, row, step) for step in steps)) for row in rows]
    return f"### {channel.title}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _words(channel: Channel, row: str, step: Step) -> str:
    """The outcomes of the cells that share this place."""
    return " / ".join(dict.fromkeys(cell.word for cell in _at(channel, row, step))) or _NOTHING


def _at(channel: Channel, row: str, step: Step) -> list[Cell]:
    return [cell for cell in SINGLE_CELLS if (cell.channel, cell.row, cell.step) == (channel, row, step)]


if __name__ == "__main__":
    PAGE.write_text(with_matrix(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
