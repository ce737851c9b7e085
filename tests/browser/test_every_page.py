"""What holds for every page, whoever looks at it and with whatever."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Site
from tests.browser.showing import AXE, must_be_in_order, window
from tests.journeys.company import ANN, UMA, commitment

pytestmark = pytest.mark.browser

#: A page, and what is on it once it is there. A new page has its line here.
PAGES = {
    "/badges": "What the badges mean",
    "/items": "All items",
    "/items?list=ready_to_export": "Ready To Export",
    "/items?list=ready_to_import": "Ready To Import",
    "/items?list=failed_to_export&kind=invoice": "Failed To Export",
    "/items?list=archived&records=1": "Archived",
    "/items?project=pm-12&q=nothing+like+it": "All items",
}


@pytest.fixture(scope="module")
def with_items(site: Site) -> Site:
    """Something to look at: what waits, what is in the ERP, and what was sent back."""
    for name in ("p-waits", "p-synced", "p-rejected"):
        item = site.gate.sends(commitment(name))
        if name == "p-synced":
            site.gate.accepts(item, ANN)
            site.gate.becomes(item, "synced")
        if name == "p-rejected":
            site.gate.rejects(item, ANN, "The cost code is wrong")
    return site


@pytest.mark.parametrize("path", PAGES)
def test_nobody_is_kept_out_of_a_page(browser: Browser, with_items: Site, path: str) -> None:
    with window(browser) as page:
        with_items.signs_in(page, ANN)
        page.goto(with_items.url + path)
        expect(page.get_by_role("heading", level=1)).to_have_text(PAGES[path])
        must_be_in_order(page)


def test_nobody_is_kept_out_of_the_pages_to_sign_in_at(browser: Browser, site: Site) -> None:
    with window(browser) as page:
        page.goto(f"{site.url}/items")
        must_be_in_order(page)
        page.get_by_label("Your e-mail address").fill("nobody@acme.example")
        page.get_by_role("button", name="Send me a code").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mail")
        must_be_in_order(page)


def test_nobody_is_kept_out_of_what_is_open_on_a_page(browser: Browser, with_items: Site) -> None:
    with window(browser) as page:
        with_items.signs_in(page, ANN)
        page.goto(f"{with_items.url}/items?project=pm-12")
        page.get_by_text("Filters (1)").click()
        must_be_in_order(page)
        page.keyboard.press("Escape")
        page.goto(f"{with_items.url}/items")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
        must_be_in_order(page)


def test_a_sender_has_pages_too(browser: Browser, with_items: Site) -> None:
    with window(browser) as page:
        with_items.signs_in(page, UMA)
        page.goto(with_items.url)
        expect(page.get_by_role("heading", level=1)).to_have_text("Sent by me")
        expect(page.get_by_role("row")).not_to_have_count(0)
        must_be_in_order(page)


def test_what_looks_for_barriers_is_the_file_that_was_reviewed() -> None:
    digest = hashlib.sha256(AXE.read_bytes()).hexdigest()
    assert digest in (Path(__file__).parent / "vendor" / "README.md").read_text()
