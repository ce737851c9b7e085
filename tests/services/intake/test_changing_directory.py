"""A source changes the directory: the sections it names, once, or is refused with every reason."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest

from gatepost.domain.people import ErpTool
from gatepost.ledger import tables
from gatepost_intake.incoming import Incoming
from tests.services.desk import ANN, UMA, Desk, data

SOURCE = "https://pm.example/acme"
EVE = {"email": "eve@acme.example", "name": "Eve Moe", "tools": {"commitments": "admin"}}


def change(document: dict[str, Any], event_id: str = "change-1", **more: Any) -> Incoming:
    event = {
        "specversion": "1.0",
        "type": "gatepost.directory.changed.v1",
        "id": event_id,
        "source": SOURCE,
        "data": document,
    }
    return Incoming(orjson.dumps(event), **more)


def acme(**sections: Any) -> dict[str, Any]:
    return {"company": {"key": "acme"}, **sections}


def told(desk: Desk, fact: str) -> dict[str, Any]:
    event = desk.told[-1]
    assert event["type"] == f"gatepost.directory.{fact}.v1"
    found: dict[str, Any] = event["data"]
    return found


def of_directory(desk: Desk) -> list[dict[str, Any]]:
    rows = desk.rows(tables.history, tables.history.c.item_id.is_(None))
    return sorted(rows, key=lambda row: row["revision"])


# --- taken ---------------------------------------------------------------------------------------


def test_the_sections_that_are_named_are_replaced_and_the_others_stay(desk: Desk) -> None:
    # Given a company
    before = desk.ledger.directory().company("acme")
    # When its source names its vendors
    desk.arrives(change(acme(vendors=[{"external_id": "v-1", "name": "Aker", "origin": "V-1"}])))
    # Then these are all it has, and nothing else is touched
    after = desk.ledger.directory()
    company = after.company("acme")
    assert [vendor.origin for vendor in company.vendors.values()] == ["V-1"]
    assert (company.people, company.projects, company.name) == (
        before.people,
        before.projects,
        before.name,
    )
    assert after.connection_of("acme") is not None
    # And the source is told
    found = told(desk, "applied")
    assert found["changes"] == {"vendors": {"added": 1, "removed": len(before.vendors)}}
    assert (found["applied_event"], found["version"]) == ("change-1", after.version)
    # And who did it stands in the history
    row = of_directory(desk)[-1]
    assert (row["what"], row["by"], row["channel"]) == ("directory changed", SOURCE, "amqp")


def test_name_and_settings_are_sections_of_their_own(desk: Desk) -> None:
    desk.set_up(grace_seconds=60)
    desk.arrives(change({"company": {"key": "acme", "name": "Acme AS"}}))
    company = desk.ledger.directory().company("acme")
    assert (company.name, company.settings.grace_seconds) == ("Acme AS", 60)
    desk.arrives(change({"company": {"key": "acme", "settings": {}}}, "change-2"))
    company = desk.ledger.directory().company("acme")
    assert (company.name, company.settings.grace_seconds) == ("Acme AS", 0)


@pytest.mark.parametrize("event_id", ["change-1", "change-2"])
def test_the_same_change_again_changes_nothing(desk: Desk, event_id: str) -> None:
    document = acme(people=[EVE])
    desk.arrives(change(document))
    version, rows = desk.ledger.directory().version, len(of_directory(desk))
    desk.arrives(change(document, event_id))
    assert (desk.ledger.directory().version, len(of_directory(desk))) == (version, rows)
    # A repeated event is passed over; another one with the same content is answered
    answered = len([each for each in desk.told if "directory" in each["type"]])
    assert answered == (1 if event_id == "change-1" else 2)
    if answered == 2:
        assert told(desk, "applied")["changes"] == {}


def test_who_sends_right_behind_the_change_is_known_already(desk: Desk) -> None:
    # Given a vendor that is not linked
    desk.arrives(change(acme(vendors=[{"external_id": "v-7", "name": "Aker"}])))
    desk.event(data())
    assert not desk.has()
    # When it is linked, and an item that names it comes in the same batch
    linked = acme(vendors=[{"external_id": "v-7", "name": "Aker", "origin": "V-100"}])
    desk.arrives(change(linked, "change-2"), desk.incoming(data()))
    # Then it is taken
    assert desk.item().sent_by == UMA


def test_approvers_of_projects_who_cannot_approve_are_told_as_warnings(desk: Desk) -> None:
    project = {"external_id": "pm-12", "name": "Harbor", "approvers": [ANN, "nobody@acme.example"]}
    desk.arrives(change(acme(projects=[project])))
    (warning,) = told(desk, "applied")["warnings"]
    assert warning == "projects[0].approvers[1]: nobody@acme.example is not among the people"


# --- refused -------------------------------------------------------------------------------------


def test_connections_are_not_changed_by_an_event(desk: Desk) -> None:
    entry = {"key": "books", "connector": "sandbox", "options": {"url": "http://evil.example"}}
    desk.arrives(change(acme(people=[EVE], connections=[entry])))
    (error,) = told(desk, "refused")["errors"]
    assert (error["field"], error["rule"]) == ("connections", "not_by_event")
    assert error["message"] == "connections are not changed by events: they hold credentials"
    assert "eve@acme.example" not in desk.ledger.directory().company("acme").people


def test_a_document_with_mistakes_is_refused_with_all_of_them_and_kept(desk: Desk) -> None:
    version = desk.ledger.directory().version
    wrong = acme(people=[{**EVE, "erp_tool": "admim"}, {**EVE, "emial": "x"}], poeple=[])
    desk.arrives(change(wrong))
    errors = told(desk, "refused")["errors"]
    assert {each["field"] for each in errors} == {
        "people[0].erp_tool",
        "people[1].emial",
        "people[1].email",
        "poeple",
    }
    assert told(desk, "refused")["refused_event"] == "change-1"
    assert desk.ledger.directory().version == version
    (kept,) = desk.rows(tables.quarantine)
    assert orjson.loads(base64.b64decode(kept["body"]))["data"] == wrong


@pytest.mark.parametrize(
    ("document", "said"),
    [
        # a company that only an operator can make
        ({"company": {"key": "nobody"}, "people": []}, "there is no company nobody here"),
        # no company at all
        ({"people": []}, "company: it is missing, and has no default"),
        ({"company": "acme"}, "company: input should be a valid dictionary"),
        ({"company": {"key": 7}}, "company.key: input should be a valid string"),
    ],
)
def test_a_change_of_no_company_is_refused(desk: Desk, document: dict[str, Any], said: str) -> None:
    desk.arrives(change(document))
    assert said in told(desk, "refused")["errors"][0]["message"]


def test_who_may_not_speak_for_a_company_does_not_change_it(desk: Desk) -> None:
    desk.arrives(change(acme(people=[EVE]), publisher="pm", companies=("other",)))
    assert told(desk, "refused")["errors"][0]["rule"] == "not_entitled"
    desk.arrives(change(acme(people=[EVE]), "change-2", publisher="pm", companies=("acme",)))
    assert told(desk, "applied")["changes"]["people"]["added"] == 1
    assert of_directory(desk)[-1]["by"] == "pm"
    eve = desk.ledger.directory().company("acme").people["eve@acme.example"]
    assert eve.erp_tool is ErpTool.NONE
