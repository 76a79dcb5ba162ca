"""Chromium for the tests of pages: one for all of them, without a network, and a page of its own for each look."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from pathlib import Path

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
REQUIRED = "MOVEREADY_PAGES"
"""With the value `required`, a browser that is missing is a failure."""


@dataclass(frozen=True)
class Look:
    """A page that is open in the browser, what its console said, and which addresses it asked for besides its own."""

    page: Any
    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def texts(self, selector: str) -> list[str]:
        """The text of each element that can be seen, from top to bottom."""
        return [text.strip() for text in self.page.locator(f"{selector} >> visible=true").all_inner_texts()]


OpenPage = Callable[..., Look]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright; skips where one of them is missing, or fails where that is asked for.

    For a module only: while Playwright is open, its loop keeps tests of other modules from running one of their own.
    """
    executable = shutil.which("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _missing("Playwright is not installed: pip install 'moveready[pages]'")
    if executable is None:
        _missing("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Any, tmp_path: Path) -> Iterator[OpenPage]:
    """Open a page of these bytes: at a width, in a scheme of colours, with whatever else Playwright's context takes."""
    contexts = []

    def opened(content: bytes, width: int = 1280, **options: Any) -> Look:
        file = tmp_path / "fleet.html"
        file.write_bytes(content)
        context = chromium.new_context(viewport={"width": width, "height": 900}, **options)
        context.set_default_timeout(120_000)
        contexts.append(context)
        look = Look(context.new_page())
        look.page.on("console", lambda message: look.console.append(message.text))
        look.page.on("pageerror", lambda error: look.console.append(str(error)))
        look.page.on("request", lambda request: look.requests.append(request.url))
        look.page.goto(file.as_uri())
        look.requests.remove(file.as_uri())
        return look

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, which its package carries."""
    try:
        return resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    except ModuleNotFoundError:
        _missing("axe-core is not installed: pip install 'moveready[pages]'")


def _missing(what: str) -> NoReturn:
    if os.environ.get(REQUIRED) == "required":
        pytest.fail(what, pytrace=False)
    pytest.skip(what)
