"""Options: the ERP's records that an entry may be chosen from, as they were read last.

An option is named by the ERP's own id of its record: that is entered, kept and handed to the
connector, which makes of it what its ERP wants. A list that was never read to its end offers what is
there, and refuses nothing. What is archived or gone from the ERP is no option.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from gatepost.domain.erp_records import RecordKind
from gatepost.ledger import erp_records as staged
from gatepost.ledger.directory import ConnectionEntry
from gatepost.ledger.erp_records import OFFERED, RecordFilter
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.tables import erp_lists, erp_records
from gatepost.ledger.work import Work
from gatepost.messages.requests import Decide

PAGE_SIZE: Final = 50  # options that are shown with an entry


@dataclass(frozen=True, slots=True)
class Option:
    """One of them: the ERP's id, and how people call it."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Options:
    """A part of a list by name. ``read_at`` None: the list was never read to its end."""

    items: list[Option]
    next_cursor: str | None
    total: int
    read_at: datetime | None


def offered(
    ledger: Ledger,
    company: str,
    key: str,
    kind: RecordKind,
    *,
    q: str = "",
    cursor: str | None = None,
    limit: int = PAGE_SIZE,
) -> Options:
    """What may be chosen over a connection, ``q`` in its name, number or id.

    Raises:
        WrongCursor: it was not given by ``next_cursor``.

    """
    wanted = RecordFilter(company, kind=kind, q=q, connection=key, offered=True)
    page = staged.page(ledger, wanted, cursor=cursor, limit=limit)
    counted = sa.select(sa.func.count()).select_from(erp_records).where(*wanted.conditions())
    with ledger.database.reading() as connection:
        total = connection.execute(counted).scalar_one()
        read_at = lists_read(connection, company, key).get(kind)
    found = [Option(each.origin_id, each.name or each.origin.code) for each in page.records]
    return Options(found, page.next_cursor, total, read_at)


def lists_read(connection: sa.Connection, company: str, key: str) -> dict[str, datetime]:
    """The kinds of records that were read to their end over a connection, and when last."""
    of_it = (erp_lists.c.company == company) & (erp_lists.c.connection == key)
    return {row.kind: row.read_at for row in connection.execute(sa.select(erp_lists).where(of_it))}


def note_read(work: Work, company: str, key: str, kind: RecordKind) -> None:
    """A list was read to its end just now: from here on a choice is held against it."""
    is_it = (erp_lists.c.company == company) & (erp_lists.c.connection == key)
    noted = sa.update(erp_lists).where(is_it, erp_lists.c.kind == kind).values(read_at=work.now)
    if not work.connection.execute(noted).rowcount:
        work.add(erp_lists, company=company, connection=key, kind=kind.value, read_at=work.now)


class Choices:
    """Which choices are good, read once for all decisions of a transaction.

    Args:
        work: the transaction.

    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._lists: dict[tuple[str, str], Collection[str]] = {}
        self._good: dict[str, bool] = {}  # by the record's id

    def known(
        self, entry: ConnectionEntry, chosen: Iterable[tuple[str, str]]
    ) -> dict[str, Collection[str]]:
        """Of what was chosen, as (kind, id), the ids that are offered, by kind.

        A kind whose list was never read is left out.
        """
        place = (entry.company, entry.key)
        if place not in self._lists:
            self._lists[place] = lists_read(self._work.connection, *place)
        found: dict[str, Collection[str]] = {}
        for kind, value in chosen:
            if kind in self._lists[place]:
                good = self._is_good(entry, RecordKind(kind), value)
                found[kind] = {*found.get(kind, ()), *([value] if good else [])}
        return found

    def _is_good(self, entry: ConnectionEntry, kind: RecordKind, value: str) -> bool:
        def id_of(chosen: str) -> str:
            return staged.record_id(entry.company, entry.key, kind, chosen)

        if id_of(value) not in self._good:  # the next decision's choice is asked for with it
            wanted = {id_of(each) for each in [value, *self._entered()]} - self._good.keys()
            self._good |= dict.fromkeys(wanted, False)
            self._good |= {row.id: _is_offered(row) for row in self._read(wanted)}
        return self._good[id_of(value)]

    def _read(self, wanted: Collection[str]) -> Iterable[Any]:
        return self._work.rows_by_ids(erp_records, sorted(wanted))

    def _entered(self) -> Iterator[str]:
        """Whatever is entered with any decision of the transaction."""
        for one in self._work.claimed:
            if isinstance(one.message, Decide):
                yield from (value.strip() for value in one.message.entries.values())


def _is_offered(row: Any) -> bool:  # noqa: ANN401 - a row of erp_records
    return not row.gone and row.state in OFFERED
