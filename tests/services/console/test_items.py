"""Lists, counts, an item's page, its badge, the record it would become."""

from __future__ import annotations

import httpx
import pytest

from .conftest import ANN, CARLA, OMAR, RITA, UMA, House, Source


def test_lists_are_counted_by_kind(api: httpx.Client, source: Source) -> None:
    before = api.get("/v1/lists", params={"company": "harbor"}).json()
    source.sent()
    after = api.get("/v1/lists").json()
    count = before["lists"]["ready_to_export"]["commitment"]
    assert after["lists"]["ready_to_export"]["commitment"] == count + 1
    assert after["totals"]["ready_to_export"] == before["totals"]["ready_to_export"] + 1
    assert set(after["lists"]) >= {"ready_to_import", "failed_to_export", "synced", "archived"}


def test_a_list_is_read_page_by_page(api: httpx.Client, source: Source) -> None:
    made = [source.sent(title="Paging through Lisbon") for _ in range(5)]
    wanted: dict[str, str | int] = {"list": "ready_to_export", "q": "paging THROUGH", "limit": 2}
    seen: list[str] = []
    cursor = None
    while True:
        page = api.get("/v1/items", params=wanted | ({"cursor": cursor} if cursor else {})).json()
        assert len(page["items"]) <= 2
        seen += [item["item_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert sorted(seen) == sorted(made)
    assert seen == list(reversed(made))  # newest first


def test_filters_narrow_a_list(api: httpx.Client, source: Source) -> None:
    item_id = source.sent(project="pm-13", number="Nyx_1%")

    def found(**params: str) -> set[str]:
        items = api.get("/v1/items", params=params | {"q": "Nyx_1%"}).json()["items"]
        return {item["item_id"] for item in items}

    assert found() == {item_id}  # and % and _ are no wildcards
    assert found(kind="commitment", project="pm-13", state="sent", company="harbor") == {item_id}
    assert not found(kind="invoice")
    assert not found(project="pm-12")
    assert not found(state="synced")
    assert not found(list="synced")
    assert not found(list="ready_to_import")
    assert not found(list="ready_to_export", state="synced")


def test_a_list_is_narrowed_by_people_and_time(api: httpx.Client, source: Source) -> None:
    first = source.sent(title="Dredging in Tromsø", created_by={"email": CARLA, "name": "Carla"})
    second = source.sent(title="Dredging in Tromsø", sent_by={"email": UMA, "name": "Uma"})
    at = api.get(f"/v1/items/{second}").json()["created_at"]

    def found(**params: str) -> list[str]:
        items = api.get("/v1/items", params=params | {"q": "dredg tromsø"}).json()["items"]
        return [item["item_id"] for item in items]

    assert found() == [second, first]
    assert found(sort="oldest") == [first, second]
    assert found(since=at) == [second]
    assert found(until=at) == [first]
    assert first in found(created_by=CARLA)
    assert found(sent_by="nobody@harbor.example") == []


def test_an_item_is_found_by_its_vendor(api: httpx.Client, source: Source) -> None:
    item_id = source.sent(number="V-417")
    vendor = source.house.ledger.directory().company("harbor").vendors["v-1"]
    items = api.get("/v1/items", params={"q": f"v-417 {vendor.name}"}).json()["items"]
    assert [item["item_id"] for item in items] == [item_id]


@pytest.mark.parametrize(
    "params",
    [
        {"list": "everything"},
        {"kind": "boat"},
        {"state": "lost"},
        {"limit": "0"},
        {"limit": "501"},
        {"cursor": "!!"},
        {"cursor": "e30"},
        {"cursor": "WyJub3ciLCAxXQ"},
        {"sort": "largest"},
        {"since": "yesterday"},
        {"since": "2026-01-05T08:00:00"},  # no zone
        {"until": "0001-01-01T00:00:00+14:00"},  # before there was UTC
        {"q": "\0"},
        {"q": "x" * 301},
    ],
)
def test_what_cannot_be_listed_is_refused(api: httpx.Client, params: dict[str, str]) -> None:
    answer = api.get("/v1/items", params=params)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert answer.json()["errors"][0]["field"] == next(iter(params))


def test_an_items_page_tells_all_that_is_known(source: Source, ann: httpx.Client) -> None:
    item_id = source.sent()
    page = ann.get(f"/v1/items/{item_id}").json()
    assert (page["state"], page["badge"], page["editable"]) == ("sent", "blue", False)
    assert page["list"] == "ready_to_export"
    assert [entry["what"] for entry in page["history"]] == ["sent"]
    assert page["content"]["vendor"] == "v-1"
    assert page["attempts"] == []
    source.house.until(lambda: len(ann.get(f"/v1/items/{item_id}").json()["mails"]) == 2)
    mails = ann.get(f"/v1/items/{item_id}").json()["mails"]
    assert {mail["recipient"] for mail in mails} == {ANN, "bo@harbor.example"}


@pytest.mark.parametrize(
    ("person", "may"),
    [
        (ANN, {"accept", "reject"}),
        (UMA, {"retrieve"}),
        (CARLA, {"retrieve"}),  # she may send commitments, so may take one back
        (RITA, set()),
        (OMAR, set()),
        (None, set()),  # a decision is a person's
    ],
)
def test_an_items_page_says_what_may_be_done_now(
    source: Source, house: House, person: str | None, may: set[str]
) -> None:
    item_id = source.sent()
    with house.client(acting=person) as client:
        answers = client.get(f"/v1/items/{item_id}").json()["may"]
    assert {step for step, answer in answers.items() if answer["allowed"]} == may
    for answer in answers.values():
        assert answer["allowed"] or (answer["why_not"] and answer["who_can_fix"])
    if person is None:  # told as it would be refused, unless the life cycle is in the way already
        with house.client() as client:
            refused = client.post(f"/v1/items/{item_id}/accept", json={"revision": 1}).json()
        assert answers["accept"]["why_not"] == refused["detail"]
        assert "Gatepost-As" in answers["accept"]["who_can_fix"]
        assert answers["unlink"]["why_not"].endswith(
            "cannot be unlinked: it is linked to no record of the ERP"
        )


def test_the_badge_is_a_picture_without_script(source: Source, api: httpx.Client) -> None:
    answer = api.get(f"/v1/items/{source.sent()}/badge.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "sent to accounting" in answer.text
    assert "<script" not in answer.text
    assert "style=" not in answer.text


def test_the_preview_is_what_will_be_written(source: Source, ann: httpx.Client) -> None:
    item_id = source.sent()
    preview = ann.get(f"/v1/items/{item_id}/preview").json()
    assert (preview["writes"], preview["errors"]) == ("create", [])
    assert preview["record"]["mark"] == item_id
    ann.post(f"/v1/items/{item_id}/accept", json={"revision": 1}).raise_for_status()
    synced = source.becomes(item_id, "synced")
    assert [attempt["outcome"] for attempt in synced["attempts"]] == ["Done"]
    written = source.house.sandbox.http_url + "/erp/records"
    record = httpx.get(written, params={"kind": "commitment", "mark": item_id}).json()["records"][0]
    assert record["vendor"] == preview["record"]["vendor"] == "V-100"
    assert ann.get(f"/v1/items/{item_id}/preview").json()["writes"] == "update"
    assert synced["origin"]["id"] == record["id"]


def test_what_is_accepted_is_what_was_shown(source: Source, ann: httpx.Client) -> None:
    # Given a record that was looked at with an entry
    item_id = source.sent()
    entered = {"entries": {"accounting_date": "2026-11-20"}}
    shown = ann.post(f"/v1/items/{item_id}/preview", json=entered).json()
    assert shown["record"]["accounting_date"] == "2026-11-20"

    # When it is accepted with another one, then it is refused: that was not shown
    other = {"entries": {"accounting_date": "2026-12-01"}}
    asked = {"revision": 1, "preview_hash": shown["preview_hash"]}
    refused = ann.post(f"/v1/items/{item_id}/accept", json=asked | other)
    assert (refused.status_code, refused.json()["code"]) == (409, "stale_decision")
    assert refused.json()["errors"][0]["field"] == "preview_hash"

    # And as it was shown, it passes
    assert ann.post(f"/v1/items/{item_id}/accept", json=asked | entered).status_code == 200


def test_a_preview_needs_a_connection(house: House, source: Source) -> None:
    from gatepost.ledger.directory_file import apply, parse

    item_id = source.sent()
    with house.client() as client:
        was = (house.ledger.directory().connections["harbor"]).options["url"]
        from gatepost_sandbox import upstream

        text = upstream.directory().replace("http://127.0.0.1:9009", str(was))
        begin, end = text.index("[[connections]]"), text.index("[[people]]")
        apply(house.program.database, parse(text[:begin] + text[end:]))
        try:
            answer = client.get(f"/v1/items/{item_id}/preview")
        finally:
            apply(house.program.database, parse(text))
    assert (answer.status_code, answer.json()["code"]) == (409, "no_connection")


@pytest.mark.parametrize("item_id", ["nothing", "00000000-0000-0000-0000-000000000000", "%00"])
@pytest.mark.parametrize("what", ["", "/badge.svg", "/preview"])
def test_an_item_that_is_not_there(api: httpx.Client, item_id: str, what: str) -> None:
    answer = api.get(f"/v1/items/{item_id}{what}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
