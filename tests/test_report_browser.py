"""The page in a real browser: nothing is loaded, nothing is wrong in it, it fits a phone, and everybody can use it.

And the picture for Mermaid, drawn by Mermaid.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from browsers import PROGRAM, mermaid_file, needs_browser
from conftest import EXAMPLES
from sonicfab.report.picture import text as languages
from sonicfab.report.picture.fabric import Picture, picture_of
from sonicfab.report.picture.states import MARKS, Verified
from sonicfab.report.terminal import neutral
from test_golden import open_example
from test_graph import HOSTILE, broken
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


DRAWN = """async text => {
    const {svg} = await mermaid.render("drawn", text);
    document.body.innerHTML = svg;
    const texts = found => [...document.querySelectorAll(found)].map(one => one.textContent.trim());
    return {
        boxes: texts(".node .nodeLabel"),
        lines: document.querySelectorAll("path.flowchart-link").length,
        labels: texts(".edgeLabel .edgeLabel").filter(one => one),
        title: texts("svg > title"),
    };
}"""
"""What Mermaid draws of a text, as GitHub and GitLab have it do: nothing in the text is markup or script."""


@pytest.fixture(scope="module")
def mermaid(browser: Browser) -> Iterator[Any]:
    page = browser.new_page()
    page.set_content("<body></body>")
    page.add_script_tag(path=mermaid_file())
    page.evaluate("mermaid.initialize({startOnLoad: false, securityLevel: 'strict'})")
    yield page
    page.close()


def _pictures(broken: Any) -> Iterator[Picture]:
    for example in EXAMPLES:
        yield picture_of(open_example(example).plan, Verified())
    world, verification = broken
    yield picture_of(world.plan, Verified.of(verification))
    folded = picture_of(world.plan, Verified.of(verification), folded_above=1)
    yield folded
    first, *others = folded.rows[0]
    named = replace(first, title=f"{HOSTILE} end `x` 1. \U0001f600 #35; #quot;", detail="subgraph style %% --> |x| @{")
    yield replace(folded, fabric='x";y', rows=((named, *others), *folded.rows[1:]))


def test_mermaid_draws_it_as_it_is(mermaid: Any, broken: Any) -> None:
    for picture in _pictures(broken):
        drawn = mermaid.evaluate(DRAWN, languages.mermaid_text(picture))
        boxes = [box for row in picture.rows for box in row]
        assert sorted(drawn["boxes"]) == sorted(neutral("".join(languages.box_lines(box))) for box in boxes)
        assert drawn["lines"] == len(picture.lines)
        assert sum(MARKS["failed"] in label for label in drawn["labels"]) == sum(map(_broken, picture.lines))
        assert drawn["title"] == [f"The fabric {picture.fabric}"]


def _broken(line: Any) -> bool:
    return line.state in ("failed", "unreached")


def test_mermaid_refuses_what_we_fold(mermaid: Any) -> None:
    limits = mermaid.evaluate(
        "[mermaid.mermaidAPI.defaultConfig.maxEdges, mermaid.mermaidAPI.defaultConfig.maxTextSize]"
    )
    assert limits == [languages.MOST_LINES, languages.MOST_TEXT]
