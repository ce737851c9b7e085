"""Pages of the ERP's records: linked with a suggestion or a search, imported, put away, restored."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from gatepost_sandbox.kinds import Kind

from .browsing import OURS, Browser, path_of
from .conftest import ANN, OMAR, RITA, Source
from .test_item_page import text_of
from .test_records import Enters, enters, refreshes

__all__ = ["enters"]  # the fixture

Browsers = Callable[[str], Browser]


@pytest.fixture
def ann(browsers: Browsers) -> Browser:
    return browsers(ANN)


def test_a_record_is_linked_to_the_item_it_is(ann: Browser, source: Source, enters: Enters) -> None:
    # Given a record, and an item that was sent and looks like it
    item_id = source.sent(title="Hydraulic jacks, hired")
    record = enters(title="Hydraulic jacks, hired", total="75.00")
    listed = ann.get(f"/items?list=ready_to_import&q={record['number']}")
    assert f'href="/erp-records/{record["id"]}?list=ready_to_import&amp;q=' in listed.text
    # When an approver opens it, then the likeliest is offered first, and another can be searched
    page = ann.get(f"/erp-records/{record['id']}?list=ready_to_import")
    assert f'value="{item_id}" checked' in page.text
    assert "75.00" in page.text
    other = source.sent(title="Bearing pads")
    found = ann.get(f"/erp-records/{record['id']}?list=ready_to_import&item=bearing+pads")
    assert f'value="{other}" checked' in found.text
    # When they link it, then it is the item's record
    answer = ann.sends(page, f"/erp-records/{record['id']}/link", item_id=item_id)
    assert path_of(answer) == f"/erp-records/{record['id']}?list=ready_to_import&did=link"
    after = ann.get(path_of(answer)).text
    assert 'role="status">Linked.' in after
    assert f'href="/items/{item_id}"' in after
    assert source.becomes(item_id, "synced")["origin"]["id"] == record["origin"]["id"]
    # And a second time it is refused, with the reason
    again = ann.post(f"/erp-records/{record['id']}/link", data={"item_id": other}, headers=OURS)
    assert again.status_code == 409
    assert "linked to an item already" in text_of(again.text)
    nothing = ann.post(f"/erp-records/{record['id']}/link", headers=OURS)
    assert "no item is chosen" in text_of(nothing.text).lower()


def test_a_record_is_imported_put_away_and_restored(
    ann: Browser, source: Source, enters: Enters
) -> None:
    record = enters(title="Groundworks", total="75.00")
    for action, says in (("archive", "It can be restored"), ("unarchive", "Restored.")):
        page = ann.get(f"/erp-records/{record['id']}")
        answer = ann.sends(page, f"/erp-records/{record['id']}/{action}")
        assert says in text_of(ann.get(path_of(answer)).text)
    page = ann.get(f"/erp-records/{record['id']}")
    answer = ann.sends(page, f"/erp-records/{record['id']}/import", external_id="pm-imported")
    after = ann.get(path_of(answer))
    assert "Imported. The source is told to add it." in text_of(after.text)
    assert "Why can't I import or link it?" in text_of(after.text)
    (item,) = [
        each
        for each in source.api.get("/v1/items?q=groundworks&state=synced").json()["items"]
        if each["external_id"] == "pm-imported"
    ]
    # And the page of what came from the ERP is there, though Gatepost wrote no record of it
    shown = ann.get(f"/items/{item['item_id']}")
    assert shown.status_code == 200
    assert "What will be written" not in shown.text


def test_many_records_are_put_away_together(
    browsers: Browsers, ann: Browser, enters: Enters
) -> None:
    two = [enters(title="Chairs", total="1.00")["id"] for _ in range(2)]
    form = {"chosen": [*two, "nothing"], "next": "/items?list=ready_to_import"}
    done = ann.post("/record-decisions", data=form | {"action": "archive"}, headers=OURS)
    assert "2 archived" in text_of(done.text)
    # Put away again, they were so before; linked together they cannot be
    again = ann.post("/record-decisions", data=form | {"action": "archive"}, headers=OURS)
    assert text_of(again.text).count("Was so before") == 2
    refused = ann.post("/record-decisions", data=form | {"action": "import"}, headers=OURS)
    assert "is archived" in text_of(refused.text)
    for wrong in ({"action": "link"}, {"action": "archive", "chosen": []}):
        answer = ann.post("/record-decisions", data=form | wrong, headers=OURS)
        assert answer.status_code == 422
    stranger = browsers("ann@acme.example")
    assert "0 restored" in text_of(
        stranger.post("/record-decisions", data=form | {"action": "unarchive"}, headers=OURS).text
    )


@pytest.mark.parametrize("who", [RITA, OMAR])
def test_whoever_may_not_import_is_told_why(browsers: Browsers, enters: Enters, who: str) -> None:
    record = enters(title="Fence", total="9.00")
    page = browsers(who).get(f"/erp-records/{record['id']}")
    assert 'method="post" action="/erp-records' not in page.text
    assert "Why can't I import or link it?" in text_of(page.text)
    assert "lacks the level Standard" in text_of(page.text)
    for action in ("import", "archive"):
        answer = browsers(who).post(f"/erp-records/{record['id']}/{action}", headers=OURS)
        assert answer.status_code == 403
    assert browsers("ann@acme.example").get(f"/erp-records/{record['id']}").status_code == 404


def test_what_differs_in_the_erp_is_shown_side_by_side(
    ann: Browser, source: Source, api: httpx.Client, blind: str, browsers: Browsers
) -> None:
    # Given a commitment that somebody changed in the ERP
    item_id = source.sent(title="Mooring posts")
    page = ann.get(f"/items/{item_id}")
    ann.sends(page, f"/items/{item_id}/accept", **{"entry.erp_number": "T-drift"}, preview_hash="")
    origin = source.becomes(item_id, "synced")["origin"]["id"]
    source.house.sandbox.books.amend(Kind.COMMITMENT, origin, {"title": "Mooring rings"})
    refreshes(source.house, api, "sync")
    source.house.until(lambda: api.get(f"/v1/items/{item_id}").json()["drift"])
    # When an approver opens it, then both are told
    said = text_of(ann.get(f"/items/{item_id}").text)
    assert "The ERP differs" in said
    assert "Gatepost wrote The ERP has Title Mooring posts Mooring rings" in said
    # And whoever reads no books sees that it differs, not where
    unseen = text_of(browsers(blind).get(f"/items/{item_id}").text)
    assert "The ERP differs" in unseen
    assert "Mooring rings" not in unseen
