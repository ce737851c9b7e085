"""The map: every message has a queue, every queue a service, every event out a name that stays."""

from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Final

import pytest

from gatepost.domain.errors import FieldProblem
from gatepost.domain.kinds import ItemRef, Kind
from gatepost.domain.lifecycle import BADGES, State
from gatepost.messages.facts import Fact, about, failed_export, refusal
from gatepost.messages.requests import MESSAGES, Export, Message, Review
from gatepost.messages.routes import ROUTES, Queue, queue_of
from gatepost.runtime.service import Service
from gatepost.runtime.services import GROUP
from gatepost.runtime.topology import QUEUES
from tests.domain.making import CAUSE, item

AT: Final = datetime(2026, 11, 20, 14, 2, tzinfo=UTC)

#: The names sources program against.
TOLD: Final = {
    *("gatepost.item.received.v1", "gatepost.item.refused.v1", "gatepost.item.accepted.v1"),
    *("gatepost.item.rejected.v1", "gatepost.item.retrieved.v1", "gatepost.item.exporting.v1"),
    *("gatepost.item.synced.v1", "gatepost.item.failed.v1", "gatepost.item.unlinked.v1"),
    *("gatepost.item.archived.v1", "gatepost.erp_record.imported.v1"),
}


# --- routes --------------------------------------------------------------------------------------


@cache
def services() -> tuple[Service, ...]:
    """The services that are installed; a room nobody lives in yet has no declaration."""
    found = []
    for point in entry_points(group=GROUP):
        if hasattr(import_module(point.module), point.attr):
            service: Service = point.load()
            found.append(service)
    return tuple(found)


def is_lived_in(service: Service) -> bool:
    return bool(service.handlers or service.batches or service.outside or service.background)


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_every_message_is_handled_by_the_service_that_reads_its_queue(
    message: type[Message],
) -> None:
    queue = ROUTES[message]
    readers = [each for each in services() if queue == each.queue or queue in each.outside]
    if not any(is_lived_in(each) for each in readers):
        pytest.skip(f"nobody reads {queue} yet")
    (reader,) = readers
    assert message in {*reader.handlers, *reader.batches} or queue in reader.outside


def test_no_handler_waits_for_what_never_comes() -> None:
    for service in services():
        for message in (*service.handlers, *service.batches):
            assert ROUTES[message] == service.queue, f"{service.name} does not read {message.TYPE}"


def test_every_message_has_a_route_and_a_name() -> None:
    assert set(ROUTES) == set(MESSAGES.values())
    assert all(name == message.TYPE for name, message in MESSAGES.items())


def test_every_queue_of_a_route_stands_in_rabbitmq() -> None:
    assert set(ROUTES.values()) <= set(QUEUES)
    assert Queue.EVENTS not in QUEUES, "rows the relay publishes to the outside"


def test_exports_of_a_connection_set_apart_have_a_lane_of_their_own() -> None:
    assert queue_of(Export(item_id="1", revision=1)) == "export"
    assert queue_of(Export(item_id="1", revision=1, lane="slow")) == "export.slow"
    assert queue_of(Review(item_id="1", revision=1)) == "approval"


def test_a_message_survives_its_row() -> None:
    sent = Export(item_id="1", revision=2, lane="slow")
    assert MESSAGES["Export"].model_validate_json(sent.model_dump_json()) == sent


def test_a_message_of_a_newer_release_is_read_by_an_older_one() -> None:
    row = b'{"item_id": "1", "revision": 2, "something_new": true}'
    assert MESSAGES["Review"].model_validate_json(row) == Review(item_id="1", revision=2)


# --- events out ----------------------------------------------------------------------------------


def test_events_out_have_the_names_sources_program_against() -> None:
    assert {fact.type for fact in Fact} == TOLD


@pytest.mark.parametrize("state", State)
def test_each_event_tells_the_source_what_to_show(state: State) -> None:
    told = about(Fact.REJECTED, item(state=state), "e-1", AT, comment="wrong cost code")
    assert (told.exchange, told.routing_key) == ("gatepost.events", "acme.commitment.rejected")
    assert told.event["specversion"] == "1.0"
    assert told.event["type"] == "gatepost.item.rejected.v1"
    assert told.event["subject"] == "acme/commitment/pm-558"
    assert told.event["time"] == AT
    assert _always(told.event["data"]) == {
        "item_id": ItemRef("acme", Kind.COMMITMENT, "pm-558").item_id,
        "company": "acme",
        "kind": "commitment",
        "external_id": "pm-558",
        "revision": 1,
        "state": state,
        "badge": BADGES[state].colour,
        "editable": BADGES[state].editable,
    }
    assert told.event["data"]["comment"] == "wrong cost code"


def test_a_failed_export_goes_to_its_queue_as_the_same_event() -> None:
    told = about(Fact.FAILED, item(state=State.FAILED, cause=CAUSE), "e-1", AT, attempts=6)
    kept = failed_export(told)
    assert (kept.exchange, kept.routing_key) == ("", "failed-to-export")
    assert kept.event is told.event


PROBLEM: Final = FieldProblem("status", "status", "it must be approved", "the sender")


def test_a_refusal_of_something_unknown_leaves_the_source_free_to_edit() -> None:
    ref = ItemRef("acme", Kind.INVOICE, "pm-9")
    told = refusal(ref, [PROBLEM], "e-1", AT, cause="7f6c", revision=3)
    assert told.routing_key == "acme.invoice.refused"
    assert _always(told.event["data"]) == {
        "item_id": ref.item_id,
        "company": "acme",
        "kind": "invoice",
        "external_id": "pm-9",
        "revision": 3,
        "state": None,
        "badge": "none",
        "editable": True,
    }
    assert told.event["data"]["refused_event"] == "7f6c"
    assert told.event["data"]["errors"] == [
        {
            "field": "status",
            "rule": "status",
            "message": "it must be approved",
            "who_can_fix": "the sender",
        }
    ]


def test_a_refusal_of_something_known_says_where_it_stands() -> None:
    known = item(state=State.EXPORTING, revision=2)
    told = refusal(known.ref, [PROBLEM], "e-1", AT, item=known, revision=3)
    data = told.event["data"]
    assert (data["state"], data["badge"], data["editable"]) == ("exporting", "blue", False)


def test_a_refusal_of_what_was_not_understood_names_nothing() -> None:
    told = refusal(None, [PROBLEM], "e-1", AT)
    assert told.routing_key == "unknown.unknown.refused"
    assert told.event["data"]["item_id"] is None


def _always(data: dict[str, Any]) -> dict[str, Any]:
    """The fields that every event about an item has."""
    names = ("item_id", "company", "kind", "external_id", "revision", "state", "badge", "editable")
    return {name: data[name] for name in names}
