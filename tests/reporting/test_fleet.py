"""`fleet.html` is complete without script and style, says the worst first, and whatever a server says stays text."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from datetime import timedelta
from functools import cache
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moveready.evidence.cost import Cost
from moveready.findings.changes import Change, Changes, Past, TrendPoint
from moveready.findings.outcomes import (
    Result,
    Run,
)
from moveready.reporting.fleet import MOST_COSTS, MOST_POINTS, costs_of, fleet_html, policy_of
from tests.builders import NOON
from tests.reporting.fleets import fleet_run, full_run, past_of

if TYPE_CHECKING:
    from collections.abc import Callable

EVIL = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title></style></script><h1>",
    "--><!-- {{ 7 * 7 }} {% raw %}",
    "javascript:alert(1)",
    "a\x00b\x1b[31m\u202eevil\ud800",
    "x" * 10_000,
)
HEADINGS = (
    "Counts",
    "What changed since the last run",
    "Servers by site and pool",
    "Server by server",
    "Waivers",
    "Scope of this run",
    "What the run cost the servers",
    "Trend",
)


class Parsed(HTMLParser):
    """What a browser without script makes of a page."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep it."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep it, but for style and script."""
        if self.tags and self.tags[-1][0] not in {"style", "script"}:
            self.texts.append(data)

    @property
    def text(self) -> str:
        """All text, in one line."""
        return " ".join(" ".join(self.texts).split())

    def names(self) -> list[str]:
        """The tags, in their order."""
        return [tag for tag, _ in self.tags]


def shown(run: Run, past: Past | None = None) -> Parsed:
    """The page, parsed."""
    return Parsed(fleet_html(run, past or Past()))


@pytest.fixture
def run(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> Run:
    """One finding on one server."""
    made: Run = run_of(outcome(result=Result.FAILED))
    return made


@cache
def harmless_page(text: str) -> Parsed:
    """That of a run that says nothing but a word."""
    return shown(*full_run(text))


@given(said=st.sampled_from(EVIL) | st.text(min_size=1, max_size=40))
@settings(max_examples=40)
def test_whatever_is_said_stays_text(said: str) -> None:
    """The page has the tags and the attributes of a page of harmless text; a name with a dot has a place to break."""
    harmless = harmless_page("first.last" if "." in said else "text")
    page = shown(*full_run(f"a{said}b"))

    assert page.names() == harmless.names()
    assert [list(attributes) for _, attributes in page.tags] == [list(attributes) for _, attributes in harmless.tags]


@pytest.mark.parametrize("said", EVIL)
def test_page_has_nothing_that_runs_or_loads(said: str) -> None:
    """One style and one script of our own; no handler, no style attribute, no address but those of sources."""
    page = shown(*full_run(said))
    names = page.names()
    attributes = [pair for _, attributes in page.tags for pair in attributes.items()]

    assert (names.count("script"), names.count("style"), names.count("h1")) == (1, 1, 1)
    assert {"img", "iframe", "link", "form", "base", "object"} & set(names) == set()
    assert [name for name, _ in attributes if name.startswith("on") or name in {"style", "src"}] == []
    assert [value for name, value in attributes if name == "href" and not (value or "").startswith("#")] == []


def test_invisible_characters_are_gone() -> None:
    """NUL, escapes, marks that turn the direction of writing, and halves of characters."""
    page = fleet_html(*full_run("a\x00b\x1b\u202e\ud800c")).decode()

    assert not re.search("[\x00\x1b\u202e]", page)
    assert "a\ufffdb\ufffd\ufffd\ufffdc" in page


def test_very_long_text_is_cut_but_commands_are_not() -> None:
    """Half a command is worse than a long one."""
    page = fleet_html(*full_run("x" * 10_000)).decode()

    assert "[cut here: 10,000 characters in all]" in page
    assert f"<pre>{'x' * 10_000}2</pre>" in page


def test_policy_names_exactly_the_style_and_the_script_of_the_page(run: Run) -> None:
    """A browser hashes what stands between the tags."""
    page = fleet_html(run, Past()).decode()
    style, script = (re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL) for tag in ("style", "script"))
    (policy,) = [
        attributes["content"] or "" for _, attributes in Parsed(page.encode()).tags if "http-equiv" in attributes
    ]

    assert policy == policy_of(style[0], script[0])
    for text in (*style, *script):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "\r" not in page


def test_page_is_in_order(run: Run) -> None:
    """The verdict, then from what matters to what documents, under real headings."""
    page = fleet_html(run, Past()).decode()
    found = re.findall(r"<h2[^>]*>(.*?)</h2>", page)

    assert "<h1>0 of 1 server is ready for moves; 1 is not ready.</h1>" in page
    assert found == list(HEADINGS)
    assert page.index("<h1>") < page.index("<h2")


def test_incomplete_run_says_so_on_top(run: Run) -> None:
    """Above the verdict, and in the title."""
    page = fleet_html(replace(run, complete=False, incomplete="stopped & gone"), Past()).decode()

    assert page.index("This run is incomplete.</b> stopped &amp; gone.") < page.index("<h1>")
    assert "<title>NOT READY, incomplete: contoso, 2026-03-02</title>" in page
    assert "incomplete" not in shown(run).text


def test_servers_that_the_inventory_lacks_come_first(run: Run) -> None:
    """Before the counts; nothing where there are none, or where Exchange did not answer."""
    page = shown(replace(run, unlisted=("ex99", "ex98"))).text

    assert page.index("2 servers of Exchange are missing in the inventory") < page.index("Verdict")
    assert "The inventory has all of them." in shown(replace(run, unlisted=())).text
    assert "Exchange did not say which servers it has." in shown(run).text


def test_what_nobody_can_rely_on_is_told(run: Run) -> None:
    """Certificates that were not verified, servers that were not checked, faults of moveready."""
    server = replace(run.servers[0], verified=False)
    unchecked = replace(run.servers[0], name="ex77")
    crashed = replace(run.outcomes[0], crash="ValueError")
    page = shown(replace(run, servers=(server, unchecked), outcomes=(crashed,))).text

    assert "Certificates were NOT verified Nobody knows who answered in the name of 1 server" in page
    assert "1 server of the inventory was not checked" in page
    assert "moveready itself failed at 1 control." in page


def test_no_earlier_run_is_told_in_a_sentence(run: Run) -> None:
    """For changes, and for the trend."""
    page = shown(run)

    assert "There is no earlier run to compare this one with." in page.text
    assert "the trend begins with the next one." in page.text


def test_changes_are_told_with_their_time(run: Run) -> None:
    """Since when something fails; and that nothing is different, where it is so."""
    still = (Change("ex01.contoso.com", "KB1-1", "The flag is on", NOON - timedelta(days=9)),)
    changes = Changes(earlier_id="a", earlier_started_at=NOON - timedelta(days=1), still=still)
    page = shown(run, Past(changes=changes)).text

    assert "Compared with the run of 2026-03-01 12:00 UTC . Nothing is different." in page
    assert "KB1-1 The flag is on ex01.contoso.com since 2026-02-21" in page
    assert "1 still failing" in page


def test_trend_has_a_drawing_and_a_table(run: Run) -> None:
    """Of the last runs and this one; the oldest ones are left out."""
    trend = tuple(
        TrendPoint(id="", started_at=NOON - timedelta(days=99 - day), ready=1, not_ready=day, unknown=0)
        for day in range(99)
    )
    page = fleet_html(run, Past(trend=trend)).decode()

    assert page.count("<g><title>") == MOST_POINTS
    assert page.count('<tr><th scope="row"><time') == MOST_POINTS
    assert "2026-03-01: 1 ready, 0 unknown, 98 not ready" in page


def test_dearest_servers_are_listed(run: Run) -> None:
    """The total counts all of them."""
    costs = {f"s{number}": Cost(1, 2, 500, 500, float(number)) for number in range(MOST_COSTS + 1)}
    run = replace(run, costs=costs)

    assert costs_of(run)[0][0] == f"s{MOST_COSTS}"
    assert len(costs_of(run)) == MOST_COSTS
    assert "501 sessions, 1,002 requests, 501 kB" in shown(run).text


def test_every_table_says_what_it_is_and_every_heading_cell_of_what() -> None:
    """Captions, and a scope on every heading cell; every id is there once."""
    page = shown(fleet_run(13), past_of(fleet_run(13)))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    links = [attributes["href"] or "" for tag, attributes in page.tags if tag == "a"]

    assert page.names().count("table") == page.names().count("caption")
    assert [attributes for tag, attributes in page.tags if tag == "th" and "scope" not in attributes] == []
    assert len(ids) == len(set(ids))
    assert [link for link in links if link.startswith("#") and link[1:] not in ids] == []


def test_words_stand_beside_every_shape() -> None:
    """A state can be read without colours and without shapes."""
    page = fleet_html(fleet_run(13), past_of(fleet_run(13))).decode()
    marks = re.findall(r'<span class="(?:chip|state) [\w-]+"><svg.*?</svg>(.*?)</span>', page)

    assert len(marks) > 50
    assert [mark for mark in marks if not re.search(r"\w", mark)] == []


def test_large_fleet_fits_a_page() -> None:
    """5,000 servers, a tenth of them with findings, are below 10 MB, and every server is named."""
    run = fleet_run(5000)
    page = fleet_html(run, past_of(run))

    assert len(page) < 10_000_000
    assert {server.name for server in run.servers} <= set(re.findall(r"mbx[\w.-]+", page.decode()))
