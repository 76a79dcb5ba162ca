"""What is kept of a run: every name once, no text that harms a terminal, and no more of it than is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as some

from moveready.cleaning import cleaned
from moveready.findings.controls import Severity
from moveready.findings.verdicts import Standing
from moveready.history.database import opened
from moveready.history.schema import STANDING_CODES
from moveready.history.writing import LONGEST_SENTENCE, has_run, write_run
from tests.history.days import checked, outcome, run_on

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from moveready.findings.outcomes import Run
    from moveready.history.database import Row
    from moveready.history.store import History

HOSTILE = "<script>\x00'\"; DROP TABLE run; --\u202e\ud83d\x1b[31m\r\n"
_SERVERS = (
    "SELECT server.name, standing, g.name, s.name, p.name FROM checked JOIN server ON server.number = server"
    " LEFT JOIN label AS g ON g.number = server_group LEFT JOIN label AS s ON s.number = site"
    " LEFT JOIN label AS p ON p.number = pool ORDER BY 1"
)
_OUTCOMES = (
    "SELECT control.name, result, sentence.name FROM outcome JOIN control ON control.number = control"
    " LEFT JOIN sentence ON sentence.number = sentence ORDER BY 1"
)
_CONTROLS = "SELECT label.name, severity FROM run_control JOIN label ON label.number = title ORDER BY run"


def kept(file: Path, run: Run, statement: str) -> list[Row]:
    """What a question finds in a history of this one run."""
    with opened(file) as database:
        with database.transaction():
            write_run(database, run)
        return database.rows(statement)


def test_the_head_of_a_run_is_kept(file: Path) -> None:
    """All that says what was asked, and whether it came to its end."""
    run = run_on(1, limit="ex0*", controls="KB1", phase="idle", complete=False)
    statement = (
        "SELECT id, organization, inventory, started_at, limited_to, controls, phase, version, complete FROM run"
    )

    assert kept(file, run, statement) == [
        ("00000001", "contoso", "prod.yaml", "2026-03-03T12:00:00.000000+00:00", "ex0*", "KB1", "idle", "0.1.0", 0)
    ]


def test_servers_are_kept_with_where_they_are(file: Path) -> None:
    """And how they stand; a server that nothing was asked of was not checked."""
    servers = (checked("ex01", pool="mail"), checked("ex02", group=None, site=None), checked("ex03"))
    run = run_on(1, {"ex01": ".", "ex02": "W"}, servers=servers)

    assert kept(file, run, _SERVERS) == [
        ("ex01.contoso.com", STANDING_CODES[Standing.READY], "main", "Frankfurt", "mail"),
        ("ex02.contoso.com", STANDING_CODES[Standing.NOT_READY], None, None, None),
    ]


def test_only_problems_have_rows_of_their_own(file: Path) -> None:
    """What passed follows from what was asked."""
    run = run_on(1, {"ex01": ".F", "ex02": "..", "ex03": ".-"})

    assert kept(file, run, "SELECT (SELECT count(*) FROM problem), (SELECT count(*) FROM selection)") == [(1, 2)]


def test_outcomes_are_read_back(file: Path) -> None:
    """Each control that was asked, and no other."""
    assert kept(file, run_on(1, {"ex01": ".F-E"}), _OUTCOMES) == [
        ("KB1-1", 0, None),
        ("KB1-2", 1, "ex01.contoso.com failed."),
        ("KB1-4", 2, "ex01.contoso.com error."),
    ]


def test_titles_are_those_of_their_run(history: History) -> None:
    """A control may be called otherwise later; the history does not change."""
    first = run_on(1, outcomes=(outcome(title="Old"),))
    history.add(first)
    history.add(run_on(2, outcomes=(outcome(title="New", severity=Severity.LOW),)))

    assert history.database.rows(_CONTROLS) == [("Old", "high"), ("New", "low")]
    assert has_run(history.database, first)
    assert not has_run(history.database, run_on(3))


def test_equal_sentences_are_kept_once(history: History) -> None:
    """Day after day a server fails in the same words."""
    for number in range(3):
        history.add(run_on(number, {"ex01": "F"}))

    assert history.database.rows("SELECT count(*) FROM sentence") == [(1,)]


def test_long_sentences_are_cut(file: Path) -> None:
    """A server may send any length."""
    ((_, _, sentence),) = kept(file, run_on(1, outcomes=(outcome(sentence="x" * 10_000),)), _OUTCOMES)

    assert sentence == "x" * LONGEST_SENTENCE + "..."


def test_hostile_text_is_kept_harmless(history: History) -> None:
    """In every field that people name or servers fill; and it is found again."""
    servers = (checked("ex01", group=HOSTILE, site=HOSTILE, pool=HOSTILE),)
    found = outcome(control=HOSTILE, title=HOSTILE, sentence=HOSTILE)
    run = run_on(
        1, servers=servers, outcomes=(found,), organization=HOSTILE, inventory=HOSTILE, limit=HOSTILE, id=HOSTILE
    )

    assert history.add(run)
    assert not history.add(run)
    dumped = "\n".join(history.database._connection.iterdump())
    assert not {"\x00", "\u202e", "\x1b", "\r"} & set(dumped)
    assert "DROP TABLE run" in dumped
    assert history.database.rows("SELECT count(*) FROM run") == [(1,)]


@settings(max_examples=25)
@given(texts=some.lists(some.text(some.characters()), min_size=1, max_size=8))
def test_any_sentences_are_kept(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    """Surrogates, which are no characters, too; each is read back as it was cleaned, however equal they are then."""
    run = run_on(1, outcomes=tuple(outcome(f"KB1-{number}", sentence=text) for number, text in enumerate(texts)))
    found = kept(tmp_path_factory.mktemp("any") / "history.sqlite", run, _OUTCOMES)

    assert [sentence for _, _, sentence in found] == [cleaned(text) for text in texts]
