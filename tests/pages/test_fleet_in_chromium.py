"""`fleet.html` in a real browser: it loads nothing, fits every width, and everybody can read it, without script too."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from moveready.findings.standing import standings_of
from moveready.findings.verdicts import Standing
from moveready.reporting.fleet import fleet_html
from tests.reporting.fleets import fleet_run, full_run, past_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.pages.conftest import Look, OpenPage

pytestmark = pytest.mark.pages

SIZES = (13, 200, 5000)
WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")
ROWS = "#sites tbody tr[data-server]"
STRICT = "sandbox; default-src 'none'"
"""As Jenkins serves the pages of builds: neither style nor script."""


@cache
def page_of(servers: int) -> bytes:
    """The page of a fleet of this size, with a past."""
    return fleet_html(fleet_run(servers), past_of(fleet_run(servers)))


@pytest.fixture
def violations(axe: str) -> Callable[[Look], list[str]]:
    """Ask axe-core about the page; its context has to bypass the policy of the page, which forbids foreign script."""

    def found(look: Look) -> list[str]:
        look.page.evaluate(axe)
        result: dict[str, Any] = look.page.evaluate("axe.run({ resultTypes: ['violations'], elementRef: false })")
        return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in result["violations"]]

    return found


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("servers", SIZES)
def test_page_needs_nothing_and_fits(open_page: OpenPage, servers: int, width: int, scheme: str) -> None:
    """No word in the console, no request, and nothing to scroll sideways."""
    look = open_page(page_of(servers), width, color_scheme=scheme)

    assert look.console == []
    assert look.requests == []
    assert look.page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("width", [390, 800, 1280])
def test_nothing_that_a_server_says_widens_the_page(open_page: OpenPage, width: int) -> None:
    """Not a word of ten thousand letters, wherever it stands, nor a full page on a screen of a width between."""
    for page in (fleet_html(*full_run("x" * 10_000)), page_of(13)):
        look = open_page(page, width)
        look.page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")

        assert look.console == []
        assert look.page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_page_is_accessible(
    open_page: OpenPage, violations: Callable[[Look], list[str]], width: int, scheme: str
) -> None:
    """By all rules of axe-core, contrast among them, with everything unfolded."""
    look = open_page(page_of(13), width, color_scheme=scheme, bypass_csp=True)
    look.page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")

    assert violations(look) == []


@pytest.mark.heavy
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("servers", [200, 5000])
def test_page_of_a_larger_fleet_is_accessible(
    open_page: OpenPage, violations: Callable[[Look], list[str]], servers: int, width: int
) -> None:
    """As it opens: what is folded is of the same kind as in a small fleet."""
    assert violations(open_page(page_of(servers), width, bypass_csp=True)) == []


@pytest.mark.parametrize("servers", [13, 200])
def test_page_can_be_printed(open_page: OpenPage, servers: int) -> None:
    """Every finding is on paper, also one that is folded on the screen; what is for the screen alone is not."""
    look = open_page(page_of(servers))
    look.page.evaluate("document.querySelectorAll('#sites details, .server').forEach(each => { each.open = false; })")
    look.page.emulate_media(media="print")

    assert look.page.pdf(format="A4").startswith(b"%PDF")
    assert look.page.locator("#details .findings").first.is_visible()
    assert look.page.locator("nav").is_hidden()
    assert look.page.locator("#tools").is_hidden()


def test_page_is_complete_without_script(open_page: OpenPage) -> None:
    """Every server with its state; what only a script could do is not offered."""
    look = open_page(page_of(200), java_script_enabled=False)

    assert look.page.locator("#tools").is_hidden()
    assert look.page.locator(f"{ROWS} td:nth-child(2)").count() == 200
    assert look.page.locator("#details .server").count() == 200
    assert look.console == []


def test_page_is_readable_under_a_policy_that_forbids_style(open_page: OpenPage) -> None:
    """The words are there in their order, whatever the browser refuses."""
    headers = {"Content-Security-Policy": STRICT, "Content-Type": "text/html"}
    page = open_page(b"").page
    page.route("http://**/*", lambda route: route.fulfill(body=page_of(13), headers=headers))
    page.goto("http://ci.invalid/fleet.html")
    text = page.locator("body").inner_text()

    assert page.locator("#tools").is_hidden()
    assert text.index("9 of 13 servers are ready") < text.index("Counts\n") < text.index("Servers by site and pool\n")
    assert "not ready" in page.locator(ROWS).first.inner_text()
    assert page.locator("h1").evaluate("each => getComputedStyle(each).fontFamily.includes('system-ui')") is False


def test_filter_shows_the_servers_that_match(open_page: OpenPage) -> None:
    """By words anywhere in a row or its place, and by state; places without a match are gone, folded ones open."""
    look = open_page(page_of(200))
    not_ready = [each for each in standings_of(fleet_run(200)) if each.standing is Standing.NOT_READY]

    look.page.fill("#filter-text", "FRANKFURT stale")
    assert all("stale" in row for row in look.texts(ROWS))
    assert look.texts(".site > h3")[0].startswith("Frankfurt")
    assert len(look.texts(".site")) == 1

    look.page.fill("#filter-text", "")
    look.page.select_option("#filter-kind", "not-ready")
    assert len(look.texts(ROWS)) == len(not_ready)
    assert len(look.texts("#details .server")) == len(not_ready)
    assert look.texts("#filter-count") == [f"{len(not_ready)} of 200 servers shown"]

    look.page.fill("#filter-text", "no such server")
    assert look.texts(ROWS) == []
    look.page.fill("#filter-text", "mbx-0006.")
    look.page.select_option("#filter-kind", "")
    assert [row.split()[0] for row in look.texts(ROWS)] == ["mbx-0006.fra.contoso.com"]


def test_filter_finds_a_server_that_is_only_named(open_page: OpenPage) -> None:
    """In a large fleet, where ready servers have no row: its list opens."""
    look = open_page(page_of(5000))

    look.page.fill("#filter-text", "mbx-0006.fra")

    assert look.texts("#sites li") == ["mbx-0006.fra.contoso.com"]
    assert look.texts("#filter-count") == ["1 of 5,000 servers shown"]


def test_clearing_the_filter_restores_the_page(open_page: OpenPage) -> None:
    """What was folded is folded again."""
    look = open_page(page_of(200))
    before = look.texts("#sites")

    look.page.fill("#filter-text", "ready")
    look.page.fill("#filter-text", "")

    assert look.texts("#sites") == before


def test_sort_orders_sites_pools_and_servers(open_page: OpenPage) -> None:
    """By name, by a KB, and back again."""
    look = open_page(page_of(200))
    sites, first = look.texts(".site > h3"), look.texts(ROWS)

    look.page.select_option("#sort", "name")
    names = [name.split(" ")[0] for name in look.texts(".site > h3")]
    assert names == sorted(names, key=lambda name: unicodedata.normalize("NFKD", name))
    assert look.texts(".site > h3") != sites
    pool = look.page.locator(".pool", has_text="mail-009").locator("tbody tr")
    rows = pool.evaluate_all("rows => rows.map(row => row.dataset.name)")
    assert rows == sorted(rows)
    assert len(rows) == 9

    look.page.select_option("#sort", label="MRS-SVC")
    kinds = pool.locator("td:nth-child(5)").evaluate_all("cells => cells.map(cell => cell.dataset.kind)")
    assert kinds == sorted(kinds, key=["not-ready", "unknown", "waived", "ready", "not-asked"].index)
    assert len(set(kinds)) > 1

    look.page.select_option("#sort", "worst")
    assert (look.texts(".site > h3"), look.texts(ROWS)) == (sites, first)


def test_link_of_a_server_leads_to_its_details(open_page: OpenPage) -> None:
    """Also to those that are folded."""
    look = open_page(page_of(200))

    look.page.get_by_role("link", name="mbx-0001.fra.contoso.com").last.click()
    assert look.page.locator("#server-0").is_visible()
    look.page.locator(f"{ROWS} a", has_text="mbx-0010").evaluate("link => link.click()")
    assert look.page.locator("#server-9").is_visible()


def test_one_click_selects_the_commands(open_page: OpenPage) -> None:
    """All of them, and nothing else."""
    look = open_page(page_of(13))
    commands = look.page.locator("#details pre").first

    commands.click()

    assert look.page.evaluate("getSelection().toString()").strip() == commands.inner_text().strip()


def test_keyboard_reaches_the_results_first(open_page: OpenPage) -> None:
    """The first stop is the link that skips what comes before them, and it can be seen."""
    look = open_page(page_of(13))

    look.page.keyboard.press("Tab")
    assert look.page.evaluate("document.activeElement.className") == "skip"
    assert look.page.locator(".skip").bounding_box()["x"] >= 0
    look.page.keyboard.press("Enter")
    assert look.page.evaluate("document.activeElement.id") == "main"
