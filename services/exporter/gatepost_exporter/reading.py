"""Reading an ERP: questions are leased, put with no transaction open, and their answers recorded.

Exports have a queue of their own and are not held up here; the connection's limits are shared.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import structlog

from gatepost.domain.errors import Refusal
from gatepost.ledger import erp_readings, tables
from gatepost.ledger.ledger import Hold
from gatepost.ledger.work import Claimed, Work
from gatepost.messages.requests import LookUp, Purpose, ReadErp, SyncByItself
from gatepost.runtime.outside import boottime
from gatepost.runtime.service import Prepared, Report
from gatepost_exporter import looking_up, walking
from gatepost_exporter.limits import Limits
from gatepost_exporter.lines import Lines
from gatepost_exporter.outcomes import NotSent
from gatepost_exporter.questions import Question, Reply, note_gate, put
from gatepost_exporter.settings import ExporterSettings

if TYPE_CHECKING:
    from gatepost.runtime.program import Program

log = structlog.get_logger()

QUESTIONS: Final = 4  # put side by side by one process


class Reading:
    """The exporter's other outside work: what it asks the ERPs.

    Args:
        program: whose ledger it works on.
        lines: the ways to the ERPs; its own when not given.

    """

    def __init__(self, program: "Program", lines: Lines | None = None) -> None:
        self._settings = ExporterSettings()
        self._ledger = program.ledger
        self._pool = ThreadPoolExecutor(QUESTIONS, thread_name_prefix="ask")
        self._lines = lines or Lines(Limits(program.redis), self._pool, self._settings)

    @property
    def limit(self) -> int:
        return QUESTIONS

    @property
    def call_seconds(self) -> float:
        return self._lines.longest_call(list(self._ledger.directory_seen().connections.values()))

    @property
    def lease_seconds(self) -> float:
        return self._settings.window + self.call_seconds

    def prepare(self, work: Work, messages: Sequence[Claimed]) -> Prepared:
        together = Prepared()
        for one in messages:
            work.handling = one
            prepared = self._prepare(one, work)
            together.calls += prepared.calls
            together.done += prepared.done
            together.holds += prepared.holds
        work.handling = None
        return together

    def _prepare(self, one: Claimed, work: Work) -> Prepared:
        match one.message:
            case ReadErp() as request:
                return walking.prepare(one, request, work, self._lines, self._settings)
            case LookUp() as request:
                return looking_up.prepare(one, request, work, self._lines, self._settings)
            case SyncByItself() as request:
                _sync_by_itself(one, request, work)
        return Prepared(done=[one.id])

    def perform(self, calls: Sequence[Question], deadline: float, report: Report) -> None:
        for question in calls:
            self._pool.submit(self._put, question, deadline, report)

    def _put(self, question: Question, deadline: float, report: Report) -> None:
        late = boottime() > deadline
        report(question, NotSent() if late else put(question, self._lines))

    def record(self, work: Work, outcomes: Sequence[tuple[Question, Reply]]) -> list[Hold]:
        holds: list[Hold] = []
        for question, reply in outcomes:
            work.handling = question.message
            note_gate(question, reply, work, self._settings)
            match question.message.message:
                case ReadErp() as request:
                    holds += walking.record(question, request, reply, work, self._settings)
                case LookUp() as request:
                    holds += looking_up.record(question, request, reply, work, self._settings)
        work.handling = None
        return holds


def _sync_by_itself(one: Claimed, request: SyncByItself, work: Work) -> None:
    """Sync, and arrange the next time; a schedule that was changed since has another message."""
    table = tables.connections
    rows = work.rows(
        table, (table.c.company == request.company) & (table.c.key == request.connection)
    )
    if not rows or rows[0]["sync_message_id"] != one.id:
        return
    place = (request.company, request.connection)
    try:
        erp_readings.begin(work, *place, Purpose.SYNC, by=erp_readings.BY_ITSELF)
    except Refusal as refusal:
        log.warning("no sync by schedule", connection="/".join(place), why=str(refusal))
    erp_readings.arrange(work, *place, rows[0]["sync"])
