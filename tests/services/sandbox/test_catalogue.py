"""The catalogue is data; this is what makes it exact."""

import tomllib
from collections import Counter
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from gatepost_sandbox.parties import VENDORS
from gatepost_sandbox.upstream import TOO_LONG, catalogue, corrected, directory, fresh

EVENTS = list(catalogue())
ITEMS = {event["data"]["external_id"]: event["data"] for event in EVENTS}
DIRECTORY = tomllib.loads(directory())
SENDABLE = {
    "project": {"active"},
    "sub_job": {"approved"},
    "commitment": {"approved", "complete"},
    "change_order": {"approved"},
    "invoice": {"approved", "approved_as_noted", "pending_owner_approval"},
}


def of(kind: str) -> list[dict[str, Any]]:
    return [item for item in ITEMS.values() if item["kind"] == kind]


def money(text: str) -> Decimal:
    assert isinstance(text, str)
    amount = Decimal(text)
    assert -amount.as_tuple().exponent == 2  # type: ignore[operator]  # cents are always written
    return amount


def test_there_is_enough_of_every_kind() -> None:
    counts = Counter(item["kind"] for item in ITEMS.values())
    assert counts == {
        "project": 2, "sub_job": 9, "commitment": 15, "change_order": 9, "invoice": 13,
    }  # fmt: skip
    assert {item["status"] for item in of("invoice")} == SENDABLE["invoice"]
    assert {item["content"]["contract_type"] for item in of("commitment")} == {
        "subcontract",
        "purchase_order",
    }


def test_every_id_is_used_once_and_time_goes_forward() -> None:
    assert len({event["id"] for event in EVENTS}) == len(EVENTS) == len(ITEMS)
    times = [datetime.fromisoformat(event["time"]) for event in EVENTS]
    assert times == sorted(set(times))
    for kind in SENDABLE:
        numbers = [item["number"] for item in of(kind)]
        assert len(set(numbers)) == len(numbers)
    lines = [one["external_id"] for item in ITEMS.values() for one in _priced(item)]
    assert len(set(lines)) == len(lines)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event["data"]["external_id"])
def test_an_event_has_the_shape_of_the_contract(event: dict[str, Any]) -> None:
    data = event["data"]
    assert list(event) == [
        "specversion", "type", "id", "source", "subject", "time", "datacontenttype", "data",
    ]  # fmt: skip
    assert (event["specversion"], event["type"]) == ("1.0", "gatepost.item.sent.v1")
    assert event["subject"] == f"harbor/{data['kind']}/{data['external_id']}"
    assert list(data) == [
        "company", "kind", "external_id", "revision", "status", "project", "parent", "number",
        "title", "created_by", "sent_by", "url", "content",
    ]  # fmt: skip
    assert (data["company"], data["revision"]) == ("harbor", 1)
    assert data["status"] in SENDABLE[data["kind"]]
    content = {
        "project": {"number", "name", "address", "start_date", "cost_codes"},
        "sub_job": {"code", "name", "cost_codes"},
        "commitment": {
            "contract_type", "vendor", "currency", "retainage_percent", "lines", "total",
        },
        "change_order": {"lines", "total"},
        "invoice": {"billing_date", "period_start", "period_end", "lines", "retainage", "total"},
    }  # fmt: skip
    assert set(data["content"]) == content[data["kind"]]


def test_parents_are_sent_before_their_children() -> None:
    sent: set[str] = set()
    for external_id, item in ITEMS.items():
        expected = {"sub_job": "project", "change_order": "commitment", "invoice": "commitment"}
        if item["kind"] in expected:
            assert item["parent"] in sent
            parent = ITEMS[item["parent"]]
            assert parent["kind"] == expected[item["kind"]]
            assert item["project"] in (parent["external_id"], parent["project"])
        else:
            assert item["parent"] is None
        assert item["project"] is None or item["project"] in sent
        assert (item["project"] is None) == (item["kind"] == "project")
        sent.add(external_id)


def _priced(item: dict[str, Any]) -> list[dict[str, Any]]:
    return item["content"]["lines"] if item["kind"] in ("commitment", "change_order") else []


def test_money_is_exact_to_the_cent() -> None:
    for item in (*of("commitment"), *of("change_order")):
        lines = _priced(item)
        for line in lines:
            product = Decimal(line["quantity"]) * money(line["unit_cost"])
            assert product == money(line["amount"]) > 0
        assert lines
        assert sum(money(line["amount"]) for line in lines) == money(item["content"]["total"])


def test_invoices_add_up_and_hold_back_what_their_commitment_says() -> None:
    for invoice in of("invoice"):
        content, commitment = invoice["content"], ITEMS[invoice["parent"]]["content"]
        share = Decimal(commitment["retainage_percent"]) / 100
        lines = content["lines"]
        for line in lines:
            assert money(line["retainage"]) == money(line["amount"]) * share
        assert sum(money(line["amount"]) for line in lines) == money(content["total"]) > 0
        assert sum(money(line["retainage"]) for line in lines) == money(content["retainage"])
        assert content["period_start"] <= content["period_end"] <= content["billing_date"]


def test_no_line_is_billed_beyond_its_amount() -> None:
    for commitment in of("commitment"):
        left = {line["external_id"]: money(line["amount"]) for line in _priced(commitment)}
        for invoice in of("invoice"):
            if invoice["parent"] == commitment["external_id"]:
                for line in invoice["content"]["lines"]:
                    left[line["commitment_line"]] -= money(line["amount"])
        assert min(left.values()) >= 0


def test_every_cost_code_is_one_of_the_projects() -> None:
    for item in ITEMS.values():
        if item["kind"] == "project":
            continue
        known = set(ITEMS[item["project"]]["content"]["cost_codes"])
        assert {line["cost_code"] for line in _priced(item)} <= known
        assert set(item["content"].get("cost_codes", [])) <= known


def test_exactly_one_item_is_too_long_and_it_is_where_it_is_said_to_be() -> None:
    too_long = [item for item in of("sub_job") if len(item["content"]["code"]) > 30]
    assert [item["external_id"] for item in too_long] == [TOO_LONG]
    assert too_long[0]["content"]["code"] == "02-100-EAST-TOWER-CURTAIN-WALL-PHASE-2"
    assert len(too_long[0]["content"]["code"]) == 38
    others = [item for name, item in ITEMS.items() if name != TOO_LONG]
    assert all(len(item["number"]) <= 11 and len(item["title"]) <= 30 for item in others)
    assert all(item["number"] == item["content"].get("code", item["number"]) for item in others)


def test_the_directory_knows_everyone_the_events_name() -> None:
    people = {person["email"]: person for person in DIRECTORY["people"]}
    for item in ITEMS.values():
        for role in ("created_by", "sent_by"):
            assert people[item[role]["email"]]["name"] == item[role]["name"]
        tool = "admin" if item["kind"] in ("project", "sub_job") else "commitments"
        assert people[item["sent_by"]["email"]]["tools"][tool] == "admin"
    named = {project["external_id"]: project["name"] for project in DIRECTORY["projects"]}
    assert named == {item["external_id"]: item["title"] for item in of("project")}
    approvers = {email for project in DIRECTORY["projects"] for email in project["approvers"]}
    assert all(people[email]["can_push_to_accounting"] for email in approvers)


def test_vendors_are_linked_to_the_erps_own_and_one_is_not() -> None:
    origins = {one["external_id"]: one.get("origin") for one in DIRECTORY["vendors"]}
    names = {one["id"]: one["name"] for one in VENDORS}
    linked = [one for one in DIRECTORY["vendors"] if "origin" in one]
    assert all(names[one["origin"]] == one["name"] for one in linked)
    assert (len(linked), list(origins.values()).count(None)) == (8, 1)
    assert all(origins[item["content"]["vendor"]] for item in of("commitment"))


def test_a_correction_is_the_same_items_next_revision() -> None:
    # Given the sub job that is too long
    event = next(event for event in EVENTS if event["data"]["external_id"] == TOO_LONG)

    # When its code is corrected
    revised = corrected(event, code="02-100-CURTAIN-WALL")

    # Then it is revision 2 of it, under a new event id, and the first is as it was
    assert revised["id"] != event["id"]
    assert (revised["subject"], revised["data"]["revision"]) == (event["subject"], 2)
    assert revised["data"]["content"]["code"] == revised["data"]["number"] == "02-100-CURTAIN-WALL"
    assert len(event["data"]["number"]) == 38
    assert corrected(revised, title="Curtain wall")["data"]["title"] == "Curtain wall"


def test_a_fresh_event_says_the_same_anew() -> None:
    again = fresh(EVENTS[0])
    assert again["data"] == EVENTS[0]["data"]
    assert again["id"] != EVENTS[0]["id"]
    assert again["time"] > EVENTS[0]["time"][:4]
