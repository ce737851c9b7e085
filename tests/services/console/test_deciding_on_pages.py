"""Deciding on pages: what was shown is what is decided; a refusal says why, and loses nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any

import httpx
import pytest

from gatepost.ledger.directory_file import apply, parse
from gatepost_sandbox import upstream
from gatepost_sandbox.behaviour import Behaviour, Mode

from .browsing import FOREIGN, OURS, Browser, path_of
from .conftest import ANN, BO, RITA, UMA, House, Source
from .test_item_page import text_of

Browsers = Callable[[str], Browser]


@pytest.fixture
def ann(browsers: Browsers) -> Browser:
    return browsers(ANN)


def entries_on(page: httpx.Response) -> dict[str, str]:
    """What a browser sends of the entries as they stand."""
    inputs = re.findall(r'<input id="entry-\d+" name="([^"]*)"[^>]*? value="([^"]*)"', page.text)
    selects = re.findall(r'<select id="entry-\d+" name="([^"]*)".*?</select>', page.text, re.DOTALL)
    return dict.fromkeys(selects, "") | {name: unescape(value) for name, value in inputs}


def presses(
    page: httpx.Response, browser: Browser, action: str, /, **fields: str
) -> httpx.Response:
    item_id = page.url.path.split("/")[2]
    to = f"/items/{item_id}/{action}"
    entries = entries_on(page) if action in ("accept", "retry") else {}
    return browser.sends(page, to, **(entries | fields))


def revised(source: Source, event: dict[str, Any], **data: Any) -> None:
    """Send the next revision of an item, and wait for it."""
    again = upstream.fresh(event)
    again["data"] = {**event["data"], "revision": event["data"]["revision"] + 1, **data}
    item_id = source.send(again).json()["item_id"]
    known = f"/v1/items/{item_id}"
    source.house.until(
        lambda: source.api.get(known).json()["revision"] == again["data"]["revision"]
    )


def test_what_was_shown_is_accepted_and_the_next_item_is_one_key_away(
    ann: Browser, source: Source
) -> None:
    older, item_id = source.sent(), source.sent()
    # Given an approver who looks at an item, from its list
    page = ann.get(f"/items/{item_id}?list=ready_to_export&kind=commitment")
    # When they export it
    answer = presses(page, ann, "accept")
    # Then they are sent back to it, with what came of it and the next item of the list
    to = path_of(answer)
    assert to == f"/items/{item_id}?list=ready_to_export&kind=commitment&did=accept"
    after = ann.get(to)
    assert re.search(r'role="status">Accepted\. It (goes to|is in) the sandbox ERP\.', after.text)
    nearby = re.search(r'<a href="/items/([^"?]*)\?[^"]*" data-key="n"[^>]*autofocus', after.text)
    assert nearby
    assert nearby[1] == older
    synced = source.becomes(item_id, "synced")
    assert synced["decision"]["by"] == ANN
    assert "page" in {each["channel"] for each in synced["history"]}
    assert "Rejected." not in ann.get(f"/items/{item_id}?did=reject").text  # a made-up address
    # And pressed again, as by a browser that goes back, nothing happens
    assert path_of(presses(page, ann, "accept")).endswith("did=unchanged")


def test_a_rejection_says_why_to_whoever_sent_it(ann: Browser, source: Source) -> None:
    item_id = source.sent()
    page = ann.get(f"/items/{item_id}")
    # When the comment is missing, then it is refused, and what was chosen is kept
    refused = presses(page, ann, "reject", reason_code="vendor")
    assert refused.status_code == 422
    assert "cannot be rejected without a short explanation" in text_of(refused.text)
    assert 'value="vendor" selected' in refused.text
    # When it is there, then it is done
    answer = ann.sends(
        refused, f"/items/{item_id}/reject", comment="Ask <Aker>", reason_code="vendor"
    )
    assert path_of(answer) == f"/items/{item_id}?did=reject"
    decision = source.becomes(item_id, "rejected")["decision"]
    assert (decision["comment"], decision["reason_code"]) == ("Ask <Aker>", "vendor")
    shown = ann.get(path_of(answer)).text
    assert "Ask &lt;Aker&gt;" in shown
    assert "Whoever made and sent it is told" in shown


def test_a_newer_revision_is_not_decided_on_by_an_older_page(ann: Browser, source: Source) -> None:
    event = source.event()
    item_id = source.send(event).json()["item_id"]
    source.becomes(item_id, "sent")
    page = ann.get(f"/items/{item_id}?list=ready_to_export")
    # Given a revision that came while somebody looked
    revised(source, event, title="Another title")
    for action, more in (("accept", {"entry.erp_number": "PO-9"}), ("reject", {"comment": "No"})):
        # When they decide on what they saw
        answer = presses(page, ann, action, **more)
        # Then nothing is decided, they are told what changed, and have a fresh button
        assert answer.status_code == 409
        said = text_of(answer.text)
        assert "Look again: nothing has been decided" in said
        assert "now Another title" in said
        assert set(re.findall(r'name="revision" value="(\d+)"', answer.text)) == {"2"}
        assert ('value="PO-9"' if action == "accept" else ">No</textarea>") in answer.text
    assert source.api.get(f"/v1/items/{item_id}").json()["state"] == "sent"
    # And the fresh button works
    fresh = entries_on(answer)
    assert path_of(ann.sends(answer, f"/items/{item_id}/accept", **fresh)).endswith("did=accept")


def test_another_record_than_the_one_shown_is_not_written(ann: Browser, source: Source) -> None:
    item_id = source.sent()
    page = ann.get(f"/items/{item_id}")
    # When an entry was changed after the record was shown, as without scripts
    answer = presses(page, ann, "accept", **{"entry.erp_number": "PO-5"})
    # Then the new record is shown first; its button accepts it
    assert answer.status_code == 409
    assert "the record would not be the one that was shown" in text_of(answer.text).lower()
    assert "PO-5" in answer.text.split('id="record"')[1]
    assert path_of(ann.sends(answer, f"/items/{item_id}/accept", **entries_on(answer)))
    assert source.becomes(item_id, "synced")["entries"]["erp_number"] == "PO-5"


def test_a_decision_needs_the_right_and_the_page_says_who_grants_it(
    browsers: Browsers, source: Source
) -> None:
    item_id = source.sent()
    page = browsers(ANN).get(f"/items/{item_id}")
    rita = browsers(RITA)
    for action in ("accept", "reject", "retry", "take-back", "unlink", "archive"):
        # Given somebody who makes up a request that no page offers them
        answer = rita.post(
            f"/items/{item_id}/{action}", data={"revision": "1", "comment": "x"}, headers=OURS
        )
        assert answer.status_code in (403, 409), action
        assert "Who can change that:" in text_of(answer.text)
    for missing in ("", "x", "0", "99999999999"):
        answer = rita.post(f"/items/{item_id}/accept", data={"revision": missing}, headers=OURS)
        assert answer.status_code == 422
    assert rita.post(f"/items/{item_id}/explode", headers=OURS).status_code == 404
    # And a form from elsewhere is none of ours, whoever's browser it is
    foreign = browsers(ANN).post(
        f"/items/{item_id}/accept", data={"revision": "1"}, headers=FOREIGN
    )
    assert foreign.status_code == 403
    assert "did not come from a page of this console" in text_of(foreign.text).lower()
    assert page.status_code == 200
    assert source.api.get(f"/v1/items/{item_id}").json()["state"] == "sent"


@contextmanager
def time_to_take_back(house: House) -> Iterator[None]:
    """What is accepted waits ten minutes for its turn."""
    directory = upstream.directory().replace("http://127.0.0.1:9009", house.sandbox.http_url)
    patient = directory.replace("[company.settings]", "[company.settings]\ngrace_seconds = 600")
    apply(house.program.database, parse(patient))
    try:
        yield
    finally:
        apply(house.program.database, parse(directory))


def test_an_acceptance_is_taken_back_within_the_grace(
    browsers: Browsers, source: Source, house: House
) -> None:
    bo = browsers(BO)
    with time_to_take_back(house):
        item_id = source.sent()
        after = bo.get(path_of(presses(bo.get(f"/items/{item_id}"), bo, "accept")))
        (left,) = re.findall(r"<strong data-seconds>(\d+)</strong>", after.text)
        assert 0 < int(left) <= 600
        answer = bo.sends(after, f"/items/{item_id}/take-back")
        assert "Taken back" in bo.get(path_of(answer)).text
        assert source.api.get(f"/v1/items/{item_id}").json()["state"] == "sent"
        # And many that were accepted together are taken back together
        ids = [f"{item_id}@1", f"{source.sent()}@1"]
        form = {"chosen": ids, "action": "accept", "next": "/items?list=ready_to_export"}
        done = bo.post("/decisions", data=form, headers=OURS)
        assert "2 accepted" in text_of(done.text)
        # Even when the page was loaded anew
        done = bo.post("/decisions", data=form, headers=OURS)
        assert "2 had been accepted before" in text_of(done.text)
        undone = bo.sends(done, "/decisions", action="take_back")
        assert "2 taken back" in text_of(undone.text)


def test_all_that_match_are_those_that_wait_for_a_decision(
    ann: Browser, source: Source, house: House
) -> None:
    # Given two items that wait, and one that is accepted and not in the ERP yet
    ids = [source.sent(title="Bearing plates") for _ in range(3)]
    with time_to_take_back(house):
        presses(ann.get(f"/items/{ids[0]}"), ann, "accept")
        # When an approver looks at all that match
        page = ann.get("/decisions?list=ready_to_export&q=bearing+plates")
        # Then they are two, and the third does not stand in the way
        assert "2 items match" in text_of(page.text)
        answer = ann.sends(page, "/decisions")
        assert "2 accepted" in text_of(answer.text)


def test_what_failed_is_mended_and_tried_again(ann: Browser, source: Source, house: House) -> None:
    # Given an export that the ERP refuses
    house.sandbox.switch.turn(Behaviour(mode=Mode.REFUSE))
    item_id = source.sent()
    presses(ann.get(f"/items/{item_id}"), ann, "accept")
    source.becomes(item_id, "failed")
    house.sandbox.switch.turn(Behaviour())
    # When the approver looks, then the cause is told in words, with the attempt
    page = ann.get(f"/items/{item_id}?list=failed_to_export")
    said = text_of(page.text)
    assert "Export again to the sandbox ERP" in said
    assert "Who can fix it:" in said
    assert "Attempt 1" in said
    # When they correct an entry and look at the record, then it is tried with that
    fields = entries_on(page) | {"entry.erp_number": "PO-MENDED"}
    preview = f"/items/{item_id}/preview"
    shown = ann.sends(page, f"/items/{item_id}/retry", to=preview, **fields)
    answer = ann.sends(shown, f"/items/{item_id}/retry", **entries_on(shown))
    assert path_of(answer) == f"/items/{item_id}?list=failed_to_export&did=retry"
    assert source.becomes(item_id, "synced")["entries"]["erp_number"] == "PO-MENDED"


def test_a_sender_retrieves_and_an_approver_archives_and_brings_back(
    browsers: Browsers, source: Source
) -> None:
    item_id = source.sent()
    uma, ann = browsers(UMA), browsers(ANN)
    assert path_of(presses(uma.get(f"/items/{item_id}"), uma, "retrieve")).endswith("did=retrieve")
    other = source.sent()
    presses(ann.get(f"/items/{other}"), ann, "reject", comment="No")
    for action in ("archive", "unarchive"):
        page = ann.get(f"/items/{other}")
        assert path_of(presses(page, ann, action)).endswith(f"did={action}")
    assert source.api.get(f"/v1/items/{other}").json()["state"] == "rejected"


def test_what_the_erp_still_has_is_not_unlinked(ann: Browser, source: Source) -> None:
    item_id = source.sent()
    presses(ann.get(f"/items/{item_id}"), ann, "accept")
    source.becomes(item_id, "synced")
    answer = presses(ann.get(f"/items/{item_id}"), ann, "unlink")
    assert answer.status_code == 409
    assert "still has" in text_of(answer.text)


def test_many_are_decided_on_at_once_line_by_line(browsers: Browsers, source: Source) -> None:
    ann = browsers(ANN)
    # Given three items, one of which moved on, and one that is not there
    event = source.event()
    moved = source.send(event).json()["item_id"]
    source.becomes(moved, "sent")
    good = [source.sent(), source.sent()]
    revised(source, event, title="Another title")
    chosen = [f"{each}@1" for each in (*good, moved, "7d444840-9dc0-11d1-b245-5ffdce74fad2")]
    form = {"chosen": chosen, "action": "accept", "next": "/items?list=ready_to_export&q=x"}
    # When an approver accepts them
    page = ann.post("/decisions", data=form, headers=OURS)
    # Then what passes is done, and the rest says why and who can change that
    said = text_of(page.text)
    assert page.status_code == 200
    assert "2 accepted" in said
    assert "2 refused , and unchanged" in said
    assert "the decision was made for revision 1" in said.lower()
    assert "There is no item 7d444840" in said
    for each in good:
        source.becomes(each, "synced")
    assert source.api.get(f"/v1/items/{moved}").json()["state"] == "sent"
    # And the refused can be tried again from there, the way back leads to the list
    again = ann.sends(page, "/decisions", action="accept")
    assert "1 refused" in text_of(again.text)
    assert 'href="/items?list=ready_to_export&amp;q=x" data-key="u"' in page.text


def test_all_that_match_are_as_many_as_were_seen(ann: Browser, source: Source) -> None:
    ids = [source.sent(title="Sheet piles, west") for _ in range(3)]
    listed = "/items?list=ready_to_export&q=sheet+piles"
    assert "/decisions?list=ready_to_export&amp;q=sheet+piles" in ann.get(listed).text
    page = ann.get("/decisions?list=ready_to_export&q=sheet+piles")
    assert "3 items match" in text_of(page.text)
    assert "USD" in text_of(page.text)
    # Given one more that nobody saw
    ids.append(source.sent(title="Sheet piles, west"))
    forms = re.findall(r'<form method="post" action="/decisions".*?</form>', page.text, re.DOTALL)
    fields = [dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', f)) for f in forms]
    reject = next(each for each in fields if each["action"] == "reject")
    reject = {name: unescape(value) for name, value in reject.items()}
    answer = ann.post("/decisions", data=reject | {"comment": "Too long"})
    assert answer.status_code == 409
    assert "3 matched when you looked, and now it is 4" in text_of(answer.text)
    # Then she is asked anew, and decides on what there is now
    answer = ann.post("/decisions", data=reject | {"comment": "Too long", "expected": "4"})
    assert "4 rejected" in text_of(answer.text)
    for each in ids:
        assert source.becomes(each, "rejected")["decision"]["comment"] == "Too long"


def test_a_bulk_form_that_makes_no_sense_decides_nothing(
    browsers: Browsers, source: Source
) -> None:
    item_id = source.sent()
    ann, rita = browsers(ANN), browsers(RITA)
    for form in (
        {"action": "accept"},  # nothing is ticked
        {"action": "explode", "chosen": f"{item_id}@1"},  # no such action
        {"action": "unlink", "chosen": f"{item_id}@1"},  # one at a time: the ERP is asked
        {"action": "accept", "chosen": item_id},  # which revision?
        {"action": "accept", "all": "1", "next": "/items?list=ready_to_export"},  # how many?
        {"action": "accept", "all": "1", "expected": "1", "next": "/items"},  # everything there is?
    ):
        answer = ann.post("/decisions", data=form, headers=OURS)
        assert answer.status_code == 422, form
        assert "Who can change that:" in text_of(answer.text)
    lacking = rita.post(
        "/decisions", data={"action": "accept", "chosen": f"{item_id}@1"}, headers=OURS
    )
    assert "Rita Holm lacks" in text_of(lacking.text)
    other = browsers("ann@acme.example").post(
        "/decisions", data={"action": "accept", "chosen": f"{item_id}@1"}, headers=OURS
    )
    assert "There is no item" in text_of(other.text)
    assert source.api.get(f"/v1/items/{item_id}").json()["state"] == "sent"


def test_an_address_a_form_was_sent_to_leads_to_the_item(ann: Browser, source: Source) -> None:
    item_id = source.sent()
    for action in ("accept", "preview", "take-back"):
        assert path_of(ann.get(f"/items/{item_id}/{action}")) == f"/items/{item_id}"
    assert ann.get(f"/items/{item_id}/explode").status_code == 404


def test_it_takes_two_where_the_company_wants_it(
    browsers: Browsers, source: Source, house: House
) -> None:
    directory = upstream.directory().replace("http://127.0.0.1:9009", house.sandbox.http_url)
    two = directory.replace("[company.settings]", '[company.settings]\nsecond_approval_above = "1"')
    apply(house.program.database, parse(two))
    try:
        # Given an amount that takes two, when the first accepts, then it says so and waits
        item_id = source.sent()
        ann, bo = browsers(ANN), browsers(BO)
        page = ann.get(f"/items/{item_id}")
        assert "Accept as the first of two" in text_of(page.text)
        first = ann.get(path_of(presses(page, ann, "accept")))
        assert "Accepted by you as the first of two" in text_of(first.text)
        assert f'action="/items/{item_id}/accept"' not in first.text
        # And the second sees who was first, and exports it
        page = bo.get(f"/items/{item_id}")
        assert "Ann Ode has accepted it, with the entries below" in text_of(page.text)
        assert path_of(presses(page, bo, "accept")).endswith("did=accept")
        source.becomes(item_id, "synced")
    finally:
        apply(house.program.database, parse(directory))
