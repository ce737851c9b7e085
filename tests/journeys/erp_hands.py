"""Hands in the ERP and at the list Ready To Import, for journeys that begin on the ERP's side."""

from collections.abc import Sequence
from typing import Any

from gatepost.domain.erp_records import StagedRecord, Suggestion
from gatepost.domain.lists import WorkList
from gatepost.ledger import erp_readings, erp_records
from gatepost.ledger.asking import ask
from gatepost.ledger.erp_records import RecordFilter
from gatepost.messages.requests import DecideRecord, Purpose, RecordAction
from tests.journeys.company import ANN, Event
from tests.journeys.gate import PATIENCE, Gate


class ErpRecords:
    """What a company's ERP has, as it stands at the gate, and an approver's hands at it."""

    def __init__(self, gate: Gate, company: str) -> None:
        self._gate, self._company = gate, company
        self._ledger = gate.stack.ledger

    def reads(self, purpose: Purpose) -> Event:
        """Somebody presses Refresh or Sync, and waits until it is done."""
        with self._ledger.work() as work:
            assert erp_readings.begin(work, self._company, "books", purpose, by=ANN)
        self._gate.eventually(lambda: self._reading(purpose)["finished_at"], f"{purpose} is done")
        self._gate.is_quiet()
        return self._reading(purpose)

    def decides(self, record: StagedRecord, action: RecordAction, by: str, **more: str) -> str:
        """Somebody asks for something; gives ``done``, ``unchanged`` or the refusal's code."""
        request = DecideRecord(
            record_id=record.id, action=action, by=by, channel="test", answered=True, **more
        )
        return ask(self._ledger, [request], PATIENCE)[0].outcome

    def listed(self, origin_id: str, name: WorkList | None = None) -> StagedRecord | None:
        """The record on a list; None when it does not stand there."""
        wanted = RecordFilter(self._company, name, q=origin_id)
        found = erp_records.page(self._ledger, wanted).records
        return next((each for each in found if each.origin_id == origin_id), None)

    def ready(self, origin_id: str) -> StagedRecord:
        found = self.listed(origin_id, WorkList.READY_TO_IMPORT)
        assert found is not None, f"{origin_id} is not ready to import"
        return found

    def suggestions(self, record: StagedRecord) -> Sequence[Suggestion]:
        wanted = RecordFilter(self._company, WorkList.READY_TO_IMPORT, q=record.origin_id)
        return erp_records.page(self._ledger, wanted).suggestions[record.id]

    def imports(self) -> list[Event]:
        """What sources were asked to create."""
        wanted = "gatepost.erp_record.imported.v1"
        return [each["data"] for each in list(self._gate.stack.facts) if each["type"] == wanted]

    def drift(self, item: str) -> dict[str, Any] | None:
        drift: dict[str, Any] | None = self._gate.row(item)["drift"]
        return drift

    def _reading(self, purpose: Purpose) -> Event:
        with self._ledger.database.reading() as connection:
            found = erp_readings.readings_of(connection, self._company)["books", purpose]
        return found.document()


class ErpHands(ErpRecords):
    """A bookkeeper's hands in the sandbox, besides."""

    def __init__(self, gate: Gate) -> None:
        super().__init__(gate, "acme")

    def enters(self, plural: str, **record: Any) -> str:
        """A bookkeeper writes a record; gives the ERP's id of it."""
        answer: Event = self._gate._call("POST", f"/erp/{plural}", record)
        return str(answer["id"])

    def changes(self, plural: str, origin_id: str, **fields: Any) -> None:
        self._gate._call("PUT", f"/erp/{plural}/{origin_id}", fields)

    def removes(self, plural: str, origin_id: str) -> None:
        self._gate._call("DELETE", f"/erp/{plural}/{origin_id}")
