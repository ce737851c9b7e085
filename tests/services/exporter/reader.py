"""Somebody who has the exporter read what an ERP has, step by step."""

from itertools import count
from typing import Any

import pytest

from gatepost.domain.erp_records import RecordKind, StagedRecord
from gatepost.domain.items import Item
from gatepost.domain.lists import WorkList
from gatepost.ledger import erp_readings, erp_records
from gatepost.ledger.erp_records import RecordFilter
from gatepost.messages.requests import Purpose
from gatepost.messages.routes import Queue
from gatepost.runtime.outside import LeasedHandler
from gatepost_exporter.reading import Reading
from gatepost_sandbox.kinds import Kind
from tests.services.exporter.room import Room

ON_BOTH = pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)], indirect=True
)
_names = count(1)


class Reader:
    """An exporter's hands at the questions, one step at a time."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.ledger = room.program.ledger
        self.reading = Reading(room.program)
        self.handler = LeasedHandler(
            self.ledger, self.reading, dispatch=room.dispatched.append, attempts=5
        )

    def begins(self, purpose: Purpose, *kinds: RecordKind) -> bool:
        with self.ledger.work() as work:
            return erp_readings.begin(work, "acme", "books", purpose, by="ann", kinds=kinds)

    def steps(self) -> bool:
        """Whatever waits is taken once, a wait or not; False when nothing is left."""
        ids = [
            message_id
            for message_id, row in self.room.office.messages().items()
            if row["queue"] == Queue.READ and row["type"] != "SyncByItself" and row["due_at"]
        ]
        self.room.office.time_passes(*ids)
        self.ledger.sweep()
        for message_id in ids:
            self.handler([message_id])
        return bool(ids)

    def finishes(self) -> None:
        for _ in range(50):
            if not self.steps():
                return
        raise AssertionError("it never ends")

    def reads(self, purpose: Purpose, *kinds: RecordKind) -> erp_readings.Reading:
        assert self.begins(purpose, *kinds)
        self.finishes()
        return self.latest(purpose)

    def latest(self, purpose: Purpose) -> erp_readings.Reading:
        with self.ledger.database.reading() as connection:
            return erp_readings.readings_of(connection, "acme")["books", purpose]

    def ready(self, **wanted: Any) -> list[StagedRecord]:
        found = RecordFilter("acme", WorkList.READY_TO_IMPORT, **wanted)
        return erp_records.page(self.ledger, found, limit=500).records

    def enters(self, kind: Kind = Kind.COMMITMENT, **record: Any) -> str:
        number = f"R-{next(_names)}"
        return str(self.room.sandbox.books.enter(kind, {"number": number, **record})["id"])

    def exported(self, event: dict[str, Any]) -> Item:
        (item_id,) = self.room.accepts(event)
        self.room.exports(item_id)
        return self.room.item(item_id)


@pytest.fixture
def reader(room: Room) -> Reader:
    for record in room.sandbox.books.records():  # the ERP is one for all tests of this session
        room.sandbox.books.remove(Kind(record["kind"]), record["id"])
    return Reader(room)
