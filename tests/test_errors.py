"""Guards `moveready.errors`: what people read, and which family an error belongs to."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from moveready import errors
from moveready.errors import EvidenceError, InternalError, InventoryError, Mistake, MovereadyError, Place

MISTAKE = Mistake(Place(Path("prod.yaml"), 7), "unknown group `b`", "Did you mean `a`?")
FAILURE = ("ex01.contoso.com", "HTTPS endpoint", "no answer in 60 s", "Look at the firewall.")


def test_a_place_reads_as_editors_link_it() -> None:
    """File, colon, line."""
    assert str(Place(Path("prod.yaml"), 7)) == "prod.yaml:7"


def test_line_0_is_the_file_as_a_whole() -> None:
    """No line is shown where there is none."""
    assert str(Place(Path("prod.yaml"), 0)) == "prod.yaml"


def test_a_mistake_says_where_what_and_what_to_write() -> None:
    """One line, so that it can be searched for and counted."""
    assert str(MISTAKE) == "prod.yaml:7: unknown group `b`. Did you mean `a`?"


def test_a_file_error_tells_every_mistake() -> None:
    """One line each, in the order they were given."""
    error = InventoryError([MISTAKE, MISTAKE])

    assert str(error).splitlines() == [str(MISTAKE), str(MISTAKE)]
    assert error.mistakes == (MISTAKE, MISTAKE)


def test_an_evidence_error_says_where_what_and_what_next() -> None:
    """Server and channel come first, the next step last."""
    error = EvidenceError(*FAILURE)

    assert str(error) == "ex01.contoso.com, HTTPS endpoint: no answer in 60 s. Look at the firewall."
    assert (error.server, error.channel, error.happened, error.next_step) == FAILURE


def test_an_internal_error_blames_nobody_else() -> None:
    """Its sentence names no class of Python; what was raised is kept beside it."""
    error = InternalError("ex01.contoso.com", "KeyError: 'x' at fleet.py:9 in wait")

    assert str(error).startswith("ex01.contoso.com: moveready itself failed here; this says nothing about the server.")
    assert "KeyError" not in str(error)
    assert not isinstance(error, EvidenceError)


@pytest.mark.parametrize(
    "error",
    [InventoryError([MISTAKE]), EvidenceError(*FAILURE), InternalError("ex01.contoso.com", "crash")],
    ids=["file", "evidence", "internal"],
)
def test_errors_survive_pickling(error: MovereadyError) -> None:
    """They cross the border between processes."""
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes

    assert str(copy) == str(error)


@pytest.mark.parametrize("name", [name for name in vars(errors) if name.endswith("Error")])
def test_every_error_is_one_of_ours_and_stands_in_the_tree(name: str) -> None:
    """Whoever catches `MovereadyError` catches all, and the docstring's tree is complete."""
    assert issubclass(getattr(errors, name), MovereadyError)
    assert name in (errors.__doc__ or "").split()
