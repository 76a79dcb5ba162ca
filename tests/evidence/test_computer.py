"""Whose answer it is, where the command itself does not say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moveready.errors import UnexpectedAnswerError
from moveready.evidence.computer import must_be_its_server

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.evidence.questions import CmdletAnswer


def process_on(name: str) -> str:
    """The Service Control Manager's process on a computer."""
    return f"<Obj><MS><S N='CSName'>{name}</S></MS></Obj>"


@pytest.mark.parametrize("names", [["EX01"], ["EX01", "EX01"]], ids=["one", "same"])
def test_its_own_name_is_accepted(cmdlet_answer: Callable[..., CmdletAnswer], names: list[str]) -> None:
    """However many processes it has."""
    must_be_its_server(cmdlet_answer(*map(process_on, names)))


@pytest.mark.parametrize(
    ("objects", "message"),
    [
        ([process_on("EX02")], "EX02 answered, not EX01"),
        ([process_on("EX01"), process_on("EX02")], "2 computers were named"),
        ([], "0 computers were named"),
        (["<S>EX01</S>"], "cannot be judged"),
    ],
)
def test_everything_else_is_an_error(
    cmdlet_answer: Callable[..., CmdletAnswer], objects: list[str], message: str
) -> None:
    """Never a guess."""
    with pytest.raises(UnexpectedAnswerError, match=message):
        must_be_its_server(cmdlet_answer(*objects))
