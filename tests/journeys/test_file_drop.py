"""An ERP that reads files: an accepted commitment is a file, its acknowledgement makes it synced."""

import os
from collections.abc import Iterator
from typing import Final

import pytest
import sqlalchemy as sa

from gatepost.connectors.filedrop import FileDropConfig, FileDropConnector
from gatepost.connectors.filedrop.answering import NOT_THERE
from gatepost.connectors.filedrop.names import Folder
from gatepost.ledger import tables
from gatepost.messages.requests import Action
from tests.connectors.filedrop_erp import Bookkeeping, lying_there, make_folders
from tests.journeys.company import ANN, Event, change_order, commitment, of_company
from tests.journeys.gate import Gate
from tests.journeys.other_companies import enter

COMPANY: Final = "ferro"


def of_ferro(event: Event) -> Event:
    """The same event, of this company."""
    return of_company(COMPANY, event)


def looks(gate: Gate, item: str) -> int:
    """How often the ERP was called for an item."""
    of_item = tables.export_attempts.c.item_id == item
    with gate.stack.ledger.database.reading() as connection:
        count = sa.select(sa.func.count()).select_from(tables.export_attempts).where(of_item)
        return int(connection.execute(count).scalar_one())


@pytest.fixture(scope="module")
def erp(gate: Gate, tmp_path_factory: pytest.TempPathFactory) -> Bookkeeping:
    """The company's ERP: it looks into the folder when a test has it do so."""
    folder = make_folders(tmp_path_factory.mktemp("drop") / COMPANY)
    options = f'options = {{ folder = "{folder}", look_every = 0.5, settle = 0.5 }}'
    enter(gate, COMPANY, connection=f'connector = "file_drop"\n{options}')
    return Bookkeeping(folder)


@pytest.fixture(autouse=True)
def all_is_read(gate: Gate, erp: Bookkeeping) -> Iterator[None]:
    """Nothing is left waiting for the ERP: the next journey wants to see the ledger empty."""
    yield
    erp.answers = lambda _: {}

    def read() -> bool:
        erp.take_all()
        return gate.has_no_work()

    gate.eventually(read, "the ledger is empty")


def test_an_accepted_commitment_is_a_file_and_its_acknowledgement_makes_it_synced(
    gate: Gate, erp: Bookkeeping
) -> None:
    # Given a commitment that was accepted, and its change order
    order = gate.sends(of_ferro(commitment("c-1", title="Béton, tower B")))
    change = gate.sends(of_ferro(change_order("co-1", parent="c-1")))
    assert gate.accepts(order, by=ANN, entries={"accounting_date": "2026-11-30"}) == "done"
    assert gate.accepts(change, by=ANN) == "done"

    # Then there is one file, and the item says what it waits for; nothing has failed
    name = f"commitment_{order}_1.csv"
    said = f"the ERP has not acknowledged {name} yet"
    gate.eventually(lambda: gate.row(order)["waits_for"] == said, "it is dropped, and awaited")
    assert lying_there(erp) == [name]
    looked = looks(gate, order)
    gate.eventually(lambda: looks(gate, order) > looked + 1, "it is looked for again")
    assert gate.state(order) == "exporting"
    gate.eventually(lambda: gate.row(order)["attempts"] == 1, "between two looks it is one try")
    assert len(gate.told(order, "exporting")) <= looked, "a look is no news"
    assert gate.decides(order, Action.TAKE_BACK, by=ANN) == "not_allowed"

    # When the ERP has read the file and acknowledged it
    erp.take_all()

    # Then the order is synced with the ERP's own ids, and the change order follows it
    row = gate.becomes(order, "synced")
    origin = gate.hears(order, "synced")["origin"]
    assert (row["origin_id"], origin["id"], origin["code"]) == ("E-1", "E-1", "SC-c-1")
    lines = [{"external_id": "l-1", "id": "E-1-1"}, {"external_id": "l-2", "id": "E-1-2"}]
    assert origin["lines"] == lines
    gate.eventually(lambda: lying_there(erp) == [f"change_order_{change}_1.csv"], "it follows")
    erp.take_all()
    gate.becomes(change, "synced")
    assert [each["parent_erp_id"] for each in erp.books] == ["", "E-1"]
    assert [each["title"] for each in erp.books] == ["Béton, tower B", ""]


def test_a_refusal_is_a_failure_with_the_erp_s_words_and_a_retry_is_another_file(
    gate: Gate, erp: Bookkeeping
) -> None:
    # Given a commitment whose file the ERP refuses
    closed = {"status": "refused", "code": "period_closed", "message": "Period 11 is closed"}
    erp.answers = lambda _: closed
    order = gate.sends(of_ferro(commitment("c-2")))
    assert gate.accepts(order, by=ANN) == "done"
    gate.eventually(lambda: lying_there(erp), "it is dropped")
    erp.take_all()

    # Then it has failed, at once, with the ERP's words
    gate.becomes(order, "failed")
    cause = gate.hears(order, "failed")["cause"]
    assert (cause["class"], cause["erp_code"]) == ("PeriodClosed", "period_closed")
    assert "Period 11 is closed" in cause["message"]

    # When accounting has opened the period and presses Retry
    erp.answers = lambda _: {}
    assert gate.retries(order, by=ANN) == "done"
    gate.eventually(lambda: lying_there(erp) == [f"commitment_{order}_2.csv"], "a second file")
    erp.take_all()

    # Then it is in the ERP, once
    gate.becomes(order, "synced")
    assert [each["mark"] for each in erp.books].count(order) == 1


def test_what_the_erp_never_took_is_taken_back_and_a_retry_drops_it_again(
    gate: Gate, erp: Bookkeeping
) -> None:
    # Given a file that lies there, longer than anybody waits
    order = gate.sends(of_ferro(commitment("c-3")))
    assert gate.accepts(order, by=ANN) == "done"
    gate.eventually(lambda: lying_there(erp), "it is dropped")
    was_dropped_long_ago(erp, order)

    # Then it has failed, and it is known that the ERP has nothing of it
    gate.becomes(order, "failed")
    assert gate.hears(order, "failed")["cause"]["class"] == "NotTaken"
    assert lying_there(erp) == []

    # When the import runs again and accounting retries, then it is in the ERP, once
    assert gate.retries(order, by=ANN) == "done"
    gate.eventually(lambda: lying_there(erp) == [f"commitment_{order}_1.csv"], "it is back")
    erp.take_all()
    gate.becomes(order, "synced")
    assert [each["mark"] for each in erp.books].count(order) == 1


def test_what_the_erp_took_and_keeps_silent_about_is_retried_by_what_somebody_found(
    gate: Gate, erp: Bookkeeping
) -> None:
    # Given a file the ERP took long ago, and its item, of which nobody knows
    order = gate.sends(of_ferro(commitment("c-4")))
    assert gate.accepts(order, by=ANN) == "done"
    gate.eventually(lambda: lying_there(erp), "it is dropped")
    [name] = lying_there(erp)
    (erp.folder / Folder.OUTGOING / name).unlink()
    was_dropped_long_ago(erp, order)
    gate.eventually(lambda: "after 72 hours" in gate.row(order)["waits_for"], "it is overdue")
    assert gate.state(order) == "exporting"

    # When somebody has looked into the ERP and says that it is not there
    FileDropConnector(FileDropConfig(folder=str(erp.folder))).answer(name, NOT_THERE)

    # Then it is dropped again as another file, and synced by that one
    gate.eventually(lambda: lying_there(erp) == [f"commitment_{order}_2.csv"], "a second file")
    erp.take_all()
    gate.becomes(order, "synced")
    assert [each["mark"] for each in erp.books].count(order) == 1


def was_dropped_long_ago(erp: Bookkeeping, order: str) -> None:
    os.utime(erp.folder / Folder.SENT / f"commitment_{order}_1.json", (0, 0))
