"""Posting: mails are prepared, the mail server is talked to with no transaction open, and recorded."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, assert_never

import structlog

from gatepost.ledger import tables
from gatepost.ledger.ledger import PARCEL_SIZE, Hold
from gatepost.ledger.work import Claimed, Work
from gatepost.runtime.service import Prepared, Report
from gatepost_notifier.delivering import Delivery, MailCall
from gatepost_notifier.outcomes import Again, GivenUp, Outcome, Sent, Verdict, verdict
from gatepost_notifier.preparing import Preparation
from gatepost_notifier.settings import notifier_settings

if TYPE_CHECKING:
    from gatepost.runtime.program import Program

log = structlog.get_logger()

BY_ONE_LEASE: Final = 0.5  # the share of that window which is planned to be used
WAITS_AGAIN: Final = "the mail that was to tell of it could not leave"


class Posting:
    """The notifier's outside work, shared by its threads."""

    def __init__(self, program: "Program") -> None:
        self._settings = notifier_settings()
        self._delivery = Delivery(self._settings)

    @property
    def limit(self) -> int:
        """What fits the window, by the time mails lately took."""
        fitting = (
            self._settings.notifier_window
            * BY_ONE_LEASE
            / max(self._delivery.average_seconds, 0.001)
        )
        return max(1, min(PARCEL_SIZE, int(fitting)))

    @property
    def call_seconds(self) -> float:
        return self._settings.notifier_smtp_timeout

    @property
    def lease_seconds(self) -> float:
        """Time to connect, the window, and the last mail begun in it."""
        return self._settings.notifier_window + 2 * self._settings.notifier_smtp_timeout

    def prepare(self, work: Work, messages: Sequence[Claimed]) -> Prepared:
        has_server = self._settings.server is not None
        return Preparation(work, has_server=has_server).run(messages)

    def perform(self, calls: Sequence[MailCall], deadline: float, report: Report) -> None:
        asyncio.run(self._delivery.post(calls, deadline, report))

    def record(self, work: Work, outcomes: Sequence[tuple[MailCall, Outcome]]) -> list[Hold]:
        """Write what became of the mails; gives those to be posted again later."""
        found = [
            (call, verdict(outcome, call.message.attempts, self._settings))
            for call, outcome in outcomes
        ]
        _lock(work, found)
        return [hold for call, each in found if (hold := _follow(work, call, each))]


def _lock(work: Work, found: Sequence[tuple[MailCall, Verdict]]) -> None:
    """The rows that will be changed, in the order in which everybody locks them."""
    ids = {call.mail_id for call, _ in found}
    ids |= {id for call, each in found if _opens(call, each) for id in call.merged}
    work.rows_by_ids(tables.mails, sorted(ids), lock=True)


def _follow(work: Work, call: MailCall, found: Verdict) -> Hold | None:
    """Write what follows for one mail; a hold where it is to be posted again."""
    match found:
        case Sent():
            _change(work, call.mail_id, status="sent", sent_at=work.now)
        case GivenUp(why):
            log.warning("mail failed", mail_id=call.mail_id, cause=why)
            _change(work, call.mail_id, status="failed", reason=why)
        case Again(wait, why, counts):
            if _opens(call, found):
                _open(work, call)
            attempts = call.message.attempts - (0 if counts else 1)
            return Hold(call.message.id, wait, why, max(0, attempts))
        case _:
            assert_never(found)
    return None


def _opens(call: MailCall, found: Verdict) -> bool:
    """Whether what the mail says may change again: it was surely never delivered."""
    return isinstance(found, Again) and found.is_open and not call.is_fixed


def _open(work: Work, call: MailCall) -> None:
    """Back to where it was. What was gathered waits again: some may be seen to by then."""
    _change(work, call.mail_id, status=call.was)
    for mail_id in call.merged:
        _change(work, mail_id, status="waiting", merged_into=None, reason=WAITS_AGAIN)


def _change(work: Work, mail_id: str, **columns: Any) -> None:
    work.change(tables.mails, mail_id, **columns)
