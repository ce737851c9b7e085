"""The log of mails: every one that was written, sent, held back or merged, with the reason."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from gatepost.domain.errors import NotFound
from gatepost.ledger import item_documents, paging
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.mail_secrets import without_marks
from gatepost.ledger.tables import mails

PAGE_SIZE: Final = 50
LARGEST_PAGE: Final = 500

_TEXTS: Final = ("text", "html")  # long, and only looked at one by one
_NOT_SHOWN: Final = "not shown: it holds a code to sign in with"
_SECRET: Final = frozenset({"sign_in"})  # templates of mails that only their recipient reads
_OF_THE_LOG: Final = ("company", "item_id", "merged_into", "message_id", "thread")


class MailStatus(StrEnum):
    """Where a mail stands."""

    WAITING = "waiting"  # for its turn, and for whatever may go along with it
    WRITTEN = "written"
    POSTING = "posting"
    SENT = "sent"
    MERGED = "merged"  # another mail told of it
    DROPPED = "dropped"  # nobody needed it any more
    FAILED = "failed"  # the mail server will not take it
    HELD_BACK = "held_back"  # a rule says that it is not sent


@dataclass(frozen=True, slots=True)
class MailFilter:
    """Which mails are wanted; what is None does not matter.

    ``q`` is looked for in the recipient, the reason and, with ``in_subjects``, the subject.
    """

    company: str | None = None
    to: str | None = None
    status: MailStatus | None = None
    template: str | None = None
    item_id: str | None = None
    q: str = ""
    in_subjects: bool = True

    def conditions(self) -> Iterator[sa.ColumnElement[bool]]:
        """What holds for each mail that is wanted."""
        if self.company is not None:
            yield mails.c.company == self.company
        if self.to is not None:
            yield mails.c.recipient == self.to.strip().lower()
        if self.status is not None:
            yield mails.c.status == self.status
        if self.template is not None:
            yield mails.c.template == self.template
        if self.item_id is not None:
            key = _uuid(self.item_id)
            yield mails.c.item_id == key if key else sa.false()
        if self.q:
            fields = [mails.c.recipient, mails.c.recipient_name, mails.c.reason]
            fields += [mails.c.subject] if self.in_subjects else []
            yield sa.or_(*(field.icontains(self.q, autoescape=True) for field in fields))


@dataclass(frozen=True, slots=True)
class MailPage:
    """A part of the log, newest first; ``next_cursor`` leads to the part after it."""

    mails: list[dict[str, Any]]
    next_cursor: str | None


def page(
    ledger: Ledger, wanted: MailFilter, *, cursor: str | None = None, limit: int = PAGE_SIZE
) -> MailPage:
    """A part of the log, the mails without their texts.

    Raises:
        WrongCursor: it was not given by ``next_cursor``.

    """
    size = max(1, min(limit, LARGEST_PAGE))
    columns = [column for column in mails.c if column.name not in _TEXTS]
    statement = sa.select(*columns).where(*wanted.conditions())
    if cursor:
        statement = statement.where(paging.beyond(mails, cursor))
    newest_first = statement.order_by(mails.c.created_at.desc(), mails.c.id.desc())
    with ledger.database.reading() as connection:
        found = connection.execute(newest_first.limit(size + 1)).mappings().all()
    shown = [dict(row) for row in found[:size]]
    last = shown[-1] if len(found) > size else None
    return MailPage(shown, paging.cursor_after(last["created_at"], last["id"]) if last else None)


def mail_of(ledger: Ledger, mail_id: str) -> dict[str, Any]:
    """One mail with its texts.

    Raises:
        NotFound: there is none of that id.

    """
    key = _uuid(mail_id)
    statement = sa.select(mails).where(mails.c.id == key if key else sa.false())
    with ledger.database.reading() as connection:
        row = connection.execute(statement).mappings().first()
    if row is None:
        raise NotFound.because(
            f"there is no mail {mail_id}", field="mail_id", who_can_fix="the caller: check the id"
        )
    shown = dict(row) | {name: without_marks(row[name]) for name in _TEXTS}
    if shown["template"] in _SECRET:
        shown |= dict.fromkeys(_TEXTS, _NOT_SHOWN)
    return shown


def document(row: Mapping[str, Any], *, with_money: bool = True) -> dict[str, Any]:
    """A mail as JSON; without money it has neither its subject nor its texts: they name amounts."""
    found = item_documents.mail(row, with_money=with_money)
    names = _OF_THE_LOG + tuple(name for name in _TEXTS if name in row and with_money)
    return found | {name: row[name] for name in names}


def _uuid(text: str) -> str | None:
    """An id as both databases write it; None where it is none."""
    try:
        return str(UUID(text))
    except ValueError:
        return None
