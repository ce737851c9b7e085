"""Preparing exports: which of the leased requests can be made now, and what stands in their way."""

import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from gatepost.connectors.discovery import load_connector
from gatepost.connectors.errors import ConfigurationError, Permanent, ValidationFailed
from gatepost.connectors.port import ExportItem
from gatepost.domain.items import Item
from gatepost.domain.kinds import PARENT_KIND, ItemRef, Kind
from gatepost.domain.lifecycle import State
from gatepost.domain.waiting import waits_for
from gatepost.ledger import gates, tables
from gatepost.ledger.agreements import Agreements
from gatepost.ledger.directory import ConnectionEntry
from gatepost.ledger.ledger import Hold
from gatepost.ledger.mapping import export_item, preview_hash, request_hash
from gatepost.ledger.objecting import against_writing
from gatepost.ledger.revisions import contents_of
from gatepost.ledger.work import Claimed, Work
from gatepost.messages.facts import Fact
from gatepost.messages.requests import Export
from gatepost.runtime.service import Prepared
from gatepost_exporter.breaker import goes_to_see, is_calm
from gatepost_exporter.calls import ExportCall, Line, NotAsShown
from gatepost_exporter.earlier import close_earlier
from gatepost_exporter.lines import Lines
from gatepost_exporter.outcomes import PAUSED_WAIT
from gatepost_exporter.settings import ExporterSettings

PARENT_WAIT: Final = 2.0  # seconds; rare: children are asked for when their parent is in the ERP
SLOT_WAIT: Final = 0.5  # seconds until a slot may be free again
CALL_WAIT: Final = 300.0  # seconds until it is said anew when an ERP that calls in was last seen
MINUTE_WAIT: Final = 15.0  # seconds until the minute may have passed


class Preparation:
    """One parcel's preparation, within its transaction."""

    def __init__(
        self,
        work: Work,
        lines: Lines,
        settings: ExporterSettings,
    ) -> None:
        self._work = work
        self._lines = lines
        self._settings = settings
        self._prepared = Prepared()

    def run(self, messages: Sequence[Claimed]) -> Prepared:
        """Sort the messages: done with, put off, or to be called; attempts are written down."""
        self._work.load(one.message.item_id for one in messages)
        wanted: dict[str, list[tuple[Claimed, Item]]] = {}
        for one in messages:
            item = self._still_wanted(one)
            if item is None:
                self._prepared.done.append(one.id)
            elif not self._parent_is_ready(item):
                self._put_off([(one, item)], PARENT_WAIT, item.waits_for)
            else:
                wanted.setdefault(item.company, []).append((one, item))
        if wanted:
            found = self._gates(wanted)
            for company, pairs in wanted.items():
                self._prepare_company(pairs, found.get(company))
        return self._prepared

    def _still_wanted(self, one: Claimed) -> Item | None:
        """The item, unless it moved on: then this request is outdated."""
        request = one.message
        item = self._work.find(request.item_id)
        if not isinstance(request, Export) or item is None:
            return None
        current = item.state is State.EXPORTING and item.revision == request.revision
        return item if current and item.export_id == one.id else None

    def _parent_is_ready(self, item: Item) -> bool:
        parent = self._work.find(item.parent_id, lock=False)
        if parent is None or parent.is_linked:
            return True
        item.waits_for = waits_for(parent)
        return False

    def _gates(self, wanted: dict[str, Any]) -> dict[str, sa.RowMapping]:
        """The connections' own rows: paused, breaker, failures."""
        rows = self._work.rows(tables.connections, tables.connections.c.company.in_(sorted(wanted)))
        return {
            row["company"]: row
            for row in rows
            if row["key"]
            == getattr(self._work.directory.connection_of(row["company"]), "key", None)
        }

    def _prepare_company(
        self, pairs: list[tuple[Claimed, Item]], gate: sa.RowMapping | None
    ) -> None:
        entry = self._work.directory.connection_of(pairs[0][1].company)
        if entry is None or gate is None:
            self._put_off(pairs, PAUSED_WAIT, "the company has no ERP connection")
            return
        if gate["paused"]:
            self._put_off(pairs, PAUSED_WAIT, f"the connection is paused: {gate['paused_because']}")
            return
        try:
            if not self._lines.serves(entry):
                self._put_off(pairs, *until_it_calls(entry, gate, self._work))
                return
            pairs = self._let_through_breaker(pairs, gate)
            if not pairs:
                return
            line = self._lines.open(entry, calm=is_calm(gate, self._work))
        except ConfigurationError as error:
            gates.pause(self._work, entry.company, entry.key, error.message)
            self._put_off(pairs, PAUSED_WAIT, error.message)
            return
        if line is None:
            why = f"all {entry.in_flight} calls to the ERP are in use"
            self._put_off(pairs, SLOT_WAIT * random.uniform(0.5, 1.5), why)
            return
        self._start_attempts(line, self._within_the_minute(line, pairs))

    def _let_through_breaker(
        self, pairs: list[tuple[Claimed, Item]], gate: sa.RowMapping
    ) -> list[tuple[Claimed, Item]]:
        """All pass a closed breaker, none an open one; when its time has come, one goes to see."""
        until: datetime | None = gate["open_until"]
        if until is None:
            return pairs
        seconds = (until - self._work.now).total_seconds()
        why = f"the ERP does not answer; it is tried again at {until:%H:%M:%S} UTC"
        if seconds > 0:
            self._put_off(pairs, seconds + random.uniform(0, 1), why)
            return []
        goes_to_see(self._work, gate, self._settings)
        self._put_off(pairs[1:], random.uniform(1, 2), why)
        return pairs[:1]

    def _within_the_minute(
        self, line: Line, pairs: list[tuple[Claimed, Item]]
    ) -> list[tuple[Claimed, Item]]:
        """What the connection's limit a minute still allows; the others are put off."""
        allowed = self._lines.within_the_minute(line, len(pairs))
        if allowed < len(pairs):
            why = f"the limit of {line.entry.per_minute} calls a minute"
            self._put_off(pairs[allowed:], MINUTE_WAIT * random.uniform(0.5, 1.5), why)
        return pairs[:allowed]

    def _start_attempts(self, line: Line, pairs: list[tuple[Claimed, Item]]) -> None:
        contents = contents_of((item for _, item in pairs), self._work)
        agreements = Agreements(self._work)
        agreements.load(
            ItemRef(item.company, Kind.COMMITMENT, item.parent)
            for _, item in pairs
            if PARENT_KIND.get(item.kind) is Kind.COMMITMENT and item.parent
        )
        looked = close_earlier([item for _, item in pairs], self._work)
        for one, item in pairs:
            look_first, item.unsettled = item.unsettled, True
            item.attempts += 1
            item.waits_for = "the ERP's answer"
            exported = export_item(item, contents[item.id], self._work)
            attempt_id = self._work.new_id()
            self._work.add(
                tables.export_attempts,
                id=attempt_id,
                item_id=item.id,
                connection=line.connection,
                revision=item.revision,
                number=item.attempts,
                request_hash=request_hash(line.connector.preview(exported)),
                export_key=exported.key,
                started_at=self._work.now,
                finished_at=None,
                outcome=None,
                erp_code=None,
                message=None,
            )
            if item.attempts == 1:
                self._work.tell(Fact.EXPORTING, item)
            objection = self._objection(item, exported, line, agreements)
            self._prepared.calls.append(
                ExportCall(
                    one,
                    exported,
                    look_first,
                    item.id in looked,
                    item.attempts,
                    attempt_id,
                    line,
                    objection,
                )
            )

    def _objection(
        self,
        item: Item,
        exported: ExportItem,
        line: Line,
        agreements: Agreements,
    ) -> Permanent | None:
        """Why it must not be written, although it was accepted: the world around it has changed."""
        shown = item.preview_hash
        if shown and shown != preview_hash(line.connector, exported):
            return NotAsShown("the record is no longer the one that was shown when it was accepted")
        problems = against_writing(item, exported, line.connector, self._work, agreements)
        said = "; ".join(problem.message for problem in problems)
        return ValidationFailed(said, problems=problems) if problems else None

    def _put_off(
        self,
        pairs: list[tuple[Claimed, Item]],
        seconds: float,
        why: str,
        token: str | None = None,
    ) -> None:
        """Waiting is not failing: no attempt is counted."""
        for one, item in pairs:
            item.waits_for = why
            self._prepared.holds.append(Hold(one.id, seconds, why, max(0, one.attempts - 1), token))


def until_it_calls(
    entry: ConnectionEntry, gate: sa.RowMapping, work: Work
) -> tuple[float, str, str]:
    """How long a message is put off for an ERP that calls in, why, and who may take it sooner."""
    title = load_connector(entry.connector).profile.title
    why = f"waiting for {gates.not_called(title, gate, work.now)}"
    return CALL_WAIT, why, gates.call_token(entry.company, entry.key)
