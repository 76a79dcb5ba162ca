"""Every fault at every step of every channel: an error that says where it happened, in time, and nothing is left.

The servers of a batch have one fault each and are asked at once; every claim is made for each of them. A few cells are
part of the fast tests; all of them together take a few minutes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moveready.errors import EvidenceError
from moveready.findings.outcomes import Result
from tests.matrix.asking import Asked, Batch, batches_of
from tests.matrix.cells import Cell, Ending, Failed
from tests.matrix.rows import CELLS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.matrix.asking import Judged

    AskedAbout = Callable[[Cell], Asked]

SAMPLE = {
    "windows-login-HTTP_503-first_request",
    "windows-open-closes_instead_of_an_answer-Create",
    "windows-output-garbage_instead_of_fragments-workers",
    "windows-close-HTTP_500",
    "https-head_of_the_answer-its_own_403",
    "https-401_challenge-HTTP_200_of_a_device",
    "https-body-closes_in_the_middle_of_the_body",
}
"""The cells of the fast tests."""


@pytest.fixture(scope="module")
def asked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AskedAbout:
    """What came of a cell; it is asked together with the other cells of its batch that are tested now."""
    params = [getattr(item, "callspec", None) for item in request.session.items]
    tested = [cell for found in params if found is not None and isinstance(cell := found.params.get("cell"), Cell)]
    batches = {cell.name: batch for batch in batches_of(tested) for cell in batch}
    known: dict[str, Asked] = {}

    def about(cell: Cell) -> Asked:
        if cell.name not in known:
            known.update(Batch(batches[cell.name], tmp_path_factory.mktemp("matrix")).asked())
        return known[cell.name]

    return about


LONG = (pytest.mark.heavy, pytest.mark.long)


@pytest.mark.parametrize(
    "cell",
    [pytest.param(cell, id=cell.name, marks=() if cell.name in SAMPLE else LONG) for cell in CELLS],
)
def test_fault_ends_as_the_matrix_says(asked: AskedAbout, cell: Cell) -> None:
    """As an error of the controls that need the evidence, with its place and the next step; the rest is untouched."""
    found = asked(cell)

    assert unexpected(found.outcomes, cell.endings, found.verdict) == {}
    assert [one for one in found.outcomes if not says_where(one, cell)] == []
    assert found.seconds <= found.allowed
    assert unexpected(found.neighbour, cell.endings_of_the_neighbour) == {}
    assert cell.keeps_shell or found.shells == 0
    assert found.left == ()


def unexpected(judged: Sequence[Judged], endings: Mapping[str, Ending], verdict: str = "") -> dict[str, str]:
    """The controls that end otherwise than the matrix says, with their sentences; all others must pass."""
    return {
        one.outcome.control: f"{one.outcome.result.value}: {one.outcome.sentence}"
        for one in judged
        for subject in one.subjects
        if not is_as_expected(one, endings.get(subject, ()), verdict)
    }


def is_as_expected(one: Judged, ending: Ending, verdict: str) -> bool:
    """Passed, where no ending is expected; failed with this verdict; or an error of this kind, or of one of these."""
    if not ending:
        return one.outcome.result is Result.PASSED
    if isinstance(ending, Failed):
        return (one.outcome.result, verdict) == (Result.FAILED, ending.verdict)
    kinds = ending if isinstance(ending, tuple) else (ending,)
    return one.outcome.result is Result.ERROR and type(one.error) in kinds


def says_where(one: Judged, cell: Cell) -> bool:
    """Whether the sentence names server, channel and step, and what to do next; a finding has a repair of its own."""
    if not isinstance(one.error, EvidenceError):
        return True
    sentence, error = one.outcome.sentence, one.error
    names_step = not cell.step_words or any(word in sentence for word in cell.step_words)
    names_place = error.server in sentence and cell.channel.title in sentence
    return names_place and names_step and len(error.next_step) > len("Look.")
