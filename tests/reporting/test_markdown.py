"""`summary.md` fits on a screen, and shows hostile text as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from markdown_it import MarkdownIt

from moveready.evidence.cost import Cost
from moveready.findings.changes import Past
from moveready.findings.outcomes import PlainTest, Result, WaiverState, WaiverUse
from moveready.reporting.markdown import MOST_LINES, escaped, summary_markdown
from tests.reporting.hostile import fleet_run, hostile_run, past_of, waiver_of, with_hostile_texts

if TYPE_CHECKING:
    from moveready.findings.outcomes import Run

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
LARGEST: dict[str, Any] = {
    "complete": False,
    "incomplete": "stopped",
    "plain_tests": (PlainTest("t", "failed", "", 0.1),),
    "waivers": (WaiverUse(waiver_of("reason"), WaiverState.EXPIRED),) * 50,
    "unlisted": tuple(f"ex{number}" for number in range(50)),
    "costs": {"ex01": Cost(sessions=1)},
}
"""All that a summary can say."""


def text_of(run: Run, past: Past | None = None) -> str:
    """The file."""
    return summary_markdown(run, past or Past()).decode()


def kinds_in(text: str) -> list[str]:
    """The elements that a Markdown parser finds, in their order."""
    tokens = MARKDOWN.parse(text)
    return [each.type for token in tokens for each in (token, *(token.children or ())) if each.type != "text"]


def shown_by(markdown: str) -> str:
    """The text that a reader sees of one paragraph."""
    (inline,) = [token for token in MARKDOWN.parse(markdown) if token.type == "inline"]
    return "".join(child.content for child in inline.children or ())


def test_summary_in_full() -> None:
    """The verdict, the servers, what changed, what to look at, the cost."""
    run = fleet_run(
        2,
        "note",
        organization="contoso",
        waivers=(WaiverUse(waiver_of("Old server", ticket="CHG-1"), WaiverState.ENDS_SOON),),
        unlisted=("ex09.contoso.com",),
        costs={"ex0001.contoso.com": Cost(sessions=1, requests=2, bytes_sent=1000, bytes_received=0, seconds=0.5)},
    )

    assert text_of(run, past_of("x")).splitlines() == [
        "## NOT READY - 2 findings on 2 servers",
        "",
        "0 of 2 servers are ready for moves; 2 are not ready.",
        "",
        "contoso, 2026-03-02 12:00 UTC, run 0123abcd, moveready 0.1.0",
        "",
        "| Server | Diagnosis | Next step |",
        "| --- | --- | --- |",
        "| ex0001.contoso.com | not ready (note) | note |",
        "| ex0002.contoso.com | not ready (note) | note |",
        "",
        "Since the run of 2026-03-01 12:00 UTC:",
        "",
        "- New findings (1): x x x",
        "- Findings that were fixed (1): x x x",
        "- Can no longer be evaluated (1): x x x",
        "- Newly waived (1): x x x",
        "- New servers (1): x",
        "- Servers that are no longer checked (1): x",
        "",
        "**Waivers to look at:**",
        "",
        "- KB1-1 on ex01.contoso.com ends on 2026-03-09 (CHG-1): Old server",
        "",
        "**Exchange has servers that the inventory has not:** ex09.contoso.com",
        "",
        "What the run cost the servers: 1 sessions, 2 requests, 1 kB, 0.5 s of their time",
    ]


def test_incomplete_run_says_so_first() -> None:
    """Before the verdict."""
    assert text_of(fleet_run(1, complete=False, incomplete="stopped")).startswith("**INCOMPLETE: stopped.**\n\n## ")


def test_ready_fleet_is_a_few_lines() -> None:
    """There is nothing to list."""
    assert text_of(fleet_run(3, result=Result.PASSED)).splitlines() == [
        "## READY - 3 servers",
        "",
        "3 of 3 servers are ready for moves.",
        "",
        "contoso, 2026-03-02 12:00 UTC, run 0123abcd, moveready 0.1.0",
        "",
        "There is no earlier run to compare with.",
    ]


def test_large_fleet_fits_on_a_few_screens() -> None:
    """Whatever there is, the rest is counted."""
    text = text_of(fleet_run(500, **LARGEST), past_of("x", 500))

    assert len(text.splitlines()) <= MOST_LINES
    assert "480 more: see fleet.html." in text
    assert "\n- New findings (500): x x x; x x x; x x x; 497 more\n" in text
    assert "\n- 45 more\n" in text
    assert "45 more\n\nWhat the run cost" in text


@pytest.mark.parametrize("mark", list("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"))
def test_every_mark_is_shown_as_it_is(mark: str) -> None:
    """Wherever it stands, once or in pairs."""
    text = f"{mark} a{mark} {mark}b{mark} {mark}{mark}c{mark}{mark} {mark}{mark}{mark}"

    assert shown_by(escaped(text)) == text


@pytest.mark.parametrize("text", ["1. entry", "23) entry", "- entry", "+ entry", "# heading", "===", "---", "> quote"])
def test_no_line_opens_a_block(text: str) -> None:
    """A heading, an entry of a list, a quotation."""
    assert kinds_in(escaped(text)) == ["paragraph_open", "inline", "paragraph_close"]


def test_number_at_the_beginning_stays_readable() -> None:
    """People read the file itself, too."""
    assert escaped("11 of 13 servers") == "11 of 13 servers"


@with_hostile_texts
def test_any_text_is_shown_as_text(text: str, result: Result) -> None:
    """The elements are those of a run with harmless words; nothing is HTML, a link, a mention or a further cell."""
    made = text_of(hostile_run(text, result), past_of(text))
    harmless = text_of(hostile_run("word", result), past_of("word"))

    assert kinds_in(made) == kinds_in(harmless)
    assert "<" not in made
    assert ">" not in made
    assert "://" not in made
    assert made.count("@") == made.count("@\u200b")
    assert made.count("|") == harmless.count("|")
    assert len(made.splitlines()) == len(harmless.splitlines())
