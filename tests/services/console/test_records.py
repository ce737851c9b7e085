"""Records of the ERP over HTTP: refreshed, listed, imported, linked, archived, synced, unlinked."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import httpx
import pytest

from gatepost_sandbox.kinds import Kind

from .conftest import ANN, OMAR, RITA, UMA, House, Source

Enters = Callable[..., dict[str, Any]]
_numbers = count(1)


@pytest.fixture
def enters(house: House, api: httpx.Client) -> Enters:
    """A bookkeeper writes a record, and the ERP is refreshed; gives it as it stands on the list."""

    def enter(**record: Any) -> dict[str, Any]:
        number = f"H-{next(_numbers)}"
        entered = house.sandbox.books.enter(Kind.COMMITMENT, {"number": number, **record})
        refreshes(house, api)
        found = listed(api, q=number)
        return next(each for each in found if each["origin"]["id"] == entered["id"])

    return enter


def refreshes(house: House, api: httpx.Client, what: str = "refresh") -> None:
    # One that is under way has perhaps passed what was written just now.
    house.until(lambda: api.post(f"/v1/connections/books/{what}").json()["begun"])

    def done() -> bool:
        (connection,) = api.get("/v1/connections").json()["connections"]
        return bool(connection[what]["finished_at"])

    house.until(done)


def listed(api: httpx.Client, name: str = "ready_to_import", **wanted: str) -> list[dict[str, Any]]:
    answer = api.get("/v1/erp-records", params={"list": name, **wanted})
    found: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
    return found


def test_a_refresh_is_begun_and_its_progress_is_shown(house: House, api: httpx.Client) -> None:
    begun = api.post("/v1/connections/books/refresh", json={"kinds": ["vendor"]})
    assert (begun.status_code, begun.json()["key"]) == (202, "books")

    def done() -> dict[str, Any] | None:
        (connection,) = api.get("/v1/connections").json()["connections"]
        found: dict[str, Any] = connection["refresh"]
        return found if found["finished_at"] else None

    found = house.until(done)
    assert (found["kind"], found["error"]) == ("vendor", "")
    assert found["records"] >= 10
    vendors = api.get("/v1/erp-records", params={"kind": "vendor", "q": "Aker"}).json()["items"]
    assert [each["name"] for each in vendors] == ["Aker Steel AS"]


def test_a_record_is_imported_and_its_item_is_there(enters: Enters, ann: httpx.Client) -> None:
    record = enters(title="Groundworks", total="75.00")
    assert record["data"]["total"] == "75.00"
    answer = ann.post(
        f"/v1/erp-records/{record['id']}/import", json={"external_id": record["number"]}
    )
    told = answer.json()
    assert (answer.status_code, told["outcome"], told["record"]["state"]) == (200, "done", "linked")
    item = ann.get(f"/v1/items/{told['item_id']}").json()
    assert (item["state"], item["title"], item["origin"]["id"]) == (
        "synced",
        "Groundworks",
        record["origin"]["id"],
    )
    assert ann.get(f"/v1/items/{item['item_id']}/preview").status_code == 200
    assert listed(ann, q=record["origin"]["id"]) == []
    again = ann.post(f"/v1/erp-records/{record['id']}/import")
    assert (again.status_code, again.json()["code"]) == (409, "not_allowed")


def test_a_record_is_linked_to_the_item_that_is_suggested(
    enters: Enters, ann: httpx.Client, source: Source
) -> None:
    item_id = source.sent(title="Scaffolding, hall 3", number="SCAF-3")
    record = enters(title="Scaffolding hall 3")
    (suggested,) = record["suggestions"]
    assert (suggested["item_id"], suggested["why"]) == (item_id, "name")
    told = ann.post(f"/v1/erp-records/{record['id']}/link", json={"item_id": item_id}).json()
    assert (told["outcome"], told["item"]["state"]) == ("done", "synced")


def test_a_record_is_archived_and_brought_back(enters: Enters, ann: httpx.Client) -> None:
    record = enters(title="Not ours")
    path, key = f"/v1/erp-records/{record['id']}", record["origin"]["id"]
    assert ann.get(path).json()["may"]["archive"] == {"allowed": True}
    assert ann.post(f"{path}/archive").json()["record"]["state"] == "archived"
    assert [each["id"] for each in listed(ann, "archived", q=key)] == [record["id"]]
    assert not ann.get(path).json()["may"]["import"]["allowed"]
    assert ann.post(f"{path}/unarchive").json()["record"]["state"] == "ready_to_import"


def test_pages_follow_each_other_by_name(house: House, enters: Enters, api: httpx.Client) -> None:
    for name in ("Zinc a", "Zinc b", "Zinc c"):
        enters(title=name)
    first = api.get("/v1/erp-records", params={"q": "Zinc", "limit": 2}).json()
    more = {"q": "Zinc", "limit": 2, "cursor": first["next_cursor"]}
    second = api.get("/v1/erp-records", params=more).json()
    names = [each["name"] for each in first["items"] + second["items"]]
    assert (names, second["next_cursor"]) == (["Zinc a", "Zinc b", "Zinc c"], None)
    assert api.get("/v1/erp-records", params={"cursor": "no"}).status_code == 422


def test_drift_is_shown_with_the_item_until_it_is_unlinked(
    house: House, ann: httpx.Client, api: httpx.Client, source: Source
) -> None:
    # Given an item in the ERP, which a bookkeeper deletes
    item_id = source.sent()
    ann.post(f"/v1/items/{item_id}/accept", json={"revision": 1}).raise_for_status()
    origin = source.becomes(item_id, "synced")["origin"]["id"]
    refused = ann.post(f"/v1/items/{item_id}/unlink")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_allowed")
    assert "the ERP still has" in refused.json()["detail"]
    house.sandbox.books.remove(Kind.COMMITMENT, origin)

    # When it is synced, then the item says so; when it is unlinked, it is over
    refreshes(house, api, "sync")
    house.until(lambda: ann.get(f"/v1/items/{item_id}").json()["drift"])
    assert ann.get(f"/v1/items/{item_id}").json()["drift"]["gone"] is True
    told = ann.post(f"/v1/items/{item_id}/unlink").json()
    assert (told["outcome"], told["item"]["state"]) == ("done", "unlinked")
    assert ann.post(f"/v1/items/{item_id}/archive").json()["item"]["state"] == "archived"
    assert ann.post(f"/v1/items/{item_id}/unarchive").json()["item"]["state"] == "unlinked"


@pytest.mark.parametrize("action", ["refresh", "sync"])
def test_reading_the_erp_is_for_accounting_approvers(house: House, action: str) -> None:
    path = f"/v1/connections/books/{action}"
    for person, status in ((OMAR, 403), (RITA, 403), (UMA, 403), (ANN, 202)):
        with house.client("items:decide", acting=person) as client:
            answer = client.post(path)
            assert answer.status_code == status, person
            if status == 403:
                assert answer.json()["errors"][0]["who_can_fix"]
    with house.client("items:read") as client:
        assert client.post(path).json()["code"] == "scope_missing"
    with house.client("admin") as client:
        assert client.post(f"/v1/connections/nothing/{action}").status_code == 404
    with house.client("acme") as client:
        assert client.post(path).status_code == 404


def test_records_of_another_company_are_not_there(house: House, enters: Enters) -> None:
    record = enters()
    with house.client("acme", acting="ann@acme.example") as client:
        assert client.get(f"/v1/erp-records/{record['id']}").status_code == 404
        assert client.post(f"/v1/erp-records/{record['id']}/import").status_code == 404
        assert client.get("/v1/erp-records").json()["items"] == []


def test_an_import_is_somebodys(enters: Enters, api: httpx.Client, house: House) -> None:
    record = enters()
    path = f"/v1/erp-records/{record['id']}/import"
    assert api.post(path).status_code == 403
    with house.client("items:decide", acting=UMA) as client:
        assert client.post(path).status_code == 403
    assert api.get("/v1/erp-records/nothing").status_code == 404


def test_what_an_entry_may_be_chosen_from_comes_with_the_item(
    house: House, api: httpx.Client, ann: httpx.Client, source: Source
) -> None:
    # Given an ERP that was read
    refreshes(house, api)
    item_id = source.sent("project", status="active")

    # When an approver looks at a project, then its customers are there to choose from
    asked = {each["name"]: each for each in ann.get(f"/v1/items/{item_id}").json()["entries_asked"]}
    assert (asked["erp_job_id"]["choices"], asked["customer"]["options"]) == (None, "customer")
    choices = asked["customer"]["choices"]
    assert {"id": "C-10", "name": "City of Port Calder"} in choices["items"]
    assert choices["total"] == len(choices["items"]) == 7
    assert choices["read_at"]

    # And they are searched page by page
    wanted = {"kind": "customer", "q": "cal", "limit": "1"}
    first = ann.get("/v1/connections/books/options", params=wanted).json()
    assert (first["total"], [each["id"] for each in first["items"]]) == (2, ["C-11"])
    cursor = {"cursor": first["next_cursor"]}
    second = ann.get("/v1/connections/books/options", params=wanted | cursor).json()
    assert ([each["id"] for each in second["items"]], second["next_cursor"]) == (["C-10"], None)

    # And another is refused, by itself and among many; the preview says so too
    entries = {"customer": "C-99"}
    preview = ann.post(f"/v1/items/{item_id}/preview", json={"entries": entries}).json()
    assert [each["rule"] for each in preview["errors"]] == ["not_offered"]
    body = {"revision": 1, "entries": entries}
    refused = ann.post(f"/v1/items/{item_id}/accept", json=body)
    assert (refused.status_code, refused.json()["errors"][0]["rule"]) == (422, "not_offered")
    many = {"decisions": [{"item_id": item_id, "action": "accept", **body}]}
    (told,) = ann.post("/v1/decisions", json=many).json()["outcomes"]
    assert (told["status"], told["errors"][0]["field"]) == (422, "entries.customer")
    taken = ann.post(
        f"/v1/items/{item_id}/accept", json={"revision": 1, "entries": {"customer": "C-11"}}
    )
    assert (taken.status_code, taken.json()["outcome"]) == (200, "done")


def test_options_are_shown_to_whoever_may_read_or_decide(house: House) -> None:
    statuses = {}
    for scope in ("items:read", "items:decide", "items:send", "exports:operate", None):
        with house.client(scope) as client:
            answer = client.get("/v1/connections/books/options", params={"kind": "customer"})
            statuses[scope] = answer.status_code
    assert statuses == {
        "items:read": 200,
        "items:decide": 200,
        "items:send": 403,
        "exports:operate": 403,
        None: 401,
    }
    with house.client(acting=UMA) as client:  # no level on the ERP tool
        assert client.get("/v1/connections/books/options?kind=customer").status_code == 403
    with house.client() as client:
        assert client.get("/v1/connections/other/options?kind=customer").status_code == 404
        assert client.get("/v1/connections/books/options?kind=colour").status_code == 422
        assert client.get("/v1/connections/books/options").status_code == 422
