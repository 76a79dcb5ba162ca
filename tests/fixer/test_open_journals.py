"""The note of a journal whose run may have left servers half done."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from moveready.errors import PlanFileError
from moveready.fixer.open_journals import OpenJournals

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("text", ["", "relative/fix-journal.jsonl", "/a\x1b[2J/fix-journal.jsonl"])
def test_what_is_no_path_of_a_journal_is_no_note(tmp_path: Path, text: str) -> None:
    """Any account may have written it."""
    (tmp_path / "moveready-fixer-contoso.journal").write_text(text)

    assert OpenJournals("contoso", tmp_path).half_done_elsewhere(tmp_path / "mine.jsonl") is None


def test_a_journal_that_is_gone_refuses_nothing(tmp_path: Path) -> None:
    """Nothing can be resumed by it any more, in any folder."""
    journals = OpenJournals("contoso", tmp_path)
    journals.open(tmp_path / "gone.jsonl")

    assert journals.half_done_elsewhere(tmp_path / "mine.jsonl") is None


def test_a_damaged_journal_is_told(tmp_path: Path) -> None:
    """What cannot be read may be about a server that is half done."""
    journals = OpenJournals("contoso", tmp_path)
    (tmp_path / "theirs.jsonl").write_text("{}\n")
    journals.open(tmp_path / "theirs.jsonl")

    with pytest.raises(PlanFileError, match="no line of a journal"):
        journals.half_done_elsewhere(tmp_path / "mine.jsonl")


def test_only_its_own_journal_closes_it(tmp_path: Path) -> None:
    """A run that ends in order says nothing about another folder's journal."""
    journals = OpenJournals("contoso", tmp_path)
    journals.open(tmp_path / "theirs.jsonl")
    journals.close(tmp_path / "mine.jsonl")
    assert [file.suffix for file in tmp_path.iterdir()] == [".journal"]

    journals.close(tmp_path / "theirs.jsonl")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_note_is_never_written_through_a_link(tmp_path: Path) -> None:
    """Another account may have laid one there."""
    (tmp_path / "precious").write_text("stays")
    (tmp_path / "moveready-fixer-contoso.journal").symlink_to(tmp_path / "precious")
    OpenJournals("contoso", tmp_path).open(tmp_path / "mine.jsonl")

    assert (tmp_path / "precious").read_text() == "stays"
