"""Deciding in a browser: by keys, without scripts, many at once, undone, and when it is refused."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from gatepost.ledger.directory_file import apply, parse
from gatepost.messages.requests import Purpose
from tests.browser.conftest import Site
from tests.browser.showing import PHONE, must_be_in_order, window
from tests.journeys.company import ANN, DIRECTORY, RITA, Event, commitment, event, project
from tests.journeys.erp_hands import ErpHands

pytestmark = pytest.mark.browser


def revised(site: Site, first: Event, **more: object) -> None:
    """The source sends the next revision."""
    data = {**first["data"], "revision": first["data"]["revision"] + 1, **more}
    site.gate.sends(event(first["type"], data))


@contextmanager
def grace(site: Site, seconds: int) -> Generator[None]:
    """Acceptances can be taken back for a while."""
    database = site.gate.stack.ledger.database
    url = site.gate.stack.ledger.directory().connections["acme"].options["url"]
    text = DIRECTORY.replace("ERP_URL", str(url))
    patient = text.replace("[company.settings]", f"[company.settings]\ngrace_seconds = {seconds}")
    apply(database, parse(patient))
    yield
    apply(database, parse(text))


def test_an_approver_looks_corrects_an_entry_and_accepts_by_keys(
    browser: Browser, site: Site
) -> None:
    older = site.gate.sends(commitment("d-1", title="Gantry"))
    item = site.gate.sends(commitment("d-2", title="Gantry"))
    with window(browser) as page:
        site.signs_in(page, ANN)
        page.goto(f"{site.url}/items?list=ready_to_export&q=gantry")

        # When they walk to the first row and open it
        page.keyboard.press("j")
        page.keyboard.press("o")
        expect(page.get_by_role("heading", level=1)).to_contain_text("SC-d-2")
        must_be_in_order(page)

        # And change an entry, then the record that will be written follows
        page.keyboard.press("e")
        expect(page.get_by_label("Commitment number in the ERP")).to_be_focused()
        page.keyboard.type("PO-4711")
        expect(page.locator("#record")).to_contain_text("PO-4711")
        page.keyboard.press("Tab")

        # When they accept it: a reaches the button, Enter presses it
        page.locator("h1").click()
        page.keyboard.press("a")
        export = page.get_by_role("button", name="Export to the sandbox ERP")
        expect(export).to_be_focused()
        page.keyboard.press("Enter")

        # Then they are told, and the next item is one key away
        expect(page.get_by_role("status").first).to_contain_text("Accepted.")
        expect(page.get_by_role("link", name="Next: commitment SC-d-1")).to_be_focused()
        page.keyboard.press("n")
        expect(page.get_by_role("heading", level=1)).to_contain_text("SC-d-1")

        # When they reject that one, then it says why to whoever sent it
        page.keyboard.press("r")
        page.keyboard.type("The retainage is missing")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status").first).to_contain_text("Rejected.")
        page.keyboard.press("u")
        expect(page.get_by_text("Nothing matches")).to_be_visible()
    assert site.gate.becomes(item, "synced")["entries"]["erp_number"] == "PO-4711"
    assert site.gate.becomes(older, "rejected")["comment"] == "The retainage is missing"


def test_accepting_and_rejecting_take_no_script(browser: Browser, site: Site) -> None:
    job = site.gate.sends(project("d-3", number="J-d-3", title="Harbor Bridge, phase 3"))
    item = site.gate.sends(commitment("d-4", title="Shuttering"))
    with window(browser, scripts=False, viewport=PHONE) as page:
        site.signs_in(page, ANN)
        page.goto(f"{site.url}/items/{job}")
        page.get_by_label("ERP Integration Job ID").fill("77-A")
        page.get_by_role("button", name="Show the record with these entries").click()
        expect(page.locator("#record")).to_contain_text("77-A")
        page.get_by_role("button", name="Export to the sandbox ERP").click()
        expect(page.get_by_role("status").first).to_contain_text("Accepted.")

        page.goto(f"{site.url}/items?list=ready_to_export&q=shuttering")
        page.get_by_label("Select commitment SC-d-4").check()
        page.get_by_text("Reject …").click()
        page.get_by_label("What must be corrected").fill("Two lines are the same")
        page.get_by_role("button", name="Reject", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("1 rejected")
    assert site.gate.becomes(job, "synced")["entries"]["erp_job_id"] == "77-A"
    assert site.gate.becomes(item, "rejected")["comment"] == "Two lines are the same"


def test_many_are_accepted_and_one_is_refused_and_all_is_taken_back(
    browser: Browser, site: Site
) -> None:
    events = [commitment(f"d-{number}", title="Formwork") for number in range(5, 9)]
    items = [site.gate.sends(each) for each in events]
    with window(browser) as page, grace(site, 600):
        site.signs_in(page, ANN)
        page.goto(f"{site.url}/items?list=ready_to_export&q=formwork")
        boxes = page.get_by_label("Select commitment")

        # Given a range that was ticked with shift, in which one moves on meanwhile
        boxes.nth(0).check()
        boxes.nth(2).click(modifiers=["Shift"])
        expect(page.locator("[data-chosen-bar]")).to_contain_text("3 selected")
        must_be_in_order(page)
        revised(site, events[2], title="Formwork, again")

        # When they are accepted by keys
        page.locator("h1").click()
        page.keyboard.press("a")
        page.keyboard.press("Enter")

        # Then each has its line, those that need somebody first
        expect(page.get_by_role("heading", level=1)).to_have_text("2 accepted")
        expect(page.get_by_role("status").first).to_contain_text("1 refused")
        first = page.locator("[data-row]").first
        expect(first).to_contain_text("SC-d-7")
        expect(first).to_contain_text("look at the current revision and decide again")
        must_be_in_order(page)

        # And what passed is taken back while the seconds run
        expect(page.locator("[data-seconds]")).to_have_text(re.compile(r"^5\d\d$"))
        page.get_by_role("button", name="Take back").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("2 taken back")

        # All that match are counted before they are decided on
        page.keyboard.press("u")
        page.get_by_role("link", name="Decide on all that match").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("4 items match")
        must_be_in_order(page)
        page.get_by_label("What must be corrected").fill("One of them is enough")
        page.get_by_role("button", name="Reject all 4").click()
        expect(page.get_by_role("status").first).to_contain_text("Everything passed.")
    assert {site.gate.state(each) for each in items} == {"rejected"}
    for each in items:
        site.gate.time_passes(each)  # nothing is left that waits for the end of the grace


def test_an_older_page_decides_nothing_and_shows_what_changed(browser: Browser, site: Site) -> None:
    first = commitment("d-9", title="Fender piles")
    item = site.gate.sends(first)
    context = browser.new_context()  # the console tells of a page that answers 409
    page = context.new_page()
    site.signs_in(page, ANN)
    page.goto(f"{site.url}/items/{item}")
    revised(site, first, title="Fender piles, longer")
    page.get_by_role("button", name="Export to the sandbox ERP").click()
    expect(page.get_by_role("alert")).to_contain_text("nothing has been decided")
    expect(page.get_by_role("alert")).to_contain_text("now Fender piles, longer")
    must_be_in_order(page)
    page.get_by_role("button", name="Export to the sandbox ERP").click()
    expect(page.get_by_role("status").first).to_contain_text("Accepted.")
    context.close()
    site.gate.becomes(item, "synced")


def test_whoever_may_not_decide_is_told_who_can_grant_it(browser: Browser, site: Site) -> None:
    item = site.gate.sends(commitment("d-10"))
    with window(browser) as page:
        site.signs_in(page, RITA)
        page.goto(f"{site.url}/items/{item}")
        expect(page.get_by_role("button", name="Export")).to_have_count(0)
        page.get_by_text("Why can't I").click()
        expect(_disclosed(page)).to_contain_text("lacks the level Standard or Admin")
        expect(_disclosed(page)).to_contain_text("an Admin of the ERP tool can grant it")
        must_be_in_order(page)


def test_a_record_of_the_erp_is_linked_to_the_item_it_is(browser: Browser, site: Site) -> None:
    # Given a commitment that somebody wrote into the ERP by hand, and the same one sent
    erp = ErpHands(site.gate)
    order = erp.enters("commitments", number="SC-d-11", title="Bearing pads")
    erp.reads(Purpose.REFRESH)
    item = site.gate.sends(commitment("d-11", title="Bearing pads"))
    with window(browser) as page:
        site.signs_in(page, ANN)
        page.goto(f"{site.url}/items?list=ready_to_import&q=SC-d-11")
        page.get_by_role("link", name="commitment SC-d-11").click()

        # When an approver opens it, then the item it may be is offered first, and one press links it
        expect(page.get_by_role("radio", name="SC-d-11 Bearing pads")).to_be_checked()
        must_be_in_order(page)
        page.keyboard.press("a")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status").first).to_have_text("Linked.")
    assert site.gate.becomes(item, "synced")["origin_id"] == order


def _disclosed(page: Page) -> Locator:
    return page.locator("details.why-not")
