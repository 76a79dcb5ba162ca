"""`mail.html` can be read in Outlook, is never clipped, and does nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from moveready.cleaning import cleaned
from moveready.findings.changes import Past
from moveready.findings.outcomes import PlainTest, Result, WaiverState, WaiverUse
from moveready.reporting.mail import LONGEST_SUBJECT, MOST_BYTES, mail_html, mail_subject
from tests.reporting.hostile import EVIL, fleet_run, hostile_run, past_of, waiver_of, with_hostile_texts

if TYPE_CHECKING:
    from moveready.findings.outcomes import CheckedServer, Run
    from moveready.findings.verdicts import Verdict

TAGS = {"html", "head", "meta", "title", "body", "table", "tr", "td", "th", "h1", "h2", "p", "b"}
ATTRIBUTES = {
    "align",
    "border",
    "cellpadding",
    "cellspacing",
    "content",
    "http-equiv",
    "lang",
    "name",
    "role",
    "scope",
    "style",
    "width",
}
VOID = {"meta"}


class Page(HTMLParser):
    """What a mail program finds in a page: the tags in their order, their attributes, the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.closed: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()

    @property
    def text(self) -> str:
        """All words, with a blank between elements."""
        return " ".join(filter(None, (" ".join(word.split()) for word in self.words)))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep it."""
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        """Keep it."""
        self.closed.append(tag)

    def handle_data(self, data: str) -> None:
        """Keep it."""
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        """There is none."""
        raise AssertionError(data)


def page_of(run: Run, past: Past | None = None) -> Page:
    """The mail, parsed."""
    return Page(mail_html(run, past or Past()).decode())


def three_of(server: CheckedServer) -> tuple[Verdict, ...]:
    """Verdicts of three KBs, as bad as its own; as many as a report shows of a server."""
    (verdict,) = server.verdicts
    words = (verdict.note[:150], verdict.note[:160], verdict.note[:170])
    return tuple(
        replace(verdict, kb=f"KB{number}", note=text, next_step=f"{number}{text}") for number, text in enumerate(words)
    )


def test_mail_says_what_a_team_needs() -> None:
    """In the order of its importance."""
    run = fleet_run(
        2,
        "note",
        organization="contoso",
        waivers=(WaiverUse(waiver_of("Old server", ticket="CHG-1"), WaiverState.ENDS_SOON),),
        unlisted=("ex09.contoso.com",),
    )

    assert page_of(run, past_of("x")).text == (
        "NOT READY - 2 findings on 2 servers, 1 new: moveready, contoso "
        "0 of 2 servers are ready for moves; 2 are not ready. NOT READY - 2 findings on 2 servers "
        "contoso, 2026-03-02 12:00 UTC, run 0123abcd, moveready 0.1.0 "
        "Ready Not ready Unknown Findings Errors Waived 0 2 0 2 0 0 "
        "What changed Since the run of 2026-03-01 12:00 UTC: New findings (1): x x x "
        "Findings that were fixed (1): x x x "
        "Can no longer be evaluated (1): x x x Newly waived (1): x x x New servers (1): x "
        "Servers that are no longer checked (1): x "
        "Servers that are not ready Server Diagnosis Next step "
        "ex0001.contoso.com not ready (note) note ex0002.contoso.com not ready (note) note "
        "Waivers to look at KB1-1 on ex01.contoso.com ends on 2026-03-09 (CHG-1): Old server "
        "Exchange has servers that the inventory has not ex09.contoso.com "
        "The whole report: see fleet.html."
    )


def test_ready_fleet_is_a_short_mail() -> None:
    """No empty heading."""
    page = page_of(fleet_run(3, result=Result.PASSED))

    assert page.tags.count("h2") == 1
    assert "3 of 3 servers are ready for moves." in page.text
    assert "There is no earlier run to compare with." in page.text


def test_incomplete_run_says_so_first() -> None:
    """In the subject, and before the verdict."""
    run = fleet_run(1, complete=False, incomplete="stopped")

    assert page_of(run).text.startswith(f"{mail_subject(run, Past())} INCOMPLETE: stopped. 0 of 1 server")
    assert mail_subject(run, Past()) == "INCOMPLETE: NOT READY - 1 finding on 1 server: moveready, contoso"


def test_mail_that_anybody_may_have_answered_for_says_so_first() -> None:
    """In the subject, and before the verdict."""
    run = fleet_run(1)
    run = replace(run, servers=tuple(replace(server, verified=False) for server in run.servers))

    assert mail_subject(run, Past()).startswith("NOT VERIFIED: NOT READY - 1 finding")
    assert page_of(run).text.startswith(f"{mail_subject(run, Past())} Certificates were NOT verified: nobody knows")


@pytest.mark.parametrize(
    ("result", "colour"), [(Result.PASSED, "#1a6b2d"), (Result.WAIVED, "#b3261e"), (Result.ERROR, "#ffd166")]
)
def test_verdict_has_its_colour(result: Result, colour: str) -> None:
    """Green for ready alone."""
    styles = [value or "" for name, value in page_of(fleet_run(1, result=result)).attributes if name == "style"]

    assert [style for style in styles if f"background-color:{colour}" in style] != []


def test_large_fleet_is_counted() -> None:
    """Forty servers; the others, waivers too, are numbers."""
    waivers = (WaiverUse(waiver_of("reason"), WaiverState.EXPIRED),) * 50
    made = mail_html(fleet_run(5_000, "a note", waivers=waivers), past_of("x", 5_000))
    page = Page(made.decode())

    assert len(made) <= MOST_BYTES
    assert page.text.count(".contoso.com") == 40 + 5
    assert "4960 more: see fleet.html." in page.text
    assert "New findings (5000): x x x; x x x; x x x; 4997 more" in page.text
    assert " 45 more " in page.text


@pytest.mark.parametrize("mark", ["&", "<", "'", "\U0001f4a3", "word "])
def test_mail_is_never_clipped(mark: str) -> None:
    """Where the texts are long once they are escaped, fewer servers are listed, and the others still counted."""
    text = mark * 400
    waivers = (WaiverUse(waiver_of(text), WaiverState.EXPIRED),) * 50
    run = fleet_run(
        5_000,
        text,
        waivers=waivers,
        unlisted=(text,) * 50,
        complete=False,
        incomplete=text,
        plain_tests=(PlainTest("t", "failed", "", 0.1),),
    )
    run = replace(run, servers=tuple(replace(server, verdicts=three_of(server)) for server in run.servers))
    made = mail_html(run, past_of(text, 50))
    shown = made.count(b".contoso.com</td>")

    assert len(made) <= MOST_BYTES
    assert shown >= 5
    assert f"{5_000 - shown} more: see fleet.html." in Page(made.decode()).text


@with_hostile_texts
def test_any_text_is_shown_as_text(text: str, result: Result) -> None:
    """The elements are those of a run with harmless words, and none of them can load, run or link anything."""
    run, past = hostile_run(text, result), past_of(text)
    page = page_of(run, past)
    harmless = page_of(hostile_run("word", result), past_of("word"))

    assert page.tags == harmless.tags
    assert page.closed == harmless.closed
    assert page.attributes == harmless.attributes
    assert set(page.tags) <= TAGS
    assert {name for name, _ in page.attributes} <= ATTRIBUTES
    assert "url(" not in str(page.attributes)
    assert page.text == cleaned(page.text)
    assert "://" not in page.text.replace(mail_subject(run, past), "")


def test_every_element_is_closed() -> None:
    """Outlook repairs nothing."""
    page = page_of(hostile_run("word", Result.FAILED), past_of("word"))

    assert Counter(tag for tag in page.tags if tag not in VOID) == Counter(page.closed)


def test_text_is_escaped_once() -> None:
    """People see the sign, not its name."""
    assert "a < b & 'c'" in page_of(fleet_run(1, "a < b & 'c'")).text


@pytest.mark.parametrize("past", [Past(), past_of("x", 0)], ids=["none", "the same"])
def test_subject_without_news(past: Past) -> None:
    """The verdict and the organization."""
    assert mail_subject(fleet_run(2), past) == "NOT READY - 2 findings on 2 servers: moveready, contoso"


@pytest.mark.parametrize("text", EVIL)
def test_subject_is_one_short_line(text: str) -> None:
    """A line feed in it would begin a header of the mail."""
    subject = mail_subject(fleet_run(2, organization=text), Past())

    assert len(subject) <= LONGEST_SUBJECT
    assert len(subject.splitlines()) == 1
    assert subject == cleaned(subject)
    assert subject.startswith("NOT READY - 2 findings on 2 servers: moveready,")
