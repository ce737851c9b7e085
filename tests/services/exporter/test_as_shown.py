"""What is exported is what was shown when it was accepted, and what the ERP can hold."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from gatepost.domain.lifecycle import State
from gatepost.ledger import tables
from gatepost.ledger.exports import ask_for_export
from gatepost.ledger.judging import acceptance
from gatepost.ledger.mapping import export_item, preview_hash
from gatepost.ledger.previewing import preview
from gatepost.messages.requests import Action, Decide
from gatepost_exporter.sandbox import SandboxConfig, SandboxConnector
from tests.journeys import company
from tests.services.exporter.room import Room

Commitments = Callable[..., list[dict[str, Any]]]


def shown(room: Room, event: dict[str, Any], item_id: str) -> str:
    """The hash of what an approver sees."""
    connector = SandboxConnector(SandboxConfig(url="http://127.0.0.1:1"))
    with room.program.ledger.work() as work:
        exported = export_item(work.item(item_id), event["data"]["content"], work)
    return preview_hash(connector, exported)


def named(room: Room, item_id: str, hashed: str) -> None:
    """The approver has accepted that very record."""
    with room.program.ledger.work() as work:
        work.item(item_id).preview_hash = hashed


def test_what_was_shown_is_written(room: Room, commitments: Commitments) -> None:
    [event] = commitments()
    [item_id] = room.accepts(event)
    named(room, item_id, shown(room, event, item_id))
    room.exports(item_id)
    assert room.item(item_id).state is State.SYNCED


def test_what_was_not_shown_is_not_written(room: Room, commitments: Commitments) -> None:
    # Given an item whose record is another one by now
    [item_id] = room.accepts(*commitments())
    named(room, item_id, "of another record")

    # When it is exported
    room.exports(item_id)

    # Then the ERP has nothing, and the item says why and who can mend it
    assert room.records(item_id) == []
    item = room.item(item_id)
    assert (item.state, item.unsettled) == (State.FAILED, False)
    assert item.cause
    assert item.cause.cls == "NotAsShown"
    assert "look at what would be written now" in item.cause.who_can_fix


def test_what_the_erp_cannot_hold_is_not_even_sent(room: Room, commitments: Commitments) -> None:
    # Given an accepted item whose number is longer than the ERP can hold
    [event] = commitments()
    event["data"]["number"] = "S" * 31
    [item_id] = room.accepts(event)

    # When it is exported
    room.exports(item_id)

    # Then it fails at once, with the reason
    item = room.item(item_id)
    assert item.state is State.FAILED
    assert item.cause
    assert item.cause.message == "number has 31 characters; the sandbox ERP takes at most 30"
    assert (item.cause.cls, item.cause.key) == (
        "ValidationFailed",
        "ValidationFailed:max_length:number",
    )
    assert item.cause.who_can_fix.startswith("the sender")
    assert room.records(item_id) == []


def test_a_commitment_whose_vendor_left_the_directory_is_not_written(
    a_room: Callable[..., Room], commitments: Commitments
) -> None:
    # Given an accepted commitment whose vendor is in the directory no more
    room = a_room({'external_id = "v-7"': 'external_id = "v-8"'})
    [item_id] = room.accepts(*commitments())

    # When it is exported
    room.exports(item_id)

    # Then it fails with the reason, and the ERP has nothing
    item = room.item(item_id)
    assert item.state is State.FAILED
    assert item.cause
    assert item.cause.message == "the vendor v-7 is not linked to a vendor of the ERP"
    assert item.cause.key == "ValidationFailed:vendor_linked:content.vendor"
    assert item.cause.who_can_fix == "whoever keeps the company's vendors: link it"
    assert room.records(item_id) == []


def test_a_change_order_is_asked_again_of_its_commitment(
    room: Room, commitments: Commitments
) -> None:
    # Given a change that takes 15,000 away of a commitment of 20,000, both accepted
    [event] = commitments()
    [parent] = room.accepts(event)
    room.exports(parent)
    name = event["data"]["external_id"]
    line = {"external_id": "c-1", "cost_code": "05-120", "amount": "-15000.00"}
    less = company.change_order(f"{name}-co", name)
    less["data"]["content"] = {"lines": [line], "total": "-15000.00"}
    [change] = room.accepts(less)

    # When the commitment is worth 10,000 by a higher revision before the change is exported
    lines = [{**event["data"]["content"]["lines"][0], "amount": "10000.00"}]
    room.accepts(company.corrected(event, lines=lines, total="10000.00"))
    room.exports(change)

    # Then it fails at once with the sentence of the rule, and the ERP has nothing of it
    item = room.item(change)
    assert item.state is State.FAILED
    assert item.cause
    assert "the change of -15000.00 leaves less than nothing" in item.cause.message
    assert room.records(change) == []


def test_a_record_shown_with_what_it_begins_with_is_written_so(
    a_room: Callable[..., Room], commitments: Commitments
) -> None:
    # Given an ERP that must be told a number, which is known already
    books = {'connector = "sandbox"': 'connector = "sandbox"\nprofile = "quickbooks_desktop"'}
    room = a_room(books)
    [as_shown, otherwise] = room.accepts(*commitments(2))
    for item_id, entries in ((as_shown, {}), (otherwise, {"erp_number": "OTHER-1"})):
        with room.program.ledger.work() as work:
            item = work.item(item_id)
            item.state = State.SENT
            # When an approver looks at it, enters nothing, and accepts what was shown
            seen = preview(item, {}, work)
            assert seen["errors"] == []
            request = Decide(
                item_id=item_id, action=Action.ACCEPT, by=company.BO, channel="page",
                revision=1, entries=entries, preview_hash=seen["preview_hash"],
            )  # fmt: skip
            found = acceptance(request, item, work)
            assert found
            item.entries, item.preview_hash = found.entries, found.shown
            item.accept(found.decision, work.directory.company("acme"), work.now)
            ask_for_export(item, work)
    room.exports(as_shown, otherwise)
    # Then that is written; what was entered beside it, and not shown, is not
    assert room.item(as_shown).state is State.SYNCED
    assert room.item(as_shown).entries == {"erp_number": room.item(as_shown).number}
    cause = room.item(otherwise).cause
    assert cause
    assert cause.cls == "NotAsShown"


OUTDATED: Final = [
    {"vendor": "v-7", "total": 20000, "lines": [{"id": "l-1"}]},
    {"vendor": "v-7", "lines": "none"},
    {"lines": [["l-1"]], "currency": 7},
    {},
]


@pytest.mark.parametrize("outdated", OUTDATED)
def test_a_content_of_an_outdated_shape_fails_with_reasons_and_parks_nothing(
    room: Room, commitments: Commitments, outdated: dict[str, Any]
) -> None:
    # Given an accepted commitment and its change, and a commitment kept in a shape taken no more
    [event] = commitments()
    [parent] = room.accepts(event)
    room.exports(parent)
    [later] = room.accepts(company.corrected(event))
    name = event["data"]["external_id"]
    [child] = room.accepts(company.change_order(f"{name}-co", name))
    with room.program.ledger.work() as work:
        stored = tables.revisions.c.item_id == later
        work.connection.execute(tables.revisions.update().where(stored).values(content=outdated))

    # When both are exported
    room.exports(later, child)

    # Then the commitment has failed with every place, and its change is in the ERP
    item = room.item(later)
    assert item.state is State.FAILED
    assert item.cause
    assert "it is missing" in item.cause.message
    assert room.item(child).state is State.SYNCED
    parked = [each for each in room.office.messages().values() if each["due_at"] is None]
    assert parked == []
