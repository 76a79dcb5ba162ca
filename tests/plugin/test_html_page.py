"""pytest-html's page of a run: all rows of a small fleet, and of a large one those that say something."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest

from moveready.reporting.html import PAGE_SERVERS

if TYPE_CHECKING:
    from collections.abc import Callable


OWN_TEST = """
from moveready.inventory import Server

def test_own(server: Server):
    if server.name.startswith("x001"):
        print("said aloud")
    assert not server.name.startswith("x000"), "it is the first"
"""


@pytest.fixture
def page_of(pytester: pytest.Pytester) -> Callable[[int], str]:
    """The page of a run of plain tests on so many servers; none of them is asked anything."""

    def run(servers: int) -> str:
        names = ", ".join(f"x{number:03d}.contoso.com" for number in range(servers))
        pytester.makefile(
            ".yaml",
            many=f"""
                organization: {{name: contoso.com, exchange: [x000.contoso.com], credential: ticket}}
                defaults: {{credential: ticket}}
                credentials: {{ticket: {{auth: kerberos}}}}
                servers: [{names}]
            """,
        )
        pytester.makepyfile(test_own=OWN_TEST)
        result = pytester.runpytest_subprocess("--inventory=many.yaml", "-q", "test_own.py")
        assert result.ret == 1
        return unescape((pytester.path / "reports" / "report.html").read_text(encoding="utf-8"))

    return run


@pytest.mark.heavy
def test_page_of_a_large_fleet_lists_what_did_not_pass(page_of: Callable[[int], str]) -> None:
    """And what said something; the rest is counted, and the page tells where it is."""
    page = page_of(PAGE_SERVERS + 1)

    assert set(re.findall(r'"(test_own\.py::[^"]+)": \[', page)) == {
        "test_own.py::test_own[x000.contoso.com]",
        "test_own.py::test_own[x001.contoso.com]",
    }
    assert "1 Failed" in page
    assert f"{PAGE_SERVERS} Passed" in page
    assert "has only what did not pass" in page


@pytest.mark.heavy
def test_page_of_other_fleets_lists_everything(page_of: Callable[[int], str]) -> None:
    """Each server has its row."""
    page = page_of(3)

    assert len(set(re.findall(r'"(test_own\.py::[^"]+)": \[', page))) == 3
    assert "has only what did not pass" not in page
