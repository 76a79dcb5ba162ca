"""Raw answers go to disk as they came, without what would let a reader in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from moveready.collection.raw import RawFolder, raw_json
from moveready.evidence.questions import RemoteError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from moveready.evidence.questions import CmdletAnswer, HttpAnswer


def test_objects_are_kept_to_the_letter(cmdlet_answer: Callable[..., CmdletAnswer]) -> None:
    """The XML of each object, the errors beside them, the question and the time."""
    answer = cmdlet_answer("<B>maybe</B>", errors=(RemoteError("access denied", "Denied"),))

    assert json.loads(raw_json([answer])) == [
        {
            "server": "ex01.contoso.com",
            "question": "Get-Something",
            "objects": ["<B>maybe</B>"],
            "errors": [{"message": "access denied", "error_id": "Denied"}],
            "asked_at": "2026-03-02T12:00:00+00:00",
        }
    ]


def test_cookies_are_left_out(http_answer: Callable[..., HttpAnswer]) -> None:
    """They stand for a login; everything else of the answer stays."""
    answer = http_answer(403, "off", **{"set-cookie": "cadata=secret", "x-feserver": "EX01"})
    kept = json.loads(raw_json([answer]))[0]

    assert "secret" not in raw_json([answer])
    assert (kept["status"], kept["body"], kept["headers"]["x-feserver"]) == (403, "off", "EX01")


def test_times_alone_are_turned_into_text(cmdlet_answer: Callable[..., CmdletAnswer]) -> None:
    """What else might stand in an answer would be a fault of ours, and must not be guessed at."""
    with pytest.raises(TypeError, match="set in a raw answer"):
        raw_json([cmdlet_answer({"no", "text"})])


def test_file_is_named_after_server_and_subject(tmp_path: Path, cmdlet_answer: Callable[..., CmdletAnswer]) -> None:
    """Nothing else stays in the folder."""
    RawFolder(tmp_path / "raw").keep("ex01.contoso.com", "events", [cmdlet_answer("<S>a</S>")])

    assert [file.name for file in (tmp_path / "raw").iterdir()] == ["ex01.contoso.com.events.json"]


def test_disk_that_refuses_is_told_later(tmp_path: Path, cmdlet_answer: Callable[..., CmdletAnswer]) -> None:
    """The evidence stands without them."""
    in_the_way = tmp_path / "raw"
    in_the_way.write_text("a file", encoding="utf-8")

    raw = RawFolder(in_the_way)
    raw.keep("ex01.contoso.com", "events", [cmdlet_answer("<S>a</S>")])

    assert [sentence.partition(" was not written: ")[0] for sentence in raw.not_kept] == [
        f"--keep-raw: {in_the_way / 'ex01.contoso.com.events.json'}"
    ]


@pytest.mark.parametrize("organization", ["Contoso/EMEA", "../../Contoso", "C:\\Contoso", "Contoso: EU"])
def test_nothing_is_written_elsewhere(
    tmp_path: Path, cmdlet_answer: Callable[..., CmdletAnswer], organization: str
) -> None:
    """An organization's name is free text."""
    raw = RawFolder(tmp_path / "reports" / "raw")
    raw.keep(organization, "directory", [cmdlet_answer("<S>a</S>")])

    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert [file.parent for file in files] == [tmp_path / "reports" / "raw"]
    assert raw.not_kept == []


def test_draft_that_cannot_become_the_file_is_taken_away(
    tmp_path: Path, cmdlet_answer: Callable[..., CmdletAnswer]
) -> None:
    """No half file stays behind."""
    (tmp_path / "ex01.contoso.com.events.json" / "in-the-way").mkdir(parents=True)
    raw = RawFolder(tmp_path)
    raw.keep("ex01.contoso.com", "events", [cmdlet_answer("<S>a</S>")])

    assert len(raw.not_kept) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["ex01.contoso.com.events.json"]
