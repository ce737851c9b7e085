"""The settings in a browser: nobody is kept out, and a right is given without a script."""

from __future__ import annotations

import re
from collections.abc import Generator

import pytest
from playwright.sync_api import Browser, expect

from gatepost_console.directory_edits import Edit, save
from tests.browser.conftest import Site
from tests.browser.showing import must_be_in_order, window
from tests.journeys.company import BO, RITA, UMA

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def as_it_was(site: Site) -> Generator[None]:
    """Rita may only look, afterwards as before."""
    yield
    before = {"erp_tool": "read_only", "amount_limit": None, "can_push_to_accounting": False}
    edit = Edit(entries={"people": {RITA: before}})
    save(site.gate.stack.ledger, "acme", edit, by=BO, channel="test")


def test_a_right_is_given_without_scripts(browser: Browser, site: Site) -> None:
    with window(browser, scripts=False) as page:
        # Given an Admin who looks for somebody
        site.signs_in(page, BO)
        page.goto(site.url)
        page.get_by_role("link", name="Settings").click()
        page.get_by_role("link", name="People and rights").click()
        page.get_by_role("link", name="Rita Vance").click()

        # When they make her an approver, they see what changes, and save that
        page.get_by_label("Standard").check()
        page.get_by_label("Can push to accounting").check()
        page.get_by_label("Amount limit").fill("1000000")
        page.get_by_role("button", name="Show what changes").click()
        expect(page.get_by_role("status")).to_contain_text("Read Only becomes Standard")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_contain_text("Saved")
        row = page.get_by_role("row").filter(has_text="Rita Vance")
        expect(row).to_contain_text("accepts up to 1,000,000")


def test_nobody_is_kept_out_of_the_settings(browser: Browser, site: Site) -> None:
    with window(browser) as page:
        site.signs_in(page, BO)
        for path, heading in {
            "/settings/me": "My settings",
            "/settings/people": "People and rights",
            "/settings/company": "Acme Builders",
            "/settings/tokens": "API tokens",
        }.items():
            page.goto(site.url + path)
            expect(page.get_by_role("heading", level=1)).to_have_text(heading)
            must_be_in_order(page)
        # What a form is answered with: a change that is shown, and a secret
        page.goto(f"{site.url}/settings/people/edit?email={BO}")
        page.get_by_label("Read Only").check()
        page.get_by_role("button", name="Show what changes").click()
        expect(page.get_by_role("status")).to_contain_text("nobody is an Admin")
        must_be_in_order(page)
        page.goto(f"{site.url}/settings/webhooks")
        page.get_by_label("Address").fill("https://pm.example/hooks")
        page.get_by_role("button", name="Add it").click()
        expect(page.get_by_label("The secret")).to_have_value(re.compile("^whsec_"))
        must_be_in_order(page)
        page.get_by_text("New secret, or remove it").click()
        page.get_by_role("button", name="Remove for good").click()
        expect(page.get_by_role("status")).to_contain_text("Removed")
    with window(browser) as page:
        site.signs_in(page, UMA)
        page.goto(f"{site.url}/settings")
        expect(page.get_by_role("navigation", name="Settings").get_by_role("link")).to_have_count(1)
