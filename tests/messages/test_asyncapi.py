"""AsyncAPI and the schemas are made from the code; these hold them against it, and events against them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from scripts.asyncapi import documents

from gatepost.domain.errors import FieldProblem
from gatepost.domain.items import Item
from gatepost.domain.kinds import ItemRef, Kind
from gatepost.ledger.webhooks import EVENT_TYPES
from gatepost.messages.cloud_events import read
from gatepost.messages.fact_data import FACT_DATA
from gatepost.messages.facts import Fact, about, refusal, webhook_test
from gatepost.messages.item_events import KNOWN_TYPES, read_sent
from gatepost_sandbox import upstream
from tests.journeys.company import commitment
from tests.messages.contract import SCHEMAS, findings

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDER: Final = ROOT / "docs" / "reference"
MADE: Final = documents()
NOW: Final = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)

#: What each fact tells besides, as the services tell it.
BESIDES: Final[dict[Fact, dict[str, Any]]] = {
    Fact.RECEIVED: {"received_event": "e-0"},
    Fact.ACCEPTED: {"by": "ann@x.example", "channel": "page", "comment": "", "reason_code": ""},
    Fact.REJECTED: {"by": "ann@x.example", "channel": "api", "comment": "no", "reason_code": "x"},
    Fact.RETRIEVED: {"by": "uma@x.example", "channel": "source"},
    Fact.EXPORTING: {},
    Fact.SYNCED: {
        "origin": {"id": "1", "code": "", "data": "", "lines": [{"external_id": "l", "id": "2"}]}
    },
    Fact.FAILED: {
        "cause": {
            "key": "k", "class": "c", "erp_code": "", "message": "m", "who_can_fix": "w",
        },
        "attempts": 3,
    },
    Fact.UNLINKED: {"by": "ann@x.example", "channel": "page"},
    Fact.ARCHIVED: {"by": "ann@x.example", "channel": "page"},
    Fact.ERP_RECORD_IMPORTED: {
        "by": "ann@x.example",
        "channel": "page",
        "record": {
            "id": "r", "connection": "books", "name": "Gravel", "data": {},
            "origin": {"id": "1", "code": "", "data": "", "lines": []},
        },
    },
}  # fmt: skip


def item() -> Item:
    sending, _ = read_sent(read(json.dumps(commitment("c-1")).encode()))
    return Item.new(sending, NOW)


def as_sent(event: dict[str, Any]) -> dict[str, Any]:
    """The event as it leaves: a JSON document."""
    found: dict[str, Any] = json.loads(json.dumps(event, default=datetime.isoformat))
    return found


@pytest.mark.parametrize("name", MADE)
def test_a_document_is_current(name: str) -> None:
    written = (FOLDER / name).read_text(encoding="utf-8")
    assert written == MADE[name], "make docs writes it anew"


def test_no_schema_is_left_over() -> None:
    there = {str(file.relative_to(FOLDER)) for file in SCHEMAS.rglob("*.json")}
    assert there == MADE.keys() - {"asyncapi.json"}


def test_every_event_has_its_schema() -> None:
    assert set(FACT_DATA) == set(Fact)
    assert {f"schemas/out/{kind}.json" for kind in EVENT_TYPES} <= MADE.keys()
    assert {f"schemas/in/{kind}.json" for kind in KNOWN_TYPES} <= MADE.keys()


@pytest.mark.parametrize("fact", BESIDES)
def test_what_is_told_of_an_item_fits_its_schema(fact: Fact) -> None:
    event = as_sent(about(fact, item(), "e-1", NOW, **BESIDES[fact]).event)
    assert findings(event) == []


def test_a_refusal_fits_its_schema_however_little_is_known() -> None:
    reason = FieldProblem("data.kind", "unknown", "no such kind", "the source")
    ref = ItemRef("acme", Kind.INVOICE, "i-1")
    for said in (
        refusal(ref, [reason], "e-1", NOW, item=item(), cause="e-0"),
        refusal(ref, [reason], "e-1", NOW),
        refusal(None, [], "e-1", NOW, company="acme"),
        refusal(None, [], "e-1", NOW),
    ):
        assert findings(as_sent(said.event)) == []


def test_the_test_of_a_webhook_fits_its_schema() -> None:
    assert findings(as_sent(webhook_test("acme", "w-1", "e-1", NOW))) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"badge": "pink"}, "$.data.badge: 'pink' is not one of"),
        ({"editable": None}, "$.data.editable: None is not of type 'boolean'"),
        ({"extra": 1}, "nothing says what extra is"),
    ],
)
def test_what_does_not_fit_is_found(change: dict[str, Any], said: str) -> None:
    event = as_sent(about(Fact.RECEIVED, item(), "e-1", NOW).event)
    event["data"] |= change
    (finding,) = findings(event)
    assert said in finding


def test_what_sources_send_fits_its_schema() -> None:
    for event in upstream.catalogue():
        assert findings(event, "in") == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("revision", 0),  # they begin with 1
        ("kind", "order"),  # no such kind
        ("created_by", None),
        ("external_id", "a b"),
    ],
)
def test_what_intake_refuses_does_not_fit_the_schema_either(place: str, value: object) -> None:
    event = commitment("c-1")
    event["data"][place] = value
    assert findings(event, "in")


def test_an_amount_is_a_string_in_the_schema_too() -> None:
    event = commitment("c-1")
    event["data"]["content"]["total"] = 20000.0
    assert findings(event, "in")
