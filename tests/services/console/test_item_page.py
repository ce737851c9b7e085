"""The page of an item: what is shown to whom, and that nothing on it decides by being looked at."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest

from gatepost.domain.erp_records import RecordKind
from tests.ledger.records import customers, reads_to_the_end

from .browsing import Browser
from .conftest import ANN, OMAR, RITA, UMA, House, Source

Browsers = Callable[[str], Browser]


@pytest.fixture
def ann(browsers: Browsers) -> Browser:
    return browsers(ANN)


def text_of(html: str) -> str:
    """What people read of a page."""
    body = re.sub(r"<(script|style).*?</\1>", "", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


def test_an_item_s_page_shows_what_somebody_decides_by(ann: Browser, source: Source) -> None:
    # Given a commitment that was just sent
    item_id = source.sent("commitment", title="Quay wall anchors")
    known = source.api.get(f"/v1/items/{item_id}").json()
    # When an approver opens it from its list
    page = ann.get(f"/items/{item_id}?list=ready_to_export")
    said = text_of(page.text)
    # Then they see the facts, the lines with their total, the record, and who sent it
    for words in (known["number"], "Quay wall anchors", "Harbor Bridge", "Uma Berg", "Carla Ruiz"):
        assert words in said
    for line in known["content"]["lines"]:
        assert line["description"] in said
    lines = known["content"]["lines"]
    assert f"{len(lines)} lines, total {float(known['total']):,.2f}" in said
    record = ann.get(f"/items/{item_id}").text.split('id="record"')[1].split("</section>")[0]
    shown = source.api.get(f"/v1/items/{item_id}/preview").json()
    assert shown["record"]["mark"] in record
    assert "What will be written in the sandbox ERP" in said
    assert f'value="{shown["preview_hash"]}"' in page.text
    # And what they may do, and what not and why
    assert "Export to the sandbox ERP" in said
    assert "Received" in said or "Sent" in said
    assert "Why can't I do more?" in said
    assert 'href="' + known["url"] + '"' in page.text
    # And looking has decided nothing
    assert source.api.get(f"/v1/items/{item_id}").json()["state"] == "sent"


@pytest.mark.parametrize(
    ("who", "offers", "why"),
    [
        (ANN, {"accept", "reject"}, "may not retrieve this one either"),
        # Looks, and is told which right is missing and who can grant it
        (RITA, set(), "lacks the level Standard or Admin on the ERP tool"),
        # An operator decides nothing
        (OMAR, set(), "an Admin of the ERP tool can grant it"),
        # Her own: she may take it back
        (UMA, {"retrieve"}, "lacks the level Standard or Admin"),
    ],
)
def test_a_button_is_there_only_for_whoever_may_press_it(
    browsers: Browsers, source: Source, who: str, offers: set[str], why: str
) -> None:
    item_id = source.sent("commitment")
    page = browsers(who).get(f"/items/{item_id}")
    buttons = set(
        re.findall(rf'<form method="post" action="/items/{item_id}/([a-z-]+)"', page.text)
    )
    assert buttons == offers
    assert "Why can" in page.text
    assert why in text_of(page.text)


def test_what_changed_since_a_reject_stands_first(
    ann: Browser, source: Source, house: House
) -> None:
    # Given a commitment that was rejected, corrected and sent again
    event = source.event("commitment")
    item_id = source.send(event).json()["item_id"]
    source.becomes(item_id, "sent")
    with house.client(acting=ANN) as api:
        body = {
            "revision": 1,
            "comment": "the second line is twice as dear",
            "reason_code": "amount",
        }
        assert api.post(f"/v1/items/{item_id}/reject", json=body).status_code == 200
    again = source.event("commitment")
    again["data"] = {**event["data"], "revision": 2, "title": "Another title"}
    gone = again["data"]["content"]["lines"][-1]
    lines = [*event["data"]["content"]["lines"][:-1], {**gone, "external_id": "l-new"}]
    again["data"]["content"] = {**event["data"]["content"], "lines": lines}
    again["subject"] = event["subject"]
    assert source.send(again).status_code == 202
    house.until(lambda: source.api.get(f"/v1/items/{item_id}").json()["revision"] == 2)
    # When the approver opens it
    page = ann.get(f"/items/{item_id}").text
    # Then the change is told before the facts, with the comment it answers
    changed = page[page.index("Changed since it was rejected") : page.index('id="facts"')]
    said = text_of(changed)
    assert "the second line is twice as dear" in said
    assert "Title" in said
    assert "Another title" in said
    assert "line l-new added" in said.lower()
    assert "gone" in said


def test_the_record_is_shown_with_the_entries_that_are_typed(ann: Browser, source: Source) -> None:
    item_id = source.sent("commitment")
    page = ann.get(f"/items/{item_id}?list=ready_to_export")
    before = re.findall(r'name="preview_hash" value="(\w+)"', page.text)
    fields = {"entry.erp_number": "PO-77", "entry.accounting_date": "2026-11-30"}
    shown = ann.sends(page, f"/items/{item_id}/accept", to=f"/items/{item_id}/preview", **fields)
    assert shown.status_code == 200
    record = shown.text.split('id="record"')[1]
    assert "PO-77" in record
    assert 'value="PO-77"' in shown.text
    assert re.findall(r'name="preview_hash" value="(\w+)"', shown.text) != before
    assert 'value="?list=ready_to_export"' in shown.text
    wrong = ann.sends(shown, f"/items/{item_id}/accept", to=f"/items/{item_id}/preview",
                      **{"entry.accounting_date": "tomorrow"})  # fmt: skip
    assert "a date is written 2026-11-30" in wrong.text
    assert source.api.get(f"/v1/items/{item_id}").json()["state"] == "sent"


def test_a_long_list_to_choose_from_is_searched_without_scripts(
    ann: Browser, source: Source, house: House
) -> None:
    # Given more customers than stand in a drop-down
    customers(house.ledger, *(f"K-{number:03}" for number in range(60)), company="harbor")
    reads_to_the_end(house.ledger, RecordKind.CUSTOMER, company="harbor")
    event = source.event("project", status="active")
    event["data"]["content"]["name"] = event["data"]["title"]
    item_id = source.send(event).json()["item_id"]
    source.becomes(item_id, "sent")
    page = ann.get(f"/items/{item_id}")
    assert 'name="search.customer"' in page.text
    assert page.text.count("<option") < 70
    # When somebody looks for one, then those that fit are offered, and one of them is chosen
    accept, preview = f"/items/{item_id}/accept", f"/items/{item_id}/preview"
    found = ann.sends(page, accept, to=preview, **{"search.customer": "k-059"})
    assert re.findall(r'<option value="(K-[^"]*)"', found.text) == ["K-059"]
    chosen = ann.sends(found, accept, to=preview, **{"entry.customer": "K-059"})
    assert '<option value="K-059" selected>Customer K-059 (K-059)' in chosen.text
    assert "K-059" in chosen.text.split('id="record"')[1]
    # And what is not there is told before anything is decided
    wrong = ann.sends(chosen, accept, to=preview, **{"entry.customer": "K-999"})
    assert "had no customer K-999 when it was last read" in wrong.text
    done = ann.sends(chosen, accept, **{"entry.customer": "K-059"})
    assert done.status_code == 303
    assert source.api.get(f"/v1/items/{item_id}").json()["entries"]["customer"] == "K-059"


def test_people_without_sight_of_money_see_no_amounts(
    browsers: Browsers, source: Source, house: House, blind: str
) -> None:
    item_id = source.sent("commitment")
    known = source.api.get(f"/v1/items/{item_id}").json()
    page = browsers(blind).get(f"/items/{item_id}")
    assert page.status_code == 200
    total = f"{float(known['total']):,.2f}"
    for secret in (
        total,
        known["total"],
        known["content"]["lines"][0]["description"],
        "preview_hash",
    ):
        assert secret not in page.text
    assert "for people who may read the books" in page.text
    shown = browsers(blind).post(
        f"/items/{item_id}/preview", headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert total not in shown.text


def test_what_is_not_there_and_what_is_another_company_s_look_alike(
    browsers: Browsers, source: Source
) -> None:
    item_id = source.sent("commitment")
    stranger = browsers("ann@acme.example")
    for path in (f"/items/{item_id}", "/items/nothing"):
        answer = stranger.get(path)
        assert answer.status_code == 404
        assert "There is nothing here" in answer.text
    own = {"email": "sam@harbor.example", "name": "Sam"}
    another = source.sent("commitment", sent_by=own, created_by=own)
    assert browsers(UMA).get(f"/items/{another}").status_code == 403


def test_an_invoice_s_lines_are_told_by_what_they_bill(ann: Browser, source: Source) -> None:
    # Given an invoice, whose lines say of which line of the commitment they are a part
    commitment = source.api.get(f"/v1/items/{source.sent('commitment')}").json()
    first = commitment["content"]["lines"][0]
    billed = {
        "billing_date": "2026-11-20",
        "period_start": "2026-11-01",
        "period_end": "2026-11-30",
        "lines": [{"commitment_line": first["external_id"], "amount": "100.00", "retainage": "0"}],
        "retainage": "0",
        "total": "100.00",
    }
    event = source.event("invoice", parent=commitment["external_id"], title="November")
    event["data"]["content"] = billed
    answer = source.send(event)
    assert answer.status_code == 202, answer.text
    item_id = answer.json()["item_id"]
    source.house.until(lambda: ann.get(f"/items/{item_id}").status_code == 200)
    # When an approver opens it, then the line is told in the commitment's words
    assert first["description"] in text_of(ann.get(f"/items/{item_id}").text)
