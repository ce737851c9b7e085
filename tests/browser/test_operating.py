"""An operator's day in a browser: a cause is found and mended, a connection stopped, an event replayed."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from gatepost.ledger.directory_file import apply, parse
from tests.browser.conftest import Site
from tests.browser.showing import must_be_in_order, window
from tests.journeys.company import ANN, DIRECTORY, OMAR, commitment

pytestmark = pytest.mark.browser

NEW_VENDOR = """
[[vendors]]
external_id = "v-new"
name = "New Steel"
origin = "V-777"
"""


def _at(page: Page, site: Site, place: str) -> None:
    """Go to one of the operators' places by its link."""
    page.get_by_role("navigation", name="Operations").get_by_role("link", name=place).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(place)


def test_a_cause_is_found_mended_and_retried_at_a_rate(browser: Browser, site: Site) -> None:
    # Given three exports that the ERP refused for one cause
    gate = site.gate
    gate.erp_behaves("refuse", code="no_such_account", message="There is no account 05-120.")
    items = [gate.sends(commitment(f"o-{number}")) for number in range(3)]
    for item in items:
        gate.accepts(item, ANN)
        gate.becomes(item, "failed")
    with window(browser) as page:
        site.signs_in(page, OMAR)

        # When an operator looks at the route
        page.goto(f"{site.url}/items")
        page.get_by_role("navigation", name="Console").get_by_role(
            "link", name="Operations"
        ).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Route")
        must_be_in_order(page)

        # Then it leads to the cause, in plain words, and who can fix it
        page.get_by_role("link", name="failed to export").click()
        cause = page.get_by_role("region", name="There is no account 05-120.")
        expect(cause).to_contain_text("3 failed")
        expect(cause).to_contain_text("Who can fix it")

        # When it is mended and retried at one a minute
        gate.erp_behaves("ok")
        cause.get_by_label("At most").fill("1")
        cause.get_by_role("button", name="Retry all 3").click()

        # Then the page tells how far it is, by itself
        expect(page.get_by_role("status")).to_contain_text("3 are being retried, over 2 min")
        expect(page.get_by_text("1 of 3").last).to_be_visible()
        expect(cause).to_contain_text("2 failed")
        must_be_in_order(page)

        # When it is stopped, what has not had its turn stays failed
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_role("status")).to_contain_text("Stopped: 2 stay failed")
        assert sorted(gate.state(item) for item in items).count("failed") == 2

        # When it is resumed without a rate, all of it is in the ERP
        cause.get_by_label("At most").fill("")
        cause.get_by_role("button", name="Retry all 2").click()
        for item in items:
            gate.becomes(item, "synced")
            assert len(gate.records(item)) == 1
        expect(page.get_by_text("Nothing has failed to export")).to_be_visible()


def test_a_connection_is_stopped_and_goes_on(browser: Browser, site: Site) -> None:
    with window(browser) as page:
        site.signs_in(page, OMAR)
        page.goto(f"{site.url}/operations/connections")
        books = page.get_by_role("region", name="books")
        books.get_by_label("Why books is paused").fill("month end")
        books.get_by_role("button", name="Pause books").click()
        expect(books).to_contain_text("Nothing is exported: month end")
        item = site.gate.sends(commitment("o-paused"))
        site.gate.accepts(item, ANN)
        expect(books.get_by_text("Exports waiting")).to_be_visible()
        must_be_in_order(page)
        _at(page, site, "Route")
        expect(page.get_by_role("status")).to_have_text(
            "Something stands still until a person acts."
        )
        page.get_by_role("link", name="paused").click()
        books.get_by_role("button", name="Resume books").click()
        expect(page.get_by_role("status")).to_contain_text("books goes on")
        site.gate.becomes(item, "synced")
        books.get_by_role("button", name="Check books").click()
        expect(page.get_by_role("status")).to_contain_text("books answers")


def test_an_event_is_replayed_without_scripts_once_its_vendor_is_known(
    browser: Browser, site: Site
) -> None:
    # Given an event that was refused, for its vendor is not known
    event = commitment("o-vendor")
    event["data"]["content"]["vendor"] = "v-new"
    item = site.gate.sends(event)
    with window(browser, scripts=False) as page:
        site.signs_in(page, OMAR)
        page.goto(f"{site.url}/operations/messages")
        page.get_by_role("row").filter(has_text="v-new").get_by_role("link").first.click()
        document = page.get_by_role("region", name="The event as it came")
        expect(document).to_contain_text("o-vendor")
        expect(document).to_contain_text("not shown: an amount")

        # When the vendor is there and it is replayed
        text = DIRECTORY.replace("ERP_URL", site.gate.stack.sandbox_url)
        apply(site.gate.stack.ledger.database, parse(text + NEW_VENDOR))
        page.get_by_role("button", name="Replay").click()

        # Then it is taken
        expect(page.get_by_role("status").first).to_contain_text("1 event is handed to intake")
        site.gate.eventually(lambda: site.gate.told(item, "received"), "it is received")
    apply(site.gate.stack.ledger.database, parse(text))


def test_nobody_is_kept_out_of_what_operators_look_at(browser: Browser, site: Site) -> None:
    broken = commitment("o-broken")
    broken["data"]["content"]["vendor"] = "v-nobody"
    site.gate.sends(broken)
    with window(browser) as page:
        site.signs_in(page, OMAR)
        page.goto(f"{site.url}/operations")
        for place in ("Workers", "Mails", "Set aside"):
            _at(page, site, place)
            must_be_in_order(page)
        page.get_by_role("row").filter(has_text="v-nobody").get_by_role("link").first.click()
        must_be_in_order(page)
        page.goto(f"{site.url}/operations/messages?show=parked")
        must_be_in_order(page)
