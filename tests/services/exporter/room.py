"""The exporter's room for tests: one program's exporting, an ERP of the test's own, and hands."""

from collections.abc import Sequence
from typing import Any

import orjson
import sqlalchemy as sa

from gatepost.domain.items import Item
from gatepost.domain.lifecycle import State
from gatepost.ledger import revisions, tables
from gatepost.ledger.database import Database
from gatepost.ledger.exports import ask_for_export
from gatepost.messages.cloud_events import read
from gatepost.messages.item_events import read_sent
from gatepost.runtime.outside import LeasedHandler
from gatepost.runtime.program import Program
from gatepost_exporter.calls import ExportCall
from gatepost_exporter.exporting import Exporting
from gatepost_sandbox.behaviour import Behaviour, Mode
from gatepost_sandbox.serving import Sandbox
from tests.journeys.company import Event
from tests.ledger.office import Office


class Room:
    """What an exporter does, step by step."""

    def __init__(self, program: Program, sandbox: Sandbox) -> None:
        self.program = program
        self.sandbox = sandbox
        self.database: Database = program.database
        self.office = Office(program.database)
        self.dispatched: list[Sequence[str]] = []
        self.exporting = Exporting(program)
        self.handler = self.another_handler(self.exporting)

    def another_handler(self, exporting: Exporting) -> LeasedHandler:
        """As a thread or process beside the first has one."""
        return LeasedHandler(
            self.program.ledger, exporting, dispatch=self.dispatched.append, attempts=5
        )

    # --- what happens --------------------------------------------------------------------------

    def accepts(self, *events: Event) -> list[str]:
        """Items arrive and are accepted: what the intake and the approvers do. Gives their ids."""
        with self.program.ledger.work() as work:
            found = []
            for event in events:
                sending, _ = read_sent(read(orjson.dumps(event)))
                item = work.find(sending.ref.item_id)
                if item is None:
                    item = Item.new(sending, work.now)
                    work.put(item)
                else:
                    item.send(sending, work.now)
                item.state = State.EXPORTING
                revisions.keep(item, sending, work)
                ask_for_export(item, work)
                found.append(item)
        return [item.id for item in found]

    def exports(self, *item_ids: str) -> None:
        """One parcel with the requests of these items."""
        self.handler([self.request_of(item_id) for item_id in item_ids])

    def tries_again(self, *item_ids: str) -> None:
        """Their waits are over, the sweep has offered them, a worker takes them."""
        self.office.time_passes(*(self.request_of(item_id) for item_id in item_ids))
        self.office.ledger.sweep()
        self.exports(*item_ids)

    def erp_behaves(self, mode: str, **more: Any) -> None:
        self.sandbox.switch.turn(Behaviour(mode=Mode(mode), **more))

    def is_called_by_the_dead(self, item_id: str) -> ExportCall:
        """The call that a worker has prepared, which will never say what came of it."""
        request = self.request_of(item_id)
        with self.program.ledger.work() as work:
            leased = self.program.ledger.lease(work, [request], "dead", 60.0)
            call: ExportCall
            [call] = self.exporting.prepare(work, leased).calls
        self.program.redis.flushall()  # its slots end with their lease
        return call

    # --- what is there -------------------------------------------------------------------------

    def item(self, item_id: str) -> Item:
        return self.office.item(item_id)

    def request_of(self, item_id: str) -> str:
        request = self.item(item_id).export_id
        assert request
        return request

    def waits(self, item_id: str) -> float:
        """Seconds until its next try."""
        return self.office.due_in(self.request_of(item_id))

    def records(self, *item_ids: str) -> list[dict[str, Any]]:
        """What the ERP has of these items."""
        return [record for each in item_ids for record in self.sandbox.books.records(mark=each)]

    def outcomes(self, item_id: str) -> list[str | None]:
        """How its attempts ended, the first one first."""
        attempts = tables.export_attempts
        theirs = sa.select(attempts.c.outcome).where(attempts.c.item_id == item_id)
        with self.database.reading() as connection:
            return list(connection.execute(theirs.order_by(attempts.c.id)).scalars())

    def connection(self) -> sa.RowMapping:
        with self.database.reading() as connection:
            return connection.execute(sa.select(tables.connections)).mappings().one()

    def changes_connection(self, **values: Any) -> None:
        """As an operator changes it; the directory's version rises, so that caches know."""
        state = tables.directory_state
        with self.database.transaction() as connection:
            connection.execute(sa.update(tables.connections).values(**values))
            connection.execute(sa.update(state).values(version=state.c.version + 1))
