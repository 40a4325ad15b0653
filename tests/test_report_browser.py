"""The page in a real browser: nothing is loaded, nothing is wrong in it, it fits a phone, and everybody can use it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from browsers import PROGRAM, needs_browser
from test_graph import broken
from test_report import journal, whole

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["broken", "journal"]
pytestmark = needs_browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # a container has no namespaces for Chromium's own sandbox; the page is ours
        started = playwright.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page_file(broken: Any, journal: Any, tmp_path: Path) -> Path:
    path = tmp_path / "index.html"
    path.write_text(whole(broken, journal))
    return path


def _screen(width: int, scheme: str) -> Any:
    return {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}


def test_it_needs_nothing_and_fits_every_screen(browser: Browser, page_file: Path) -> None:
    for width, scheme in ((1280, "light"), (390, "dark")):
        seen: list[object] = []
        page = browser.new_page(**_screen(width, scheme))
        for event in ("console", "pageerror", "request"):
            page.on(event, lambda one, seen=seen: seen.append(one))
        page.goto(page_file.as_uri())
        assert [getattr(one, "url", one) for one in seen] == [page_file.as_uri()]
        assert page.locator("h1").inner_text()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("svg.front").count() == 4
        page.close()


def test_a_port_tells_itself_when_it_is_focused_and_leads_to_its_row(browser: Browser, page_file: Path) -> None:
    page = browser.new_page()
    page.goto(page_file.as_uri())
    page.locator("details.switch").first.evaluate("one => one.open = true")
    port = page.locator("svg.front a").first
    port.focus()
    assert page.locator("#tip").is_visible()
    assert "port 1" in page.locator("#tip").inner_text()
    page.keyboard.press("Escape")
    assert not page.locator("#tip").is_visible()
    port.focus()
    page.keyboard.press("Enter")
    assert page.locator("tr:target").is_visible()
    page.close()


def test_it_can_be_read_without_javascript_and_printed(browser: Browser, page_file: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(page_file.as_uri())
    assert page.locator("#findings article").count() == 1
    first = page.locator("details.switch").first
    assert first.locator("table").first.is_visible()
    first.locator("summary").click()
    assert not first.locator("table").first.is_visible()
    assert page.pdf()[:4] == b"%PDF"
    context.close()


def test_axe_finds_nothing(browser: Browser, page_file: Path) -> None:
    """axe-core, which knows WCAG: contrast in light and dark, names of what can be used, order of headings."""
    from axe_playwright_python.sync_playwright import Axe

    for width, scheme in ((1280, "light"), (390, "dark")):
        context = browser.new_context(**_screen(width, scheme), bypass_csp=True)
        page = context.new_page()
        page.goto(page_file.as_uri())
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        context.close()
