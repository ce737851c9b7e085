"""What the ERP has already: read, imported, linked, put away, compared, let go of."""

import pytest

from gatepost.domain.lifecycle import State, Step
from gatepost.domain.lists import WorkList
from gatepost.messages.requests import Action, Purpose, RecordAction
from tests.journeys.company import ANN, RITA, UMA, commitment, corrected, project
from tests.journeys.covering import covers
from tests.journeys.erp_hands import ErpHands
from tests.journeys.gate import Gate


@pytest.fixture
def erp(gate: Gate) -> ErpHands:
    return ErpHands(gate)


def test_a_project_of_the_erp_is_imported_and_then_its_commitment(
    gate: Gate, erp: ErpHands
) -> None:
    # Given a project and a commitment that a bookkeeper wrote into the ERP
    job = erp.enters("projects", number="J-900", title="Ferry ramp", currency="USD")
    order = erp.enters("commitments", number="PO-900", title="Piles", parent=job, total="500.00")

    # When the ERP is read, then the project is ready to import, and not yet what is under it
    assert erp.reads(Purpose.REFRESH)["error"] == ""
    assert erp.listed(order, WorkList.READY_TO_IMPORT) is None
    assert erp.decides(erp.ready(job), RecordAction.IMPORT, by=RITA) == "not_entitled"

    # When an approver adds it to the source
    assert erp.decides(erp.ready(job), RecordAction.IMPORT, by=ANN, external_id="pm-900") == "done"

    # Then the source is told to create it, it is synced, and the commitment's turn has come
    gate.eventually(lambda: erp.imports(), "the source is told")
    told = erp.imports()[-1]
    assert (told["external_id"], told["state"], told["badge"]) == ("pm-900", "synced", "green")
    assert (told["record"]["origin"]["id"], told["record"]["name"]) == (job, "Ferry ramp")
    assert gate.state(told["item_id"]) == "synced"
    assert erp.decides(erp.ready(order), RecordAction.IMPORT, by=ANN) == "done"

    # And when the source sends what it made of it, that is an update of the same record
    item = gate.sends(project("pm-900"))
    assert gate.accepts(item, by=ANN) == "done"
    assert gate.becomes(item, "synced")["origin_id"] == job
    assert [each["id"] for each in gate.records(item)] == [job]


@covers(State.SENT, Step.LINK)
def test_a_record_is_linked_to_the_item_it_is_and_nothing_is_written(
    gate: Gate, erp: ErpHands
) -> None:
    # Given a commitment that was sent, and written into the ERP by hand meanwhile
    item = gate.sends(commitment("c-901", title="Cladding, north face"))
    order = erp.enters("commitments", number="SC-c-901", title="Cladding north")
    erp.reads(Purpose.REFRESH)

    # When the record is looked at, then the item is suggested by its number
    record = erp.ready(order)
    assert [(each.item_id, each.why) for each in erp.suggestions(record)] == [(item, "number")]

    # When an approver links the two, then the item is synced as that record
    assert erp.decides(record, RecordAction.LINK, by=ANN, item_id=item) == "done"
    assert gate.becomes(item, "synced")["origin_id"] == order
    assert gate.hears(item, "synced")["origin"]["id"] == order
    assert gate.records(item) == [], "nothing was written into the ERP"

    # And once more changes nothing, and nobody can take the record again
    assert erp.decides(record, RecordAction.LINK, by=ANN, item_id=item) == "unchanged"
    assert erp.decides(record, RecordAction.IMPORT, by=ANN) == "not_allowed"
    assert erp.listed(order, WorkList.READY_TO_IMPORT) is None


def test_a_record_that_is_not_wanted_is_put_away_and_brought_back(
    gate: Gate, erp: ErpHands
) -> None:
    # Given a record that is ready to import
    order = erp.enters("commitments", number="PO-902", title="An old one")
    erp.reads(Purpose.REFRESH)

    # When it is archived, then a refresh does not bring it back
    assert erp.decides(erp.ready(order), RecordAction.ARCHIVE, by=RITA) == "not_entitled"
    assert erp.decides(erp.ready(order), RecordAction.ARCHIVE, by=ANN) == "done"
    erp.reads(Purpose.REFRESH)
    assert erp.listed(order, WorkList.READY_TO_IMPORT) is None
    archived = erp.listed(order, WorkList.ARCHIVED)
    assert archived is not None

    # When it is unarchived, then it is ready once more; and gone when the ERP no longer has it
    assert erp.decides(archived, RecordAction.UNARCHIVE, by=ANN) == "done"
    assert erp.ready(order).id == archived.id
    erp.removes("commitments", order)
    erp.reads(Purpose.REFRESH)
    assert erp.listed(order) is None


def test_a_sync_shows_where_the_erp_differs_until_it_agrees_again(
    gate: Gate, erp: ErpHands
) -> None:
    # Given a commitment that was exported
    item = gate.sends(commitment("c-903"))
    gate.accepts(item, by=ANN)
    order = gate.becomes(item, "synced")["origin_id"]
    erp.reads(Purpose.SYNC)
    assert erp.drift(item) is None, "it is as Gatepost wrote it"

    # When a bookkeeper changes it in the ERP, then a sync says what differs
    erp.changes("commitments", order, title="Steel, by hand")
    erp.reads(Purpose.SYNC)
    drift = erp.drift(item)
    assert drift is not None
    assert drift["fields"] == [
        {"field": "title", "ours": "Steel erection, tower B", "theirs": "Steel, by hand"}
    ]

    # When it is put right, then nothing differs; and when it is deleted, that shows too
    erp.changes("commitments", order, title="Steel erection, tower B")
    erp.reads(Purpose.SYNC)
    assert erp.drift(item) is None
    erp.removes("commitments", order)
    erp.reads(Purpose.SYNC)
    assert (erp.drift(item) or {})["gone"]


@covers(State.SYNCED, Step.UNLINK)
@covers(State.UNLINKED, Step.ARCHIVE, Step.SEND)
@covers(State.ARCHIVED, Step.UNARCHIVE)
def test_an_item_is_unlinked_once_the_erp_no_longer_has_it(gate: Gate, erp: ErpHands) -> None:
    # Given a commitment that is in the ERP
    sent = commitment("c-904")
    item = gate.sends(sent)
    gate.accepts(item, by=ANN)
    order = gate.becomes(item, "synced")["origin_id"]

    # When it is to be unlinked, then that is refused while the ERP has it, or cannot be asked
    assert gate.decides(item, Action.UNLINK, by=UMA) == "not_entitled"
    assert gate.decides(item, Action.UNLINK, by=ANN) == "not_allowed"
    gate.erp_behaves("down")
    assert gate.decides(item, Action.UNLINK, by=ANN) == "not_allowed"
    gate.erp_behaves("ok")
    assert gate.state(item) == "synced"

    # When the bookkeeper has deleted it there, then it is let go of, and its source may edit it
    erp.removes("commitments", order)
    gate.eventually(
        lambda: gate.decides(item, Action.UNLINK, by=ANN) in ("done", "unchanged"),
        "the ERP is asked again",
    )
    assert gate.hears(item, "unlinked")["editable"] is True

    # And it may be put away, brought back, and sent anew: a new record
    assert gate.decides(item, Action.ARCHIVE, by=ANN) == "done"
    assert gate.hears(item, "archived")["badge"] == "grey"
    assert gate.decides(item, Action.UNARCHIVE, by=ANN) == "done"
    assert gate.state(item) == "unlinked"
    gate.sends(corrected(sent))
    gate.accepts(item, by=ANN)
    assert gate.becomes(item, "synced")["origin_id"] != order
