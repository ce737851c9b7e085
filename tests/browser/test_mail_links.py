"""The link in a mail, in real browsers: no machine decides with it, its reader does in two presses."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from html import unescape
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from gatepost.ledger import reading, tables
from tests.browser.conftest import Site
from tests.browser.showing import must_be_in_order, window
from tests.journeys.company import ANN, BO, commitment
from tests.journeys.gate import Mail

pytestmark = pytest.mark.browser

#: What its reader is told; the exporter may be quicker than the page.
ACCEPTED = re.compile("Accepted. It (goes to|is in)")
SCANNER = "Mozilla/5.0 (compatible; a mail gateway that looks at every link)"


def alert(site: Site, name: str, to: str = ANN) -> tuple[str, Mail]:
    """An item that is sent, and the mail that asks one approver about it and nothing else."""
    site.gate.is_quiet()
    item = site.gate.sends(commitment(name))
    return item, site.gate.mail(to, f"SC-{name}")


def links_in(mail: Mail, site: Site) -> list[str]:
    """Every address in a mail, in both of its parts, where this console listens."""
    found = re.findall(r'(?:href|src)="([^"]+)"', mail.html) + re.findall(
        r"https?://\S+", mail.text
    )
    addresses = dict.fromkeys(unescape(each) for each in found)
    return [_here(each, site) for each in addresses]


def _here(address: str, site: Site) -> str:
    parts = urlsplit(address)
    assert parts.netloc == "127.0.0.1:8080", f"a mail leads to {parts.netloc}"
    return f"{site.url}{parts.path}{'?' + parts.query if parts.query else ''}"


def link_in(mail: Mail, site: Site) -> str:
    """Where its button leads."""
    return next(each for each in links_in(mail, site) if "/r/" in each and "?" not in each)


def code_in(mail: Mail) -> str:
    """The code, as its reader sees it."""
    (code,) = re.findall(r"^ +(\d{6})$", mail.text, re.MULTILINE)
    assert code in mail.html
    assert code not in mail.subject
    return str(code)


def asked(method: str, address: str) -> int:
    request = urllib.request.Request(address, method=method, headers={"User-Agent": SCANNER})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - our own console
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def what_is_known(site: Site, item: str) -> tuple[object, ...]:
    """All that a decision, or an attempt at one, would leave behind."""
    found = reading.item_page(site.gate.stack.ledger, item)
    links = sa.select(tables.decision_links.c.spent_at).where(
        tables.decision_links.c.item_id == item
    )
    with site.gate.stack.ledger.database.reading() as connection:
        spent = connection.execute(links).scalars().all()
    return (
        found.item.state,
        found.item.first_approval,
        spent,
        [row["what"] for row in found.history],
    )


def press_everything(browser: Browser, address: str, *, scripts: bool, fills: str = "") -> int:
    """Press each button of a page, opened anew for each; gives how many there were.

    With ``fills`` every field is filled with that, so that no form keeps anything back.
    """
    context = browser.new_context(java_script_enabled=scripts, user_agent=SCANNER)
    page = context.new_page()
    place, count = 0, 1
    while place < count:
        page.goto(address)
        if fills:
            _fill(page, fills)
        buttons = page.get_by_role("button")
        count = buttons.count()
        if count:
            buttons.nth(place).click()
            page.wait_for_load_state()
        place += 1
    context.close()
    return count


def _fill(page: Page, words: str) -> None:
    for field in page.locator("input:visible, textarea:visible").all():
        if field.get_attribute("type") in (None, "text", "search", "email"):
            field.fill(words)
    for box in page.locator("select:visible").all():
        box.select_option(index=box.locator("option").count() - 1)


def test_no_machine_decides(browser: Browser, site: Site) -> None:
    # Given a mail that asks Ann
    item, mail = alert(site, "scan-1")
    before = what_is_known(site, item)
    addresses = links_in(mail, site)
    assert sum("/r/" in each for each in addresses) >= 2

    # When every link is fetched ahead, as gateways do
    for address in addresses:
        assert asked("GET", address) == asked("HEAD", address) == 200
        asked("OPTIONS", address)

    # And opened in a browser that runs scripts and waits
    for address in addresses:
        context = browser.new_context(user_agent=SCANNER)
        page = context.new_page()
        page.goto(address, wait_until="networkidle")
        page.mouse.wheel(0, 4000)
        page.wait_for_function("document.readyState === 'complete'")
        # And whatever the page leads to is fetched too
        for place in page.locator("a[href]").all():
            asked("GET", str(place.evaluate("a => a.href")))
        context.close()

    # And every button is pressed, with and without scripts, with fields left, and filled with something
    review, instead = (each for each in addresses if "/r/" in each)
    assert press_everything(browser, review, scripts=True) >= 3
    assert press_everything(browser, instead, scripts=False, fills="looked at") >= 3
    press_everything(browser, instead, scripts=False, fills="000000")

    # Then nothing is decided, nothing is spent, nothing is written down
    assert what_is_known(site, item) == before
    assert site.gate.state(item) == "sent"


def test_its_reader_decides_in_two_presses_and_then_in_one(
    browser: Browser, either_site: Site
) -> None:
    site = either_site
    item, mail = alert(site, "two-1")
    with window(browser, scripts=False) as page:
        # When Ann follows the link, types the code that she has before her, and presses
        page.goto(link_in(mail, site))
        expect(page.get_by_role("heading", level=1)).to_contain_text("SC-two-1")
        page.locator("#accept").get_by_label("The code in the mail").fill(code_in(mail))
        page.get_by_role("button", name=re.compile("Export to")).click()

        # Then it is accepted, and she is told so
        expect(page.get_by_text(ACCEPTED)).to_be_visible()
        assert site.gate.row(item)["decided_by"] == ANN

        # And a second visit says who decided, when and how
        page.goto(link_in(mail, site))
        expect(page.get_by_text(re.compile("Accepted by you, .* from a mail"))).to_be_visible()

        # And the next mail takes one press: to reject, it asks for what must be corrected
        other, following = alert(site, "two-2")
        page.goto(f"{link_in(following, site)}?intent=reject")
        expect(page.get_by_label("The code in the mail")).to_have_count(0)
        page.get_by_label("What must be corrected").fill("The cost code is wrong")
        page.get_by_role("button", name="Reject", exact=True).click()
        expect(page.get_by_text("Whoever made and sent it is told")).to_be_visible()
        assert site.gate.state(other) == "rejected"


def test_nobody_is_kept_out_of_the_page_of_a_link(browser: Browser, site: Site) -> None:
    item, mail = alert(site, "axe-1")
    with window(browser) as page:
        page.goto(f"{link_in(mail, site)}?intent=reject")
        expect(page.get_by_label("What must be corrected")).to_be_focused()
        must_be_in_order(page)

    # Somebody else is told whose it is; not in a window, for a refusal is a complaint to a browser
    context = browser.new_context()
    page = context.new_page()
    site.signs_in(page, BO)
    page.goto(link_in(mail, site))
    expect(page.get_by_role("heading", level=1)).to_have_text("This link is for Ann Ode")
    must_be_in_order(page)
    context.close()

    # And once it is decided, the page says so
    site.gate.rejects(item, BO, "Not ours")
    with window(browser) as page:
        page.goto(link_in(mail, site))
        expect(page.get_by_role("status")).to_contain_text("Rejected by Bo Lind")
        must_be_in_order(page)
