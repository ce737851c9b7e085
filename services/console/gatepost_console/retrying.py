"""Retrying what failed, together and at a rate: how far it is, and taking back what is not due yet.

Each retry is a request in the ledger from the start, held until its turn. So it goes on when the
browser is closed and the program is killed; and to stop it is to delete what is still held.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from gatepost.domain.errors import FieldProblem, NotAllowed, NotEntitled, NotFound, Refusal
from gatepost.domain.items import Item
from gatepost.domain.lifecycle import Step
from gatepost.domain.people import Company, Person
from gatepost.domain.permissions import Permission, permissions
from gatepost.ledger import reading
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.tables import group_retries, messages
from gatepost.messages.requests import Action, Decide

MINUTE: Final = 60.0
SHOWN: Final = 5  # retries that are over and still told of
ANY_CAUSE: Final = "whatever failed to export"


@dataclass(frozen=True, slots=True)
class GroupRetry:
    """Items retried together. ``waiting`` are those whose turn has not come."""

    id: str
    cause_key: str | None
    message: str
    by: str
    rate: int | None
    asked: int
    waiting: int
    taken_back: int
    started_at: datetime
    ends_at: datetime
    stopped_at: datetime | None
    stopped_by: str

    @property
    def done(self) -> int:
        """How many had their turn."""
        return self.asked - self.waiting - self.taken_back

    @property
    def is_running(self) -> bool:
        return self.waiting > 0


@dataclass(frozen=True, slots=True)
class Begun:
    """What was asked for: how many, over how long, and what stays with the reasons."""

    asked: int
    seconds: float
    left: Sequence[tuple[Item, Permission]] = ()
    retry_id: str = ""


def begin(
    ledger: Ledger,
    company: Company,
    by: Person,
    *,
    channel: str,
    cause: str | None = None,
    rate: int | None = None,
) -> Begun:
    """Ask for what failed for a cause to be exported again, or for whatever failed.

    Args:
        ledger: where it stands.
        company: whose items.
        by: who asks; what they may not retry is left.
        channel: how they ask.
        cause: its key; None for all of them.
        rate: items a minute; None for all at once.

    Raises:
        NotFound: nothing failed for it.
        NotEntitled: they may retry none of it.
        NotAllowed: it is being retried already.

    """
    ids = reading.failed_ids(ledger, cause, company.key)
    if not ids:
        raise NotFound.because(
            f"nothing failed for the cause {cause}" if cause else "nothing has failed to export",
            field="cause",
            who_can_fix="the caller: GET /v1/failed names the causes there are",
        )
    _must_not_run(ledger, company.key, cause)
    found = reading.items_of(ledger, ids)
    known = [found[item_id] for item_id in ids if item_id in found]
    answers = [(item, _may_retry(item, by, company)) for item in known]
    asked = [item for item, answer in answers if answer.allowed]
    left = [(item, answer) for item, answer in answers if not answer.allowed]
    if not asked:
        _must_have_a_right(known, by)
        return Begun(0, 0.0, left)
    return _ask(ledger, company.key, by.email, asked, left, channel=channel, cause=cause, rate=rate)


def _ask(
    ledger: Ledger,
    company: str,
    by: str,
    asked: Sequence[Item],
    left: Sequence[tuple[Item, Permission]],
    *,
    channel: str,
    cause: str | None,
    rate: int | None,
) -> Begun:
    """Leave a request for each, held until its turn, and a row that counts them together."""
    pause = MINUTE / rate if rate else 0.0
    first = asked[0].cause
    with ledger.work() as work:
        retry_id = work.new_id()
        work.add(
            group_retries,
            id=retry_id,
            company=company,
            cause_key=cause,
            message=first.message if cause and first else ANY_CAUSE,
            by=by,
            rate=rate,
            asked=len(asked),
            started_at=work.now,
            stopped_at=None,
            stopped_by="",
            taken_back=0,
        )
        for place, item in enumerate(asked):
            request = Decide(item_id=item.id, action=Action.RETRY, by=by, channel=channel)
            work.send(request, after=place * pause, of=retry_id)
    return Begun(len(asked), pause * (len(asked) - 1), left, retry_id)


def stop(ledger: Ledger, company: str, retry_id: str, by: Person) -> int:
    """Take back what is not due yet; gives how many that were. What had its turn goes on.

    Raises:
        NotEntitled: neither an operator nor an approver.
        NotFound: the company has no such retry.

    """
    if not by.operator:
        by.must_be_approver_for()
    is_it = (group_retries.c.company == company) & (group_retries.c.id == _uuid(retry_id))
    with ledger.work() as work:
        if not work.rows(group_retries, is_it):
            raise _not_there(retry_id)
        # Only what nobody can have taken: the sweep clears the token before it offers a row.
        still_held = sa.and_(
            _IS_REQUEST,
            messages.c.correlation_id == _uuid(retry_id),
            messages.c.lease_token == sa.cast(messages.c.id, sa.Text),
            messages.c.due_at > work.now,
        )
        taken = work.connection.execute(sa.delete(messages).where(still_held)).rowcount
        if taken:
            told = {"stopped_at": work.now, "stopped_by": by.email}
            counted = group_retries.c.taken_back + taken
            changed = sa.update(group_retries).where(is_it).values(taken_back=counted, **told)
            work.connection.execute(changed)
    return taken


def retries_of(ledger: Ledger, company: str, *, least: int = SHOWN) -> list[GroupRetry]:
    """The company's newest retries: those under way, and the last few that are over."""
    newest = group_retries.c.id.desc()
    statement = _RETRIES.where(group_retries.c.company == company).order_by(newest).limit(50)
    with ledger.database.reading() as connection:
        found = [_retry(dict(row)) for row in connection.execute(statement).mappings()]
    return [each for place, each in enumerate(found) if each.is_running or place < least]


def _uuid(retry_id: str) -> str:
    try:
        return str(UUID(retry_id))
    except ValueError:
        raise _not_there(retry_id) from None


def _not_there(retry_id: str) -> NotFound:
    return NotFound.because(
        f"there is no retry {retry_id}",
        field="retry_id",
        who_can_fix="the caller: GET /v1/retries names them",
    )


def _retry(row: Mapping[str, Any]) -> GroupRetry:
    values = {name: row[name] for name in _NAMES}
    pause = MINUTE / row["rate"] if row["rate"] else 0.0
    ends_at = row["started_at"] + timedelta(seconds=pause * (row["asked"] - 1))
    return GroupRetry(**values, ends_at=ends_at)


def _must_not_run(ledger: Ledger, company: str, cause: str | None) -> None:
    for each in retries_of(ledger, company, least=0):
        if None in (cause, each.cause_key) or cause == each.cause_key:
            raise NotAllowed.because(
                f"it is being retried by {each.by}: {each.waiting} of {each.asked} wait for their turn",
                field="cause",
                who_can_fix="an operator: stop that retry first, or wait for its end",
            )


def _must_have_a_right(failed: Sequence[Item], by: Person) -> None:
    """Pass, or refuse somebody of whom nothing is taken, for they lack the right to any of it.

    Raises:
        NotEntitled: which rights are missing, and who can grant them.

    """
    missing = dict[FieldProblem, None]()
    for item in failed:
        try:
            replace(item).retry(by, {}, item.updated_at)  # on a copy: refuses
        except NotEntitled as refusal:
            missing |= dict.fromkeys(refusal.problems)
        except Refusal:  # it moved on meanwhile
            continue
    if missing:
        raise NotEntitled(list(missing))


def _may_retry(item: Item, by: Person, company: Company) -> Permission:
    found = permissions(item, by, company)
    return next(permission for permission in found if permission.step is Step.RETRY)


_IS_REQUEST: Final = messages.c.type == sa.literal_column(f"'{Decide.TYPE}'")  # for its index
_NAMES: Final = ("id", "cause_key", "message", "by", "rate", "asked", "waiting", "taken_back",
                 "started_at", "stopped_at", "stopped_by")  # fmt: skip
_waiting: Final = (
    sa.select(sa.func.count())
    .where(_IS_REQUEST, messages.c.correlation_id == sa.cast(group_retries.c.id, sa.Text))
    .scalar_subquery()
    .label("waiting")
)
_RETRIES: Final = sa.select(group_retries, _waiting)
