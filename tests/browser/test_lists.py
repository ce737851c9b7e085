"""The lists in a browser: signed in by the mail, without scripts, with keys, alive."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Site
from tests.browser.showing import window
from tests.journeys.company import ANN, commitment

pytestmark = pytest.mark.browser


def test_somebody_signs_in_and_finds_an_item_without_scripts(
    browser: Browser, either_site: Site
) -> None:
    site = either_site
    item = site.gate.sends(commitment("w-1", title="Quayside ladders"))
    with window(browser, scripts=False) as page:
        # Given a link that somebody follows who is not signed in
        page.goto(f"{site.url}/items?list=ready_to_export")

        # When they ask for a code, and type the one from the mail
        page.get_by_label("Your e-mail address").fill(ANN)
        page.get_by_role("button", name="Send me a code").click()
        page.get_by_label("Code").fill(site.code_for(ANN))
        page.get_by_role("button", name="Sign in").click()

        # Then they are where the link led, and see the item with what they decide by
        expect(page).to_have_url(re.compile(r"/items\?list=ready_to_export$"))
        row = page.get_by_role("row").filter(has_text="SC-w-1")
        expect(row).to_contain_text("Quayside ladders")
        expect(row).to_contain_text("Sent")
        expect(row.get_by_role("link")).to_have_attribute(
            "href", f"/items/{item}?list=ready_to_export"
        )

        # And they find it by its kind, by a word and by a filter, all of it in the address
        page.get_by_role("navigation", name="Kinds").get_by_role("link", name="Commitments").click()
        page.get_by_role("searchbox").fill("ladders")
        page.get_by_text("Filters", exact=True).click()
        page.get_by_label("Project").select_option(label="Harbor Bridge")
        page.get_by_role("button", name="Show").click()
        expect(page).to_have_url(re.compile("kind=commitment.*q=ladders.*project="))
        expect(row).to_be_visible()
        page.get_by_role("searchbox").fill("gangway")
        page.get_by_role("button", name="Search").click()
        expect(page.get_by_text("Nothing matches")).to_be_visible()

        # When they sign out, then they are asked again
        page.get_by_role("button", name="Sign out").click()
        page.goto(f"{site.url}/items")
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_keys_lead_through_a_list(browser: Browser, site: Site) -> None:
    for name in ("k-1", "k-2", "k-3"):
        site.gate.sends(commitment(name, title="Keyed"))
    with window(browser) as page:
        site.signs_in(page, ANN)
        page.goto(f"{site.url}/items?q=keyed")
        bar = page.locator("[data-chosen-bar]")
        expect(bar).to_be_hidden()

        # j and k walk, x selects; the bar counts
        for key in ("j", "x", "j", "j", "k", "x"):
            page.keyboard.press(key)
        expect(bar).to_contain_text("2 selected")
        chosen = [box.is_checked() for box in page.locator("[data-row] input").all()]
        assert chosen == [True, True, False]
        page.get_by_label("Select all on this page").check()
        expect(bar).to_contain_text("3 selected")

        # / leads to the search, where keys are letters
        page.keyboard.press("/")
        search = page.get_by_role("searchbox")
        expect(search).to_be_focused()
        page.keyboard.type("jkx")
        expect(search).to_have_value(re.compile("jkx"))
        expect(bar).to_contain_text("3 selected")

        # Whoever does not want them switches them off
        search.blur()
        page.keyboard.press("?")
        page.get_by_label("Keys are on").uncheck()
        page.get_by_role("button", name="Close").click()
        page.get_by_label("Select all on this page").uncheck()
        page.locator("h1").click()
        for key in ("j", "x"):
            page.keyboard.press(key)
        expect(bar).to_be_hidden()


def test_counts_are_alive_and_the_list_stays_under_the_hand(browser: Browser, site: Site) -> None:
    with window(browser) as page:
        site.signs_in(page, ANN)
        page.clock.install()
        page.goto(f"{site.url}/items?list=ready_to_export")
        count = page.locator('[data-count="ready_to_export"]')
        before = int(count.inner_text())
        rows = page.locator("[data-row]").count()

        # When an item is sent meanwhile
        site.gate.sends(commitment("c-1"))
        page.clock.fast_forward(6_000)

        # Then it is counted, and the list says that there is more; it does not jump
        expect(count).to_have_text(str(before + 1))
        fresh = page.get_by_role("link", name="This list has changed")
        expect(fresh).to_be_visible()
        expect(page.locator("[data-row]")).to_have_count(rows)
        fresh.click()
        expect(page.locator("[data-row]")).to_have_count(rows + 1)
