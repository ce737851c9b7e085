"""Preparing mails to be posted, within a transaction: which rows, and what is gathered.

Two workers may want mails of the same person at once. So all rows are locked in one statement, in
the order of their ids, and their status is looked at once they are ours.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, cast

import sqlalchemy as sa

from gatepost.domain.items import Item
from gatepost.domain.people import Company
from gatepost.ledger import tables
from gatepost.ledger.work import Claimed, Work
from gatepost.messages.requests import PostMail
from gatepost.runtime.service import Prepared
from gatepost_notifier.alerting import alert
from gatepost_notifier.delivering import MailCall
from gatepost_notifier.failing import failures
from gatepost_notifier.gathering import Alert, gather, why_seen_to, why_too_late
from gatepost_notifier.letters import Letter, message_id, thread_id
from gatepost_notifier.noting import NO_SERVER
from gatepost_notifier.rendering import Rendered

# Literal, not a parameter: so that the partial index on what waits is used.
_WAITS: Final = tables.mails.c.status == sa.literal("waiting", literal_execute=True)

Write = Callable[[str, str, Sequence[Item], Company, Work], Rendered]
TooLate = Callable[[Alert, Item | None], str]

# What waits to be gathered: how its mail is written, and what came too late for it.
_GATHERED: Final[dict[str, tuple[Write, TooLate]]] = {
    "alert": (alert, why_too_late),
    "failed_export": (
        lambda mail_id, *facts: failures(*facts),
        why_seen_to,
    ),  # nothing to decide on
}

Row = dict[str, Any]


class Preparation:
    """One parcel's preparation. Without a mail server mails are written and kept, none is posted."""

    def __init__(self, work: Work, *, has_server: bool) -> None:
        self._work = work
        self._has_server = has_server
        self._rows: dict[str, Row] = {}

    def run(self, messages: Sequence[Claimed]) -> Prepared:
        """Sort the messages: to be posted, or done with."""
        prepared = Prepared()
        self._lock([_mail_id(one) for one in messages])
        for one in messages:
            call = self._call(one)
            if call:
                prepared.calls.append(call)
            else:
                prepared.done.append(one.id)
        return prepared

    def _lock(self, mail_ids: Sequence[str]) -> None:
        """The rows of these mails and all that wait for the same people."""
        asked = self._work.rows_by_ids(tables.mails, mail_ids)
        people = {row.recipient for row in asked if row.status == "waiting"}
        ids = {row.id for row in asked}
        if people:
            theirs = _WAITS & tables.mails.c.recipient.in_(sorted(people))
            ids |= {row["id"] for row in self._work.rows(tables.mails, theirs)}
        for row in self._work.rows_by_ids(tables.mails, sorted(ids), lock=True):
            self._rows[row.id] = dict(row._mapping)
        waiting = (row["item_id"] for row in self._rows.values() if row["status"] == "waiting")
        self._work.load(waiting, lock=False)

    def _call(self, one: Claimed) -> MailCall | None:
        """What has to be posted for a message; None where nothing has, any more."""
        row = self._rows.get(_mail_id(one), {"status": "gone"})
        status = row["status"]
        if status == "waiting":
            return self._gathered(one, row)
        if status not in ("written", "posting"):  # sent, merged, dropped: it has been seen to
            return None
        if not self._has_server:
            self._change(row, status="written", reason=NO_SERVER)
            return None
        if status == "posting":  # an earlier try did not end: it may have been delivered
            return MailCall(one, row["id"], Letter.of(row), is_fixed=True)
        self._change(row, status="posting")
        return MailCall(one, row["id"], Letter.of(row))

    def _gathered(self, one: Claimed, row: Row) -> MailCall | None:
        """Take along all of its sort that waits for the same person, in this one's row."""
        sort = _sort(row)
        waiting = [
            Alert(each["id"], each["item_id"], each["revision"])
            for each in self._rows.values()
            if each["status"] == "waiting" and _sort(each) == sort
        ]
        found = (self._work.find(each.item_id, lock=False) for each in waiting)
        items = {item.id: item for item in found if item}
        _, too_late = _GATHERED[row["template"]]
        gathered = gather(waiting, items, row["id"], too_late)
        for each, reason in gathered.dropped:
            about = {"item_id": each.item_id, "revision": each.revision}
            self._change(self._rows[each.mail_id], status="dropped", reason=reason, **about)
        if not gathered.kept:
            return None
        others = [each for each in gathered.kept if each.mail_id != row["id"]]
        for each in others:
            reason = "merged: one mail tells of all that waited"
            merged = {"merged_into": row["id"], "reason": reason}
            self._change(self._rows[each.mail_id], status="merged", **merged)
        self._write(row, gathered.kept)
        if not self._has_server:
            return None
        merged_ids = tuple(each.mail_id for each in others)
        return MailCall(one, row["id"], Letter.of(row), merged_ids, was="waiting")

    def _write(self, row: Row, alerts: Sequence[Alert]) -> None:
        """Write the mail into its row. One about several items begins no thread of one's."""
        ids = list(dict.fromkeys(each.item_id for each in alerts))
        own = next(each for each in alerts if each.mail_id == row["id"])
        company = self._work.directory.company(row["company"])
        items = [item for id in ids if (item := self._work.find(id, lock=False))]
        write, _ = _GATHERED[row["template"]]
        mail = write(row["id"], row["recipient"], items, company, self._work)
        self._change(
            row,
            status="posting" if self._has_server else "written",
            reason=row["reason"] if self._has_server else NO_SERVER,
            item_id=own.item_id,
            revision=own.revision,
            message_id=message_id(row["id"]),
            thread=thread_id(own.item_id) if len(ids) == 1 else "",
            subject=mail.subject,
            text=mail.text,
            html=mail.html,
        )

    def _change(self, row: Row, **columns: Any) -> None:
        row.update(columns)
        self._work.change(tables.mails, row["id"], **columns)


def _sort(row: Row) -> tuple[str, str, str]:
    return (row["recipient"], row["company"], row["template"])


def _mail_id(one: Claimed) -> str:
    return cast(PostMail, one.message).mail_id
